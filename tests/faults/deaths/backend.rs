//! A backend of PostgreSQL is ended in the middle of its commit.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::{DENSE, READINESS};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::postgres::Server;
use crate::proof::report::Run;
use crate::proof::stage::Stage;
use crate::support::cluster::scratch_directory;

/// A stage on which a commit takes 5 ms at least, so that its middle can be met.
async fn stage(voters: usize) -> Stage {
    let slowly = [("commit_delay", "5000"), ("commit_siblings", "0")];
    let postgres = Server::start_in(scratch_directory("postgres"), &slowly).await;
    Stage::set_on(postgres, voters, |settings| settings).await
}

/// Ends the backends of the service that commit at this moment, as soon as there is one.
async fn end_a_commit(superuser: &Client) {
    let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
        WHERE application_name = 'uvote' AND state = 'active' AND query = 'COMMIT'";
    let ended = async { while superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>("ended") == 0 {} };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("somebody commits");
}

#[actix_web::test]
async fn a_backend_that_is_ended_in_the_middle_of_a_commit_loses_nothing() {
    let mut run = Run::begin("backend ended in commit", 5, 300);
    // Whoever repeats a vote commits nothing that could be met, so there have to be new ones to the end.
    let stage = stage(run.rounds * 60 + 3_000).await;
    let superuser = stage.postgres.superuser().await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], DENSE);
    for _ in 0..run.rounds {
        crowd.acknowledgements(5).await;
        end_a_commit(&superuser).await;
        let ended = Instant::now();
        run.recovered(crowd.first_acknowledgement(ended).await - ended, READINESS);
        hold_so_far(&crowd, &stage.open, &superuser).await;
        run.tick();
    }
    // Some end a moment too late, when the commit has been answered.
    let met = async {
        while crowd.ledger().ever_unknown() == 0 {
            end_a_commit(&superuser).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.expect("a commit is met in its middle");
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}
