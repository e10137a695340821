use super::*;

/// Reads a file in chunks of the given size.
fn read_in_chunks(file: &[u8], size: usize) -> (Vec<VoterRow>, RollSummary) {
    let mut rows = Vec::new();
    let mut keep = |row| rows.push(row);
    let mut reader = RollReader::new();
    for chunk in file.chunks(size) {
        reader.push(chunk, &mut keep);
    }
    let summary = reader.finish(&mut keep);
    (rows, summary)
}

fn read(file: impl AsRef<[u8]>) -> (Vec<VoterRow>, RollSummary) {
    let whole = read_in_chunks(file.as_ref(), usize::MAX);
    assert_eq!(read_in_chunks(file.as_ref(), 1), whole, "a byte at a time");
    whole
}

/// The rows of a file without errors, as `line email first last`.
fn good(file: impl AsRef<[u8]>) -> Vec<String> {
    let (rows, summary) = read(file);
    assert_eq!(summary.errors, []);
    assert_eq!((summary.rows, summary.rejected), (rows.len() as u64, 0));
    rows.iter().map(shown).collect()
}

fn shown(row: &VoterRow) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or("-".to_owned());
    format!("{} {} {} {}", row.line, row.email, name(&row.first_name), name(&row.last_name))
}

/// Asserts that a file has exactly this one error, and that its message contains `words`.
fn assert_refused(file: impl AsRef<[u8]>, line: u64, field: &str, words: &str) {
    let (_, summary) = read(file);
    assert_eq!(summary.rejected, 1, "{:?}", summary.errors);
    let error = &summary.errors[0];
    assert_eq!((error.line, error.field.as_str()), (line, field), "{}", error.fault);
    assert!(error.fault.to_string().contains(words), "{}", error.fault);
}

#[test]
fn a_plain_roll_gives_its_voters() {
    let file = "email,first_name,last_name\nAnn@Example.org,Ann,Lee\nbob@example.org,,\n";
    assert_eq!(good(file), ["2 ann@example.org Ann Lee", "3 bob@example.org - -"]);
}

#[test]
fn the_last_line_may_lack_its_end_and_its_names() {
    assert_eq!(good("email,first_name\na@example.org"), ["2 a@example.org - -"]);
}

#[test]
fn columns_may_come_in_any_order_and_case_with_others_between() {
    let file = " LAST_NAME ,Member No,, Email,first_name\nLee,7,x, a@example.org , Ann \n";
    assert_eq!(good(file), ["2 a@example.org Ann Lee"]);
    assert_eq!(read(file).1.ignored_columns, ["Member No", "column 3"]);
}

#[test]
fn commas_semicolons_and_tabs_separate_columns() {
    for delimiter in [",", ";", "\t"] {
        let file = "first_name|email\n\"A, B; C\"|a@example.org\n".replace('|', delimiter);
        assert_eq!(good(file), ["2 a@example.org A, B; C -"]);
    }
}

#[test]
fn delimiters_inside_a_quoted_column_name_do_not_mislead() {
    let file = "\"name, title, \"\"and\"\"\nrank\";email\nx, y;a@example.org\n";
    assert_eq!(good(file), ["3 a@example.org - -"]);
    assert_eq!(read(file).1.ignored_columns, ["name, title, \"and\"\nrank"]);
}

#[test]
fn a_stray_quote_in_the_header_does_not_swallow_the_rows() {
    let file = "screen 5\";email\n1;a@example.org\n2;b@example.org\n";
    assert_eq!(good(file), ["2 a@example.org - -", "3 b@example.org - -"]);
}

#[test]
fn every_kind_of_line_end_counts_as_one() {
    for end in ["\n", "\r\n", "\r"] {
        let file = "email||a@example.org|\"b@example.org\"|  |,|c@example.org|".replace('|', end);
        let file = file.replacen("email", "email,first_name", 1);
        let rows = ["3 a@example.org - -", "4 b@example.org - -", "7 c@example.org - -"];
        assert_eq!(good(file), rows);
    }
}

#[test]
fn blank_lines_before_the_header_are_skipped_and_counted() {
    assert_eq!(good("\u{feff}\r\n;;\r\nemail;x\r\na@example.org\r\n"), ["4 a@example.org - -"]);
}

#[test]
fn quotes_hold_delimiters_line_ends_and_doubled_quotes() {
    let file = "email,note,first_name\r\n\
                a@example.org,\"two\r\nlines, \"\"both\"\" long\", \"Ann \"\"A\"\"\" \r\n\
                b@example.org,x,O\"Hara\r\n";
    assert_eq!(good(file), ["2 a@example.org Ann \"A\" -", "4 b@example.org O\"Hara -"]);
}

#[test]
fn formula_characters_in_names_are_kept() {
    assert_eq!(good("email,first_name\na@example.org,=1+1\n"), ["2 a@example.org =1+1 -"]);
}

#[test]
fn a_utf8_mark_is_no_part_of_the_first_column() {
    assert_eq!(good("\u{feff}email\na@example.org\n"), ["2 a@example.org - -"]);
    assert_eq!(good("\u{feff}\"email\"\na@example.org\n"), ["2 a@example.org - -"]);
}

#[test]
fn a_record_that_is_not_utf8_is_read_as_windows_1252() {
    let file = b"email,first_name\na@example.org,Ren\xE9e \x8Akoda\nb@example.org,Ren\xC3\xA9e\n";
    assert_eq!(good(file), ["2 a@example.org Renée Škoda -", "3 b@example.org Renée -"]);
}

#[test]
fn bytes_that_are_utf8_only_across_two_fields_are_windows_1252() {
    let file = b"email,first_name,last_name\na@example.org,\xC3,\xA9\n";
    assert_eq!(good(file), ["2 a@example.org Ã ©"]);
}

#[test]
fn utf16_is_refused_with_what_to_do() {
    let text = "email\na@example.org\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_refused([b"\xFF\xFE".as_slice(), &little].concat(), 1, "header", "UTF-16");
    assert_refused([b"\xFE\xFF".as_slice(), &big].concat(), 1, "header", "UTF-16");
    assert_refused(&little, 1, "header", "NUL");
}

#[test]
fn a_header_without_an_address_column_is_the_only_error() {
    for file in ["mail,name\na,b\nc,d\n", "a@example.org,Ann,Lee\nb@example.org,Bob,Lee\n"] {
        assert_refused(file, 1, "header", "email,first_name,last_name");
    }
}

#[test]
fn a_header_that_names_a_column_twice_is_refused() {
    assert_refused("email;name;EMAIL\na;b;c\n", 1, "header", "\"email\" twice");
    assert_refused("email,last_name,Last_Name\n", 1, "header", "\"last_name\" twice");
}

#[test]
fn a_header_that_never_ends_is_refused() {
    assert_refused(vec![b'x'; 10_000_000], 1, "header", "64 KiB");
    assert_refused("\"email,first_name\na@example.org,Ann\n", 1, "header", "never closed");
}

#[test]
fn a_file_without_voters_is_refused() {
    for file in ["", "\u{feff}", "\r\n \r\n", ",,,"] {
        assert_refused(file, 1, "header", "empty");
    }
    for file in ["email", "email,first_name\r\n", "email,first_name\n\n,\n"] {
        assert_refused(file, 1, "row", "no voters");
    }
}

#[test]
fn each_bad_row_is_named_with_line_field_and_reason() {
    let long = "é".repeat(101);
    let cases = [
        ("ann,Ann,Lee", "email", "name@example.org"),
        (",Ann,Lee", "email", "missing"),
        ("a@x.org\0,Ann,Lee", "email", "NUL"),
        ("c@x.org,A\0nn,Lee", "first_name", "NUL"),
        (&format!("d@x.org,{long},Lee"), "first_name", "longer than 100 characters"),
        ("e@x.org,Ann,\"Le\ne\"", "last_name", "control character"),
        ("f@x.org,A\u{7}nn,Lee", "first_name", "control character"),
        ("g@x.org,Ann,Lee,", "row", "4 fields"),
        ("h@x.org,\"Ann\" Mary,Lee", "row", "write it twice"),
        ("i@x.org,\"Ann,Lee\n", "row", "never closed"),
    ];
    for (row, field, words) in cases {
        let header = "email,first_name,last_name\n";
        assert_refused(format!("{header}good@x.org\n{row}"), 3, field, words);
    }
}

#[test]
fn a_bad_row_does_not_hide_those_behind_it() {
    let (rows, summary) = read("email,first_name\nx\na@example.org\ny,\"\"z\nb@example.org,B\n");
    assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), ["3 a@example.org - -", "5 b@example.org B -"]);
    assert_eq!(summary.errors.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn names_of_100_characters_are_taken() {
    let name = "é".repeat(100);
    let file = format!("email,last_name\na@example.org,  {name}  \n");
    assert_eq!(good(file), [format!("2 a@example.org - {name}")]);
}

#[test]
fn an_address_that_comes_twice_is_refused_whatever_its_case() {
    let file = "email\na@example.org\n\nb@example.org\n A@EXAMPLE.org\n";
    assert_refused(file, 5, "email", "is already on line 2");
}

#[test]
fn an_address_on_a_row_refused_for_its_name_still_counts_as_seen() {
    let (_, summary) = read("email,first_name\na@example.org,\u{1}\na@example.org,Ann\n");
    let fields: Vec<_> = summary.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["first_name", "email"]);
}

#[test]
fn a_row_over_64_kib_is_refused_and_the_next_is_read() {
    let long = "x".repeat(10_000_000);
    let file = format!("email,note\na@example.org,{long}\nb@example.org,y\n");
    assert_refused(&file, 2, "row", "64 KiB");
    assert_eq!(read_in_chunks(file.as_bytes(), 4096).0[0].line, 3);
    assert_refused(format!("email,note\na@example.org,\"{long}"), 2, "row", "never closed");
    assert_refused(format!("email,note\na@example.org{}", ",".repeat(100_000)), 2, "row", "64 KiB");
}

#[test]
fn a_row_may_have_64_kib_and_no_more() {
    let row = |length: usize| format!("a@example.org,{}", "x".repeat(length - 14));
    assert_eq!(good(format!("email,note\n{}\r\n", row(65_536))), ["2 a@example.org - -"]);
    assert_refused(format!("email,note\n{}\r\n", row(65_537)), 2, "row", "64 KiB");
}

#[test]
fn only_the_first_thousand_errors_are_listed_and_all_are_counted() {
    let (_, summary) = read(format!("email\n{}", "x\n".repeat(1_500)));
    assert_eq!((summary.rejected, summary.errors.len()), (1_500, MAX_LISTED_ERRORS));
    assert_eq!(summary.errors[999].line, 1_001);
}

#[test]
fn reading_ends_with_the_first_row_over_a_million() {
    let mut file = "email\nx\n".to_owned();
    file.push_str(&"x\n".repeat(1_000_500));
    let (_, summary) = read_in_chunks(file.as_bytes(), usize::MAX);
    assert_eq!(summary.rejected, MAX_ROWS + 1);
}
