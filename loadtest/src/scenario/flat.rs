//! What a vote costs in an election that has many ballots already.

use std::time::Duration;

use anyhow::Result;

use super::{Service, or_interrupted};
use crate::check::{Told, check_each};
use crate::meter::Meter;
use crate::polls::{Poll, Polls};
use crate::race::{self, Race, Rules, Side};
use crate::report::{Amount, Line, Plot, Report};

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("concurrency", |connections| connections.default_value("128")))]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Ballots that are in each of the elections before the first round
    #[arg(long, value_delimiter = ',', default_values_t = [0, 10_000, 100_000, 1_000_000])]
    pub sizes: Vec<usize>,
    /// Votes of each election in each round
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub votes: u32,
    /// The rounds
    #[command(flatten)]
    pub rules: Rules,
}

/// Fills the elections with real votes, and then lets them take turns.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&["fullest_ratio", "lowest_ratio", "fullest_votes_per_second"]);
    report.section("Preparation");
    let (rules, votes) = (&options.rules, options.votes as usize);
    let mut sizes = options.sizes.clone();
    sizes.sort_unstable();
    let voters: Vec<usize> = sizes.iter().map(|size| size + votes * rules.rounds as usize).collect();
    let patience = Duration::from_secs(rules.patience);
    let opened = or_interrupted(Polls::open_quickly(&options.service, &voters, patience, report)).await;
    let Polls { organiser, polls, sink } = opened?;
    let mut sides: Vec<Side> = polls.into_iter().zip(&sizes).map(|(poll, size)| side(poll, *size)).collect();
    let mut race = Race::new(organiser.client(), Meter::start(&options.service), rules);
    let raced = fill_and_run(&mut race, &mut sides, &sizes, options).await;
    tell(&sizes, &sides, report);
    race.stop(report);
    report.section("Check");
    let told: Vec<Told<'_>> = sides.iter().flat_map(Side::told).collect();
    let checked = or_interrupted(check_each(&organiser, &told, rules.receipts, report)).await;
    sink.shut_down().await;
    raced.and(checked)
}

async fn fill_and_run(race: &mut Race, sides: &mut [Side], sizes: &[usize], options: &Options) -> Result<()> {
    for (side, size) in sides.iter_mut().zip(sizes) {
        race.warm_up(side, *size).await?;
    }
    race.run(sides, options.rules.rounds, options.votes as usize).await
}

fn side(poll: Poll, size: usize) -> Side {
    Side::new(format!("{size} ballots"), vec![poll])
}

fn tell(sizes: &[usize], sides: &[Side], report: &mut Report) {
    let (Some(emptiest), Some(fullest)) = (sides.first(), sides.last()) else { return };
    if !sides.iter().all(Side::has_raced) {
        return;
    }
    report.section("Votes");
    let ratios: Vec<f64> = sides.iter().map(|side| side.ratio(emptiest)).collect();
    let words: Vec<String> =
        sizes.iter().zip(&ratios).map(|(size, ratio)| format!("{size}: {ratio:.2}")).collect();
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let mut figure = |key, label, amount| report.figure(key, label, amount);
    figure("emptiest_votes_per_second", "votes, emptiest", Amount::PerSecond(emptiest.rate()));
    figure("fullest_votes_per_second", "votes, fullest", Amount::PerSecond(fullest.rate()));
    figure("fullest_ratio", "fullest against emptiest", Amount::Ratio(fullest.ratio(emptiest)));
    figure("lowest_ratio", "slowest against emptiest", Amount::Ratio(lowest));
    figure("ratios", "against emptiest, by ballots", Amount::Text(words.join(", ")));
    let costs = [
        ("emptiest_cpu_us", "processor time of a vote, emptiest", emptiest),
        ("fullest_cpu_us", "processor time of a vote, fullest", fullest),
    ];
    for (key, label, side) in costs {
        if let Some(micros) = side.cpu() {
            report.figure(key, label, Amount::Cpu(micros));
        }
    }
    let costs = sizes.iter().zip(sides).filter_map(|(size, side)| Some((*size as f64, side.cpu()?)));
    let costs: Vec<(f64, f64)> = costs.collect();
    if !costs.is_empty() {
        let words: Vec<String> = costs.iter().map(|(size, micros)| format!("{size}: {micros:.1}")).collect();
        report.figure("costs", "µs a vote, by ballots", Amount::Text(words.join(", ")));
        report.plot(by_ballots("Processor time of a vote", "µs", costs));
    }
    let ratios = sizes.iter().map(|size| *size as f64).zip(ratios).collect();
    report.plot(by_ballots("Rate against the emptiest election", "×", ratios));
    race::plot(sides, report);
}

fn by_ballots(title: &str, y: &str, points: Vec<(f64, f64)>) -> Plot {
    let lines = vec![Line { name: "elections".to_owned(), points }];
    Plot { title: title.to_owned(), x: "ballots before the first round".to_owned(), y: y.to_owned(), lines }
}
