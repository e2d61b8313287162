//! The dispatch loop: has engines do what is next and keeps the results. Not here: what is next (domain/dispatch.rs), what makes a
//! fault (domain/checks.rs).

mod asking;
mod attempt;
mod cuts;
mod document;
pub mod driver;
mod lanes;

use crate::app::{App, now};
use crate::engine::worker::MakeEngine;
use crate::hub::Hub;
use driver::{Driver, Happened};
use lanes::Engines;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Look at the queues even if nothing happens.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Runs until `stop` turns true, then puts back what is running.
pub async fn run(app: Arc<App>, hub: Arc<Hub>, make: Vec<MakeEngine>, mut stop: watch::Receiver<bool>) {
    let mut driver = Driver::new(app.clone(), make.len());
    let mut lanes = Engines::new(app, hub.clone(), make);
    let mut happened = Happened::Looked;
    loop {
        let wake_at = driver.happened(happened, &mut lanes, now()).await;
        let sleep = wake_at.map_or(LOOK_EVERY, |at| Duration::from_millis((at - now()).max(1).unsigned_abs()));
        happened = tokio::select! {
            _ = async { stop.wait_for(|stop| *stop).await.is_ok() } => break,
            happened = lanes.next() => happened,
            () = hub.queues_changed() => Happened::Looked,
            () = tokio::time::sleep(sleep) => Happened::Looked,
        };
    }
    lanes.stop().await;
    driver.stop().await;
}
