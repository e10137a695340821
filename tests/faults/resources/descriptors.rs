//! A crowd that connects and says nothing takes every place there is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::net::TcpStream;

use super::RECOVERY;
use super::watch::{Watch, voters_were_answered};
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::invariants::{Evidence, hold};
use crate::proof::process::Process;
use crate::proof::report::Run;
use crate::proof::seed::is_long;
use crate::proof::stage::Stage;

/// One voter after the other, who need no connections beyond those that they have had from the start.
const FEW: Manners = Manners { in_flight: 1, pause: Duration::from_millis(20) };
/// Acknowledgements after which these connections are there: one voter in seventeen needs two at once.
const SETTLED: usize = 25;
/// Open files that the service may have.
const LIMIT: u64 = 512;

#[actix_web::test]
async fn a_service_keeps_files_for_itself_however_many_connect() {
    let mut run = Run::begin("places taken by idle clients", 1, 10);
    let stage = Stage::set_with(1_000 + run.rounds * 300, |settings| settings.limited_to(LIMIT)).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    for _ in 0..run.rounds {
        let watch = Watch::begin(&stage.service.url(), &stage.open);
        crowd.acknowledgements(SETTLED).await;
        let began = Instant::now();
        let idle = flood(stage.service.address()).await;
        // What the service had open to PostgreSQL, whoever waits outside would take.
        stage.postgres.stop_immediately().await;
        sparing(&stage.service).await;
        let back = stage.postgres.come_back().await;
        run.recovered(crowd.first_acknowledgement(back).await - back, RECOVERY);
        watch.end().await.bounded("no places left");
        voters_were_answered(&crowd.ledger(), began, "no places left");
        leave(&mut run, &crowd, &stage, idle).await;
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

#[actix_web::test]
async fn a_service_that_can_open_no_file_at_all_serves_those_who_are_there() {
    let mut run = Run::begin("no open files left", 1, 10);
    let stage = Stage::set(1_000 + run.rounds * 300).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    for _ in 0..run.rounds {
        let watch = Watch::begin(&stage.service.url(), &stage.open);
        crowd.acknowledgements(SETTLED).await;
        let began = Instant::now();
        limit(stage.service.pid(), LIMIT);
        let idle = flood(stage.service.address()).await;
        crowd.acknowledgements(10).await;
        sparing(&stage.service).await;
        watch.end().await.bounded("no files left");
        voters_were_answered(&crowd.ledger(), began, "no files left");
        leave(&mut run, &crowd, &stage, idle).await;
        limit(stage.service.pid(), 20_000);
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

/// Connects far more often than there are places.
async fn flood(address: SocketAddr) -> Vec<TcpStream> {
    let connections = if is_long() { 4_000 } else { 1_500 };
    let connect = |_| tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address));
    let connected = join_all((0..connections).map(connect)).await;
    connected.into_iter().flatten().flatten().collect()
}

/// The flood goes, and whoever comes anew is served.
async fn leave(run: &mut Run, crowd: &Crowd, stage: &Stage, idle: Vec<TcpStream>) {
    assert!(idle.len() > usize::try_from(LIMIT).unwrap(), "only {} were connected", idle.len());
    drop(idle);
    let left = Instant::now();
    let fresh = stage.service.client().patient(RECOVERY * 5);
    loop {
        let (status, answer) = fresh.post(&stage.open.election.path("/ballot"), &body(stage)).await.unwrap();
        if status == 200 {
            break;
        }
        let in_time = left.elapsed() < RECOVERY * 5;
        assert!(status == 503 && in_time, "somebody who came anew: {status} {answer}");
    }
    run.recovered(left.elapsed().max(crowd.first_acknowledgement(left).await - left), RECOVERY);
    run.tick();
}

fn body(stage: &Stage) -> serde_json::Value {
    serde_json::json!({"token": stage.open.codes.last().unwrap()})
}

/// Asserts that a service does not turn in circles: it leaves most of a second to others.
async fn sparing(service: &Process) {
    let (begun, before) = (Instant::now(), processor_time(service.pid()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let used = processor_time(service.pid()) - before;
    println!("    used {used:?} of {:?}", begun.elapsed());
    assert!(used < Duration::from_millis(700), "it used {used:?} of a second to serve nobody");
}

/// How long a process has kept processors busy.
fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Behind the name, which is in parentheses, the 12th and 13th are hundredths of seconds.
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
    fields.map(|ticks| Duration::from_millis(10 * ticks.parse::<u64>().unwrap())).sum()
}

/// Sets the limit of open files of a running process.
fn limit(pid: u32, files: u64) {
    let limit = libc::rlimit { rlim_cur: files, rlim_max: 20_000 };
    // SAFETY: the new limit is read and nothing is written, as the null says.
    let set = unsafe {
        libc::prlimit(pid.cast_signed(), libc::RLIMIT_NOFILE, &raw const limit, std::ptr::null_mut())
    };
    assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
}
