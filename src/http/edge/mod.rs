//! What all routes share: listening, sessions, bodies, replies.

pub mod agent;
pub mod answer;
pub mod body;
pub mod budget;
pub mod call;
pub mod fields;
pub mod json_keys;
pub mod listen;
pub mod metrics;
pub mod reach;
pub mod reply;
pub mod sent_file;
pub mod session;
pub mod socket;
pub mod tls;
pub mod ui;
