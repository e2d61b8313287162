//! The certificate: the operator's, or one that the box makes for itself at first start and keeps.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

const CERTIFICATE: &str = "cert.pem";
const KEY: &str = "key.pem";

/// Names that the box's own certificate is good for, beside what it is called.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

fn make(dir: &Path) -> io::Result<()> {
    let mut names: Vec<String> = OWN_NAMES.map(str::to_owned).to_vec();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if !host.is_empty() && host.is_ascii() {
        names.push(host);
    }
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    fs::create_dir_all(dir)?;
    // The key first: a certificate without its key would be taken for the operator's own. Each under its name only when it is whole:
    // half a certificate, left by a crash, would keep the box from ever starting again. A temporary file is its owner's alone.
    for (name, text) in [(KEY, made.signing_key.serialize_pem()), (CERTIFICATE, made.cert.pem())] {
        let mut file = NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(dir.join(name))?;
    }
    fs::File::open(dir)?.sync_all()
}

/// The certificate of the moment: whoever connects next gets the newest.
#[derive(Debug)]
pub struct Tls {
    dir: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads `cert.pem` and `key.pem` of `dir`, made first where there is no certificate.
    pub fn open(dir: &Path) -> io::Result<Arc<Self>> {
        if !dir.join(CERTIFICATE).exists() {
            make(dir)?;
        }
        Ok(Arc::new(Self { dir: dir.to_owned(), config: RwLock::new(read(dir)?) }))
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone().into()
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        [CERTIFICATE, KEY].map(|name| fs::metadata(self.dir.join(name)).and_then(|about| about.modified()).ok())
    }

    /// Takes up what is put in the place of the certificate. Half a change, or one that does not fit together, is left until it does.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut known = self.changed();
        loop {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
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

const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

fn read(dir: &Path) -> io::Result<Arc<ServerConfig>> {
    let named = |name: &str, e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", dir.join(name).display()));
    let open = |name: &str| fs::File::open(dir.join(name)).map(io::BufReader::new).map_err(|e| named(name, e));
    let chain = rustls_pemfile::certs(&mut open(CERTIFICATE)?).collect::<Result<Vec<_>, _>>().map_err(|e| named(CERTIFICATE, e))?;
    let key = rustls_pemfile::private_key(&mut open(KEY)?).map_err(|e| named(KEY, e))?;
    let key = key.ok_or_else(|| named(KEY, io::Error::other("holds no private key")))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|e| named(CERTIFICATE, io::Error::other(e)))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
