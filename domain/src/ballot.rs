//! The ballot paper of an election, and the marks of one voter on it.

use std::collections::BTreeMap;
use std::ops::Range;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::contest::Contest;
use crate::fault::Fault;
use crate::refusal::FieldError;

/// What a voter sends: for each contest the candidates marked; an empty list is a blank vote.
pub type Choices = BTreeMap<Uuid, Vec<Uuid>>;

/// The voter's own randomness: it makes a repeated request recognisable.
pub type Nonce = [u8; 16];

const VERSION: u8 = 1;

/// The frozen contests of an election, in an order of their own that no display order changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotPaper {
    contests: Vec<Contest>,
    offsets: Vec<usize>,
    length: usize,
}

/// A valid set of marks: a byte for each candidate of each contest, 1 where marked.
///
/// A byte rather than a bit, so that ranks and scores find their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks(Vec<u8>);

/// One contest of one opened ballot, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The contest.
    pub contest: Uuid,
    /// A name for this row that only the voter, who knows the nonce, can compute.
    pub serial: [u8; 32],
    /// The candidates marked; none is a blank vote.
    pub choices: Vec<Uuid>,
}

impl BallotPaper {
    /// Sorts contests and candidates by id, which fixes the place of every mark for good.
    pub fn new(mut contests: Vec<Contest>) -> Self {
        contests.sort_by_key(|contest| contest.id);
        let mut offsets = Vec::with_capacity(contests.len());
        let mut length = 0;
        for contest in &mut contests {
            contest.candidates.sort_unstable();
            offsets.push(length);
            length += contest.candidates.len();
        }
        Self { contests, offsets, length }
    }

    /// The contests, in the paper's order.
    pub fn contests(&self) -> &[Contest] {
        &self.contests
    }

    /// How many marks, and so bytes, a ballot has.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Where the marks of the contest at `index` stand.
    pub fn range(&self, index: usize) -> Range<usize> {
        let start = self.offsets[index];
        start..start + self.contests[index].candidates.len()
    }

    /// Turns choices into marks.
    ///
    /// # Errors
    /// Everything that is wrong, each with the contest it concerns.
    pub fn mark(&self, choices: &Choices) -> Result<Marks, Vec<FieldError>> {
        let mut errors = self.foreign_contests(choices);
        let mut marks = vec![0; self.length];
        for (index, contest) in self.contests.iter().enumerate() {
            let marked = &mut marks[self.range(index)];
            match choices.get(&contest.id) {
                Some(chosen) => mark_contest(contest, chosen, marked, &mut errors),
                None => errors.push(error(contest.id, Fault::ContestMissing)),
            }
        }
        if errors.is_empty() { Ok(Marks(marks)) } else { Err(errors) }
    }

    fn foreign_contests(&self, choices: &Choices) -> Vec<FieldError> {
        choices
            .keys()
            .filter(|id| !self.contests.iter().any(|contest| contest.id == **id))
            .map(|id| error(*id, Fault::ForeignContest))
            .collect()
    }

    /// The plaintext of a ballot; every ballot of an election has the same length.
    pub fn encode(&self, nonce: &Nonce, marks: &Marks) -> Vec<u8> {
        [&[VERSION], nonce.as_slice(), &marks.0].concat()
    }

    /// Reads [`encode`](Self::encode) back and judges the marks again, so that the recount counts
    /// valid ballots only. Nothing when the bytes are no valid ballot of this paper.
    pub fn decode(&self, plaintext: &[u8]) -> Option<(Nonce, Marks)> {
        let (version, rest) = plaintext.split_first()?;
        let (nonce, marks) = rest.split_first_chunk::<16>()?;
        let sound = *version == VERSION && marks.len() == self.length && self.allows(marks);
        sound.then(|| (*nonce, Marks(marks.to_vec())))
    }

    fn allows(&self, marks: &[u8]) -> bool {
        marks.iter().all(|mark| *mark <= 1)
            && self.contests.iter().enumerate().all(|(index, contest)| {
                let marked = marks[self.range(index)].iter().filter(|mark| **mark == 1).count();
                marked <= contest.seats as usize && (marked > 0 || contest.allow_blank)
            })
    }

    /// One row for each contest, under serials that show no pattern across contests.
    pub fn openings(&self, nonce: &Nonce, marks: &Marks) -> Vec<Opening> {
        self.contests
            .iter()
            .enumerate()
            .map(|(index, contest)| Opening {
                contest: contest.id,
                serial: serial(nonce, contest.id),
                choices: chosen(contest, &marks.0[self.range(index)]),
            })
            .collect()
    }
}

impl Marks {
    /// A byte for each candidate, in the paper's order.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The name of a voter's row among the published openings of a contest:
/// `sha256("uvote.opening.v1", nonce, contest)`.
pub fn serial(nonce: &Nonce, contest: Uuid) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"uvote.opening.v1")
        .chain_update(nonce)
        .chain_update(contest.as_bytes())
        .finalize()
        .into()
}

fn mark_contest(contest: &Contest, chosen: &[Uuid], marks: &mut [u8], errors: &mut Vec<FieldError>) {
    for candidate in chosen {
        match contest.candidates.binary_search(candidate) {
            Err(_) => errors.push(error(contest.id, Fault::ForeignCandidate)),
            Ok(place) if marks[place] == 1 => errors.push(error(contest.id, Fault::CandidateTwice)),
            Ok(place) => marks[place] = 1,
        }
    }
    if chosen.len() > contest.seats as usize {
        errors.push(error(contest.id, Fault::TooManyChosen(contest.seats)));
    }
    if chosen.is_empty() && !contest.allow_blank {
        errors.push(error(contest.id, Fault::BlankNotAllowed));
    }
}

fn chosen(contest: &Contest, marks: &[u8]) -> Vec<Uuid> {
    let candidates = contest.candidates.iter().zip(marks);
    candidates.filter(|(_, mark)| **mark == 1).map(|(id, _)| *id).collect()
}

fn error(contest: Uuid, fault: Fault) -> FieldError {
    FieldError::new(format!("choices.{contest}"), fault)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::contest::Method;

    const CHAIR: Uuid = Uuid::from_u128(20);
    const BOARD: Uuid = Uuid::from_u128(10);
    const ANNA: Uuid = Uuid::from_u128(1);
    const BERT: Uuid = Uuid::from_u128(2);
    const CARA: Uuid = Uuid::from_u128(3);

    fn contest(id: Uuid, seats: u32, allow_blank: bool, candidates: &[Uuid]) -> Contest {
        Contest { id, method: Method::Plurality, seats, allow_blank, candidates: candidates.to_vec() }
    }

    /// A chair (blank not possible) and a board of two.
    pub(crate) fn paper() -> BallotPaper {
        BallotPaper::new(vec![
            contest(CHAIR, 1, false, &[BERT, ANNA]),
            contest(BOARD, 2, true, &[CARA, ANNA, BERT]),
        ])
    }

    pub(crate) fn choices(chair: &[Uuid], board: &[Uuid]) -> Choices {
        Choices::from([(CHAIR, chair.to_vec()), (BOARD, board.to_vec())])
    }

    fn refused(choices: &Choices) -> Vec<Fault> {
        let errors = paper().mark(choices).unwrap_err();
        errors.into_iter().map(|error| error.fault).collect()
    }

    #[test]
    fn the_order_of_choices_makes_no_difference() {
        let one = paper().mark(&choices(&[ANNA], &[CARA, ANNA])).unwrap();
        let other = paper().mark(&choices(&[ANNA], &[ANNA, CARA])).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn a_ballot_reads_back_as_it_was_written_and_always_has_the_same_length() {
        let full = paper().mark(&choices(&[ANNA], &[CARA, ANNA])).unwrap();
        let blank = paper().mark(&choices(&[BERT], &[])).unwrap();
        let bytes = paper().encode(&[3; 16], &full);
        assert_eq!(paper().decode(&bytes).unwrap(), ([3; 16], full));
        assert_eq!(bytes.len(), paper().encode(&[3; 16], &blank).len());
    }

    #[test]
    fn each_thing_wrong_with_a_ballot_is_named() {
        assert_eq!(refused(&choices(&[], &[])), [Fault::BlankNotAllowed]);
        assert_eq!(refused(&choices(&[ANNA, BERT], &[])), [Fault::TooManyChosen(1)]);
        assert_eq!(refused(&choices(&[ANNA], &[CARA, CARA])), [Fault::CandidateTwice]);
        assert_eq!(refused(&choices(&[CARA], &[])), [Fault::ForeignCandidate]);
        assert_eq!(refused(&Choices::from([(CHAIR, vec![ANNA])])), [Fault::ContestMissing]);
        let mut foreign = choices(&[ANNA], &[]);
        foreign.insert(ANNA, vec![]);
        assert_eq!(refused(&foreign), [Fault::ForeignContest]);
    }

    #[test]
    fn bytes_that_break_the_rules_of_the_paper_are_no_ballot() {
        let marks = paper().mark(&choices(&[ANNA], &[])).unwrap();
        let sound = paper().encode(&[3; 16], &marks);
        let with = |place: usize, value: u8| {
            let mut bytes = sound.clone();
            bytes[place] = value;
            paper().decode(&bytes)
        };
        assert!(with(0, 2).is_none(), "another version");
        assert!(with(17, 2).is_none(), "a mark that is not 0 or 1");
        assert!(with(sound.len() - 1, 1).is_none(), "two marks for one chair");
        assert!(paper().decode(&sound[..sound.len() - 1]).is_none());
    }

    #[test]
    fn openings_name_the_choices_under_unrelated_serials() {
        let marks = paper().mark(&choices(&[BERT], &[])).unwrap();
        let openings = paper().openings(&[3; 16], &marks);
        assert_eq!(openings[0].choices, Vec::<Uuid>::new());
        assert_eq!(openings[1].choices, vec![BERT]);
        assert_ne!(openings[0].serial, openings[1].serial);
        assert_eq!(openings[1].serial, serial(&[3; 16], CHAIR));
    }
}
