//! Refusals about labels: printing them, and how they look. What is said of several labels names all of them.

use crate::domain::device::{Device, Label, Print};
use crate::domain::ids::UserId;
use crate::domain::lease::Claim;
use crate::domain::refusal::{Code, Refusal};
use std::collections::BTreeMap;

pub fn no_such_label() -> Refusal {
    Refusal::not_found("没有这种标签", "no such label")
}

pub fn label_was_changed() -> Refusal {
    Refusal::conflict("另一人刚刚改了这种标签，请再试一次", "somebody else has just changed this label: try again")
}

pub fn label_name_is_taken(name: &str) -> Refusal {
    Refusal::conflict(format!("name：已有名为 {name} 的标签"), format!("name: there is a label called {name} already"))
}

pub fn too_many_labels() -> Refusal {
    Refusal::conflict("标签样式太多，请先删除一些", "too many labels: delete some first")
}

pub fn last_label_stays() -> Refusal {
    Refusal::conflict("不能删除最后一种标签", "the last label can't be deleted")
}

pub fn no_logo() -> Refusal {
    Refusal::not_found(
        "还没有公司标志，请在标签编辑页选择它的图片",
        "there is no logo yet: choose its picture where labels are drawn",
    )
}

pub fn logo_has_too_many_bytes() -> Refusal {
    Refusal::new(Code::TooLarge, "公司标志的图片最大 1 MB", "the picture of a logo has at most 1 MB")
}

pub fn logo_is_broken() -> Refusal {
    Refusal::new(Code::Unsupported, "这张图片已损坏，无法读取", "this picture is damaged and can't be read")
}

pub fn logo_is_blank() -> Refusal {
    Refusal::malformed("这张图片太浅，印出来是空白：请换一张深色的", "this picture is so light that nothing of it would be printed")
}

pub fn logo_is_on_labels(names: &[String]) -> Refusal {
    let names = names.join(", ");
    Refusal::conflict(format!("标签样式还在用公司标志：{names}"), format!("labels still show the logo: {names}"))
}

/// Each device with the CPU id on its label.
pub fn labels_show_another_cpuid(wrong: &[(&str, Device)]) -> Refusal {
    let each = wrong.iter().map(|(said, Device { sn, cpuid, .. })| {
        (format!("{sn}（标签 {said}，现为 {cpuid}）"), format!("{sn} (label {said}, now {cpuid})"))
    });
    let (zh, en): (Vec<_>, Vec<_>) = each.unzip();
    Refusal::conflict(
        format!("CPUID：标签上的 CPUID 不是该设备现在的，什么都没有写入；请作废这些标签并重新打印：{}", zh.join("，")),
        format!(
            "CPUID: not what the device has now, nothing was written; throw these labels away and print them anew: {}",
            en.join(", ")
        ),
    )
}

/// `asker`: whose own claims are of another station.
pub fn labels_are_claimed(held: &[(String, Claim)], asker: UserId) -> Refusal {
    let mut taken: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for (sn, claim) in held {
        taken.entry((&claim.user_name, claim.user == asker)).or_default().push(sn);
    }
    let who = |elsewhere: &str| {
        let each = taken.iter().map(|((name, himself), sns)| (name, if *himself { elsewhere } else { "" }, sns.join(", ")));
        each.map(|(name, where_else, sns)| format!("{name}{where_else}: {sns}")).collect::<Vec<_>>().join("; ")
    };
    Refusal::conflict(
        format!("标签正在由他人打印，什么都没有写入：{}", who("（另一工位）")),
        format!("being printed by somebody else, nothing was written: {}", who(" (at another station)")),
    )
}

/// Since they were looked at; each device with its last label.
pub fn labels_were_sent_meanwhile(sent: &[(&Device, Option<Print>)]) -> Refusal {
    let each = sent.iter().map(|(Device { sn, prints, .. }, last)| {
        let (who_zh, who_en) = last.as_ref().map_or_else(Default::default, |Print { user_name, outcome, .. }| {
            let open = *outcome == Label::Sent;
            (
                format!("，最近由 {user_name}{}", if open { "，结果未确认" } else { "" }),
                format!(", last by {user_name}{}", if open { " and not answered yet" } else { "" }),
            )
        });
        (format!("{sn}（共送打 {prints} 次{who_zh}）"), format!("{sn} (sent {prints} times{who_en})"))
    });
    let (zh, en): (Vec<_>, Vec<_>) = each.unzip();
    Refusal::conflict(
        format!("标签在此期间又送打过，什么都没有写入；请先确认上一次的任务是否还在打印机队列里：{}", zh.join("，")),
        format!(
            "sent meanwhile, nothing was written; see first whether that job is still in the printer's queue: {}",
            en.join(", ")
        ),
    )
}

/// Each device with its last label, as above.
pub fn labels_were_printed_meanwhile(printed: &[(&Device, Option<Print>)]) -> Refusal {
    let each = printed.iter().map(|(Device { sn, print_count, .. }, last)| {
        let who = last.as_ref().filter(|print| print.outcome == Label::Printed);
        let who = who.map(|print| print.told.as_ref().map_or(&print.user_name, |(_, told)| told));
        let (who_zh, who_en) =
            who.map_or_else(Default::default, |who| (format!("，最近由 {who} 确认"), format!(", last said by {who}")));
        (format!("{sn}（现已打印 {print_count} 次{who_zh}）"), format!("{sn} (printed {print_count} times now{who_en})"))
    });
    let (zh, en): (Vec<_>, Vec<_>) = each.unzip();
    Refusal::conflict(
        format!("标签在此期间又打印过，什么都没有写入；请看过现状后重新决定：{}", zh.join("，")),
        format!("printed meanwhile, nothing was written; look at it and decide anew: {}", en.join(", ")),
    )
}

pub fn reprint_needs_a_reason(sns: &[&str]) -> Refusal {
    let list = sns.join(", ");
    Refusal::conflict(format!("reason：重打标签需要填写原因：{list}"), format!("reason: a reprint needs one: {list}"))
}
