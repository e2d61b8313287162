//! WebSockets: one task writes, one reads; a client that says too much or reads too slowly is closed.

use super::budget::Place;
use super::call::{Call, Upgrade};
use super::reply::Reply;
use crate::app::{App, claims, device_lists, faults};
use crate::domain::account::{Actor, Permission};
use crate::domain::refusal::{Code, Refusal};
use crate::http::Edge;
use crate::http::line::printers as line_printers;
use crate::hub::{CLOSE_TOO_BIG, Hub, NotPermitted, Page, Subscription, TooMany};
use bytes::Bytes;
use fastwebsockets::{Frame, OpCode, Payload, WebSocketError, WebSocketRead, WebSocketWrite, upgrade};
use http_body_util::BodyExt;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// Of one text, across all its frames.
const TEXT_BYTES_MAX: usize = 64 << 10;
const WRITE_MAX: Duration = Duration::from_secs(30);
/// How long to wait for the other side's close.
const CLOSE_MAX: Duration = Duration::from_secs(2);
const CLOSE_PROTOCOL: u16 = 1002;
const CLOSE_NOT_TEXT: u16 = 1003;
const CLOSE_NOT_UTF8: u16 = 1007;

type Reader = WebSocketRead<ReadHalf<TokioIo<Upgraded>>>;
type Writer = WebSocketWrite<WriteHalf<TokioIo<Upgraded>>>;

#[derive(Debug)]
pub(super) enum Said {
    Text(String),
    Owed(OpCode, Vec<u8>),
    Wrong(u16, &'static str),
    Gone,
}

/// Joins fragments; the library limits single frames, not their sum.
#[derive(Default)]
struct Assembly {
    text: Vec<u8>,
    is_open: bool,
}

impl Assembly {
    fn said(&mut self, mut frame: Frame<'_>) -> Option<Said> {
        if !is_masked(&mut frame) {
            return Some(Said::Wrong(CLOSE_PROTOCOL, "a frame without a mask"));
        }
        match frame.opcode {
            OpCode::Text | OpCode::Continuation => self.add(&frame),
            OpCode::Binary => Some(Said::Wrong(CLOSE_NOT_TEXT, "text only")),
            OpCode::Close => Some(Said::Gone),
            OpCode::Ping => Some(Said::Owed(OpCode::Pong, frame.payload.to_vec())),
            OpCode::Pong => None,
        }
    }

    fn add(&mut self, frame: &Frame<'_>) -> Option<Said> {
        if (frame.opcode == OpCode::Continuation) != self.is_open {
            return Some(Said::Wrong(CLOSE_PROTOCOL, "a fragment out of place"));
        }
        if self.text.len() + frame.payload.len() > TEXT_BYTES_MAX {
            return Some(Said::Wrong(CLOSE_TOO_BIG, "too big"));
        }
        self.text.extend_from_slice(&frame.payload);
        self.is_open = !frame.fin;
        frame.fin.then(|| match String::from_utf8(std::mem::take(&mut self.text)) {
            Ok(text) => Said::Text(text),
            Err(_) => Said::Wrong(CLOSE_NOT_UTF8, "not UTF-8"),
        })
    }
}

/// Clients must mask frames (RFC 6455 §5.1); the library shows it only in the frame head.
fn is_masked(frame: &mut Frame<'_>) -> bool {
    let mut head = [0; MAX_HEAD_SIZE];
    frame.fmt_head(&mut head);
    head[1] & 0x80 != 0
}

/// Two bytes, eight of length, four of mask.
const MAX_HEAD_SIZE: usize = 14;

async fn read(mut reader: Reader, said: mpsc::Sender<Said>) {
    let mut assembly = Assembly::default();
    loop {
        let mut owe = |frame: Frame<'_>| {
            let (said, owed) = (said.clone(), Said::Owed(frame.opcode, frame.payload.to_vec()));
            async move { said.send(owed).await.map_err(|_| WebSocketError::ConnectionClosed) }
        };
        let next = match reader.read_frame(&mut owe).await {
            Ok(frame) => assembly.said(frame),
            Err(WebSocketError::FrameTooLarge) => Some(Said::Wrong(CLOSE_TOO_BIG, "too big")),
            Err(WebSocketError::InvalidUTF8) => Some(Said::Wrong(CLOSE_NOT_UTF8, "not UTF-8")),
            Err(WebSocketError::IoError(_) | WebSocketError::UnexpectedEOF | WebSocketError::SendError(_)) => Some(Said::Gone),
            Err(_) => Some(Said::Wrong(CLOSE_PROTOCOL, "protocol error")),
        };
        let Some(next) = next else { continue };
        let goes_on = matches!(next, Said::Text(_) | Said::Owed(..));
        if said.send(next).await.is_err() || !goes_on {
            return;
        }
    }
}

enum Source {
    /// Every message, in order.
    Queue,
    /// Only the newest counts; repeated while unchanged.
    Latest { latest: watch::Receiver<Bytes>, told: Bytes },
}

/// Old clients expect the list this often.
const REPEAT_EVERY: Duration = Duration::from_secs(20);

impl Source {
    /// Cancel-safe. `None`: the end.
    async fn next(&mut self, subscription: &mut Subscription) -> Option<Bytes> {
        match self {
            Self::Queue => subscription.next().await,
            Self::Latest { latest, told } => {
                match timeout(REPEAT_EVERY, latest.changed()).await {
                    Ok(Ok(())) => *told = latest.borrow_and_update().clone(),
                    Ok(Err(_)) => return None,
                    Err(_) => {}
                }
                Some(told.clone())
            }
        }
    }
}

pub(super) struct Talk {
    writer: Writer,
    pub(super) from_client: mpsc::Receiver<Said>,
}

pub(super) struct Lost;

impl Talk {
    pub(super) async fn write(&mut self, frame: Frame<'_>) -> Result<(), Lost> {
        let written = timeout(WRITE_MAX, async {
            self.writer.write_frame(frame).await?;
            self.writer.flush().await
        });
        written.await.map_err(|_| Lost)?.map_err(|_| Lost)
    }

    pub(super) async fn close(mut self, code: u16, why: &str) {
        if self.write(Frame::close(code, why.as_bytes())).await.is_ok() {
            let _ = timeout(CLOSE_MAX, async { while !matches!(self.from_client.recv().await, None | Some(Said::Gone)) {} }).await;
        }
    }

    async fn run(mut self, mut subscription: Subscription, mut source: Source, hear: impl Fn(&Subscription, &str)) {
        loop {
            let cut = subscription.cut.clone();
            let sent = tokio::select! {
                biased;
                (code, why) = cut.wait() => return self.close(code, why).await,
                said = self.from_client.recv() => match said {
                    Some(Said::Text(text)) => {
                        hear(&subscription, &text);
                        Ok(())
                    }
                    Some(Said::Owed(opcode, payload)) => self.write(Frame::new(true, opcode, None, Payload::Owned(payload))).await,
                    Some(Said::Wrong(code, why)) => return self.close(code, why).await,
                    Some(Said::Gone) | None => return,
                },
                next = source.next(&mut subscription) => match next {
                    Some(text) => self.write(Frame::text(Payload::Borrowed(&text))).await,
                    None => return,
                },
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// `talk` runs once the handshake is done.
pub(super) fn accept<F>(call: &mut Call, talk: impl FnOnce(Talk) -> F + Send + 'static) -> Result<Reply, Refusal>
where
    F: Future<Output = ()> + Send,
{
    let no_handshake = || Refusal::malformed("这里需要 WebSocket 连接", "a WebSocket handshake is needed here");
    let Upgrade(mut request) = call.upgrade.take().ok_or_else(no_handshake)?;
    if !upgrade::is_upgrade_request(&request) {
        return Err(no_handshake());
    }
    let (response, upgraded) = upgrade::upgrade(&mut request).map_err(|_| no_handshake())?;
    let place = request.extensions().get::<Place>().cloned();
    tokio::spawn(async move {
        let _place = place;
        let Ok(mut socket) = upgraded.await else { return };
        socket.set_max_message_size(TEXT_BYTES_MAX + 1);
        // Pings are answered by `talk`.
        socket.set_auto_pong(false);
        let (reader, writer) = socket.split(tokio::io::split);
        let (said, from_client) = mpsc::channel(16);
        let reading = tokio::spawn(read(reader, said));
        talk(Talk { writer, from_client }).await;
        reading.abort();
    });
    Ok(response.map(|body| body.map_err(|never| match never {}).boxed_unsync()))
}

fn too_many(_: TooMany) -> Refusal {
    Refusal::new(Code::Unavailable, "该用户打开的连接太多", "this user has too many connections open")
}

/// Reads the permissions again: a revocation before the hub knew the socket reached nobody.
pub(super) fn subscribe(call: &Call, needs: Option<Permission>) -> Result<(Subscription, Actor), Refusal> {
    let mut actor = call.actor()?.clone();
    loop {
        let subscription = call.edge.hub.subscribe(&actor, needs).map_err(too_many)?;
        let now = call.edge.app.actor_now(actor.credential)?.ok_or_else(Refusal::unauthenticated)?;
        if needs.is_some_and(|needed| !now.may(needed)) {
            return Err(Refusal::no_permission());
        }
        if (now.permissions, now.company) == (actor.permissions, actor.company) {
            return Ok((subscription, actor));
        }
        actor = now;
    }
}

fn unprinted_list(app: &App) -> Result<Bytes, Refusal> {
    let sns = app.store.walk(device_lists::unprinted)?;
    Ok(Bytes::from(json!({ "DeviceSNList": sns }).to_string()))
}

/// Serials without a label: at once, at each change, and every 20 s.
pub async fn unprinted(mut call: Call) -> Result<Reply, Refusal> {
    let edge = call.edge.clone();
    let (subscription, _) = subscribe(&call, Some(Permission::DeviceR))?;
    // Before the list is read, so that no change is missed.
    let mut latest = edge.unprinted.clone();
    latest.mark_unchanged();
    let app = edge.app.clone();
    let now = tokio::task::spawn_blocking(move || unprinted_list(&app)).await.map_err(|_| Refusal::internal())??;
    accept(&mut call, move |mut talk| async move {
        if talk.write(Frame::text(Payload::Borrowed(&now))).await.is_ok() {
            talk.run(subscription, Source::Latest { latest, told: now }, |_, _| {}).await;
        }
    })
}

/// Claimed labels: at once, at each change, and at each expiry.
pub async fn claims(mut call: Call) -> Result<Reply, Refusal> {
    let edge = call.edge.clone();
    let (subscription, _) = subscribe(&call, Some(Permission::DeviceR))?;
    let mut latest = edge.claims.clone();
    latest.mark_changed();
    accept(&mut call, move |talk| talk.run(subscription, Source::Latest { latest, told: Bytes::new() }, |_, _| {}))
}

/// Printers and the jobs that they have: at once and at each change.
pub async fn printers(mut call: Call) -> Result<Reply, Refusal> {
    let edge = call.edge.clone();
    let (subscription, _) = subscribe(&call, Some(Permission::DeviceR))?;
    edge.app.printers.look();
    // Before they are read, so that no change is missed.
    let mut latest = edge.printers.clone();
    latest.mark_unchanged();
    let now = printers_now(&edge.app).await?;
    accept(&mut call, move |mut talk| async move {
        if talk.write(Frame::text(Payload::Borrowed(&now))).await.is_ok() {
            talk.run(subscription, Source::Latest { latest, told: now }, |_, _| {}).await;
        }
    })
}

async fn printers_now(app: &Arc<App>) -> Result<Bytes, Refusal> {
    let app = app.clone();
    let now = tokio::task::spawn_blocking(move || line_printers::now(&app)).await.map_err(|_| Refusal::internal())??;
    Ok(Bytes::from(now.to_string()))
}

/// Runs until the box stops.
pub async fn keep_printers(app: Arc<App>, latest: watch::Sender<Bytes>) {
    const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);
    let mut changes = app.printers.changes();
    loop {
        changes.mark_unchanged();
        // One receiver is the box's own; a newcomer subscribes, then reads them.
        if latest.receiver_count() > 1 {
            app.printers.look();
            match printers_now(&app).await {
                Ok(now) => {
                    latest.send_if_modified(|told| *told != now && std::mem::replace(told, now.clone()) != now);
                }
                Err(refusal) => tracing::error!("the printers can't be read: {}", refusal.en),
            }
        }
        tokio::time::sleep(GATHER).await;
        let _ = timeout(LOOKED_AT_EVERY, changes.changed()).await;
    }
}

fn claims_now(app: &App) -> Result<Bytes, Refusal> {
    let held = app.store.read(claims::all)?;
    Ok(Bytes::from(json!({ "claims": crate::http::line::labels::claims(&held, &app.settings().zone()) }).to_string()))
}

/// Runs until the box stops.
pub async fn keep_claims(app: Arc<App>, hub: Arc<Hub>, latest: watch::Sender<Bytes>) {
    const RUN_OUT_EVERY: Duration = Duration::from_secs(2);
    let mut changed = hub.claims();
    loop {
        match claims_now(&app) {
            Ok(now) => {
                latest.send_if_modified(|told| {
                    *told != now && {
                        *told = now;
                        true
                    }
                });
            }
            Err(refusal) => tracing::error!("the claims can't be read: {}", refusal.en),
        }
        tokio::time::sleep(GATHER).await;
        if timeout(RUN_OUT_EVERY, changed.changed()).await.is_err()
            && let Err(refusal) = app.drop_claims_over().await
        {
            tracing::warn!("claims that ran out are still there: {}", refusal.en);
        }
    }
}

/// News is gathered this long: told within 200 ms, encoded once for all.
const GATHER: Duration = Duration::from_millis(50);

/// Runs until the box stops.
pub async fn keep_unprinted(app: Arc<App>, hub: Arc<Hub>, latest: watch::Sender<Bytes>) {
    let mut changed = hub.unprinted();
    while changed.changed().await.is_ok() {
        changed.mark_unchanged();
        // Nobody watches; a newcomer subscribes, then reads the list.
        if latest.receiver_count() <= 1 {
            continue;
        }
        let (app, began) = (app.clone(), tokio::time::Instant::now());
        match tokio::task::spawn_blocking(move || unprinted_list(&app)).await {
            Ok(Ok(list)) => {
                latest.send_replace(list);
            }
            Ok(Err(refusal)) => tracing::error!("the list of devices without a label can't be read: {}", refusal.en),
            Err(e) => tracing::error!("the list of devices without a label can't be made: {e}"),
        }
        // A slow list must not keep the box busy.
        tokio::time::sleep(GATHER.max(began.elapsed())).await;
    }
}

pub async fn invoice(mut call: Call) -> Result<Reply, Refusal> {
    let edge = call.edge.clone();
    let (subscription, actor) = subscribe(&call, None)?;
    let language = call.language;
    accept(&mut call, move |talk| async move {
        match faults(&edge, &actor) {
            Ok(number) => subscription.greet(number),
            Err(refusal) => tracing::error!("the number of faults can't be read: {}", refusal.en),
        }
        talk.run(subscription, Source::Queue, move |subscription, text| {
            if let Err(refusal) = hear(subscription, text) {
                let err = language.pick(&refusal.zh, &refusal.en);
                let message = json!({ "msg_id": 0, "err": err, "code": refusal.code.word() });
                subscription.send(Bytes::from(message.to_string()));
            }
        })
        .await;
    })
}

fn faults(edge: &Edge, actor: &Actor) -> Result<u64, Refusal> {
    Ok(edge.app.store.read(|view| faults::number(view, actor.scope()))?)
}

/// `001` registers a page (`since`: resumes after that number), `002` asks for the areas so far.
fn hear(subscription: &Subscription, text: &str) -> Result<(), Refusal> {
    let unknown = || Refusal::malformed("无法识别的消息", "this message is not understood");
    let message: Value = serde_json::from_str(text).map_err(|_| unknown())?;
    let refused = |_: NotPermitted| Refusal::no_permission();
    match message.get("code").and_then(Value::as_str) {
        Some("001") => {
            let status = match message.get("console_status") {
                Some(Value::String(text)) => text.parse().ok(),
                Some(value) => value.as_u64(),
                None => None,
            };
            let wrong = || Refusal::malformed("console_status：应为 1 到 6", "console_status: must be 1 to 6");
            let page = status.and_then(Page::of_number).ok_or_else(wrong)?;
            let not_a_number = || Refusal::malformed("since：应为数字或 null", "since: must be a number or null");
            let since = match message.get("since") {
                None => None,
                Some(Value::Null) => Some(None),
                Some(Value::String(text)) => Some(Some(text.parse().map_err(|_| not_a_number())?)),
                Some(number) => Some(Some(number.as_u64().ok_or_else(not_a_number)?)),
            };
            subscription.watch(page, since).map_err(refused)
        }
        Some("002") => subscription
            .catch_up()
            .map_err(|NotPermitted| Refusal::new(Code::Forbidden, "002 只能由监控台页面发送", "002 is for the console page only")),
        _ => Err(unknown()),
    }
}
