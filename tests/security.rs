//! `docs/SECURITY.md` names tests that there are.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The file and the words in it that a name of the page stands for; nothing for other code.
fn place(name: &str) -> Option<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some((file, title)) = name.strip_prefix("browser/").and_then(|name| name.split_once(": ")) {
        return Some((root.join(format!("tests/browser/{file}.test.mjs")), title.to_owned()));
    }
    let (file, function) = name.rsplit_once("::")?;
    let file = match file.split('/').next()? {
        "src" => format!("{file}.rs"),
        "domain" if file.starts_with("domain/tests/") => format!("{file}.rs"),
        "domain" => file.replacen("domain", "domain/src", 1) + ".rs",
        "api" | "faults" | "hostile" | "architecture" => format!("tests/{file}.rs"),
        _ => return None,
    };
    Some((root.join(file), format!("fn {function}(")))
}

#[test]
fn every_test_that_the_page_about_security_names_is_there() {
    let page = read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SECURITY.md")).unwrap();
    let table: String = page.lines().filter(|line| line.starts_with('|')).collect();
    let named: Vec<_> = table.split('`').skip(1).step_by(2).filter_map(place).collect();
    assert!(named.len() > 100, "{}", named.len());
    for (file, words) in named {
        let code = read_to_string(&file).unwrap_or_default();
        assert!(code.contains(&words), "{words} is not in {}", file.display());
    }
}
