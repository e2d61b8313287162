//! The tax portal's list: taken in, and compared. Not here: its file (portal_file.rs).

use super::portal_file::{self, Sorted, WANTED};
use crate::app::portal::{self, Asked, Entry, Part, Reconciled, State};
use crate::app::portal_lists::NewList;
use crate::domain::ids::CompanyId;
use crate::domain::portal::{Direction, Party, PortalLine, PortalList};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::tables;
use crate::http::wire::time;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Of a file's wrong rows, this many are named; all are counted.
const ERRORS_MAX: usize = 1_000;
const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 2_000;
const STATES: [(State, &str); 5] = [
    (State::Missing, "missing"),
    (State::Differs, "differs"),
    (State::NotListed, "not_listed"),
    (State::NotOurs, "not_ours"),
    (State::Have, "have"),
];
const DIRECTIONS: [(Direction, &str); 2] = [(Direction::Received, "received"), (Direction::Issued, "issued")];

fn word<T: PartialEq>(words: &[(T, &'static str)], of: &T) -> &'static str {
    words.iter().find(|(known, _)| known == of).map_or("", |(_, word)| word)
}

pub async fn upload(mut call: Call) -> Result<Reply, Refusal> {
    let file = call.fields.files.last().map(|upload| upload.name.clone()).unwrap_or_default();
    let bytes = call.fields.take_file_or_raw().await?;
    let mut table = tables::read(bytes, WANTED).await?;
    let about = (table.encoding, table.sheet.take(), std::mem::take(&mut table.others));
    let Sorted { rows, lines, errors, unused } = portal_file::sort(table)?;
    if rows == 0 {
        return Err(Refusal::malformed("标题行之下没有发票", "there are no invoices below the header"));
    }
    let mut months: Vec<String> = lines.iter().map(|line| line.month().to_owned()).collect();
    months.sort_unstable();
    months.dedup();
    let (invoices, wrong) = (lines.len(), errors.len());
    let new = NewList { file, rows: rows as u64, wrong: wrong as u64, lines };
    let taken = call.edge.app.take_portal_list(call.by()?, new).await?;
    let said = |zh: &str, en: &str| call.language.pick(zh, en).to_owned();
    let error = |(line, refusal): &(usize, Refusal)| json!({ "line": line, "err": said(&refusal.zh, &refusal.en) });
    Ok(reply::json(&json!({
        "rows": rows,
        "kept": rows - wrong,
        "wrong": wrong,
        "errors": errors.iter().take(ERRORS_MAX).map(error).collect::<Vec<_>>(),
        "invoices": invoices,
        "added": taken.added,
        "changed": taken.changed,
        "same": taken.same,
        "months": months,
        "unused_columns": unused,
        "encoding": about.0,
        "sheet": about.1,
        "notes": about.2.iter().map(|(zh, en)| said(zh, en)).collect::<Vec<_>>(),
    })))
}

fn asked(call: &Call) -> Result<Asked, Refusal> {
    let (fields, actor) = (&call.fields, call.actor()?);
    let company = fields.natural_or_none("company_id")?.map_or(actor.company, CompanyId);
    if !actor.sees(company) {
        return Err(Refusal::no_permission());
    }
    let one_of = |name: &str, words: Vec<&str>| {
        Refusal::malformed(
            format!("{name}：应为 {} 之一", words.join("、")),
            format!("{name}: must be one of {}", words.join(", ")),
        )
    };
    let state = fields.text_or_none("state")?.map(|text| {
        let known = STATES.iter().find(|(_, word)| *word == text).map(|(state, _)| *state);
        known.ok_or_else(|| one_of("state", STATES.map(|(_, word)| word).into()))
    });
    let direction = fields.text_or_none("direction")?.map(|text| {
        let known = DIRECTIONS.iter().find(|(_, word)| *word == text).map(|(direction, _)| *direction);
        known.ok_or_else(|| one_of("direction", DIRECTIONS.map(|(_, word)| word).into()))
    });
    let no_month = || Refusal::malformed("month：应为月份 yyyy-MM", "month: must be a month like yyyy-MM");
    let month = fields.text_or_none("month")?.map(|text| month(text).ok_or_else(no_month));
    Ok(Asked {
        company,
        month: month.transpose()?,
        tax_number: fields.serial_or_none("tax_number")?.map(|number| number.trim().to_uppercase()),
        direction: direction.transpose()?,
        state: state.transpose()?,
        after: fields.text_or_none("cursor")?.map(str::to_owned),
        limit: fields.natural_or_none("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize,
    })
}

fn month(text: &str) -> Option<String> {
    let (year, month) = text.split_once('-')?;
    let is_written =
        year.len() == 4 && month.len() == 2 && [year, month].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    (is_written && (1..=12).contains(&month.parse().unwrap_or(0))).then(|| text.to_owned())
}

pub async fn compare(call: Call) -> Result<Reply, Refusal> {
    let (zone, asked) = (call.edge.app.settings().zone(), asked(&call)?);
    let found = call.edge.app.look(move |view| portal::reconcile(view, &asked)).await?;
    let Reconciled { month, months, tax_number, dates, lists, page, has_more, total, parts, without_number, other_papers } = found;
    let mut states = json!({});
    for (state, word) in STATES {
        states[word] = in_words(parts[state as usize]);
    }
    let next = page.last_key_value().map(|(place, _)| place.clone()).filter(|_| has_more);
    let (number, name) = tax_number.unzip();
    Ok(reply::json(&json!({
        "month": month,
        "months": months,
        "tax_number": number,
        "tax_name": name.filter(|name| !name.is_empty()),
        "dates": dates.map(|(from, to)| json!({ "from": from, "to": to })),
        "lists": lists.iter().map(|list| list_in_words(list, &zone)).collect::<Vec<_>>(),
        "lines": page.values().map(line_in_words).collect::<Vec<_>>(),
        "next_cursor": next,
        "total": total,
        "states": states,
        "without_number": without_number,
        "other_papers": other_papers,
    })))
}

fn in_words(part: Part) -> Value {
    // JSON has no wider integers.
    let fen = i64::try_from(part.fen).unwrap_or(if part.fen < 0 { i64::MIN } else { i64::MAX });
    json!({ "count": part.count, "fen": fen, "apart": part.apart })
}

fn list_in_words(list: &PortalList, zone: &TimeZone) -> Value {
    let PortalList { at, user_name, file, rows, wrong, invoices, written, is_whole, .. } = list;
    json!({
        "time": time::write(*at, zone),
        "user_name": user_name,
        "file": file,
        "rows": rows,
        "wrong": wrong,
        "invoices": invoices,
        "written": written,
        "is_whole": is_whole,
    })
}

fn line_in_words(Entry { state, line, direction, differs, invoices }: &Entry) -> Value {
    let party = |party: &Party| json!({ "number": party.number, "name": party.name });
    let PortalLine {
        code,
        number,
        digital,
        date,
        seller,
        buyer,
        net,
        tax,
        total,
        origin,
        kind,
        status,
        risk,
        is_red,
        clerk,
        remark,
    } = line;
    let differs: Vec<Value> =
        differs.iter().map(|differs| json!({ "field": differs.field, "list": differs.list, "box": differs.own })).collect();
    let invoices: Vec<Value> = invoices.iter().map(|(id, class)| json!({ "invoice_id": id, "counts_as": class.word() })).collect();
    json!({
        "state": word(&STATES, state),
        "code": code,
        "number": number,
        "digital": digital,
        "date": date,
        "seller": party(seller),
        "buyer": party(buyer),
        "net": net,
        "tax": tax,
        "total": total,
        "origin": origin,
        "kind": kind,
        "status": status,
        "risk": risk,
        "clerk": clerk,
        "remark": remark,
        "direction": direction.as_ref().map(|direction| word(&DIRECTIONS, direction)),
        "is_red": is_red,
        "is_cancelled": line.is_cancelled(),
        "is_reversed": line.is_reversed(),
        "differs": differs,
        "invoices": invoices,
    })
}
