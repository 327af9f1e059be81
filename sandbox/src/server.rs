//! Connections: accepted, served, reset on purpose, and ended.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::reply::CutConnection;

/// How long a request that is being answered may go on after the stop.
const GRACE: Duration = Duration::from_secs(1);
const PAUSE_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(10);

/// Serves until `stop` is dropped. When this returns, the port is free and no connection is open.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    read_timeout: Duration,
    stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), read_timeout, stop.clone()));
                }
                // Such as too many open files: it passes when connections end.
                Err(_) => tokio::time::sleep(PAUSE_AFTER_ACCEPT_ERROR).await,
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
    let service = service_fn(move |request| answer(router.clone(), request));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .auto_date_header(false) // the sandbox has its own time
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        result = &mut connection => Some(result),
        _ = stop.changed() => None,
    };
    let result = match ended {
        Some(result) => result,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            tokio::time::timeout(GRACE, &mut connection).await.unwrap_or(Ok(()))
        }
    };
    if result.is_err_and(|error| error.source().is_some_and(|source| source.is::<Cut>())) {
        let stream = connection.into_parts().io.into_inner();
        // Closing with zero linger sends RST instead of FIN.
        let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Result<Response, Cut> {
    let response =
        router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
    if response.extensions().get::<CutConnection>().is_some() { Err(Cut) } else { Ok(response) }
}

/// Ends a connection without an answer.
#[derive(Clone, Copy, Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl Error for Cut {}
