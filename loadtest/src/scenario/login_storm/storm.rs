use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hyper::StatusCode;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Client;
use crate::organiser::{Credentials, Organiser};
use crate::progress;
use crate::scenario::{Service, run_name};
use crate::sink::Sink;

/// How soon somebody comes again whom a busy service has turned away.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of attempts to sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Logins {
    /// Right passwords that were taken.
    pub(super) taken: u64,
    /// Wrong passwords that were refused.
    pub(super) refused: u64,
    /// Attempts that a busy service turned away.
    pub(super) turned_away: u64,
    /// What should not have been answered, in words.
    mistaken: BTreeMap<String, u64>,
}

impl Logins {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Attempts that were answered by a look at the password.
    pub(super) fn judged(&self) -> u64 {
        self.taken + self.refused
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.taken += other.taken;
        self.refused += other.refused;
        self.turned_away += other.turned_away;
        for (words, times) in &other.mistaken {
            *self.mistaken.entry(words.clone()).or_default() += times;
        }
    }

    pub(super) fn mistakes(&self) -> impl Iterator<Item = String> {
        self.mistaken.iter().map(|(words, times)| format!("{times} times {words}"))
    }

    fn enter(&mut self, is_right: bool, status: StatusCode) {
        match (status.as_u16(), is_right) {
            (200, true) => self.taken += 1,
            (401, false) => self.refused += 1,
            (429 | 503, _) => self.turned_away += 1,
            (code, _) => {
                let kind = if is_right { "right" } else { "wrong" };
                *self.mistaken.entry(format!("a {kind} password was answered {code}")).or_default() += 1;
            }
        }
    }
}

/// People with an account each who sign in again and again.
pub(super) struct Storm {
    client: Client,
    accounts: Vec<Credentials>,
}

impl Storm {
    /// Registers so many accounts.
    pub(super) async fn gather(service: &Service, sink: &Sink, people: u32) -> Result<Self> {
        let client = service.client()?;
        let bar = progress::bar("accounts", people.into());
        let mut accounts = Vec::new();
        for _ in 0..people {
            let account = Credentials::random(&run_name());
            Organiser::register(&client, sink, &account).await?;
            accounts.push(account);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(Self { client, accounts })
    }

    /// Has everybody sign in until it is over. What is under way then still ends, so that nothing
    /// of it is left in the service.
    pub(super) async fn rage(&self, over: &watch::Sender<bool>) -> Result<Logins> {
        let people = self.accounts.iter().cloned();
        let mut people: JoinSet<Result<Logins>> =
            people.map(|account| knock(self.client.clone(), account, over.subscribe())).collect();
        let mut logins = Logins::new();
        while let Some(ended) = people.join_next().await {
            logins.add(&ended??);
        }
        Ok(logins)
    }
}

/// Signs in with the wrong password and the right one in turns, so that the account is never locked.
async fn knock(client: Client, account: Credentials, over: watch::Receiver<bool>) -> Result<Logins> {
    let mut logins = Logins::new();
    for is_right in [false, true].into_iter().cycle() {
        if *over.borrow() {
            break;
        }
        let password = if is_right { account.password.as_str() } else { "wrong" };
        let body = json!({"email": account.email, "password": password});
        let turned_away = logins.turned_away;
        let (status, _) = client.post("/api/v1/auth/login", &body).await?;
        logins.enter(is_right, status);
        if logins.turned_away > turned_away {
            sleep(PAUSE).await;
        }
    }
    Ok(logins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(answers: &[(bool, u16)]) -> Logins {
        let mut logins = Logins::new();
        for (is_right, status) in answers {
            logins.enter(*is_right, StatusCode::from_u16(*status).unwrap_or_default());
        }
        logins
    }

    #[test]
    fn right_and_wrong_passwords_are_counted_by_their_answers() {
        let logins = entered(&[(true, 200), (false, 401), (false, 401), (true, 503), (false, 429)]);
        assert_eq!((logins.taken, logins.refused, logins.turned_away), (1, 2, 2));
        assert_eq!(logins.judged(), 3);
        assert_eq!(logins.mistakes().count(), 0);
    }

    #[test]
    fn a_right_password_refused_and_a_wrong_one_taken_are_mistakes() {
        let mut logins = entered(&[(true, 401), (false, 200)]);
        logins.add(&entered(&[(false, 200)]));
        let mistakes: Vec<String> = logins.mistakes().collect();
        let expected =
            ["1 times a right password was answered 401", "2 times a wrong password was answered 200"];
        assert_eq!(mistakes, expected);
    }
}
