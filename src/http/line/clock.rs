//! The box's clock, for whoever sets it.

use crate::app::{BUILT, devices, now};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::time;
use serde_json::json;

pub async fn clock(call: Call) -> Result<Reply, Refusal> {
    let (settings, now) = (call.edge.app.settings(), now());
    let zone = settings.zone();
    let (newest, allotment) = call.edge.app.store.read(|view| {
        let newest = devices::newest(view)?;
        Ok::<_, Refusal>((newest, devices::allotment(view, &settings, now)))
    })?;
    let here = jiff::Timestamp::from_millisecond(now).map_err(|_| Refusal::internal())?.to_zoned(zone.clone());
    let refused = |refusal: Refusal| json!({ "err": call.language.pick(&refusal.zh, &refusal.en), "code": refusal.code.word() });
    Ok(reply::json(&json!({
        "now": time::write(now, &zone),
        "timezone": time::zone_name(&zone),
        "timezone_set": settings.timezone.is_some(),
        "utc_offset": here.strftime("%:z").to_string(),
        "newest_record": newest.map(|(at, _)| time::write(at, &zone)),
        "built": time::write(BUILT, &zone),
        "device_sn_pattern": settings.device_sn_pattern,
        "allotment": allotment.err().map(refused),
    })))
}
