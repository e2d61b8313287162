//! The head of the table of an invoice: which columns it has, and where. Not here: its lines (items.rs), its sums (sums.rs).

use super::labels::Spot;
use super::lines::Sheet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Spec,
    Unit,
    Quantity,
    Price,
    Amount,
    Rate,
    Tax,
    /// Any other: 序号, 车牌号, 通行日期起.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub column: Column,
    pub left: f32,
    pub right: f32,
}

impl Place {
    /// How far a piece stands from it: 0 where they overlap.
    pub fn distance(&self, left: f32, right: f32) -> f32 {
        (self.left - right).max(left - self.right).max(0.0)
    }

    /// How much of a piece is below it.
    pub fn overlap(&self, left: f32, right: f32) -> f32 {
        (self.right.min(right) - self.left.max(left)).max(0.0)
    }
}

/// From left to right.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub row: usize,
    /// The last row of its words, if they are set in two.
    pub last: usize,
    pub places: Vec<Place>,
}

/// Longer ones before what they contain.
const WORDS: [(&str, Column); 28] = [
    ("货物或应税劳务、服务名称", Column::Name),
    ("货物或应税劳务,服务名称", Column::Name),
    ("货物或应税劳务服务名称", Column::Name),
    ("货物或应税劳务名称", Column::Name),
    ("货物(劳务)名称", Column::Name),
    ("货物及应税劳务名称", Column::Name),
    ("货物劳务名称", Column::Name),
    ("项目名称", Column::Name),
    ("货物名称", Column::Name),
    ("规格型号", Column::Spec),
    ("单位", Column::Unit),
    ("数量", Column::Quantity),
    ("单价(含税)", Column::Other),
    ("单价", Column::Price),
    ("金额", Column::Amount),
    ("税率/征收率", Column::Rate),
    ("征收率", Column::Rate),
    ("税率", Column::Rate),
    ("税额", Column::Tax),
    ("序号", Column::Other),
    ("车牌号", Column::Other),
    ("类型", Column::Other),
    ("通行日期起", Column::Other),
    ("通行日期止", Column::Other),
    ("建筑服务发生地", Column::Other),
    ("建筑项目名称", Column::Other),
    ("产权证书", Column::Other),
    ("面积单位", Column::Other),
];

impl Head {
    pub fn place(&self, column: Column) -> Option<&Place> {
        self.places.iter().find(|place| place.column == column)
    }

    /// The column that a piece is of: the one it overlaps most, else the nearest.
    pub fn nearest(&self, left: f32, right: f32, may: impl Fn(Column) -> bool) -> Option<&Place> {
        self.places.iter().filter(|place| may(place.column)).min_by(|a, b| {
            let (over_a, over_b) = (a.overlap(left, right), b.overlap(left, right));
            over_b.total_cmp(&over_a).then(a.distance(left, right).total_cmp(&b.distance(left, right)))
        })
    }
}

/// All heads of a sheet, from top to bottom.
pub(super) fn heads(sheet: &Sheet) -> Vec<Head> {
    let places = places(sheet);
    let mut found: Vec<Head> = Vec::new();
    for row in 0..sheet.rows.len() {
        let mut head = Head { row, last: row, places: places[row].clone() };
        // Set in two rows, or a little off: 金额 stands in one of them.
        if let (Some(next), Some(below)) = (sheet.rows.get(row + 1), places.get(row + 1))
            && next.middle() - sheet.rows[row].middle() < sheet.rows[row].height() * 1.2
            && !head.places.is_empty()
            && !below.is_empty()
        {
            head.last = row + 1;
            head.places.extend(below);
            head.places.sort_by(|a, b| a.left.total_cmp(&b.left));
        }
        let has = |column| head.place(column).is_some();
        let is_head = has(Column::Amount) && (has(Column::Tax) || has(Column::Rate) || has(Column::Name) && head.places.len() >= 3);
        if is_head && found.last().is_none_or(|last| last.last < row) {
            found.push(head);
        }
    }
    found
}

/// Of each row.
fn places(sheet: &Sheet) -> Vec<Vec<Place>> {
    let mut places: Vec<Vec<Place>> = vec![Vec::new(); sheet.rows.len()];
    let mut taken: Vec<Spot> = Vec::new();
    for (word, column) in WORDS {
        for spot in sheet.spots(word) {
            let is_free = taken.iter().all(|other| other.row != spot.row || spot.to <= other.from || spot.from >= other.to);
            let row = &sheet.rows[spot.row];
            // A column has its word alone.
            let last = row.chars[spot.to - 1];
            let ends = row.chars.get(spot.to).is_none_or(|next| last.gap(*next) > 0.35 || "/(".contains(next.c));
            if let Some(rect) = sheet.place(&spot).filter(|_| is_free && ends) {
                taken.push(spot);
                places[spot.row].push(Place { column, left: rect.x, right: rect.right() });
            }
        }
    }
    for row in &mut places {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    places
}
