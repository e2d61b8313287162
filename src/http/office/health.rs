//! How the box is, for its administrator. Not here: metrics for machines (edge/metrics.rs).

use crate::app::health::{Disk, Health};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::time;
use serde_json::json;

fn disk_state(disk: &Disk) -> &'static str {
    match disk.room() {
        Err(_) => "full",
        Ok(()) if disk.is_nearly_full() => "low",
        Ok(()) => "good",
    }
}

fn engine_state(engines: &[bool]) -> &'static str {
    match engines {
        [] => "unasked",
        all if all.iter().all(|is_there| *is_there) => "there",
        _ => "away",
    }
}

pub async fn health(call: Call) -> Result<Reply, Refusal> {
    let app = call.edge.app.clone();
    let looked = tokio::task::spawn_blocking(move || app.health()).await;
    let Health { disk, engines, has_nightly_backups, last_backup, backup_trouble } = looked.map_err(|_| Refusal::internal())?;
    let zone = call.edge.app.settings().zone();
    Ok(reply::json(&json!({
        "disk": disk.map(|disk| json!({ "free_bytes": disk.0.free, "total_bytes": disk.0.total, "state": disk_state(&disk) })),
        "engine": engine_state(&engines),
        "backup": {
            "nightly": has_nightly_backups,
            "last": last_backup.map(|at| time::write(at, &zone)),
            "trouble": backup_trouble,
        },
    })))
}
