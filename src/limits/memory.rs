//! Sliding windows in this process.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lru::LruCache;

use super::{Exceeded, Limit, Quota, Subject};
use crate::config::LIMITS;

/// Subjects remembered of each limit; beyond that, those are forgotten who have not come for longest.
const MOST_SUBJECTS: usize = 20_000;

/// When each subject was admitted, oldest first.
type Logs = LruCache<Subject, VecDeque<Instant>>;

/// Counts in this process.
pub struct Memory(Vec<Mutex<Logs>>);

impl Default for Memory {
    fn default() -> Self {
        Self(LIMITS.iter().map(|_| Mutex::new(Logs::unbounded())).collect())
    }
}

impl Memory {
    /// Counts one more, unless the limit is used up.
    ///
    /// # Errors
    /// [`Exceeded`]; then nothing was counted.
    pub fn take(&self, limit: Limit, subject: Subject, quota: Quota) -> Result<(), Exceeded> {
        let now = Instant::now();
        let mut logs = self.logs(limit);
        let log = logs.get_or_insert_mut(subject, VecDeque::new);
        judge(log, quota, now)?;
        log.push_back(now);
        while log.len() > quota.count {
            log.pop_front();
        }
        forget(&mut logs, quota, now);
        Ok(())
    }

    /// Whether the limit is used up.
    ///
    /// # Errors
    /// [`Exceeded`] when it is.
    pub fn look(&self, limit: Limit, subject: &Subject, quota: Quota) -> Result<(), Exceeded> {
        match self.logs(limit).peek(subject) {
            Some(log) => judge(log, quota, Instant::now()),
            None => Ok(()),
        }
    }

    fn logs(&self, limit: Limit) -> MutexGuard<'_, Logs> {
        self.0[limit as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another is allowed once the one that is `count` back has left the window.
fn judge(log: &VecDeque<Instant>, quota: Quota, now: Instant) -> Result<(), Exceeded> {
    let back = log.len().checked_sub(quota.count).and_then(|place| log.get(place));
    match back.map(|admitted| (*admitted + quota.window).saturating_duration_since(now)) {
        Some(after) if !after.is_zero() => Err(Exceeded { after }),
        _ => Ok(()),
    }
}

/// Forgets who has not come for a whole window, and whoever there is no room for.
fn forget(logs: &mut Logs, quota: Quota, now: Instant) {
    let is_over = |log: &VecDeque<Instant>| log.back().is_none_or(|last| *last + quota.window <= now);
    while logs.len() > MOST_SUBJECTS || logs.peek_lru().is_some_and(|(_, log)| is_over(log)) {
        logs.pop_lru();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMIT: Limit = Limit::SignUp;

    fn subject(number: usize) -> Subject {
        let mut subject = [0; 32];
        subject[..8].copy_from_slice(&number.to_le_bytes());
        subject
    }

    #[test]
    fn there_is_room_for_so_many_and_the_latest_are_kept() {
        let (memory, quota) = (Memory::default(), Quota { count: 1, window: Duration::from_secs(3_600) });
        for number in 0..MOST_SUBJECTS + 10 {
            assert!(memory.take(LIMIT, subject(number), quota).is_ok());
        }
        assert_eq!(memory.logs(LIMIT).len(), MOST_SUBJECTS);
        assert!(memory.look(LIMIT, &subject(9), quota).is_ok());
        assert!(memory.look(LIMIT, &subject(10), quota).is_err());
    }

    #[test]
    fn who_has_not_come_for_a_window_is_forgotten() {
        let (memory, quota) = (Memory::default(), Quota { count: 1, window: Duration::from_millis(1) });
        assert!(memory.take(LIMIT, subject(1), quota).is_ok());
        while memory.look(LIMIT, &subject(1), quota).is_err() {}
        assert!(memory.take(LIMIT, subject(2), quota).is_ok());
        assert_eq!(memory.logs(LIMIT).len(), 1);
    }
}
