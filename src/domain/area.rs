//! The names of the areas whose meaning the box knows; every other area is its user's own.

pub const MONEY: &str = "金额";
pub const MONEY_CN: &str = "中文金额";
pub const DATE: &str = "日期";
pub const INVOICE_ID: &str = "发票号码";
pub const INVOICE_CODE: &str = "发票代码";

/// The key under which a template's specimen holds the QR code of the origin picture. No area can have it: it is longer than a name.
pub const SPECIMEN_CODE: &str = "\u{0}qr";
