//! Opens elections: an organiser, rolls, and a voting link for everyone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use crate::database::Database;
use crate::election::Election;
use crate::links::Links;
use crate::organiser::Organiser;
use crate::progress;
use crate::report::{Amount, Report};
use crate::roll::Roll;
use crate::scenario::{Service, run_name};
use crate::sink::{NoMail, Sink};

const CANDIDATES: [&str; 3] = ["Ada Lovelace", "Grace Hopper", "Radia Perlman"];
/// Elections whose invitations are asked for at a time.
const AT_ONCE: usize = 8;
/// How often it is looked how many links have come.
const GLANCE: Duration = Duration::from_millis(20);

/// An open election with one contest among three candidates.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The election.
    pub election: Election,
    /// Voters on its roll.
    pub voters: u64,
    /// A voting token for each of them, in the order of the roll.
    pub tokens: Vec<Box<str>>,
}

/// Open elections of one organiser.
pub struct Polls {
    /// Who holds them.
    pub organiser: Organiser,
    /// The elections.
    pub polls: Vec<Poll>,
    /// Where the service's mail goes until the end.
    pub sink: Sink,
}

impl Polls {
    /// Signs in, opens an election for each number of voters, and has all links sent.
    ///
    /// # Errors
    /// When the service refuses a step, or sends no mail for longer than `patience`.
    pub async fn open(
        service: &Service,
        voters: &[usize],
        patience: Duration,
        report: &mut Report,
    ) -> Result<Self> {
        let run = run_name();
        let roll = Roll::new(voters.iter().sum(), &run);
        let links = Links::new(roll.clone());
        let taking = Arc::clone(&links);
        let sink = service.receive_mail(move |mail| taking.take(mail)).await?;
        let organiser = service.organiser(&sink, &run).await?;
        let rolls = roll.parts(voters);
        let mut preparation = Preparation { organiser: &organiser, report };
        let elections = preparation.open(&rolls, &run).await?;
        preparation.invite(&elections, &links, &sink, patience).await?;
        let mut tokens = links.tokens().into_iter();
        let polls = elections.into_iter().zip(&rolls).map(|(election, roll)| Poll {
            election,
            voters: roll.len() as u64,
            tokens: tokens.by_ref().take(roll.len()).collect(),
        });
        let polls = polls.collect();
        service.settle().await?;
        Ok(Self { polls, organiser, sink })
    }
}

impl Polls {
    /// As [`Polls::open`], but a service of our own need not send a mail for each link: that is for
    /// the scenarios which do not measure mails.
    ///
    /// # Errors
    /// When the service or its database refuses a step.
    pub async fn open_quickly(
        service: &Service,
        voters: &[usize],
        patience: Duration,
        report: &mut Report,
    ) -> Result<Self> {
        match service.own() {
            None => Self::open(service, voters, patience, report).await,
            Some(own) => {
                let mut database = Database::connect(&own.database()?).await?;
                Self::open_without_mails(service, voters, &mut database, report).await
            }
        }
    }

    /// As [`Polls::open`], with the links from the database instead of from mails.
    ///
    /// # Errors
    /// When the service or the database refuses a step.
    pub async fn open_without_mails(
        service: &Service,
        voters: &[usize],
        database: &mut Database,
        report: &mut Report,
    ) -> Result<Self> {
        let run = run_name();
        let sink = service.receive_mail(Some).await?;
        let organiser = service.organiser(&sink, &run).await?;
        let rolls = Roll::new(voters.iter().sum(), &run).parts(voters);
        let elections = Preparation { organiser: &organiser, report }.open(&rolls, &run).await?;
        let (mut polls, bar) = (Vec::new(), progress::bar("links", elections.len() as u64));
        for (election, roll) in elections.into_iter().zip(&rolls) {
            let tokens = database.issue_tokens(&election).await?;
            polls.push(Poll { election, voters: roll.len() as u64, tokens });
            bar.inc(1);
        }
        bar.finish_and_clear();
        service.settle().await?;
        Ok(Self { polls, organiser, sink })
    }
}

/// Elections that are being prepared.
struct Preparation<'a> {
    organiser: &'a Organiser,
    report: &'a mut Report,
}

impl Preparation<'_> {
    /// Creates an election for each roll, imports the roll and opens the election.
    async fn open(&mut self, rolls: &[Roll], run: &str) -> Result<Vec<Election>> {
        let bar = progress::bar("elections", rolls.len() as u64);
        let start = Instant::now();
        let mut elections = Vec::new();
        // One after the other, since the service takes few imports at a time.
        for roll in rolls {
            elections.push(open(self.organiser, roll, &format!("Load {run}")).await?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let [election] = &elections[..] {
            self.report.figure("election_id", "election", Amount::Text(election.id.clone()));
        } else {
            self.report.figure("elections", "elections", Amount::Count(elections.len() as u64));
        }
        let voters = rolls.iter().map(|roll| roll.len() as u64).sum();
        self.report.figure("voters", "voters", Amount::Count(voters));
        let seconds = Amount::Seconds(start.elapsed().as_secs_f64());
        self.report.figure("opening_seconds", "import and opening", seconds);
        Ok(elections)
    }

    /// Has the invitations sent and waits until each voter's link is here.
    async fn invite(
        &mut self,
        elections: &[Election],
        links: &Links,
        sink: &Sink,
        patience: Duration,
    ) -> Result<()> {
        let start = Instant::now();
        let invited = elections.iter().map(|election| election.invite(self.organiser));
        stream::iter(invited).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        await_links(links, sink, patience).await?;
        let rate = links.len() as f64 / start.elapsed().as_secs_f64();
        let mails = Amount::Count(links.arrivals().borrow().mails);
        self.report.figure("mails", "mails received", mails);
        self.report.figure("mails_per_second", "mails", Amount::PerSecond(rate));
        Ok(())
    }
}

/// Creates an election of this title, imports the roll and opens the election.
///
/// # Errors
/// When the service refuses a step.
pub(crate) async fn open(organiser: &Organiser, roll: &Roll, title: &str) -> Result<Election> {
    let election = Election::create(organiser, title, &CANDIDATES).await?;
    election.import(organiser, roll).await?;
    election.activate(organiser).await?;
    Ok(election)
}

/// Waits until each voter's link is here.
///
/// # Errors
/// When none comes for longer than `patience`.
pub(crate) async fn await_links(links: &Links, sink: &Sink, patience: Duration) -> Result<()> {
    let bar = progress::bar("invitations", links.len() as u64);
    let (arrivals, mut since) = (links.arrivals(), Instant::now());
    loop {
        let arrived = arrivals.borrow().voters;
        if arrived == links.len() {
            bar.finish_and_clear();
            return Ok(());
        }
        if bar.position() < arrived as u64 {
            bar.set_position(arrived as u64);
            since = Instant::now();
        }
        ensure!(
            since.elapsed() <= patience,
            NoMail {
                wanted: format!("further invitation ({} are missing)", links.len() - arrived),
                waited: patience,
                address: sink.address(),
                received: sink.count(),
            }
        );
        // To be woken by each mail would cost more than to take it in.
        sleep(GLANCE).await;
    }
}
