//! Fit reasons, in both languages. Not here: finding them (engine).

use super::words::Words;
use serde::{Deserialize, Serialize};

/// Stored with the invoice: append new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FitReason {
    Fits {
        found: usize,
        of: usize,
        title: Option<(usize, usize)>,
        /// Titles of template and paper that differ, but not beyond doubt.
        differs: Option<(String, String)>,
    },
    LessThanAnother {
        found: usize,
        of: usize,
    },
    /// The origin picture has no fixed words.
    NoWords,
    NothingInCommon,
    OtherTitle(String, String),
    OtherQuota(String),
    Few {
        found: usize,
        of: usize,
    },
    OffPicture,
    /// From an older release or an external engine.
    Said(Words),
}

impl FitReason {
    pub fn zh(&self) -> String {
        match self {
            Self::Fits { found, of, title, differs } => {
                let title = title.map_or_else(String::new, |(same, of)| format!("，标题 {of} 字中 {same} 字一致"));
                let differs = differs.as_ref().map_or_else(String::new, |(own, read)| format!("，{}", titles_zh(own, read)));
                format!("匹配：{of} 处固定文字中找到 {found} 处{title}{differs}")
            }
            Self::LessThanAnother { found, of } => format!("不如所选模板：{of} 处固定文字中找到 {found} 处"),
            Self::NoWords => "模板上没有可供识别的固定文字".into(),
            Self::NothingInCommon => "图片上没有该模板的固定文字".into(),
            Self::OtherTitle(own, read) => titles_zh(own, read),
            Self::OtherQuota(quota) => format!("面额不同：模板为 {quota}"),
            Self::Few { found, of } => format!("吻合太少：{of} 处固定文字中只找到 {found} 处"),
            Self::OffPicture => "模板的区域都不在图片上".into(),
            Self::Said(words) => words.zh.clone(),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Self::Fits { found, of, title, differs } => {
                let title = title.map_or_else(String::new, |(same, of)| format!(", {same} of the title's {of} characters"));
                let differs = differs.as_ref().map_or_else(String::new, |(own, read)| format!(", {}", titles_en(own, read)));
                format!("fits: {found} of {of} fixed words found{title}{differs}")
            }
            Self::LessThanAnother { found, of } => format!("fits less well: {found} of {of} fixed words found"),
            Self::NoWords => "the template has no fixed words to know it by".into(),
            Self::NothingInCommon => "none of the template's fixed words is on the picture".into(),
            Self::OtherTitle(own, read) => titles_en(own, read),
            Self::OtherQuota(quota) => format!("another amount: the template's is {quota}"),
            Self::Few { found, of } => format!("too little in common: only {found} of {of} fixed words found"),
            Self::OffPicture => "none of the template's areas is on the picture".into(),
            Self::Said(words) => words.en.clone(),
        }
    }
}

fn titles_zh(own: &str, read: &str) -> String {
    let own = if own.is_empty() { "模板上没有读到标题".to_owned() } else { format!("模板“{own}”") };
    let read = if read.is_empty() { "票面上没有读到它".to_owned() } else { format!("票面“{read}”") };
    format!("标题不同：{own}，{read}")
}

fn titles_en(own: &str, read: &str) -> String {
    let own = if own.is_empty() { "none was read on the template".to_owned() } else { format!("the template's \"{own}\"") };
    let read = if read.is_empty() { "which was not read on the paper".to_owned() } else { format!("the paper's \"{read}\"") };
    format!("another title: {own}, {read}")
}
