//! Worlds in which everything goes wrong that can: what elections and committers decide, driven with
//! a clock of its own against a model of PostgreSQL that delays, fails, or never tells what it did.
//!
//! Everything that happens in a world follows from its seed. `UVOTE_SEED` is the first one to be tried.

mod agenda;
mod committer;
mod disasters;
mod postgres;
mod process;
mod steps;
mod store;
mod voter;
mod world;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use self::world::Life;
use crate::proof::seed::{Seed, rounds};

const SHORT: usize = 1_000;
const LONG: usize = 100_000;

#[test]
fn nothing_is_lost_or_counted_twice_in_any_world() {
    let (first, worlds) = (Seed::of_run().number(), rounds(SHORT, LONG) as u64);
    let (next, ballots) = (AtomicU64::new(0), AtomicUsize::new(0));
    let search = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let mut seeds =
            numbers.take_while(|number| *number < worlds).map(|number| first.wrapping_add(number));
        let broken = seeds.find(|seed| {
            let life = world::live(*seed, false);
            ballots.fetch_add(life.ballots, Ordering::Relaxed);
            life.broken.is_some()
        });
        next.fetch_max(if broken.is_some() { worlds } else { 0 }, Ordering::Relaxed);
        broken
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let broken: Vec<u64> = std::thread::scope(|scope| {
        let searches: Vec<_> = (0..threads).map(|_| scope.spawn(search)).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).collect()
    });
    if let Some(seed) = broken.first() {
        show(*seed);
    }
    let ballots = ballots.into_inner() as u64;
    println!("{ballots} ballots in {worlds} worlds");
    assert!(ballots > worlds, "people vote in most worlds: {ballots} ballots in {worlds}");
}

/// Tells what has happened in a broken world.
fn show(seed: u64) -> ! {
    let Life { broken, trace, .. } = world::live(seed, true);
    println!("{}", trace.join("\n"));
    panic!("{}\nto see only this world again: UVOTE_SEED={seed}", broken.unwrap_or_default());
}

#[test]
fn a_seed_makes_the_same_world_again() {
    for seed in 0..20 {
        assert_eq!(world::live(seed, true), world::live(seed, true));
    }
}
