//! What the service is compared with: scripts of pgbench, each with a transaction for each vote.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use tempfile::TempDir;

use super::pgbench::Pgbench;
use super::tally::{Side, Turn};
use crate::database::Database;
use crate::election::Election;

/// Tables with nothing but tokens and votes.
const SCHEMA: &str = include_str!("schema.sql");
/// Votes in those tables, each of which has spent a token.
const VOTES: &str = "SELECT least((SELECT count(*) FROM uvote_compare.votes),
    (SELECT count(*) FROM uvote_compare.tokens WHERE spent))";
const TRANSACTION: &str = include_str!("transaction.sql");
const STATEMENT: &str = include_str!("statement.sql");
const BALLOT: &str = include_str!("ballot.sql");

/// A script, and what it works on.
pub(super) struct Rival {
    pub(super) side: Side,
    script: &'static str,
    /// A query for the number of votes that it has made.
    votes: String,
    /// Variables of the script.
    variables: Vec<(&'static str, String)>,
    /// The first of its tokens.
    first: u64,
    /// Tokens for one round.
    tokens: u64,
}

impl Rival {
    /// Plain tables, by way of a transaction of two statements and by way of one statement, with so
    /// many tokens for each round.
    pub(super) async fn plain(database: &Database, rounds: u64, tokens: u64) -> Result<[Self; 2]> {
        database.run(SCHEMA).await?;
        let all = 2 * rounds * tokens;
        let fill = "INSERT INTO uvote_compare.tokens SELECT sha256(int8send(n)) FROM generate_series";
        database.run(&format!("{fill}(0::bigint, {all} - 1) n")).await?;
        database.run("VACUUM ANALYZE uvote_compare.tokens").await?;
        let rival = |side, script, first| {
            let votes = VOTES.to_owned();
            Self { side, script, votes, variables: Vec::new(), first, tokens }
        };
        Ok([rival(Side::TRANSACTION, TRANSACTION, 0), rival(Side::STATEMENT, STATEMENT, rounds * tokens)])
    }

    /// The service's own tables, a ballot at a time.
    pub(super) fn single(database: &Database, election: &Election, tokens: u64) -> Self {
        let id = election.id.clone();
        let votes = format!(
            "SELECT least((SELECT position FROM election_heads WHERE election_id = '{id}'),
                (SELECT count(*) FROM voting_tokens WHERE election_id = '{id}' AND spent))"
        );
        let variables = vec![("election", id), ("secret", database.secret())];
        Self { side: Side::SINGLE, script: BALLOT, votes, variables, first: 0, tokens }
    }

    /// Has its turn in a round.
    pub(super) async fn run(&self, pgbench: &Pgbench, round: u64, time: Duration) -> Result<Turn> {
        let directory = TempDir::new()?;
        let script: PathBuf = directory.path().join("vote.sql");
        fs::write(&script, self.script)?;
        let mut variables = self.variables.clone();
        variables.push(("first", (self.first + round * self.tokens).to_string()));
        let outcome = pgbench.run(&script, time, &variables).await?;
        Ok(Turn { votes: outcome.transactions, rate: outcome.rate })
    }

    /// The votes that are in the database.
    pub(super) async fn votes(&self, database: &Database) -> Result<u64> {
        database.number(&self.votes).await
    }

    /// Sees to it that each transaction of a turn made a vote, where there were so many before.
    ///
    /// # Errors
    /// When there are other votes than transactions.
    pub(super) async fn confirm(&self, database: &Database, before: u64, turn: Turn) -> Result<()> {
        let (votes, transactions) = (self.votes(database).await? - before, turn.votes);
        ensure!(
            votes == transactions,
            "pgbench made {transactions} transactions and {votes} votes: it ran out of tokens, so raise --most"
        );
        Ok(())
    }
}
