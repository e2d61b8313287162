//! The QR code printed on VAT invoices. Not here: finding it on a picture (engine), faults (checks.rs).

use super::area::AreaKind;
use super::calendar::date_of;
use super::kind::Kind;
use super::money::amount;
use super::region::{Region, is_sure};
use super::template::Learnt;
use super::text::compact;

/// `Region::status` of a text taken from the QR code.
pub const FROM_CODE: i32 = 1;
pub const CODE_PROBABILITY: f64 = 0.99;

const CHECK_CODE: &str = "校验码";

/// `01,<type>,<code>,<number>,<amount>,<yyyymmdd>,<check code>,…`; `<code>` is empty on fully digital invoices.
#[derive(Debug)]
pub struct VatCode<'a> {
    kind: &'a str,
    code: &'a str,
    number: &'a str,
    amount: &'a str,
    date: &'a str,
    check: &'a str,
}

impl<'a> VatCode<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let fields: Vec<&str> = text.trim().split(',').map(str::trim).collect();
        let [version, kind, code, number, amount, date, ref rest @ ..] = *fields.as_slice() else { return None };
        let digits = |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
        let sound = version == "01" && digits(kind, &[2]) && digits(code, &[0, 10, 12]) && digits(number, &[8, 20]);
        let check = rest.first().copied().filter(|check| digits(check, &[20])).unwrap_or_default();
        sound.then_some(Self { kind, code, number, amount, date, check })
    }

    /// `(pos_id, text)` of what it says of its invoice. Its sum is the one without tax on forms that show tax, and is left out.
    pub fn fields(&self) -> Vec<(String, String)> {
        // As forms print it.
        let date = date_of(self.date).map(|(year, month, day)| format!("{year}年{month:02}月{day:02}日")).unwrap_or_default();
        let [code, number, day] = [AreaKind::InvoiceCode, AreaKind::InvoiceId, AreaKind::Date].map(AreaKind::pos_id);
        let said = [(code, self.code), (number, self.number), (day, date.as_str()), (CHECK_CODE, self.check)];
        said.into_iter().filter(|(_, text)| !text.is_empty()).map(|(pos_id, text)| (pos_id.to_owned(), text.to_owned())).collect()
    }

    /// Which form it is printed on; `None` for types that say nothing of it.
    pub fn form(&self) -> Option<Kind> {
        match self.kind {
            "01" => Some(Kind::VatSpecial),
            "04" => Some(Kind::VatNormal),
            "08" => Some(Kind::VatESpecial),
            // Of road tolls, too.
            "10" => Some(Kind::of_code(self.code).filter(|kind| *kind == Kind::VatToll).unwrap_or(Kind::VatENormal)),
            "11" => Some(Kind::VatRoll),
            "31" => Some(Kind::DigitalSpecial),
            "32" => Some(Kind::DigitalNormal),
            "51" => Some(Kind::DigitalRail),
            "61" => Some(Kind::DigitalAir),
            _ => None,
        }
    }

    /// The code's value for an area. Its amount excludes tax, and areas may hold either sum, so it applies only where the
    /// template's origin picture held exactly its own code's amount.
    fn says(&self, area: &str, learnt: &Learnt) -> Option<&'a str> {
        let said = match AreaKind::of_pos_id(area) {
            AreaKind::InvoiceCode => self.code,
            AreaKind::InvoiceId => self.number,
            AreaKind::Date => self.date,
            _ => {
                let origin = learnt.code.as_deref().and_then(VatCode::parse)?;
                let own = learnt.specimen(area).and_then(amount)?;
                if amount(origin.amount) == Some(own) { self.amount } else { "" }
            }
        };
        (!said.is_empty()).then_some(said)
    }

    /// `None` if the two can't be compared.
    fn agrees(&self, region: &Region, learnt: &Learnt) -> Option<bool> {
        let said = self.says(&region.pos_id, learnt).filter(|_| !region.text.is_empty())?;
        match region.kind() {
            AreaKind::InvoiceCode | AreaKind::InvoiceId => Some(compact(&region.text) == said),
            AreaKind::Date => date_of(&region.text).zip(date_of(said)).map(|(a, b)| a == b),
            _ => amount(&region.text).zip(amount(said)).map(|(a, b)| a == b),
        }
    }

    /// The value in the format of the origin picture.
    fn written(&self, area: &str, learnt: &Learnt) -> Option<String> {
        let said = self.says(area, learnt)?;
        let own = learnt.specimen(area).unwrap_or_default();
        match AreaKind::of_pos_id(area) {
            AreaKind::InvoiceCode | AreaKind::InvoiceId => Some(said.to_owned()),
            AreaKind::Date => {
                let (year, month, day) = date_of(said)?;
                Some(if own.contains('年') || own.is_empty() {
                    format!("{year}年{month:02}月{day:02}日")
                } else {
                    let between = own.chars().find(|c| ['-', '/', '.'].contains(c)).map_or(String::new(), String::from);
                    format!("{year}{between}{month:02}{between}{day:02}")
                })
            }
            _ => Some(own.chars().next().filter(|c| ['¥', '￥'].contains(c)).into_iter().chain(said.chars()).collect()),
        }
    }

    /// Where the code's sum is none of the invoice's: it is the one without tax on forms that show tax, else the whole. `(area, its
    /// text, the code's)`.
    pub fn other_sum<'r>(&self, regions: &'r [Region]) -> Option<(&'r str, &'r str, &'a str)> {
        let text = |pos_id: &str| regions.iter().find(|r| r.pos_id == pos_id).map(|r| (r.pos_id.as_str(), r.text.as_str()));
        let fen = |pos_id: &str| amount(text(pos_id)?.1);
        let (said, whole) = (amount(self.amount)?, fen(AreaKind::Money.pos_id())?);
        let net = fen("不含税金额").or_else(|| Some(whole - fen("税额")?));
        let is_whole = self.kind.starts_with(['3', '5', '6']);
        // Of a form with tax the whole alone says nothing of the sum without.
        if !is_whole && net.is_none() || said == whole || Some(said) == net {
            return None;
        }
        let (area, text) = text("不含税金额").filter(|_| !is_whole).or_else(|| text(AreaKind::Money.pos_id()))?;
        Some((area, text, self.amount))
    }
}

/// The VAT codes, to be stored with the invoice.
pub fn kept(codes: Vec<String>) -> Vec<String> {
    const CODES_MAX: usize = 4;
    const CHARS_MAX: usize = 400;
    let says = |code: &String| code.chars().count() <= CHARS_MAX && VatCode::parse(code).is_some();
    codes.into_iter().filter(says).take(CODES_MAX).collect()
}

pub fn invoices(codes: &[String]) -> u32 {
    let mut known: Vec<(&str, &str)> = codes.iter().filter_map(|c| VatCode::parse(c)).map(|c| (c.code, c.number)).collect();
    known.sort_unstable();
    known.dedup();
    known.len().try_into().unwrap_or(u32::MAX)
}

pub fn contradicted<'r>(code: &VatCode<'r>, regions: &'r [Region], learnt: &Learnt) -> impl Iterator<Item = (&'r Region, String)> {
    let differ = regions.iter().filter(|r| code.agrees(r, learnt) == Some(false));
    differ.map(|r| (r, code.says(&r.pos_id, learnt).unwrap_or_default().to_owned())).collect::<Vec<_>>().into_iter()
}

/// `(pos_id, text)` for regions below `threshold`, from a code that is surely this invoice's: it agrees with at least one sure
/// region and contradicts none.
pub fn fillings(regions: &[Region], learnt: &Learnt, threshold: f64, codes: &[String]) -> Vec<(String, String)> {
    let (sure, unsure): (Vec<&Region>, Vec<&Region>) = regions.iter().partition(|r| is_sure(r, threshold) && !r.text.is_empty());
    let is_of_this = |code: &VatCode<'_>| {
        let mut answers = sure.iter().filter_map(|r| code.agrees(r, learnt)).peekable();
        answers.peek().is_some() && answers.all(|agrees| agrees)
    };
    let Some(code) = codes.iter().filter_map(|c| VatCode::parse(c)).find(is_of_this) else { return Vec::new() };
    unsure.iter().filter_map(|r| Some((r.pos_id.clone(), code.written(&r.pos_id, learnt)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::paper::Source;

    fn region(area: &str, text: &str, probability: f64) -> Region {
        Region {
            pos_id: area.into(),
            position: None,
            text: text.into(),
            probability,
            status: 0,
            source: Source::Ocr,
            page: 1,
            doubts: Vec::new(),
        }
    }

    #[test]
    fn a_road_toll_is_told_by_its_code() {
        let form =
            |code: &str| VatCode::parse(&format!("01,10,{code},36151707,51.2,20180323,11241636206802490280,77BC,")).unwrap().form();
        assert_eq!((form("042001700112"), form("042001700111")), (Some(Kind::VatToll), Some(Kind::VatENormal)));
    }

    #[test]
    fn a_code_whose_sum_is_none_of_the_invoices_is_of_another_paper() {
        let regions = |sums: &[(&str, &str)]| sums.iter().map(|(area, text)| region(area, text, 1.0)).collect::<Vec<_>>();
        let both = regions(&[("金额", "100.25"), ("不含税金额", "97.33")]);
        let other =
            |code: &str, regions: &[Region]| VatCode::parse(code).unwrap().other_sum(regions).map(|(area, ..)| area.to_owned());
        let vat = |sum: &str| format!("01,10,042001700112,36151707,{sum},20180323,11241636206802490280,77BC,");
        assert_eq!(other(&vat("51.2"), &both).as_deref(), Some("不含税金额"));
        assert_eq!((other(&vat("97.33"), &both), other(&vat("100.25"), &both)), (None, None));
        let with_tax = regions(&[("金额", "100.25"), ("税额", "2.92")]);
        assert_eq!(other(&vat("51.2"), &with_tax).as_deref(), Some("金额"));
        assert_eq!(other(&vat("97.33"), &with_tax), None);
        assert_eq!(other(&vat("51.2"), &regions(&[("金额", "100.25")])), None, "it may be the sum without tax");
        let digital = "01,32,,26000000000999000011,113.00,20260102,,1234,";
        assert_eq!(other(digital, &regions(&[("金额", "118.00"), ("不含税金额", "100.00")])).as_deref(), Some("金额"));
        assert_eq!(other(digital, &regions(&[("金额", "113.00")])), None);
    }

    #[test]
    fn the_code_fills_unreadable_areas_of_its_own_invoice() {
        let codes = ["01,10,044001900111,12345678,100.00,20181004,12345678901234567890,ABCD,".to_owned()];
        let own = Learnt {
            areas: [("合计金额", "¥50.00"), ("金额", "¥56.50")].map(|(p, t)| (p.into(), t.into())).into(),
            code: Some("01,10,044001900111,12345670,50.00,20180901,1,A,".into()),
            ..Learnt::default()
        };
        let filled = |regions: &[Region]| fillings(regions, &own, 0.9, &codes);
        let read = vec![
            region("发票代码", "044001900111", 0.99),
            region("发票号码", "1234", 0.3),
            region("日期", "", 0.0),
            region("合计金额", "¥1OO", 0.5),
            region("金额", "", 0.0),
        ];
        let want =
            [("发票号码", "12345678"), ("日期", "2018年10月04日"), ("合计金额", "¥100.00")].map(|(p, t)| (p.into(), t.into()));
        assert_eq!(filled(&read), want);
        assert_eq!(filled(&read[1..]), []);
        assert_eq!(filled(&[region("日期", "2018年10月05日", 0.95), read[0].clone(), read[1].clone()]), []);
        assert_eq!(fillings(&read, &own, 0.9, &[]), []);
    }

    #[test]
    fn codes_of_one_invoice_count_once() {
        let code = |number: &str, amount: &str| format!("01,10,044001900111,{number},{amount},20181004,1,A,");
        assert_eq!(invoices(&[code("12345678", "1.00"), code("12345678", "1.00"), "https://example.com".into()]), 1);
        assert_eq!((invoices(&[code("12345678", "1.00"), code("12345679", "1.00")]), invoices(&[])), (2, 0));
    }

    #[test]
    fn a_date_is_written_as_the_template_has_it() {
        let codes = ["01,10,044001900111,12345678,100.00,20181004,1,A,".to_owned()];
        let read = [region("发票号码", "12345678", 0.95), region("日期", "", 0.0)];
        for (own, want) in
            [("2017-01-02", "2018-10-04"), ("2017/1/2", "2018/10/04"), ("20170102", "20181004"), ("2017年1月2日", "2018年10月04日")]
        {
            let learnt = Learnt { areas: vec![("日期".to_owned(), own.to_owned())], ..Learnt::default() };
            assert_eq!(fillings(&read, &learnt, 0.9, &codes), [("日期".to_owned(), want.to_owned())]);
        }
    }
}
