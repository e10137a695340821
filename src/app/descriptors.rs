//! How many files and sockets the process may have open, and so how many clients it takes.

use std::io;

/// Connections of clients that are served at once, where the system allows as many.
const MOST_CONNECTIONS: u64 = 40_000;
/// Kept from clients, for PostgreSQL, Redis, mail, photos, uploads and logs: without them nobody
/// could be served, however many are connected.
const RESERVE: u64 = 256;

/// Raises the limit of open files as far as the system lets us, and answers how many clients fit.
/// Whoever comes when all places are taken waits in the listener's backlog.
///
/// # Errors
/// When the system does not tell the limit.
pub(super) fn places_for_clients() -> io::Result<usize> {
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    let places = places(limit);
    if places < MOST_CONNECTIONS {
        tracing::info!(limit, places, "the limit of open files bounds how many clients are served at once");
    }
    Ok(usize::try_from(places).unwrap_or(usize::MAX))
}

fn places(limit: u64) -> u64 {
    limit.saturating_sub(RESERVE.min(limit / 2)).clamp(2, MOST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_never_take_what_the_service_itself_needs() {
        for (limit, expected) in [(1_000_000, 40_000), (1_024, 768), (300, 150), (1, 2)] {
            assert_eq!(places(limit), expected, "{limit}");
        }
    }
}
