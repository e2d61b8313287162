//! Refusals about invoices: people's values and decisions.

use crate::domain::ids::InvoiceId;
use crate::domain::refusal::Refusal;

pub fn no_such_invoice() -> Refusal {
    Refusal::not_found("没有这张发票", "no such invoice")
}

pub fn not_on_the_fault_list() -> Refusal {
    Refusal::conflict("该发票不在异常队列中", "the invoice is not on the fault list")
}

pub fn area_is_filled_and_absent(area: &str) -> Refusal {
    Refusal::malformed(format!("{area}：既填写了内容，又标为票面上没有"), format!("{area}: has a value and is said to be absent"))
}

pub fn area_is_left_open(area: &str) -> Refusal {
    Refusal::malformed(
        format!("{area}：请填写，或标明票面上没有此项（absent）"),
        format!("{area}: fill it in, or say that it is not on the paper (absent)"),
    )
}

pub fn no_twin_before() -> Refusal {
    Refusal::conflict(
        "没有与这张发票相同、应以它为准的发票，无需判断",
        "there is no invoice like this one that comes before it: nothing is to be decided",
    )
}

pub fn twin_is_another_now(of: InvoiceId) -> Refusal {
    Refusal::conflict(
        format!("这张发票现在要与 #{of} 对比，请看过再判断"),
        format!("the invoice is to be compared with #{of} now: please look at that first"),
    )
}

pub fn neither_twin_would_count(of: InvoiceId) -> Refusal {
    Refusal::conflict(
        format!("#{of} 已不计入合计，这张再判为重复，就一张也不计了。请先在 #{of} 上重新判断，或将这张作废"),
        format!(
            "#{of} itself is not counted: with this one its duplicate, none would be. Decide #{of} anew first, or void this one"
        ),
    )
}

pub fn too_many_decisions(max: usize) -> Refusal {
    Refusal::conflict(
        format!("这张发票已与 {max} 张比较过，不能再多"),
        format!("the invoice was held against {max} others already: no more can be kept"),
    )
}

pub fn invoice_is_void() -> Refusal {
    Refusal::conflict("这张发票已作废", "the invoice is void already")
}

pub fn invoice_is_not_void() -> Refusal {
    Refusal::conflict("这张发票没有作废", "the invoice is not void")
}

pub fn void_invoice_is_not_reviewed() -> Refusal {
    Refusal::conflict("这张发票已作废，请先恢复", "the invoice is void: please restore it first")
}

pub fn invoice_waits_already() -> Refusal {
    Refusal::conflict("这张发票已在待核对列表中", "the invoice is waiting for a person already")
}

pub fn invoice_is_being_read() -> Refusal {
    Refusal::conflict("这张发票正在重新识别", "the invoice is being read again")
}
