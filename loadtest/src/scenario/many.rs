//! Many elections at once against one with as many voters.

use std::iter;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Service, or_interrupted};
use crate::check::{Told, check_each};
use crate::meter::Meter;
use crate::polls::Polls;
use crate::race::{self, Race, Rules, Side};
use crate::report::{Amount, Report};

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Elections that are open at once
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub elections: u32,
    /// Voters of each of them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub voters: u32,
    /// The rounds
    #[command(flatten)]
    pub rules: Rules,
}

/// Lets many elections and one take turns; all are checked.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&["ratio", "many_votes_per_second"]);
    report.section("Preparation");
    let rules = &options.rules;
    let (elections, voters) = (options.elections as usize, options.voters as usize);
    let all = elections * voters;
    let voters: Vec<usize> = iter::repeat_n(voters, elections).chain([all]).collect();
    let patience = Duration::from_secs(rules.patience);
    let opened = or_interrupted(Polls::open_quickly(&options.service, &voters, patience, report)).await;
    let Polls { organiser, mut polls, sink } = opened?;
    let one = polls.pop().context("the one election")?;
    let mut sides =
        [Side::new(format!("{elections} elections"), polls), Side::new("one election".to_owned(), vec![one])];
    let mut race = Race::new(organiser.client(), Meter::start(&options.service), rules);
    let raced = race.run(&mut sides, rules.rounds, (all / rules.rounds as usize).max(1)).await;
    tell(&sides, report);
    race.stop(report);
    report.section("Check");
    let told: Vec<Told<'_>> = sides.iter().flat_map(Side::told).collect();
    let checked = or_interrupted(check_each(&organiser, &told, rules.receipts, report)).await;
    sink.shut_down().await;
    raced.and(checked)
}

fn tell(sides: &[Side; 2], report: &mut Report) {
    let [many, one] = sides;
    if !one.has_raced() || !many.has_raced() {
        return;
    }
    report.section("Votes");
    let mut figure = |key, label, amount| report.figure(key, label, amount);
    figure("many_votes_per_second", "votes, many elections", Amount::PerSecond(many.rate()));
    figure("one_votes_per_second", "votes, one election", Amount::PerSecond(one.rate()));
    figure("ratio", "many against one", Amount::Ratio(many.ratio(one)));
    let sides_cpu = [
        ("many_cpu_us", "processor time of a vote, many elections", many),
        ("one_cpu_us", "processor time of a vote, one election", one),
    ];
    for (key, label, side) in sides_cpu {
        if let Some(micros) = side.cpu() {
            report.figure(key, label, Amount::Cpu(micros));
        }
    }
    race::plot(sides, report);
}
