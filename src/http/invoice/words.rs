//! Invoices in our own fields, and the outcome of a change. Not here: the interface document's (http/wire/spelling.rs).

use crate::app::entries::Taken;
use crate::app::invoices;
use crate::app::kin::{self, Kin};
use crate::app::timeline::{self, Event, What};
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Correction, Decision, Invoice, Standing, Void, Why};
use crate::domain::judge;
use crate::domain::paper::Item;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::region::Region;
use crate::domain::totals::{Class, Part, Totals};
use crate::domain::words::Words;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use crate::store::{StoreError, View};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub const STANDINGS: [(Standing, &str); 4] = [
    (Standing::Passed, "passed"),
    (Standing::Waiting, "waiting"),
    (Standing::Reading, "reading"),
    (Standing::Reviewed, "reviewed"),
];

fn standing(standing: Standing) -> &'static str {
    STANDINGS.iter().find(|(s, _)| *s == standing).map_or("", |(_, word)| word)
}

fn items(view: &View<'_>, invoice: &Invoice) -> Result<Value, StoreError> {
    let one = |Item { name, spec, unit, quantity, price, amount, tax_rate, tax }: &Item| json!({ "name": name, "spec": spec, "unit": unit, "quantity": quantity, "price": price, "amount": amount, "tax_rate": tax_rate, "tax": tax });
    Ok(invoices::items(view, invoice.id)?.iter().map(one).collect())
}

/// Each reason with the areas it doubts.
pub fn reasons<'a>(reasons: impl IntoIterator<Item = &'a Why>, regions: &[Region], language: Language) -> Value {
    let one = |why: &Why| {
        let Words { zh, en } = why.told();
        let doubted = why.doubted(regions);
        let areas: Vec<Value> = doubted.iter().map(|(pos_id, text)| json!({ "pos_id": pos_id, "text": text })).collect();
        let mut told = json!({ "text": language.pick(&zh, &en), "areas": areas });
        if why.is_of_certainty() {
            told["of_certainty"] = json!(true);
        }
        told
    };
    reasons.into_iter().map(one).collect()
}

/// As lists show it.
pub fn invoice(view: &View<'_>, invoice: &Invoice, language: Language, zone: &TimeZone) -> Result<Value, StoreError> {
    let kin = Kin::of(view, invoice)?;
    let mut value = wire::fault(invoice, language, zone);
    let decision = |d: &Decision| if d.is_duplicate { "duplicate" } else { "distinct" };
    let duplicate = kin.duplicate.as_ref().map(|(of, decided)| {
        json!({
            "of": of,
            "decision": decided.as_ref().map(decision),
            "user_name": decided.as_ref().map(|d| &d.user_name),
            "time": decided.as_ref().map(|d| time::write(d.at, zone)),
            "differs": kin.differs,
        })
    });
    let counted = kin.class(invoice) == Class::Confirmed;
    let twin = kin.duplicate.filter(|(_, decided)| decided.as_ref().is_none_or(|d| d.is_duplicate)).map(|(of, _)| of);
    let void = |v: &Void| json!({ "user_name": v.user_name, "time": time::write(v.at, zone), "reason": v.reason });
    // The reason is kept even without a review.
    let (said, review) = (invoice.review.as_ref(), invoice.reviewed());
    let more = json!({
        "version": invoice.version,
        "kind": invoice.kind_word(),
        "source": invoice.picture.format.source(),
        "pages": invoice.pages.1 + 1 - invoice.pages.0,
        "first_page": invoice.pages.0,
        "items": items(view, invoice)?,
        "reasons": reasons(judge::open_reasons(invoice), &invoice.regions, language),
        "state": standing(invoice.standing),
        "is_fault": u8::from(invoice.is_fault()),
        "counted": counted,
        "settled": match invoice.standing {
            Standing::Reviewed => Some("resolved"),
            Standing::Reading => Some("retried"),
            Standing::Passed | Standing::Waiting => None,
        },
        "duplicate_of": twin,
        "amount": invoice.amount(),
        "date": invoice.date(),
        "is_red": invoice.is_red(),
        "file_name": invoice.file_name,
        "model_label": invoice.template.map(|_| &invoice.template_label),
        "void": invoice.void.as_ref().map(void),
        "duplicate": duplicate,
        "blue_of": kin.blue_of,
        "red_by": kin.red_by,
        "reviewed_by": review.map(|r| &r.user_name),
        "reviewed_time": review.map(|r| time::write(r.at, zone)),
        "override": said.and_then(|r| r.against_checks.as_ref()),
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    Ok(value)
}

/// With its corrections and candidates.
pub fn whole(call: &Call, id: InvoiceId) -> Result<Value, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    call.edge.app.store.read(|view| {
        let found = invoices::visible(view, actor, id)?;
        let correction = |c: &Correction| {
            json!({ "time": time::write(c.at, &zone), "user_name": c.user_name, "pos_id": c.pos_id, "old": c.old, "new": c.new })
        };
        let mut value = invoice(view, &found, call.language, &zone)?;
        let later = kin::later_ones(view, &found)?;
        let one = |(id, class): &(InvoiceId, Class)| json!({ "invoice_id": id, "when_void": class.word() });
        value["later"] = later.iter().map(one).collect();
        value["candidates"] = wire::candidates(&invoices::candidates(view, id)?, call.language);
        value["history"] = invoices::corrections(view, id)?.iter().map(correction).collect();
        let event = |event: Event| {
            let (what, words) = match &event.what {
                What::Uploaded => ("uploaded", String::new()),
                What::Read => ("read", String::new()),
                What::Logged(fact) => ("logged", call.language.pick(&fact.briefly_zh(), &fact.briefly_en()).to_owned()),
            };
            json!({
                "time": time::write(event.at, &zone),
                "user_name": event.user_name,
                "what": what,
                "words": words,
                "hands_out": event.hands_out(),
                "changes": event.changes.iter().map(correction).collect::<Vec<_>>(),
            })
        };
        value["timeline"] = timeline::events(view, &found)?.into_iter().map(event).collect();
        Ok(value)
    })
}

pub fn sums(totals: &Totals) -> Value {
    // JSON has no wider integers.
    let fen = |fen: i128| i64::try_from(fen).unwrap_or(if fen < 0 { i64::MIN } else { i64::MAX });
    let part = |part: Part| json!({ "count": part.count, "fen": fen(part.fen) });
    json!({
        "confirmed": part(totals.confirmed),
        "waiting": part(totals.waiting),
        "duplicate": part(totals.duplicate),
        "void": part(totals.void),
        "without_amount": totals.without_amount(),
    })
}

pub fn stale(call: &Call, found: &Invoice) -> Result<Reply, Refusal> {
    let (zh, en) = match (&found.void, found.reviewed(), found.standing) {
        (Some(void), ..) => (format!("这张发票已由{}作废", void.user_name), format!("{} has declared it void", void.user_name)),
        (_, Some(review), _) => {
            (format!("这张发票已由{}处理", review.user_name), format!("{} has reviewed it already", review.user_name))
        }
        (.., Standing::Reading) => ("这张发票正在重新识别".into(), "the invoice is being read again".into()),
        (.., Standing::Passed) => {
            ("这张发票已识别通过，不在待核对列表中".into(), "the invoice is not on the list of faults".into())
        }
        _ => (
            "这张发票已被他人修改，请看现在的内容再改".into(),
            "somebody else has changed the invoice: please look at it as it is now".into(),
        ),
    };
    let refusal = Refusal::conflict(zh, en);
    Ok(reply::refusal_with(&refusal, call.language, "invoice", whole(call, found.id)?))
}

pub fn taken(call: &Call, taken: Taken) -> Result<Reply, Refusal> {
    match taken {
        Taken::Done(found) => Ok(reply::json(&whole(call, found.id)?)),
        Taken::Stale(found) => stale(call, &found),
        Taken::Refused(checks) => {
            let (zh, en): (Vec<_>, Vec<_>) = checks.iter().map(|(_, reason)| (reason.zh(), reason.en())).unzip();
            let refusal = Refusal::new(
                Code::Malformed,
                format!("{}（若确实如此，请填写理由 override）", zh.join("；")),
                format!("{} (if it is so, give a reason in override)", en.join("; ")),
            );
            let one = |(pos_id, reason): &(String, crate::domain::checks::Reason)| {
                let Words { zh, en } = reason.told();
                json!({ "pos_id": pos_id, "err": call.language.pick(&zh, &en) })
            };
            Ok(reply::refusal_with(&refusal, call.language, "checks", checks.iter().map(one).collect()))
        }
    }
}
