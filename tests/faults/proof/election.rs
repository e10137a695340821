//! An open election with a large roll, made through the public interface.

use tokio_postgres::Client as PostgresClient;
use uvote_loadtest::client::Client;
use uvote_loadtest::database::Database;
use uvote_loadtest::election::Election;
use uvote_loadtest::organiser::{Credentials, Organiser};
use uvote_loadtest::roll::Roll;
use uvote_loadtest::sink::Sink;

/// The candidates of the one contest, whose title is `Chair`.
pub const CANDIDATES: [&str; 3] = ["Ada", "Ben", "Cleo"];

/// An election that is open, everybody's code, and who may close it.
pub struct OpenElection {
    /// Signed in where the election was opened, or last at [`OpenElection::move_to`].
    pub organiser: Organiser,
    /// How the organiser signs in.
    pub credentials: Credentials,
    /// The election.
    pub election: Election,
    /// The roll.
    pub roll: Roll,
    /// The codes, by place in the roll.
    pub codes: Vec<Box<str>>,
}

impl OpenElection {
    /// Registers an organiser by mail and opens an election of so many voters at a service. The codes
    /// come out of the database (`owner_url` is its owner's connection string), since mails are mostly
    /// not what is proved.
    pub async fn new(url: &str, sink: &Sink, owner_url: &str, voters: usize) -> Self {
        let (organiser, credentials) = register(url, sink).await;
        let election = Election::create(&organiser, "Board", &CANDIDATES).await.unwrap();
        let roll = Roll::new(voters, &run());
        election.import(&organiser, &roll).await.unwrap();
        election.activate(&organiser).await.unwrap();
        let mut database = Database::connect(owner_url).await.unwrap();
        let codes = database.issue_tokens(&election).await.unwrap();
        Self { organiser, credentials, election, roll, codes }
    }

    /// The ballots of the election, as its head has them.
    pub async fn counted(&self, superuser: &PostgresClient) -> i64 {
        let sql = "SELECT position FROM election_heads WHERE election_id = $1::text::uuid";
        superuser.query_one(sql, &[&self.election.id]).await.unwrap().get("position")
    }

    /// Signs the organiser in at another service.
    pub async fn move_to(&mut self, url: &str) {
        self.organiser = Organiser::sign_in(&Client::new(url).unwrap(), &self.credentials).await.unwrap();
    }
}

/// A new organiser, signed in.
pub async fn register(url: &str, sink: &Sink) -> (Organiser, Credentials) {
    let (client, credentials) = (Client::new(url).unwrap(), Credentials::random(&run()));
    Organiser::register(&client, sink, &credentials).await.unwrap();
    (Organiser::sign_in(&client, &credentials).await.unwrap(), credentials)
}

/// A name that no other run has.
pub fn run() -> String {
    hex::encode(rand::random::<[u8; 6]>())
}
