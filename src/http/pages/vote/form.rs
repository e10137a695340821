//! What a voter's form says: the code, the nonce, and the marks.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;
use uvote_domain::ballot::{BallotPaper, Choices, Nonce};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::FieldError;

use super::home_of;
use crate::http::pages::form::Form;
use crate::http::pages::reader::Reader;
use crate::store::contests::Contest;

/// The value of a field that marks nobody.
pub const BLANK: &str = "blank";

/// A voter who has sent a form.
pub struct Voter {
    /// The election.
    pub election: Uuid,
    /// How the voter reads. Links to other languages lead to the first page, since this one came
    /// by a form.
    pub reader: Reader,
    /// What the form says.
    pub marked: Marked,
}

/// The fields of a voter's form.
pub struct Marked {
    /// The voting code as it was given.
    pub token: String,
    /// The randomness of this vote.
    pub nonce: Nonce,
    chosen: BTreeMap<Uuid, Vec<String>>,
}

impl Marked {
    /// Without JavaScript the service makes the nonce, once, on the first page: it travels with the
    /// form from then on.
    fn read(form: &Form) -> Self {
        let mut chosen: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for (name, value) in form.values() {
            if let Some(Ok(contest)) = name.strip_prefix("choice-").map(Uuid::parse_str) {
                chosen.entry(contest).or_default().push(value.clone());
            }
        }
        let nonce = URL_SAFE_NO_PAD.decode(form.value("nonce")).ok();
        let nonce = nonce.and_then(|bytes| bytes.try_into().ok()).unwrap_or_else(rand::random);
        Self { token: code_in(form.value("token")).to_owned(), nonce, chosen }
    }

    /// The nonce as it travels with the form.
    pub fn nonce_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.nonce)
    }

    /// What is marked in a contest.
    pub fn chosen(&self, contest: Uuid) -> &[String] {
        self.chosen.get(&contest).map_or(&[], Vec::as_slice)
    }

    /// Whether the blank vote is marked, alone or not.
    pub fn is_blank(&self, contest: Uuid) -> bool {
        self.chosen(contest).iter().any(|value| value == BLANK)
    }

    /// Every field, to send the same again.
    pub fn fields(&self) -> Vec<(String, String)> {
        let marks = self.chosen.iter().flat_map(|(contest, chosen)| {
            chosen.iter().map(move |value| (format!("choice-{contest}"), value.clone()))
        });
        let carried = [("token", self.token.clone()), ("nonce", self.nonce_text())];
        carried.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(marks).collect()
    }

    /// The ballot.
    ///
    /// # Errors
    /// Every contest with a mark that can't be read.
    pub fn choices(&self) -> Result<Choices, Vec<FieldError>> {
        let (choices, errors) = self.read_choices();
        if errors.is_empty() { Ok(choices) } else { Err(errors) }
    }

    /// Everything that is wrong with the ballot, by the rules that also judge it when it is cast.
    pub fn judge(&self, contests: &[Contest]) -> Vec<FieldError> {
        let (choices, mut errors) = self.read_choices();
        let paper = BallotPaper::new(contests.iter().map(Contest::rules).collect());
        for error in paper.mark(&choices).err().unwrap_or_default() {
            if !errors.iter().any(|known| known.field == error.field) {
                errors.push(error);
            }
        }
        errors
    }

    /// Only the field `blank` is a blank vote: what is missing or can't be read is a mistake.
    fn read_choices(&self) -> (Choices, Vec<FieldError>) {
        let (mut choices, mut errors) = (Choices::new(), Vec::new());
        for (contest, chosen) in &self.chosen {
            let ids: Option<Vec<Uuid>> = match chosen.as_slice() {
                [value] if value == BLANK => Some(Vec::new()),
                chosen => chosen.iter().map(|id| id.parse().ok()).collect(),
            };
            match ids {
                Some(ids) => drop(choices.insert(*contest, ids)),
                None => errors.push(FieldError::new(field_of(*contest), Fault::UnreadableChoice)),
            }
        }
        (choices, errors)
    }
}

/// The name that the rules give to a contest of a ballot.
pub fn field_of(contest: Uuid) -> String {
    format!("choices.{contest}")
}

/// The code in what was pasted, which may be the whole link, in the marks that mails put around it.
fn code_in(pasted: &str) -> &str {
    let is_around = |character: char| !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
    pasted.rsplit('#').next().unwrap_or(pasted).trim_matches(is_around)
}

impl Voter {
    /// Somebody who has marked nothing and has no code, for a ballot that is only looked at.
    pub fn onlooker(election: Uuid, reader: Reader) -> Self {
        Self { election, reader, marked: Marked::read(&Form::default()) }
    }
}

impl FromRequest for Voter {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut reader = Reader::of(request);
        let election = web::Path::<Uuid>::extract(request);
        let form = Form::from_request(request, payload);
        Box::pin(async move {
            let election = election.await?.into_inner();
            reader.path = home_of(election);
            Ok(Self { election, reader, marked: Marked::read(&form.await?) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_whatever_was_pasted() {
        for pasted in ["a_-b", " a_-b\n", "https://vote.example.org/vote/1#a_-b", "<https://x/vote/1#a_-b>."]
        {
            assert_eq!(code_in(pasted), "a_-b");
        }
        assert_eq!(code_in(" # "), "");
    }

    #[test]
    fn a_blank_vote_is_one_only_when_it_stands_alone() {
        let contest = Uuid::from_u128(1);
        let marked = |values: &[&str]| {
            let chosen = values.iter().map(|value| (*value).to_owned()).collect();
            Marked { token: String::new(), nonce: [0; 16], chosen: BTreeMap::from([(contest, chosen)]) }
        };
        assert_eq!(marked(&[BLANK]).choices(), Ok(Choices::from([(contest, Vec::new())])));
        let ada = Uuid::from_u128(2);
        assert_eq!(marked(&[&ada.to_string()]).choices(), Ok(Choices::from([(contest, vec![ada])])));
        for wrong in [[BLANK, BLANK].as_slice(), &[BLANK, &ada.to_string()], &["nonsense"], &[""]] {
            assert!(marked(wrong).choices().is_err(), "{wrong:?}");
        }
    }
}
