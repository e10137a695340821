use super::*;

#[test]
fn an_invitation_says_all_that_a_voter_needs_in_both_parts() {
    let bytes = bytes(&invitation(election(), false, false));
    let message = parse(&bytes);
    assert_eq!(message.subject(), Some("Your vote in Student council 2026"));
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("vote@example.org"));
    assert_eq!(message.to().unwrap().first().unwrap().name(), Some("Ada Lovelace"));
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("help@example.org"));
    assert_eq!(message.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    for part in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
        for said in [
            "Dear Ada Lovelace,",
            "Student council 2026",
            LINK,
            "https://vote.example.org/vote/0190c0de-0000-7000-8000-000000000001",
            CODE,
            "works until Friday 27 November 2026, 17:00 (CET).",
            "Voting ends Friday 27 November 2026, 19:00 (CET).",
            "help@example.org",
            "spends nothing",
            "casts one vote",
            "One year.",
        ] {
            assert!(part.contains(said), "{said} is missing in {part}");
        }
        assert!(!part.contains("reminds"), "{part}");
        assert!(!part.to_lowercase().contains("specimen.") && !part.contains("SPECIMEN"), "{part}");
    }
}

#[test]
fn a_german_invitation_is_german_throughout() {
    let mail = Mail { language: german(), ..invitation(election(), false, true) };
    let bytes = bytes(&mail);
    let message = parse(&bytes);
    assert_eq!(message.subject(), Some("[Muster] Einladung zur Wahl: Student council 2026"));
    for part in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
        for said in [
            "Guten Tag Ada Lovelace,",
            "lädt Sie zur Wahl ein:",
            "Ihr Wahllink gilt bis Freitag, 27. November 2026, 17:00 Uhr (CET).",
            "Die Wahl endet am Freitag, 27. November 2026, 19:00 Uhr (CET).",
            "fügen Sie diesen Wahlcode ein:",
            LINK,
            CODE,
        ] {
            assert!(part.contains(said), "{said} is missing in {part}");
        }
        for english in ["Your", "your", "link does", "Voting", " the ", "UTC"] {
            assert!(!part.contains(english), "{english} is left in {part}");
        }
    }
    assert!(message.body_text(0).unwrap().contains("*** MUSTER. "));
    assert!(message.body_html(0).unwrap().contains("<html lang=\"de\">"));
}

#[test]
fn a_mail_marks_up_a_sentence_and_keeps_it_whole() {
    let bytes = bytes(&invitation(election(), false, false));
    let html = parse(&bytes).body_html(0).unwrap().into_owned();
    assert!(html.contains("open <a class=\"link\" href=\"https://vote.example.org/vote/0190c0de-"), "{html}");
    assert!(html.contains("</a> and paste this code:</p>"), "{html}");
    assert!(html.contains("write to <a class=\"link\" href=\"mailto:help@example.org\""), "{html}");
}

#[test]
fn the_organisers_words_keep_their_lines_and_lose_their_markup() {
    let bytes = bytes(&invitation(election(), false, false));
    let message = parse(&bytes);
    let text = message.body_text(0).unwrap().replace('\r', "");
    assert!(text.contains("Dear colleagues,\n\nplease <b>vote</b>."), "{text}");
    assert!(text.contains("Æsir & Söhne <Union> invites you"), "{text}");
    let html = message.body_html(0).unwrap();
    assert!(html.contains("Dear colleagues,<br><br>please &#60;b&#62;vote&#60;/b&#62;."), "{html}");
    assert!(!html.contains("<Union>"), "{html}");
}

#[test]
fn a_mail_loads_nothing_from_elsewhere() {
    let bytes = bytes(&invitation(election(), false, false));
    let html = parse(&bytes).body_html(0).unwrap().to_lowercase();
    for tag in ["<img", "<script", "<link ", "@import", "url(", "src="] {
        assert!(!html.contains(tag), "{tag}");
    }
}

#[test]
fn a_reminder_says_so() {
    let bytes = bytes(&invitation(election(), true, false));
    let message = parse(&bytes);
    assert_eq!(message.subject(), Some("Reminder: your vote in Student council 2026"));
    assert!(message.body_text(0).unwrap().contains("reminds you"));
    assert!(message.body_html(0).unwrap().contains("reminds you"));
    assert!(message.body_text(0).unwrap().contains(LINK));
}

#[test]
fn a_specimen_says_so() {
    let bytes = bytes(&invitation(election(), false, true));
    let message = parse(&bytes);
    assert_eq!(message.subject(), Some("[Specimen] Your vote in Student council 2026"));
    assert!(message.body_text(0).unwrap().contains("*** SPECIMEN"));
    assert!(message.body_html(0).unwrap().contains("<strong>Specimen.</strong>"));
}

#[test]
fn an_election_with_the_least_said_makes_a_whole_mail() {
    let least = ElectionWords { title: "T".into(), organisation: "O".into(), ..ElectionWords::default() };
    let mut mail = invitation(least, false, false);
    mail.to_name = None;
    let bytes = bytes(&mail);
    let message = parse(&bytes);
    assert!(message.reply_to().is_none());
    let text = message.body_text(0).unwrap();
    assert!(text.starts_with("Hello,"), "{text}");
    assert!(text.contains("ask O."), "{text}");
    assert!(!text.contains("\n\n\n") && !text.contains("\r\n\r\n\r\n"), "{text}");
}

#[test]
fn no_value_can_add_a_header_or_a_recipient() {
    let plain = header_names(&bytes(&invitation(election(), false, false)));
    for nasty in [
        "Subject\r\nBcc: x@y.example",
        "a\nBcc: x@y.example\n\n<h1>body</h1>",
        "a\rBcc: x@y.example",
        "a\u{2028}Bcc: x@y.example",
        "\"<x@y.example>, \"\r\nBcc: x@y.example",
        "a\0b\u{85}Bcc: x@y.example",
        "名前\r\nBcc: x@y.example",
    ] {
        let words = ElectionWords {
            title: nasty.into(),
            organisation: nasty.into(),
            contact_email: Some("help@example.org\r\nBcc: x@y.example".into()),
            time_zone: Some(nasty.into()),
            ..election()
        };
        let mut mail = invitation(words, false, false);
        mail.to_name = Some(nasty.into());
        let bytes = bytes(&mail);
        let mut expected = plain.clone();
        expected.retain(|name| name != "reply-to");
        assert_eq!(header_names(&bytes), expected, "{nasty:?}");
        let message = parse(&bytes);
        assert_eq!(message.to().unwrap().iter().count(), 1, "{nasty:?}");
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ada@example.org"));
        let subject = message.subject().unwrap();
        assert!(!subject.contains(char::is_control), "{subject:?}");
        let text = message.body_text(0).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }
}

#[test]
fn a_bad_address_is_refused_for_good() {
    let letterhead = letterhead("vote@example.org", "https://vote.example.org").unwrap();
    for bad in [
        "",
        "ada",
        "ada@",
        "a b@example.org",
        "a@example.org\r\nRCPT TO:<x@y.example>",
        "\"a\nb\"@example.org",
        "a@example.org, b@example.org",
    ] {
        let mut mail = invitation(election(), false, false);
        mail.to = bad.into();
        let refused = compose(&mail, &letterhead).unwrap_err();
        assert!(matches!(refused, SendError::Permanent(_)), "{bad:?}: {refused:?}");
    }
}

#[test]
fn a_title_of_any_length_makes_short_header_lines() {
    for title in ["x".repeat(5_000), "ü".repeat(5_000), "word ".repeat(1_000)] {
        let words = ElectionWords { title, ..election() };
        let mut mail = invitation(words, false, false);
        mail.to_name = Some("n".repeat(5_000));
        let bytes = bytes(&mail);
        let longest = bytes.split(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest <= 998, "{longest}");
    }
}

#[test]
fn a_repeat_carries_the_same_message_id() {
    let mail = invitation(election(), false, false);
    let (first, second) = (bytes(&mail), bytes(&mail));
    let id = "00000000-0000-0000-0000-000000000007@vote.example.org";
    assert_eq!(parse(&first).message_id(), Some(id));
    assert_eq!(parse(&second).message_id(), Some(id));
    assert!(parse(&first).date().is_some());
}

fn german() -> Language {
    Language::of("de").unwrap()
}

#[test]
fn every_other_mail_carries_its_links_in_both_parts() {
    let link = || "https://vote.example.org/x#token-_".to_owned();
    let contents = [
        (
            Content::Results { election: election(), link: link() },
            ["Results: Student council 2026", "Ergebnisse: Student council 2026"],
        ),
        (
            Content::VerifyEmail { link: link() },
            ["Confirm your e-mail address", "Bitte bestätigen Sie Ihre E-Mail-Adresse"],
        ),
        (
            Content::AlreadyRegistered {
                login_link: "https://vote.example.org/login".into(),
                reset_link: link(),
            },
            ["You already have an account", "Sie haben schon ein Konto"],
        ),
        (Content::ResetPassword { link: link() }, ["Choose a new password", "Neues Passwort wählen"]),
        (
            Content::ConfirmNewAddress { link: link() },
            ["Confirm your new e-mail address", "Bitte bestätigen Sie Ihre neue E-Mail-Adresse"],
        ),
        (
            Content::Notice { notice: Notice::Locked, reset_link: link() },
            ["Your account is locked for 15 minutes", "Ihr Konto ist für 15 Minuten gesperrt"],
        ),
        (
            Content::OrganisationInvitation {
                organisation: "Union".into(),
                inviter: Some("Grace".into()),
                role: "manager".into(),
                link: link(),
            },
            ["Invitation to Union", "Einladung zu Union"],
        ),
    ];
    for (content, subjects) in contents {
        for (language, subject) in [Language::default(), german()].into_iter().zip(subjects) {
            let bytes = bytes(&Mail { language, ..mail(content.clone()) });
            let message = parse(&bytes);
            assert_eq!(message.subject(), Some(subject));
            for part in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
                assert!(part.contains(&link()), "{subject}");
                assert!(!part.contains("mail-"), "a message is missing in {part}");
            }
        }
    }
}

#[test]
fn every_notice_says_what_happened_and_what_to_do_about_it() {
    let mut subjects = std::collections::BTreeSet::new();
    for (notice, language) in
        Notice::ALL.iter().flat_map(|notice| [(*notice, Language::default()), (*notice, german())])
    {
        let reset_link = "https://vote.example.org/forgot-password".to_owned();
        let preview = preview(&language, &Content::Notice { notice, reset_link }, None).unwrap();
        for part in [&preview.text, &preview.html] {
            let still_theirs = notice != Notice::AddressChanged;
            assert_eq!(part.contains("https://vote.example.org/forgot-password"), still_theirs, "{part}");
            assert!(!part.contains("mail-"), "a message is missing in {part}");
        }
        assert!(subjects.insert(preview.subject), "{notice:?} has the subject of another");
    }
}
