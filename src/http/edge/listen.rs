//! Accepts connections within limits; drains them when the box stops.

use super::answer;
use super::budget::{Held, Place, Who};
use super::session::Peer;
use super::tls::Tls;
use crate::domain::refusal::Refusal;
use crate::http::Edge;
use crate::os;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

/// Per listener; beyond it, new ones wait.
const CONNECTIONS_MAX: usize = 8192;
/// The accept backlog. The usual 128 overflows when all pages reconnect at once; dropped ones retry after 1, 2 and 4 s.
const WAITING_MAX: u32 = 4096;
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// A client that takes nothing for this long is cut.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Each connection keeps as much as it once needed.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// How long running requests may take when the box stops.
const DRAIN: Duration = Duration::from_secs(6);

pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    os::bind(&socket, address)?;
    socket.listen(WAITING_MAX)
}

pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, edge: Arc<Edge>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        match accepted {
            (Ok(place), Ok((stream, address))) => {
                // Too many from one address: hung up on, so that nobody else waits.
                let Ok(share) = share(&edge, address.ip()) else { continue };
                let place = Place::new(place, share);
                let (tls, edge, stop) = (tls.as_ref().map(|tls| tls.acceptor()), edge.clone(), stop.clone());
                connections.spawn(async move {
                    connection(stream, place, address, tls, edge, stop).await;
                });
            }
            (_, Err(e)) => {
                // Mostly out of file descriptors: waiting helps, spinning does not.
                tracing::warn!("a connection could not be taken: {e}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        connections.shutdown().await;
    }
}

/// Proxies (many clients) and the box itself are exempt.
fn share(edge: &Edge, address: IpAddr) -> Result<Option<Held>, Refusal> {
    let address = address.to_canonical();
    if address.is_loopback() || edge.app.settings().trusted_proxies.iter().any(|proxies| proxies.contains(&address)) {
        return Ok(None);
    }
    edge.budgets.connections.take(Who::at(address), 1).map(Some)
}

async fn connection(
    stream: TcpStream,
    place: Place,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    edge: Arc<Edge>,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKEN_WITHIN));
    let stream = Box::pin(stream);
    // Boxed, so that plain connections are smaller than TLS ones.
    match tls {
        None => Box::pin(talk(stream, place, Peer { address, is_tls: false }, edge, stop)).await,
        Some(tls) => {
            let accepted = Box::pin(tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream))).await;
            if let Ok(Ok(stream)) = accepted {
                Box::pin(talk(stream, place, Peer { address, is_tls: true }, edge, stop)).await;
            }
        }
    }
}

async fn talk<S>(stream: S, place: Place, peer: Peer, edge: Arc<Edge>, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let edge = edge.clone();
        request.extensions_mut().insert(place.clone());
        // Boxed, so that idle connections hold no answer's memory.
        async move { Ok::<_, Infallible>(Box::pin(answer::answer(edge, peer, request)).await) }
    });
    let connection = http1::Builder::new()
        // A client may close its sending side early.
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
