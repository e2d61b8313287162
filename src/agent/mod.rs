//! `paperline agent`: stands beside a printer that the box can't reach, connects to the box, and does as it is told. It keeps nothing:
//! what it has not done when the connection ends, the box counts as in doubt. Not here: the printer (device.rs).

mod device;

use crate::config::Agent;
use crate::domain::agent::{Order, PING_EVERY_S, SILENCE_MAX_S};
use bytes::Bytes;
use device::{Device, Printer};
use fastwebsockets::handshake::generate_key;
use fastwebsockets::{Frame, OpCode, Payload, WebSocket, WebSocketError, handshake};
use http_body_util::Empty;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const TOKEN: &str = "PAPERLINE_TOKEN";
const CONNECT_MAX: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(15);
/// Joined for so long, the next try is soon again.
const STABLE: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_secs(PING_EVERY_S);
const SILENCE_MAX: Duration = Duration::from_secs(SILENCE_MAX_S);
/// A label of 300 × 300 mm at 600 dpi, as base64, is smaller.
const ORDER_BYTES_MAX: usize = 32 << 20;

type Socket = WebSocket<TokioIo<Upgraded>>;

/// Runs until it is killed, or until the box says that it may never join.
pub async fn run(config: Agent) -> Result<(), Box<dyn Error>> {
    let token = config.token.clone().or_else(|| std::env::var(TOKEN).ok()).filter(|token| !token.is_empty());
    let token = token.ok_or(format!("需要 --token 或环境变量 {TOKEN}\na token is needed: --token, or the variable {TOKEN}"))?;
    let printer = Printer::start(Device::parse(config.device.as_deref())?)?;
    let (uri, tls) = (join_uri(&config)?, tls(config.ca.as_deref())?);
    let mut station = Station { printer, token, uri, tls };
    let mut again = AGAIN;
    loop {
        let began = Instant::now();
        match station.join().await {
            Ok(socket) => {
                println!("已连接 {0}，打印机 {1}\nconnected to {0}, printer {1}", config.join, config.printer);
                let why = station.serve(socket).await;
                eprintln!("连接断开，正在重连（{why}）\nthe connection is lost, connecting again ({why})");
            }
            Err(why) => eprintln!("连不上 {0}：{why}\ncan't join {0}: {why}", config.join),
        }
        again = if began.elapsed() > STABLE { AGAIN } else { (again * 2).min(AGAIN_MAX) };
        tokio::time::sleep(again).await;
    }
}

fn join_uri(config: &Agent) -> Result<Uri, Box<dyn Error>> {
    let base = config.join.trim_end_matches('/');
    let name = percent_encoding::utf8_percent_encode(&config.printer, percent_encoding::NON_ALPHANUMERIC);
    let mut run = [0; 16];
    getrandom::fill(&mut run).map_err(|e| e.to_string())?;
    let run = u128::from_le_bytes(run);
    let uri: Uri = format!("{base}/api/printers/agent?name={name}&run={run:032x}").parse()?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err("--join 应像 https://192.168.1.10:8443\n--join must be like https://192.168.1.10:8443".into()),
    }
}

/// Only what the box's own CA signed is trusted.
fn tls(ca: Option<&Path>) -> Result<Option<TlsConnector>, Box<dyn Error>> {
    let Some(ca) = ca else { return Ok(None) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(|e| format!("{}: {e}", ca.display()))? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

struct Station {
    printer: Printer,
    token: String,
    uri: Uri,
    tls: Option<TlsConnector>,
}

impl Station {
    async fn join(&self) -> Result<Socket, Box<dyn Error>> {
        timeout(CONNECT_MAX, self.connect()).await.map_err(|_| "没有应答 / no answer")?
    }

    async fn connect(&self) -> Result<Socket, Box<dyn Error>> {
        let host = self.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_tls = self.uri.scheme_str() == Some("https");
        let port = self.uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        if !is_tls {
            return self.shake_hands(stream).await;
        }
        let need = "https 需要 --ca：先从盒子下载 /ca.pem，再指定这个文件\nhttps needs --ca: download /ca.pem from the box, and name that file";
        let tls = self.tls.as_ref().ok_or(need)?;
        let name = ServerName::try_from(host.to_owned())?;
        self.shake_hands(tls.connect(name, stream).await?).await
    }

    async fn shake_hands<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S) -> Result<Socket, Box<dyn Error>> {
        let request = Request::get(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header("Sec-WebSocket-Key", generate_key())
            .header("Sec-WebSocket-Version", "13")
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Empty::<Bytes>::new())?;
        let (mut socket, _) = handshake::client(&TokioExecutor::new(), request, stream).await.map_err(in_words)?;
        socket.set_max_message_size(ORDER_BYTES_MAX);
        Ok(socket)
    }

    /// Carries orders to the printer and its words back. Returns why it ended.
    async fn serve(&mut self, socket: Socket) -> String {
        let connection = self.printer.next_connection();
        let (reader, mut writer) = socket.split(tokio::io::split);
        let mut reader = fastwebsockets::FragmentCollectorRead::new(reader);
        let mut pings = interval(PING_EVERY);
        let (to_write, mut owed) = mpsc::channel::<Frame<'static>>(16);
        let orders = self.printer.orders.clone();
        let reading = async move {
            loop {
                let mut owe = |frame: Frame<'_>| {
                    let owed = Frame::new(true, frame.opcode, None, Payload::Owned(frame.payload.to_vec()));
                    let sent = to_write.try_send(owed);
                    async move { sent.map_err(|_| WebSocketError::ConnectionClosed) }
                };
                let frame = match timeout(SILENCE_MAX, reader.read_frame(&mut owe)).await {
                    Ok(Ok(frame)) => frame,
                    Ok(Err(e)) => return e.to_string(),
                    Err(_) => return "no answer".to_owned(),
                };
                match frame.opcode {
                    OpCode::Text => {
                        let order = std::str::from_utf8(&frame.payload).ok().and_then(Order::read);
                        let Some(order) = order else { return "not an order".to_owned() };
                        if orders.send((connection, order)).await.is_err() {
                            return "the printer's thread ended".to_owned();
                        }
                    }
                    OpCode::Close => return String::from_utf8_lossy(frame.payload.get(2..).unwrap_or_default()).into_owned(),
                    _ => {}
                }
            }
        };
        tokio::pin!(reading);
        loop {
            let frame = tokio::select! {
                why = &mut reading => break why,
                _ = pings.tick() => Frame::new(true, OpCode::Ping, None, Payload::Owned(Vec::new())),
                Some(frame) = owed.recv() => frame,
                word = self.printer.words.recv() => match word {
                    // What was said before is no answer to this box.
                    Some((of, _)) if of != connection => continue,
                    Some((_, word)) => Frame::text(Payload::Owned(word.write().into_bytes())),
                    None => break "the printer's thread ended".to_owned(),
                },
            };
            if let Err(e) = writer.write_frame(frame).await {
                break e.to_string();
            }
        }
    }
}

/// The library tells no more than the status.
fn in_words(e: WebSocketError) -> Box<dyn Error> {
    match e {
        WebSocketError::InvalidStatusCode(status) => match StatusCode::from_u16(status) {
            Ok(StatusCode::UNAUTHORIZED) => "令牌无效 / the token is not valid".into(),
            Ok(StatusCode::FORBIDDEN) => "令牌没有“打印标签”的权限，或盒子要求 HTTPS / the token may not print labels, or the box wants HTTPS".into(),
            Ok(StatusCode::CONFLICT) => "另一台电脑正以这个名称连接着；断开后十几秒内会自动重试 / another computer is connected under this name; once it is gone this one joins within seconds".into(),
            Ok(StatusCode::NOT_FOUND) => "盒子上没有这台打印机，请先添加，地址填 agent://名称 / the box has no such printer: add it, with the address agent://NAME".into(),
            _ => format!("HTTP {status}").into(),
        },
        other => other.to_string().into(),
    }
}
