//! Effective rights, what the first start creates, and the rules shared by all changes to users, groups and companies. Not here:
//! those changes (users.rs, groups.rs, companies.rs).

use super::{App, By, log, now, passwords, refusals};
use crate::domain::account::{Actor, Company, Credential, FIRST_COMPANY_NAME, Group, Permission, PermissionSet, User, look_alike};
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::{CompanyId, GroupId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::os;
use crate::store::tables::{COMPANIES, GROUPS, USERS, USERS_BY_NAME};
use crate::store::{StoreError, Txn, View};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

pub const FIRST_COMPANY: CompanyId = CompanyId(1);
pub const ADMIN: &str = "admin";
/// Given by the interface document.
pub const PRODUCTION_USER: &str = "prodsys";
pub const PRODUCTION_PASSWORD: &str = "123";

/// The group's permissions and the user's own.
pub fn effective(view: &View<'_>, user: &User) -> Result<PermissionSet, StoreError> {
    let group = match &user.group {
        Some(id) => view.get(&GROUPS, id)?,
        None => None,
    };
    Ok(group.map_or(user.permissions, |g| g.permissions.and(user.permissions)))
}

pub fn by_name(view: &View<'_>, name: &str) -> Result<Option<User>, StoreError> {
    match view.get(&USERS_BY_NAME, &name.to_owned())? {
        Some(id) => view.get(&USERS, &id),
        None => Ok(None),
    }
}

pub fn company_name(view: &View<'_>, id: CompanyId) -> Result<String, StoreError> {
    Ok(view.get(&COMPANIES, &id)?.map(|c| c.name).unwrap_or_default())
}

pub fn actor(view: &View<'_>, user: &User, credential: Credential) -> Result<Actor, StoreError> {
    Ok(Actor {
        user: user.id,
        user_name: user.name.clone(),
        company: user.company,
        company_name: company_name(view, user.company)?,
        permissions: effective(view, user)?,
        credential,
    })
}

/// For users, groups and companies.
pub const NAME_CHARS_MAX: usize = 64;

/// 1 to 64 visible characters, trimmed, with runs of whitespace collapsed. `field`: its name on the wire.
pub(super) fn name(field: &str, text: &str) -> Result<String, Refusal> {
    let has_unseen = |c: char| c != ' ' && text::is_unseen(c) || text::means_nothing(c);
    let text =
        text.split(|c: char| c.is_whitespace() && !c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if text.chars().any(has_unseen) {
        return Err(refusals::name_has_unseen_characters(field));
    }
    if (1..=NAME_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(refusals::name_is_empty_or_too_long(field))
}

/// `field`: the name's on the wire; `is_taken`: refuses an equal name.
pub(super) fn must_differ(field: &'static str, wanted: &str, other: &str, is_taken: fn() -> Refusal) -> Result<(), Refusal> {
    if wanted == other {
        return Err(is_taken().about(field));
    }
    if look_alike(wanted, other) {
        return Err(refusals::name_looks_like_another().about(field));
    }
    Ok(())
}

pub(super) fn must_be_company(txn: &Txn<'_>, id: CompanyId) -> Result<(), Refusal> {
    if txn.has(&COMPANIES, &id)? {
        return Ok(());
    }
    Err(refusals::unknown_company_id())
}

/// The user, if `actor` may change them: in a company that `actor` sees, with no more rights than `actor` has.
pub(super) fn within_reach(view: &View<'_>, actor: &Actor, id: UserId) -> Result<User, Refusal> {
    let user = view.get(&USERS, &id)?.ok_or_else(refusals::unknown_user_id)?;
    let holds_more = !actor.permissions.covers(effective(view, &user)?);
    if !actor.sees(user.company) || holds_more { Err(Refusal::no_permission()) } else { Ok(user) }
}

/// The user, if `actor` may lock or unlock them: an emergency does not ask who holds more, but for the box's administrators.
pub(super) fn lockable(view: &View<'_>, actor: &Actor, id: UserId) -> Result<User, Refusal> {
    let user = view.get(&USERS, &id)?.ok_or_else(refusals::unknown_user_id)?;
    let is_above = effective(view, &user)?.lists(Permission::SystemRw) && !actor.may(Permission::SystemRw);
    if !actor.sees(user.company) || is_above { Err(Refusal::no_permission()) } else { Ok(user) }
}

pub(super) fn manageable(txn: &Txn<'_>, by: &By, id: UserId) -> Result<User, Refusal> {
    within_reach(&txn.view(), &by.actor, id)
}

pub(super) fn visible_group(view: &View<'_>, actor: &Actor, id: GroupId) -> Result<Group, Refusal> {
    let group = view.get(&GROUPS, &id)?.ok_or_else(refusals::unknown_group_id)?;
    if actor.sees(group.company) { Ok(group) } else { Err(Refusal::no_permission()) }
}

/// The group, if `by` may add members of `company` to it.
pub(super) fn joinable(txn: &Txn<'_>, by: &By, id: GroupId, company: CompanyId) -> Result<Group, Refusal> {
    let group = visible_group(&txn.view(), &by.actor, id)?;
    if !by.actor.permissions.covers(group.permissions) {
        return Err(Refusal::no_permission());
    }
    if group.company != company {
        return Err(refusals::group_is_of_another_company());
    }
    Ok(group)
}

pub fn rights(view: &View<'_>, id: UserId) -> Result<Option<(User, PermissionSet)>, StoreError> {
    let Some(user) = view.get(&USERS, &id)? else { return Ok(None) };
    let permissions = effective(view, &user)?;
    Ok(Some((user, permissions)))
}

/// Every verb that takes something away ends with this: somebody must be left who can give it back.
pub(super) fn keep_an_administrator(txn: &Txn<'_>) -> Result<(), Refusal> {
    let view = txn.view();
    for row in view.scan(&USERS, &(), false) {
        let (_, user) = row?;
        if !user.locked && effective(&view, &user)?.lists(Permission::SystemRw) {
            return Ok(());
        }
    }
    Err(refusals::no_administrator_would_be_left())
}

fn add_user(
    txn: &mut Txn<'_>,
    by: &By,
    name: &str,
    hash: String,
    permission: Permission,
    default_password: bool,
) -> Result<(), StoreError> {
    let id = UserId(txn.next("users")?);
    let user = User {
        id,
        name: name.into(),
        company: FIRST_COMPANY,
        group: None,
        password_hash: hash,
        default_password,
        permissions: PermissionSet::of(&[permission]),
        registered: now(),
        locked: false,
        must_change_password: false,
    };
    txn.put(&USERS_BY_NAME, &user.name, &id)?;
    txn.put(&USERS, &id, &user)?;
    log(txn, user.registered, by, None, Fact::UserAdded { name: user.name, rights: user.permissions })
}

/// In the data dir, until the administrator's password is changed.
pub const FIRST_PASSWORD: &str = "initial-admin-password";

impl App {
    /// Creates the first company and users if missing; returns the administrator's password if it did. The password's file is
    /// written before the user exists.
    pub fn first_start(&self) -> Result<Option<String>, Refusal> {
        if self.store.read(|view| view.has(&COMPANIES, &FIRST_COMPANY))? {
            return Ok(None);
        }
        let password = passwords::readable_password()?;
        keep_secret(&self.dir.join(FIRST_PASSWORD), &format!("{password}\n")).map_err(StoreError::Io)?;
        let admin_hash = passwords::hash_blocking(&password)?;
        let production_hash = passwords::hash_blocking(PRODUCTION_PASSWORD)?;
        self.store.write_blocking(move |txn| {
            let company = Company { id: CompanyId(txn.next("companies")?), name: FIRST_COMPANY_NAME.into(), registered: now() };
            txn.put(&COMPANIES, &company.id, &company)?;
            // The first log rows, before anybody could have acted.
            let of_the_box = By::the_box(CompanyId(0), String::new());
            log(txn, company.registered, &of_the_box, None, Fact::Done(Deed::CompanyAdded, company.name.clone()))?;
            let by = By::the_box(company.id, company.name);
            add_user(txn, &by, ADMIN, admin_hash, Permission::SystemRw, false)?;
            add_user(txn, &by, PRODUCTION_USER, production_hash, Permission::DeviceRw, true)?;
            Ok(())
        })?;
        Ok(Some(password))
    }

    /// The password was changed, so the file is useless.
    pub(super) fn forget_first_password(&self) {
        match std::fs::remove_file(self.dir.join(FIRST_PASSWORD)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => tracing::warn!("{FIRST_PASSWORD}: {e}"),
            _ => {}
        }
    }
}

/// Readable by its owner only, and synced.
fn keep_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = os::for_owner(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), os::sync_dir)
}
