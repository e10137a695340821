//! Threads of the watchers' own. On those of the votes, a vote's answer would lie unread behind
//! thousands of frames, and its latency would be that of the load tester.

use std::io;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

static THREADS: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().thread_name("watchers").enable_all().build());

/// The threads, which are started when they are first asked for.
///
/// # Errors
/// When the system gives no more threads.
pub fn threads() -> Result<&'static Runtime> {
    THREADS.as_ref().map_err(|error| anyhow!("can't start threads for the watchers: {error}"))
}

/// Lets these threads hear of what comes over a stream that others have opened.
///
/// # Errors
/// As [`threads`], and when the system can't watch the stream.
pub fn adopt(stream: TcpStream) -> Result<TcpStream> {
    let _entered = threads()?.enter();
    Ok(TcpStream::from_std(stream.into_std()?)?)
}
