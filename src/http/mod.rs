//! HTTP, HTTPS and WebSocket: parse, call one verb, reply.

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
use edge::reach::Reach;
use invoice::thumbs::Thumbs;
use std::sync::Arc;
use tokio::sync::watch;

#[derive(Debug)]
pub struct Edge {
    pub app: Arc<App>,
    pub hub: Arc<Hub>,
    /// The newest lists, encoded.
    pub unprinted: watch::Receiver<Bytes>,
    pub claims: watch::Receiver<Bytes>,
    pub printers: watch::Receiver<Bytes>,
    pub trials: Trials,
    pub router: Router,
    pub thumbs: Thumbs,
    pub budgets: Budgets,
    pub reach: Reach,
}
