//! Sessions and tokens: logging in and out. Not here: the cookie (http/edge/session.rs), the limit on wrong passwords
//! (attempts.rs).

use super::attempts::TooMany;
use super::{App, By, accounts, claims, log, now, passwords, refusals};
use crate::domain::account::{Actor, Credential, Session, User};
use crate::domain::fact::{Fact, Refused};
use crate::domain::ids::{Millis, TokenId};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{SESSIONS, TOKENS, TOKENS_BY_HASH, USERS};
use crate::store::{StoreError, View};
use std::net::IpAddr;

#[derive(Debug)]
pub enum Login {
    /// The cookie's value.
    Welcome {
        secret: String,
    },
    UnknownUser,
    WrongPassword,
    /// Too many wrong passwords; seconds to wait.
    Locked {
        retry_after: u64,
    },
}

type Digest = [u8; 32];

fn of_session(view: &View<'_>, key: Digest) -> Result<Option<(Actor, Session)>, StoreError> {
    let Some(session) = view.get(&SESSIONS, &key)? else { return Ok(None) };
    let Some(user) = view.get(&USERS, &session.user)?.filter(|u| !u.locked) else { return Ok(None) };
    Ok(Some((accounts::actor(view, &user, Credential::Session(key))?, session)))
}

/// Refuses the session of somebody who was locked, in words; for any other there is nothing to say.
fn why_none(view: &View<'_>, key: Digest) -> Result<Option<Actor>, Refusal> {
    let Some(session) = view.get(&SESSIONS, &key)? else { return Ok(None) };
    match view.get(&USERS, &session.user)? {
        Some(user) if user.locked => Err(refusals::session_is_locked()),
        _ => Ok(None),
    }
}

/// Its user, with no more than the token's permissions.
fn of_token(view: &View<'_>, id: TokenId) -> Result<Option<Actor>, StoreError> {
    let Some(token) = view.get(&TOKENS, &id)? else { return Ok(None) };
    let Some(user) = view.get(&USERS, &token.user)?.filter(|u| !u.locked) else { return Ok(None) };
    let mut actor = accounts::actor(view, &user, Credential::Token(id))?;
    actor.permissions = token.permissions.within(actor.permissions);
    Ok(Some(actor))
}

/// Who the credential belongs to now.
pub(super) fn actor_of(view: &View<'_>, credential: Credential) -> Result<Option<Actor>, StoreError> {
    match credential {
        Credential::Session(key) => {
            Ok(of_session(view, key)?.filter(|(_, session)| !session.is_over(now())).map(|(actor, _)| actor))
        }
        Credential::Token(id) => of_token(view, id),
    }
}

impl App {
    /// `may_use_default`: this address may log in with the interface document's password.
    pub async fn log_in(&self, name: String, password: String, address: IpAddr, may_use_default: bool) -> Result<Login, Refusal> {
        let found = match name.chars().count() {
            0..=accounts::NAME_CHARS_MAX => self.store.read(|view| accounts::by_name(view, &name))?,
            _ => None,
        };
        let attempt = match self.attempts.begin(found.as_ref().map(|user| user.name.as_str()), address).await {
            Ok(attempt) => attempt,
            Err(TooMany { retry_after, is_first }) => {
                if is_first {
                    self.log_refusal(found, address, Refused::TooManyTries).await;
                }
                return Ok(Login::Locked { retry_after });
            }
        };
        let Some(user) = found else {
            attempt.was_wrong();
            // The name is not logged: it may be a password typed into the wrong field.
            self.log_refusal(None, address, Refused::UnknownUser).await;
            return Ok(Login::UnknownUser);
        };
        if password.len() > passwords::PASSWORD_CHARS_MAX * 4
            || !self.passwords.verify(password, user.password_hash.clone()).await?
        {
            attempt.was_wrong();
            self.log_refusal(Some(user), address, Refused::WrongPassword).await;
            return Ok(Login::WrongPassword);
        }
        attempt.was_right();
        if user.locked {
            self.log_refusal(Some(user), address, Refused::UserLocked).await;
            return Err(refusals::user_is_locked());
        }
        if user.default_password && !may_use_default {
            self.log_refusal(Some(user), address, Refused::DefaultPasswordFromAfar).await;
            return Err(refusals::default_password_from_afar());
        }
        let secret = passwords::secret()?;
        let (id, key) = (user.id, passwords::digest(&secret));
        self.store
            .write(move |txn| {
                // Locked, deleted or changed while the hash was computed?
                let current = txn.get(&USERS, &id)?.filter(|u| !u.locked && u.password_hash == user.password_hash);
                let current = current.ok_or_else(Refusal::unauthenticated)?;
                let now = now();
                txn.put(&SESSIONS, &key, &Session { user: id, began: now, seen: now })?;
                let actor = accounts::actor(&txn.view(), &current, Credential::Session(key))?;
                Ok(log(txn, now, &By { actor, ip: address.to_string(), needs: &[] }, None, Fact::LoggedIn)?)
            })
            .await?;
        Ok(Login::Welcome { secret })
    }

    /// `user`: `None` for an unknown name. A failed log write does not change the answer.
    async fn log_refusal(&self, user: Option<User>, address: IpAddr, why: Refused) {
        let logged = self.store.write(move |txn| {
            let actor = match user {
                Some(user) => accounts::actor(&txn.view(), &user, Credential::Session([0; 32]))?,
                None => Actor::nobody(""),
            };
            Ok(log(txn, now(), &By { actor, ip: address.to_string(), needs: &[] }, None, Fact::LogInRefused(why))?)
        });
        if let Err(refusal) = logged.await {
            tracing::warn!("a refused log-in is not in the log: {}", refusal.en);
        }
    }

    pub fn session_actor(&self, secret: &str, now: Millis) -> Result<Option<Actor>, Refusal> {
        let key = passwords::digest(secret);
        let found = self.sessions.or(key, || self.store.read(|view| of_session(view, key)))?;
        let Some((actor, session)) = found else { return self.store.read(|view| why_none(view, key)) };
        if session.is_over(now) {
            return Ok(None);
        }
        if now - session.seen > Session::SEEN_PRECISION_MS {
            self.touch(key, now);
        }
        Ok(Some(actor))
    }

    /// In the background: losing it costs minutes of idle time.
    fn touch(&self, key: [u8; 32], now: Millis) {
        let store = self.store.clone();
        tokio::spawn(async move {
            let touched = store.write(move |txn| {
                if let Some(session) = txn.get(&SESSIONS, &key)? {
                    txn.put(&SESSIONS, &key, &Session { seen: now, ..session })?;
                    txn.tell(News::Accounts);
                }
                Ok(())
            });
            if let Err(refusal) = touched.await {
                tracing::warn!("a session's last use was not written: {}", refusal.en);
            }
        });
    }

    pub fn token_actor(&self, secret: &str) -> Result<Option<Actor>, Refusal> {
        let hash = passwords::digest(secret);
        let found = self.tokens.or(hash, || {
            self.store.read(|view| match view.get(&TOKENS_BY_HASH, &hash)? {
                Some(id) => of_token(view, TokenId(id)),
                None => Ok(None),
            })
        })?;
        Ok(found)
    }

    /// Drops expired sessions with their sockets; returns how many.
    pub fn sweep_sessions(&self) -> Result<usize, Refusal> {
        const AT_ONCE: usize = 500;
        let is_over = |row: &Result<([u8; 32], Session), _>| row.as_ref().is_ok_and(|(_, session)| session.is_over(now()));
        let found = self.store.walk(|view| view.scan(&SESSIONS, &(), false).filter(is_over).collect::<Result<Vec<_>, _>>())?;
        for some in found.chunks(AT_ONCE) {
            let some = some.to_vec();
            self.store.write_blocking(move |txn| {
                for (key, _) in some {
                    if txn.get(&SESSIONS, &key)?.is_some_and(|session| session.is_over(now())) {
                        txn.delete(&SESSIONS, &key);
                        claims::release_all(txn, Credential::Session(key))?;
                        txn.tell(News::Ended(Credential::Session(key)));
                    }
                }
                Ok(())
            })?;
        }
        Ok(found.len())
    }

    pub async fn log_out(&self, credential: Credential) -> Result<(), Refusal> {
        let Credential::Session(key) = credential else { return Ok(()) };
        self.store
            .write(move |txn| {
                txn.delete(&SESSIONS, &key);
                claims::release_all(txn, credential)?;
                txn.tell(News::Ended(credential));
                Ok(())
            })
            .await
    }
}
