#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use proptest::prelude::*;

use super::tests::read_in_chunks;

#[derive(Debug, Clone)]
struct Style {
    delimiter: char,
    end: &'static str,
    mark: bool,
    quote_all: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (prop::sample::select(vec![',', ';', '\t']), end, any::<bool>(), any::<bool>())
        .prop_map(|(delimiter, end, mark, quote_all)| Style { delimiter, end, mark, quote_all })
}

impl Style {
    fn write(&self, names: &[(String, String)]) -> String {
        let mut file = if self.mark { "\u{feff}" } else { "" }.to_owned();
        let mut row = |fields: [&str; 3]| {
            let fields = fields.map(|field| self.field(field));
            write!(file, "{}{}", fields.join(&self.delimiter.to_string()), self.end).unwrap();
        };
        row(["first_name", "email", "last_name"]);
        for (index, (first, last)) in names.iter().enumerate() {
            row([first, &format!("V{index}@example.org"), last]);
        }
        file
    }

    fn field(&self, text: &str) -> String {
        let quote = self.quote_all || text.contains([self.delimiter, '"']);
        if quote { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic_and_wherever_they_are_cut(
        header in prop::sample::select(vec!["", "email", "email,first_name\n", "\u{feff}email;x\r\n"]),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(prop::sample::select(b"ab@.x,;\t\"\" \r\n\0\xC3\xA9\xEF\xBB\xBF".to_vec()), 0..300),
        ],
        size in 1usize..40,
    ) {
        let file = [header.as_bytes(), &body].concat();
        let (rows, summary) = read_in_chunks(&file, usize::MAX);
        prop_assert_eq!(summary.rows, rows.len() as u64);
        prop_assert_eq!(summary.rejected, summary.errors.len() as u64);
        prop_assert!(summary.rows + summary.rejected > 0);
        prop_assert_eq!(read_in_chunks(&file, size), (rows, summary));
    }

    #[test]
    fn a_well_formed_roll_comes_back_as_it_was_written(
        names in prop::collection::vec(("[ -~à-ÿЀ-џ]{0,20}", "[a-z,;\"'=-]{0,20}"), 1..30),
        style in style(),
    ) {
        let (rows, summary) = read_in_chunks(style.write(&names).as_bytes(), 7);
        prop_assert_eq!(summary.errors, []);
        prop_assert_eq!(rows.len(), names.len());
        let kept = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        for (index, (row, (first, last))) in rows.iter().zip(&names).enumerate() {
            prop_assert_eq!(row.line, index as u64 + 2);
            prop_assert_eq!(row.email.as_str(), format!("v{index}@example.org"));
            prop_assert_eq!(&row.first_name, &kept(first));
            prop_assert_eq!(&row.last_name, &kept(last));
        }
    }
}
