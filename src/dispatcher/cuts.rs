//! Several papers on a page, each cut out and read by itself. Not here: where they lie (the engine, people), one page as a whole
//! (attempt.rs).

use super::asking::{Attempt, Cut};
use super::document::{self, Readable};
use crate::app::outcome::Outcome;
use crate::domain::area::AreaKind;
use crate::domain::corners::Corners;
use crate::domain::forms::Form;
use crate::domain::invoice::Picture;
use crate::domain::reason::Reason;
use crate::domain::region;
use crate::domain::template::Rect;
use crate::engine::worker::{Done, Request, Worker};
use crate::engine::{self, Trouble};
use std::collections::HashSet;

pub(super) struct OnPage<'a> {
    pub picture: &'a Picture,
    /// In the file, from 1.
    pub page: u32,
    pub readable: &'a Readable,
}

impl Attempt<'_> {
    /// The papers on a page, if at least two of them are invoices of their own; else what seems to be there.
    pub(super) async fn several(&self, worker: &Worker, page: &OnPage<'_>) -> Result<(Vec<Outcome>, Rest), Trouble> {
        let request = |_| Request::Papers { picture: page.readable.path() };
        let Done::Papers(papers) = self.ask(worker, request, None).await?.1 else { return Ok(Default::default()) };
        if papers.corners.len() < 2 {
            return Ok(Default::default());
        }
        let outcomes = self.on_papers(worker, page, &papers.corners).await?;
        if are_several(&outcomes) {
            return Ok((outcomes, Rest::default()));
        }
        let (numbered, others): (Vec<&Outcome>, Vec<&Outcome>) = outcomes.iter().partition(|outcome| !number(outcome).is_empty());
        let numbers: HashSet<&str> = numbered.iter().map(|outcome| number(outcome)).collect();
        let has_sum = |outcome: &&Outcome| region::text_of(&outcome.regions, AreaKind::Money).is_some_and(|sum| !sum.is_empty());
        let rest = Rest {
            numbers: numbers.len(),
            others: others.into_iter().filter_map(|outcome| outcome.corners).collect(),
            are_sure: papers.are_sure || numbered.iter().any(has_sum),
        };
        Ok((Vec::new(), rest))
    }

    /// Each paper by a template or as a known form, else as unknown.
    pub(super) async fn on_papers(&self, worker: &Worker, page: &OnPage<'_>, papers: &[Corners]) -> Result<Vec<Outcome>, Trouble> {
        let mut outcomes = Vec::new();
        for corners in papers {
            let (readable, size) = document::cut(self.app, page.readable, *corners).await?;
            let read = self.on_paper(worker, page, &readable, &Cut { corners: *corners, size }).await?;
            let placed = |outcome: Outcome| Outcome { corners: outcome.corners.or(Some(*corners)), ..outcome.on(page.page) };
            outcomes.extend(read.into_iter().map(placed));
        }
        Ok(outcomes)
    }

    async fn on_paper(&self, worker: &Worker, page: &OnPage<'_>, readable: &Readable, cut: &Cut) -> Result<Vec<Outcome>, Trouble> {
        let request = |templates| Request::Recognise { picture: readable.path(), templates };
        let (reported, done) = self.ask(worker, request, Some(cut)).await?;
        let candidates = reported.candidates.clone();
        if let Some((outcome, _)) = self.with_template(reported, done) {
            return Ok(vec![outcome]);
        }
        let known = if self.app.settings().known_forms { self.known_on(worker, readable).await? } else { None };
        let engine::Known { forms, codes, quarter_turns, .. } = known.unwrap_or_default();
        let corners = Some(cut.corners.turned(quarter_turns));
        let codes: Vec<(u32, String)> = codes.into_iter().map(|code| (page.page, code)).collect();
        let mut outcomes = Vec::new();
        for form in forms {
            let mut form = form.on(page.page);
            form.fields.iter_mut().for_each(|field| field.rect = field.rect.map(|rect| cut.on_page(&rect)));
            self.tell_known(page.picture, &form, &candidates);
            outcomes.push(Outcome { candidates: candidates.clone(), corners, ..self.known(&form, &codes, &candidates) });
        }
        if outcomes.is_empty() {
            outcomes.push(Outcome { candidates, ..Outcome::nothing_read(Reason::NoTemplateFits) });
        }
        Ok(outcomes)
    }
}

/// Papers that were found on a page which is read as one all the same.
#[derive(Default)]
pub(super) struct Rest {
    /// Copies of one invoice have one.
    numbers: usize,
    /// Without a number.
    others: Vec<Corners>,
    /// Found by their edges, or one is whole by itself: the others are none of its parts.
    are_sure: bool,
}

impl Rest {
    /// How many of them are none of the forms on the page.
    pub fn beside(&self, forms: &[Form]) -> u32 {
        let middle = |rect: Rect| (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let places = || forms.iter().flat_map(|form| &form.fields).filter_map(|field| field.rect).map(middle);
        let beside = if self.are_sure {
            (self.numbers + self.others.len()).saturating_sub(forms.len())
        } else {
            // A form with blank strips has something of its own in each.
            self.others.iter().filter(|corners| !places().any(|place| corners.holds(place))).count()
        };
        u32::try_from(beside).unwrap_or(u32::MAX)
    }
}

fn number(outcome: &Outcome) -> &str {
    region::text_of(&outcome.regions, AreaKind::InvoiceId).unwrap_or_default()
}

/// At least two of those that are of a form are not one invoice. Where all have one number they are its copies or its parts; a copy
/// beside another invoice is a double like any other.
fn are_several(outcomes: &[Outcome]) -> bool {
    let of_forms = outcomes.iter().filter(|outcome| outcome.template.is_some() || outcome.kind.is_some());
    let (without, numbers): (Vec<&str>, Vec<&str>) = of_forms.map(number).partition(|number| number.is_empty());
    without.len() + numbers.iter().collect::<HashSet<_>>().len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kind::Kind;
    use crate::domain::paper::Source;
    use crate::domain::region::Region;

    fn outcome(kind: Option<Kind>, number: &str) -> Outcome {
        let region = Region {
            pos_id: AreaKind::InvoiceId.pos_id().to_owned(),
            position: None,
            text: number.to_owned(),
            probability: 1.0,
            status: 0,
            source: Source::Ocr,
            page: 1,
            doubts: Vec::new(),
        };
        Outcome { kind, regions: vec![region], ..Outcome::default() }
    }

    #[test]
    fn parts_of_one_invoice_are_not_several() {
        let taxi = |number: &str| outcome(Some(Kind::Taxi), number);
        assert!(are_several(&[taxi("12345678"), taxi("12345679")]));
        assert!(are_several(&[taxi("12345678"), outcome(None, ""), taxi("12345679")]));
        assert!(!are_several(&[taxi("12345678"), taxi("12345678")]), "two copies, or halves");
        assert!(are_several(&[taxi("12345678"), taxi("12345678"), taxi("12345679")]), "a copy beside another invoice");
        assert!(are_several(&[taxi("12345678"), taxi("")]), "its number is for a person");
        assert!(!are_several(&[taxi("12345678"), outcome(None, "87654321")]));
    }
}
