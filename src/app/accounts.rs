//! Companies, groups and users: what the first start makes, and how a user's rights come about.

use super::{App, now, passwords};
use crate::domain::account::{Actor, Company, Credential, Permission, PermissionSet, User};
use crate::domain::ids::{CompanyId, UserId};
use crate::domain::refusal::Refusal;
use crate::store::tables::{COMPANIES, GROUPS, USERS, USERS_BY_NAME};
use crate::store::{StoreError, Txn, View};

pub const FIRST_COMPANY: CompanyId = CompanyId(1);
pub const ADMIN: &str = "admin";
/// The interface document's own user and password.
pub const PRODUCTION_USER: &str = "prodsys";
pub const PRODUCTION_PASSWORD: &str = "123";

/// Effective rights: the group's and the user's own.
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

/// Who `user` is to the rest of the box, right now.
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

fn add_user(txn: &mut Txn<'_>, name: &str, hash: String, permission: Permission, default_password: bool) -> Result<(), StoreError> {
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
    };
    txn.put(&USERS_BY_NAME, &user.name, &id)?;
    txn.put(&USERS, &id, &user)
}

impl App {
    /// Makes the first company and the first users where there are none; answers the administrator's password when it made it.
    /// `keep` stores that password for people to find, before the user that has it exists.
    pub fn first_start(&self, keep: impl FnOnce(&str) -> std::io::Result<()>) -> Result<Option<String>, Refusal> {
        if self.store.read(|view| view.has(&COMPANIES, &FIRST_COMPANY))? {
            return Ok(None);
        }
        let password = passwords::readable_password()?;
        keep(&password).map_err(StoreError::Io)?;
        let admin_hash = passwords::hash_blocking(&password)?;
        let production_hash = passwords::hash_blocking(PRODUCTION_PASSWORD)?;
        self.store.write_blocking(move |txn| {
            let id = CompanyId(txn.next("companies")?);
            txn.put(&COMPANIES, &id, &Company { id, name: "公司".into(), registered: now() })?;
            add_user(txn, ADMIN, admin_hash, Permission::SystemRw, false)?;
            add_user(txn, PRODUCTION_USER, production_hash, Permission::DeviceRw, true)?;
            Ok(())
        })?;
        Ok(Some(password))
    }
}
