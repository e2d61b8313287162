//! Why an invoice needs a person, in both languages. Not here: finding it out (checks.rs).

use super::area::{DATE, MONEY, MONEY_CN};
use serde::{Deserialize, Serialize};

/// Why an invoice is at fault; `zh` and `en` say it to a person. Kept with the invoice: a new one goes to the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// An area's probability is below the threshold.
    Unsure {
        area: String,
        probability: f64,
    },
    /// 金额 and 中文金额 are different sums.
    AmountsDiffer {
        money: String,
        money_cn: String,
    },
    /// The template's specimen holds a sum here, this invoice does not.
    NoAmount {
        area: String,
        text: String,
    },
    /// The QR code says otherwise.
    CodeDiffers {
        area: String,
        text: String,
        code: String,
    },
    NotADate {
        text: String,
    },
    /// Another number of digits than such a number has.
    Digits {
        area: String,
        text: String,
    },
    /// Its check character does not fit the others.
    CheckDigit {
        area: String,
        text: String,
    },
    /// Two areas together are no longer a third, as they were on the template's own picture: `(area, text)` of each.
    SumDiffers {
        parts: [(String, String); 2],
        whole: (String, String),
    },
    /// The file has more pages than were read.
    Pages {
        pages: u32,
        read: u32,
    },
    /// More than one invoice lies on the picture, and one was read.
    Several {
        invoices: u32,
    },
    /// It was read again, and not as a person has entered or confirmed it.
    Reread {
        area: String,
        entered: String,
        read: String,
    },
    /// The engine said two things of one area.
    ReadTwice {
        area: String,
        first: String,
        second: String,
    },
    /// A person would take away what stands here.
    Emptied {
        area: String,
        text: String,
    },
    /// A person's word that the reading after it did not confirm: only a person ends that.
    Unconfirmed {
        area: String,
    },
}

fn or_nothing<'a>(text: &'a str, nothing: &'a str) -> &'a str {
    if text.is_empty() { nothing } else { text }
}

impl Reason {
    pub fn zh(&self) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{area}识别不可靠（置信度 {probability:.2}）"),
            Self::AmountsDiffer { money, money_cn } => format!("金额“{money}”与中文金额“{money_cn}”不一致"),
            Self::NoAmount { area, text } if text.is_empty() => format!("{area}没有读到内容，应为金额"),
            Self::NoAmount { area, text } => format!("{area}“{text}”不是金额"),
            Self::CodeDiffers { area, text, code } => format!("{area}“{text}”与二维码“{code}”不一致"),
            Self::NotADate { text } => format!("日期“{text}”不是有效日期"),
            Self::Digits { area, text } => format!("{area}“{text}”位数不正确"),
            Self::CheckDigit { area, text } => format!("{area}“{text}”校验位不正确"),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => format!("{a}“{x}”与{b}“{y}”之和不等于{c}“{z}”"),
            Self::Pages { pages, read } => format!("文件有 {pages} 页，只识别了 {read} 页：请把每一页单独上传"),
            Self::Several { invoices: 2 } => "这张图片上有两张发票，只识别了一张：请把每一张单独上传".into(),
            Self::Several { invoices } => format!("这张图片上有 {invoices} 张发票，只识别了一张：请把每一张单独上传"),
            Self::Reread { area, entered, read } => {
                format!("{area}：填写为 {}，重新识别为 {}", or_nothing(entered, "空"), or_nothing(read, "空"))
            }
            Self::ReadTwice { area, first, second } => {
                format!("{area}：识别出两个结果 {} 和 {}", or_nothing(first, "空"), or_nothing(second, "空"))
            }
            Self::Emptied { area, text } => format!("{area}：原为“{text}”，不能清空；票面上没有此项时请标明（absent）"),
            Self::Unconfirmed { area } => format!("{area}由人填写或核对过，重新识别没有读准，请人工核对"),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{area} was not read surely (confidence {probability:.2})"),
            Self::AmountsDiffer { money, money_cn } => format!("金额 \"{money}\" and 中文金额 \"{money_cn}\" differ"),
            Self::NoAmount { area, text } if text.is_empty() => format!("{area} is empty where an amount should be"),
            Self::NoAmount { area, text } => format!("{area} \"{text}\" is no amount"),
            Self::CodeDiffers { area, text, code } => format!("{area} \"{text}\" differs from the QR code's \"{code}\""),
            Self::NotADate { text } => format!("日期 \"{text}\" is no date"),
            Self::Digits { area, text } => format!("{area} \"{text}\" has a wrong number of digits"),
            Self::CheckDigit { area, text } => format!("{area} \"{text}\" has a wrong check digit"),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => {
                format!("{a} \"{x}\" and {b} \"{y}\" do not add up to {c} \"{z}\"")
            }
            Self::Pages { pages, read } => format!("the file has {pages} pages, {read} read: please upload each page by itself"),
            Self::Several { invoices: 2 } => "two invoices are on this picture, one was read: please upload each by itself".into(),
            Self::Several { invoices } => {
                format!("{invoices} invoices are on this picture, one was read: please upload each by itself")
            }
            Self::Reread { area, entered, read } => {
                format!("{area}: entered as {}, read again as {}", or_nothing(entered, "nothing"), or_nothing(read, "nothing"))
            }
            Self::ReadTwice { area, first, second } => {
                format!("{area}: read both as {} and as {}", or_nothing(first, "nothing"), or_nothing(second, "nothing"))
            }
            Self::Emptied { area, text } => {
                format!("{area}: holds \"{text}\" and can't be emptied; say that it is not on the paper (absent) if it is so")
            }
            Self::Unconfirmed { area } => {
                format!("{area} is a person's word, and was not read surely again: a person has to look at it")
            }
        }
    }

    /// The areas it speaks of.
    pub fn areas(&self) -> Vec<&str> {
        match self {
            Self::Unsure { area, .. }
            | Self::NoAmount { area, .. }
            | Self::CodeDiffers { area, .. }
            | Self::Digits { area, .. }
            | Self::CheckDigit { area, .. }
            | Self::Reread { area, .. }
            | Self::ReadTwice { area, .. }
            | Self::Emptied { area, .. }
            | Self::Unconfirmed { area } => vec![area],
            Self::AmountsDiffer { .. } => vec![MONEY, MONEY_CN],
            Self::NotADate { .. } => vec![DATE],
            Self::SumDiffers { parts: [(a, _), (b, _)], whole: (c, _) } => vec![a, b, c],
            Self::Pages { .. } | Self::Several { .. } => Vec::new(),
        }
    }

    /// The area that holds nothing where a sum belongs.
    pub fn misses(&self) -> Option<&str> {
        match self {
            Self::NoAmount { area, text } if text.is_empty() => Some(area),
            _ => None,
        }
    }

    /// It follows from what the fields hold, whoever read them.
    pub fn is_of_values(&self) -> bool {
        !matches!(
            self,
            Self::Unsure { .. }
                | Self::Pages { .. }
                | Self::Several { .. }
                | Self::Reread { .. }
                | Self::ReadTwice { .. }
                | Self::Unconfirmed { .. }
        )
    }
}
