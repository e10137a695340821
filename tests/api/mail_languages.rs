//! Mails speak the language of their election or account, and tell times in the election's zone.

use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;
use uvote_loadtest::client::{read_json, whole};

use crate::support::people::{PASSWORD, address, roll, sample};
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

fn german_sample() -> Value {
    let mut body = sample();
    body["title"] = json!("Vorstand");
    body["language"] = json!("de");
    body["time_zone"] = json!("Europe/Berlin");
    body["closes_at"] = json!("2099-07-04T16:00:00Z");
    body["link_lifetime_hours"] = json!(8_784);
    body
}

fn refused_language((status, answer): (StatusCode, Value)) {
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert_eq!(answer["errors"][0]["field"], "language", "{answer}");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("de, en"), "{answer}");
}

async fn post_page(service: &Service, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept-language", "fr-CH, de-AT;q=0.9, en;q=0.5")
        .header("origin", ORIGIN)
        .header("cookie", cookie)
        .body(whole(form))
        .unwrap();
    let answer = service.anonymous().send(request).await.unwrap();
    assert!(answer.status().as_u16() < 400, "{:?}", answer.body());
    let of = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    of("set-cookie").or_else(|| of("location")).unwrap_or_default()
}

#[actix_web::test]
async fn a_german_election_mails_in_german_and_in_berlins_time() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(german_sample()).await;
    organiser.import(&election.id, &roll(1)).await;
    let (status, _) = organiser.post(&election.path("/invitations/test"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let specimen = "[Muster] Einladung zur Wahl: Vorstand";
    service.sink.mail_where(|mail| mail.subject().as_deref() == Some(specimen)).await.unwrap();

    organiser.open(&service, &election.id, 1).await;
    let mail = service.sink.mails().into_iter().find(|mail| mail.is_to(&address(1))).unwrap();
    assert_eq!(mail.subject().unwrap(), "Einladung zur Wahl: Vorstand");
    for part in [mail.text().unwrap(), mail.html().unwrap()] {
        for words in ["Guten Tag Vera", "Stimmzettel öffnen", "Samstag, 4. Juli 2099, 18:00 Uhr (CEST)"] {
            assert!(part.contains(words), "{words} is missing in {part}");
        }
    }
    let (status, changed) = organiser.patch(&election.path(""), &json!({"language": "en"})).await;
    assert_eq!((status, &changed["language"]), (StatusCode::OK, &json!("en")), "it affects mails alone");
    let (status, _) = organiser.post(&election.path("/invitations"), &json!({"to": "not_voted"})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let reminder = "Reminder: your vote in Vorstand";
    let mail = service.sink.mail_where(|mail| mail.subject().as_deref() == Some(reminder)).await.unwrap();
    assert!(mail.text().unwrap().contains("Voting ends Saturday 4 July 2099, 18:00 (CEST)."));
}

#[actix_web::test]
async fn a_language_without_a_catalogue_is_refused() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for unknown in ["xx", "", "german", "\0"] {
        let mut body = sample();
        body["language"] = json!(unknown);
        refused_language(organiser.post("/api/v1/elections", &body).await);
    }
    let election = organiser.draft(sample()).await;
    assert_eq!(election.body["language"], "en");
    refused_language(organiser.patch(&election.path(""), &json!({"language": "xx"})).await);
    assert_eq!(organiser.get(&election.path("")).await.1["language"], "en");
}

#[actix_web::test]
async fn a_variant_is_kept_as_its_language_and_a_duplicate_keeps_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["language"] = json!("de-AT");
    let election = organiser.draft(body).await;
    assert_eq!(election.body["language"], "de");
    let (status, copy) = organiser.post(&election.path("/duplicate"), &json!({})).await;
    assert_eq!((status, &copy["language"]), (StatusCode::CREATED, &json!("de")), "{copy}");
}

#[actix_web::test]
async fn an_account_is_mailed_in_the_language_of_its_registration() {
    let service = Service::start().await;
    let fields = [("email", "gerda@example.org"), ("password", PASSWORD)];
    post_page(&service, "/register", "", &fields).await;
    let mail = service.sink.mail_to("gerda@example.org").await.unwrap();
    assert_eq!(mail.subject().unwrap(), "Bitte bestätigen Sie Ihre E-Mail-Adresse");
    assert!(mail.html().unwrap().contains("<html lang=\"de\">"));
    let body = json!({"email": "gerda@example.org"});
    service.anonymous().post("/api/v1/auth/password/forgot", &body).await.unwrap();
    let subject = "Neues Passwort wählen";
    service.sink.mail_where(|mail| mail.subject().as_deref() == Some(subject)).await.unwrap();
}

#[actix_web::test]
async fn a_program_names_the_language_of_an_account_by_its_header() {
    let service = Service::start().await;
    for (email, languages, subject) in [
        ("ada@example.org", "de-CH", "Bitte bestätigen Sie Ihre E-Mail-Adresse"),
        ("ben@example.org", "tlh", "Confirm your e-mail address"),
    ] {
        let body = json!({"email": email, "password": PASSWORD}).to_string();
        let request = Request::post("/api/v1/auth/register")
            .header("content-type", "application/json")
            .header("accept-language", languages);
        let answer = service.anonymous().send(request.body(whole(body)).unwrap()).await.unwrap();
        assert_eq!(read_json(&answer).unwrap().0, StatusCode::ACCEPTED);
        assert_eq!(service.sink.mail_to(email).await.unwrap().subject().unwrap(), subject);
    }
}

#[actix_web::test]
async fn an_election_made_by_a_page_has_its_readers_language_and_the_settings_change_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let fields = [("email", organiser.email.as_str()), ("password", PASSWORD)];
    let cookie = post_page(&service, "/login", "", &fields).await;
    let cookie = cookie.split(';').next().unwrap();
    let made = post_page(&service, "/elections/new", cookie, &[("title", "Vorstand")]).await;
    let election = made.strip_prefix("/elections/").unwrap().split('/').next().unwrap();
    let api = format!("/api/v1/elections/{election}");
    assert_eq!(organiser.get(&api).await.1["language"], "de");

    let settings = format!("/elections/{election}/settings");
    let request = Request::get(&settings).header("cookie", cookie).body(whole("")).unwrap();
    let shown = service.anonymous().send(request).await.unwrap();
    let html = String::from_utf8(shown.body().to_vec()).unwrap();
    assert!(html.contains("<option value=\"de\" lang=\"de\" selected>Deutsch</option>"), "{html}");
    let changed = [("title", "Board"), ("link_lifetime_hours", "168"), ("language", "en")];
    post_page(&service, &settings, cookie, &changed).await;
    assert_eq!(organiser.get(&api).await.1["language"], "en");
}
