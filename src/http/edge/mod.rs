//! The edge itself: listens, finds out who asks, reads what comes in and answers it, whatever the route.

pub mod answer;
pub mod body;
pub mod budget;
pub mod call;
pub mod fields;
pub mod json_keys;
pub mod listen;
pub mod metrics;
pub mod reply;
pub mod sent_file;
pub mod session;
pub mod socket;
pub mod tls;
pub mod ui;
