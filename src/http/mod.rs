//! Speaks: HTTP, HTTPS and WebSocket, in the wire's own spellings. Parses, calls one verb, replies.

mod account;
mod answer;
mod backup;
mod body;
pub mod budget;
pub mod call;
mod clock;
mod csv;
mod devices;
mod faults;
mod fields;
mod imports;
mod invoice;
mod invoice_exports;
mod invoice_words;
mod invoices;
mod json_keys;
mod label;
mod label_looks;
mod labels;
pub mod listen;
mod log;
pub mod messages;
mod metrics;
pub mod notation;
mod openapi;
pub mod operations;
mod people;
mod production;
mod queue;
mod reply;
pub mod route;
mod sent_file;
mod session;
mod settings;
mod sheet;
pub mod socket;
mod table;
pub mod thumbs;
mod time;
pub mod tls;
mod trial;
#[cfg(test)]
pub mod typescript;
pub mod ui;
mod wire;
mod xlsx;

use crate::app::App;
use crate::hub::Hub;
use crate::trials::Trials;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::watch;

/// What every request can reach.
#[derive(Debug)]
pub struct Edge {
    pub app: Arc<App>,
    pub hub: Arc<Hub>,
    /// The newest list of devices without a label, as it is sent.
    pub unprinted: watch::Receiver<Bytes>,
    /// The newest claims of labels, as they are sent.
    pub claims: watch::Receiver<Bytes>,
    pub trials: Trials,
    pub router: call::Router,
    pub thumbs: thumbs::Thumbs,
    pub budgets: budget::Budgets,
    /// Where it listens for HTTPS, if it does.
    pub https_port: Option<u16>,
}
