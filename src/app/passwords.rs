//! Password hashes (argon2id) and random secrets. Hashing is slow on purpose: few at a time, off the runtime.

use crate::domain::refusal::Refusal;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Each takes 19 MiB and some ten milliseconds of a core.
const AT_ONCE: usize = 2;
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 256;

#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| {
        tracing::error!("no random bytes: {e}");
        Refusal::internal()
    })?;
    Ok(bytes)
}

pub(super) fn random_number() -> Result<u64, Refusal> {
    Ok(u64::from_le_bytes(random::<8>()?))
}

/// 256 random bits in URL-safe base64.
pub fn secret() -> Result<String, Refusal> {
    use base64::Engine as _;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// What is stored of a secret, which is random enough to need no slow hash.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Can be read aloud: five groups of four, without lookalike letters.
pub fn readable_password() -> Result<String, Refusal> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> = random::<20>()?.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    Ok(letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Blocks for some ten milliseconds.
pub fn hash_blocking(password: &str) -> Result<String, Refusal> {
    let hashed = SaltString::encode_b64(&random::<16>()?)
        .and_then(|salt| Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string()));
    hashed.map_err(|e| {
        tracing::error!("argon2: {e}");
        Refusal::internal()
    })
}

impl Passwords {
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Refusal::internal())?;
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        worked.await.map_err(|_| Refusal::internal())
    }

    pub async fn hash(&self, password: String) -> Result<String, Refusal> {
        self.in_turn(move || hash_blocking(&password)).await?
    }

    pub async fn verify(&self, password: String, hash: String) -> Result<bool, Refusal> {
        self.in_turn(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("正确".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify("正确".into(), hash.clone()).await.unwrap());
        assert!(!passwords.verify("错误".into(), hash).await.unwrap());
        assert_eq!(readable_password().unwrap().len(), 24);
        assert_ne!(secret().unwrap(), secret().unwrap());
    }
}
