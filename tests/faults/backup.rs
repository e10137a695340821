//! Backups: taken while people vote, restored, damaged, interrupted.

mod damage;
mod demo;
mod kills;
mod vault;

use futures_util::future::{join, join_all};
use hyper::StatusCode;
use serde_json::Value;
use uvote::store::schema;

use self::vault::Vault;
use crate::count::{published, receipt_is_included, sound_ballots};
use crate::support::cluster::cluster;
use crate::support::people::{Election, PASSWORD, Voter};
use crate::support::{Organiser, Service};

/// What a voter was told.
struct Acknowledged {
    voter: Voter,
    receipt: String,
    position: u64,
}

async fn cast(voter: &Voter, election: &Election) -> Acknowledged {
    let (status, answer) = voter.send(&voter.body(&election.choose(Some(0)))).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let receipt = answer["receipt"].as_str().unwrap().to_owned();
    Acknowledged { voter: voter.clone(), receipt, position: answer["position"].as_u64().unwrap() }
}

/// One vote after the other, until the backup is done or nobody is left.
async fn vote_during(backup: &Vault, voters: &[Voter], election: &Election) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for voter in voters {
        if backup.backup().exists() {
            break;
        }
        acknowledged.push(cast(voter, election).await);
    }
    acknowledged
}

#[actix_web::test]
async fn a_backup_of_a_running_election_restores_to_one_in_which_voting_goes_on() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 90).await;
    let vault = Vault::new();
    let before = join_all(voters[..30].iter().map(|voter| cast(voter, &election))).await;
    let (taken, during) =
        join(vault.take(&service.database), vote_during(&vault, &voters[30..80], &election)).await;
    let told = vault::told(&taken);
    let after = cast(&voters[80], &election).await;
    let kept = vault.manifest()["elections"][0]["ballots"].as_u64().unwrap();
    assert!(told.contains(&format!("1 election with {kept} ballots")), "{told}");
    assert!(kept >= before.len() as u64, "what was acknowledged before the backup is in it: {kept}");

    let database = vault::empty_database().await;
    let told = vault::told(&vault.restore(&database).await);
    assert!(told.contains(&format!("1 election with {kept} ballots")), "{told}");
    let restored = Service::start_on(database.clone(), cluster().url(&database)).await;
    let organiser = Organiser::sign_in(&restored, &organiser.email, PASSWORD).await;
    assert_eq!(sound_ballots(&organiser, &election).await as u64, kept);
    let mut votes = kept as usize;
    for cast_before in before.iter().chain(&during).chain([&after]) {
        let voter = cast_before.voter.at(&restored);
        let is_kept = receipt_is_included(&voter, &cast_before.receipt).await;
        assert_eq!(is_kept, cast_before.position <= kept, "the manifest says where the backup ends");
        let (status, answer) = voter.send(&voter.body(&election.choose(Some(1)))).await;
        let expected = if is_kept { StatusCode::CONFLICT } else { StatusCode::CREATED };
        assert_eq!(status, expected, "whose vote is lost can vote again, and nobody else: {answer}");
        votes += usize::from(!is_kept);
    }
    voters[85].at(&restored).cast(&election.choose(None)).await;
    organiser.close(&election.id).await;
    let again = votes - kept as usize;
    assert_eq!(published(&organiser, &election).await, (vec![kept as usize, again], 1));
    assert_eq!(sound_ballots(&organiser, &election).await, votes + 1);
}

#[actix_web::test]
async fn a_backup_tells_no_order_of_voting() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 20).await;
    for voter in voters.iter().rev() {
        cast(voter, &election).await;
    }
    let vault = Vault::new();
    vault::told(&vault.take(&service.database).await);
    let script = vault.tokens();
    let rows: Vec<(&str, &str)> = script
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(election, rest)| (election, rest.split('\t').next().unwrap()))
        .collect();
    assert_eq!(rows.len(), 20);
    assert!(rows.is_sorted(), "tokens lie in the order of their hashes");
    let others = vault.rows_of("voting_tokens");
    assert!(!others.contains(&election.id), "no other file has them in another order");
    assert!(vault.rows_of("ballots").contains(&election.id), "and the dump is read here");
}

#[actix_web::test]
async fn what_the_service_may_do_is_the_same_after_a_restore() {
    let service = Service::start().await;
    Organiser::register(&service).await;
    let vault = Vault::new();
    vault::told(&vault.take(&service.database).await);
    let database = vault::empty_database().await;
    vault::told(&vault.restore(&database).await);
    let rights = "SELECT string_agg(line, E'\\n' ORDER BY line) AS rights FROM (
        SELECT concat_ws(' ', relname, relacl) AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', c.relname, attname, attacl) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL SELECT concat_ws(' ', proname, proacl, prosecdef) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat_ws(' ', nspname, nspacl) FROM pg_namespace WHERE nspname = 'public'
        UNION ALL SELECT concat_ws(' ', 'default', defaclobjtype, defaclnamespace, defaclacl) FROM pg_default_acl) lines";
    let rights = async |database: &str| -> String {
        cluster().connect(database).await.query_one(rights, &[]).await.unwrap().get("rights")
    };
    assert_eq!(rights(&database).await, rights(&service.database).await);
    let value: Value = vault.manifest();
    assert!(!value.to_string().contains("seal"), "the manifest holds nothing of a key: {value}");
}

#[actix_web::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let migrations = refinery::load_sql_migrations("migrations").unwrap();
    let newest = migrations.iter().map(refinery::Migration::version).max().unwrap();
    let (older, restored) = (vault::empty_database().await, vault::empty_database().await);
    let before = refinery::Runner::new(&migrations).set_target(refinery::Target::Version(newest - 1));
    before.run_async(&mut cluster().connect(&older).await).await.unwrap();
    let vault = Vault::new();
    vault::told(&vault.take(&older).await);
    assert_eq!(vault.manifest()["schema"], newest - 1);
    vault::told(&vault.restore(&restored).await);
    assert!(schema::is_current(&cluster().url(&restored)).await.unwrap());
    assert!(!schema::is_current(&cluster().url(&older)).await.unwrap());
}
