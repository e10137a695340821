//! Reading a large election.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use hdrhistogram::Histogram;
use hyper::{Method, Request};

use crate::casting::latency_histogram;
use crate::client::{Client, whole};
use crate::election::Election;
use crate::organiser::Organiser;
use crate::report::{Amount, Report};

/// Parts of addresses that are looked for: everybody, some, one and nobody has them.
const SOUGHT: [&str; 4] = ["load.example", "voter-7", "voter-7%40", "nobody"];
/// Voters on a page.
const PAGE: usize = 100;
/// Readers of the results who ask at the same time.
const CROWD: usize = 16;

/// A page of the roll.
struct Page {
    took: Duration,
    voters: usize,
    /// The cursor of the page after it.
    next: Option<String>,
}

/// Reads of one election.
pub(super) struct Reads<'a> {
    pub(super) organiser: &'a Organiser,
    pub(super) election: &'a Election,
    pub(super) report: &'a mut Report,
}

impl Reads<'_> {
    /// Turns so many pages of the roll, one after the other, and looks for voters.
    ///
    /// # Errors
    /// When the service refuses one.
    pub(super) async fn roll(&mut self, pages: usize) -> Result<()> {
        self.report.section("Roll");
        let (mut latency, mut cursor) = (latency_histogram(), String::new());
        for _ in 0..pages {
            let Page { took, voters, next } = self.page(&cursor).await?;
            ensure!(voters == PAGE || next.is_none(), "a page has {voters} voters, and there are more");
            latency.saturating_record(took.as_micros() as u64);
            cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        }
        self.tell(
            ["page_p50_us", "page_p99_us"],
            ["page of 100 voters p50", "page of 100 voters p99"],
            &latency,
        );
        let mut searches = latency_histogram();
        for sought in SOUGHT {
            let Page { took, voters, .. } = self.page(&format!("&q={sought}")).await?;
            ensure!((voters == 0) == (sought == "nobody"), "{voters} voters found who have {sought:?}");
            searches.saturating_record(took.as_micros() as u64);
        }
        let slowest = Amount::Microseconds(searches.max());
        self.report.figure("search_slowest_us", "slowest search of the roll", slowest);
        Ok(())
    }

    async fn page(&self, query: &str) -> Result<Page> {
        let path = self.election.path(&format!("/voters?limit={PAGE}{query}"));
        let begun = Instant::now();
        let page = self.organiser.call(Method::GET, &path, None).await?;
        let took = begun.elapsed();
        let voters = page["items"].as_array().map_or(0, Vec::len);
        Ok(Page { took, voters, next: page["next_cursor"].as_str().map(str::to_owned) })
    }

    /// Reads the results so many times, alone and in a crowd.
    ///
    /// # Errors
    /// When they are not answered.
    pub(super) async fn results(&mut self, times: usize) -> Result<()> {
        self.report.section("Results");
        let alone = self.read_results(times, 1).await?.0;
        self.tell(
            ["results_p50_us", "results_p99_us"],
            ["results, one reader, p50", "results, one reader, p99"],
            &alone,
        );
        let (crowd, rate) = self.read_results(times, CROWD).await?;
        let keys = ["crowd_results_p50_us", "crowd_results_p99_us"];
        self.tell(keys, ["results, sixteen readers, p50", "results, sixteen readers, p99"], &crowd);
        self.report.figure("crowd_results_per_second", "results", Amount::PerSecond(rate));
        self.report.percentiles("Latency of the results", &[("alone", &alone), ("sixteen readers", &crowd)]);
        Ok(())
    }

    /// Latencies, and answers a second.
    async fn read_results(&self, times: usize, at_once: usize) -> Result<(Histogram<u64>, f64)> {
        let (client, path) = (self.organiser.client(), self.election.path("/results"));
        let (mut latency, begun) = (latency_histogram(), Instant::now());
        let mut answers = stream::iter((0..times).map(|_| read(&client, &path))).buffer_unordered(at_once);
        while let Some(took) = answers.try_next().await? {
            latency.saturating_record(took.as_micros() as u64);
        }
        Ok((latency, times as f64 / begun.elapsed().as_secs_f64()))
    }

    fn tell(&mut self, keys: [&'static str; 2], labels: [&'static str; 2], latency: &Histogram<u64>) {
        for ((key, label), quantile) in keys.into_iter().zip(labels).zip([0.5, 0.99]) {
            let micros = latency.value_at_quantile(quantile);
            self.report.figure(key, label, Amount::Microseconds(micros));
        }
    }
}

async fn read(client: &Client, path: &str) -> Result<Duration> {
    let begun = Instant::now();
    let answer = client.send(Request::get(path).body(whole(Bytes::new()))?).await?;
    ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    Ok(begun.elapsed())
}
