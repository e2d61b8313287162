//! Refusals about registering and correcting devices, and about conflicts.

use crate::domain::refusal::{Code, Refusal};
use crate::domain::spreadsheet::Words;

pub fn no_such_device(sn: &str) -> Refusal {
    Refusal::not_found(format!("没有这个设备：{sn}"), format!("no such device: {sn}"))
}

pub fn device_is_retired(sn: &str) -> Refusal {
    Refusal::conflict(format!("设备 {sn} 已作废"), format!("the device {sn} is retired"))
}

/// A remark on a row that names a retired device.
pub fn serial_is_retired(sn: &str, cpuid: &str) -> Words {
    (
        format!("DeviceSN：设备 {sn}（{cpuid}）已作废，它的序列号不再使用"),
        format!("DeviceSN: the device {sn} ({cpuid}) is retired, its serial is never used again"),
    )
}

pub fn not_a_cpuid() -> Refusal {
    Refusal::malformed(
        "CPUID：应为 1 到 64 个可见的 ASCII 字符，不含空格",
        "CPUID: must be 1 to 64 printable ASCII characters without blanks",
    )
}

/// `why`: what serials have to be like.
pub fn not_a_serial(sn: &str, (zh, en): (String, String)) -> Refusal {
    Refusal::malformed(format!("DeviceSN：{sn} {zh}"), format!("DeviceSN: {sn} {en}"))
}

pub fn serial_is_missing() -> Refusal {
    Refusal::malformed(
        "DeviceSN：缺少这一项；device_sn_format 为空，本机不分配序列号",
        "DeviceSN: is missing; device_sn_format is empty, so the box allots none",
    )
}

pub fn serials_are_used_up(used_up: &str) -> Refusal {
    Refusal::new(
        Code::Unavailable,
        format!("序列号 {used_up} 已用完，请自带 DeviceSN 登记，或修改 device_sn_format"),
        format!("the serials {used_up} are used up: register with a DeviceSN, or change device_sn_format"),
    )
}

pub fn too_few_serials(period: &str, free: u64, wanted: u64) -> Refusal {
    Refusal::new(
        Code::Unavailable,
        format!(
            "序列号 {period} 只剩 {free} 个，这批需要 {wanted} 个，什么都没有登记：请分批、自带 DeviceSN 登记，或修改 device_sn_format"
        ),
        format!(
            "of the serials {period} {free} are left and {wanted} are needed, nothing was registered: register fewer, register with a DeviceSN, or change device_sn_format"
        ),
    )
}

/// Not the one on which a decision was based. `by`: who made it `cpuid`, if that was a correction.
pub fn cpuid_is_not_the_one_seen(sn: &str, cpuid: &str, by: Option<&str>) -> Refusal {
    let (zh, en) = match by {
        Some(user_name) => (
            format!("{user_name} 在此期间已把设备 {sn} 的 CPUID 改为 {cpuid}"),
            format!("{user_name} has meanwhile made the CPUID of {sn} {cpuid}"),
        ),
        None => (format!("设备 {sn} 的 CPUID 是 {cpuid}"), format!("the CPUID of {sn} is {cpuid}")),
    };
    Refusal::conflict(
        format!("{zh}；什么都没有写入，请看过现状后重新决定"),
        format!("{en}; nothing was written, look at it and decide anew"),
    )
}

pub fn device_has_the_cpuid_already(sn: &str, cpuid: &str) -> Refusal {
    Refusal::conflict(format!("CPUID：{sn} 的 CPUID 已是 {cpuid}"), format!("CPUID: {sn} has {cpuid} already"))
}

pub fn cpuid_is_taken(cpuid: &str, sn: &str) -> Refusal {
    Refusal::conflict(
        format!("CPUID：{cpuid} 属于设备 {sn}；请先更正或作废那一个"),
        format!("CPUID: {cpuid} is the device {sn}'s; correct or retire that one first"),
    )
}

pub fn device_has_changed(sn: &str, cpuid: &str) -> Refusal {
    Refusal::conflict(
        format!("seen：设备 {sn} 在此期间已变更，现在的 CPUID 是 {cpuid}；没有替换，请看过现状后重新决定"),
        format!(
            "seen: the device {sn} has changed meanwhile, its CPUID is {cpuid} now; nothing was replaced, look at it and decide anew"
        ),
    )
}

pub fn no_such_conflict() -> Refusal {
    Refusal::not_found("没有这个冲突", "no such conflict")
}

pub fn conflict_is_settled() -> Refusal {
    Refusal::conflict("该冲突已处理", "this conflict is settled already")
}

pub fn twins_are_not_replaced() -> Refusal {
    Refusal::conflict(
        "decision：两个设备已有同一个 CPUID；请更正或作废其中一个",
        "decision: two devices have one CPUID already; correct or retire one of them",
    )
}
