//! Why an invoice needs a person, in both languages. Not here: finding the reasons (checks.rs).

use super::area::{AreaKind, in_chinese, in_english};
use super::certainty::rounded_down;
use super::news::Broken;
use super::paper::Source;
use super::refusal::sentence;
use super::words::Words;
use serde::{Deserialize, Serialize};

/// Stored with the invoice: append new variants at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    Unsure {
        area: String,
        probability: f64,
    },
    AmountsDiffer {
        money: String,
        money_cn: String,
    },
    NoAmount {
        area: String,
        text: String,
    },
    CodeDiffers {
        area: String,
        text: String,
        code: String,
    },
    NotADate {
        text: String,
    },
    Digits {
        area: String,
        text: String,
    },
    CheckDigit {
        area: String,
        text: String,
    },
    /// Two areas no longer add up to a third; each is `(area, text)`.
    SumDiffers {
        parts: [(String, String); 2],
        whole: (String, String),
    },
    Pages {
        pages: u32,
        read: u32,
    },
    Several {
        invoices: u32,
    },
    Reread {
        area: String,
        entered: String,
        read: String,
    },
    ReadTwice {
        area: String,
        first: String,
        second: String,
    },
    Emptied {
        area: String,
        text: String,
    },
    /// A new reading did not confirm a person's entry; only a person settles that.
    Unconfirmed {
        area: String,
    },
    NoTemplateFits,
    EngineNotAsked,
    EngineNoAnswer,
    WentDown,
    /// Two sources of one file say different things; each is `(source, text)`, the surer first.
    SourcesDiffer {
        area: String,
        surer: (Source, String),
        other: (Source, String),
    },
    /// What every invoice of this kind has.
    Missing {
        area: String,
    },
    /// The lines' sums, and the invoice's own.
    ItemsDiffer {
        area: String,
        items: String,
        whole: String,
    },
    /// It says which invoice it takes back, and its sum is not negative.
    RedWithoutMinus {
        text: String,
    },
    /// Beside the text of a document's page; what they show is not known.
    PicturesBeside {
        pictures: u32,
    },
    /// The day on it was still to come when it was read.
    DayToCome {
        text: String,
    },
    /// Of a line, from 1: its tax is not its rate of its amount.
    LineTaxDiffers {
        line: u32,
        amount: String,
        rate: String,
        tax: String,
    },
    /// As `Unsure`, where there is nothing to be sure of.
    NothingRead {
        area: String,
        probability: f64,
    },
}

fn or_nothing<'a>(text: &'a str, nothing: &'a str) -> &'a str {
    if text.is_empty() { nothing } else { text }
}

fn per_cent(probability: f64) -> String {
    format!("{:.0}%", rounded_down(probability, 2) * 100.0)
}

fn several_in_english(invoices: u32) -> String {
    let invoices = if invoices == 2 { "two".to_owned() } else { invoices.to_string() };
    format!("{invoices} invoices are on this picture, one was read: please mark the papers on it, or upload each by itself")
}

fn differ_in_english(area: &str, (a, x): &(Source, String), (b, y): &(Source, String)) -> String {
    if a == b {
        return format!("{area}: both \"{x}\" and \"{y}\" in the {}", a.en());
    }
    format!("{area}: \"{x}\" in the {}, \"{y}\" in the {}", a.en(), b.en())
}

impl Reason {
    /// In the words of the interface document.
    pub fn zh(&self) -> String {
        self.in_chinese(|area| area, |probability| format!("置信度 {:.2}", rounded_down(probability, 2)))
    }

    /// In the words of the interface document, with Chinese area names.
    pub fn en(&self) -> String {
        self.in_english(|area| area, |probability| format!("confidence {:.2}", rounded_down(probability, 2)))
    }

    /// In the words of the pages.
    pub fn told(&self) -> Words {
        let zh = self.in_chinese(in_chinese, |probability| format!("可信度 {}", per_cent(probability)));
        Words { zh, en: self.in_english(in_english, |probability| format!("confidence {}", per_cent(probability))) }
    }

    fn in_chinese(&self, name: impl Fn(&str) -> &str, certainty: impl Fn(f64) -> String) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{}识别不可靠（{}）", name(area), certainty(*probability)),
            Self::NothingRead { area, .. } => format!("{}没有读到内容", name(area)),
            Self::AmountsDiffer { money, money_cn } => {
                format!("{}“{money}”与{}“{money_cn}”不一致", name(AreaKind::Money.pos_id()), name(AreaKind::MoneyCn.pos_id()))
            }
            Self::NoAmount { area, text } if text.is_empty() => format!("{}没有读到内容，应为金额", name(area)),
            Self::NoAmount { area, text } => format!("{}“{text}”不是金额", name(area)),
            Self::CodeDiffers { area, text, code } => format!("{}“{text}”与二维码“{code}”不一致", name(area)),
            Self::NotADate { text } => format!("{}“{text}”不是有效日期", name(AreaKind::Date.pos_id())),
            Self::Digits { area, text } => format!("{}“{text}”位数不正确", name(area)),
            Self::CheckDigit { area, text } => format!("{}“{text}”校验位不正确", name(area)),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => {
                format!("{}“{x}”与{}“{y}”之和不等于{}“{z}”", name(a), name(b), name(c))
            }
            Self::Pages { pages, read } => format!("文件有 {pages} 页，只识别了 {read} 页：请把每一页单独上传"),
            Self::Several { invoices: 2 } => "这张图片上有两张发票，只识别了一张：请划分图上的票据，或把每一张单独上传".into(),
            Self::Several { invoices } => {
                format!("这张图片上有 {invoices} 张发票，只识别了一张：请划分图上的票据，或把每一张单独上传")
            }
            Self::PicturesBeside { pictures } => {
                format!("文字旁边有 {pictures} 张图片，没有识别：如果是别的发票，请划分图上的票据，或单独上传")
            }
            Self::Reread { area, entered, read } => {
                format!("{}：填写为 {}，重新识别为 {}", name(area), or_nothing(entered, "空"), or_nothing(read, "空"))
            }
            Self::ReadTwice { area, first, second } => {
                format!("{}：识别出两个结果 {} 和 {}", name(area), or_nothing(first, "空"), or_nothing(second, "空"))
            }
            Self::Emptied { area, text } => {
                format!("{}：原为“{text}”，不能清空；票面上没有此项时请标明（absent）", name(area))
            }
            Self::Unconfirmed { area } => format!("{}由人填写或核对过，重新识别没有读准，请人工核对", name(area)),
            Self::NoTemplateFits => "没有匹配的模板".into(),
            Self::EngineNotAsked => format!("识别失败：{}", sentence::ENGINE_SEND),
            Self::EngineNoAnswer => format!("识别失败：{}", sentence::ENGINE_RECEIVE),
            Self::WentDown => "系统在识别这张图片时两次中断".into(),
            Self::SourcesDiffer { area, surer: (a, x), other: (b, y) } if a == b => {
                format!("{}：{}中既有“{x}”，又有“{y}”，互相矛盾", name(area), a.zh())
            }
            Self::SourcesDiffer { area, surer: (a, x), other: (b, y) } => {
                format!("{}：{}中为“{x}”，{}中为“{y}”，互相矛盾", name(area), a.zh(), b.zh())
            }
            Self::Missing { area } => format!("没有找到{}", name(area)),
            Self::RedWithoutMinus { text } => {
                format!("备注写明这是红字发票，{}“{text}”却不是负数", name(AreaKind::Money.pos_id()))
            }
            Self::DayToCome { text } => format!("{}“{text}”晚于识别当天", name(AreaKind::Date.pos_id())),
            Self::LineTaxDiffers { line, amount, rate, tax } => {
                format!("明细第 {line} 行：税额“{tax}”不等于金额“{amount}”乘以税率 {rate}")
            }
            Self::ItemsDiffer { area, items, whole } => format!("各行{0}之和“{items}”不等于{0}“{whole}”", name(area)),
        }
    }

    fn in_english(&self, name: impl Fn(&str) -> &str, certainty: impl Fn(f64) -> String) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{} was not read reliably ({})", name(area), certainty(*probability)),
            Self::NothingRead { area, .. } => format!("{}: nothing was read", name(area)),
            Self::AmountsDiffer { money, money_cn } => {
                format!(
                    "{} \"{money}\" and {} \"{money_cn}\" differ",
                    name(AreaKind::Money.pos_id()),
                    name(AreaKind::MoneyCn.pos_id())
                )
            }
            Self::NoAmount { area, text } if text.is_empty() => format!("{} is empty where an amount should be", name(area)),
            Self::NoAmount { area, text } => format!("{} \"{text}\" is no amount", name(area)),
            Self::CodeDiffers { area, text, code } => format!("{} \"{text}\" differs from the QR code's \"{code}\"", name(area)),
            Self::NotADate { text } => format!("{} \"{text}\" is no date", name(AreaKind::Date.pos_id())),
            Self::Digits { area, text } => format!("{} \"{text}\" has a wrong number of digits", name(area)),
            Self::CheckDigit { area, text } => format!("{} \"{text}\" has a wrong check digit", name(area)),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => {
                format!("{} \"{x}\" and {} \"{y}\" do not add up to {} \"{z}\"", name(a), name(b), name(c))
            }
            Self::Pages { pages, read } => format!("the file has {pages} pages, {read} read: please upload each page by itself"),
            Self::Several { invoices } => several_in_english(*invoices),
            Self::PicturesBeside { pictures } => {
                format!(
                    "pictures beside the text were not read ({pictures}): if they are other invoices, please mark the papers on the page, or upload them by themselves"
                )
            }
            Self::Reread { area, entered, read } => {
                format!(
                    "{}: entered as {}, read again as {}",
                    name(area),
                    or_nothing(entered, "nothing"),
                    or_nothing(read, "nothing")
                )
            }
            Self::ReadTwice { area, first, second } => {
                format!("{}: read both as {} and as {}", name(area), or_nothing(first, "nothing"), or_nothing(second, "nothing"))
            }
            Self::Emptied { area, text } => {
                format!(
                    "{}: holds \"{text}\" and can't be emptied; say that it is not on the paper (absent) if it is so",
                    name(area)
                )
            }
            Self::Unconfirmed { area } => {
                format!("{} is a person's word, and was not read reliably again: a person has to look at it", name(area))
            }
            Self::NoTemplateFits => "no matching template".into(),
            Self::EngineNotAsked | Self::EngineNoAnswer => "recognition failed: the engine gave no proper answer".into(),
            Self::WentDown => "the box went down twice while this picture was being read".into(),
            Self::SourcesDiffer { area, surer, other } => differ_in_english(name(area), surer, other),
            Self::Missing { area } => format!("{} was not found", name(area)),
            Self::RedWithoutMinus { text } => {
                let money = name(AreaKind::Money.pos_id());
                format!("the remarks say that it takes another invoice back, and {money} \"{text}\" is not negative")
            }
            Self::DayToCome { text } => {
                format!("{} \"{text}\" was still to come when it was read", name(AreaKind::Date.pos_id()))
            }
            Self::LineTaxDiffers { line, amount, rate, tax } => {
                format!("line {line} of the items: the tax \"{tax}\" is not {rate} of \"{amount}\"")
            }
            Self::ItemsDiffer { area, items, whole } => {
                format!("the lines' {0} add up to \"{items}\", and {0} is \"{whole}\"", name(area))
            }
        }
    }

    /// The areas it doubts, each with the text it refers to.
    pub fn doubted(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Self::Unsure { area, .. } | Self::NothingRead { area, .. } => vec![(area, None)],
            Self::Unconfirmed { area } | Self::Missing { area } => vec![(area, None)],
            Self::SourcesDiffer { area, surer: (_, text), .. } | Self::ItemsDiffer { area, whole: text, .. } => {
                vec![(area, Some(text))]
            }
            Self::NoAmount { area, text }
            | Self::CodeDiffers { area, text, .. }
            | Self::Digits { area, text }
            | Self::CheckDigit { area, text }
            | Self::Reread { area, entered: text, .. }
            | Self::ReadTwice { area, second: text, .. }
            | Self::Emptied { area, text } => vec![(area, Some(text))],
            Self::AmountsDiffer { money, money_cn } => {
                vec![(AreaKind::Money.pos_id(), Some(money)), (AreaKind::MoneyCn.pos_id(), Some(money_cn))]
            }
            Self::NotADate { text } | Self::DayToCome { text } => vec![(AreaKind::Date.pos_id(), Some(text))],
            Self::RedWithoutMinus { text } => vec![(AreaKind::Money.pos_id(), Some(text))],
            Self::SumDiffers { parts: [a, b], whole } => {
                [a, b, whole].map(|(area, text)| (area.as_str(), Some(text.as_str()))).into()
            }
            Self::Pages { .. } | Self::Several { .. } | Self::PicturesBeside { .. } | Self::LineTaxDiffers { .. } => Vec::new(),
            Self::NoTemplateFits | Self::EngineNotAsked | Self::EngineNoAnswer | Self::WentDown => Vec::new(),
        }
    }

    pub fn areas(&self) -> Vec<&str> {
        self.doubted().into_iter().map(|(area, _)| area).collect()
    }

    /// Whether it says why what is empty may not be.
    fn is_about_nothing_in(&self, pos_id: &str) -> bool {
        self.misses() == Some(pos_id) || matches!(self, Self::Missing { area } if area == pos_id)
    }

    /// Whether another says all of it, and more.
    pub fn is_said_by(&self, other: &Self) -> bool {
        matches!(self, Self::NothingRead { area, .. } if other.is_about_nothing_in(area))
    }

    /// Where the engine failed, if there is no reading.
    pub fn broken(&self) -> Option<Broken> {
        match self {
            Self::EngineNotAsked => Some(Broken::Sending),
            Self::EngineNoAnswer | Self::WentDown => Some(Broken::Receiving),
            _ => None,
        }
    }

    /// The area that was not read surely, and how sure it was.
    pub fn unsure(&self) -> Option<(&str, f64)> {
        match self {
            Self::Unsure { area, probability } | Self::NothingRead { area, probability } => Some((area, *probability)),
            _ => None,
        }
    }

    /// The area that is empty where a sum belongs.
    pub fn misses(&self) -> Option<&str> {
        match self {
            Self::NoAmount { area, text } if text.is_empty() => Some(area),
            _ => None,
        }
    }

    /// Whether it follows from the values alone, whoever read or typed them.
    pub fn is_of_values(&self) -> bool {
        match self {
            Self::AmountsDiffer { .. } | Self::NoAmount { .. } | Self::CodeDiffers { .. } | Self::NotADate { .. } => true,
            Self::Digits { .. } | Self::CheckDigit { .. } | Self::SumDiffers { .. } | Self::Emptied { .. } => true,
            Self::Unsure { .. } | Self::NothingRead { .. } => false,
            Self::Reread { .. } | Self::ReadTwice { .. } | Self::Unconfirmed { .. } => false,
            Self::Pages { .. } | Self::Several { .. } | Self::SourcesDiffer { .. } | Self::Missing { .. } => false,
            Self::ItemsDiffer { .. } | Self::PicturesBeside { .. } | Self::LineTaxDiffers { .. } => false,
            Self::RedWithoutMinus { .. } | Self::DayToCome { .. } => true,
            Self::NoTemplateFits | Self::EngineNotAsked | Self::EngineNoAnswer | Self::WentDown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_get_their_own_wording() {
        let unsure = Reason::Unsure { area: "客户名称".into(), probability: 0.899 };
        assert_eq!(unsure.zh(), "客户名称识别不可靠（置信度 0.89）");
        assert_eq!(unsure.en(), "客户名称 was not read reliably (confidence 0.89)");
        let Words { zh, en } = unsure.told();
        assert_eq!((zh.as_str(), en.as_str()), ("购买方识别不可靠（可信度 89%）", "Buyer was not read reliably (confidence 89%)"));
        let differ = Reason::AmountsDiffer { money: "¥1.00".into(), money_cn: "贰元整".into() };
        assert_eq!(differ.told().en, "Total \"¥1.00\" and Amount in words \"贰元整\" differ");
        assert_eq!(differ.told().zh, "价税合计“¥1.00”与大写金额“贰元整”不一致");
        assert_eq!(differ.zh(), "金额“¥1.00”与中文金额“贰元整”不一致");
        assert_eq!(differ.doubted(), [("金额", Some("¥1.00")), ("中文金额", Some("贰元整"))]);
        let own = Reason::NoAmount { area: "手写".into(), text: "免".into() };
        assert_eq!((own.told().en, own.en()), ("手写 \"免\" is no amount".to_owned(), "手写 \"免\" is no amount".to_owned()));
    }

    #[test]
    fn without_a_reading_only_some_reasons_blame_the_engine() {
        let failed = "recognition failed: the engine gave no proper answer";
        for (reason, zh, en, broken) in [
            (Reason::NoTemplateFits, "没有匹配的模板", "no matching template", None),
            (Reason::EngineNotAsked, "识别失败：向服务器发送消息异常", failed, Some(Broken::Sending)),
            (Reason::EngineNoAnswer, "识别失败：接收算法服务器数据异常", failed, Some(Broken::Receiving)),
            (
                Reason::WentDown,
                "系统在识别这张图片时两次中断",
                "the box went down twice while this picture was being read",
                Some(Broken::Receiving),
            ),
        ] {
            assert_eq!((reason.zh().as_str(), reason.en().as_str(), reason.broken()), (zh, en, broken));
            assert!(!reason.is_of_values() && reason.areas().is_empty());
        }
    }
}
