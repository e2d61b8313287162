//! How the wire spells things: shapes, messages, times. Not here: what a route does.

pub mod messages;
pub mod notation;
pub mod openapi;
pub mod operations;
pub mod schemas;
pub mod spelling;
pub mod time;
pub mod told;
#[cfg(test)]
pub mod typescript;
