//! The box from start to stop: opens the store, makes what the first start makes, listens, and ends in order.

use crate::app::{App, accounts, clock};
use crate::config::{EngineChoice, Listen, Serve};
use crate::control;
use crate::engine::builtin::Builtin;
use crate::engine::paced::Paced;
use crate::engine::server::{Server, SettingsNow};
use crate::engine::worker::MakeEngine;
use crate::feed;
use crate::greeting::{self, Bound};
use crate::http::edge::budget::Budgets;
use crate::http::edge::tls::{self, Tls};
use crate::http::edge::{listen, socket};
use crate::http::invoice::thumbs::Thumbs;
use crate::http::wire::messages::Messages;
use crate::http::{Edge, route};
use crate::hub::Hub;
use crate::trials::Trials;
use bytes::Bytes;
use std::error::Error;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Set for a process that took the place of one whose store had failed.
const BEGUN_ANEW: &str = "PAPERLINE_BEGUN_ANEW";

/// Everything behind the listeners, opened and made whole.
fn open(config: &Serve) -> Result<Arc<App>, Box<dyn Error>> {
    let dir = &config.data_dir;
    let app = Arc::new(App::open(dir, &config.settings)?);
    if let Some(password) = app.first_start()? {
        println!("first start: user admin, password {password}");
        println!("the password is kept in {} until it is changed", dir.join(accounts::FIRST_PASSWORD).display());
    }
    let (swept, over) = (app.sweep_pictures()?, app.sweep_sessions()?);
    let recovered = app.recover_actions(&clock::boot_id(), config.engines.contains(&EngineChoice::Builtin))?;
    tracing::info!(swept, over, recovered, "opened {}", dir.display());
    Ok(app)
}

/// Where it listens, and with which certificate.
type Listener = (TcpListener, Option<Arc<Tls>>);

fn bind(config: &Serve) -> Result<Vec<Listener>, Box<dyn Error>> {
    let named = |address: std::net::SocketAddr, e: io::Error| match e.kind() {
        io::ErrorKind::AddrInUse => format!(
            "端口 {0} 已被占用：请停止占用它的程序，或用 --http、--https 换一个端口\nport {0} is in use: stop the program that uses it, or choose another port with --http and --https",
            address.port()
        ),
        _ => format!("无法监听 {address}（{e}）\ncan't listen on {address}: {e}"),
    };
    let mut listeners = vec![(listen::bind(config.http).map_err(|e| named(config.http, e))?, None)];
    if let Listen::At(address) = config.https {
        let tls = Tls::open(&config.data_dir.join(tls::FOLDER))?;
        tokio::spawn(tls.clone().keep_fresh());
        let listener = listen::bind(address).map_err(|e| named(address, e))?;
        listeners.push((listener, Some(tls)));
    }
    Ok(listeners)
}

/// Makes the engine that was asked for; both look at the settings of the moment.
fn engine_maker(choice: &EngineChoice, app: Arc<App>) -> MakeEngine {
    let settings: SettingsNow = Arc::new(move || app.settings());
    match choice.clone() {
        EngineChoice::Builtin => MakeEngine::new(move || Box::new(Paced { engine: Builtin, settings: settings.clone() })),
        EngineChoice::Tcp { name, address } => {
            MakeEngine::new(move || Box::new(Server::new(name.clone(), address.clone(), settings.clone())))
        }
    }
}

/// Template tests have an engine of their own, so that they disturb no queue. An external one does one thing at a time, and has no
/// such message.
fn trials(engines: &[EngineChoice]) -> Trials {
    Trials::new(engines.contains(&EngineChoice::Builtin).then(|| MakeEngine::new(|| Box::new(Builtin))))
}

async fn opened(config: &Serve) -> Result<Arc<App>, Box<dyn Error>> {
    loop {
        let config = config.clone();
        match tokio::task::spawn_blocking(move || open(&config).map_err(|e| e.to_string())).await? {
            Ok(opened) => return Ok(opened),
            // Nobody is there to start it again: the disk was just writable, and will be.
            Err(why) if std::env::var_os(BEGUN_ANEW).is_some() => {
                tracing::error!("{why}; trying again");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            Err(why) => return Err(why.into()),
        }
    }
}

/// Waits for what ends this run; whether another one is to follow by itself.
async fn begins_anew(app: &App, config: &Serve, mut stop: Stop) -> bool {
    tokio::select! {
        () = stop.asked() => false,
        () = app.begin_anew.notified() => {
            // Whoever asked for it is answered first.
            tokio::time::sleep(Duration::from_millis(500)).await;
            true
        }
        why = app.store.failed() => {
            eprintln!("paperline: the store failed ({why}): nothing is taken in until the disk can be written again");
            tokio::select! {
                () = stop.asked() => false,
                () = until_writable(&config.data_dir) => true,
            }
        }
    }
}

/// Serves until it is told to stop.
pub async fn run(config: Serve) -> Result<(), Box<dyn Error>> {
    config.check_engine_names()?;
    raise_the_limit_of_open_files();
    let app = opened(&config).await?;
    let messages = Messages::new(app.clone());
    let hub = Hub::new(messages.clone(), app.store.newest_news());
    feed::start(app.clone(), hub.clone(), messages);
    // Before it says that it is there: whoever has read that may ask it to stop.
    let asked_to_stop = Stop::new()?;
    let listeners = bind(&config)?;
    let (latest, unprinted) = watch::channel(Bytes::new());
    let (latest_claims, claims) = watch::channel(Bytes::new());
    let (router, thumbs, trials) = (route::router()?, Thumbs::default(), trials(&config.engines));
    let https = listeners.iter().find(|(_, tls)| tls.is_some()).map(|(listener, _)| listener.local_addr()).transpose()?;
    let https_port = https.map(|address| address.port());
    let edge = Arc::new(Edge {
        app: app.clone(),
        hub: hub.clone(),
        unprinted,
        claims,
        trials,
        router,
        thumbs,
        budgets: Budgets::default(),
        https_port,
    });
    let (stop, stopped) = watch::channel(false);

    control::listen(app.clone(), &config.data_dir, stopped.clone())?;
    tokio::spawn(socket::keep_unprinted(app.clone(), hub.clone(), latest));
    tokio::spawn(socket::keep_claims(app.clone(), hub.clone(), latest_claims));
    tokio::spawn(nightly_backups(app.clone(), stopped.clone()));
    tokio::spawn(sweep_sessions(app.clone(), stopped.clone()));
    let engines = config.engines.iter().map(|choice| engine_maker(choice, app.clone())).collect();
    let dispatcher = tokio::spawn(crate::dispatcher::run(app.clone(), hub.clone(), engines, stopped.clone()));
    let (mut serving, mut bound) = (tokio::task::JoinSet::new(), Vec::new());
    for (listener, tls) in listeners {
        bound.push(Bound { address: listener.local_addr()?, is_tls: tls.is_some() });
        serving.spawn(listen::serve(listener, tls, edge.clone(), stopped.clone()));
    }
    greeting::print(&app, &bound);
    io::stdout().flush()?;

    if begins_anew(&app, &config, asked_to_stop).await {
        return Err(begin_anew().into());
    }
    tracing::info!("stopping");
    stop.send_replace(true);
    hub.close();
    while serving.join_next().await.is_some() {}
    sockets_closed(&hub).await;
    dispatcher.await?;
    control::close(&config.data_dir);
    Ok(())
}

/// A session that is over takes its sockets with it.
async fn sweep_sessions(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    const SWEPT_EVERY: Duration = Duration::from_secs(600);
    while tokio::time::timeout(SWEPT_EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
        let app = app.clone();
        if let Ok(Err(refusal)) = tokio::task::spawn_blocking(move || app.sweep_sessions()).await {
            tracing::warn!("sessions that are over are still there: {refusal}");
        }
    }
}

/// A night that the box was off for is made up for when it is on again.
async fn nightly_backups(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    const LOOKED_FOR_EVERY: Duration = Duration::from_secs(10);
    while tokio::time::timeout(LOOKED_FOR_EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
        let app = app.clone();
        let _ = tokio::task::spawn_blocking(move || app.back_up_nightly()).await;
    }
}

/// Systems start a process with room for 1,024 files and sockets, and let it have more when it asks.
fn raise_the_limit_of_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    const ENOUGH: u64 = 65_536;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH)));
    if let Err(e) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!("the limit of open files stays as it is: {e}");
    }
}

/// What is read goes on being read meanwhile.
async fn until_writable(dir: &Path) {
    const TRIED_EVERY: Duration = Duration::from_secs(2);
    let probe = || {
        let mut file = tempfile::Builder::new().prefix(".probe").tempfile_in(dir)?;
        file.write_all(&[0; 4096])?;
        file.as_file().sync_all()
    };
    while let Err(e) = probe() {
        tracing::warn!("the disk can't be written: {e}");
        tokio::time::sleep(TRIED_EVERY).await;
    }
}

/// A store that failed is sound again once it is opened anew, and one that was restored has to be opened: that takes a new process, and
/// this one becomes it. Comes back only with an error.
fn begin_anew() -> io::Error {
    tracing::info!("starting anew");
    Command::new("/proc/self/exe").args(std::env::args_os().skip(1)).env(BEGUN_ANEW, "1").exec()
}

/// What asks it to stop; heard from the moment on at which this is made.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Their tasks are the hub's watchers: each is gone once the other side has had its close.
async fn sockets_closed(hub: &Hub) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let began = Instant::now();
    while hub.watchers() > 0 && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
