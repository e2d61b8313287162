//! Labels: every print is a fact that is kept; a print state follows from them. Also the claims by which two operators at one list don't
//! print the same label: short, in memory, and gone by themselves.

use super::device_lists::find;
use super::devices::{DEVICES_PER_VERB, UNPRINTED_COUNTER};
use super::history::{add_step, last_correction};
use super::imports::touch;
use super::{App, By, now};
use crate::domain::account::Credential;
use crate::domain::change::Change;
use crate::domain::device::{Device, Label, Print, StepKind, canonical_cpuid};
use crate::domain::ids::{Millis, UserId};
use crate::domain::refusal::Refusal;
use crate::store::tables::{DEVICES, DEVICES_UNPRINTED, PRINTS};
use crate::store::{StoreError, Txn, View};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a change of print states ended. Serials in the order asked for, each once.
#[derive(Clone, Debug, Default)]
pub struct Switched {
    pub done: Vec<String>,
    pub unknown: Vec<String>,
}

/// A label as people name it: by its serial and, where they say it, the CPU id that stands on it.
#[derive(Clone, Debug)]
pub struct Named {
    pub sn: String,
    pub cpuid: Option<String>,
}

/// Why an answer says nothing of the label that a device has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// No such device.
    Unknown,
    /// No label of what it is called now was sent.
    Changed,
    /// It was said already what came of it.
    Answered,
}

/// How answers were taken.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub done: Vec<String>,
    pub not: Vec<(String, NotTold)>,
}

/// Refuses labels that say another CPU id than their device has, all of them by name.
fn check_pairs<'l>(txn: &Txn<'_>, labels: impl Iterator<Item = &'l Named>) -> Result<(), Refusal> {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for Named { sn, cpuid } in labels {
        let (Some(said), Some(device)) = (cpuid, txn.get(&DEVICES, sn)?) else { continue };
        if canonical_cpuid(said) != canonical_cpuid(&device.cpuid) {
            zh.push(format!("{sn}（标签 {said}，现为 {}）", device.cpuid));
            en.push(format!("{sn} (label {said}, now {})", device.cpuid));
        }
    }
    if zh.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("CPUID：标签上的 CPUID 不是该设备现在的，什么都没有写入；请作废这些标签并重新打印：{}", zh.join("，")),
        format!(
            "CPUID: not what the device has now, nothing was written; throw these labels away and print them anew: {}",
            en.join(", ")
        ),
    ))
}

/// A device that was corrected, or set back by hand, has a `New` label again, and what was sent before is closed.
fn why_not(txn: &Txn<'_>, device: &Device, named: &Named) -> Result<Option<NotTold>, StoreError> {
    if device.label == Label::Sent || open_print(txn, device)?.is_some() {
        return Ok(None);
    }
    // Whoever reads out the present pair has its label before him, wherever it was printed; and one that never was called otherwise has
    // no other label.
    let has_seen = named.cpuid.as_ref() == Some(&device.cpuid);
    Ok(match device.label {
        Label::New if has_seen || (device.prints == 0 && last_correction(txn, &device.sn)?.is_none()) => None,
        Label::New => Some(NotTold::Changed),
        _ => Some(NotTold::Answered),
    })
}

fn once_each(sns: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    sns.into_iter().filter(|sn| seen.insert(sn.clone())).collect()
}

/// Refuses labels that somebody else is printing just now, all of them by name.
fn check_claims(claims: &Claims, by: &By, devices: &[Device]) -> Result<(), Refusal> {
    let held = claims.of_others(by.actor.credential, devices.iter().map(|device| &device.sn));
    let mut taken: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for (sn, claim) in &held {
        taken.entry((&claim.user_name, claim.user == by.actor.user)).or_default().push(sn);
    }
    if taken.is_empty() {
        return Ok(());
    }
    let who = |elsewhere: &str| {
        let each = taken.iter().map(|((name, himself), sns)| (name, if *himself { elsewhere } else { "" }, sns.join(", ")));
        each.map(|(name, where_else, sns)| format!("{name}{where_else}: {sns}")).collect::<Vec<_>>().join("; ")
    };
    Err(Refusal::conflict(
        format!("标签正在由他人打印，什么都没有写入：{}", who("（另一工位）")),
        format!("being printed by somebody else, nothing was written: {}", who(" (at another station)")),
    ))
}

/// The devices of which another number is counted now than somebody saw, each with its last label.
fn counted_on<'d>(
    txn: &Txn<'_>,
    devices: &'d [Device],
    seen: &HashMap<String, u64>,
    count: impl Fn(&Device) -> u32,
) -> Result<Vec<(&'d Device, Option<Print>)>, StoreError> {
    let other = devices.iter().filter(|device| seen.get(&device.sn).is_some_and(|seen| *seen != u64::from(count(device))));
    other.map(|device| Ok((device, last_print(&txn.view(), device)?))).collect()
}

/// Refuses labels that were sent since they were looked at, all of them by name.
fn check_sent(txn: &Txn<'_>, devices: &[Device], seen: &HashMap<String, u64>) -> Result<(), Refusal> {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (Device { sn, prints, .. }, last) in counted_on(txn, devices, seen, |device| device.prints)? {
        let (who_zh, who_en) = last.map_or_else(Default::default, |Print { user_name, outcome, .. }| {
            let open = outcome == Label::Sent;
            (
                format!("，最近由 {user_name}{}", if open { "，结果未确认" } else { "" }),
                format!(", last by {user_name}{}", if open { " and not answered yet" } else { "" }),
            )
        });
        zh.push(format!("{sn}（共送打 {prints} 次{who_zh}）"));
        en.push(format!("{sn} (sent {prints} times{who_en})"));
    }
    if zh.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("标签在此期间又送打过，什么都没有写入；请先确认上一次的任务是否还在打印机队列里：{}", zh.join("，")),
        format!(
            "sent meanwhile, nothing was written; see first whether that job is still in the printer's queue: {}",
            en.join(", ")
        ),
    ))
}

/// Refuses what was decided of labels of which more came out since, all of them by name.
fn check_printed(txn: &Txn<'_>, devices: &[Device], seen: &HashMap<String, u64>) -> Result<(), Refusal> {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (Device { sn, print_count, .. }, last) in counted_on(txn, devices, seen, |device| device.print_count)? {
        let who = last.filter(|print| print.outcome == Label::Printed);
        let who = who.map(|print| print.told.map_or(print.user_name, |(_, told)| told));
        let (who_zh, who_en) =
            who.map_or_else(Default::default, |who| (format!("，最近由 {who} 确认"), format!(", last said by {who}")));
        zh.push(format!("{sn}（现已打印 {print_count} 次{who_zh}）"));
        en.push(format!("{sn} (printed {print_count} times now{who_en})"));
    }
    if zh.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("标签在此期间又打印过，什么都没有写入；请看过现状后重新决定：{}", zh.join("，")),
        format!("printed meanwhile, nothing was written; look at it and decide anew: {}", en.join(", ")),
    ))
}

/// What a person asked for instead of a print state: it is not printed after all.
fn unprint(txn: &mut Txn<'_>, by: &By, device: Device, reason: &str) -> Result<(), Refusal> {
    if device.label == Label::New {
        return Ok(());
    }
    touch(txn, &device)?;
    add_step(txn, by, now(), &device.sn, StepKind::Unprinted, (String::new(), String::new()), reason)?;
    Ok(relabel(txn, device, Label::New)?)
}

/// Keeps a device with another label state, in the index that goes with it.
pub(super) fn relabel(txn: &mut Txn<'_>, mut device: Device, label: Label) -> Result<(), StoreError> {
    let (was_printed, arrival) = (device.is_printed(), (device.registered, device.sequence));
    device.label = label;
    match (was_printed, device.is_printed()) {
        (false, true) => {
            txn.delete(&DEVICES_UNPRINTED, &arrival);
            txn.add(UNPRINTED_COUNTER, -1)?;
            txn.emit(Change::Unprinted);
        }
        (true, false) => {
            txn.put(&DEVICES_UNPRINTED, &arrival, &device.sn)?;
            txn.add(UNPRINTED_COUNTER, 1)?;
            txn.emit(Change::Unprinted);
        }
        _ => {}
    }
    txn.put(&DEVICES, &device.sn, &device)
}

/// The label that was sent and of which nobody has said yet what came of it.
fn open_print(txn: &Txn<'_>, device: &Device) -> Result<Option<(u64, Print)>, StoreError> {
    let Some(last) = device.prints.checked_sub(1).map(u64::from) else { return Ok(None) };
    let print = txn.get(&PRINTS, &(device.sn.clone(), last))?;
    Ok(print.filter(|p| p.outcome == Label::Sent).map(|p| (last, p)))
}

fn add_print(txn: &mut Txn<'_>, by: &By, device: &mut Device, reason: &str, outcome: Label) -> Result<(), StoreError> {
    let print = Print {
        at: now(),
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        ip: by.ip.clone(),
        reason: reason.to_owned(),
        outcome,
        told: None,
    };
    txn.put(&PRINTS, &(device.sn.clone(), device.prints.into()), &print)?;
    device.prints += 1;
    Ok(())
}

/// Says what came of the label that was sent, if one was.
pub(super) fn close_print(txn: &mut Txn<'_>, by: &By, device: &Device, outcome: Label) -> Result<bool, StoreError> {
    let Some((number, print)) = open_print(txn, device)? else { return Ok(false) };
    let told = Some((now(), by.actor.user_name.clone()));
    txn.put(&PRINTS, &(device.sn.clone(), number), &Print { outcome, told, ..print })?;
    Ok(true)
}

/// What came of a label: of the one that was sent, or of one that was printed elsewhere.
fn outcome(txn: &mut Txn<'_>, by: &By, mut device: Device, label: Label) -> Result<(), Refusal> {
    touch(txn, &device)?;
    if !close_print(txn, by, &device, label)? {
        add_print(txn, by, &mut device, "", label)?;
    }
    if label == Label::Printed {
        device.print_count += 1;
        device.current_labels += 1;
    }
    // A reprint that failed leaves the label that was there before.
    let keeps_its_label = device.is_printed() && label != Label::Printed;
    Ok(relabel(txn, device, if keeps_its_label { Label::Printed } else { label })?)
}

/// A device's labels, the first one first.
pub fn prints(view: &View<'_>, sn: &str) -> Result<Vec<Print>, StoreError> {
    view.scan(&PRINTS, &sn.to_owned(), false).map(|row| row.map(|(_, print)| print)).collect()
}

fn last_print(view: &View<'_>, device: &Device) -> Result<Option<Print>, StoreError> {
    let last = device.prints.checked_sub(1).map(u64::from);
    Ok(last.map(|last| view.get(&PRINTS, &(device.sn.clone(), last))).transpose()?.flatten())
}

/// Whether its last label went out and nobody can say whether it came out: be it the second one of a device that has its label, or of one
/// that was set back meanwhile.
pub fn is_in_doubt(device: &Device, last: &Print) -> bool {
    last.outcome == Label::Sent || matches!(device.label, Label::Sent | Label::Unknown)
}

/// The last label of each device of which that is in doubt.
pub fn in_doubt(view: &View<'_>, devices: &[Device]) -> Result<HashMap<String, Print>, StoreError> {
    let mut found = HashMap::new();
    for device in devices {
        found.extend(last_print(view, device)?.filter(|print| is_in_doubt(device, print)).map(|print| (device.sn.clone(), print)));
    }
    Ok(found)
}

impl App {
    /// A serial twice in the list counts once. With `atomic`, an unknown one leaves all as they were.
    /// Without `unprinted`, they are printed now; with it, they are not after all, for that reason. `seen`: of how many labels that came
    /// out this was decided, by serial; where it is another number, all are left as they were.
    pub async fn switch_print_state(
        &self,
        by: By,
        sns: Vec<String>,
        unprinted: Option<String>,
        atomic: bool,
        seen: HashMap<String, u64>,
    ) -> Result<Switched, Refusal> {
        let sns = once_each(sns);
        // All or none has to be one verb, however long the list.
        let per_verb = if atomic || !seen.is_empty() { sns.len().max(1) } else { DEVICES_PER_VERB };
        let mut switched = Switched::default();
        for sns in sns.chunks(per_verb).map(<[_]>::to_vec) {
            let (by, unprinted, seen) = (by.clone(), unprinted.clone(), seen.clone());
            let verb = move |txn: &mut Txn<'_>, by: &By| {
                let mut part = Switched::default();
                let mut known = Vec::new();
                for sn in sns {
                    match txn.get(&DEVICES, &sn)? {
                        Some(device) => known.push(device),
                        None => part.unknown.push(sn),
                    }
                }
                if atomic && !part.unknown.is_empty() {
                    return Ok(part);
                }
                check_printed(txn, &known, &seen)?;
                for device in known {
                    part.done.push(device.sn.clone());
                    match &unprinted {
                        None => outcome(txn, by, device, Label::Printed)?,
                        Some(reason) => unprint(txn, by, device, reason)?,
                    }
                }
                Ok(part)
            };
            let part = self.act(by.clone(), verb).await?;
            switched.done.extend(part.done);
            switched.unknown.extend(part.unknown);
        }
        self.claims.release(by.actor.credential, &switched.done);
        Ok(switched)
    }

    /// Labels on their way to a printer. One that was printed before needs a `reason`; without it nothing is recorded. `seen`: how often
    /// each had been sent when this was decided.
    pub async fn labels_sent(&self, by: By, labels: Vec<Named>, reason: String, seen: HashMap<String, u64>) -> Result<(), Refusal> {
        let claims = self.claims.clone();
        self.act(by, move |txn, by| {
            check_pairs(txn, labels.iter())?;
            let mut devices = Vec::new();
            for sn in once_each(labels.into_iter().map(|label| label.sn).collect()) {
                let unknown = || Refusal::not_found(format!("没有这个设备：{sn}"), format!("no such device: {sn}"));
                devices.push(txn.get(&DEVICES, &sn)?.ok_or_else(unknown)?);
            }
            check_claims(&claims, by, &devices)?;
            check_sent(txn, &devices, &seen)?;
            let again: Vec<&str> = devices.iter().filter(|d| d.current_labels > 0).map(|d| d.sn.as_str()).collect();
            if !again.is_empty() && reason.trim().is_empty() {
                let list = again.join(", ");
                return Err(Refusal::conflict(
                    format!("reason：重打标签需要填写原因：{list}"),
                    format!("reason: a reprint needs one: {list}"),
                ));
            }
            for mut device in devices {
                touch(txn, &device)?;
                // Nobody said what became of the one before.
                close_print(txn, by, &device, Label::Unknown)?;
                add_print(txn, by, &mut device, reason.trim(), Label::Sent)?;
                let label = if device.is_printed() { Label::Printed } else { Label::Sent };
                relabel(txn, device, label)?;
            }
            Ok(())
        })
        .await
    }

    /// What came out of the printer. One verb, so that a pair that is wrong leaves all as they were.
    pub async fn labels_came_out(&self, by: By, outcomes: Vec<(Named, Label)>) -> Result<Told, Refusal> {
        let (owner, sns) = (by.actor.credential, outcomes.iter().map(|(label, _)| label.sn.clone()).collect::<Vec<_>>());
        let verb = move |txn: &mut Txn<'_>, by: &By| {
            check_pairs(txn, outcomes.iter().map(|(label, _)| label))?;
            let mut told = Told::default();
            for (named, label) in outcomes {
                let found = txn.get(&DEVICES, &named.sn)?;
                let why_not = match &found {
                    Some(device) => why_not(txn, device, &named)?,
                    None => Some(NotTold::Unknown),
                };
                match (found, why_not) {
                    (Some(device), None) => {
                        outcome(txn, by, device, label)?;
                        told.done.push(named.sn);
                    }
                    (_, why_not) => told.not.extend(why_not.map(|why| (named.sn, why))),
                }
            }
            Ok(told)
        };
        let told = self.act(by, verb).await?;
        self.claims.release(owner, &sns);
        Ok(told)
    }

    /// Takes labels for one operator for a while. Those that somebody else has are answered with his name.
    pub fn claim_labels(&self, by: &By, sns: &[String]) -> Result<BTreeMap<String, Claim>, Refusal> {
        for sn in sns {
            if self.store.read(|view| find(view, sn))?.is_none() {
                return Err(Refusal::not_found(format!("没有这个设备：{sn}"), format!("no such device: {sn}")));
            }
        }
        // Nothing is taken away from whoever asks while this looks.
        self.store.read(|view| Ok(self.claims.take(&by.now(view)?, sns, Instant::now())))
    }
}

/// A label is somebody's, until then. His by his session, not by his name: several stations may be logged in as one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    owner: Credential,
    pub user: UserId,
    pub user_name: String,
    /// By a clock that nobody sets: the wall clock may jump while a label is claimed.
    until: Instant,
}

impl Claim {
    /// When it ends, as the wall clock stands at `now`.
    pub fn until(&self, now: Millis) -> Millis {
        let left = self.until.saturating_duration_since(Instant::now());
        now + Millis::try_from(left.as_millis()).unwrap_or(0)
    }
}

pub const CLAIM: Duration = Duration::from_secs(120);
const CLAIMS_MAX: usize = 20_000;

#[derive(Debug)]
pub struct Claims {
    claimed: Mutex<HashMap<String, Claim>>,
    changed: tokio::sync::watch::Sender<()>,
}

impl Default for Claims {
    fn default() -> Self {
        Self { claimed: Mutex::default(), changed: tokio::sync::watch::Sender::new(()) }
    }
}

impl Claims {
    /// Those that are somebody else's; the rest is the asker's from now on.
    fn take(&self, by: &By, sns: &[String], now: Instant) -> BTreeMap<String, Claim> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.retain(|_, claim| claim.until > now);
        let mut others = BTreeMap::new();
        for sn in sns {
            match claimed.get(sn).filter(|claim| claim.owner != by.actor.credential) {
                Some(claim) => {
                    others.insert(sn.clone(), claim.clone());
                }
                None if claimed.len() < CLAIMS_MAX => {
                    let (user, user_name) = (by.actor.user, by.actor.user_name.clone());
                    let claim = Claim { owner: by.actor.credential, user, user_name, until: now + CLAIM };
                    claimed.insert(sn.clone(), claim);
                }
                // More than any line prints in two minutes: unclaimed, as if nobody were at the next screen.
                None => {}
            }
        }
        self.changed.send_replace(());
        others
    }

    pub fn release(&self, owner: Credential, sns: &[String]) {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        for sn in sns {
            if claimed.get(sn).is_some_and(|claim| claim.owner == owner) {
                claimed.remove(sn);
            }
        }
        self.changed.send_replace(());
    }

    /// Those of these that hold now and are somebody else's.
    fn of_others<'s>(&self, owner: Credential, sns: impl Iterator<Item = &'s String>) -> Vec<(String, Claim)> {
        let now = Instant::now();
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sns.filter_map(|sn| claimed.get(sn).map(|claim| (sn.clone(), claim.clone())));
        found.filter(|(_, claim)| claim.owner != owner && claim.until > now).collect()
    }

    /// Those that hold now.
    pub fn held(&self) -> BTreeMap<String, Claim> {
        let now = Instant::now();
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.iter().filter(|(_, claim)| claim.until > now).map(|(sn, claim)| (sn.clone(), claim.clone())).collect()
    }

    pub fn changed(&self) -> tokio::sync::watch::Receiver<()> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Actor, PermissionSet};
    use crate::domain::ids::{CompanyId, TokenId};

    fn by(number: u64) -> By {
        let actor = Actor {
            user: UserId(number),
            user_name: format!("user {number}"),
            company: CompanyId(1),
            company_name: "公司".into(),
            permissions: PermissionSet::default(),
            credential: Credential::Token(TokenId(number)),
        };
        By { actor, ip: "10.0.0.1".into(), needs: &[] }
    }

    #[test]
    fn a_claim_lasts_two_minutes_whatever_the_wall_clock_does() {
        let (claims, began, sns) = (Claims::default(), Instant::now(), ["18440001".to_owned()]);
        assert!(claims.take(&by(1), &sns, began).is_empty());
        assert_eq!(claims.take(&by(2), &sns, began + CLAIM - Duration::from_secs(1)).len(), 1);
        let claim = claims.held()["18440001"].clone();
        // It ends so long from now, by whatever the wall clock says, be it two days ago.
        for now in [1_764_000_000_000, 1_764_000_000_000 - 172_800_000] {
            assert!((1..=120_000).contains(&(claim.until(now) - now)));
        }
        assert!(claims.take(&by(2), &sns, began + CLAIM).is_empty(), "it is over");
    }
}
