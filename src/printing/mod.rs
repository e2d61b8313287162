//! Prints labels: one task a printer, which alone talks to it. Not here: what is to be printed (app/print_jobs.rs), how a label looks
//! (labels/).

mod feeder;
mod line;
mod status;

use crate::app::{App, printers};
use feeder::Feeder;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Look at the list of printers even if nothing happens: a task may have died.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A label at a printer may come out before the box stops.
const STOP_MAX: Duration = Duration::from_secs(5);

/// Runs until `stop` turns true.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut changes = app.printers.changes();
    let mut tasks: BTreeMap<u64, JoinHandle<()>> = BTreeMap::new();
    loop {
        changes.mark_unchanged();
        tasks.retain(|_, task| !task.is_finished());
        match app.store.read(printers::all) {
            Ok(printers) => {
                for (id, _) in printers {
                    tasks.entry(id).or_insert_with(|| tokio::spawn(Feeder::new(app.clone(), id, stop.clone()).run()));
                }
            }
            Err(e) => tracing::error!("the printers can't be read: {e}"),
        }
        tokio::select! {
            _ = async { stop.wait_for(|stop| *stop).await.is_ok() } => break,
            _ = changes.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    let ends = async {
        for task in tasks.values_mut() {
            let _ = task.await;
        }
    };
    let _ = timeout(STOP_MAX, ends).await;
}
