//! Permissions, users, groups, companies and credentials. Not here: password hashes (app/passwords.rs), cookies (http/edge/session.rs).

use super::ids::{CompanyId, GroupId, Millis, TokenId, UserId};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_script::UnicodeScript;
use unicode_security::skeleton;

/// Ids and names are the API's. The order is that of the bits in a stored `PermissionSet` and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Permission {
    ModelR,
    ModelRw,
    InvoiceR,
    InvoiceRw,
    ConsoleR,
    LogR,
    QueueR,
    FaultR,
    UserR,
    UserRw,
    ConsoleRw,
    LogRw,
    QueueRw,
    FaultRw,
    GroupR,
    GroupRw,
    DeviceR,
    DeviceRw,
    /// The administrator: everything, in all companies.
    SystemRw,
}

impl Permission {
    pub const ALL: [(Self, u64, &'static str); 19] = [
        (Self::ModelR, 1, "model-r"),
        (Self::ModelRw, 2, "model-rw"),
        (Self::InvoiceR, 5, "invoice-r"),
        (Self::InvoiceRw, 6, "invoice-rw"),
        (Self::ConsoleR, 7, "console-r"),
        (Self::LogR, 8, "log-r"),
        (Self::QueueR, 9, "queue-r"),
        (Self::FaultR, 10, "fault-r"),
        (Self::UserR, 11, "user-r"),
        (Self::UserRw, 14, "user-rw"),
        (Self::ConsoleRw, 15, "console-rw"),
        (Self::LogRw, 16, "log-rw"),
        (Self::QueueRw, 17, "queue-rw"),
        (Self::FaultRw, 18, "fault-rw"),
        (Self::GroupR, 19, "group-r"),
        (Self::GroupRw, 20, "group-rw"),
        (Self::DeviceR, 101, "device-r"),
        (Self::DeviceRw, 102, "device-rw"),
        (Self::SystemRw, 103, "system-rw"),
    ];

    pub fn of_id(id: u64) -> Option<Self> {
        Self::ALL.iter().find(|(_, n, _)| *n == id).map(|(p, _, _)| *p)
    }

    pub fn id(self) -> u64 {
        Self::ALL[self as usize].1
    }

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// What it is called on the pages.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ModelR => ("查看模板", "See templates"),
            Self::ModelRw => ("管理模板", "Manage templates"),
            Self::InvoiceR => ("查看发票", "See invoices"),
            Self::InvoiceRw => ("上传和修改发票", "Upload and correct invoices"),
            Self::ConsoleR => ("查看识别台", "See the console"),
            Self::ConsoleRw => ("调整识别速度", "Set the reading speed"),
            Self::LogR => ("查看日志", "See the log"),
            Self::LogRw => ("管理日志（预留，暂无作用）", "Manage the log (reserved, does nothing yet)"),
            Self::QueueR => ("查看队列", "See the queue"),
            Self::QueueRw => ("管理队列", "Manage the queue"),
            Self::FaultR => ("查看待核对发票", "See invoices to review"),
            Self::FaultRw => ("核对发票", "Review invoices"),
            Self::UserR => ("查看用户", "See users"),
            Self::UserRw => ("管理用户", "Manage users"),
            Self::GroupR => ("查看用户组", "See groups"),
            Self::GroupRw => ("管理用户组", "Manage groups"),
            Self::DeviceR => ("查看设备", "See devices"),
            Self::DeviceRw => ("注册设备、打印标签", "Register devices, print labels"),
            Self::SystemRw => ("系统管理员（全部权限）", "Administrator (everything)"),
        }
    }

    /// `x-rw` contains `x-r`.
    fn contained_in(self) -> Option<Self> {
        Some(match self {
            Self::ModelR => Self::ModelRw,
            Self::InvoiceR => Self::InvoiceRw,
            Self::ConsoleR => Self::ConsoleRw,
            Self::LogR => Self::LogRw,
            Self::QueueR => Self::QueueRw,
            Self::FaultR => Self::FaultRw,
            Self::UserR => Self::UserRw,
            Self::GroupR => Self::GroupRw,
            Self::DeviceR => Self::DeviceRw,
            _ => return None,
        })
    }
}

/// Permissions as granted, without those they contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionSet(u32);

impl PermissionSet {
    pub fn of(permissions: &[Permission]) -> Self {
        permissions.iter().fold(Self::default(), |set, p| set.with(*p))
    }

    #[must_use]
    pub fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u8)
    }

    #[must_use]
    pub fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u8))
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn lists(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    pub fn allows(self, permission: Permission) -> bool {
        self.lists(permission)
            || self.lists(Permission::SystemRw)
            || permission.contained_in().is_some_and(|wider| self.lists(wider))
    }

    pub fn covers(self, other: Self) -> bool {
        other.iter().all(|p| self.allows(p))
    }

    #[must_use]
    pub fn within(self, limit: Self) -> Self {
        let mut both = Self::default();
        for (p, _, _) in Permission::ALL {
            if p != Permission::SystemRw && self.allows(p) && limit.allows(p) {
                both = both.with(p);
            }
        }
        if self.lists(Permission::SystemRw) && limit.lists(Permission::SystemRw) { both.with(Permission::SystemRw) } else { both }
    }

    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().map(|(p, _, _)| p).filter(move |p| self.lists(*p))
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Until somebody renames it; the pages ask for another while it is this (web/src/components/FirstSteps.vue).
pub const FIRST_COMPANY_NAME: &str = "默认公司";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    pub registered: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub company: CompanyId,
    pub registered: Millis,
    pub permissions: PermissionSet,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub company: CompanyId,
    pub group: Option<GroupId>,
    /// argon2id, PHC string.
    pub password_hash: String,
    /// Printed in the interface document, so accepted from loopback only.
    pub default_password: bool,
    /// Their own, besides the group's.
    pub permissions: PermissionSet,
    pub registered: Millis,
    pub locked: bool,
    /// Somebody else chose the password, so its user is asked for their own.
    pub must_change_password: bool,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub user: UserId,
    pub began: Millis,
    /// The last request, to within `SEEN_PRECISION_MS`.
    pub seen: Millis,
}

impl Session {
    pub const IDLE_MS: Millis = 12 * 3_600_000;
    pub const LIFE_MS: Millis = 7 * 24 * 3_600_000;
    pub const SEEN_PRECISION_MS: Millis = 300_000;

    pub fn is_over(&self, now: Millis) -> bool {
        now - self.seen > Self::IDLE_MS || now - self.began > Self::LIFE_MS
    }
}

/// For test stations. Only a hash of the secret is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: TokenId,
    pub user: UserId,
    pub name: String,
    pub hash: [u8; 32],
    pub permissions: PermissionSet,
    pub created: Millis,
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub user: UserId,
    pub user_name: String,
    pub company: CompanyId,
    pub company_name: String,
    /// The group's and their own, limited to the token's.
    pub permissions: PermissionSet,
    pub credential: Credential,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Credential {
    /// SHA-256 of the cookie.
    Session([u8; 32]),
    Token(TokenId),
}

impl Actor {
    /// The name of the box's own command line.
    pub const COMMAND_LINE: &str = "本机命令行";

    /// An actor without an account. They have no company, so only administrators read what is logged about them.
    pub fn nobody(user_name: &str) -> Self {
        Self {
            user: UserId(0),
            user_name: user_name.to_owned(),
            company: CompanyId(0),
            company_name: String::new(),
            permissions: PermissionSet::default(),
            credential: Credential::Session([0; 32]),
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.allows(permission)
    }

    /// The company scope; `None` for all companies.
    pub fn scope(&self) -> Option<CompanyId> {
        (!self.may(Permission::SystemRw)).then_some(self.company)
    }

    pub fn sees(&self, company: CompanyId) -> bool {
        self.scope().is_none_or(|own| own == company)
    }

    /// Nobody grants or revokes what they don't hold.
    pub fn may_turn(&self, from: PermissionSet, into: PermissionSet) -> bool {
        self.permissions.covers(from.difference(into))
    }
}

/// Whether people could mistake one for the other: forms of one letter (`Ａ`, `A`) or letters of another script (a Cyrillic а), not
/// lookalikes within one script (土 and 士, `1` and `l`). After Unicode Technical Standard 39, "confusable".
pub fn look_alike(one: &str, other: &str) -> bool {
    if one == other {
        return false;
    }
    let [one, other] = [one, other].map(folded);
    one == other || scripts(&one) != scripts(&other) && skeleton(&one).eq(skeleton(&other))
}

/// Replaces forms of a letter by the plain one. `①` and `²` are not confusable and stay.
fn folded(name: &str) -> String {
    let is_form = |c: &char| matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{1D400}'..='\u{1D7FF}');
    name.chars().map(|c| if is_form(&c) { c.nfkc().collect() } else { c.to_string() }).collect()
}

/// Scripts of the non-ASCII characters, including "Common".
fn scripts(name: &str) -> Vec<&'static str> {
    let mut scripts: Vec<_> = name.chars().filter(|c| !c.is_ascii()).map(|c| c.script().full_name()).collect();
    scripts.sort_unstable();
    scripts.dedup();
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_called_as_on_the_pages() {
        let (zh, en) = (include_str!("../../web/src/i18n/zh-CN/people.ts"), include_str!("../../web/src/i18n/en/people.ts"));
        for (permission, _, name) in Permission::ALL {
            let (in_chinese, in_english) = permission.words();
            assert!(zh.contains(&format!("'{name}': '{in_chinese}',")), "{name}");
            assert!(en.contains(&format!("'{name}': '{in_english}',")), "{name}");
        }
    }

    #[test]
    fn the_table_is_in_the_order_of_the_bits() {
        for (i, (p, id, name)) in Permission::ALL.into_iter().enumerate() {
            assert_eq!((p as usize, p.id(), p.name()), (i, id, name));
            assert_eq!(Permission::of_id(id), Some(p));
        }
    }

    #[test]
    fn what_contains_what() {
        let rw = PermissionSet::of(&[Permission::DeviceRw]);
        assert!(rw.allows(Permission::DeviceR) && !rw.lists(Permission::DeviceR) && !rw.allows(Permission::UserR));
        let system = PermissionSet::of(&[Permission::SystemRw]);
        assert!(system.covers(rw) && !rw.covers(system));
        let r = PermissionSet::of(&[Permission::DeviceR]);
        assert!(rw.covers(r) && !r.covers(rw));
        assert_eq!(system.within(r), r);
        assert!(!rw.within(r).allows(Permission::DeviceRw));
    }

    #[test]
    fn a_session_ends_after_12_idle_hours_or_7_days() {
        const HOUR: Millis = 3_600_000;
        let session = |began, seen| Session { user: UserId(1), began, seen };
        assert!(!session(0, 0).is_over(12 * HOUR));
        assert!(session(0, 0).is_over(12 * HOUR + 1));
        assert!(!session(0, 167 * HOUR).is_over(168 * HOUR));
        assert!(session(0, 168 * HOUR).is_over(168 * HOUR + 1));
    }

    #[test]
    fn lookalike_names_in_other_letters() {
        for (one, other) in [
            ("admin", "\u{430}dmin"),
            ("OP-1", "ＯＰ-1"),
            ("Kontor", "\u{39A}ontor"),
            ("王芳 OP", "王芳 ОР"),
            ("3号线-A", "3号线－A"),
            ("3号线-A", "3号线\u{2013}A"),
            ("3号线-A", "3号线\u{2212}A"),
            ("日本", "⽇本"),
            ("admin", "adm\u{131}n"),
            ("admin", "𝐚dmin"),
            ("ｱ線", "ア線"),
        ] {
            assert!(look_alike(one, other) && look_alike(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("l1", "ll"),
            ("管理员", "管理员"),
            ("一线", "二线"),
            ("王土", "王士"),
            ("李末", "李未"),
            ("户田", "戶田"),
            ("仓库1", "仓库l"),
            ("质检-01", "质检-O1"),
            ("склад-1", "склад-l"),
            ("机器m", "机器rn"),
            ("Müller", "Muller"),
            ("①号线", "1号线"),
            ("A²", "A2"),
        ] {
            assert!(!look_alike(one, other), "{one} {other}");
        }
    }
}
