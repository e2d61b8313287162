//! The one judgement of an invoice: what the code on it fills in, and why a person is needed, if one is; of what people have typed too.
//! Recognitions and template tests both ask here. Not here: the checks themselves (checks.rs), what is kept of it (app).

use super::area::{AreaKind, POS_LABEL};
use super::checks::{self, Reason};
use super::entries;
use super::invoice::{Correction, Invoice, Why};
use super::region::{Region, Regions};
use super::template::{Learnt, Template};
use super::text::is_blank;
use super::vat_code::{self, CODE_PROBABILITY, FROM_CODE};
use std::collections::BTreeMap;

/// What an engine has read on one picture, by the template that fits.
#[derive(Debug)]
pub struct Reading<'a> {
    pub regions: Regions,
    /// Texts of the codes on it.
    pub codes: &'a [String],
    /// How many invoices lie on it, of which this is one.
    pub papers: u32,
}

#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// With what the code says where nobody could read it.
    pub regions: Vec<Region>,
    /// Those of them, in the order in which they were filled.
    pub filled: Vec<Region>,
    /// None: no person is needed.
    pub reasons: Vec<Reason>,
}

/// `threshold`: what is less sure is not sure enough.
pub fn judge(reading: Reading<'_>, template: &Template, threshold: f64) -> Verdict {
    let Reading { mut regions, codes, papers } = reading;
    let learnt = &template.learnt;
    // What the template itself says of an area is no second reading, nor is what the code says.
    let is_given =
        |area: &str| area == POS_LABEL || AreaKind::of_pos_id(area) == AreaKind::Money && template.layout.quota.is_some();
    let twice: Vec<Reason> = regions.read_twice().filter(|r| !r.areas().into_iter().any(is_given)).collect();
    let mut filled = Vec::new();
    for (pos_id, text) in vat_code::fillings(&regions.0, learnt, threshold, codes) {
        regions.read(&pos_id, text, CODE_PROBABILITY, FROM_CODE);
        filled.extend(regions.0.iter().find(|r| r.pos_id == pos_id).cloned());
    }
    let mut reasons = checks::faults(&regions.0, learnt, threshold, codes);
    reasons.extend(twice);
    reasons.extend(checks::several(papers));
    Verdict { regions: regions.0, filled, reasons }
}

/// Of whatever file: its first page is read.
pub fn unread_pages(pages: u32) -> Option<Reason> {
    (pages > 1).then_some(Reason::Pages { pages, read: 1 })
}

/// What the checks have against the invoice with these values in it: what can't stand in its area, and what contradicts another. Without
/// `whole`, only what these values have to do with.
pub fn against(invoice: &Invoice, fields: &[(String, String)], learnt: &Learnt, whole: bool) -> Vec<(String, Reason)> {
    let is_typed = |area: &str| fields.iter().any(|(pos_id, _)| pos_id == area);
    let mut found: Vec<(String, Reason)> = fields
        .iter()
        .filter_map(|(pos_id, text)| Some((pos_id.clone(), entries::refused(pos_id, text, invoice.text(pos_id), learnt)?)))
        .collect();
    let mut with = invoice.clone();
    fields.iter().for_each(|(pos_id, text)| with.set_text(pos_id, text.clone()));
    for reason in checks::contradictions(&with.regions, learnt, &with.codes) {
        // That it is not on the paper is said.
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

/// What the checks have against the invoice as it stands, whoever read or typed it. `said`: all that people put right on it.
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

/// What a person once put right or found right is not overwritten by reading again. It is a machine's word only where that has surely read
/// the same: a sure reading of something else is a reason, as either may be right, and so is none, as nobody has reviewed it.
pub fn keep_corrections(invoice: &mut Invoice, said: &[Correction], learnt: &Learnt) {
    // The last word on each area.
    let people: BTreeMap<&str, &str> = said.iter().map(|c| (c.pos_id.as_str(), c.new.as_str())).collect();
    if people.is_empty() || invoice.template.is_none() {
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
            // It stands there, and is not sure.
            invoice.regions.iter_mut().filter(|r| r.pos_id == area).for_each(|r| r.probability = probability);
            reasons.push(Reason::Unconfirmed { area });
        } else if !is_same {
            reasons.push(Reason::Reread { area, entered, read });
        }
    }
    invoice.reasons.retain(|why| !matches!(why, Why::Found(reason) if reason.is_of_values()));
    let against = stands_against(invoice, said, learnt);
    if against.is_empty() && !invoice.regions.iter().any(|r| r.text.is_empty()) {
        invoice.review = None;
    }
    invoice.reasons.extend(reasons.into_iter().chain(against.into_iter().map(|(_, reason)| reason)).map(Why::Found));
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
    fn what_the_code_says_fills_what_nobody_could_read_and_is_told() {
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
    fn what_was_said_twice_or_lies_beside_others_is_a_fault() {
        let twice = read(&[("客户名称", "甲", 0.95), ("客户名称", "乙", 0.95), (POS_LABEL, "票", 1.0), (POS_LABEL, "据", 1.0)]);
        let verdict = judge(Reading { regions: twice, codes: &[], papers: 2 }, &template(None, &[]), 0.9);
        let (area, first, second) = ("客户名称".into(), "甲".into(), "乙".into());
        assert_eq!(verdict.reasons, [Reason::ReadTwice { area, first, second }, Reason::Several { invoices: 2 }]);
    }

    #[test]
    fn a_sum_that_the_template_itself_has_is_no_second_reading() {
        let reasons = |quota| {
            let regions = read(&[("金额", "20.00", 0.95), ("金额", "20", 0.95)]);
            judge(Reading { regions, codes: &[], papers: 1 }, &template(quota, &[]), 0.9).reasons
        };
        assert_eq!(reasons(Some("20")), []);
        assert!(matches!(&reasons(None)[..], [Reason::ReadTwice { .. }]));
    }

    #[test]
    fn pages_that_nobody_read_are_said() {
        assert_eq!((unread_pages(1), unread_pages(3)), (None, Some(Reason::Pages { pages: 3, read: 1 })));
    }
}
