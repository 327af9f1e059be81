//! What tests need and nobody else: a server in the same thread, without a socket.
//!
//! Outside semantic versioning, like the feature `hazmat` it comes with.

use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use reqwest::header::HeaderMap;
use reqwest::{Body, Request, Response, ResponseBuilderExt as _, StatusCode};

/// What a server in this thread does with one request.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// The connection breaks after the body.
    pub is_cut: bool,
}

/// Answers requests; with `None` never.
pub type Server = Box<dyn FnMut(&Request) -> Option<Answer>>;

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

/// Lets this server answer every request that leaves from this thread, of every client, until the
/// guard is dropped.
#[must_use = "the server is gone when the guard is dropped"]
pub fn serve(server: Server) -> Serving {
    SERVER.set(Some(server));
    Serving(())
}

/// Takes the server away when it is dropped.
#[derive(Debug)]
pub struct Serving(());

impl Drop for Serving {
    fn drop(&mut self) {
        SERVER.set(None);
    }
}

/// The answer of this thread's server, if there is one.
pub(crate) fn answer(request: &Request) -> Option<impl Future<Output = Response> + use<>> {
    let answer = SERVER.with_borrow_mut(|server| server.as_mut().map(|server| server(request)))?;
    let answer = answer.and_then(|answer| response(request, answer));
    Some(async {
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    })
}

fn response(request: &Request, answer: Answer) -> Option<Response> {
    let Answer { status, headers, body, is_cut } = answer;
    let body = Full::new(Bytes::from(body)).map_err(io::Error::other);
    let end = is_cut.then(|| Err(io::ErrorKind::ConnectionReset.into()));
    let body = Body::wrap(body.with_trailers(ready(end)));
    let mut response = http::Response::builder().status(status).url(request.url().clone());
    response.headers_mut()?.extend(headers);
    response.body(body).ok().map(Response::from)
}
