//! Tokens that stations log in with. Any user may make them, within their own permissions.

use super::accounts::manageable;
use super::claims;
use super::{App, By, log, now, passwords, refusals};
use crate::domain::account::{Credential, Permission, PermissionSet, Token};
use crate::domain::fact::{Deed, Fact};
use crate::domain::ids::{TokenId, UserId};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{TOKENS, TOKENS_BY_HASH};
use crate::store::{StoreError, Txn, View};

pub fn of_user(view: &View<'_>, user: UserId) -> Result<Vec<Token>, StoreError> {
    let tokens = view.scan(&TOKENS, &(), false).map(|row| row.map(|(_, token)| token));
    tokens.filter(|token| token.as_ref().map_or(true, |t| t.user == user)).collect()
}

fn end(txn: &mut Txn<'_>, token: &Token) -> Result<(), StoreError> {
    txn.delete(&TOKENS, &token.id);
    txn.delete(&TOKENS_BY_HASH, &token.hash);
    txn.tell(News::Ended(Credential::Token(token.id)));
    claims::release_all(txn, Credential::Token(token.id))
}

/// With their sockets.
pub(super) fn end_all(txn: &mut Txn<'_>, user: UserId) -> Result<(), StoreError> {
    for token in of_user(&txn.view(), user)? {
        end(txn, &token)?;
    }
    Ok(())
}

impl App {
    /// The secret is only in the answer.
    pub async fn add_token(&self, by: By, wanted: &str, permissions: PermissionSet) -> Result<(Token, String), Refusal> {
        let name = super::accounts::name("name", wanted)?;
        let secret = passwords::secret()?;
        let hash = passwords::digest(&secret);
        let token = self
            .act(by, move |txn, by| {
                if !by.actor.permissions.covers(permissions) {
                    return Err(Refusal::no_permission());
                }
                let token =
                    Token { id: TokenId(txn.next("tokens")?), user: by.actor.user, name, hash, permissions, created: now() };
                txn.put(&TOKENS, &token.id, &token)?;
                txn.put(&TOKENS_BY_HASH, &hash, &token.id.0)?;
                log(txn, now(), by, None, Fact::TokenAdded { name: token.name.clone(), rights: token.permissions })?;
                Ok(token)
            })
            .await?;
        Ok((token, secret))
    }

    pub async fn delete_token(&self, by: By, id: TokenId) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let token = txn.get(&TOKENS, &id)?.ok_or_else(refusals::no_such_token)?;
            // Editors of the user may end their tokens; to others, the token doesn't exist.
            let company = match manageable(txn, by, token.user) {
                _ if token.user == by.actor.user => by.actor.company,
                Ok(user) if by.actor.may(Permission::UserRw) => user.company,
                _ => return Err(refusals::no_such_token()),
            };
            end(txn, &token)?;
            Ok(log(txn, now(), &by.about(&txn.view(), company)?, None, Fact::Done(Deed::TokenEnded, token.name))?)
        })
        .await
    }
}
