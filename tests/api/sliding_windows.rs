//! One suite for both places where limits are counted: this process, and a real Redis.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use uvote::limits::{Exceeded, Limit, Memory, Quota, Redis, Subject};

use crate::support::redis::Redis as Server;

enum Counts {
    Here(Memory),
    /// The server lives as long as the test.
    There(Redis, #[allow(dead_code)] Server),
}

impl Counts {
    async fn both() -> [Self; 2] {
        let server = Server::start().await;
        [Self::Here(Memory::default()), Self::There(Redis::new(&server.url()).unwrap(), server)]
    }

    async fn take(&self, subject: &Subject, quota: Quota) -> Result<(), Exceeded> {
        match self {
            Self::Here(memory) => memory.take(Limit::SignUp, *subject, quota),
            Self::There(redis, _) => redis.take(subject, quota).await.unwrap(),
        }
    }

    /// How many of so many at once are admitted.
    async fn rush(&self, subject: &Subject, quota: Quota, many: usize) -> usize {
        let taken = join_all((0..many).map(|_| self.take(subject, quota))).await;
        taken.into_iter().filter(Result::is_ok).count()
    }
}

const ADA: Subject = [1; 32];
const BEN: Subject = [2; 32];

const fn quota(count: usize, milliseconds: u64) -> Quota {
    Quota { count, window: Duration::from_millis(milliseconds) }
}

#[actix_web::test]
async fn so_many_are_admitted_and_the_next_is_told_when_to_come_back() {
    for counts in Counts::both().await {
        let quota = quota(3, 60_000);
        for _ in 0..3 {
            assert_eq!(counts.take(&ADA, quota).await, Ok(()));
        }
        let Exceeded { after } = counts.take(&ADA, quota).await.unwrap_err();
        assert!(after > quota.window * 9 / 10 && after <= quota.window, "{after:?}");
        assert_eq!(counts.take(&BEN, quota).await, Ok(()));
    }
}

#[actix_web::test]
async fn a_rush_admits_exactly_as_many_as_may() {
    for counts in Counts::both().await {
        assert_eq!(counts.rush(&ADA, quota(5, 60_000), 40).await, 5);
    }
}

#[actix_web::test]
async fn no_stretch_as_long_as_the_window_ever_has_more() {
    for counts in Counts::both().await {
        let quota = quota(3, 200);
        let mut admitted = Vec::new();
        while admitted.len() < 10 {
            let asked = Instant::now();
            if counts.take(&ADA, quota).await.is_ok() {
                admitted.push((asked, Instant::now()));
            }
        }
        for four in admitted.windows(4) {
            let (first, last) = (four[0].0, four[3].1);
            // Redis counts in whole milliseconds.
            assert!(last - first >= quota.window - Duration::from_millis(1), "{:?}", last - first);
        }
    }
}

#[actix_web::test]
async fn whoever_comes_back_when_told_is_let_in_and_refusals_do_not_count() {
    for counts in Counts::both().await {
        let quota = quota(1, 100);
        assert_eq!(counts.take(&ADA, quota).await, Ok(()));
        // Redis counts in whole milliseconds.
        let back =
            Instant::now() + counts.take(&ADA, quota).await.unwrap_err().after + Duration::from_millis(1);
        while Instant::now() < back {
            // Knocking all the while does not put it off.
            let _ = counts.take(&ADA, quota).await;
        }
        let next = counts.take(&ADA, quota).await;
        let admitted_meanwhile = next.is_err_and(|Exceeded { after }| after > quota.window * 9 / 10);
        assert!(next.is_ok() || admitted_meanwhile, "{next:?}");
    }
}

#[actix_web::test]
async fn a_quota_that_was_lowered_holds_for_what_was_admitted_before() {
    for counts in Counts::both().await {
        assert_eq!(counts.rush(&ADA, quota(5, 60_000), 5).await, 5);
        assert!(counts.take(&ADA, quota(2, 60_000)).await.is_err());
        assert_eq!(counts.take(&ADA, quota(6, 60_000)).await, Ok(()));
        assert!(counts.take(&ADA, quota(6, 60_000)).await.is_err());
    }
}
