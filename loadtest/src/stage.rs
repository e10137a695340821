//! Sets the stage that scenarios play on: an open election whose voters have their links and
//! whose watchers watch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::timeout;

use crate::election::Election;
use crate::links::Links;
use crate::organiser::Organiser;
use crate::progress;
use crate::report::{Amount, Report};
use crate::roll::Roll;
use crate::scenario::{Service, run_name};
use crate::sink::{NoMail, Sink};
use crate::watchers::Watchers;

const CANDIDATES: [&str; 3] = ["Ada Lovelace", "Grace Hopper", "Radia Perlman"];

/// Who takes part.
#[derive(Clone, Debug, clap::Args)]
pub struct Electorate {
    /// Voters on the roll; each casts one vote
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub voters: u32,
    /// WebSockets that watch the turnout
    #[arg(long, default_value_t = 10)]
    pub watchers: u32,
    /// Seconds to wait for the next mail, and for the watchers to see the last vote
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
}

impl Electorate {
    /// How long to wait for the next mail, or for the watchers.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

/// An open election with one contest among three candidates.
pub struct Stage {
    /// Who holds it.
    pub organiser: Organiser,
    /// The election.
    pub election: Election,
    /// Those who watch its turnout.
    pub watchers: Watchers,
    /// A voting token for each voter, in the order of the roll.
    pub tokens: Vec<Box<str>>,
    /// Where the service's mail goes until the end.
    pub sink: Sink,
}

/// An election that is being prepared.
struct Preparation<'a> {
    organiser: &'a Organiser,
    election: &'a Election,
    roll: &'a Roll,
    report: &'a mut Report,
}

impl Stage {
    /// Signs in, imports a roll, opens an election, has the links sent and the watchers join.
    ///
    /// # Errors
    /// When the service refuses a step or does not send the mails.
    pub async fn set(service: &Service, electorate: &Electorate, report: &mut Report) -> Result<Self> {
        let run = run_name();
        let roll = Roll::new(electorate.voters as usize, &run);
        let links = Links::new(roll.clone());
        let taking = Arc::clone(&links);
        let receiving = service.receive_mail(move |mail| taking.take(mail));
        let sink = receiving.await?;
        let organiser = service.organiser(&sink, &run).await?;
        let election = Election::create(&organiser, &format!("Load {run}"), &CANDIDATES).await?;
        report.figure("election_id", "election", Amount::Text(election.id.clone()));
        let mut preparation = Preparation { organiser: &organiser, election: &election, roll: &roll, report };
        preparation.import().await?;
        election.activate(&organiser).await?;
        preparation.invite(&sink, &links, electorate).await?;
        let watchers = preparation.seat(electorate.watchers).await?;
        Ok(Self { tokens: links.tokens(), organiser, election, watchers, sink })
    }
}

impl Preparation<'_> {
    async fn import(&mut self) -> Result<()> {
        let spinner = progress::waiting("importing the roll");
        let start = Instant::now();
        self.election.import(self.organiser, self.roll).await?;
        spinner.finish_and_clear();
        let voters = Amount::Count(self.roll.len() as u64);
        self.report.figure("voters", "voters", voters);
        self.report.figure("import_seconds", "import", seconds_since(start));
        Ok(())
    }

    /// Has the invitations sent and waits until each voter's link is here.
    async fn invite(&mut self, sink: &Sink, links: &Links, electorate: &Electorate) -> Result<()> {
        let start = Instant::now();
        self.election.invite(self.organiser).await?;
        self.await_links(sink, links, electorate.patience()).await?;
        let rate = self.roll.len() as f64 / start.elapsed().as_secs_f64();
        let mails = Amount::Count(links.arrivals().borrow().mails);
        self.report.figure("mails", "mails received", mails);
        let rate = Amount::PerSecond(rate);
        self.report.figure("mails_per_second", "mails", rate);
        Ok(())
    }

    async fn await_links(&self, sink: &Sink, links: &Links, patience: Duration) -> Result<()> {
        let bar = progress::bar("invitations", self.roll.len() as u64);
        let mut arrivals = links.arrivals();
        loop {
            let arrived = arrivals.borrow_and_update().voters;
            bar.set_position(arrived as u64);
            if arrived == self.roll.len() {
                bar.finish_and_clear();
                return Ok(());
            }
            let next = timeout(patience, arrivals.changed()).await;
            next.map_err(|_| NoMail {
                wanted: format!("further invitation ({} are missing)", self.roll.len() - arrived),
                waited: patience,
                address: sink.address(),
                received: sink.count(),
            })??;
        }
    }

    async fn seat(&mut self, count: u32) -> Result<Watchers> {
        let spinner = progress::waiting("opening WebSockets");
        let start = Instant::now();
        let watchers = Watchers::join(self.organiser, self.election, count as usize).await?;
        spinner.finish_and_clear();
        let amount = Amount::Count(count.into());
        self.report.figure("watchers", "watchers", amount);
        self.report.figure("join_seconds", "watchers joined", seconds_since(start));
        Ok(watchers)
    }
}

fn seconds_since(start: Instant) -> Amount {
    Amount::Seconds(start.elapsed().as_secs_f64())
}
