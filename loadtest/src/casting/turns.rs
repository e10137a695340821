use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::Semaphore;

/// Turns that are due within this time begin together, so that fewer threads are woken.
const TICK: Duration = Duration::from_micros(250);
/// How soon a plan is left that has been stopped.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// One of many things to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Its place, from 0.
    pub(crate) number: usize,
    /// From when on its latency counts, whenever it really begins.
    pub(crate) due: Instant,
}

/// Hands out turns, in their order, to those who have time for one.
#[derive(Debug)]
pub(crate) struct Turns {
    count: usize,
    next: AtomicUsize,
    start: Instant,
    plan: Option<Arc<[Duration]>>,
    /// As many permits as turns are due and not begun; closed behind the last.
    gate: Arc<Semaphore>,
    stopped: AtomicBool,
}

impl Turns {
    /// So many turns, each due when somebody has time for it.
    pub(crate) fn unplanned(count: usize) -> Self {
        let turns = Self::new(count, None);
        turns.gate.add_permits(count);
        turns
    }

    /// A turn at each of these times from now, which ascend.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn planned(plan: Vec<Duration>) -> io::Result<Self> {
        let plan: Arc<[Duration]> = plan.into();
        let turns = Self::new(plan.len(), Some(Arc::clone(&plan)));
        let (gate, start) = (Arc::clone(&turns.gate), turns.start);
        // A thread of its own, since the timers of the runtime are a millisecond late or two,
        // which would pass for latency of the service.
        thread::Builder::new().name("clock".into()).spawn(move || follow(&plan, start, &gate))?;
        Ok(turns)
    }

    fn new(count: usize, plan: Option<Arc<[Duration]>>) -> Self {
        let gate = Semaphore::new(0);
        if count == 0 {
            gate.close();
        }
        Self {
            count,
            next: AtomicUsize::new(0),
            start: Instant::now(),
            plan,
            gate: Arc::new(gate),
            stopped: AtomicBool::new(false),
        }
    }

    /// The next turn, when it is due; `None` when there are no more.
    pub(crate) async fn next(&self) -> Option<Turn> {
        self.gate.acquire().await.ok()?.forget();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number + 1 == self.count {
            self.gate.close();
        }
        let due = match &self.plan {
            Some(plan) => self.start + *plan.get(number)?,
            None => Instant::now(),
        };
        Some(Turn { number, due })
    }

    /// No further turn begins.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.gate.close();
    }

    /// Whether it was stopped, not whether all turns have begun.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// When the first turn could begin.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.gate.close();
    }
}

/// Lets each turn begin at its time.
#[expect(clippy::disallowed_methods, reason = "this thread is for sleeping and runs no task")]
fn follow(plan: &[Duration], start: Instant, gate: &Semaphore) {
    let mut rest = plan;
    while let Some(next) = rest.first()
        && !gate.is_closed()
    {
        let wait = next.saturating_sub(start.elapsed());
        thread::sleep(wait.clamp(TICK, LONGEST_SLEEP));
        let now = start.elapsed();
        let due = rest.iter().take_while(|at| **at <= now).count();
        gate.add_permits(due);
        rest = &rest[due..];
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn numbers(turns: &Turns) -> Vec<usize> {
        let mut numbers = Vec::new();
        while let Some(turn) = turns.next().await {
            numbers.push(turn.number);
        }
        numbers
    }

    #[tokio::test]
    async fn each_turn_is_handed_out_once_and_then_there_are_no_more() {
        assert_eq!(numbers(&Turns::unplanned(3)).await, [0, 1, 2]);
        assert_eq!(numbers(&Turns::unplanned(0)).await, [0; 0]);
        assert_eq!(numbers(&Turns::planned(vec![Duration::ZERO; 2]).unwrap()).await, [0, 1]);
        assert_eq!(numbers(&Turns::planned(Vec::new()).unwrap()).await, [0; 0]);
    }

    #[tokio::test]
    async fn a_planned_turn_begins_at_its_time_and_never_before() {
        let plan: Vec<Duration> = (0..20).map(|n| Duration::from_micros(n * 700)).collect();
        let turns = Turns::planned(plan.clone()).unwrap();
        for at in plan {
            let turn = turns.next().await.unwrap();
            assert_eq!(turn.due, turns.start() + at);
            assert!(Instant::now() >= turn.due);
        }
    }

    #[tokio::test]
    async fn a_turn_that_nobody_had_time_for_was_due_all_the_same() {
        let turns = Turns::planned(vec![Duration::ZERO, Duration::from_millis(1)]).unwrap();
        let late = Duration::from_millis(20);
        tokio::time::sleep(late).await;
        let waits = [turns.next().await, turns.next().await].map(|turn| turn.unwrap().due.elapsed());
        assert!(waits[0] >= late && waits[1] >= late - Duration::from_millis(1), "{waits:?}");
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait_for_a_turn() {
        let turns = Turns::planned(vec![Duration::from_secs(3_600)]).unwrap();
        let (turn, ()) = tokio::join!(turns.next(), async { turns.stop() });
        assert!(turn.is_none() && turns.has_stopped());
    }
}
