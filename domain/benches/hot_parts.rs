//! What one vote, one link and one row of a roll cost apart from the database:
//! `cargo bench -p uvote-domain`. `docs/PERFORMANCE.md` has the figures.
#![allow(missing_docs, reason = "the macros of criterion make items without")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use uuid::Uuid;
use uvote_domain::ballot::{BallotPaper, Choices, Marks};
use uvote_domain::chain::ballot_hash;
use uvote_domain::contest::{Contest, Method};
use uvote_domain::seal::{Key, Purpose, open, seal};
use uvote_domain::tally::running::RunningTally;
use uvote_domain::token::{Token, retry_mac};
use uvote_domain::voter_roll::RollReader;

const ELECTION: Uuid = Uuid::from_u128(7);
const NONCE: [u8; 16] = [3; 16];
const ROWS: u64 = 1_000;

/// Two contests of five candidates, and a ballot with a mark in each.
fn paper() -> (BallotPaper, Choices) {
    let contest = |id: u128| Contest {
        id: Uuid::from_u128(id),
        method: Method::Plurality,
        seats: 1,
        allow_blank: true,
        candidates: (1..=5).map(|candidate| Uuid::from_u128(id + candidate)).collect(),
    };
    let contests = vec![contest(100), contest(200)];
    let choices = contests.iter().map(|contest| (contest.id, vec![contest.candidates[2]])).collect();
    (BallotPaper::new(contests), choices)
}

fn ballots(criterion: &mut Criterion) {
    let (paper, choices) = paper();
    let key = Key::from_bytes([1; 32]);
    let Ok(marks) = paper.mark(&choices) else { return };
    let plaintext = paper.encode(&NONCE, &marks);
    let sealing = || seal(&key, Purpose::Ballot, ELECTION, [5; 24], black_box(&plaintext));
    let sealed = sealing().unwrap_or_default();
    criterion.bench_function("mark a ballot", |bench| bench.iter(|| paper.mark(black_box(&choices))));
    criterion.bench_function("seal a ballot", |bench| bench.iter(sealing));
    criterion.bench_function("open a ballot", |bench| {
        bench.iter(|| open(&key, Purpose::Ballot, ELECTION, black_box(&sealed)));
    });
    criterion.bench_function("link a ballot to the chain", |bench| {
        bench.iter(|| ballot_hash(ELECTION, 9, black_box(&sealed), &[4; 32]));
    });
    criterion.bench_function("recognise a repeated request", |bench| {
        bench.iter(|| retry_mac(&key, black_box(&[6; 32]), &NONCE, marks.bytes()));
    });
}

fn tallies(criterion: &mut Criterion) {
    let (paper, choices) = paper();
    let Ok(marks) = paper.mark(&choices) else { return };
    let batch: Vec<&Marks> = vec![&marks; 64];
    let mut running = RunningTally::empty(&paper);
    let mut position = 0;
    criterion.bench_function("count a batch of 64", |bench| {
        bench.iter(|| {
            position += 64;
            running.count(&paper, black_box(&batch), position, 1)
        });
    });
    criterion.bench_function("write the running tally", |bench| bench.iter(|| black_box(&running).encode()));
}

fn links(criterion: &mut Criterion) {
    let key = Key::from_bytes([2; 32]);
    criterion.bench_function("derive a voting link", |bench| {
        bench.iter(|| Token::derive(&key, black_box(ELECTION), 1).text());
    });
    let text = Token::derive(&key, ELECTION, 1).text();
    criterion.bench_function("read a voting link", |bench| {
        bench.iter(|| Token::parse(black_box(&text)).map(|token| token.hash()));
    });
}

fn rolls(criterion: &mut Criterion) {
    let rows = (0..ROWS).map(|row| format!("voter{row}@example.org,Ada,\"Lovelace, {row}\"\n"));
    let file = format!("email,first_name,last_name\n{}", rows.collect::<String>());
    let mut group = criterion.benchmark_group("roll");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("read rows of CSV", |bench| {
        bench.iter(|| {
            let mut reader = RollReader::new();
            let mut take = |row| drop(black_box(row));
            reader.push(black_box(file.as_bytes()), &mut take);
            reader.finish(&mut take)
        });
    });
    group.finish();
}

criterion_group!(hot_parts, ballots, tallies, links, rolls);
criterion_main!(hot_parts);
