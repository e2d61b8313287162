//! What the columns of exported invoices are called and hold. Not here: which invoices there are (exports.rs).

use crate::app::kin::Kin;
use crate::domain::area::{AreaKind, Holds, KNOWN, POS_LABEL, in_chinese, in_english};
use crate::domain::checks::{NET, TAX, date_of, holds_sum};
use crate::domain::invoice::{Invoice, PictureFormat, Standing};
use crate::domain::judge;
use crate::domain::kind::KINDS;
use crate::domain::money;
use crate::domain::refusal::Refusal;
use crate::domain::totals::{Class, Part, Totals};
use crate::domain::words::Words;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::Language;
use crate::http::tables::xlsx::Cell;
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

pub const COLUMNS_MAX: usize = 100;
const NAME_CHARS_MAX: usize = 70;
/// Areas beyond these share one cell.
pub const OWN_AREAS_MAX: usize = 200;

/// By the word in `columns`. What nobody chose has all but the last.
const OURS: [(&str, &str, &str); 17] = [
    ("id", "编号", "Number"),
    ("state", "状态", "State"),
    ("counted", "计入合计", "Counted"),
    ("time", "识别时间", "Read at"),
    ("user", "上传人", "Uploaded by"),
    ("company", "公司", "Company"),
    ("file", "文件名", "File"),
    ("template", "模板", "Template"),
    ("source", "来源", "Source"),
    ("duplicate", "重复", "Duplicate"),
    ("void", "作废", "Void"),
    ("red", "红字", "Red letter"),
    ("reason", "原因", "Reason"),
    ("reviewed_by", "核对人", "Reviewed by"),
    ("reviewed_time", "核对时间", "Reviewed at"),
    ("override", "不符理由", "Override"),
    ("kind", "票种", "Kind"),
];

/// Before a `pos_id` that is also one of `OURS`.
const FIELD: &str = "field:";

/// English headers as they always were, where nobody chose columns.
const FORMER: [(&str, &str); 3] = [(POS_LABEL, "Type"), ("金额", "Amount"), ("日期", "Date")];

#[derive(Debug)]
enum Column {
    /// Its word.
    Ours(&'static str),
    /// Its `pos_id`.
    Field(String),
    /// Fields without a column of their own.
    Others,
}

impl Column {
    fn of(name: &str) -> Self {
        match OURS.iter().find(|(word, ..)| *word == name) {
            Some((word, ..)) => Self::Ours(word),
            None => Self::Field(name.strip_prefix(FIELD).unwrap_or(name).to_owned()),
        }
    }
}

#[derive(Debug)]
pub struct Columns {
    list: Vec<Column>,
    pub is_chosen: bool,
    language: Language,
    zone: TimeZone,
}

/// In their order; `None`: all.
pub fn chosen(fields: &Fields) -> Result<Option<Vec<String>>, Refusal> {
    if !fields.has("columns") {
        return Ok(None);
    }
    let names = fields.serials("columns", COLUMNS_MAX)?;
    if names.iter().any(|name| name.is_empty() || name.chars().count() > NAME_CHARS_MAX) {
        let zh = format!("columns：每个名称应为 1 到 {NAME_CHARS_MAX} 个字");
        return Err(Refusal::malformed(zh, format!("columns: each name must have 1 to {NAME_CHARS_MAX} characters")));
    }
    Ok(Some(names))
}

fn known() -> impl Iterator<Item = &'static str> {
    [POS_LABEL].into_iter().chain(KNOWN.iter().map(|known| known.pos_id))
}

pub fn is_known(pos_id: &str) -> bool {
    known().any(|known| known == pos_id)
}

impl Columns {
    pub fn chosen(names: &[String], language: Language, zone: TimeZone) -> Self {
        Self { list: names.iter().map(|name| Column::of(name)).collect(), is_chosen: true, language, zone }
    }

    /// `own`: users' own areas, one more than get a column if there are others.
    pub fn all(own: BTreeSet<String>, language: Language, zone: TimeZone) -> Self {
        let others = (own.len() > OWN_AREAS_MAX).then_some(Column::Others);
        let fields = known().map(str::to_owned).chain(own.into_iter().take(OWN_AREAS_MAX)).map(Column::Field);
        let ours = OURS.iter().map(|(word, ..)| Column::Ours(word)).take(OURS.len() - 1);
        Self { list: ours.chain(fields).chain(others).collect(), is_chosen: false, language, zone }
    }

    pub fn names(&self) -> Vec<String> {
        let ours = |word| OURS.iter().find(|(known, ..)| *known == word).map_or("", |(_, zh, en)| self.language.pick(zh, en));
        let name = |column: &Column| match column {
            Column::Ours(word) => ours(*word).to_owned(),
            Column::Field(pos_id) => self.name(pos_id).to_owned(),
            Column::Others => self.language.pick("其他", "Others").to_owned(),
        };
        self.list.iter().map(name).collect()
    }

    fn name<'a>(&self, pos_id: &'a str) -> &'a str {
        if self.is_chosen {
            return self.language.pick(in_chinese(pos_id), in_english(pos_id));
        }
        let former = FORMER.iter().find(|(field, _)| *field == pos_id).map(|(_, en)| *en);
        self.language.pick(pos_id, former.unwrap_or_else(|| in_english(pos_id)))
    }

    pub fn row(&self, found: &Invoice, kin: &Kin) -> Vec<Cell> {
        let cell = |column: &Column| match column {
            Column::Ours(word) => self.ours(word, found, kin),
            Column::Field(pos_id) => self.field(found, pos_id),
            Column::Others => {
                let others = found.regions.iter().filter(|r| !is_known(&r.pos_id) && !self.has(&r.pos_id));
                Cell::Text(others.map(|r| format!("{}={}", r.pos_id, r.text)).collect::<Vec<_>>().join("; "))
            }
        };
        self.list.iter().map(cell).collect()
    }

    fn has(&self, pos_id: &str) -> bool {
        self.list.iter().any(|column| matches!(column, Column::Field(field) if field == pos_id))
    }

    fn ours(&self, word: &str, found: &Invoice, kin: &Kin) -> Cell {
        let time = |at| Cell::Moment(time::write(at, &self.zone));
        let review = found.reviewed();
        let text = match word {
            "id" => found.id.to_string(),
            "state" => self.state(found, kin),
            "counted" => self.counted(found, kin).to_owned(),
            "time" => return time(found.recognised),
            "user" => found.user_name.clone(),
            "company" => found.company_name.clone(),
            "file" => found.file_name.clone(),
            "template" => found.template_label.clone(),
            "source" => self.source(found).to_owned(),
            "duplicate" => self.duplicate(kin),
            "void" => found.void.as_ref().map(|v| format!("{} {}", v.user_name, v.reason)).unwrap_or_default(),
            "red" => self.red(found, kin),
            "reason" => self.reason(found),
            "reviewed_by" => review.map(|r| r.user_name.clone()).unwrap_or_default(),
            "reviewed_time" if review.is_some() => return time(review.map_or(0, |r| r.at)),
            "override" => found.review.as_ref().and_then(|r| r.against_checks.clone()).unwrap_or_default(),
            "kind" => self.kind(found).to_owned(),
            _ => String::new(),
        };
        Cell::Text(text)
    }

    /// Sums and dates as typed cells; codes and numbers as text.
    fn field(&self, found: &Invoice, pos_id: &str) -> Cell {
        let text = found.text(pos_id).unwrap_or_default();
        let holds = AreaKind::of_pos_id(pos_id).holds();
        let is_date = holds == Holds::Date || self.is_chosen && pos_id.ends_with("日期");
        if is_date && let Some(day) = date_of(text).filter(|(year, ..)| *year > 0) {
            return Cell::Day(day);
        }
        // A text can show that its field holds a sum.
        match money::amount(text) {
            Some(fen) if holds == Holds::Sum || holds_sum(pos_id, Some(text)) => Cell::Fen(fen),
            _ => Cell::Text(text.to_owned()),
        }
    }

    pub fn counted(&self, found: &Invoice, kin: &Kin) -> &'static str {
        if kin.class(found) == Class::Confirmed { self.language.pick("是", "yes") } else { self.language.pick("否", "no") }
    }

    pub fn state(&self, found: &Invoice, kin: &Kin) -> String {
        if self.is_chosen {
            return self.state_as_listed(found, kin);
        }
        let (zh, en) = match found.standing {
            Standing::Passed => ("识别通过", "Passed"),
            Standing::Waiting => ("待核对", "To review"),
            Standing::Reading => ("重新识别中", "Being read again"),
            Standing::Reviewed => ("已核对", "Reviewed"),
        };
        self.language.pick(zh, en).to_owned()
    }

    /// As the list of the pages shows it: why an invoice does not count is seen.
    fn state_as_listed(&self, found: &Invoice, kin: &Kin) -> String {
        let (zh, en) = match found.standing {
            Standing::Passed => ("识别正常", "Read reliably"),
            Standing::Waiting => ("待核对", "To review"),
            Standing::Reading => ("待重新识别", "To be read again"),
            Standing::Reviewed => ("已核对", "Reviewed"),
        };
        let is_decided = kin.duplicate.as_ref().map(|(_, decision)| decision.as_ref().map(|d| d.is_duplicate));
        let has_other_sum = kin.differs.iter().any(|pos_id| *pos_id == AreaKind::Money.pos_id());
        let duplicate = match is_decided {
            Some(Some(true)) => Some(("重复，不计入", "Duplicate, not counted")),
            Some(None) if has_other_sum => Some(("疑似重复，金额不同", "Duplicate? Amount differs")),
            Some(None) => Some(("疑似重复", "Duplicate?")),
            Some(Some(false)) | None => None,
        };
        let said =
            [Some((zh, en)), found.is_red().then_some(("红字", "Red")), found.void.as_ref().map(|_| ("已作废", "Void")), duplicate];
        let words: Vec<&str> = said.into_iter().flatten().map(|(zh, en)| self.language.pick(zh, en)).collect();
        words.join(self.language.pick("；", "; "))
    }

    /// Chosen columns name the fields as their headers do.
    fn reason(&self, found: &Invoice) -> String {
        let open = judge::open_reasons(found);
        if !self.is_chosen {
            return wire::reasons(open, self.language);
        }
        let told = open.map(|why| {
            let Words { zh, en } = why.told();
            self.language.pick(&zh, &en).to_owned()
        });
        told.collect::<Vec<_>>().join(self.language.pick("；", "; "))
    }

    fn kind(&self, found: &Invoice) -> &'static str {
        let (zh, en) = match (found.template, found.kind) {
            (Some(_), _) => ("按模板识别", "By a template"),
            (None, kind) => {
                KINDS.iter().find(|(known, ..)| Some(*known) == kind).map_or(("未知", "Unknown"), |(_, _, zh, en)| (*zh, *en))
            }
        };
        self.language.pick(zh, en)
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
        let names: Vec<&str> = kin.differs.iter().map(|pos_id| self.name(pos_id)).collect();
        let (zh, en) = (format!("{zh}，{}不同", names.join("、")), format!("{en}, which differs in: {}", names.join(", ")));
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

    /// What stands below the rows: the sums of those that count, as the pages have them, and what they leave out.
    pub fn foot(&self, Sums { totals, net, tax }: &Sums) -> Vec<Vec<Cell>> {
        let mut rows = Vec::new();
        let sums = [(AreaKind::Money.pos_id(), totals.confirmed.fen), (NET, *net), (TAX, *tax)];
        if sums.iter().any(|(pos_id, _)| self.has(pos_id)) {
            let sum = |column: &Column| match column {
                Column::Field(pos_id) => sums.iter().find_map(|(known, fen)| (known == pos_id).then_some(*fen)),
                _ => None,
            };
            let cell = |column| sum(column).map_or_else(|| Cell::Text(String::new()), |fen| Cell::BoldFen(whole(fen)));
            let mut last: Vec<Cell> = self.list.iter().map(cell).collect();
            if let Some(first) = last.first_mut().filter(|first| matches!(first, Cell::Text(_))) {
                *first = Cell::Bold(self.language.pick("合计", "Total").to_owned());
            }
            rows.push(last);
        }
        rows.push(vec![Cell::Text(said_of(totals, self.language))]);
        rows
    }
}

/// Of the rows so far: the totals, and of those that count what their other columns of money come to.
#[derive(Debug, Default)]
pub struct Sums {
    totals: Totals,
    net: i128,
    tax: i128,
}

impl Sums {
    pub fn add(&mut self, found: &Invoice, class: Class) {
        self.totals.add(found, class);
        if class == Class::Confirmed {
            let fen = |pos_id| found.text(pos_id).and_then(money::amount).map_or(0, i128::from);
            (self.net, self.tax) = (self.net + fen(NET), self.tax + fen(TAX));
        }
    }
}

fn whole(fen: i128) -> i64 {
    i64::try_from(fen).unwrap_or(if fen < 0 { i64::MIN } else { i64::MAX })
}

fn said_of(totals: &Totals, language: Language) -> String {
    let sum = |part: Part| money::written(whole(part.fen));
    let (counted, without) = (totals.confirmed, totals.without_amount());
    let zh = format!("计入合计的有 {} 张，价税合计 {}。", counted.count, sum(counted));
    let invoices = if counted.count == 1 { "invoice" } else { "invoices" };
    let en = format!("In the total: {} {invoices}, {}.", counted.count, sum(counted));
    let left = [
        (totals.waiting, "待核对", "to review"),
        (totals.duplicate, "重复、疑似重复", "duplicates"),
        (totals.void, "作废", "void"),
    ];
    let left = || left.iter().filter(|(part, ..)| part.count > 0);
    let mut others: Vec<String> = match language {
        Language::Chinese => left().map(|(part, zh, _)| format!("{zh} {} 张 {}", part.count, sum(*part))).collect(),
        Language::English => left().map(|(part, _, en)| format!("{} {en} {}", part.count, sum(*part))).collect(),
    };
    if without > 0 {
        let (zh, en) = (format!("没有金额的 {without} 张"), format!("{without} without an amount"));
        others.push(language.pick(&zh, &en).to_owned());
    }
    match (others.is_empty(), language) {
        (true, _) => language.pick(&zh, &en).to_owned(),
        (false, Language::Chinese) => format!("{zh}未计入：{}。", others.join("；")),
        (false, Language::English) => format!("{en} Not in it: {}.", others.join("; ")),
    }
}
