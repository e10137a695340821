//! What a service needs runs out, and comes back: disk, connections, files, memory, and the time of
//! day. Voters are told so within a second, the service lives on, and nobody has to start it again.

use std::time::Duration;

use crate::proof::crowd::Manners;

mod clock;
mod descriptors;
mod disk;
mod figures;
mod flood;
mod locked;
mod preload;
mod slow_sync;
mod watch;

/// A small crowd: what is looked at is the fault, not the load.
const FEW: Manners = Manners { in_flight: 6, pause: Duration::from_millis(60) };
/// How soon votes are acknowledged again when what had run out is there again.
const RECOVERY: Duration = Duration::from_secs(5);
