//! Refusals about device files: importing them and undoing that.

use crate::domain::refusal::Refusal;
use crate::domain::spreadsheet::Words;

/// A remark on a row. `name`: the column.
pub fn differs_in_zeros_only(name: &str, text: &str, twin: &str) -> Words {
    (
        format!("{name}：{text} 与 {twin} 只差前导零，可能是表格软件去掉了，请核对"),
        format!("{name}: {text} and {twin} differ in leading zeros only; a spreadsheet may have dropped them, please compare"),
    )
}

pub fn no_such_import() -> Refusal {
    Refusal::not_found("没有这次导入", "no such import")
}

/// `refusal`: of the verb at which the import ended. `done`: devices before it.
pub fn import_broke_off(refusal: &Refusal, id: u64, done: usize) -> Refusal {
    let zh = format!("{}（导入 {id} 在第 {done} 个设备后中断：可再次导入同一文件，或撤销）", refusal.zh);
    let en = format!("{} (the import {id} broke off after {done} devices: import the file again, or undo it)", refusal.en);
    Refusal::new(refusal.code, zh, en)
}

pub fn import_is_under_way() -> Refusal {
    Refusal::conflict("导入尚未结束", "the import is still under way")
}

pub fn import_is_being_undone() -> Refusal {
    Refusal::conflict("该导入正在撤销", "this import is being undone")
}

/// By the undoing of the import that brought it.
pub fn device_is_being_removed(sn: &str, import: u64) -> Refusal {
    Refusal::conflict(
        format!("设备 {sn} 所属的导入 {import} 正在撤销"),
        format!("the import {import}, which brought the device {sn}, is being undone"),
    )
}

pub fn imported_device_was_used(sn: &str) -> Refusal {
    Refusal::conflict(
        format!("不能撤销：设备 {sn} 的标签已发送或已标记，或设备已更正或作废"),
        format!("it can't be undone: the label of {sn} was sent or marked, or the device was corrected or retired"),
    )
}

pub fn import_is_undone() -> Refusal {
    Refusal::conflict("该导入已撤销", "it is undone already")
}
