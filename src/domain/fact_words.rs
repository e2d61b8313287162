//! Facts of the audit log in words, Chinese and English. A fact's kind is stored by its Chinese word.

use super::account::{Permission, PermissionSet};
use super::area;
use super::fact::{Change, Deed, Fact, Refused, Task};
use super::ids::{ActionId, InvoiceId};
use super::settings::Settings;
use super::text::is_blank;
use std::borrow::Cow;

impl Deed {
    fn zh(self) -> &'static str {
        match self {
            Self::LabelLookAdded => "增加标签样式",
            Self::LabelLookChanged => "修改标签样式",
            Self::LabelLookDeleted => "删除标签样式",
            Self::UserLocked => "锁定用户",
            Self::UserUnlocked => "解锁用户",
            Self::UserDeleted => "删除用户",
            Self::PasswordChanged => "修改密码",
            Self::PasswordReset => "重置密码",
            Self::GroupDeleted => "删除用户组",
            Self::GroupLeft => "移出用户组",
            Self::CompanyAdded => "增加公司",
            Self::CompanyDeleted => "删除公司",
            Self::TokenEnded => "删除令牌",
            Self::PrinterAdded => "增加打印机",
            Self::PrinterDeleted => "删除打印机",
            Self::BatchAdded => "增加批次",
            Self::BatchClosed => "结束批次",
            Self::BatchReopened => "重开批次",
            Self::BatchDeleted => "删除批次",
            Self::LogoKept => "更换公司标志",
            Self::LogoDeleted => "删除公司标志",
        }
    }
}

type Kind = (&'static str, &'static str);

impl Task {
    /// The action's kind in the interface document.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Recognise => "识别发票",
            Self::AddTemplate => "增加模板",
            Self::ChangeTemplate => "修改模板",
            Self::DeleteTemplate => "删除模板",
        }
    }
}

impl Refused {
    fn words(self) -> Kind {
        match self {
            Self::TooManyTries => ("错误次数过多", "too many wrong tries"),
            Self::UnknownUser => ("没有这个用户", "no such user"),
            Self::WrongPassword => ("密码错误", "wrong password"),
            Self::UserLocked => ("用户已锁定", "the user is locked"),
            Self::DefaultPasswordFromAfar => ("默认密码只能在本机使用", "the default password works on the box itself only"),
        }
    }
}

pub const KINDS: &[Kind] = &[
    ("识别发票", "Read invoice"),
    ("增加模板", "Add template"),
    ("修改模板", "Change template"),
    ("删除模板", "Delete template"),
    ("优先处理", "Run next"),
    ("取消操作", "Cancel task"),
    ("暂停队列", "Pause queue"),
    ("恢复队列", "Resume queue"),
    ("修改发票", "Correct invoice"),
    ("核对发票", "Review invoice"),
    ("退回待核对", "Send back to review"),
    ("处理异常发票", "Finish review"),
    ("判定发票", "Decide duplicate"),
    ("作废发票", "Void invoice"),
    ("恢复发票", "Restore invoice"),
    ("导入设备", "Import devices"),
    ("撤销导入", "Undo import"),
    ("更正设备", "Correct device"),
    ("作废设备", "Retire device"),
    ("处理设备冲突", "Settle device conflict"),
    ("增加标签样式", "Add label"),
    ("修改标签样式", "Change label"),
    ("删除标签样式", "Delete label"),
    ("登录", "Log in"),
    ("登录失败", "Log-in refused"),
    ("增加用户", "Add user"),
    ("修改用户", "Change user"),
    ("锁定用户", "Lock user"),
    ("解锁用户", "Unlock user"),
    ("删除用户", "Delete user"),
    ("修改用户权限", "Change permissions of"),
    ("修改密码", "Change password of"),
    ("重置密码", "Reset password (command line)"),
    ("增加用户组", "Add group"),
    ("修改用户组", "Change group"),
    ("删除用户组", "Delete group"),
    ("加入用户组", "Add to group"),
    ("移出用户组", "Remove from group"),
    ("增加公司", "Add company"),
    ("修改公司", "Rename company"),
    ("删除公司", "Delete company"),
    ("增加令牌", "Add token"),
    ("删除令牌", "Delete token"),
    ("修改设置", "Change setting"),
    ("下载备份", "Download backup"),
    ("从备份恢复", "Restored from a backup"),
    ("上传税务清单", "Upload tax list"),
    ("导出发票", "Export invoices"),
    ("发起打印", "Send to printer"),
    ("增加打印机", "Add printer"),
    ("修改打印机", "Change printer"),
    ("删除打印机", "Delete printer"),
    ("打印标签", "Print labels"),
    ("取消打印", "Cancel printing"),
    ("增加批次", "Add batch"),
    ("修改批次", "Change batch"),
    ("结束批次", "Close batch"),
    ("重开批次", "Reopen batch"),
    ("删除批次", "Delete batch"),
    ("更换公司标志", "Change logo"),
    ("删除公司标志", "Delete logo"),
];

/// As the pages call it, where the stored word is the interface document's or an older release's.
pub fn as_shown(kind: &str) -> Cow<'_, str> {
    match kind {
        "取消操作" => "取消任务".into(),
        "修改公司" => "重命名公司".into(),
        "处理异常发票" => "完成核对".into(),
        _ => kind.strip_prefix("增加").map_or(kind.into(), |what| format!("添加{what}").into()),
    }
}

pub fn in_english(kind: &str) -> &str {
    KINDS.iter().find(|(zh, _)| *zh == kind).map_or(kind, |(_, en)| en)
}

fn same(words: String) -> [String; 2] {
    [words.clone(), words]
}

fn duplicate_decision(of: InvoiceId, is_duplicate: Option<bool>) -> [String; 2] {
    match is_duplicate {
        Some(true) => [format!("与 #{of} 重复"), format!("is a duplicate of #{of}")],
        Some(false) => [format!("与 #{of} 不重复"), format!("is no duplicate of #{of}")],
        None => ["的重复判断撤销".into(), format!("is to be compared with #{of} again")],
    }
}

/// What a right is called in a language.
type Called = fn(Permission) -> &'static str;

/// `甲：+查看设备；−查看日志`
fn rights_changed(name: &str, from: PermissionSet, to: PermissionSet) -> [String; 2] {
    let told = |word: Called, colon: &str, stop: &str| {
        let given = to.iter().filter(|p| !from.lists(*p)).map(|p| format!("+{}", word(p)));
        let taken = from.iter().filter(|p| !to.lists(*p)).map(|p| format!("−{}", word(p)));
        let rights = given.chain(taken).collect::<Vec<_>>().join(stop);
        if rights.is_empty() { name.to_owned() } else { format!("{name}{colon}{rights}") }
    };
    [told(|p| p.words().0, "：", "；"), told(|p| p.words().1, ": ", "; ")]
}

fn given(name: &str, rights: PermissionSet) -> [String; 2] {
    rights_changed(name, PermissionSet::default(), rights)
}

fn restored(tokens: u64) -> [String; 2] {
    [
        format!("{tokens} 个令牌、所有密码和锁定与备份时相同"),
        format!("{tokens} tokens, all passwords and locks are as they were then"),
    ]
}

fn exported(file: &str, invoices: u64) -> [String; 2] {
    [format!("{file}：{invoices} 张"), format!("{file}: {invoices} of them")]
}

fn list_taken(file: &str, invoices: u64, wrong: u64, [first, last]: &[String; 2]) -> [String; 2] {
    let months = if first == last { first.clone() } else { format!("{first} – {last}") };
    let wrong = if wrong == 0 { Default::default() } else { [format!("，{wrong} 行有误"), format!(", {wrong} wrong")] };
    [format!("{file}：{months}，{invoices} 张{}", wrong[0]), format!("{file}: {months}, {invoices} listed{}", wrong[1])]
}

fn with_reason(about: impl std::fmt::Display, reason: Option<&str>) -> [String; 2] {
    let reason = |colon: &str| reason.map(|reason| format!("{colon}{reason}")).unwrap_or_default();
    [format!("{about}{}", reason("：")), format!("{about}{}", reason(": "))]
}

/// `金额 ¥1.00 → ¥2.00；日期 → 2026-01-02`; `（无）` stands for nothing.
fn changed(invoice: InvoiceId, changes: &[Change], against_checks: Option<&str>) -> [String; 2] {
    let [zh, en] = told_of(changes, [area::in_chinese, area::in_english]);
    let about = |changes: String, colon: &str, stop: &str| {
        let parts = [Some(changes).filter(|changes| !changes.is_empty()), against_checks.map(str::to_owned)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { format!("#{invoice}") } else { format!("#{invoice}{colon}{}", parts.join(stop)) }
    };
    [about(zh, "：", "；"), about(en, ": ", "; ")]
}

/// What is changed, in a language.
type Named = fn(&str) -> &str;

fn told_of(changes: &[Change], [zh, en]: [Named; 2]) -> [String; 2] {
    let told = |name: Named, nothing: &str, stop: &str| {
        let one = |change: &Change| format!("{} {}", name(&change.what), arrow(&change.from, &change.to, nothing));
        changes.iter().map(one).collect::<Vec<_>>().join(stop)
    };
    [told(zh, "（无）", "；"), told(en, "(none)", "; ")]
}

/// Of a label, a printer or a batch.
const PARTS: [(&str, Kind); 14] = [
    ("name", ("名称", "name")),
    ("size", ("尺寸", "size")),
    ("gap", ("间距", "gap")),
    ("turn", ("旋转", "rotation")),
    ("content", ("内容", "content")),
    ("language", ("指令", "language")),
    ("address", ("地址", "address")),
    ("dpi", ("分辨率", "dpi")),
    ("label", ("标签样式", "label")),
    ("offset", ("偏移", "offset")),
    ("across", ("并排", "side by side")),
    ("auto", ("自动打印", "prints by itself")),
    ("expected", ("数量", "number")),
    ("serials", ("号段", "serials")),
];

fn part(what: &str) -> Kind {
    PARTS.iter().find(|(part, _)| *part == what).map_or(("", ""), |(_, words)| *words)
}

fn parts_changed(name: &str, changes: &[Change]) -> [String; 2] {
    let [zh, en] = told_of(changes, [|what| part(what).0, |what| part(what).1]);
    let with = |colon: &str, rest: String| if rest.is_empty() { name.to_owned() } else { format!("{name}{colon}{rest}") };
    [with("：", zh), with(": ", en)]
}

fn of_user(user: &str, zh: &str, en: &str) -> [String; 2] {
    [format!("{user}：{zh}"), format!("{user}: {en}")]
}

fn queued(job: u64, printer: &str, labels: u64, reason: &str) -> [String; 2] {
    let because = |colon: &str| if reason.is_empty() { String::new() } else { format!("{colon}{reason}") };
    [
        format!("{printer} {labels} 张（打印任务 {job}）{}", because("：")),
        format!("{printer} {labels} labels (print job {job}){}", because(": ")),
    ]
}

/// `甲 → （无）`
fn arrow(from: &str, to: &str, nothing: &str) -> String {
    let text = |text: &str| if is_blank(text) { nothing.to_owned() } else { text.to_owned() };
    format!("{} → {}", text(from), text(to))
}

/// Of an older release, which kept no former value.
fn set_to(name: &str, value: &str) -> [String; 2] {
    let (zh, en) = Settings::label(name).unwrap_or((name, name));
    [format!("{zh} = {value}"), format!("{en} = {value}")]
}

fn set(name: &str, from: &str, to: &str) -> [String; 2] {
    let (zh, en) = Settings::label(name).unwrap_or((name, name));
    let (from, to) = (Settings::shown(name, from), Settings::shown(name, to));
    [format!("{zh}：{}", arrow(from.0, to.0, "（无）")), format!("{en}: {}", arrow(from.1, to.1, "(none)"))]
}

/// `甲 → 乙：+税额 −日期，移动 金额`
fn redrawn(from: &str, to: &str, added: &[String], removed: &[String], moved: &[String]) -> [String; 2] {
    let label = if from == to { to.to_owned() } else { format!("{from} → {to}") };
    let told = |name: Named, word: &str, comma: &str| {
        let signed = |sign: char, areas: &[String]| areas.iter().map(|area| format!("{sign}{}", name(area))).collect::<Vec<_>>();
        let drawn = [signed('+', added), signed('−', removed)].concat().join(" ");
        let moved: Vec<&str> = moved.iter().map(|area| name(area)).collect();
        let moved = if moved.is_empty() { String::new() } else { format!("{word} {}", moved.join(" ")) };
        [drawn, moved].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(comma)
    };
    let with = |colon: &str, rest: String| if rest.is_empty() { label.clone() } else { format!("{label}{colon}{rest}") };
    [with("：", told(area::in_chinese, "移动", "，")), with(": ", told(area::in_english, "moved", ", "))]
}

/// A task's number never looks like an invoice's.
fn of_task(task: Task, action: ActionId, about: &str, before: &str) -> [String; 2] {
    let (zh, en) = (as_shown(task.zh()), in_english(task.zh()));
    let about = if about.is_empty() { String::new() } else { format!(" {about}") };
    [format!("任务 {action}（{zh}{about}）"), format!("{before}{action} ({en}{about})")]
}

/// Of an older release.
fn told(text: &str) -> (&str, [String; 2]) {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    // The task's kind comes first and has a translation.
    let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
    let first = if matches!(kind, "优先处理" | "取消操作") { in_english(first) } else { first };
    let en = if more.is_empty() { first.to_owned() } else { format!("{first} {more}") };
    (kind, [rest.to_owned(), en])
}

fn of_invoice(invoice: InvoiceId, reason: Option<&str>) -> [String; 2] {
    with_reason(format!("#{invoice}"), reason)
}

impl Fact {
    /// The kind, and the details in Chinese and English.
    fn parts(&self) -> (&str, [String; 2]) {
        match self {
            Self::Told(text) => told(text),
            Self::Queued { task, about } => (task.zh(), same(about.clone())),
            Self::MovedAhead { task, action } => ("优先处理", of_task(*task, *action, "", "task ")),
            Self::TaskMovedAhead { task, action, about } => ("优先处理", of_task(*task, *action, about, "task ")),
            Self::Cancelled { task, action } => ("取消操作", of_task(*task, *action, "", "")),
            Self::TaskCancelled { task, action, about } => ("取消操作", of_task(*task, *action, about, "")),
            Self::QueuesPaused { reason } => ("暂停队列", same(reason.clone())),
            Self::QueuesResumed => ("恢复队列", same(String::new())),
            Self::InvoiceCorrected { invoice, against_checks } => ("修改发票", of_invoice(*invoice, against_checks.as_deref())),
            Self::InvoiceReviewed { invoice, against_checks } => ("核对发票", of_invoice(*invoice, against_checks.as_deref())),
            Self::InvoiceChanged { invoice, changes, against_checks, is_review } => {
                (if *is_review { "核对发票" } else { "修改发票" }, changed(*invoice, changes, against_checks.as_deref()))
            }
            Self::InvoiceReopened { invoice } => ("退回待核对", same(format!("#{invoice}"))),
            Self::FaultResolved { invoice } => ("处理异常发票", same(format!("#{invoice}"))),
            Self::DuplicateDecided { invoice, of, is_duplicate } => {
                let [zh, en] = duplicate_decision(*of, *is_duplicate);
                ("判定发票", [format!("#{invoice} {zh}"), format!("#{invoice} {en}")])
            }
            Self::InvoiceVoided { invoice, reason } => ("作废发票", of_invoice(*invoice, Some(reason))),
            Self::InvoiceRestored { invoice } => ("恢复发票", same(format!("#{invoice}"))),
            Self::DevicesImported { import, file } => ("导入设备", same(format!("{import} {file}").trim_end().to_owned())),
            Self::ImportUndone { import, file } => ("撤销导入", same(format!("{import} {file}").trim_end().to_owned())),
            Self::DeviceCorrected { sn, from, to, reason } => {
                ("更正设备", with_reason(format!("{sn} {from} → {to}"), Some(reason)))
            }
            Self::DeviceRetired { sn, cpuid, reason } => ("作废设备", with_reason(format!("{sn} {cpuid}"), Some(reason))),
            Self::ConflictSettled { sn, cpuid, replaced, reason } => {
                let [zh, en] = if *replaced { ["已替换", "replaced"] } else { ["不替换", "not replaced"] };
                ("处理设备冲突", [format!("{sn} {cpuid} {zh}：{reason}"), format!("{sn} {cpuid} {en}: {reason}")])
            }
            Self::LoggedIn => ("登录", same(String::new())),
            Self::LogInRefused(why) => {
                let (zh, en) = why.words();
                ("登录失败", [zh.to_owned(), format!(": {en}")])
            }
            Self::GroupJoined { group, user } => ("加入用户组", same(format!("{group} {user}"))),
            Self::CompanyRenamed { from, to } => ("修改公司", same(format!("{from} → {to}"))),
            Self::SettingChanged { name, value } => ("修改设置", set_to(name, value)),
            Self::SettingSet { name, from, to } => ("修改设置", set(name, from, to)),
            Self::TemplateRedrawn { from, to, added, removed, moved } => {
                (Task::ChangeTemplate.zh(), redrawn(from, to, added, removed, moved))
            }
            Self::BackupDownloaded => ("下载备份", same(String::new())),
            Self::BackupRestored { tokens } => ("从备份恢复", restored(*tokens)),
            Self::UserAdded { name, rights } => ("增加用户", given(name, *rights)),
            Self::GroupAdded { name, rights } => ("增加用户组", given(name, *rights)),
            Self::TokenAdded { name, rights } => ("增加令牌", given(name, *rights)),
            Self::UserRenamed { from, to } => ("修改用户", same(format!("{from} → {to}"))),
            Self::UserWentOver { user } => ("修改用户", of_user(user, "离开本公司", "has left the company")),
            Self::UserCameOver { user } => ("修改用户", of_user(user, "加入本公司", "has come to the company")),
            Self::RightsChanged { user, from, to } => ("修改用户权限", rights_changed(user, *from, *to)),
            Self::GroupRenamed { from, to } => ("修改用户组", same(format!("{from} → {to}"))),
            Self::GroupRightsChanged { group, from, to } => ("修改用户组", rights_changed(group, *from, *to)),
            Self::LabelLookRedrawn { name, changes } => (Deed::LabelLookChanged.zh(), parts_changed(name, changes)),
            Self::PrinterChanged { name, changes } => ("修改打印机", parts_changed(name, changes)),
            Self::BatchChanged { name, changes } => ("修改批次", parts_changed(name, changes)),
            Self::LabelsQueued { job, printer, labels, reason } => ("打印标签", queued(*job, printer, *labels, reason)),
            Self::LabelsCancelled { job, printer, labels } => ("取消打印", queued(*job, printer, *labels, "")),
            Self::Done(what, name) => (what.zh(), same(name.clone())),
            Self::PortalListTaken { file, invoices, wrong, months } => {
                ("上传税务清单", list_taken(file, *invoices, *wrong, months))
            }
            Self::InvoicesExported { file, invoices } => ("导出发票", exported(file, *invoices)),
            Self::InvoicesPrinted { invoices } => ("发起打印", [format!("{invoices} 张"), format!(": {invoices} on a list")]),
            Self::InvoicePrinted { invoice } => ("发起打印", same(format!("#{invoice}"))),
        }
    }

    /// The Chinese word.
    pub fn kind(&self) -> &str {
        self.parts().0
    }

    /// Without the invoice and its values, beside which it stands.
    pub fn briefly_zh(&self) -> String {
        match self.reason_for_values() {
            Some(Some(reason)) => format!("{}：{reason}", as_shown(self.kind())),
            Some(None) => as_shown(self.kind()).into(),
            None => self.shown_zh(),
        }
    }

    pub fn briefly_en(&self) -> String {
        match self.reason_for_values() {
            Some(Some(reason)) => format!("{}: {reason}", in_english(self.kind())),
            Some(None) => in_english(self.kind()).to_owned(),
            None => self.en(),
        }
    }

    /// Of a fact that enters values: why they stand against the checks.
    fn reason_for_values(&self) -> Option<Option<&str>> {
        match self {
            Self::InvoiceChanged { against_checks, .. }
            | Self::InvoiceCorrected { against_checks, .. }
            | Self::InvoiceReviewed { against_checks, .. } => Some(against_checks.as_deref()),
            Self::FaultResolved { .. } => Some(None),
            _ => None,
        }
    }

    /// For the interface document's log.
    pub fn zh(&self) -> String {
        let (kind, [zh, _]) = self.parts();
        if zh.is_empty() { kind.to_owned() } else { format!("{kind} {zh}") }
    }

    /// For the pages.
    pub fn shown_zh(&self) -> String {
        let (kind, [zh, _]) = self.parts();
        if zh.is_empty() { as_shown(kind).into() } else { format!("{} {zh}", as_shown(kind)) }
    }

    pub fn en(&self) -> String {
        let (kind, [_, en]) = self.parts();
        let blank = if en.is_empty() || en.starts_with(':') { "" } else { " " };
        format!("{}{blank}{en}", in_english(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_called_as_on_its_page() {
        let told = |fact: Fact| (fact.shown_zh(), fact.en());
        let switched = Fact::SettingSet { name: "hsts".into(), from: "false".into(), to: "true".into() };
        let (zh, en) = told(switched);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("修改设置 强制浏览器使用 HTTPS：关闭 → 打开", "Change setting Make browsers use HTTPS: off → on")
        );
        let (zh, en) = told(Fact::SettingChanged { name: "timezone".into(), value: "UTC".into() });
        assert_eq!((zh.as_str(), en.as_str()), ("修改设置 时区 = UTC", "Change setting Time zone = UTC"));
        let (zh, en) = told(Fact::SettingChanged { name: "gone".into(), value: "1".into() });
        assert_eq!((zh.as_str(), en.as_str()), ("修改设置 gone = 1", "Change setting gone = 1"));
    }

    #[test]
    fn facts_in_both_languages() {
        let (invoice, of) = (InvoiceId(7), InvoiceId(3));
        let change = |what: &str, from: &str, to: &str| Change { what: what.into(), from: from.into(), to: to.into() };
        let against_checks = Some("票面如此".to_owned());
        let changed = |changes| Fact::InvoiceChanged { invoice, changes, against_checks: against_checks.clone(), is_review: true };
        let redrawn = |from: &str, to: &str, added: &[&str], removed: &[&str], moved: &[&str]| {
            let [added, removed, moved] = [added, removed, moved].map(|areas| areas.iter().map(|area| (*area).into()).collect());
            Fact::TemplateRedrawn { from: from.into(), to: to.into(), added, removed, moved }
        };
        let moved = Fact::MovedAhead { task: Task::AddTemplate, action: ActionId(9) };
        for (fact, zh, en) in [
            (Fact::LoggedIn, "登录", "Log in"),
            (Fact::LogInRefused(Refused::WrongPassword), "登录失败 密码错误", "Log-in refused: wrong password"),
            (moved, "优先处理 任务 9（添加模板）", "Run next task 9 (Add template)"),
            (Fact::InvoiceVoided { invoice, reason: "开错".into() }, "作废发票 #7：开错", "Void invoice #7: 开错"),
            (Fact::InvoiceCorrected { invoice, against_checks: None }, "修改发票 #7", "Correct invoice #7"),
            (changed(vec![]), "核对发票 #7：票面如此", "Review invoice #7: 票面如此"),
            (
                changed(vec![change("金额", "¥1.00", "¥2.00"), change("日期", "", "2026-01-02")]),
                "核对发票 #7：价税合计 ¥1.00 → ¥2.00；开票日期 （无） → 2026-01-02；票面如此",
                "Review invoice #7: Total ¥1.00 → ¥2.00; Invoice date (none) → 2026-01-02; 票面如此",
            ),
            (
                Fact::SettingSet { name: "backup_dir".into(), from: "/a".into(), to: String::new() },
                "修改设置 自动备份目录：/a → （无）",
                "Change setting Folder for nightly backups: /a → (none)",
            ),
            (
                redrawn("甲", "乙", &["税额"], &["日期"], &["金额"]),
                "修改模板 甲 → 乙：+税额 −开票日期，移动 价税合计",
                "Change template 甲 → 乙: +Tax −Invoice date, moved Total",
            ),
            (redrawn("甲", "甲", &[], &[], &[]), "修改模板 甲", "Change template 甲"),
            (
                Fact::LabelLookRedrawn {
                    name: "小".into(),
                    changes: vec![change("size", "40 × 30 mm", "20 × 10 mm"), change("turn", "0°", "90°")],
                },
                "修改标签样式 小：尺寸 40 × 30 mm → 20 × 10 mm；旋转 0° → 90°",
                "Change label 小: size 40 × 30 mm → 20 × 10 mm; rotation 0° → 90°",
            ),
            (
                Fact::DuplicateDecided { invoice, of, is_duplicate: Some(false) },
                "判定发票 #7 与 #3 不重复",
                "Decide duplicate #7 is no duplicate of #3",
            ),
            (Fact::Told("取消操作 识别发票 5".into()), "取消操作 识别发票 5", "Cancel task Read invoice 5"),
            (Fact::Told("修改设置 hsts = true".into()), "修改设置 hsts = true", "Change setting hsts = true"),
            (Fact::Told("用户 甲 加入 乙".into()), "用户 甲 加入 乙", "用户 甲 加入 乙"),
            (Fact::Told("登录".into()), "登录", "Log in"),
        ] {
            assert_eq!((fact.zh().as_str(), fact.en().as_str()), (zh, en));
        }
        for (fact, zh) in [
            (
                Fact::TaskCancelled { task: Task::Recognise, action: ActionId(9), about: "一月.png".into() },
                "取消任务 任务 9（识别发票 一月.png）",
            ),
            (Fact::Cancelled { task: Task::AddTemplate, action: ActionId(9) }, "取消任务 任务 9（添加模板）"),
            (Fact::Done(Deed::CompanyAdded, "甲".into()), "添加公司 甲"),
            (Fact::FaultResolved { invoice }, "完成核对 #7"),
            (Fact::LoggedIn, "登录"),
        ] {
            assert_eq!(fact.shown_zh(), zh);
        }
    }
}
