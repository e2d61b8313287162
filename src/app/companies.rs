//! Companies, each a scope of its own for users of one box.

use super::accounts::{must_differ, name};
use super::{App, By, log, now, refusals};
use crate::domain::account::Company;
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::CompanyId;
use crate::domain::refusal::Refusal;
use crate::store::tables::{COMPANIES, GROUPS, USERS};
use crate::store::{StoreError, Txn, View};

pub fn all(view: &View<'_>) -> Result<Vec<Company>, StoreError> {
    view.scan(&COMPANIES, &(), false).map(|row| row.map(|(_, company)| company)).collect()
}

fn known(txn: &Txn<'_>, id: CompanyId) -> Result<Company, Refusal> {
    txn.get(&COMPANIES, &id)?.ok_or_else(refusals::no_such_company)
}

fn must_be_new(txn: &Txn<'_>, id: CompanyId, name: &str) -> Result<(), Refusal> {
    for other in all(&txn.view())?.iter().filter(|other| other.id != id) {
        must_differ("company_name", name, &other.name, refusals::company_name_is_taken)?;
    }
    Ok(())
}

impl App {
    pub async fn add_company(&self, by: By, wanted: &str) -> Result<Company, Refusal> {
        let name = name("company_name", wanted)?;
        self.act(by, move |txn, by| {
            let company = Company { id: CompanyId(txn.next("companies")?), name, registered: now() };
            must_be_new(txn, company.id, &company.name)?;
            txn.put(&COMPANIES, &company.id, &company)?;
            log(txn, now(), &by.about_the_box(), None, Fact::Done(Deed::CompanyAdded, company.name.clone()))?;
            Ok(company)
        })
        .await
    }

    pub async fn rename_company(&self, by: By, id: CompanyId, wanted: &str) -> Result<Company, Refusal> {
        let name = name("company_name", wanted)?;
        self.act(by, move |txn, by| {
            let mut company = known(txn, id)?;
            if company.name == name {
                return Ok(company);
            }
            must_be_new(txn, id, &name)?;
            let from = std::mem::replace(&mut company.name, name.clone());
            txn.put(&COMPANIES, &id, &company)?;
            log(txn, now(), &by.about(&txn.view(), id)?, None, Fact::CompanyRenamed { from, to: name })?;
            Ok(company)
        })
        .await
    }

    /// Deletes its groups too; it must have no users.
    pub async fn delete_company(&self, by: By, id: CompanyId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let company = known(txn, id)?;
            for row in txn.scan(&USERS, &(), false) {
                if row?.1.company == id {
                    return Err(refusals::company_has_users());
                }
            }
            let groups = txn.scan(&GROUPS, &(), false).collect::<Result<Vec<_>, _>>()?;
            for (group, _) in groups.into_iter().filter(|(_, group)| group.company == id) {
                txn.delete(&GROUPS, &group);
            }
            txn.delete(&COMPANIES, &id);
            Ok(log(txn, now(), &by.about_the_box(), None, Fact::Done(Deed::CompanyDeleted, company.name))?)
        })
        .await
    }
}
