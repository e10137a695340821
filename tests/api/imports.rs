//! Importing a roll: files as spreadsheets write them, all or nothing.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::problem::{Answer, invalid, post_raw, refused, send_raw};
use crate::support::people::{Election, roll, sample};
use crate::support::{Organiser, Service};

async fn draft(service: &Service) -> (Organiser, Election) {
    let organiser = Organiser::register(service).await;
    let election = organiser.draft(sample()).await;
    (organiser, election)
}

async fn import(organiser: &Organiser, election: &Election, file: impl Into<bytes::Bytes>) -> Answer {
    post_raw(&organiser.client, &election.path("/voters/import"), "text/csv", file).await
}

async fn imported(organiser: &Organiser, election: &Election, file: &[u8], count: u64) -> Value {
    let (status, answer) = import(organiser, election, file.to_vec()).await;
    assert_eq!((status, &answer["imported"]), (StatusCode::OK, &json!(count)), "{answer}");
    answer
}

/// Address and names of everybody on the roll, in the order of entry.
async fn on_the_roll(organiser: &Organiser, election: &Election) -> Vec<String> {
    let answer =
        send_raw(&organiser.client, Method::GET, &election.path("/voters.csv"), "text/plain", "").await;
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    text.lines().skip(1).map(|line| line.trim_end_matches(",no,none").to_owned()).collect()
}

/// Line and field of each error listed.
fn places(body: &Value) -> Vec<(u64, &str)> {
    let errors = body["errors"].as_array().unwrap().iter();
    errors.map(|error| (error["line"].as_u64().unwrap(), error["field"].as_str().unwrap())).collect()
}

#[actix_web::test]
async fn a_roll_is_read_as_spreadsheets_write_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let files: [(&str, &[u8]); 9] = [
        ("plain", b"email,first_name,last_name\na@example.org,J\xC3\xBCrgen,Voss\n"),
        ("in another order", b"last_name,email,first_name\nVoss,a@example.org,J\xC3\xBCrgen\n"),
        ("in any case", b"EMAIL,First_Name,LAST_name\nA@Example.org,J\xC3\xBCrgen,Voss\n"),
        ("with semicolons", b"email;first_name;last_name\na@example.org;J\xC3\xBCrgen;Voss\n"),
        ("with tabs", b"email\tfirst_name\tlast_name\na@example.org\tJ\xC3\xBCrgen\tVoss\n"),
        ("with a BOM", b"\xEF\xBB\xBFemail,first_name,last_name\na@example.org,J\xC3\xBCrgen,Voss\n"),
        ("in Windows-1252", b"email,first_name,last_name\na@example.org,J\xFCrgen,Voss\n"),
        ("with CRLF", b"email,first_name,last_name\r\na@example.org,J\xC3\xBCrgen,Voss\r\n\r\n"),
        (
            "with quotes and no last line end",
            b"\"email\",\"first_name\",\"last_name\"\na@example.org,\"J\xC3\xBCrgen\",\"Voss\"",
        ),
    ];
    for (which, file) in files {
        let election = organiser.draft(sample()).await;
        let answer = imported(&organiser, &election, file, 1).await;
        assert_eq!((&answer["unchanged"], &answer["ignored_columns"]), (&json!(0), &json!([])), "{which}");
        assert_eq!(on_the_roll(&organiser, &election).await, ["a@example.org,Jürgen,Voss"], "{which}");
    }
}

#[actix_web::test]
async fn other_columns_are_ignored_and_named() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let file = "Class;email;Birthday\n4b;a@example.org;1.1.2011\n4c;b@example.org;2.2.2011\n";
    let answer = imported(&organiser, &election, file.as_bytes(), 2).await;
    assert_eq!(answer["ignored_columns"], json!(["Class", "Birthday"]));
    assert_eq!(on_the_roll(&organiser, &election).await, ["a@example.org,,", "b@example.org,,"]);
}

#[actix_web::test]
async fn a_form_carries_the_file_in_its_field_file() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let path = election.path("/voters/import");
    let form = |name: &str| {
        format!(
            "--cut\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
            --cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"roll.csv\"\r\n\
            Content-Type: application/vnd.ms-excel\r\n\r\nemail\r\na@example.org\r\n\r\n--cut--\r\n"
        )
    };
    let multipart = "multipart/form-data; boundary=cut";
    invalid(&post_raw(&organiser.client, &path, multipart, form("roll")).await, &["file"]);
    let (status, answer) = post_raw(&organiser.client, &path, multipart, form("file")).await;
    assert_eq!((status, &answer["imported"]), (StatusCode::OK, &json!(1)), "{answer}");
    let cut_short = form("file").replace("--cut--", "");
    refused(&post_raw(&organiser.client, &path, multipart, cut_short).await, 400, "MALFORMED");
    let unbounded = post_raw(&organiser.client, &path, "multipart/form-data", form("file")).await;
    refused(&unbounded, 400, "MALFORMED");
}

#[actix_web::test]
async fn only_csv_and_forms_are_taken() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let path = election.path("/voters/import");
    for wrong in ["application/json", "text/plain", "application/octet-stream", "text/csvx", ""] {
        refused(&post_raw(&organiser.client, &path, wrong, roll(1)).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    for right in ["text/csv; charset=windows-1252", "Text/CSV"] {
        let (status, answer) = post_raw(&organiser.client, &path, right, roll(1)).await;
        assert_eq!(status, StatusCode::OK, "{right}: {answer}");
    }
}

#[actix_web::test]
async fn a_dry_run_says_what_would_happen_and_does_nothing() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let path = election.path("/voters/import?dry_run=true");
    let (status, answer) = post_raw(&organiser.client, &path, "text/csv", roll(3)).await;
    assert_eq!((status, &answer["imported"]), (StatusCode::OK, &json!(3)));
    assert_eq!(on_the_roll(&organiser, &election).await.len(), 0);
    let bad = post_raw(&organiser.client, &path, "text/csv", "email\nnobody\n").await;
    refused(&bad, 422, "IMPORT_REJECTED");
    imported(&organiser, &election, roll(2).as_bytes(), 2).await;
    let (_, answer) = post_raw(&organiser.client, &path, "text/csv", roll(3)).await;
    assert_eq!((&answer["imported"], &answer["unchanged"]), (&json!(1), &json!(2)));
    assert_eq!(on_the_roll(&organiser, &election).await.len(), 2);
    let odd = election.path("/voters/import?dry_run=perhaps");
    refused(&post_raw(&organiser.client, &odd, "text/csv", roll(1)).await, 422, "INVALID");
}

#[actix_web::test]
async fn one_bad_row_refuses_the_whole_file_and_every_bad_row_is_named() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let long = "x".repeat(101);
    let file = format!(
        "email,first_name,last_name\r\n\
        good@example.org,Gina,Good\r\n\
        nobody,Nora,No\r\n\
        ,Nemo,No\r\n\
        \r\n\
        \"two\r\nlines@example.org\",A,B\r\n\
        c@example.org,{long},C\r\n\
        GOOD@example.org,Gina,Twice\r\n\
        d@example.org,D,E,F\r\n\
        e@example.org,\"E\"x,E\r\n\
        f@example.org,F,\"nul\0\"\r\n"
    );
    let answer = import(&organiser, &election, file).await;
    refused(&answer, 422, "IMPORT_REJECTED");
    let expected = [
        (3, "email"),
        (4, "email"),
        (6, "email"),
        (8, "first_name"),
        (9, "email"),
        (10, "row"),
        (11, "row"),
        (12, "last_name"),
    ];
    assert_eq!(places(&answer.1), expected);
    assert_eq!(answer.1["rejected"], 8);
    let message = answer.1["errors"][4]["message"].as_str().unwrap();
    assert!(message.contains("line 2"), "{message}");
    let all =
        answer.1["errors"].as_array().unwrap().iter().all(|error| error["message"].as_str() != Some(""));
    assert!(all, "{}", answer.1);
    assert_eq!(on_the_roll(&organiser, &election).await.len(), 0);
}

#[actix_web::test]
async fn a_thousand_errors_are_listed_and_all_are_counted() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let file: String =
        std::iter::once("email\n".to_owned()).chain((0..1_001).map(|n| format!("bad{n}\n"))).collect();
    let answer = import(&organiser, &election, file).await;
    refused(&answer, 422, "IMPORT_REJECTED");
    assert_eq!(answer.1["rejected"], 1_001);
    let places = places(&answer.1);
    assert_eq!((places.len(), places[0], places[999]), (1_000, (2, "email"), (1_001, "email")));
}

#[actix_web::test]
async fn a_file_without_voters_is_refused() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let files: [(&[u8], &str); 8] = [
        (b"", "header"),
        (b"\n\n\n", "header"),
        (b"email,first_name\n", "row"),
        (b"name,address\nVera,v@example.org\n", "header"),
        (b"email,email\nv@example.org,w@example.org\n", "header"),
        (b"\xFF\xFEe\0m\0a\0i\0l\0\n\0v\0@\0e\0.\0d\0e\0", "header"),
        (b"email\0\nv@example.org\n", "header"),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "header"),
    ];
    for (file, field) in files {
        let answer = import(&organiser, &election, file.to_vec()).await;
        refused(&answer, 422, "IMPORT_REJECTED");
        let places = places(&answer.1);
        assert_eq!((places.len(), places[0].1, &answer.1["rejected"]), (1, field, &json!(1)), "{}", answer.1);
    }
}

#[actix_web::test]
async fn a_line_of_ten_megabytes_is_refused_without_harm() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let ten_megabytes = 10 * 1024 * 1024;
    for start in ["", "email\n", "email\n\"", "email\nv@example.org,"] {
        let file = format!("{start}{}", "x".repeat(ten_megabytes));
        let answer = import(&organiser, &election, file).await;
        refused(&answer, 422, "IMPORT_REJECTED");
        assert_eq!(places(&answer.1).len(), 1);
        assert!(answer.1.to_string().len() < 2_000, "the line is not sent back");
    }
    imported(&organiser, &election, roll(1).as_bytes(), 1).await;
}

#[actix_web::test]
async fn the_same_file_again_changes_nothing() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    imported(&organiser, &election, roll(3).as_bytes(), 3).await;
    let before = on_the_roll(&organiser, &election).await;
    let again = imported(&organiser, &election, roll(3).as_bytes(), 0).await;
    assert_eq!(again["unchanged"], 3);
    let more = imported(&organiser, &election, roll(5).as_bytes(), 2).await;
    assert_eq!(more["unchanged"], 3);
    let after = on_the_roll(&organiser, &election).await;
    assert_eq!((&after[..3], after.len()), (before.as_slice(), 5));
    let without_names = imported(&organiser, &election, b"email\nVOTER1@example.org\n", 0).await;
    assert_eq!(without_names["unchanged"], 1);
    assert_eq!(on_the_roll(&organiser, &election).await, after);
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["eligible"], 5);
}

#[actix_web::test]
async fn late_voters_can_be_imported_and_after_the_close_nobody() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    imported(&organiser, &election, roll(3).as_bytes(), 2).await;
    organiser.close(&election.id).await;
    refused(&import(&organiser, &election, roll(4)).await, 409, "WRONG_STATE");
    let dry =
        post_raw(&organiser.client, &election.path("/voters/import?dry_run=true"), "text/csv", roll(4)).await;
    refused(&dry, 409, "WRONG_STATE");
}

#[actix_web::test]
async fn nobody_imports_into_an_election_of_others() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let stranger = Organiser::register(&service).await;
    refused(&import(&stranger, &election, roll(1)).await, 404, "NOT_FOUND");
    let path = election.path("/voters/import");
    refused(&post_raw(&service.anonymous(), &path, "text/csv", roll(1)).await, 401, "UNAUTHENTICATED");
    assert_eq!(on_the_roll(&organiser, &election).await.len(), 0);
}
