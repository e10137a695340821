//! A record of the audit log as a sentence.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::language::Language;
use crate::store::audit::AuditRecord;

/// Numbers among a record's details that its message may use.
const COUNTS: [&str; 9] = [
    "ballots",
    "ballots_cast",
    "contests",
    "eligible",
    "imported",
    "sessions",
    "unreadable",
    "updated",
    "voters",
];
/// Other details that a message may use; `none` where a record has no such detail.
const WORDS: [&str; 6] = ["address_changed", "chain_intact", "duplicate_of", "previous_role", "role", "to"];

/// The accounts that the records are about: who did it, and to whom.
pub fn accounts(records: &[AuditRecord]) -> Vec<Uuid> {
    records
        .iter()
        .flat_map(|record| [&record.actor, &record.subject])
        .filter_map(|who| account(who))
        .collect()
}

fn account(who: &str) -> Option<Uuid> {
    who.strip_prefix("account:")?.parse().ok()
}

/// What the record tells. An action without words of its own is told by its name.
pub fn sentence(language: &Language, record: &AuditRecord, names: &HashMap<Uuid, String>) -> String {
    let who = who(language, record, names);
    let id = format!("audit-did-{}", record.action.replace('.', "-"));
    let mut phrase = language.say(&id).with("who", &who).with("actor", kind(record));
    phrase = phrase.with("member", member(language, record, names));
    for name in COUNTS {
        if let Some(number) = record.details[name].as_i64() {
            phrase = phrase.count(name, number);
        }
    }
    for name in WORDS {
        phrase = phrase.with(name, word(&record.details[name]));
    }
    if let Some(fields) = record.details["fields"].as_array() {
        phrase = phrase.with("fields", list(language, fields));
    }
    let text = phrase.to_string();
    if text != id {
        return text;
    }
    language.say("audit-did-other").with("who", who).with("action", &record.action).to_string()
}

fn who(language: &Language, record: &AuditRecord, names: &HashMap<Uuid, String>) -> String {
    match account(&record.actor) {
        Some(account) => match names.get(&account) {
            Some(name) => name.clone(),
            None => language.say("audit-who-former").to_string(),
        },
        None => language.say("audit-who-system").to_string(),
    }
}

/// To whom it was done, where that is an account.
fn member(language: &Language, record: &AuditRecord, names: &HashMap<Uuid, String>) -> String {
    let name = account(&record.subject).and_then(|account| names.get(&account)).cloned();
    name.unwrap_or_else(|| language.say("audit-member-former").to_string())
}

/// Whether it was the service, an account to itself, or an account to something or somebody else.
fn kind(record: &AuditRecord) -> &'static str {
    match account(&record.actor) {
        None => "system",
        Some(_) if record.actor == record.subject => "self",
        Some(_) => "account",
    }
}

fn word(detail: &Value) -> String {
    match detail {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What of an election was changed: “the title, the description and the ballot”.
fn list(language: &Language, fields: &[Value]) -> String {
    let mut fields: Vec<String> =
        fields.iter().filter_map(Value::as_str).map(|field| named(language, field)).collect();
    let Some(last) = fields.pop() else { return language.say("audit-field-none").to_string() };
    if fields.is_empty() {
        return last;
    }
    language.say("audit-field-list").with("others", fields.join(", ")).with("last", last).to_string()
}

fn named(language: &Language, field: &str) -> String {
    let id = format!("audit-field-{field}");
    let words = language.say(&id).to_string();
    if words == id { field.to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    fn record(actor: &str, action: &str, details: Value) -> AuditRecord {
        AuditRecord {
            position: 1,
            at: OffsetDateTime::UNIX_EPOCH,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: String::new(),
            details,
            hash: String::new(),
            previous_hash: String::new(),
        }
    }

    fn told(code: &str, actor: &str, action: &str, details: Value) -> String {
        let names = HashMap::from([(Uuid::from_u128(1), "Maria Rossi".to_owned())]);
        let language = Language::of(code).unwrap_or_else(|| panic!("no catalogue for {code}"));
        sentence(&language, &record(actor, action, details), &names)
    }

    const MARIA: &str = "account:00000000-0000-0000-0000-000000000001";
    const FORMER: &str = "account:00000000-0000-0000-0000-000000000002";

    #[test]
    fn whoever_did_it_is_named() {
        let opened = |code, actor| told(code, actor, "election.opened", json!({}));
        assert_eq!(opened("en", MARIA), "Maria Rossi opened the election for voting.");
        assert_eq!(opened("en", "system"), "The system opened the election for voting.");
        assert_eq!(opened("en", FORMER), "Somebody who is no longer here opened the election for voting.");
        assert_eq!(opened("de", MARIA), "Maria Rossi hat die Wahl für die Stimmabgabe geöffnet.");
        assert_eq!(opened("de", "system"), "Das System hat die Wahl für die Stimmabgabe geöffnet.");
    }

    #[test]
    fn details_become_part_of_the_sentence() {
        let closed = json!({"ballots_cast": 1_057, "eligible": 2_060});
        assert_eq!(
            told("en", "system", "election.closed", closed.clone()),
            "The system closed the election, with 1,057 ballots of 2,060."
        );
        assert_eq!(
            told("de", "system", "election.closed", closed),
            "Das System hat die Wahl geschlossen, mit 1.057 Stimmzetteln von 2.060."
        );
        let changed = json!({"fields": ["title", "closes_at", "candidates"]});
        assert_eq!(
            told("en", MARIA, "election.updated", changed.clone()),
            "Maria Rossi changed the title, the closing time and the candidates."
        );
        assert_eq!(
            told("de", MARIA, "election.updated", changed),
            "Maria Rossi hat den Titel, die Schließzeit und die Kandidierenden geändert."
        );
        let sent = |to: &str| told("en", MARIA, "invitations.sent", json!({"voters": 60, "to": to}));
        assert_eq!(sent("not_invited"), "Maria Rossi sent the invitations to 60 voters.");
        assert_eq!(sent("not_voted"), "Maria Rossi sent a reminder to 60 voters who had not voted.");
    }

    #[test]
    fn what_one_does_to_oneself_is_told_so() {
        let names = HashMap::from([
            (Uuid::from_u128(1), "Maria Rossi".to_owned()),
            (Uuid::from_u128(3), "Vera Vogt".to_owned()),
        ]);
        let told = |code: &str, subject: u128, action: &str, details: Value| {
            let subject = format!("account:{}", Uuid::from_u128(subject));
            let record = AuditRecord { subject, ..record(MARIA, action, details) };
            sentence(&Language::of(code).unwrap(), &record, &names)
        };
        let change = json!({"role": "manager", "previous_role": "observer"});
        assert_eq!(
            told("en", 3, "member.role_changed", change.clone()),
            "Maria Rossi gave Vera Vogt another role: manager, before that observer."
        );
        assert_eq!(
            told("de", 2, "member.role_changed", change.clone()),
            "Maria Rossi hat einem ehemaligen Mitglied eine andere Rolle gegeben: Verwaltung, vorher Beobachtung."
        );
        assert_eq!(
            told("en", 1, "member.role_changed", change),
            "Maria Rossi took on another role: manager, before that observer."
        );
        let removed = json!({"role": "observer"});
        assert_eq!(told("en", 1, "member.removed", removed.clone()), "Maria Rossi left the organisation.");
        assert_eq!(told("en", 2, "member.removed", removed), "Maria Rossi removed a member, an observer.");
    }

    #[test]
    fn what_has_no_words_is_told_by_its_name() {
        assert_eq!(told("en", MARIA, "election.painted", json!({})), "Maria Rossi: election.painted");
        assert_eq!(told("en", "system", "election.closed", json!({})), "The system: election.closed");
        let strange = told("en", MARIA, "election.updated", json!({"fields": ["colour"]}));
        assert_eq!(strange, "Maria Rossi changed colour.");
    }

    /// The quoted words of the service's code, unit tests apart, in the files that hold a call.
    fn quoted(folder: &Path, call: &str) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                words.extend(quoted(&path, call));
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                if code.contains(call) {
                    words.extend(code.split('"').map(str::to_owned));
                }
            }
        }
        words
    }

    /// The messages of a catalogue that begin like this, without the beginning.
    fn messages(language: &Language, start: &str) -> BTreeSet<String> {
        let catalogue = fs::read_to_string(format!("locales/{}/audit.ftl", language.code())).unwrap();
        let ids = catalogue.lines().filter_map(|line| line.split_once(" ="));
        ids.filter_map(|(id, _)| id.strip_prefix(start)).map(str::to_owned).collect()
    }

    fn is_word(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    }

    #[test]
    fn every_action_has_its_words_in_every_language() {
        let notes = ["note(", "note_with(", "note_account(", "note_election("];
        let words: BTreeSet<String> = notes.iter().flat_map(|call| quoted(Path::new("src"), call)).collect();
        let pairs = words.iter().filter_map(|text| text.split_once('.'));
        let actions: BTreeSet<String> = pairs
            .filter(|(noun, verb)| is_word(noun) && is_word(verb))
            .map(|(noun, verb)| format!("{noun}-{verb}"))
            .collect();
        for noun in ["election", "voters", "account", "member", "organisation"] {
            assert!(actions.iter().any(|action| action.starts_with(noun)), "no {noun}: {actions:?}");
        }
        for language in Language::all() {
            let mut told = messages(&language, "audit-did-");
            assert!(told.remove("other"));
            assert_eq!(told, actions, "{language:?}");
        }
    }

    #[test]
    fn every_detail_that_a_message_uses_is_handed_to_it() {
        for language in Language::all() {
            let full: Vec<_> = COUNTS.iter().map(|name| ((*name).to_owned(), json!(2))).collect();
            let mut details: serde_json::Map<String, Value> = full.into_iter().collect();
            details.insert("fields".to_owned(), json!(["title"]));
            for action in messages(&language, "audit-did-").into_iter().filter(|action| action != "other") {
                let action = action.replacen('-', ".", 1);
                let text = told(&language.code(), MARIA, &action, Value::Object(details.clone()));
                assert!(text.ends_with('.') && !text.contains(&action), "{text}");
            }
        }
    }

    /// The quoted words that directly follow a call.
    fn first_words(file: &str, call: &str) -> BTreeSet<String> {
        let code = fs::read_to_string(file).unwrap();
        let arguments = code.split(call).skip(1).map(str::trim_start);
        let words = arguments.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
        words.map(str::to_owned).collect()
    }

    #[test]
    fn every_field_that_can_change_has_its_name_in_every_language() {
        let mut fields = first_words("src/http/elections.rs", " set(");
        for file in ["src/http/contests/changes.rs", "src/http/photos.rs"] {
            fields.extend(first_words(file, "finish(transaction, who, election,"));
        }
        assert!(fields.len() >= 12, "the fields were not found: {fields:?}");
        fields.extend(["list".to_owned(), "none".to_owned()]);
        for language in Language::all() {
            assert_eq!(messages(&language, "audit-field-"), fields, "{language:?}");
        }
    }
}
