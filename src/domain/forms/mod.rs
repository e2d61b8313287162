//! Known forms: what the runs of a paper mean, found by label words and layout, whoever read them. Not here: files (papers/), checks of
//! the result (checks.rs).

use super::kind::Kind;
use super::paper::{Item, Page, Paper, Source};
use super::template::Rect;

mod columns;
mod found;
mod invoice;
mod items;
mod join;
mod labels;
mod lines;
mod parties;
mod plain;
mod propose;
mod same;
mod stated;
mod sums;
#[cfg(test)]
mod tests;
mod title;
mod travel;
mod values;

pub use lines::DOUBT;
pub use propose::{Label, Proposal, propose};
pub use same::is_same;
pub use title::may_be_known;

/// What a known form can have, in the words of the contract's §6.
pub const POS_IDS: [&str; 22] = [
    "发票代码",
    "发票号码",
    "日期",
    "校验码",
    "客户名称",
    "购方税号",
    "销方名称",
    "销方税号",
    "不含税金额",
    "税额",
    "金额",
    "中文金额",
    "备注",
    "开票人",
    "车次",
    "出发站",
    "到达站",
    "座位",
    "乘车日期",
    "时间",
    "姓名",
    "身份证号码",
];

/// One value of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// In the words of the contract's §6.
    pub pos_id: &'static str,
    pub text: String,
    /// 0 to 1.
    pub probability: f64,
    pub source: Source,
    /// From 1.
    pub page: u32,
    /// Pixels of the page's picture; `None` for what only data says.
    pub rect: Option<Rect>,
}

/// One invoice of a paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub kind: Kind,
    /// Each `pos_id` once for each source that has it, the surest first; once more where a source contradicts itself.
    pub fields: Vec<Field>,
    pub items: Vec<Item>,
    /// First and last page, from 1.
    pub pages: (u32, u32),
    /// Pictures on its pages, or papers on its picture, that may be other invoices.
    pub beside: u32,
}

impl Form {
    /// As read from a picture of this page.
    pub fn on(mut self, page: u32) -> Self {
        self.pages = (page, page);
        self.fields.iter_mut().for_each(|field| field.page = page);
        self
    }

    /// Whether the form says its sum once more: in words, or as what it is made of.
    pub fn sum_has_witness(&self) -> bool {
        let has = |pos_id: &str| self.fields.iter().any(|field| field.pos_id == pos_id);
        has("中文金额") || has("不含税金额") && has("税额")
    }

    fn is_on(&self, page: u32) -> bool {
        (self.pages.0..=self.pages.1).contains(&page)
    }
}

/// A scan's page may have this much text: its number, the name of the scanner.
const SCAN_CHARS_MAX: usize = 50;

fn chars(page: &Page) -> usize {
    page.runs.iter().flat_map(|run| run.text.chars()).filter(|c| !c.is_whitespace()).count()
}

/// How many of the paper's pages are an invoice's, and those that only a picture can tell of: scans, of whatever.
pub fn pages_read(paper: &Paper, forms: &[Form]) -> (u32, Vec<u32>) {
    let (mut read, mut scans) = (0, Vec::new());
    for (number, page) in (1..).zip(&paper.pages) {
        match (forms.iter().any(|form| form.is_on(number)), chars(page)) {
            (true, 1..) => read += 1,
            // The data of a file is about its only page.
            (true, 0) if paper.pages.len() == 1 => read += 1,
            (true, 0) | (false, ..SCAN_CHARS_MAX) => scans.push(number),
            (false, _) => {}
        }
    }
    (read, scans)
}

/// Adds what a further page shows; it may be a page of an invoice that is there already.
pub fn add(forms: &mut Vec<Form>, of_page: Vec<Form>) {
    of_page.into_iter().for_each(|form| join::add(forms, form));
    forms.sort_by_key(|form| form.pages.0);
}

/// The invoices of a paper, in its order; none if no form is known.
pub fn read(paper: &Paper) -> Vec<Form> {
    join::with_data(paper, join::shown(paper))
}
