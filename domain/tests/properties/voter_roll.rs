use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uvote_domain::voter_roll::{RollReader, RollSummary, VoterRow};

use crate::made::cut;

/// One line of a roll and what should come of it.
#[derive(Debug, Clone)]
enum Line {
    Voter {
        first: String,
        last: String,
    },
    Blank,
    /// A row that is to be refused, for its field of this name.
    Bad(&'static str, &'static str),
}

const BAD: [Line; 8] = [
    Line::Bad("no-address,Ann,Lee", "email"),
    Line::Bad(",Ann,Lee", "email"),
    Line::Bad("ann lee@example.org,Ann,Lee", "email"),
    Line::Bad("taken@example.org,Ann,Lee", "email"),
    Line::Bad("bell@example.org,A\u{7}nn,Lee", "first_name"),
    Line::Bad("two-lines@example.org,Ann,\"Le\ne\"", "last_name"),
    Line::Bad("many@example.org,Ann,Lee,more", "row"),
    Line::Bad("quote@example.org,\"Ann\" Mary,Lee", "row"),
];

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let voter = ("[ a-zà-ÿЀ-џ一-丕,;\"'=+@-]{0,20}", "[ -~]{0,20}")
        .prop_map(|(first, last)| Line::Voter { first, last });
    vec(prop_oneof![6 => voter, 1 => Just(Line::Blank), 2 => select(BAD.to_vec())], 0..25)
}

/// How programs write the same table.
#[derive(Debug, Clone)]
struct Writer {
    delimiter: char,
    end: &'static str,
    mark: bool,
    quote_all: bool,
    last_end: bool,
}

fn writers() -> impl Strategy<Value = Writer> {
    let (delimiter, end) = (select(vec![',', ';', '\t']), select(vec!["\n", "\r\n", "\r"]));
    (delimiter, end, any::<[bool; 3]>()).prop_map(|(delimiter, end, [mark, quote_all, last_end])| Writer {
        delimiter,
        end,
        mark,
        quote_all,
        last_end,
    })
}

impl Writer {
    fn field(&self, text: &str) -> String {
        let quote = self.quote_all || text.contains([self.delimiter, '"']);
        if quote { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    }

    fn write(&self, lines: &[Line]) -> String {
        let mut rows = vec![self.row("email,first_name,last_name"), self.row("taken@example.org,Tom,Ash")];
        rows.extend(lines.iter().enumerate().map(|(index, line)| match line {
            Line::Voter { first, last } => {
                let fields = [&format!("V{index}@example.org"), first, last];
                fields.map(|text| self.field(text)).join(&self.delimiter.to_string())
            }
            Line::Blank => "  ".to_owned(),
            Line::Bad(row, _) => self.row(row),
        }));
        let (mark, last_end) =
            (if self.mark { "\u{feff}" } else { "" }, if self.last_end { self.end } else { "" });
        format!("{mark}{}{last_end}", rows.join(self.end))
    }

    fn row(&self, row: &str) -> String {
        row.replace(',', &self.delimiter.to_string())
    }
}

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<VoterRow>, RollSummary) {
    let mut rows = Vec::new();
    let mut keep = |row| rows.push(row);
    let mut reader = RollReader::new();
    chunks.into_iter().for_each(|chunk| reader.push(chunk, &mut keep));
    let summary = reader.finish(&mut keep);
    (rows, summary)
}

fn kept(name: &str) -> Option<String> {
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

proptest! {
    #[test]
    fn every_row_comes_back_as_it_was_written_or_is_named_by_its_line(lines in lines(), writer in writers()) {
        let (rows, summary) = read([writer.write(&lines).as_bytes()]);
        let (mut voters, mut refused, mut number) = (Vec::new(), Vec::new(), 3);
        // The same bad row a second time is refused for what is wrong with it, or as a duplicate.
        let mut bad_before = std::collections::HashSet::new();
        for (index, line) in lines.iter().enumerate() {
            match line {
                Line::Voter { first, last } => {
                    voters.push((number, format!("v{index}@example.org"), kept(first), kept(last)));
                }
                Line::Blank => {}
                Line::Bad(row, field) => {
                    let again = !bad_before.insert(row) && field.ends_with("_name");
                    refused.push((number, if again { "email" } else { field }));
                }
            }
            number += 1 + u64::from(matches!(line, Line::Bad(row, _) if row.contains('\n')));
        }
        let rows: Vec<_> = rows.into_iter().skip(1)
            .map(|row| (row.line, row.email.to_string(), row.first_name, row.last_name)).collect();
        prop_assert_eq!(rows, voters);
        let errors: Vec<_> = summary.errors.iter().map(|error| (error.line, error.field.as_str())).collect();
        prop_assert_eq!((summary.rejected, errors), (refused.len() as u64, refused));
    }

    #[test]
    fn any_bytes_are_read_alike_wherever_they_are_cut(
        header in select(vec!["", "email", "email,first_name\n", "\u{feff}email;x\r\n", "last_name\temail\r"]),
        body in vec(prop_oneof![1 => any::<u8>(), 9 => select(b"ab@.x,;\t\"\" \r\n\0\xC3\xA9\xEF\xBB\xBF".to_vec())], 0..300),
        places in vec(any::<Index>(), 0..30),
    ) {
        let file = [header.as_bytes(), &body].concat();
        let whole = read([file.as_slice()]);
        prop_assert_eq!(whole.1.rows, whole.0.len() as u64);
        prop_assert_eq!(whole.1.rejected, whole.1.errors.len() as u64);
        prop_assert!(whole.1.rows + whole.1.rejected > 0, "a file is never passed over in silence");
        prop_assert_eq!(read(cut(&file, &places)), whole);
    }

    #[test]
    fn names_in_windows_1252_are_read_as_they_were_meant(names in vec("[ -!#-+\\--~À-ÖØ-öø-ÿ€ŠšŽž]{1,20}", 1..9)) {
        let mut file = b"email,first_name\n".to_vec();
        for (index, name) in names.iter().enumerate() {
            file.extend(format!("v{index}@example.org,").bytes());
            // One letter more of which UTF-8 has no single byte.
            file.extend(name.chars().chain(['é']).map(windows_1252));
            file.push(b'\n');
        }
        let (rows, summary) = read([file.as_slice()]);
        prop_assert_eq!(summary.errors, []);
        let read: Vec<_> = rows.into_iter().map(|row| row.first_name).collect();
        let expected: Vec<_> = names.iter().map(|name| kept(&format!("{name}é"))).collect();
        prop_assert_eq!(read, expected);
    }
}

fn windows_1252(letter: char) -> u8 {
    match letter {
        '€' => 0x80,
        'Š' => 0x8a,
        'š' => 0x9a,
        'Ž' => 0x8e,
        'ž' => 0x9e,
        letter => u8::try_from(u32::from(letter)).unwrap(),
    }
}
