//! A server of tokens and of the API, and a store that can be made to fail.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sealpost_transport::*;

use super::*;

pub const TOKEN_PATH: &str = "/2/oauth2/token";

/// A store that can be made to fail, and remembers what it took.
#[derive(Clone, Default)]
pub struct Store {
    pub pair: Arc<Mutex<Option<TokenPair>>>,
    pub broken: Arc<AtomicBool>,
    saves: Arc<Mutex<Vec<String>>>,
    /// What was asked of it, in order.
    pub calls: Arc<Mutex<Vec<&'static str>>>,
}

impl Store {
    pub fn with(pair: Option<TokenPair>) -> Self {
        let store = Self::default();
        *store.pair.lock().unwrap() = pair;
        store
    }

    /// The access tokens that were saved, in order, and whether a refresh had begun.
    pub fn saves(&self) -> Vec<String> {
        self.saves.lock().unwrap().clone()
    }

    pub fn access(&self) -> String {
        self.pair.lock().unwrap().as_ref().unwrap().access_token().expose_secret().to_owned()
    }
}

impl TokenStore for Store {
    fn load(&self) -> StoreFuture<'_, Option<TokenPair>> {
        self.calls.lock().unwrap().push("load");
        let pair = self.pair.lock().unwrap().clone();
        Box::pin(async { Ok(pair) })
    }

    fn save<'a>(&'a self, pair: &'a TokenPair) -> StoreFuture<'a, ()> {
        self.calls.lock().unwrap().push("save");
        Box::pin(async {
            tokio::task::yield_now().await;
            if self.broken.load(Ordering::SeqCst) {
                return Err(StoreError::new("the disk is full"));
            }
            *self.pair.lock().unwrap() = Some(pair.clone());
            let token = pair.access_token().expose_secret().strip_prefix("planted-").unwrap();
            let begun = if pair.refresh_begun() { ", begun" } else { "" };
            self.saves.lock().unwrap().push(format!("{token}{begun}"));
            Ok(())
        })
    }

    fn begin_refresh(&self) -> StoreFuture<'_, ()> {
        self.calls.lock().unwrap().push("begin");
        Box::pin(async { Ok(()) })
    }

    fn end_refresh(&self) -> StoreFuture<'_, ()> {
        self.calls.lock().unwrap().push("end");
        Box::pin(async { Err(StoreError::new("of no consequence")) })
    }
}

/// Tokens "access-N" and "refresh-N" that are good for so many seconds more.
pub fn pair(number: u32, seconds: i64) -> TokenPair {
    let refresh = Some(format!("planted-refresh-{number}").into());
    let access = format!("planted-access-{number}").into();
    TokenPair::new(access, refresh, expiry(seconds), Scope::CHAT).unwrap()
}

pub fn expiry(seconds: i64) -> SystemTime {
    let offset = Duration::from_secs(seconds.unsigned_abs());
    let now = SystemTime::now();
    if seconds < 0 { now - offset } else { now + offset }
}

pub fn granted(number: u32) -> Answer {
    let body = format!(
        r#"{{"token_type":"bearer","expires_in":7200,"access_token":"planted-access-{number}",
            "refresh_token":"planted-refresh-{number}"}}"#
    );
    json(200, body)
}

pub fn is_refresh(seen: &Seen) -> bool {
    seen.target() == ("POST", TOKEN_PATH)
}

/// A server for both: `tokens` answers refreshes; the API takes the access tokens that `accepts`.
pub async fn server(
    tokens: impl Fn(usize) -> Answer + Send + Sync + 'static,
    accepts: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Server {
    let refreshes = AtomicUsize::new(0);
    Server::scripted(move |_, seen| {
        if is_refresh(seen) {
            return tokens(refreshes.fetch_add(1, Ordering::SeqCst));
        }
        let token = seen.header("authorization").strip_prefix("Bearer planted-").unwrap();
        if accepts(token) { json(200, r#"{"data":[]}"#) } else { json(401, "{}") }
    })
    .await
}

pub fn session_client(server: &Server, store: impl TokenStore) -> Client {
    let app = OAuth2App::public("client-1").token_url(&format!("{}{TOKEN_PATH}", server.url()));
    let app = app.timeout(Duration::from_secs(5)).build().unwrap();
    let session = OAuth2Session::new(app, store);
    let builder = Client::builder().base_url(&server.url()).retry(RetryPolicy::never());
    builder.credentials(Credentials::oauth2(session)).build().unwrap()
}

pub async fn call(client: &Client) -> Result<(), Error> {
    within(client.user_public_keys(&user(BOB))).await.map(drop)
}

/// The refresh tokens sent, and the access tokens sent, in order.
pub fn sent(server: &Server) -> (Vec<String>, Vec<String>) {
    let (mut refreshes, mut calls) = (Vec::new(), Vec::new());
    for seen in server.seen() {
        if is_refresh(&seen) {
            let form = seen.form();
            let token = form.iter().find(|(name, _)| name == "refresh_token").unwrap();
            refreshes.push(token.1.strip_prefix("planted-").unwrap().to_owned());
        } else {
            let token = seen.header("authorization").strip_prefix("Bearer planted-").unwrap();
            calls.push(token.to_owned());
        }
    }
    (refreshes, calls)
}

pub fn oauth2(error: Error) -> OAuth2Error {
    assert!(!error.may_have_been_applied());
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("planted"), "{shown}");
    let Error::OAuth2(error) = error else { panic!("{error:?}") };
    error
}
