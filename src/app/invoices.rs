//! Stored invoices with their identity index and totals. Not here: lists (invoice_lists.rs), faults (faults.rs), people's input
//! (entries.rs, decisions.rs).

use super::{kin, refusals};
use crate::domain::account::Actor;
use crate::domain::ids::{CompanyId, InvoiceId, TemplateId};
use crate::domain::invoice::{Candidate, Correction, Invoice};
use crate::domain::paper::Item;
use crate::domain::refusal::Refusal;
use crate::domain::template::{Learnt, Template};
use crate::domain::totals::{Class, Totals};
use crate::store::tables::{CANDIDATES, CORRECTIONS, INVOICES, INVOICES_BY_COMPANY, ITEMS, TEMPLATES, TOTALS};
use crate::store::{StoreError, Txn, View};

/// The totals' row for all companies.
pub(super) const EVERYBODY: CompanyId = CompanyId(0);

pub fn get(view: &View<'_>, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
    view.get(&INVOICES, &id)
}

/// Stores it and updates version, indexes and totals.
pub(super) fn put(txn: &mut Txn<'_>, before: Option<&Invoice>, invoice: &mut Invoice) -> Result<(), StoreError> {
    // Decisions don't apply to another number or picture; voiding changes neither.
    if before.is_some_and(|before| before.known_as() != invoice.known_as()) {
        invoice.decisions.clear();
    }
    let next = kin::next_after(&txn.view(), before, invoice)?;
    for other in before.into_iter().chain(&next) {
        count(txn, other, Totals::take)?;
    }
    if let Some(before) = before {
        kin::unindex(txn, before)?;
    }
    kin::index(txn, invoice)?;
    invoice.version = before.map_or(1, |before| before.version + 1);
    txn.put(&INVOICES_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.put(&INVOICES, &invoice.id, invoice)?;
    for other in next.iter().chain([&*invoice]) {
        count(txn, other, Totals::add)?;
    }
    Ok(())
}

/// Keeps running totals, so that a list page need not walk all invoices.
fn count(txn: &mut Txn<'_>, invoice: &Invoice, change: fn(&mut Totals, &Invoice, Class)) -> Result<(), StoreError> {
    let class = kin::class(&txn.view(), invoice)?;
    for whose in [EVERYBODY, invoice.company] {
        let mut totals = txn.get(&TOTALS, &whose)?.unwrap_or_default();
        change(&mut totals, invoice, class);
        txn.put(&TOTALS, &whose, &totals)?;
    }
    Ok(())
}

pub fn corrections(view: &View<'_>, id: InvoiceId) -> Result<Vec<Correction>, StoreError> {
    view.scan(&CORRECTIONS, &id, false).map(|row| row.map(|(_, correction)| correction)).collect()
}

/// From the last reading.
pub fn candidates(view: &View<'_>, id: InvoiceId) -> Result<Vec<Candidate>, StoreError> {
    Ok(view.get(&CANDIDATES, &id)?.unwrap_or_default())
}

/// Its lines, in their order.
pub fn items(view: &View<'_>, id: InvoiceId) -> Result<Vec<Item>, StoreError> {
    let rows: Vec<Vec<Item>> = view.scan(&ITEMS, &id, false).map(|row| row.map(|(_, items)| items)).collect::<Result<_, _>>()?;
    Ok(rows.concat())
}

/// Empty if the template is gone.
pub(super) fn learnt(view: &View<'_>, template: Option<TemplateId>) -> Result<Learnt, StoreError> {
    let template: Option<Template> = template.map(|id| view.get(&TEMPLATES, &id)).transpose()?.flatten();
    Ok(template.map(|t| t.learnt).unwrap_or_default())
}

/// The invoice, if `actor` sees its company.
pub fn visible(view: &View<'_>, actor: &Actor, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = view.get(&INVOICES, &id)?.ok_or_else(refusals::no_such_invoice)?;
    if actor.sees(invoice.company) { Ok(invoice) } else { Err(Refusal::no_permission()) }
}

#[cfg(test)]
mod tests {
    use super::super::kin::{Kin, counts_for_nothing, place};
    use super::super::recount;
    use super::*;
    use crate::domain::ids::{ActionId, PictureId, UserId};
    use crate::domain::invoice::PictureFormat::{self, Jpeg, Ofd, Pdf, Xml};
    use crate::domain::invoice::{BlobHash, Decision, Picture, Purpose, Standing, Void};
    use crate::domain::paper::Source;
    use crate::domain::region::Region;
    use crate::store::memory::Memory;
    use crate::store::tables::{INVOICE_RANKS, INVOICES_AS_THEY_CAME, INVOICES_BY_IDENTITY, INVOICES_DECIDED};
    use crate::store::{Store, endless};
    use std::sync::Arc;

    fn store() -> Store {
        Store::new(Arc::new(Memory::default()), endless()).unwrap()
    }

    /// `file`: another is another file.
    fn invoice(id: u64, format: PictureFormat, file: u8, fields: &[(&str, &str)]) -> Invoice {
        let (id, company, user) = (InvoiceId(id), CompanyId(1), UserId(1));
        let hash = BlobHash([file * 10 + format.rank(); 32]);
        let (width, height, purpose, uploaded_by) = (9, 9, Purpose::Invoice, user);
        let id_of_file = PictureId(id.0);
        Invoice {
            id,
            version: 1,
            action: ActionId(id.0),
            template: None,
            template_label: String::new(),
            kind: None,
            part: 1,
            pages: (1, 1),
            company,
            company_name: String::new(),
            user,
            user_name: String::new(),
            picture: Picture {
                id: id_of_file,
                hash,
                format,
                width,
                height,
                bytes: 1,
                purpose,
                company,
                uploaded_by,
                uploaded: 0,
                pages: 1,
            },
            file_name: String::new(),
            recognised: 0,
            reasons: Vec::new(),
            standing: Standing::Passed,
            regions: fields.iter().map(region).collect(),
            codes: Vec::new(),
            review: None,
            void: None,
            decisions: Vec::new(),
        }
    }

    fn region((pos_id, text): &(&str, &str)) -> Region {
        let (pos_id, text) = ((*pos_id).to_owned(), (*text).to_owned());
        Region { pos_id, position: None, text, probability: 1.0, status: 0, source: Source::Ocr, page: 1, doubts: Vec::new() }
    }

    fn add(store: &Store, mut invoice: Invoice) {
        store.write_blocking(move |txn| Ok(put(txn, None, &mut invoice)?)).unwrap();
    }

    fn change(store: &Store, id: u64, change: impl FnOnce(&View<'_>, &mut Invoice) + Send + 'static) {
        let write = store.write_blocking(move |txn| {
            let before = txn.get(&INVOICES, &InvoiceId(id))?.unwrap();
            let mut after = before.clone();
            change(&txn.view(), &mut after);
            Ok(put(txn, Some(&before), &mut after)?)
        });
        write.unwrap();
    }

    fn decision(of: u64, is_duplicate: bool) -> Decision {
        Decision { of: InvoiceId(of), is_duplicate, user_name: "one".into(), at: 0 }
    }

    fn void() -> Void {
        Void { user_name: "one".into(), at: 0, reason: "x".into() }
    }

    /// Whom each duplicates.
    fn originals(store: &Store) -> Vec<Option<u64>> {
        store.read(|view| {
            let all = view.scan(&INVOICES, &(), false).map(|row| row.unwrap().1);
            let one = |invoice: Invoice| {
                let kin = Kin::of(view, &invoice).unwrap();
                kin.duplicate.filter(|(_, decision)| decision.as_ref().is_none_or(|d| d.is_duplicate)).map(|(of, _)| of.0)
            };
            all.map(one).collect()
        })
    }

    /// Totals and index rows are what a look at every invoice says; a duplicate comes after its original.
    fn is_sound(store: &Store, after: &str) {
        store.read(|view| {
            let mut rows = [0, 0];
            for row in view.scan(&INVOICES, &(), false) {
                let (id, invoice) = row.unwrap();
                let known = invoice.identities().len();
                rows[0] += known;
                rows[1] += if invoice.decisions.is_empty() { 0 } else { known };
                let duplicate = Kin::of(view, &invoice).unwrap().duplicate;
                let of = duplicate.map(|(of, _)| place(view, &view.get(&INVOICES, &of).unwrap().unwrap()).unwrap());
                assert!(of.is_none_or(|of| of < place(view, &invoice).unwrap()), "{after}: {id} comes before {of:?}");
            }
            for (table, number) in [&INVOICES_BY_IDENTITY, &INVOICES_DECIDED].into_iter().zip(rows) {
                let found: Vec<_> = view.scan(table, &(), false).map(|row| row.unwrap().0).collect();
                assert!(found.iter().all(|row| recount::is_known_by(view, table, row).unwrap()), "{after}: {found:?}");
                assert_eq!(found.len(), number, "{after}: {}", table.name);
            }
            for (whose, counted) in recount::count(view).unwrap() {
                assert_eq!(view.get(&TOTALS, &whose).unwrap(), Some(counted), "{after}");
            }
        });
    }

    const NUMBER: (&str, &str) = ("发票号码", "26332000000123456789");

    #[test]
    fn the_surest_file_is_the_original_whichever_came_first() {
        let store = store();
        for (id, format) in [(1, Jpeg), (2, Pdf), (3, Jpeg), (4, Xml), (5, Ofd), (6, Xml)] {
            add(&store, invoice(id, format, id as u8, &[NUMBER, ("金额", "¥1.00")]));
            is_sound(&store, &format!("{id} came"));
        }
        assert_eq!(originals(&store), [Some(4), Some(4), Some(4), None, Some(4), Some(4)]);
        change(&store, 4, |_, invoice| invoice.void = Some(void()));
        assert_eq!(originals(&store), [Some(6), Some(6), Some(6), None, Some(6), None]);
        change(&store, 6, |_, invoice| invoice.set_text(NUMBER.0, "26332000000000000001".into()));
        assert_eq!(originals(&store), [Some(5), Some(5), Some(5), None, None, None]);
        change(&store, 4, |_, invoice| invoice.void = None);
        assert_eq!(originals(&store), [Some(4), Some(4), Some(4), None, Some(4), None]);
        is_sound(&store, "all of it");
    }

    #[test]
    fn of_many_copies_few_are_looked_at_when_a_surer_file_comes() {
        let store = store();
        let copy = |id| invoice(id, Jpeg, 1, &[NUMBER]);
        (1..=200).for_each(|id| add(&store, copy(id)));
        change(&store, 150, |_, invoice| invoice.decisions = vec![decision(1, false)]);
        let next = store.read(|view| kin::next_after(view, None, &invoice(201, Xml, 1, &[NUMBER])).unwrap());
        assert_eq!(next.iter().map(|invoice| invoice.id.0).collect::<Vec<_>>(), [1, 150]);
    }

    #[test]
    fn what_differs_from_the_original_is_told_by_value() {
        let store = store();
        let fields = [NUMBER, ("金额", "¥113.00"), ("日期", "2026年6月4日"), ("客户名称", "示例（北京）"), ("税额", "***")];
        add(&store, invoice(1, Jpeg, 1, &fields));
        let fields = [NUMBER, ("金额", "118.00"), ("日期", "2026-06-04"), ("客户名称", "示例(北京)"), ("税额", "0.00")];
        add(&store, invoice(2, Xml, 1, &[&fields[..], &[("销方名称", "甲")]].concat()));
        let differs =
            |id: u64| store.read(|view| Kin::of(view, &view.get(&INVOICES, &InvoiceId(id)).unwrap().unwrap()).unwrap().differs);
        assert_eq!((differs(1), differs(2)), (vec!["金额"], vec![]));
        change(&store, 1, |_, invoice| invoice.set_text("客户名称", "示例（南京）".into()));
        assert_eq!(differs(1), ["金额", "客户名称"]);
        change(&store, 1, |_, invoice| invoice.decisions = vec![decision(2, false)]);
        assert_eq!(differs(1), [""; 0], "they are two");
    }

    /// As an older release left it: the earlier one is the original, and the later has the decision.
    fn of_format_6(store: &Store) {
        let numbered = |id: u64, format, number: u32, decisions: Vec<Decision>| {
            let number = format!("2633200000012345{number:04}");
            Invoice { decisions, ..invoice(id, format, id as u8, &[("发票号码", &number), ("金额", "¥1.00")]) }
        };
        let invoices = [
            numbered(1, Jpeg, 1, vec![]),
            numbered(2, Xml, 1, vec![decision(1, true)]),
            numbered(3, Jpeg, 2, vec![]),
            numbered(4, Xml, 2, vec![decision(3, false)]),
            numbered(5, Jpeg, 3, vec![]),
            numbered(6, Xml, 3, vec![]),
            numbered(7, Jpeg, 4, vec![]),
            numbered(8, Pdf, 4, vec![decision(7, false)]),
            numbered(9, Xml, 4, vec![decision(8, true), decision(7, false)]),
        ];
        let write = store.write_blocking(move |txn| {
            for invoice in invoices {
                for identity in invoice.identities() {
                    txn.put(&INVOICES_AS_THEY_CAME, &(invoice.company, identity, invoice.id), &())?;
                }
                txn.put(&INVOICES, &invoice.id, &invoice)?;
            }
            // Of a run that was interrupted, and of a box that went on without what it had done.
            txn.put(&INVOICE_RANKS, &InvoiceId(6), &0)?;
            Ok(txn.put(&INVOICES_DECIDED, &(CompanyId(1), "number 1".into(), 3, InvoiceId(5)), &())?)
        });
        write.unwrap();
    }

    #[test]
    fn what_people_decided_before_format_7_stays_and_of_the_rest_the_surest_counts() {
        let store = store();
        of_format_6(&store);
        for _ in 0..2 {
            recount::to_format_7(&store).unwrap();
            is_sound(&store, "brought");
            let expected = [None, Some(1), None, None, Some(6), None, None, None, Some(8)];
            assert_eq!(originals(&store), expected);
            store.read(|view| {
                assert_eq!(view.scan(&INVOICES_AS_THEY_CAME, &(), false).count(), 0);
                let ranks: Vec<_> = view.scan(&INVOICE_RANKS, &(), false).map(|row| row.unwrap()).collect();
                assert_eq!(ranks, [1, 3, 7, 8].map(|id| (InvoiceId(id), 0)));
            });
        }
        // And a photo that a person preferred goes on to be first.
        change(&store, 2, |_, invoice| invoice.decisions.clear());
        assert_eq!(originals(&store)[..2], [None, Some(1)]);
        add(&store, invoice(10, Xml, 10, &[("发票号码", "26332000000123450001")]));
        assert_eq!(originals(&store)[9], Some(1));
        is_sound(&store, "went on");
    }

    /// One step of chance: an invoice comes, is voided or not, gets a number, or is decided on.
    fn step(store: &Store, last: &mut u64, mut chance: impl FnMut(u64) -> u64) -> String {
        const NUMBERS: [&[(&str, &str)]; 5] = [
            &[NUMBER],
            &[("发票号码", "26332000000000000001")],
            &[("发票号码", "07172119"), ("发票代码", "144001604125"), ("日期", "2026-01-02")],
            &[("发票号码", "07172119"), ("发票代码", "144001604126"), ("日期", "2026-01-02")],
            &[("发票号码", "07172119"), ("日期", "2026年1月2日")],
        ];
        let id = 1 + chance((*last).max(1));
        let number = NUMBERS[chance(5) as usize];
        match chance(7) {
            0..2 => {
                *last += 1;
                let format = [Xml, Ofd, Pdf, Jpeg][chance(4) as usize];
                let money = format!("¥{}.00", chance(9));
                add(store, invoice(*last, format, chance(3) as u8, &[number, &[("金额", &money)]].concat()));
                format!("{last} came as {format:?} with {number:?}")
            }
            _ if *last == 0 => String::new(),
            2..4 => {
                change(store, id, |_, invoice| invoice.void = if invoice.void.is_some() { None } else { Some(void()) });
                format!("{id} void or not")
            }
            4 => {
                change(store, id, move |_, invoice| {
                    invoice.regions.retain(|r| r.pos_id == "金额");
                    invoice.regions.extend(number.iter().map(region));
                });
                format!("{id} with {number:?}")
            }
            _ => {
                let verdict = [Some(true), Some(false), Some(false), None][chance(4) as usize];
                change(store, id, move |view, invoice| {
                    let Some((of, _)) = Kin::of(view, invoice).unwrap().duplicate else { return };
                    if verdict != Some(true) || !counts_for_nothing(view, of).unwrap() {
                        invoice.decisions.retain(|d| d.of != of && !(verdict == Some(true) && d.is_duplicate));
                        invoice.decisions.extend(verdict.map(|is_duplicate| decision(of.0, is_duplicate)));
                    }
                });
                format!("{id} decided {verdict:?}")
            }
        }
    }

    #[test]
    fn totals_and_index_stay_right_whatever_comes_and_is_said_in_whichever_order() {
        for seed in 1..=20u64 {
            let (store, mut last, mut state) = (store(), 0, seed);
            let mut steps = Vec::new();
            for _ in 0..80 {
                let chance = |below: u64| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) % below
                };
                steps.push(step(&store, &mut last, chance));
                is_sound(&store, &format!("seed {seed}: {steps:#?}"));
            }
        }
    }
}
