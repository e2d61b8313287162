//! Format 4: CPU ids are indexed in canonical form. Devices that turn out to share one become conflicts for people; none is lost.
//! Resumes if interrupted.

use super::devices::{Contradiction, DEVICES_COUNTER, SEQUENCE_COUNTER, keep_conflict};
use super::now;
use crate::domain::device::{ConflictKind, canonical_cpuid};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::store::tables::{CONFLICTS_BY_PAIR, COUNTERS, DEVICES, DEVICES_BY_CPUID, TWINS};
use crate::store::{Store, Txn};

const ROWS_PER_VERB: usize = 200;

pub(super) fn to_format_4(store: &Store) -> Result<(), Refusal> {
    let now = now();
    // Sequence numbers were device counts: devices were never removed.
    store.write_blocking(|txn| {
        let number = txn.view().counter(DEVICES_COUNTER)?.max(txn.view().counter(SEQUENCE_COUNTER)?);
        Ok(txn.put(&COUNTERS, &SEQUENCE_COUNTER.to_owned(), &number)?)
    })?;
    let spelt_otherwise: Vec<String> = store.walk(|view| {
        let keys = view.scan(&DEVICES_BY_CPUID, &(), false).map(|row| row.map(|(cpuid, _)| cpuid));
        keys.filter(|key| key.as_ref().map_or(true, |cpuid| canonical_cpuid(cpuid) != *cpuid)).collect::<Result<_, _>>()
    })?;
    for cpuids in spelt_otherwise.chunks(ROWS_PER_VERB).map(<[_]>::to_vec) {
        store.write_blocking(move |txn| cpuids.iter().try_for_each(|cpuid| bring(txn, cpuid, now)))?;
    }
    let pairs: Vec<(String, String)> = store.walk(|view| {
        let keys = view.scan(&CONFLICTS_BY_PAIR, &(), false).map(|row| row.map(|(pair, _)| pair));
        keys.filter(|key| key.as_ref().map_or(true, |pair| canonical_cpuid(&pair.1) != pair.1)).collect::<Result<_, _>>()
    })?;
    for pairs in pairs.chunks(ROWS_PER_VERB).map(<[_]>::to_vec) {
        store.write_blocking(move |txn| {
            for pair in &pairs {
                let canonical = (pair.0.clone(), canonical_cpuid(&pair.1));
                if let Some(id) = txn.get(&CONFLICTS_BY_PAIR, pair)?
                    && !txn.has(&CONFLICTS_BY_PAIR, &canonical)?
                {
                    txn.put(&CONFLICTS_BY_PAIR, &canonical, &id)?;
                }
                txn.delete(&CONFLICTS_BY_PAIR, pair);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Moves an index row to canonical form. Of two that collide, the earlier device keeps it.
fn bring(txn: &mut Txn<'_>, cpuid: &String, now: Millis) -> Result<(), Refusal> {
    let (canonical, found) = (canonical_cpuid(cpuid), txn.get(&DEVICES_BY_CPUID, cpuid)?);
    txn.delete(&DEVICES_BY_CPUID, cpuid);
    let Some(device) = found.map(|sn| txn.get(&DEVICES, &sn)).transpose()?.flatten() else { return Ok(()) };
    let there = txn.get(&DEVICES_BY_CPUID, &canonical)?.map(|sn| txn.get(&DEVICES, &sn)).transpose()?.flatten();
    let Some(other) = there else { return Ok(txn.put(&DEVICES_BY_CPUID, &canonical, &device.sn)?) };
    let comes_first = (device.registered, device.sequence) < (other.registered, other.sequence);
    let (first, second) = if comes_first { (device, other) } else { (other, device) };
    txn.put(&DEVICES_BY_CPUID, &canonical, &first.sn)?;
    txn.put(&TWINS, &(canonical, second.sn.clone()), &())?;
    let twin = (second.sn, second.cpuid);
    let found = Contradiction {
        kind: ConflictKind::Twins,
        asked: twin.clone(),
        by_sn: Some(twin),
        by_cpuid: Some((first.sn, first.cpuid)),
    };
    Ok(keep_conflict(txn, ("", ""), now, found)?)
}
