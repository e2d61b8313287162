//! Refusals about the tax portal's lists.

use crate::domain::refusal::Refusal;

/// `refusal`: of the verb at which it ended.
pub fn list_broke_off(refusal: &Refusal, written: u64, of: u64) -> Refusal {
    let zh = format!("{}（清单写到第 {written} 张，共 {of} 张：请再次上传同一文件）", refusal.zh);
    let en = format!("{} (the list broke off after {written} of {of} invoices: upload the same file again)", refusal.en);
    Refusal::new(refusal.code, zh, en)
}
