//! How things are spelt on the wire, each said once: the routes' fields and answers, the messages of the sockets, times. Not here: what a route does.

pub mod messages;
pub mod notation;
pub mod openapi;
pub mod operations;
pub mod spelling;
pub mod time;
#[cfg(test)]
pub mod typescript;
