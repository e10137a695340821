//! The live WebSocket: a hub that knows the latest state of every watched election, a session for
//! each socket, and the words they exchange.

pub mod hub;
pub mod protocol;
pub mod session;
