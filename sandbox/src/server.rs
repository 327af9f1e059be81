//! Connections: accepted, served, reset on purpose, and ended.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::app::App;
use crate::fault::{Cut, Delivery};
use crate::wire::{Hand, Wire};

/// How long a request that is being answered may go on after the stop.
const GRACE: Duration = Duration::from_secs(1);
/// Too many open files: it passes when connections end.
const PAUSE_WHEN_FULL: Duration = Duration::from_millis(10);
/// How many connections may wait to be accepted. The system may allow fewer.
const BACKLOG: i32 = 4_096;

/// A listener on a port of 127.0.0.1.
pub(crate) fn listen(port: u16) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // As the standard library does: on Windows the option would mean something else.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves until `stop` is dropped. When this returns, the port is free and no connection is open.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    router: Router,
    stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if app.state().faults.take_at_accept() => reset(&stream),
                Ok((stream, _)) => {
                    app.connections.fetch_add(1, Ordering::Relaxed);
                    let (router, stop) = (router.clone(), stop.clone());
                    connections.spawn(connection(stream, router, app.read_timeout, stop));
                }
                // The client is gone; the next one may be there.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => tokio::time::sleep(PAUSE_WHEN_FULL).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    router: Router,
    read_timeout: Duration,
    mut stop: watch::Receiver<()>,
) {
    // Small answers should not wait for each other; a socket that cannot do it still works.
    let _ = stream.set_nodelay(true);
    let hand = Hand::default();
    let wire = Wire::new(stream, hand.clone());
    let service = service_fn(|request| answer(router.clone(), hand.clone(), request));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .auto_date_header(false) // the sandbox has its own time
        .serve_connection(TokioIo::new(wire), service);
    let ended = tokio::select! {
        _ = &mut connection => true,
        _ = stop.changed() => false,
    };
    if !ended {
        Pin::new(&mut connection).graceful_shutdown();
        let _ = tokio::time::timeout(GRACE, &mut connection).await;
    }
    if hand.wants_reset() {
        reset(&connection.into_parts().io.into_inner().into_stream());
    }
}

/// Has the socket send RST instead of FIN when it is dropped.
fn reset(stream: &TcpStream) {
    // Closing with zero linger does that.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

async fn answer(
    router: Router,
    hand: Hand,
    request: hyper::Request<Incoming>,
) -> Result<Response, CutShort> {
    let response =
        router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
    let delivery = response.extensions().get::<Delivery>().copied().unwrap_or_default();
    if delivery == Delivery::Cut(Cut::BeforeHead) {
        hand.reset();
        return Err(CutShort);
    }
    let length = response.body().size_hint().exact().and_then(|length| length.try_into().ok());
    hand.lay(delivery, length.unwrap_or_default());
    Ok(response)
}

/// Ends a connection without an answer.
#[derive(Clone, Copy, Debug)]
struct CutShort;

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl Error for CutShort {}
