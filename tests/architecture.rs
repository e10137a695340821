//! The order of dependencies of `docs/ARCHITECTURE.md`, read from the sources.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// What each part may use of the others; `embedded` is the demo, which brings everything along.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["app", "backup", "http", "store", "embedded", "config", "telemetry"]),
    (
        "app",
        &[
            "http",
            "ws",
            "actors",
            "store",
            "embedded",
            "auth",
            "config",
            "keys",
            "language",
            "limits",
            "mail",
            "peers",
            "photos",
            "telemetry",
        ],
    ),
    ("backup", &["backup", "store", "embedded", "config", "keys"]),
    ("embedded", &["app", "actors", "store", "auth", "config", "keys", "embedded"]),
    (
        "http",
        &[
            "http", "actors", "store", "embedded", "auth", "breaker", "config", "keys", "language", "limits",
            "mail", "photos",
        ],
    ),
    ("ws", &["ws", "actors", "store", "auth", "keys"]),
    ("actors", &["actors", "store", "auth", "keys", "language", "mail"]),
    ("store", &["store", "auth", "breaker", "keys"]),
    ("telemetry", &["config"]),
    ("auth", &[]),
    ("breaker", &[]),
    ("config", &[]),
    ("keys", &[]),
    ("language", &[]),
    ("limits", &["breaker", "config"]),
    ("mail", &["breaker", "language", "mail"]),
    ("peers", &[]),
    ("photos", &[]),
    ("lib", &[]),
];

struct Line {
    file: String,
    number: usize,
    text: String,
}

impl Line {
    fn place(&self) -> String {
        format!("{}:{}: {}", self.file, self.number, self.text.trim())
    }

    /// The part of the service that the line belongs to.
    fn part(&self) -> &str {
        let inside = self.file.strip_prefix("src/").unwrap();
        inside.split(['/', '.']).next().unwrap()
    }
}

/// Every line of the service's code, without comments and unit tests.
fn code() -> Vec<Line> {
    let mut lines = Vec::new();
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.to_string_lossy().into_owned();
        let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        let code = code.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        lines.extend(code.map(|(number, text)| Line {
            file: file.clone(),
            number: number + 1,
            text: text.to_owned(),
        }));
    }
    assert!(lines.len() > 5_000, "the sources were not found");
    lines
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => found.extend(sources(&path)),
            Some(extension) if extension == "rs" && !path.ends_with("tests.rs") => found.push(path),
            _ => {}
        }
    }
    found
}

/// The parts that a line names as `crate::part` or, in the command line, `uvote::part`.
fn used(line: &Line) -> Vec<&str> {
    let named = |prefix: &'static str| line.text.match_indices(prefix).map(move |(at, _)| at + prefix.len());
    let word =
        |at: usize| line.text[at..].split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
    named("crate::").chain(named("use uvote::")).map(word).filter(|word| !word.is_empty()).collect()
}

fn breaches(wrong: impl Fn(&Line) -> bool) -> String {
    code().iter().filter(|line| wrong(line)).map(Line::place).collect::<Vec<_>>().join("\n")
}

#[test]
fn dependencies_run_one_way() {
    let found = breaches(|line| {
        let (_, allowed) = MAY_USE.iter().find(|(part, _)| *part == line.part()).expect("a part of the map");
        used(line).iter().any(|part| !allowed.contains(part))
    });
    assert!(found.is_empty(), "these lines use what they may not:\n{found}");
}

#[test]
fn only_the_store_speaks_sql() {
    let speaks = |text: &str| {
        ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "\"CREATE "]
            .iter()
            .any(|verb| text.contains(verb))
    };
    let found = breaches(|line| line.part() != "store" && speaks(&line.text));
    assert!(found.is_empty(), "SQL outside of src/store:\n{found}");
}

#[test]
fn only_the_session_of_a_socket_uses_actix_web_actors() {
    let found = breaches(|line| line.text.contains("actix_web_actors") && line.file != "src/ws/session.rs");
    assert!(found.is_empty(), "{found}");
}

#[test]
fn only_the_configuration_reads_the_environment() {
    // The search for PostgreSQL's programs follows PATH, as a shell would.
    const READERS: [&str; 2] = ["src/config.rs", "src/embedded/binaries.rs"];
    let reads = |text: &str| text.contains("env::var");
    let found =
        breaches(|line| reads(&line.text) && !READERS.contains(&line.file.as_str()) && line.part() != "main");
    assert!(found.is_empty(), "{found}");
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    let banned = ["std::fs", "std::net", "std::time", "tokio", "rand::", "std::env", "async fn"];
    let mut found = Vec::new();
    for path in sources(Path::new("domain/src")) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        found.extend(lines.filter(|line| banned.iter().any(|word| line.contains(word))).map(str::to_owned));
    }
    assert_eq!(found, Vec::<String>::new());
}
