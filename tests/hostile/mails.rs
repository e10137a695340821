//! Words and addresses that would add headers or recipients to a mail, as the mail arrives.

use std::collections::HashSet;

use serde_json::{Value, json};
use tokio::time::Duration;
use uvote_loadtest::sink::Mail;

use crate::support::organisation::Organisation;
use crate::support::people::{PASSWORD, sample};
use crate::support::{Organiser, Service};

/// What may stand in the head of our mails.
const HEADERS: [&str; 16] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "reply-to",
    "auto-submitted",
    "x-auto-response-suppress",
    "sender",
    "list-unsubscribe",
    "precedence",
    "list-unsubscribe-post",
    "content-language",
];

/// Names that are lines of text, and would be more.
const NAMES: [&str; 14] = [
    "Vera\" <evil@example.org>, \"x",
    "evil@example.org,",
    "<evil@example.org>",
    "Vera\\",
    "Vera\\\" <evil@example.org>",
    "(evil@example.org)",
    "Group: evil@example.org;",
    "=?utf-8?q?=0D=0ABcc:_evil=40example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "=?utf-8?q?\u{e4}?= =?us-ascii?q?=0A?=",
    "Vera\u{2028}Bcc: evil@example.org\u{2029}Cc: evil@example.org",
    "Vera\u{202e}gro.elpmaxe@live",
    "\u{0}",
    "Ve\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}ra Bcc: evil@example.org \u{1f469}\u{200d}\u{1f469}",
];

/// Addresses that are more than one, or more than an address.
const ADDRESSES: [&str; 14] = [
    "vera@example.org\r\nBcc: evil@example.org",
    "vera@example.org\nRCPT TO:<evil@example.org>",
    "vera@example.org\rBcc: evil@example.org",
    "vera@example.org\u{2028}evil@example.org",
    "vera@example.org,evil@example.org",
    "vera@example.org;evil@example.org",
    "vera@example.org evil@example.org",
    "Vera <evil@example.org>",
    "<evil@example.org>",
    "\"vera\r\n\"@example.org",
    "\"vera evil@example.org\"@example.org",
    "vera@example.org> SIZE=1 <evil@example.org",
    "vera@example.org\0evil@example.org",
    "=?utf-8?q?=0D=0A?=@exa mple.org",
];

/// The head of a mail, unfolded: names in lower case, and values as they were written.
fn head(raw: &str) -> Vec<(String, String)> {
    let head = raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{line} in {raw}"));
        (name.to_lowercase(), value.trim().to_owned())
    };
    head.split("\r\n").map(header).collect()
}

/// Expects a mail that has one recipient, and nothing in its head that is not ours.
fn is_sound(mail: &Mail) {
    let raw = String::from_utf8(mail.raw.to_vec()).unwrap();
    let head_of_mail = raw.split_once("\r\n\r\n").unwrap().0;
    assert!(head_of_mail.is_ascii(), "{head_of_mail}");
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n', '\0']), "a bare line end, or NUL: {raw}");
    assert!(raw.split("\r\n").all(|line| line.len() <= 998), "a line too long: {raw}");
    let headers = head(&raw);
    let mut seen = HashSet::new();
    for (name, _) in &headers {
        assert!(HEADERS.contains(&&**name), "{name} in {head_of_mail}");
        assert!(seen.insert(name), "{name} twice in {head_of_mail}");
    }
    assert_eq!(mail.to.len(), 1, "{mail:?}");
    let parsed = mail_parser::MessageParser::default().parse(&mail.raw[..]).unwrap();
    let to: Vec<_> = parsed.to().unwrap().iter().filter_map(|to| to.address()).collect();
    assert_eq!(to, [&*mail.to[0]], "{head_of_mail}");
    assert!(parsed.cc().is_none() && parsed.bcc().is_none(), "{head_of_mail}");
    let from: Vec<_> = parsed.from().unwrap().iter().filter_map(|from| from.address()).collect();
    assert_eq!((from, &*mail.from), (vec!["vote@example.org"], "vote@example.org"), "{head_of_mail}");
    let subject = mail.subject().unwrap();
    assert!(!subject.contains(['\r', '\n', '\0']), "{subject:?}");
}

/// Takes a name in all the places where it may stand in a mail, or says that it can't be.
async fn use_name(service: &Service, organiser: &Organiser, number: usize, name: &str) {
    let is_line = !name.chars().any(char::is_control);
    let account = json!({"email": format!("new{number}@example.org"), "password": PASSWORD, "name": name});
    let made = |status: hyper::StatusCode, answer: &Value| {
        assert_eq!(status.is_success(), is_line, "{name:?}: {answer}");
        status.is_success()
    };
    let (status, answer) = organiser.post("/api/v1/auth/register", &account).await;
    made(status, &answer);
    organiser.post("/api/v1/auth/register", &account).await;
    let (status, answer) = organiser.patch("/api/v1/account", &json!({"name": name})).await;
    made(status, &answer);
    let (status, organisation) = organiser.post("/api/v1/organisations", &json!({"name": name})).await;
    if made(status, &organisation) {
        let organisation = Organisation { id: organisation["id"].as_str().unwrap().to_owned() };
        let (status, answer) =
            organisation.invite(organiser, &format!("member{number}@example.org"), "observer").await;
        assert_eq!(status, 202, "{answer}");
    }
    let mut body = sample();
    body["title"] = json!(name);
    let (status, election) = organiser.post("/api/v1/elections", &body).await;
    if made(status, &election) {
        hold(service, organiser, &election, number, name).await;
    }
}

/// Has every mail of an election sent.
async fn hold(service: &Service, organiser: &Organiser, election: &Value, number: usize, name: &str) {
    let path = |rest: &str| format!("/api/v1/elections/{}{rest}", election["id"].as_str().unwrap());
    let voter = json!({"email": format!("voter{number}@example.org"), "first_name": name, "last_name": name});
    for (rest, body, expected) in [
        ("", json!({"invitation_message": format!("{name}\r\n.\r\n{name}"), "description": name}), 200),
        ("/voters", voter, 201),
        ("/activate", json!({}), 200),
        ("/invitations/test", json!({}), 202),
        ("/invitations", json!({}), 202),
    ] {
        let answered = match rest {
            "" => organiser.patch(&path(rest), &body).await,
            _ => organiser.post(&path(rest), &body).await,
        };
        assert_eq!(answered.0.as_u16(), expected, "{name:?} {rest}: {}", answered.1);
    }
    service.sink.mail_to(&format!("voter{number}@example.org")).await.unwrap();
    organiser.close(election["id"].as_str().unwrap()).await;
    let (status, answer) = organiser.post(&path("/result-notices"), &json!({})).await;
    assert_eq!(status, 202, "{answer}");
}

#[actix_web::test]
async fn no_name_adds_a_header_or_a_recipient() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (number, name) in NAMES.iter().enumerate() {
        use_name(&service, &organiser, number, name).await;
    }
    let lines = NAMES.iter().filter(|name| !name.chars().any(char::is_control)).count();
    // To accounts two, to a member one, to the organiser one, to the voter invitation and results.
    let arrived = async {
        while service.sink.count() < 1 + 6 * lines as u64 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrived).await.expect("every mail within 30 seconds");
    let mails = service.sink.mails();
    assert!(mails.iter().all(|mail| !mail.is_to("evil@example.org")));
    mails.iter().for_each(is_sound);
}

#[actix_web::test]
async fn no_address_is_two_or_holds_a_header() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let (_, organisations) = organiser.get("/api/v1/organisations").await;
    let members =
        format!("/api/v1/organisations/{}/members", organisations["items"][0]["id"].as_str().unwrap());
    for address in ADDRESSES {
        for (path, body) in [
            ("/api/v1/auth/register", json!({"email": address, "password": PASSWORD})),
            ("/api/v1/account/email", json!({"email": address, "password": PASSWORD})),
            (&members, json!({"email": address, "role": "observer"})),
            (&election.path("/voters"), json!({"email": address})),
            ("/api/v1/elections", json!({"title": "Board", "contact_email": address})),
        ] {
            let (status, answer) = organiser.post(path, &body).await;
            assert_eq!(status, 422, "{path} {address:?}: {answer}");
        }
        let roll = format!("email\n\"{}\"\n", address.replace('"', "\"\""));
        let (status, answer) = organiser.import(&election.id, &roll).await;
        assert_eq!(status, 422, "{address:?}: {answer}");
    }
    assert_eq!(service.sink.mails().len(), 1, "nobody but the organiser was sent anything");
}
