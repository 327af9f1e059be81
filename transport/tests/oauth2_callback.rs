//! The browser comes back, or something else does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use sealpost_transport::*;
use support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A listener that waits, and what talking to it takes.
struct Waiting {
    address: SocketAddr,
    state: String,
    answer: JoinHandle<Result<AuthorizationCode, CallbackError>>,
}

async fn waiting(limit: Duration) -> Waiting {
    let listener = LoopbackListener::bind(0).await.unwrap();
    let app = OAuth2App::public("client-1").build().unwrap();
    let authorization = app.authorize(listener.redirect_uri(), Scope::CHAT).unwrap();
    let uri = url::Url::parse(listener.redirect_uri().as_str()).unwrap();
    assert_eq!((uri.host_str(), uri.path()), (Some("127.0.0.1"), "/callback"));
    let address = SocketAddr::from(([127, 0, 0, 1], uri.port().unwrap()));
    let state = authorization.state().expose_secret().to_owned();
    let answer = tokio::spawn(async move { listener.wait(&authorization, limit).await });
    Waiting { address, state, answer }
}

const LONG: Duration = Duration::from_secs(60);

/// Sends bytes and reads all that comes back.
async fn talk(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    // It may hang up while it is still being talked to.
    let _ = stream.write_all(request).await;
    let _ = within(stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

async fn get(address: SocketAddr, target: &str) -> String {
    talk(address, format!("GET {target} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await
}

async fn outcome(waiting: Waiting) -> Result<AuthorizationCode, CallbackError> {
    within(waiting.answer).await.unwrap()
}

#[tokio::test]
async fn the_answer_of_the_browser_is_taken_once() {
    let waiting = waiting(LONG).await;
    let target = format!("/callback?state={}&code=planted-code", waiting.state);
    let page = get(waiting.address, &target).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("go back to the program"), "{page}");
    for header in ["cache-control: no-store", "referrer-policy: no-referrer", "default-src 'none'"]
    {
        assert!(page.contains(header), "{page}");
    }
    assert!(!page.contains("planted") && !page.contains(&waiting.state), "{page}");
    let address = waiting.address;
    let code = outcome(waiting).await.unwrap();
    assert!(!format!("{code:?}").contains("planted"));
    // The port is closed: a second answer reaches nobody.
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_second_answer_at_the_same_time_changes_nothing() {
    let waiting = waiting(LONG).await;
    let mut second = TcpStream::connect(waiting.address).await.unwrap();
    second.write_all(b"GET /callback?code=evil&state=").await.unwrap();
    let target = format!("/callback?state={}&code=good", waiting.state);
    get(waiting.address, &target).await;
    let _ = second.write_all(b"x HTTP/1.1\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = within(second.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    assert!(outcome(waiting).await.is_ok());
}

#[tokio::test]
async fn wrong_answers_end_the_wait_with_their_reason() {
    let mut checked = 0;
    for (query, code) in [
        ("code=c&state=somebody-elses", "wrong_state"),
        ("code=c", "wrong_state"),
        ("error=access_denied", "wrong_state"),
        ("error=access_denied&state=STATE", "denied"),
        ("error=temporarily_unavailable&state=STATE", "refused"),
        ("state=STATE", "missing_code"),
    ] {
        let waiting = waiting(LONG).await;
        let target = format!("/callback?{}", query.replace("STATE", &waiting.state));
        let page = get(waiting.address, &target).await;
        assert!(page.starts_with("HTTP/1.1 400 "), "{page}");
        assert!(page.contains("start the sign-in again"), "{page}");
        let error = outcome(waiting).await.unwrap_err();
        assert_eq!(error.code(), format!("transport.oauth2.callback.{code}"), "{query}");
        assert!(!format!("{error} {error:?}").contains("somebody-elses"));
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[tokio::test]
async fn markup_in_an_answer_stays_out_of_the_page_and_the_terminal() {
    let waiting = waiting(LONG).await;
    let target = format!("/callback?state={}&error=%3Cscript%3E%1b[31m", waiting.state);
    let page = get(waiting.address, &target).await;
    assert!(!page.contains("script"), "{page}");
    let error = outcome(waiting).await.unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

#[tokio::test]
async fn other_requests_are_turned_away_and_ignored() {
    let waiting = waiting(LONG).await;
    let address = waiting.address;
    for target in ["/favicon.ico", "/", "/callback/", "/Callback?code=c", "http://x/callback"] {
        assert!(get(address, target).await.starts_with("HTTP/1.1 404 "), "{target}");
    }
    let target = format!("/callback?state={}&code=c", waiting.state);
    for method in ["POST", "HEAD", "OPTIONS", "get"] {
        let request = format!("{method} {target} HTTP/1.1\r\n\r\n");
        let answer = talk(address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
    }
    let long = format!("GET /callback?code={} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for garbage in [&b"\x16\x03\x01\x02\r\n\r\n"[..], b"\r\n\r\n", b"GET /callback\r\n\r\n"] {
        assert!(talk(address, garbage).await.starts_with("HTTP/1.1 400 "));
    }
    // It stops reading after 16 KiB; whether the page gets through is the network's choice.
    let answer = talk(address, long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(talk(address, b"").await.is_empty());
    // And the real one is still waited for.
    assert!(get(address, &target).await.starts_with("HTTP/1.1 200 "));
    assert!(outcome(waiting).await.is_ok());
}

#[tokio::test]
async fn slow_and_silent_clients_do_not_hold_up_the_browser() {
    let waiting = waiting(LONG).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(waiting.address).await.unwrap();
        stream.write_all(b"GET /call").await.unwrap();
        idle.push(stream);
    }
    let target = format!("/callback?state={}&code=c", waiting.state);
    assert!(get(waiting.address, &target).await.starts_with("HTTP/1.1 200 "));
    assert!(outcome(waiting).await.is_ok());
}

#[tokio::test]
async fn more_silent_clients_than_there_are_places_only_delay_it() {
    let waiting = waiting(LONG).await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(TcpStream::connect(waiting.address).await.unwrap());
    }
    let target = format!("/callback?state={}&code=c", waiting.state);
    assert!(get(waiting.address, &target).await.starts_with("HTTP/1.1 200 "));
    assert!(outcome(waiting).await.is_ok());
}

#[tokio::test]
async fn nobody_comes() {
    let waiting = waiting(Duration::from_millis(100)).await;
    let error = outcome(waiting).await.unwrap_err();
    assert_eq!(error.code(), "transport.oauth2.callback.timeout");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = LoopbackListener::bind(0).await.unwrap();
    let port = url::Url::parse(first.redirect_uri().as_str()).unwrap().port().unwrap();
    let error = LoopbackListener::bind(port).await.unwrap_err();
    assert_eq!(error.code(), "transport.oauth2.callback.bind");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
