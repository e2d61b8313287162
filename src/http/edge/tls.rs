//! The certificate: the operator's, or the box's own, renewed and signed by its own CA. The CA stays: trusting stations need no
//! change when addresses change.

use crate::app::now;
use crate::domain::ids::Millis;
use crate::mdns::LocalName;
use crate::os;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The operator's files.
const CERTIFICATE: &str = "cert.pem";
const KEY: &str = "key.pem";
/// The box's own, in one file, so that a crash can't split it.
const OWN: &str = "own.pem";
const CA: &str = "ca.pem";
const CA_KEY: &str = "ca-key.pem";
/// Subject of what older releases signed themselves, under the operator's file names, valid until 4096.
const MADE_BEFORE: &[u8] = b"rcgen self signed cert";

/// Browsers accept at most 825 days.
const GOOD_FOR_DAYS: i64 = 800;
const RENEWED_BEFORE_DAYS: i64 = 60;
const DAY_MS: Millis = 24 * 3600 * 1000;
const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// Names and addresses, sorted.
fn names(local: &LocalName) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(host_name());
    names.extend(local.all());
    names.extend(addresses().iter().map(ToString::to_string));
    names.sort();
    names.dedup();
    names
}

/// In lower case; `None` for one that no other machine would know.
pub fn host_name() -> Option<String> {
    let name = os::host_name().to_ascii_lowercase();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    (is_name && name != "localhost").then_some(name)
}

/// Without loopback and link-local addresses.
pub fn addresses() -> Vec<std::net::IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    found.filter(|interface| !interface.is_loopback() && !interface.is_link_local()).map(|interface| interface.ip()).collect()
}

fn write(dir: &Path, name: &str, text: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    os::put(file, &dir.join(name))?;
    os::sync_dir(dir)
}

fn date(at: Millis) -> io::Result<jiff::civil::Date> {
    let at = jiff::Timestamp::from_millisecond(at).map_err(io::Error::other)?;
    Ok(at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Deterministic per key.
fn ca_params(key: &KeyPair) -> CertificateParams {
    let digest = Sha256::digest(key.public_key_raw());
    let number: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("paperline {number}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Fixed: a wrong clock on day one does no harm.
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2060, 1, 1);
    params
}

fn ca(dir: &Path) -> io::Result<Issuer<'static, KeyPair>> {
    let key = match fs::read_to_string(dir.join(CA_KEY)) {
        Ok(pem) => KeyPair::from_pem(&pem).map_err(io::Error::other)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(io::Error::other)?;
            write(dir, CA_KEY, &key.serialize_pem())?;
            key
        }
        Err(e) => return Err(e),
    };
    let params = ca_params(&key);
    if !dir.join(CA).exists() {
        write(dir, CA, &params.self_signed(&key).map_err(io::Error::other)?.pem())?;
    }
    Ok(Issuer::new(params, key))
}

/// The head of own.pem, which decides whether it is current.
fn head(made: Millis, names: &[String]) -> String {
    format!("made: {made}\nnames: {}\n", names.join(" "))
}

/// Whether the names match and the end is not near.
fn is_current(own: &str, names: &[String], now: Millis) -> bool {
    let made = own.strip_prefix("made: ").and_then(|rest| rest.lines().next()).and_then(|made| made.parse().ok());
    made.is_some_and(|made| {
        let age_days = (now - made) / DAY_MS;
        own.starts_with(&head(made, names)) && now >= made - DAY_MS && age_days < GOOD_FOR_DAYS - RENEWED_BEFORE_DAYS
    })
}

fn keep_own(dir: &Path, names: &[String], now: Millis) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    if fs::read_to_string(dir.join(OWN)).is_ok_and(|own| is_current(&own, names, now)) {
        return Ok(());
    }
    let ca = ca(dir)?;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "paperline");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // Other clocks may be behind.
    let day = |at: Millis| date(at).map(|day| rcgen::date_time_ymd(day.year().into(), day.month() as u8, day.day() as u8));
    params.not_before = day(now - DAY_MS)?;
    params.not_after = day(now + GOOD_FOR_DAYS * DAY_MS)?;
    let made = params.signed_by(&key, &ca).map_err(io::Error::other)?;
    let text = head(now, names) + &key.serialize_pem() + &made.pem() + &fs::read_to_string(dir.join(CA))?;
    write(dir, OWN, &text)
}

fn chosen(dir: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let (certificate, key, own) = (dir.join(CERTIFICATE), dir.join(KEY), dir.join(OWN));
    match CertificateDer::from_pem_file(&certificate) {
        Ok(made) if made.windows(MADE_BEFORE.len()).any(|part| part == MADE_BEFORE) => {
            fs::remove_file(certificate)?;
            fs::remove_file(key)?;
            Ok((own.clone(), own))
        }
        _ if certificate.exists() => Ok((certificate, key)),
        _ => Ok((own.clone(), own)),
    }
}

/// In PEM; `None` if the certificate in use is not the box's own.
pub fn ca_certificate(data_dir: &Path) -> Option<Vec<u8>> {
    let dir = data_dir.join(FOLDER);
    if dir.join(CERTIFICATE).exists() { None } else { fs::read(dir.join(CA)).ok() }
}

/// In the data dir.
pub const FOLDER: &str = "tls";

/// Each new connection gets the newest certificate.
#[derive(Debug)]
pub struct Tls {
    dir: PathBuf,
    local: Arc<LocalName>,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// `cert.pem` and `key.pem` in `dir`, or the box's own.
    pub fn open(dir: &Path, local: Arc<LocalName>) -> io::Result<Arc<Self>> {
        keep_own(dir, &names(&local), now())?;
        Ok(Arc::new(Self { dir: dir.to_owned(), local, config: RwLock::new(read(dir)?) }))
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone().into()
    }

    fn changed(&self) -> [Option<SystemTime>; 3] {
        [CERTIFICATE, KEY, OWN].map(|name| fs::metadata(self.dir.join(name)).and_then(|about| about.modified()).ok())
    }

    /// Loads a replaced certificate once it matches its key; renews the box's own.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut known = self.changed();
        loop {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
            if let Err(e) = keep_own(&self.dir, &names(&self.local), now()) {
                tracing::warn!("the certificate can't be renewed: {e}");
            }
            let changed = self.changed();
            if changed == known {
                continue;
            }
            match read(&self.dir) {
                Ok(config) => {
                    *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
                    known = changed;
                    tracing::info!("a new certificate is in use");
                }
                Err(e) => tracing::warn!("the certificate is not taken up: {e}"),
            }
        }
    }
}

fn read(dir: &Path) -> io::Result<Arc<ServerConfig>> {
    let (certificate, key) = chosen(dir)?;
    let named = |path: &Path, e: &dyn std::fmt::Display| io::Error::other(format!("{}: {e}", path.display()));
    let chain = CertificateDer::pem_file_iter(&certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|e| named(&certificate, &e))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|e| named(&key, &e))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|e| named(&certificate, &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_certificate_is_made_anew_when_names_change_or_its_end_is_near_and_its_ca_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let own = || fs::read_to_string(dir.join(OWN)).unwrap();
        let here = ["box".to_owned(), "10.0.0.1".to_owned()];
        let start = 1_800_000_000_000;
        keep_own(dir, &here, start).unwrap();
        let (first, ca) = (own(), fs::read(dir.join(CA)).unwrap());
        for later in [0, 30, 700] {
            keep_own(dir, &here, start + later * DAY_MS).unwrap();
            assert_eq!(own(), first, "{later} days later");
        }
        keep_own(dir, &["box".to_owned(), "10.0.0.2".to_owned()], start).unwrap();
        let moved = own();
        assert!(moved != first && moved.contains("10.0.0.2") && !moved.contains("10.0.0.1"));
        for wrong in [750, 2000, -30] {
            let before = own();
            keep_own(dir, &here, start + wrong * DAY_MS).unwrap();
            assert_ne!(own(), before, "{wrong} days later");
        }
        assert_eq!(fs::read(dir.join(CA)).unwrap(), ca);
        read(dir).unwrap();
    }
}
