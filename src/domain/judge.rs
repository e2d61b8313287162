//! The one judgement of an invoice: what its QR code fills in, and why a person is needed. Recognitions, template tests and typed
//! values use it. Not here: the checks (checks.rs), storing the result (app).

use super::area::{AreaKind, POS_LABEL};
use super::checks::{self, Reason};
use super::entries;
use super::invoice::{Correction, Invoice, Standing, Why};
use super::paper::Source;
use super::region::{Region, Regions};
use super::template::{Learnt, Template};
use super::text::is_blank;
use super::vat_code::{self, CODE_PROBABILITY, FROM_CODE};
use std::collections::BTreeMap;

/// What an engine read on one picture with the template that fits.
#[derive(Debug)]
pub struct Reading<'a> {
    pub regions: Regions,
    pub codes: &'a [String],
    /// Invoices on the picture, including this one.
    pub papers: u32,
}

#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// Includes the filled ones.
    pub regions: Vec<Region>,
    pub filled: Vec<Region>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
}

/// `threshold`: the lowest probability that is sure.
pub fn judge(reading: Reading<'_>, template: &Template, threshold: f64) -> Verdict {
    let Reading { mut regions, codes, papers } = reading;
    let learnt = &template.learnt;
    // Neither the template's own texts nor the code's count as second readings.
    let is_given =
        |area: &str| area == POS_LABEL || AreaKind::of_pos_id(area) == AreaKind::Money && template.layout.quota.is_some();
    let twice: Vec<Reason> = regions.read_twice().filter(|r| !r.areas().into_iter().any(is_given)).collect();
    let mut filled = Vec::new();
    for (pos_id, text) in vat_code::fillings(&regions.0, learnt, threshold, codes) {
        regions.read(&pos_id, text, CODE_PROBABILITY, FROM_CODE);
        if let Some(region) = regions.0.iter_mut().find(|r| r.pos_id == pos_id) {
            region.source = Source::Qr;
            filled.push(region.clone());
        }
    }
    let mut reasons = checks::faults(&regions.0, learnt, threshold, codes);
    reasons.extend(twice);
    reasons.extend(checks::several(papers));
    Verdict { regions: regions.0, filled, reasons }
}

/// `pages`: of the file.
pub fn unread_pages(pages: u32, read: u32) -> Option<Reason> {
    (pages > read).then_some(Reason::Pages { pages, read })
}

/// What speaks against the invoice with `fields` in it, as `(pos_id, reason)`: values that can't stand in their area, and
/// contradictions. Without `whole`, only those that involve `fields`.
pub fn against(invoice: &Invoice, fields: &[(String, String)], learnt: &Learnt, whole: bool) -> Vec<(String, Reason)> {
    let is_typed = |area: &str| fields.iter().any(|(pos_id, _)| pos_id == area);
    let mut found: Vec<(String, Reason)> = fields
        .iter()
        .filter_map(|(pos_id, text)| Some((pos_id.clone(), entries::refused(pos_id, text, invoice.text(pos_id), learnt)?)))
        .collect();
    let mut with = invoice.clone();
    fields.iter().for_each(|(pos_id, text)| with.set_text(pos_id, text.clone()));
    let total = with.kind.and_then(|_| checks::total_differs(&with.regions));
    let to_come = checks::day_to_come(&with.regions, with.recognised);
    for reason in checks::contradictions(&with.regions, learnt, &with.codes).into_iter().chain(total).chain(to_come) {
        // The person says that it is not on the paper.
        if reason.misses().is_some_and(is_typed) {
            continue;
        }
        let areas = reason.areas();
        let first = areas.iter().find(|area| is_typed(area)).or(areas.first().filter(|_| whole));
        if let Some(area) = first.map(|area| (*area).to_owned())
            && !found.iter().any(|(known, said)| *known == area && *said == reason)
        {
            found.push((area, reason));
        }
    }
    found
}

/// What speaks against the invoice as it is, whoever read or typed it. `said`: all corrections.
pub fn stands_against(invoice: &Invoice, said: &[Correction], learnt: &Learnt) -> Vec<(String, Reason)> {
    let mut people: Vec<(String, String)> = Vec::new();
    let mut as_read = invoice.clone();
    for Correction { pos_id, old, .. } in said {
        if !people.iter().any(|(known, _)| known == pos_id) {
            as_read.set_text(pos_id, old.clone());
            people.push((pos_id.clone(), invoice.text(pos_id).unwrap_or_default().to_owned()));
        }
    }
    against(&as_read, &people, learnt, true)
}

/// A new reading never overwrites what people corrected or confirmed. Unless it surely read the same, a person is needed: another
/// sure reading may be right, and without a sure one nobody has reviewed the entry.
pub fn keep_corrections(invoice: &mut Invoice, said: &[Correction], learnt: &Learnt) {
    let people: BTreeMap<&str, &str> = said.iter().map(|c| (c.pos_id.as_str(), c.new.as_str())).collect();
    if people.is_empty() || invoice.template.is_none() && invoice.kind.is_none() {
        people.into_iter().for_each(|(area, entered)| invoice.set_text(area, entered.to_owned()));
        return;
    }
    let mut reasons = Vec::new();
    for (area, entered) in people {
        let is_doubted = invoice.reasons.iter().any(|why| why.doubts(area));
        invoice.reasons.retain(|why| !why.doubts(area));
        let (read, probability) =
            invoice.regions.iter().find(|r| r.pos_id == area).map_or_else(Default::default, |r| (r.text.clone(), r.probability));
        let is_same = entries::is_same(area, entered, &read) || is_blank(entered) && is_blank(&read);
        invoice.set_text(area, entered.to_owned());
        let (area, entered) = (area.to_owned(), entered.to_owned());
        if is_doubted || read.is_empty() && !is_same {
            invoice.regions.iter_mut().filter(|r| r.pos_id == area).for_each(|r| r.probability = probability);
            reasons.push(Reason::Unconfirmed { area });
        } else if !is_same {
            reasons.push(Reason::Reread { area, entered, read });
        }
    }
    let is_there = |area: &str| invoice.regions.iter().any(|r| r.pos_id == area && !r.text.is_empty());
    let is_over = |reason: &Reason| reason.is_of_values() || matches!(reason, Reason::Missing { area } if is_there(area));
    invoice.reasons.retain(|why| !matches!(why, Why::Found(reason) if is_over(reason)));
    let against = stands_against(invoice, said, learnt);
    if against.is_empty() && !invoice.regions.iter().any(|r| r.text.is_empty()) {
        invoice.review = None;
    }
    invoice.reasons.extend(reasons.into_iter().chain(against.into_iter().map(|(_, reason)| reason)).map(Why::Found));
}

/// What of its reasons is still to be told: not what a person's word has settled since.
pub fn open_reasons(invoice: &Invoice) -> impl Iterator<Item = &Why> {
    told(&invoice.reasons).filter(|why| !is_settled(invoice, why))
}

/// Without what another reason says as well.
pub fn told(reasons: &[Why]) -> impl Iterator<Item = &Why> {
    reasons.iter().filter(|why| !reasons.iter().any(|other| why.is_said_by(other)))
}

/// What names a value is over when a person has put another in its place, and what doubts one area alone when a person has spoken of
/// it. What follows from the values, or is about a person's own word, needs a review for that.
fn is_settled(invoice: &Invoice, why: &Why) -> bool {
    let doubted = why.doubted(&invoice.regions);
    let is_alone = doubted.len() == 1;
    let is_overruled = invoice.review.as_ref().is_some_and(|review| review.against_checks.is_some());
    let is_reviewed = invoice.standing == Standing::Reviewed && !is_overruled;
    let holds_on = match why {
        Why::Found(reason @ Reason::NoAmount { .. }) => reason.misses().is_none(),
        Why::Found(Reason::Reread { .. } | Reason::ItemsDiffer { .. }) => true,
        Why::Found(reason) => reason.is_of_values(),
        Why::Said(_) => false,
    };
    doubted.iter().any(|(area, named)| {
        let said = invoice.regions.iter().find(|r| r.pos_id == *area && r.source == Source::Person);
        said.is_some_and(|said| {
            let is_another = named.is_some_and(|named| !entries::is_same(area, named, &said.text));
            is_another || is_alone && (is_reviewed || said.probability >= 1.0 && !holds_on)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{CompanyId, PictureId, TemplateId};
    use crate::domain::template::Layout;

    fn template(quota: Option<&str>, specimen: &[(&str, &str)]) -> Template {
        let areas = specimen.iter().map(|(area, text)| ((*area).into(), (*text).into())).collect();
        Template {
            id: TemplateId(1),
            company: CompanyId(1),
            layout: Layout { label: "票".into(), quota: quota.map(str::to_owned), areas: Vec::new() },
            json_model: String::new(),
            registered: 0,
            successes: 0,
            origin: PictureId(1),
            shown: PictureId(1),
            uuid: String::new(),
            learnt: Learnt { areas, ..Learnt::default() },
            version: 1,
        }
    }

    fn read(list: &[(&str, &str, f64)]) -> Regions {
        let mut regions = Regions::default();
        list.iter().for_each(|(area, text, probability)| regions.read(area, (*text).into(), *probability, 0));
        regions
    }

    const CODE: &str = "01,10,044001900111,12345678,100.00,20181004,12345678901234567890,ABCD,";

    #[test]
    fn the_qr_code_fills_unreadable_areas() {
        let codes = [CODE.to_owned()];
        let mut own = template(None, &[("金额", "¥50.00")]);
        own.learnt.code = Some("01,10,044001900111,12345670,50.00,20180901,1,A,".into());
        let regions = read(&[("发票代码", "044001900111", 0.99), ("发票号码", "1234", 0.3), ("金额", "¥1OO", 0.2)]);
        let verdict = judge(Reading { regions, codes: &codes, papers: 1 }, &own, 0.9);
        let told: Vec<(&str, &str, i32)> = verdict.filled.iter().map(|r| (r.pos_id.as_str(), r.text.as_str(), r.status)).collect();
        assert_eq!(told, [("发票号码", "12345678", FROM_CODE), ("金额", "¥100.00", FROM_CODE)]);
        assert_eq!(verdict.regions[1..], verdict.filled[..]);
        assert_eq!(verdict.reasons, [], "the code's word is no second reading");
    }

    #[test]
    fn second_readings_and_further_papers_are_faults() {
        let twice = read(&[("客户名称", "甲", 0.95), ("客户名称", "乙", 0.95), (POS_LABEL, "票", 1.0), (POS_LABEL, "据", 1.0)]);
        let verdict = judge(Reading { regions: twice, codes: &[], papers: 2 }, &template(None, &[]), 0.9);
        let (area, first, second) = ("客户名称".into(), "甲".into(), "乙".into());
        assert_eq!(verdict.reasons, [Reason::ReadTwice { area, first, second }, Reason::Several { invoices: 2 }]);
    }

    #[test]
    fn the_templates_own_sum_is_no_second_reading() {
        let reasons = |quota| {
            let regions = read(&[("金额", "20.00", 0.95), ("金额", "20", 0.95)]);
            judge(Reading { regions, codes: &[], papers: 1 }, &template(quota, &[]), 0.9).reasons
        };
        assert_eq!(reasons(Some("20")), []);
        assert!(matches!(&reasons(None)[..], [Reason::ReadTwice { .. }]));
    }

    #[test]
    fn unread_pages_are_reported() {
        assert_eq!((unread_pages(1, 1), unread_pages(3, 1)), (None, Some(Reason::Pages { pages: 3, read: 1 })));
        assert_eq!(unread_pages(3, 3), None);
    }
}
