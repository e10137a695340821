//! The clock of the service or that of PostgreSQL steps by an hour, forward and back.

mod faked;
mod timed;

use std::time::{Duration, Instant};

use hyper::Request;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use uvote_loadtest::client::whole;

use self::faked::{Clock, Step};
use self::timed::Timed;
use super::preload::Preloaded;
use super::watch::{Watch, voters_were_answered};
use super::{FEW, RECOVERY};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold};
use crate::proof::report::Run;
use crate::proof::stage::Stage;

/// How soon an election opens or closes by itself.
const SOON: Duration = Duration::from_secs(10);

#[actix_web::test]
async fn a_service_whose_clock_steps_opens_and_closes_by_that_of_postgresql() {
    let Some(clock) = Clock::find() else { return };
    let mut run = Run::begin("clock of the service steps", 2, 40);
    let stage = Stage::set_with(1_000 + run.rounds * 100, |settings| {
        clock
            .variables()
            .iter()
            .fold(settings, |settings, (name, value)| settings.with(name, value.to_str().unwrap()))
    })
    .await;
    let elections = [Timed::opening(&stage).await, Timed::closing(&stage).await];
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    let mails = stage.sink.count();
    for round in 0..run.rounds {
        step(&mut run, &stage, &crowd, &clock, round).await;
        shows_hours_ahead(&stage, if round.is_multiple_of(2) { 1 } else { 0 }).await;
        let told = [elections[0].cast(&stage).await, elections[1].cast(&stage).await];
        assert_eq!(told, ["ELECTION_NOT_ACTIVE", "INVALID_BALLOT"], "PostgreSQL knows what time it is");
        let statuses = [elections[0].status(&stage).await, elections[1].status(&stage).await];
        assert_eq!(statuses, ["scheduled", "active"]);
        run.tick();
    }
    clock.step(Step::Back);
    assert_eq!(stage.sink.count(), mails, "nobody is written to because a clock steps");
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

#[actix_web::test]
async fn what_the_clock_of_postgresql_has_opened_or_closed_stays_so_when_it_steps_back() {
    let Some(clock) = Clock::find() else { return };
    let mut run = Run::begin("clock of PostgreSQL steps", 2, 40);
    let stage = Stage::set(1_000 + run.rounds * 100).await;
    let _postgres = Preloaded::instead_of(&stage.postgres, &clock.variables()).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    for round in 0..run.rounds {
        let elections = [Timed::opening(&stage).await, Timed::closing(&stage).await];
        let told = [elections[0].cast(&stage).await, elections[1].cast(&stage).await];
        assert_eq!(told, ["ELECTION_NOT_ACTIVE", "INVALID_BALLOT"]);
        for half in 0..2 {
            step(&mut run, &stage, &crowd, &clock, 2 * round + half).await;
            assert_eq!(elections[1].cast(&stage).await, "ELECTION_NOT_ACTIVE");
            elections[0].becomes("active", &stage).await;
            elections[1].becomes("closed", &stage).await;
            assert_eq!(elections[0].cast(&stage).await, "INVALID_BALLOT");
        }
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

/// Lets the clock step, forward in even rounds and back in odd ones, while voters vote on.
async fn step(run: &mut Run, stage: &Stage, crowd: &Crowd, clock: &Clock, round: usize) {
    crowd.acknowledgements(10).await;
    let watch = Watch::begin(&stage.service.url(), &stage.open);
    let stepped = Instant::now();
    clock.step(if round.is_multiple_of(2) { Step::Forward } else { Step::Back });
    run.recovered(crowd.first_acknowledgement(stepped).await - stepped, RECOVERY);
    crowd.acknowledgements(20).await;
    watch.end().await.bounded("clock stepped");
    voters_were_answered(&crowd.ledger(), stepped, "clock stepped");
}

/// Waits until the service says that it is so many hours later than it is, which it looks up now and then.
async fn shows_hours_ahead(stage: &Stage, hours: i64) {
    let deadline = Instant::now() + SOON;
    while hours_ahead(stage).await != hours {
        assert!(Instant::now() < deadline, "the clock has not stepped");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn hours_ahead(stage: &Stage) -> i64 {
    let request = Request::get("/health/live").body(whole(Vec::new())).unwrap();
    let answer = stage.service.client().send(request).await.unwrap();
    let date = answer.headers()["date"].to_str().unwrap();
    let shown = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).unwrap();
    ((shown - OffsetDateTime::now_utc()).as_seconds_f64() / 3_600.0).round() as i64
}
