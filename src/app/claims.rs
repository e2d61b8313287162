//! Claims on labels about to be printed: two minutes, so that two operators with the same list don't print the same ones.

use super::clock::{moment, now};
use super::device_lists::find;
use super::{App, By, refusals};
use crate::domain::account::Credential;
use crate::domain::ids::Millis;
use crate::domain::lease::{Claim, Moment};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::CLAIMS;
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeMap;
use std::time::Duration;

pub const CLAIM: Duration = Duration::from_secs(120);
const CLAIMS_MAX: u64 = 20_000;
pub(super) const CLAIMS_COUNTER: &str = "claims";
/// Expired claims dropped per verb.
const DROPPED_AT_ONCE: usize = 500;

fn held(view: &View<'_>, sn: &String, now: Moment) -> Result<Option<Claim>, StoreError> {
    Ok(view.get(&CLAIMS, sn)?.filter(|claim| !claim.until.is_over(now)))
}

fn drop_claim(txn: &mut Txn<'_>, sn: &String) -> Result<(), StoreError> {
    txn.delete(&CLAIMS, sn);
    txn.add(CLAIMS_COUNTER, -1)?;
    txn.tell(News::Claims);
    Ok(())
}

/// Whoever is logged out prints nothing any more.
pub(super) fn release_all(txn: &mut Txn<'_>, owner: Credential) -> Result<(), StoreError> {
    let claims = txn.scan(&CLAIMS, &(), false).collect::<Result<Vec<_>, _>>()?;
    claims.iter().filter(|(_, claim)| claim.owner == owner).try_for_each(|(sn, _)| drop_claim(txn, sn))
}

/// A device that is gone has no label to print.
pub(super) fn forget(txn: &mut Txn<'_>, sn: &String) -> Result<(), StoreError> {
    if txn.has(&CLAIMS, sn)? { drop_claim(txn, sn) } else { Ok(()) }
}

/// Releases those of `sns` that `owner` holds.
pub(super) fn release(txn: &mut Txn<'_>, owner: Credential, sns: &[String]) -> Result<(), StoreError> {
    for sn in sns {
        if txn.get(&CLAIMS, sn)?.is_some_and(|claim| claim.owner == owner) {
            drop_claim(txn, sn)?;
        }
    }
    Ok(())
}

/// Those of `sns` that somebody else holds now.
pub(super) fn of_others<'s>(
    txn: &Txn<'_>,
    owner: Credential,
    sns: impl Iterator<Item = &'s String>,
) -> Result<Vec<(String, Claim)>, StoreError> {
    let now = moment();
    let mut others = Vec::new();
    for sn in sns {
        others.extend(held(&txn.view(), sn, now)?.filter(|claim| claim.owner != owner).map(|claim| (sn.clone(), claim)));
    }
    Ok(others)
}

/// Valid now.
pub fn all(view: &View<'_>) -> Result<BTreeMap<String, Claim>, StoreError> {
    let now = moment();
    view.scan(&CLAIMS, &(), false).filter(|row| !row.as_ref().is_ok_and(|(_, claim)| claim.until.is_over(now))).collect()
}

/// When it ends, by the wall clock.
pub fn ends(claim: &Claim) -> Millis {
    now() + Millis::try_from(claim.until.left(moment()).as_millis()).unwrap_or(0)
}

/// Claims a label for the asker, or returns the claim of somebody else.
fn take(txn: &mut Txn<'_>, by: &By, sn: &String, now: Moment) -> Result<Option<Claim>, StoreError> {
    let owner = by.actor.credential;
    let before = txn.get(&CLAIMS, sn)?;
    if let Some(claim) = before.as_ref().filter(|claim| claim.owner != owner && !claim.until.is_over(now)) {
        return Ok(Some(claim.clone()));
    }
    if before.is_none() {
        // More than any line prints in two minutes: simply not claimed.
        if txn.view().counter(CLAIMS_COUNTER)? >= CLAIMS_MAX {
            return Ok(None);
        }
        txn.add(CLAIMS_COUNTER, 1)?;
    }
    let claim = Claim { owner, user: by.actor.user, user_name: by.actor.user_name.clone(), until: now.after(CLAIM) };
    txn.put(&CLAIMS, sn, &claim)?;
    txn.tell(News::Claims);
    Ok(None)
}

impl App {
    /// Claims labels for one operator. Returns those that others hold, with their claims.
    pub async fn claim_labels(&self, by: By, sns: Vec<String>) -> Result<BTreeMap<String, Claim>, Refusal> {
        self.act(by, move |txn, by| {
            let now = moment();
            let mut others = BTreeMap::new();
            for sn in sns {
                if find(&txn.view(), &sn)?.is_none() {
                    return Err(refusals::no_such_device(&sn));
                }
                others.extend(take(txn, by, &sn, now)?.map(|claim| (sn, claim)));
            }
            Ok(others)
        })
        .await
    }

    pub async fn release_labels(&self, by: By, sns: Vec<String>) -> Result<(), Refusal> {
        self.act(by, move |txn, by| Ok(release(txn, by.actor.credential, &sns)?)).await
    }

    /// Drops expired claims; whether there were any.
    pub async fn drop_claims_over(&self) -> Result<bool, Refusal> {
        let over = self.store.walk(|view| {
            let now = moment();
            let rows = view.scan(&CLAIMS, &(), false).filter(|row| row.as_ref().is_ok_and(|(_, claim)| claim.until.is_over(now)));
            rows.map(|row| row.map(|(sn, _)| sn)).take(DROPPED_AT_ONCE).collect::<Result<Vec<_>, _>>()
        })?;
        if over.is_empty() {
            return Ok(false);
        }
        self.store
            .write(move |txn| {
                let now = moment();
                for sn in &over {
                    if txn.get(&CLAIMS, sn)?.is_some_and(|claim| claim.until.is_over(now)) {
                        drop_claim(txn, sn)?;
                    }
                }
                Ok(true)
            })
            .await
    }
}
