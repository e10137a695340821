//! Whether the time of an answer tells that an address is known.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use hyper::StatusCode;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Service, run_name};
use crate::client::Client;
use crate::organiser::{Credentials, Organiser};
use crate::progress;
use crate::report::{Amount, Report};

/// Wrong passwords that one account is asked with: one more would lock it.
const TRIES_OF_AN_ACCOUNT: u32 = 4;
/// How far the medians may lie apart.
const TOLERANCE_MICROS: u64 = 1_000;
/// What a service is left between two tries for the mail of the first.
const PAUSE: Duration = Duration::from_millis(20);

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Tries of each call with known addresses, and as many with unknown ones
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
}

/// A call that takes an address of which it must not tell whether it is known.
#[derive(Clone, Copy)]
enum Call {
    Login,
    Forgot,
    Register,
}

impl Call {
    const ALL: [Self; 3] = [Self::Login, Self::Forgot, Self::Register];

    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Forgot => "forgot",
            Self::Register => "register",
        }
    }

    /// The figures in the report: known addresses, unknown ones, and how far they lie apart.
    const fn figures(self) -> [(&'static str, &'static str); 3] {
        match self {
            Self::Login => [
                ("login_known_p50_us", "login, known address"),
                ("login_unknown_p50_us", "login, unknown address"),
                ("login_apart_us", "login, apart"),
            ],
            Self::Forgot => [
                ("forgot_known_p50_us", "forgotten password, known address"),
                ("forgot_unknown_p50_us", "forgotten password, unknown address"),
                ("forgot_apart_us", "forgotten password, apart"),
            ],
            Self::Register => [
                ("register_known_p50_us", "register, known address"),
                ("register_unknown_p50_us", "register, unknown address"),
                ("register_apart_us", "register, apart"),
            ],
        }
    }

    fn request(self, email: &str, password: &str) -> (&'static str, Value) {
        match self {
            Self::Login => ("/api/v1/auth/login", json!({"email": email, "password": "wrong"})),
            Self::Forgot => ("/api/v1/auth/password/forgot", json!({"email": email})),
            Self::Register => ("/api/v1/auth/register", json!({"email": email, "password": password})),
        }
    }

    /// Asks once; answers how long it took and what was answered.
    async fn ask(self, client: &Client, account: &Credentials) -> Result<(Duration, String)> {
        let (path, body) = self.request(&account.email, &account.password);
        let begun = Instant::now();
        let (status, mut answer) = client.post(path, &body).await?;
        let took = begun.elapsed();
        let limited = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        ensure!(!limited, "{path} answers {status}; start the service with UVOTE_LIMITS=off");
        if let Some(members) = answer.as_object_mut() {
            members.remove("request_id");
        }
        Ok((took, format!("{status} {answer}")))
    }
}

/// Registers accounts, and asks each call with their addresses and with others, in random order.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let sink = options.service.receive_mail(Some).await?;
    let client = options.service.client()?;
    let accounts = options.tries.div_ceil(TRIES_OF_AN_ACCOUNT);
    let bar = progress::bar("accounts", u64::from(accounts));
    let mut known = Vec::new();
    for _ in 0..accounts {
        let account = Credentials::random(&run_name());
        Organiser::register(&client, &sink, &account).await?;
        known.push(account);
        bar.inc(1);
    }
    bar.finish_and_clear();
    for call in Call::ALL {
        measure(call, &client, &known, options.tries, report).await?;
    }
    sink.shut_down().await;
    Ok(())
}

async fn measure(
    call: Call,
    client: &Client,
    known: &[Credentials],
    tries: u32,
    report: &mut Report,
) -> Result<()> {
    let strangers: Vec<Credentials> = (0..tries).map(|_| Credentials::random(&run_name())).collect();
    let mut order: Vec<(bool, &Credentials)> =
        known.iter().cycle().take(tries as usize).map(|account| (true, account)).collect();
    order.extend(strangers.iter().map(|account| (false, account)));
    order.shuffle(&mut rand::rng());
    let (mut times, mut answers) = ([Vec::new(), Vec::new()], BTreeSet::new());
    let bar = progress::bar(call.name(), order.len() as u64);
    for (is_known, account) in order {
        let (took, answer) = call.ask(client, account).await?;
        times[usize::from(!is_known)].push(took);
        answers.insert(answer);
        bar.inc(1);
        sleep(PAUSE).await;
    }
    bar.finish_and_clear();
    tell(call, times.map(median_micros), &answers, report);
    Ok(())
}

fn tell(call: Call, medians: [u64; 2], answers: &BTreeSet<String>, report: &mut Report) {
    let [known, unknown] = medians;
    let apart = known.abs_diff(unknown);
    for ((key, label), micros) in call.figures().into_iter().zip([known, unknown, apart]) {
        report.figure(key, label, Amount::Microseconds(micros));
    }
    let name = call.name();
    if apart > TOLERANCE_MICROS {
        report.differ([format!("{name}: the time tells whether an address is known, by {apart} µs")]);
    }
    if answers.len() != 1 {
        report.differ([format!("{name}: the answer tells whether an address is known: {answers:?}")]);
    }
}

fn median_micros(mut times: Vec<Duration>) -> u64 {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    u64::try_from(median.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(medians: [u64; 2], answers: &[&str]) -> Report {
        let mut report = Report::new("timing");
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        tell(Call::Login, medians, &answers, &mut report);
        report
    }

    #[test]
    fn the_median_is_not_moved_by_a_few_slow_answers() {
        let times = [1, 2, 3, 900, 800].map(Duration::from_millis).to_vec();
        assert_eq!(median_micros(times), 3_000);
    }

    #[test]
    fn medians_a_millisecond_apart_and_answers_that_are_the_same_tell_nothing() {
        let report = told([40_000, 41_000], &["401"]);
        assert!(report.differences().is_empty(), "{:?}", report.differences());
        assert_eq!(report.to_json()["figures"]["login_apart_us"], 1_000);
    }

    #[test]
    fn slower_or_other_answers_tell() {
        assert_eq!(told([41_001, 40_000], &["401"]).differences().len(), 1);
        assert_eq!(told([40_000, 41_001], &["401"]).differences().len(), 1);
        assert_eq!(told([40_000, 40_000], &["401", "403"]).differences().len(), 1);
    }
}
