//! Invoices for spreadsheets, a column per field. Not here: the file formats (http/tables/).

use super::invoices::filter;
use crate::app::invoice_lists::{self, Filter};
use crate::app::invoices;
use crate::app::kin::Kin;
use crate::domain::area::{AreaKind, Holds, KNOWN, POS_LABEL, in_english};
use crate::domain::checks::{SELLER, date_of, holds_sum};
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Invoice, PictureFormat, Standing};
use crate::domain::money;
use crate::domain::paper::Item;
use crate::domain::refusal::Refusal;
use crate::domain::totals::Class;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{Language, Reply};
use crate::http::tables::csv;
use crate::http::tables::xlsx::{self, Cell, Table};
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use crate::store::{Store, StoreError};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

const INVOICES_PER_LOOK: usize = 500;
/// Areas beyond these share one cell.
const OWN_AREAS_MAX: usize = 200;

const FIRST: [(&str, &str); 16] = [
    ("编号", "Number"),
    ("状态", "State"),
    ("计入合计", "Counted"),
    ("识别时间", "Read at"),
    ("上传人", "Uploaded by"),
    ("公司", "Company"),
    ("文件名", "File"),
    ("模板", "Template"),
    ("来源", "Source"),
    ("重复", "Duplicate"),
    ("作废", "Void"),
    ("红字", "Red letter"),
    ("原因", "Reason"),
    ("核对人", "Reviewed by"),
    ("核对时间", "Reviewed at"),
    ("不符理由", "Override"),
];

fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    [(POS_LABEL, "Type")].into_iter().chain(KNOWN.iter().map(|known| (known.pos_id, known.en)))
}

struct Export {
    store: Store,
    filter: Filter,
    language: Language,
    zone: TimeZone,
    /// Users' own areas that get a column.
    own: Vec<String>,
    has_more: bool,
    before: Option<InvoiceId>,
}

impl Export {
    async fn of(call: &Call) -> Result<Self, Refusal> {
        let zone = call.edge.app.settings().zone();
        let language = match call.fields.text_or_none("lang")? {
            None => call.language,
            Some(lang) if lang.starts_with("zh") => Language::Chinese,
            Some(lang) if lang.starts_with("en") => Language::English,
            Some(_) => return Err(Refusal::malformed("lang：应为 zh 或 en", "lang: must be zh or en")),
        };
        let filter = filter(&call.fields, call.actor()?, &zone)?;
        let asked = filter.clone();
        let own = call.edge.app.look(move |view| {
            let mut own = BTreeSet::new();
            invoice_lists::walk(view, &asked, None, |found| {
                let areas = found.regions.iter().map(|r| &r.pos_id).filter(|pos_id| !is_known(pos_id));
                for area in areas {
                    if own.len() <= OWN_AREAS_MAX && !own.contains(area) {
                        own.insert(area.clone());
                    }
                }
                true
            })?;
            Ok(own)
        });
        let mut own: Vec<String> = own.await?.into_iter().collect();
        let has_more = own.len() > OWN_AREAS_MAX;
        own.truncate(OWN_AREAS_MAX);
        Ok(Self { store: call.edge.app.store.clone(), filter, language, zone, own, has_more, before: None })
    }

    fn columns(&self) -> Vec<String> {
        let named = FIRST.into_iter().chain(known()).map(|(zh, en)| self.language.pick(zh, en).to_owned());
        let rest = self.has_more.then(|| self.language.pick("其他", "Others").to_owned());
        let own = self.own.iter().map(|own| self.language.pick(own, in_english(own)).to_owned());
        named.chain(own).chain(rest).collect()
    }

    /// Empty at the end.
    fn rows(&mut self) -> Result<Vec<Vec<Cell>>, StoreError> {
        let mut page = Vec::new();
        let (filter, before) = (&self.filter, self.before);
        let kin = self.store.walk(|view| {
            invoice_lists::walk(view, filter, before, |found| {
                page.push(found);
                page.len() < INVOICES_PER_LOOK
            })?;
            page.iter().map(|found| Kin::of(view, found)).collect::<Result<Vec<_>, _>>()
        })?;
        self.before = page.last().map_or(Some(InvoiceId(0)), |last| Some(last.id));
        Ok(page.iter().zip(&kin).map(|(found, kin)| self.row(found, kin)).collect())
    }

    fn row(&self, found: &Invoice, kin: &Kin) -> Vec<Cell> {
        let text = |text: &str| Cell::Text(text.to_owned());
        let time = |at| Cell::Moment(time::write(at, &self.zone));
        let review = found.reviewed();
        let mut row = vec![
            Cell::Text(found.id.to_string()),
            text(standing_in(found.standing, self.language)),
            text(is_counted(kin, found, self.language)),
            time(found.recognised),
            text(&found.user_name),
            text(&found.company_name),
            text(&found.file_name),
            text(&found.template_label),
            text(self.source(found)),
            Cell::Text(self.duplicate(kin)),
            Cell::Text(found.void.as_ref().map(|v| format!("{} {}", v.user_name, v.reason)).unwrap_or_default()),
            Cell::Text(self.red(found, kin)),
            Cell::Text(wire::reasons(&found.reasons, self.language)),
            text(review.map_or("", |r| &r.user_name)),
            review.map_or_else(|| text(""), |r| time(r.at)),
            text(found.review.as_ref().and_then(|r| r.against_checks.as_deref()).unwrap_or_default()),
        ];
        row.extend(known().map(|(pos_id, _)| pos_id).chain(self.own.iter().map(String::as_str)).map(|pos_id| field(found, pos_id)));
        if self.has_more {
            let rest = found.regions.iter().filter(|r| !is_known(&r.pos_id) && !self.own.contains(&r.pos_id));
            row.push(Cell::Text(rest.map(|r| format!("{}={}", r.pos_id, r.text)).collect::<Vec<_>>().join("; ")));
        }
        row
    }

    fn source(&self, found: &Invoice) -> &'static str {
        match found.picture.format {
            PictureFormat::Pdf => "PDF",
            PictureFormat::Ofd => "OFD",
            PictureFormat::Xml => "XML",
            _ => self.language.pick("图片", "Picture"),
        }
    }

    fn duplicate(&self, kin: &Kin) -> String {
        let Some((of, decision)) = &kin.duplicate else { return String::new() };
        let (zh, en) = match decision.as_ref().map(|d| d.is_duplicate) {
            None => (format!("疑似与 #{of} 重复"), format!("looks like #{of}")),
            Some(true) => (format!("与 #{of} 重复"), format!("duplicate of #{of}")),
            Some(false) => (format!("与 #{of} 不重复"), format!("not a duplicate of #{of}")),
        };
        if kin.differs.is_empty() {
            return self.language.pick(&zh, &en).to_owned();
        }
        let in_english: Vec<&str> = kin.differs.iter().map(|pos_id| in_english(pos_id)).collect();
        let (zh, en) =
            (format!("{zh}，{}不同", kin.differs.join("、")), format!("{en}, which differs in: {}", in_english.join(", ")));
        self.language.pick(&zh, &en).to_owned()
    }

    fn red(&self, found: &Invoice, kin: &Kin) -> String {
        let (zh, en) = match (found.is_red(), kin.blue_of, kin.red_by) {
            (true, Some(blue), _) => (format!("红字，冲销 #{blue}"), format!("takes back #{blue}")),
            (true, None, _) => ("红字".into(), "red letter".into()),
            (false, _, Some(red)) => (format!("已被 #{red} 红冲"), format!("taken back by #{red}")),
            (false, ..) => Default::default(),
        };
        self.language.pick(&zh, &en).to_owned()
    }
}

fn standing_in(standing: Standing, language: Language) -> &'static str {
    let (zh, en) = match standing {
        Standing::Passed => ("识别通过", "Passed"),
        Standing::Waiting => ("待核对", "To review"),
        Standing::Reading => ("重新识别中", "Being read again"),
        Standing::Reviewed => ("已核对", "Reviewed"),
    };
    language.pick(zh, en)
}

fn is_counted(kin: &Kin, found: &Invoice, language: Language) -> &'static str {
    if kin.class(found) == Class::Confirmed { language.pick("是", "yes") } else { language.pick("否", "no") }
}

fn is_known(pos_id: &str) -> bool {
    known().any(|(known, _)| known == pos_id)
}

/// Sums and dates as typed cells; codes and numbers as text.
fn field(found: &Invoice, pos_id: &str) -> Cell {
    let text = found.text(pos_id).unwrap_or_default();
    let holds = AreaKind::of_pos_id(pos_id).holds();
    if holds == Holds::Date
        && let Some(day) = date_of(text).filter(|(year, ..)| *year > 0)
    {
        return Cell::Day(day);
    }
    // A text can show that its field holds a sum.
    match money::amount(text) {
        Some(fen) if holds == Holds::Sum || holds_sum(pos_id, Some(text)) => Cell::Fen(fen),
        _ => Cell::Text(text.to_owned()),
    }
}

fn as_strs(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

pub async fn export_csv(call: Call) -> Result<Reply, Refusal> {
    let mut export = Export::of(&call).await?;
    Ok(csv::stream("invoices.csv", call.export()?, &as_strs(&export.columns()), move |lines| {
        let rows = export.rows()?;
        for row in &rows {
            let cells: Vec<String> = row.iter().map(Cell::in_words).collect();
            csv::guarded_line(lines, &as_strs(&cells));
        }
        Ok(!rows.is_empty())
    }))
}

pub async fn export_xlsx(call: Call) -> Result<Reply, Refusal> {
    let mut export = Export::of(&call).await?;
    let mut items = Items { store: export.store.clone(), filter: export.filter.clone(), language: export.language, before: None };
    let (blobs, language) = (call.edge.app.blobs.clone(), export.language);
    let in_language = |(zh, en): (&str, &str)| language.pick(zh, en).to_owned();
    let invoices = (in_language(("发票", "Invoices")), export.columns());
    let lines = (in_language(("明细", "Items")), ITEMS.into_iter().map(in_language).collect());
    let table = |(name, columns), more| Table { name, columns, more };
    let tables = vec![table(invoices, Box::new(move || export.rows())), table(lines, Box::new(move || items.rows()))];
    xlsx::stream(blobs, "invoices.xlsx", call.export()?, tables)
}

const ITEMS: [(&str, &str); 13] = [
    ("编号", "Number"),
    ("发票号码", "Invoice number"),
    ("销方名称", "Seller"),
    ("项目名称", "Item"),
    ("规格型号", "Specification"),
    ("单位", "Unit"),
    ("数量", "Quantity"),
    ("单价", "Price"),
    ("金额", "Amount"),
    ("税率", "Tax rate"),
    ("税额", "Tax"),
    ("状态", "State"),
    ("计入合计", "Counted"),
];

/// The lines of the same invoices, in the same order.
struct Items {
    store: Store,
    filter: Filter,
    language: Language,
    before: Option<InvoiceId>,
}

impl Items {
    /// Empty at the end.
    fn rows(&mut self) -> Result<Vec<Vec<Cell>>, StoreError> {
        let mut rows = Vec::new();
        // Most invoices of templates have no lines: an empty look is not yet the end.
        while rows.is_empty() && self.before != Some(InvoiceId(0)) {
            let (mut page, filter, language, before) = (Vec::new(), &self.filter, self.language, self.before);
            self.store.walk(|view| {
                invoice_lists::walk(view, filter, before, |found| {
                    page.push(found);
                    page.len() < INVOICES_PER_LOOK
                })?;
                for found in &page {
                    let items = invoices::items(view, found.id)?;
                    let kin = Kin::of(view, found)?;
                    let of = [standing_in(found.standing, language), is_counted(&kin, found, language)];
                    rows.extend(items.iter().map(|item| line(found, item, of)));
                }
                Ok::<_, StoreError>(())
            })?;
            self.before = page.last().map_or(Some(InvoiceId(0)), |last| Some(last.id));
        }
        Ok(rows)
    }
}

/// `of`: the invoice's state, and whether its sum counts.
fn line(found: &Invoice, item: &Item, of: [&str; 2]) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let number = |text: &str| {
        text.parse().ok().filter(|number: &f64| number.is_finite()).map_or_else(|| Cell::Text(text.to_owned()), Cell::Number)
    };
    let sum = |text: &str| money::amount(text).map_or_else(|| Cell::Text(text.to_owned()), Cell::Fen);
    vec![
        Cell::Text(found.id.to_string()),
        text(found.text(AreaKind::InvoiceId.pos_id()).unwrap_or_default()),
        text(found.text(SELLER).unwrap_or_default()),
        text(&item.name),
        text(&item.spec),
        text(&item.unit),
        number(&item.quantity),
        number(&item.price),
        sum(&item.amount),
        text(&item.tax_rate),
        sum(&item.tax),
        text(of[0]),
        text(of[1]),
    ]
}
