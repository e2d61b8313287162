//! An administrator for tests without HTTP: verbs check the actor.

use paperline::app::{App, By, now};
use paperline::domain::account::{Actor, Company, Credential, Permission, PermissionSet, Session, User};
use paperline::domain::ids::{CompanyId, UserId};
use paperline::domain::news::News;
use paperline::store::tables::{COMPANIES, SESSIONS, USERS};

pub const COMPANY: CompanyId = CompanyId(1);
const KEY: [u8; 32] = [7; 32];

fn permissions() -> PermissionSet {
    PermissionSet::of(&[Permission::SystemRw])
}

pub fn let_in(app: &App) {
    let company = Company { id: COMPANY, name: "公司".into(), registered: 0 };
    let user = User {
        id: UserId(1),
        name: "admin".into(),
        company: COMPANY,
        group: None,
        password_hash: String::new(),
        default_password: false,
        permissions: permissions(),
        registered: 0,
        locked: false,
        must_change_password: false,
    };
    let session = Session { user: user.id, began: now(), seen: now() };
    let made = app.store.write_blocking(move |txn| {
        txn.put(&COMPANIES, &company.id, &company)?;
        txn.put(&USERS, &user.id, &user)?;
        txn.tell(News::Accounts);
        Ok(txn.put(&SESSIONS, &KEY, &session)?)
    });
    made.unwrap();
}

pub fn by() -> By {
    let actor = Actor {
        user: UserId(1),
        user_name: "admin".into(),
        company: COMPANY,
        company_name: "公司".into(),
        permissions: permissions(),
        credential: Credential::Session(KEY),
    };
    By { actor, ip: "127.0.0.1".into(), needs: &[] }
}
