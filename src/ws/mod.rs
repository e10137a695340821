//! The live WebSocket: a hub that knows the latest state of whatever is watched, a session for each
//! socket, and the words they exchange.

mod feed;
pub mod frames;
pub mod handshake;
pub mod hub;
pub mod protocol;
pub mod session;
mod state;
