//! Speaks: HTTP, HTTPS and WebSocket, in the wire's own spellings. Parses, calls one verb, replies.

pub mod edge;
pub mod invoice;
pub mod line;
pub mod office;
pub mod route;
pub mod tables;
pub mod wire;

use crate::app::App;
use crate::hub::Hub;
use crate::trials::Trials;
use bytes::Bytes;
use edge::budget::Budgets;
use edge::call::Router;
use invoice::thumbs::Thumbs;
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
    pub router: Router,
    pub thumbs: Thumbs,
    pub budgets: Budgets,
    /// Where it listens for HTTPS, if it does.
    pub https_port: Option<u16>,
}
