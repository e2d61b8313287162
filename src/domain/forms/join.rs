//! From pages to invoices: several on a page, one over several pages, and the data that a file states beside what it shows. Not here:
//! what one page says (invoice.rs, travel.rs, plain.rs).

use super::super::kind::Kind;
use super::super::paper::{Page, Paper, Source, Stated};
use super::super::template::Rect;
use super::columns::heads;
use super::found::Found;
use super::invoice::{self, Sides};
use super::labels::pieces;
use super::lines::{Row, Sheet};
use super::same::is_same;
use super::values::DOUBT;
use super::{Field, Form, items, plain, stated, title, travel};

const NUMBER: &str = "发票号码";

/// The invoices that the pages show.
pub(super) fn shown(paper: &Paper) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for (page, number) in paper.pages.iter().zip(1..) {
        let mut titles = title::titles(page);
        // A seal may hide the title; the code beside it says the same.
        titles.extend(by_code(paper).filter(|_| titles.is_empty()).map(|kind| title::Found { kind, area: everywhere(page) }));
        if titles.is_empty() {
            untitled(page, number, paper.source, &mut forms);
        }
        for title in titles {
            let sheet = Sheet::of(&page.runs, title.area);
            let kind = kind(&sheet, title.kind);
            let sides = sides(&sheet, kind, number);
            let form = Form { beside: page.pictures, ..form(kind, sides, number, paper.source) };
            match forms.last_mut().filter(|last| goes_on(last, &form, &sheet)) {
                Some(last) => append(last, form),
                None => forms.push(form),
            }
        }
    }
    forms
}

/// What the QR code of a picture says that it is, where its number is printed there, too.
fn by_code(paper: &Paper) -> Option<Kind> {
    let ([(Source::Qr, data)], [page]) = (paper.stated.as_slice(), paper.pages.as_slice()) else { return None };
    let number = stated::value(data, NUMBER)?;
    data.kind.filter(|_| page.runs.iter().any(|run| run.text.contains(number)))
}

/// Everything, wherever it stands.
pub(super) fn everywhere(page: &Page) -> Rect {
    let far = (page.width.max(page.height).max(1) * 4) as f32;
    Rect { x: -far, y: -far, width: far * 3.0, height: far * 3.0 }
}

/// A list that belongs to the invoice before, or the rest of its table; a ticket.
fn untitled(page: &Page, number: u32, source: Source, forms: &mut Vec<Form>) {
    let sheet = Sheet::of(&page.runs, everywhere(page));
    if let Some(kind) = travel::untitled(&sheet) {
        let sides = Sides { found: travel::paper_ticket(&sheet, number), items: Vec::new() };
        forms.push(form(kind, sides, number, source));
        return;
    }
    let heads = heads(&sheet);
    let Some(last) = forms.last_mut().filter(|last| !heads.is_empty() && last.pages.1 + 1 == number) else { return };
    // A list says whose it is.
    let digits = sheet.spots("号码").iter().find_map(|spot| {
        let text = sheet.after(spot, super::labels::Reach::LINE).compact();
        Some(text.chars().take_while(char::is_ascii_digit).collect::<String>()).filter(|digits| digits.len() >= 8)
    });
    let own = text_of(last, NUMBER).map(str::to_owned);
    if digits.is_some() && own.is_some() && digits != own {
        return;
    }
    last.items.extend(items::items(&sheet, &heads));
    last.pages.1 = number;
}

/// Tolls have columns of their own under the common title.
fn kind(sheet: &Sheet, titled: Kind) -> Kind {
    let days = sheet.spots("通行日期起");
    let has_plate = sheet.spots("车牌号").iter().any(|plate| days.iter().any(|day| day.row.abs_diff(plate.row) <= 1));
    // In large beside the title; names of things on the table's lines hold it, too.
    let is_mark = |row: &Row| pieces(row, 0.9).iter().any(|piece| piece.compact().trim_matches(['(', ')']) == "通行费");
    let has_mark = sheet.rows.iter().any(is_mark);
    if matches!(titled, Kind::VatENormal | Kind::VatNormal) && (has_plate || has_mark) { Kind::VatToll } else { titled }
}

fn sides(sheet: &Sheet, kind: Kind, page: u32) -> Sides {
    let found = match kind {
        Kind::DigitalRail => travel::rail(sheet, page),
        Kind::DigitalAir => travel::air(sheet, page),
        Kind::Train => travel::paper_ticket(sheet, page),
        Kind::Vehicle | Kind::Taxi | Kind::Quota | Kind::Machine | Kind::Fiscal => plain::read(sheet, kind, page),
        _ => return invoice::read(sheet, kind, page),
    };
    Sides { found, items: Vec::new() }
}

fn form(kind: Kind, sides: Sides, page: u32, source: Source) -> Form {
    let field = |found: Found| Field {
        pos_id: found.pos_id,
        text: found.text,
        probability: found.probability,
        source,
        page: found.page,
        rect: found.rect,
    };
    Form { kind, fields: sides.found.into_iter().map(field).collect(), items: sides.items, pages: (page, page), beside: 0 }
}

fn text_of<'a>(form: &'a Form, pos_id: &str) -> Option<&'a str> {
    form.fields.iter().find(|field| field.pos_id == pos_id).map(|field| field.text.as_str())
}

/// The same number again, on this page or the next, or a page that says it is not the first.
fn goes_on(last: &Form, next: &Form, sheet: &Sheet) -> bool {
    if last.kind != next.kind || next.pages.0 > last.pages.1 + 1 {
        return false;
    }
    is_same_number(last, next) || text_of(last, NUMBER).is_some() && text_of(next, NUMBER).is_none() && is_later_page(sheet)
}

fn is_same_number(a: &Form, b: &Form) -> bool {
    let number = text_of(a, NUMBER);
    number.is_some() && number == text_of(b, NUMBER) && text_of(a, "发票代码") == text_of(b, "发票代码")
}

/// Of a page that was read by itself.
pub(super) fn add(forms: &mut Vec<Form>, next: Form) {
    let touches = |known: &Form| next.pages.0 <= known.pages.1 + 1 && known.pages.0 <= next.pages.1 + 1;
    match forms.iter_mut().find(|known| known.kind == next.kind && touches(known) && is_same_number(known, &next)) {
        Some(known) => {
            append(known, next);
            known.fields.sort_by_key(|field| field.source);
        }
        None => forms.push(next),
    }
}

/// `共2页 第2页`
fn is_later_page(sheet: &Sheet) -> bool {
    sheet.rows.iter().any(|row| {
        let text: String = row.chars.iter().map(|ch| ch.c).collect();
        let later = text.split_once('第').and_then(|(before, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (before.contains('共') && rest[digits.len()..].starts_with('页')).then(|| digits.parse::<u32>().ok())?
        });
        later.is_some_and(|page| page > 1)
    })
}

/// What a further page adds. One that says all the same once more is a copy.
fn append(form: &mut Form, next: Form) {
    form.pages = (form.pages.0.min(next.pages.0), form.pages.1.max(next.pages.1));
    form.beside += next.beside;
    let is_copy = !form.items.is_empty() && form.items == next.items && text_of(form, "金额").is_some();
    if !is_copy {
        form.items.extend(next.items);
    }
    for field in next.fields {
        match form.fields.iter_mut().find(|own| own.pos_id == field.pos_id && own.source == field.source) {
            None => form.fields.push(field),
            Some(own) if own.text == field.text => own.probability = own.probability.max(field.probability),
            Some(own) if own.pos_id == "备注" => own.text = format!("{} {}", own.text, field.text),
            // Of two sums in doubt that one is the sum which the others agree with.
            Some(own) if own.probability <= DOUBT && field.probability > DOUBT => *own = field,
            Some(_) if field.probability <= DOUBT => {}
            Some(own) => own.probability = own.probability.min(DOUBT),
        }
    }
}

/// With what the file states, the surest first.
pub(super) fn with_data(paper: &Paper, mut forms: Vec<Form>) -> Vec<Form> {
    let stood = forms.len();
    // Whose lines are those of a surer statement already.
    let mut listed: Vec<usize> = Vec::new();
    for (source, data) in &paper.stated {
        let number = stated::value(data, NUMBER);
        let own = forms.iter().position(|form| number.is_some() && text_of(form, NUMBER) == number);
        // Where there is but one, what is stated is about it, also where the two contradict each other.
        let own = own.or_else(|| (forms.len() == 1 && (stood == 1 || number.is_none())).then_some(0));
        let Some(at) = own.or_else(|| of_data(paper, number, &mut forms)) else { continue };
        let Some(form) = forms.get_mut(at) else { continue };
        state(form, *source, data);
        if !data.items.is_empty() && !listed.contains(&at) {
            form.items.clone_from(&data.items);
            listed.push(at);
        }
    }
    for form in &mut forms {
        form.fields.sort_by_key(|field| field.source);
    }
    forms
}

/// An invoice that no page shows as one we know: a file of data, a scan that carries it.
fn of_data(paper: &Paper, number: Option<&str>, forms: &mut Vec<Form>) -> Option<usize> {
    // A QR code alone is no invoice.
    let files = paper.stated.iter().filter(|(source, _)| *source != Source::Qr);
    let same = files.filter(|(_, data)| number.is_none() || stated::value(data, NUMBER) == number);
    let kind = same.filter_map(|(_, data)| data.kind).next()?;
    let pages = (1, u32::try_from(paper.pages.len()).unwrap_or(1).max(1));
    forms.push(Form { kind, fields: Vec::new(), items: Vec::new(), pages, beside: 0 });
    Some(forms.len() - 1)
}

fn state(form: &mut Form, source: Source, data: &Stated) {
    let mut said: Vec<&str> = Vec::new();
    for field in stated::fields(source, data) {
        if said.contains(&field.pos_id) {
            let own = form.fields.iter_mut().find(|own| own.pos_id == field.pos_id && own.source == source);
            own.into_iter().for_each(|own| own.probability = own.probability.min(DOUBT));
            form.fields.push(field);
            continue;
        }
        said.push(field.pos_id);
        match form.fields.iter_mut().find(|own| own.pos_id == field.pos_id && own.source == source && own.rect.is_none()) {
            Some(own) if is_same(field.pos_id, &own.text, &field.text) => {}
            Some(own) => {
                own.probability = own.probability.min(DOUBT);
                form.fields.push(field);
            }
            None => insert(form, field),
        }
    }
}

/// Data and text of an OFD are of one source: the data stays, and the text behind it where it differs.
fn insert(form: &mut Form, mut field: Field) {
    let shown = form.fields.iter().position(|own| own.pos_id == field.pos_id && own.source == field.source);
    let mut differs = None;
    if let Some(shown) = shown.map(|at| form.fields.remove(at)) {
        if is_same(field.pos_id, &shown.text, &field.text) {
            (field.rect, field.page) = (shown.rect, shown.page);
            // As it is printed.
            if matches!(field.pos_id, "日期" | "乘车日期") {
                field.text = shown.text;
            }
        } else if shown.probability > DOUBT {
            field.probability = field.probability.min(DOUBT);
            differs = Some(shown);
        }
    }
    form.fields.push(field);
    form.fields.extend(differs);
}
