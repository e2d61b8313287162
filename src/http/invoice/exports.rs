//! Invoices for spreadsheets. Not here: their columns (columns.rs), the file formats (http/tables/).

use super::columns::{self, Columns, OWN_AREAS_MAX, Sums, is_known};
use super::hand_out::HandOut;
use super::invoices::{filter, order};
use crate::app::invoice_lists::{self, Filter, IN_ORDER_MAX, Walk};
use crate::app::invoices;
use crate::app::kin::Kin;
use crate::domain::area::AreaKind;
use crate::domain::checks::SELLER;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::Invoice;
use crate::domain::money;
use crate::domain::paper::Item;
use crate::domain::refusal::{Code, Refusal};
use crate::http::edge::call::Call;
use crate::http::edge::reply::Reply;
use crate::http::tables::csv;
use crate::http::tables::xlsx::{self, Cell, Table};
use crate::store::{Store, StoreError};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

const INVOICES_PER_LOOK: usize = 500;
struct Export {
    store: Store,
    walk: Walk,
    columns: Arc<Columns>,
    /// Of the rows so far; taken when they are said.
    sums: Option<Sums>,
}

impl Export {
    async fn of(call: &Call) -> Result<Self, Refusal> {
        let (zone, language) = (call.edge.app.settings().zone(), call.chosen_language()?);
        let filter = filter(&call.fields, call.actor()?, &zone)?;
        let walk = walk(call, filter.clone()).await?;
        let columns = match columns::chosen(&call.fields)? {
            Some(names) => Columns::chosen(&names, language, zone),
            None => Columns::all(own_areas(call, filter).await?, language, zone),
        };
        let sums = columns.is_chosen.then(Sums::default);
        Ok(Self { store: call.edge.app.store.clone(), walk, columns: Arc::new(columns), sums })
    }

    /// Empty at the end.
    fn rows(&mut self, mut written: impl FnMut(InvoiceId)) -> Result<Vec<Vec<Cell>>, StoreError> {
        let (page, kin) = self.store.walk(|view| {
            let page = self.walk.some(view, INVOICES_PER_LOOK)?;
            let kin = page.iter().map(|found| Kin::of(view, found)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>((page, kin))
        })?;
        for (found, kin) in page.iter().zip(&kin) {
            written(found.id);
            self.sums.iter_mut().for_each(|sums| sums.add(found, kin.class(found)));
        }
        Ok(page.iter().zip(&kin).map(|(found, kin)| self.columns.row(found, kin)).collect())
    }

    /// And the sums below. Only where columns were chosen: programs that take all of them find invoices alone.
    fn rows_and_foot(&mut self) -> Result<Vec<Vec<Cell>>, StoreError> {
        // The lines, which are written last, say so.
        let rows = self.rows(|_| {})?;
        let sums = if rows.is_empty() { self.sums.take() } else { None };
        Ok(sums.map_or(rows, |sums| self.columns.foot(&sums)))
    }
}

/// In the order that is asked for.
pub async fn walk(call: &Call, filter: Filter) -> Result<Walk, Refusal> {
    let Some(order) = order(&call.fields)? else { return Ok(Walk::new(filter, None)) };
    let asked = filter.clone();
    let ids = call.edge.app.look(move |view| invoice_lists::in_order(view, &asked, order)).await?;
    let too_many = || {
        let (zh, en) = (
            format!("排序后最多导出 {IN_ORDER_MAX} 张发票：请缩小筛选范围，或取消排序"),
            format!("at most {IN_ORDER_MAX} invoices are exported in an order: please narrow the filter, or leave the order out"),
        );
        Refusal::new(Code::TooLarge, zh, en)
    };
    Ok(Walk::new(filter, Some(ids.ok_or_else(too_many)?)))
}

/// One more than get a column if there are others.
async fn own_areas(call: &Call, filter: Filter) -> Result<BTreeSet<String>, Refusal> {
    let own = call.edge.app.look(move |view| {
        let mut own = BTreeSet::new();
        invoice_lists::walk(view, &filter, None, |found| {
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
    own.await
}

fn as_strs(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

/// What a list of invoices is kept as.
pub const NAME: (&str, &str) = ("发票", "invoices");

/// Without the sum below: what reads a CSV would take it for one more invoice.
pub async fn export_csv(call: Call) -> Result<Reply, Refusal> {
    let mut export = Export::of(&call).await?;
    let name = call.name_of_today(NAME, "csv")?;
    let mut taken = HandOut::new(&call, &name)?;
    Ok(csv::stream(&name, call.export()?, &as_strs(&export.columns.names()), move |lines| {
        let rows = export.rows(|id| taken.add(id))?;
        if rows.is_empty() {
            taken.is_whole()?;
        }
        for row in &rows {
            let cells: Vec<String> = row.iter().map(Cell::in_words).collect();
            csv::guarded_line(lines, &as_strs(&cells));
        }
        Ok::<_, io::Error>(!rows.is_empty())
    }))
}

pub async fn export_xlsx(call: Call) -> Result<Reply, Refusal> {
    let mut export = Export::of(&call).await?;
    let name = call.name_of_today(NAME, "xlsx")?;
    let taken = HandOut::new(&call, &name)?;
    let mut items = Items { store: export.store.clone(), walk: export.walk.clone(), columns: export.columns.clone(), taken };
    let (blobs, language) = (call.edge.app.blobs.clone(), call.chosen_language()?);
    let in_language = |(zh, en): (&str, &str)| language.pick(zh, en).to_owned();
    let invoices = (in_language(("发票", "Invoices")), export.columns.names());
    let lines = (in_language(("明细", "Items")), ITEMS.into_iter().map(in_language).collect());
    let table = |(name, columns): (String, _), more| Table { name, columns, more };
    let tables = vec![table(invoices, Box::new(move || Ok(export.rows_and_foot()?))), table(lines, Box::new(move || items.rows()))];
    xlsx::stream(blobs, &name, call.export()?, tables)
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
    walk: Walk,
    columns: Arc<Columns>,
    taken: HandOut,
}

impl Items {
    /// Empty at the end, which is the file's.
    fn rows(&mut self) -> io::Result<Vec<Vec<Cell>>> {
        let (mut rows, columns, taken) = (Vec::new(), &self.columns, &mut self.taken);
        // Most invoices of templates have no lines: an empty look is not yet the end.
        while rows.is_empty() {
            let is_end = self.store.walk(|view| {
                let page = self.walk.some(view, INVOICES_PER_LOOK)?;
                for found in &page {
                    taken.add(found.id);
                    let items = invoices::items(view, found.id)?;
                    let kin = Kin::of(view, found)?;
                    let of = [columns.state(found, &kin), columns.counted(found, &kin).to_owned()];
                    rows.extend(items.iter().map(|item| line(found, item, &of)));
                }
                Ok::<_, StoreError>(page.is_empty())
            })?;
            if is_end {
                taken.is_whole()?;
                break;
            }
        }
        Ok(rows)
    }
}

/// `of`: the invoice's state, and whether its sum counts.
fn line(found: &Invoice, item: &Item, of: &[String; 2]) -> Vec<Cell> {
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
        text(&of[0]),
        text(&of[1]),
    ]
}
