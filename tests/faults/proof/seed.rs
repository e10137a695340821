//! Where all chance comes from: one number, with which a run can be repeated.

use std::fmt::{self, Display, Formatter};
use std::panic;
use std::sync::LazyLock;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};

/// What the randomness of a run is derived from. It shows as `UVOTE_SEED=...`, ready to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

static OF_RUN: LazyLock<Seed> = LazyLock::new(|| {
    let chosen = std::env::var_os("UVOTE_SEED").map(|value| {
        let value = value.to_string_lossy();
        value.parse().unwrap_or_else(|_| panic!("UVOTE_SEED={value} is not a number of 64 bits"))
    });
    let seed = Seed(chosen.unwrap_or_else(rand::random));
    println!("The proof runs with {seed}");
    name_in_failures(seed);
    seed
});

/// The panic of an actor that is meant to die, which is no failure.
const ASKED_FOR: &str = "a test asked for it";

/// Says after every panic how to repeat the run, so that no assertion has to.
fn name_in_failures(seed: Seed) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(ASKED_FOR) {
            before(panic);
            eprintln!("repeat this run with {seed}");
        }
    }));
}

impl Seed {
    /// The seed of this process: `UVOTE_SEED`, or one made up at its first use and printed then.
    pub fn of_run() -> Self {
        *OF_RUN
    }

    /// The number itself.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The chance of one round of a scenario, the same whatever else runs.
    pub fn rng(self, scenario: &str, round: usize) -> StdRng {
        let digest = Sha256::new()
            .chain_update(self.0.to_be_bytes())
            .chain_update(round.to_be_bytes())
            .chain_update(scenario)
            .finalize();
        StdRng::from_seed(digest.into())
    }
}

impl Display for Seed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "UVOTE_SEED={}", self.0)
    }
}

/// Whether the long form was asked for, with `UVOTE_FAULTS=long`.
pub fn is_long() -> bool {
    std::env::var_os("UVOTE_FAULTS").is_some_and(|form| form == "long")
}

/// How often to do something: as part of every test run, or in the long form.
pub fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Says why a scenario can't be tried here, which the long form does not put up with.
pub fn skip(why: &str) {
    assert!(!is_long(), "the long form {why}");
    println!("skipped: {why}");
}

#[test]
fn a_seed_gives_each_round_of_each_scenario_its_own_chance_again_and_again() {
    use rand::RngExt;

    let draw = |seed: u64, scenario: &str, round: usize| Seed(seed).rng(scenario, round).random::<u64>();
    assert_eq!(draw(7, "death", 1), draw(7, "death", 1));
    assert_ne!(draw(7, "death", 1), draw(8, "death", 1));
    assert_ne!(draw(7, "death", 1), draw(7, "death", 2));
    assert_ne!(draw(7, "death", 1), draw(7, "birth", 1));
}
