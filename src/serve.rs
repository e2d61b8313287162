//! The box from start to stop: opens the store, makes what the first start makes, listens, and ends in order.

use crate::app::App;
use crate::config::{EngineChoice, Listen, Serve};
use crate::control;
use crate::engine::builtin::Builtin;
use crate::engine::paced::Paced;
use crate::engine::server::{Server, SettingsNow};
use crate::engine::worker::MakeEngine;
use crate::http::messages::Messages;
use crate::http::{Edge, listen, route, socket, tls};
use crate::hub::Hub;
use crate::store::blobs::Blobs;
use crate::store::local::Local;
use crate::store::{Listener, Store};
use crate::trials::Trials;
use bytes::Bytes;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub const FIRST_PASSWORD: &str = "initial-admin-password";
/// Below this share of the disk, nothing more is written.
const FREE_SHARE_MIN: f64 = 0.05;
/// Where the share is large, this much is enough.
const FREE_BYTES_ENOUGH: u64 = 1 << 30;
const ROOM_LOOKED_AT_EVERY: Duration = Duration::from_millis(500);
const ENGINES: usize = 1;

/// Says whether the disk under `dir` still has room; looks twice a second at most.
fn room(dir: &Path) -> impl FnMut() -> bool + Send + 'static {
    let dir = dir.to_owned();
    let mut last: Option<(Instant, bool)> = None;
    move || {
        if let Some((at, has_room)) = last
            && at.elapsed() < ROOM_LOOKED_AT_EVERY
        {
            return has_room;
        }
        let has_room = rustix::fs::statvfs(&dir).map_or(true, |disk| {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            free > FREE_BYTES_ENOUGH || disk.f_bavail as f64 > disk.f_blocks as f64 * FREE_SHARE_MIN
        });
        last = Some((Instant::now(), has_room));
        has_room
    }
}

/// The store and the verbs on it. `news` is told of every change.
fn open_app(dir: &Path, settings: &[(String, String)], news: Listener) -> Result<Arc<App>, Box<dyn Error>> {
    let engine = Local::open(&dir.join("db"))
        .map_err(|e| format!("{} can't be opened ({e}). Is paperline running on it already?", dir.join("db").display()))?;
    let store = Store::new(Arc::new(engine), Box::new(room(dir)), news)?;
    let blobs = Blobs::open(&dir.join("pictures"))?;
    Ok(Arc::new(App::new(store, blobs, dir.join(FIRST_PASSWORD), settings.to_vec())?))
}

/// Everything behind the listeners, opened and made whole.
fn open(config: &Serve) -> Result<(Arc<App>, Arc<Hub>), Box<dyn Error>> {
    let dir = &config.data_dir;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let messages = Arc::new(Messages::default());
    let hub = Hub::new(messages.clone());
    let news = hub.clone();
    let app = open_app(dir, &config.settings, Box::new(move |change| news.publish(change)))?;
    messages.speak_for(app.clone());
    if let Some(password) = app.first_start()? {
        println!("first start: user admin, password {password}");
        println!("the password is kept in {} until it is changed", dir.join(FIRST_PASSWORD).display());
    }
    let (swept, over) = (app.sweep_pictures()?, app.sweep_sessions()?);
    let recovered = app.recover_actions()?;
    tracing::info!(swept, over, recovered, "opened {}", dir.display());
    Ok((app, hub))
}

/// A new password for whoever holds the box, from the running server or, where none runs, straight from the store.
pub async fn reset_user(dir: &Path, name: String) -> Result<(), Box<dyn Error>> {
    let request = control::Request::ResetUser { name: name.clone() };
    let answer = match control::ask(dir, &request)? {
        Some(answer) => answer,
        None if !dir.join("db").exists() => return Err(format!("{} is no data dir of paperline", dir.display()).into()),
        None => {
            let dir = dir.to_owned();
            let opened = tokio::task::spawn_blocking(move || open_app(&dir, &[], Box::new(|_| {})).map_err(|e| e.to_string()));
            control::carry_out(&*opened.await??, request).await
        }
    };
    match answer {
        control::Answer::Reset { password } => {
            println!("user {name}, new password {password}");
            Ok(())
        }
        control::Answer::Refused { why } => Err(why.into()),
    }
}

async fn bind(config: &Serve) -> Result<Vec<(TcpListener, Option<TlsAcceptor>)>, Box<dyn Error>> {
    let named = |address, e: io::Error| format!("can't listen on {address}: {e}");
    let mut listeners = vec![(TcpListener::bind(config.http).await.map_err(|e| named(config.http, e))?, None)];
    if let Listen::At(address) = config.https {
        let tls = tls::config(&config.data_dir.join("tls"))?;
        let listener = TcpListener::bind(address).await.map_err(|e| named(address, e))?;
        listeners.push((listener, Some(TlsAcceptor::from(tls))));
    }
    Ok(listeners)
}

/// Makes the engine that was asked for; both look at the settings of the moment.
fn engine_maker(choice: &EngineChoice, app: Arc<App>) -> MakeEngine {
    let settings: SettingsNow = Arc::new(move || app.settings());
    match choice.clone() {
        EngineChoice::Builtin => Arc::new(move || Box::new(Paced { engine: Builtin, settings: settings.clone() })),
        EngineChoice::Tcp(address) => Arc::new(move || Box::new(Server::new(address.clone(), settings.clone()))),
    }
}

/// Template tests have an engine of their own, so that they disturb no queue. An external one does one thing at a time, and has no
/// such message.
fn trials(choice: &EngineChoice) -> Trials {
    Trials::new(match choice {
        EngineChoice::Builtin => Some(Arc::new(|| Box::new(Builtin))),
        EngineChoice::Tcp(_) => None,
    })
}

/// Serves until it is told to stop.
pub async fn run(config: Serve) -> Result<(), Box<dyn Error>> {
    let opening = config.clone();
    let (app, hub) = tokio::task::spawn_blocking(move || open(&opening).map_err(|e| e.to_string())).await??;
    let listeners = bind(&config).await?;
    let (latest, unprinted) = watch::channel(Bytes::new());
    let (latest_claims, claims) = watch::channel(Bytes::new());
    let (router, trials) = (route::Router::new()?, trials(&config.engine));
    let edge = Arc::new(Edge { app: app.clone(), hub: hub.clone(), unprinted, claims, trials, router });
    let (stop, stopped) = watch::channel(false);

    control::listen(app.clone(), &config.data_dir, stopped.clone())?;
    tokio::spawn(socket::keep_unprinted(app.clone(), hub.clone(), latest));
    tokio::spawn(socket::keep_claims(app.clone(), latest_claims));
    let make = engine_maker(&config.engine, app.clone());
    let dispatcher = tokio::spawn(crate::dispatcher::run(app, hub.clone(), make, ENGINES, stopped.clone()));
    let mut serving = tokio::task::JoinSet::new();
    for (listener, tls) in listeners {
        let scheme = if tls.is_some() { "https" } else { "http" };
        println!("listening on {scheme}://{}", listener.local_addr()?);
        serving.spawn(listen::serve(listener, tls, edge.clone(), stopped.clone()));
    }
    io::stdout().flush()?;

    wait_for_stop().await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    hub.close();
    while serving.join_next().await.is_some() {}
    sockets_closed(&hub).await;
    dispatcher.await?;
    Ok(())
}

async fn wait_for_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Their tasks are the hub's watchers: each is gone once the other side has had its close.
async fn sockets_closed(hub: &Hub) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let began = Instant::now();
    while hub.watchers() > 0 && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
