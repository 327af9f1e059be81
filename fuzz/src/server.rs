//! A client whose server is a function in the same thread, and whose clock runs as it is waited for.

use std::sync::LazyLock;

use reqwest::Request;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sealpost_transport::hazmat::{Answer, serve};
use sealpost_transport::{Client, Credentials, RetryPolicy, StatusCode};
use tokio::runtime::{Builder, Runtime};

/// What every call is made with, and nothing that is shown may contain.
pub(crate) const TOKEN: &str = "planted-T0ken-4f1d";
/// Stands for the token in an answer.
const PLACEHOLDER: &str = "%T";

pub(crate) const BASE_URL: &str = "http://127.0.0.1:1";

/// Makes each call once.
pub(crate) fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| {
        Client::builder()
            .base_url(BASE_URL)
            .credentials(Credentials::bearer(TOKEN.into()))
            .retry(RetryPolicy::never())
            .build()
            .unwrap()
    });
    &CLIENT
}

/// The outcome of a call that this server answers.
pub(crate) fn with_server<T>(
    server: impl FnMut(&Request) -> Option<Answer> + 'static,
    call: impl Future<Output = T>,
) -> T {
    let _serving = serve(Box::new(server));
    wait(call)
}

/// The outcome of a call that is answered with this, however often it asks.
pub(crate) fn with_answer<T>(
    status: u16,
    headers: &[(&'static str, &[u8])],
    body: &[u8],
    call: impl Future<Output = T>,
) -> T {
    let status = StatusCode::from_u16(status).unwrap();
    let headers: HeaderMap = headers
        .iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
        })
        .collect();
    let body = planted(body);
    let answer = move |_: &Request| {
        Some(Answer { status, headers: headers.clone(), body: body.clone(), is_cut: false })
    };
    with_server(answer, call)
}

/// With the client's own token in it: a server may echo anything.
fn planted(body: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(body) {
        Ok(text) => text.replace(PLACEHOLDER, TOKEN).into_bytes(),
        Err(_) => body.to_vec(),
    }
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
