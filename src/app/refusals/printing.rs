//! Refusals about printers and what is sent to them. What is said of several labels names all of them.

use crate::domain::refusal::Refusal;

pub fn no_such_printer() -> Refusal {
    Refusal::not_found("没有这台打印机", "no such printer")
}

pub fn no_such_print_job() -> Refusal {
    Refusal::not_found("没有这个打印任务", "no such print job")
}

pub fn printer_name_is_taken(name: &str) -> Refusal {
    Refusal::conflict(format!("name：已有名为 {name} 的打印机"), format!("name: there is a printer called {name} already"))
        .about("name")
}

pub fn printer_address_is_taken(name: &str) -> Refusal {
    Refusal::conflict(
        format!("address：{name} 已是这个地址。换标签样式请修改那台打印机"),
        format!("address: {name} has this address already. To print another label, change that printer"),
    )
    .about("address")
}

pub fn agent_is_here(name: &str) -> Refusal {
    Refusal::conflict(format!("另一台电脑正以 {name} 的名称连接着"), format!("another computer is connected under the name {name}"))
}

pub fn too_many_printers() -> Refusal {
    Refusal::conflict("打印机太多，请先删除一些", "too many printers: delete some first")
}

pub fn printer_has_labels(name: &str) -> Refusal {
    Refusal::conflict(
        format!("{name} 还有标签要打印，请等它打完，或先取消任务"),
        format!("{name} has labels to print: wait for them, or cancel the job first"),
    )
}

pub fn printer_has_enough() -> Refusal {
    Refusal::conflict("这台打印机排队的任务太多，请等一些打完", "this printer has too many jobs waiting: let some come out first")
}

/// Each label with the job that it waits in.
pub fn labels_wait_already(waiting: &[(String, u64)]) -> Refusal {
    let each = waiting.iter().map(|(sn, job)| (format!("{sn}（任务 {job}）"), format!("{sn} (job {job})")));
    let (zh, en): (Vec<_>, Vec<_>) = each.unzip();
    Refusal::conflict(
        format!("标签已在打印任务中等待，什么都没有写入：{}", zh.join("，")),
        format!("waiting in a print job already, nothing was written: {}", en.join(", ")),
    )
}

/// These have a label that shows what the device is.
pub fn printing_again_needs_a_reason(sns: &[&str]) -> Refusal {
    let list = sns.join(", ");
    Refusal::field("reason", &format!("重打标签需要填写原因：{list}"), &format!("printing a label again needs one: {list}"))
}

pub fn devices_are_not_there(sns: &[&str]) -> Refusal {
    let list = sns.join(", ");
    Refusal::not_found(format!("没有这些设备，什么都没有打印：{list}"), format!("no such devices, nothing is printed: {list}"))
}

pub fn no_such_batch() -> Refusal {
    Refusal::not_found("没有这个批次", "no such batch")
}

pub fn batch_name_is_taken(name: &str) -> Refusal {
    Refusal::conflict(format!("name：已有名为 {name} 的批次"), format!("name: there is a batch called {name} already"))
        .about("name")
}

pub fn serials_are_of_another_batch(name: &str, first: &str, last: &str) -> Refusal {
    Refusal::conflict(
        format!("first：号段与未结束的批次 {name} 重叠（{first} – {last}）"),
        format!("first: the batch {name}, which is open, has some of these serials ({first} – {last})"),
    )
    .about("first")
}

pub fn too_many_batches() -> Refusal {
    Refusal::conflict("批次太多，请先删除一些", "too many batches: delete some first")
}

pub fn another_prints_by_itself(name: &str) -> Refusal {
    Refusal::conflict(
        format!("auto_print：{name} 已在自动打印，同一台设备会打印两次"),
        format!("auto_print: {name} prints by itself already; each device would be printed twice"),
    )
    .about("auto_print")
}

pub fn label_is_a_printers(name: &str, printers: &[String]) -> Refusal {
    let (zh, en) = (printers.join("、"), printers.join(", "));
    Refusal::conflict(
        format!("{name} 是这些打印机的标签，请先给它们换一种：{zh}"),
        format!("{name} is what these printers print, choose another label for them first: {en}"),
    )
}

/// Whether it comes out is not for a person to say yet.
pub fn labels_are_at_a_printer(sns: &[&str]) -> Refusal {
    let list = sns.join(", ");
    Refusal::conflict(
        format!("标签还在打印机里，什么都没有写入，请等它出来，或关掉打印机：{list}"),
        format!("still in a printer, nothing was written; wait until they are out, or switch the printer off: {list}"),
    )
}

pub fn no_label_was_sent(sn: &str) -> Refusal {
    Refusal::conflict(
        format!("系统中没有 {sn} 的打印记录，请先打印，或标记为已打印"),
        format!("no label of {sn} was sent: print it, or mark it as printed, first"),
    )
}
