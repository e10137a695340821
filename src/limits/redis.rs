//! Sliding windows that all processes share, in Redis.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bb8_redis::RedisConnectionManager;
use bb8_redis::bb8::{Pool, RunError};
use redis::{RedisError, Script};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::time::{error::Elapsed, timeout};

use super::{Exceeded, Quota, Subject};
use crate::breaker::Breaker;

const CONNECTIONS: u32 = 8;
/// How long Redis may take to answer before this process decides for itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// Admits by Redis's own clock and answers the milliseconds to wait, 0 when admitted: another is
/// allowed once the one that is `count` back has left the window.
const TAKE: &str = "
local count, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local back = redis.call('LINDEX', KEYS[1], -count)
if back and back + window > now then
  return back + window - now
end
redis.call('RPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], -count, -1)
redis.call('PEXPIRE', KEYS[1], window)
return 0";

/// `REDIS_URL` can't be used. The message does not repeat it, for it may hold a password.
#[derive(Debug, Error)]
#[error("can't be used; write one like redis://user:password@redis.example.org:6379/0")]
pub struct BadAddress;

/// Redis does not do what it should.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}")]
    Connection(#[from] RunError<RedisError>),
    #[error("{0}")]
    Answer(#[from] RedisError),
    #[error("no answer in time")]
    Silence(#[from] Elapsed),
}

/// Redis does not answer, or is left alone since it has not answered for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Redis does not answer")]
pub struct Silent;

/// Counts for all processes.
pub struct Redis {
    pool: Pool<RedisConnectionManager>,
    script: Script,
    breaker: Breaker,
}

impl Redis {
    /// Prepares the pool; connections open when they are first used.
    ///
    /// # Errors
    /// When the address is malformed.
    pub fn new(url: &SecretString) -> Result<Self, BadAddress> {
        let manager = RedisConnectionManager::new(url.expose_secret()).map_err(|_| BadAddress)?;
        let pool = Pool::builder().max_size(CONNECTIONS).connection_timeout(PATIENCE);
        Ok(Self {
            pool: pool.retry_connection(false).build_unchecked(manager),
            script: Script::new(TAKE),
            breaker: Breaker::new("redis"),
        })
    }

    /// Counts one more, unless the limit is used up.
    ///
    /// # Errors
    /// [`Silent`] when Redis is gone: nobody knows then whether it was counted. [`Exceeded`] within,
    /// when nothing was counted.
    pub async fn take(&self, subject: &Subject, quota: Quota) -> Result<Result<(), Exceeded>, Silent> {
        let asked = async { timeout(PATIENCE, self.ask(subject, quota)).await? };
        match self.breaker.call(|_: &Failure| true, asked).await {
            Ok(0) => Ok(Ok(())),
            Ok(milliseconds) => Ok(Err(Exceeded { after: Duration::from_millis(milliseconds) })),
            Err(_) => Err(Silent),
        }
    }

    async fn ask(&self, subject: &Subject, quota: Quota) -> Result<u64, Failure> {
        let mut connection = self.pool.get().await?;
        let mut call = self.script.key(format!("uvote:limit:{}", URL_SAFE_NO_PAD.encode(subject)));
        let window = u64::try_from(quota.window.as_millis()).unwrap_or(u64::MAX);
        Ok(call.arg(quota.count).arg(window).invoke_async(&mut *connection).await?)
    }

    /// Whether Redis answers now, whatever the breaker says.
    pub async fn answers(&self) -> bool {
        let ping = async {
            let mut connection = self.pool.get().await?;
            let pong: String = redis::cmd("PING").query_async(&mut *connection).await?;
            Ok::<_, Failure>(pong == "PONG")
        };
        timeout(PATIENCE, ping).await.is_ok_and(|pong| pong.unwrap_or(false))
    }

    /// What stands before Redis.
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }
}
