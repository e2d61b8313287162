//! Label looks, kept by the box, not the browser; there is always at least one. Not here: valid looks (domain/label_look.rs).

use super::{App, By, batches, companies, log, now, refusals};
use crate::domain::device::Device;
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::{Millis, local_time};
use crate::domain::label_look::LabelLook;
use crate::domain::refusal::Refusal;
use crate::labels::{self, Values};
use crate::store::tables::{LABEL_LOOKS, LOGO, PRINTERS};
use crate::store::{StoreError, Txn, View};
use jiff::tz::TimeZone;

const LOOKS_MAX: usize = 200;
const FIRST: u64 = 1;
const COUNTER: &str = "label looks";

/// By number. The first look is stored with the first write; until then it is only listed.
pub fn looks(view: &View<'_>) -> Result<Vec<(u64, LabelLook)>, StoreError> {
    let mut looks: Vec<(u64, LabelLook)> = view.scan(&LABEL_LOOKS, &(), false).collect::<Result<_, _>>()?;
    if looks.is_empty() {
        looks.push((FIRST, LabelLook::first()));
    }
    Ok(looks)
}

/// What can't be read back isn't kept. Not in a verb: others would wait for it.
async fn check(look: LabelLook, values: Values) -> Result<(), Refusal> {
    tokio::task::spawn_blocking(move || labels::check(&look, &values)).await.map_err(|_| Refusal::internal())?
}

/// It may have been deleted since the look was checked.
fn check_logo(txn: &Txn<'_>, look: &LabelLook) -> Result<(), Refusal> {
    if look.shows_the_logo() && !txn.has(&LOGO, &())? { Err(refusals::no_logo()) } else { Ok(()) }
}

/// Whether both come out the same.
fn is_drawn_alike(a: &LabelLook, b: &LabelLook) -> bool {
    (a.width, a.height, a.rotate, &a.elements) == (b.width, b.height, b.rotate, &b.elements)
}

fn make_the_first(txn: &mut Txn<'_>) -> Result<(), StoreError> {
    if txn.view().counter(COUNTER)? == 0 {
        let id = txn.next(COUNTER)?;
        txn.put(&LABEL_LOOKS, &id, &LabelLook::first())?;
    }
    Ok(())
}

fn known(txn: &Txn<'_>, id: u64) -> Result<LabelLook, Refusal> {
    txn.get(&LABEL_LOOKS, &id)?.ok_or_else(refusals::no_such_label)
}

/// Names are unique.
fn check_name(txn: &Txn<'_>, id: u64, name: &str) -> Result<(), Refusal> {
    for (other, look) in looks(&txn.view())? {
        if other != id && look.name == name {
            return Err(refusals::label_name_is_taken(name));
        }
    }
    Ok(())
}

impl App {
    pub fn label_look(&self, id: u64) -> Result<LabelLook, Refusal> {
        let looks = self.store.read(looks)?;
        looks.into_iter().find(|(number, _)| *number == id).map(|(_, look)| look).ok_or_else(refusals::no_such_label)
    }

    pub async fn add_label_look(&self, by: By, look: LabelLook) -> Result<(u64, LabelLook), Refusal> {
        look.check()?;
        check(look.clone(), self.store.read(|view| sample(view, &look))?).await?;
        self.act(by, move |txn, by| {
            check_logo(txn, &look)?;
            make_the_first(txn)?;
            let id = txn.next(COUNTER)?;
            check_name(txn, id, &look.name)?;
            if looks(&txn.view())?.len() >= LOOKS_MAX {
                return Err(refusals::too_many_labels());
            }
            log(txn, now(), by, None, Fact::Done(Deed::LabelLookAdded, look.name.clone()))?;
            txn.put(&LABEL_LOOKS, &id, &look)?;
            Ok((id, look))
        })
        .await
    }

    /// `change` gets the current look. What is drawn as before is not looked at again: looks of older releases can be renamed.
    pub async fn change_label_look(
        &self,
        by: By,
        id: u64,
        change: impl Fn(&mut LabelLook) + Send + 'static,
    ) -> Result<LabelLook, Refusal> {
        let seen = self.label_look(id)?;
        let mut checked = seen.clone();
        change(&mut checked);
        checked.check()?;
        if !is_drawn_alike(&seen, &checked) {
            check(checked.clone(), self.store.read(|view| sample(view, &checked))?).await?;
        }
        self.act(by, move |txn, by| {
            make_the_first(txn)?;
            let before = known(txn, id)?;
            let mut look = before.clone();
            change(&mut look);
            look.check()?;
            if !is_drawn_alike(&look, &checked) {
                return Err(refusals::label_was_changed());
            }
            check_name(txn, id, &look.name)?;
            check_logo(txn, &look)?;
            let (name, changes) = (look.name.clone(), before.changes(&look));
            log(txn, now(), by, None, Fact::LabelLookRedrawn { name, changes })?;
            txn.put(&LABEL_LOOKS, &id, &look)?;
            Ok(look)
        })
        .await
    }

    pub async fn delete_label_look(&self, by: By, id: u64) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            make_the_first(txn)?;
            let look = known(txn, id)?;
            if looks(&txn.view())?.len() == 1 {
                return Err(refusals::last_label_stays());
            }
            let users = printers_with(&txn.view(), id)?;
            if !users.is_empty() {
                return Err(refusals::label_is_a_printers(&look.name, &users));
            }
            txn.delete(&LABEL_LOOKS, &id);
            Ok(log(txn, now(), by, None, Fact::Done(Deed::LabelLookDeleted, look.name))?)
        })
        .await
    }
}

/// Names of the printers whose label it is.
fn printers_with(view: &View<'_>, look: u64) -> Result<Vec<String>, StoreError> {
    let printers = view.scan(&PRINTERS, &(), false).collect::<Result<Vec<_>, _>>()?;
    Ok(printers.into_iter().filter(|(_, printer)| printer.look == look).map(|(_, printer)| printer.name).collect())
}

fn date(at: Millis, zone: &TimeZone) -> String {
    local_time(at, zone).split(' ').next().unwrap_or_default().to_owned()
}

/// What the look shows on every label, whosever it is. The company is the one that the box began with, or the eldest that is left.
fn of_the_box(view: &View<'_>, look: &LabelLook) -> Result<Values, StoreError> {
    let company = if look.shows_the_company() { companies::all(view)?.into_iter().next() } else { None };
    let logo = if look.shows_the_logo() { view.get(&LOGO, &())? } else { None };
    Ok(Values { company: company.map_or_else(String::new, |company| company.name), logo, ..Values::default() })
}

/// On the label of a device like most.
pub fn sample(view: &View<'_>, look: &LabelLook) -> Result<Values, StoreError> {
    let Values { company, logo, .. } = of_the_box(view, look)?;
    Ok(Values { company, logo, ..Values::sample() })
}

/// What stands on the device's label: the same in previews and on paper.
pub fn values(view: &View<'_>, look: &LabelLook, device: &Device, zone: &TimeZone) -> Result<Values, StoreError> {
    let (sn, cpuid) = (device.sn.clone(), device.cpuid.clone());
    let batch = batches::name_of(view, &device.sn)?;
    Ok(Values { sn, cpuid, date: date(device.registered, zone), batch, ..of_the_box(view, look)? })
}

/// On a label of no device, to try a printer: the date is today's.
pub fn values_of_none(view: &View<'_>, look: &LabelLook, (sn, cpuid): (&str, &str), zone: &TimeZone) -> Result<Values, StoreError> {
    Ok(Values { sn: sn.to_owned(), cpuid: cpuid.to_owned(), date: date(now(), zone), ..of_the_box(view, look)? })
}
