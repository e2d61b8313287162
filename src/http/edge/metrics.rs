//! Prometheus metrics: no names, no serials.

use super::call::Call;
use super::reply::{self, Reply};
use crate::app::{device_lists, faults, now, queues};
use crate::domain::account::Permission;
use crate::domain::refusal::Refusal;
use crate::os;
use hyper::StatusCode;
use std::fmt::Write;

/// Open on the box, and to administrators.
pub async fn metrics(call: Call) -> Result<Reply, Refusal> {
    if !call.origin.is_loopback {
        let actor = super::session::actor(&call.edge.app, &call.headers, &call.origin)?.ok_or_else(Refusal::unauthenticated)?;
        if !actor.may(Permission::SystemRw) {
            return Err(Refusal::no_permission());
        }
    }
    let read = call.edge.app.look(|view| {
        Ok([
            ("devices", "Devices registered.", device_lists::number(view)?),
            ("devices_unprinted", "Devices without a label.", device_lists::unprinted_number(view)?),
            ("manage_wait", "Template actions that wait.", queues::sizes(view)?.manage),
            ("recognize_wait", "Recognitions that wait.", queues::sizes(view)?.recognise),
            ("running", "Actions that an engine works on.", queues::running(view)?.len() as u64),
            ("paused", "1 while the queues are paused.", u64::from(queues::is_paused(view)?)),
            ("oldest_wait_seconds", "Age of the action that is next.", oldest_wait_s(queues::oldest(view)?)),
            ("faults", "Invoices that wait for a person.", faults::number(view, None)?),
        ])
    });
    let mut text = String::new();
    let watchers = ("watchers", "Open WebSockets.", call.edge.hub.watchers() as u64);
    let memory = ("memory_bytes", "Resident memory.", os::resident_bytes(std::process::id()));
    for (name, help, value) in read.await?.into_iter().chain([watchers, memory]) {
        // Writing to a String can't fail.
        let _ = write!(text, "# HELP paperline_{name} {help}\n# TYPE paperline_{name} gauge\npaperline_{name} {value}\n");
    }
    Ok(reply::new(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", reply::full(text)))
}

fn oldest_wait_s(queued: Option<i64>) -> u64 {
    queued.map_or(0, |queued| u64::try_from((now() - queued) / 1000).unwrap_or(0))
}
