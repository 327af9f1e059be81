//! Proxies: what one sees, what it can spoil, and when there is one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealpost_transport::*;
use support::raw::Raw;
use support::tls::{Authority, HERE};
use support::*;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const PASSWORD: &str = "planted-proxy-password";
/// `Aladdin` and [`PASSWORD`] (RFC 7617).
const BASIC: &str = "Basic QWxhZGRpbjpwbGFudGVkLXByb3h5LXBhc3N3b3Jk";

/// A proxy that knows `CONNECT`, and notes every byte that comes from the client.
struct Tunnel {
    url: String,
    /// One entry for each connection.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// What is special about a proxy.
#[derive(Clone, Default)]
struct Manner {
    /// It is itself spoken to over TLS.
    tls: Option<TlsAcceptor>,
    /// It wants these credentials.
    wanted: Option<&'static str>,
    /// It leads there, whatever it is asked for.
    leads_to: Option<SocketAddr>,
}

impl Tunnel {
    async fn start() -> Self {
        Self::listen(Manner::default()).await
    }

    async fn listen(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if manner.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = {
                    let mut log = log.lock().unwrap();
                    log.push(Vec::new());
                    log.len() - 1
                };
                let (manner, log) = (manner.clone(), Arc::clone(&log));
                tokio::spawn(async move {
                    let note = move |bytes: &[u8]| {
                        log.lock().unwrap()[index].extend_from_slice(bytes);
                    };
                    match &manner.tls {
                        None => tunnel(stream, &manner, note).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                tunnel(stream, &manner, note).await;
                            }
                        }
                    }
                });
            }
        });
        Self { url, seen }
    }

    fn proxy(&self) -> Proxy {
        Proxy::new(&self.url).unwrap()
    }

    /// The one connection there was: the head, and what went through the tunnel.
    fn only(&self) -> (String, Vec<u8>) {
        let seen = self.seen.lock().unwrap();
        let [bytes] = &seen[..] else { panic!("{} connections", seen.len()) };
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end..].to_vec())
    }

    fn connections(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn tunnel(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    manner: &Manner,
    note: impl Fn(&[u8]),
) {
    let head = read_request(&mut client).await.unwrap();
    note(head.head.as_bytes());
    let (method, target) = head.target();
    assert_eq!(method, "CONNECT");
    if manner.wanted.is_some_and(|wanted| head.all("proxy-authorization") != [wanted]) {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                       proxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
        client.write_all(answer).await.unwrap();
        return;
    }
    let target = manner.leads_to.unwrap_or_else(|| target.parse().unwrap());
    let server = TcpStream::connect(target).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = vec![0; 65536];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            note(&buffer[..count]);
            to_server.write_all(&buffer[..count]).await.unwrap();
        }
        let _ = to_server.shutdown().await;
    };
    let back = tokio::io::copy(&mut from_server, &mut to_client);
    let _ = tokio::join!(there, back);
}

fn accepted() -> Answer {
    json(200, r#"{"data":{"sequence_id":"42"}}"#)
}

async fn secure(authority: &Authority) -> Server {
    Server::secure(authority.certify(&HERE).server(&["h2", "http/1.1"]), accepted()).await
}

async fn post(url: &str, http: HttpOptions) -> Result<Accepted, Error> {
    let client = builder(url).http(http).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await
}

fn shown(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error} {error:?} {error:#?} {source:?}")
}

#[tokio::test]
async fn a_proxy_sees_the_name_of_the_server_and_nothing_of_the_request() {
    let authority = Authority::new();
    for alpn in [&["h2"][..], &["http/1.1"]] {
        let server = Server::secure(authority.certify(&HERE).server(alpn), accepted()).await;
        let tunnel = Tunnel::start().await;
        let http = authority.trusted().proxy(tunnel.proxy());
        post(&server.url(), http).await.unwrap();
        assert_eq!(server.only().header("authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(server.handshakes()[0].alpn.as_deref(), Some(alpn[0]));

        let (head, inside) = tunnel.only();
        assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{head}");
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
        // A TLS handshake record first, and records only.
        assert_eq!(inside[..2], [22, 3]);
        for secret in [TOKEN, "Bearer", "/2/chat", "encrypted_conversation_key"] {
            let secret = secret.as_bytes();
            assert!(!inside.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[tokio::test]
async fn its_credentials_go_to_the_proxy_and_nowhere_else() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    let tunnel = Tunnel::listen(Manner { wanted: Some(BASIC), ..Manner::default() }).await;
    let proxy = tunnel.proxy().basic_auth("Aladdin", &PASSWORD.into()).unwrap();
    let http = authority.trusted().proxy(proxy);
    assert!(!format!("{http:?} {http:#?}").contains(PASSWORD));
    assert!(!format!("{http:?}").contains(&BASIC[6..]));
    post(&server.url(), http).await.unwrap();
    let head = tunnel.only().0.to_lowercase();
    assert!(head.contains(&format!("proxy-authorization: {}\r\n", BASIC.to_lowercase())), "{head}");
    assert!(server.only().all("proxy-authorization").is_empty());
}

#[tokio::test]
async fn missing_and_wrong_credentials_are_an_error_of_their_own() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    let tunnel = Tunnel::listen(Manner { wanted: Some(BASIC), ..Manner::default() }).await;
    let wrong = tunnel.proxy().basic_auth("Aladdin", &"planted-wrong".into()).unwrap();
    for proxy in [tunnel.proxy(), wrong] {
        let error = post(&server.url(), authority.trusted().proxy(proxy)).await.unwrap_err();
        assert_eq!(error.code(), "transport.proxy_authentication");
        assert!(!error.is_retryable() && !error.may_have_been_applied());
        assert!(!shown(&error).contains("planted"), "{}", shown(&error));
        assert!(error.context().unwrap().url().starts_with(&server.url()));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_gives_no_tunnel_is_an_error_of_its_own() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    let location = [("location", "https://127.0.0.1:1/")];
    for answer in [
        Answer::Bytes(head(403, &[])),
        Answer::Bytes(head(502, &[])),
        Answer::Bytes(head(504, &[])),
        Answer::Bytes(head(302, &location)),
        Answer::Bytes(head(201, &[])),
        Answer::Bytes(head(100, &[])),
        Answer::Bytes(Vec::new()),
        Answer::Bytes(b"HTTP/1.1 200 O".to_vec()),
        Answer::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        Answer::Bytes(vec![0; 100]),
        Answer::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-header: value\r\n".repeat(1000)),
        Answer::Endless(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'x'; 65536]),
    ] {
        let what = format!("{answer:?}").chars().take(60).collect::<String>();
        let proxy = Raw::start(answer).await;
        let http = authority.trusted().proxy(Proxy::new(&proxy.url("http")).unwrap());
        let error = post(&server.url(), http).await.unwrap_err();
        assert_eq!(error.code(), "transport.no_tunnel", "{what}: {error:?}");
        assert!(error.is_retryable() && !error.may_have_been_applied(), "{what}");
        let received = String::from_utf8(proxy.received().await).unwrap();
        assert!(received.starts_with("CONNECT ") && !received.contains(TOKEN), "{received}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Proxy::new(&format!("http://{nobody}")).unwrap();
    let error = post(&server.url(), authority.trusted().proxy(proxy)).await.unwrap_err();
    assert_eq!(error.code(), "transport.no_tunnel", "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_stalls_falls_under_the_limit_for_connecting() {
    for answer in [
        Answer::Stall(Vec::new()),
        Answer::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Answer::Stall(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        Answer::Drip(
            b"HTTP/1.1 200 OK\r\nx: ".to_vec(),
            vec![b'x'; 1000],
            Duration::from_millis(20),
        ),
    ] {
        let proxy = Raw::start(answer).await;
        let http = HttpOptions::new()
            .proxy(Proxy::new(&proxy.url("http")).unwrap())
            .connect_timeout(Duration::from_millis(200));
        let error = post("https://api.x.com", http).await.unwrap_err();
        assert!(!error.may_have_been_applied());
        let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
        assert_eq!(phase, TimeoutPhase::Connect);
    }
}

#[tokio::test]
async fn a_proxy_that_plays_the_server_is_a_tls_error() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    // It has a good certificate, for a name of its own.
    let own = Server::secure(authority.certify(&["proxy.example"]).server(&[]), accepted()).await;
    let leads_to = Some(own.address);
    let tunnel = Tunnel::listen(Manner { leads_to, ..Manner::default() }).await;
    let http = authority.trusted().proxy(tunnel.proxy());
    let error = post(&server.url(), http).await.unwrap_err();
    assert_eq!(error.code(), "transport.tls", "{error:?}");
    assert!(!error.may_have_been_applied());
    assert_eq!((own.connections(), own.seen().len()), (1, 0));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_https_proxy_gets_even_the_servers_name_over_tls() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    let over_tls = |names: &[&str]| {
        let config = authority.certify(names).server(&["h2", "http/1.1"]);
        let tls = Some(TlsAcceptor::from(Arc::new(config)));
        Manner { tls, wanted: Some(BASIC), leads_to: None }
    };
    let tunnel = Tunnel::listen(over_tls(&HERE)).await;
    let proxy = tunnel.proxy().basic_auth("Aladdin", &PASSWORD.into()).unwrap();
    post(&server.url(), authority.trusted().proxy(proxy)).await.unwrap();
    assert!(tunnel.only().0.starts_with("CONNECT "));

    let stranger = Tunnel::listen(over_tls(&["proxy.example"])).await;
    let proxy = stranger.proxy().basic_auth("Aladdin", &PASSWORD.into()).unwrap();
    let error = post(&server.url(), authority.trusted().proxy(proxy)).await.unwrap_err();
    assert_eq!(error.code(), "transport.no_tunnel", "{error:?}");
    assert_eq!(*stranger.seen.lock().unwrap(), [b""], "the password went to a stranger");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn plain_http_on_this_machine_never_goes_through_a_proxy() {
    let server = Server::start(accepted()).await;
    let tunnel = Tunnel::start().await;
    let port = server.address.port();
    for url in [server.url(), format!("http://localhost:{port}")] {
        post(&url, HttpOptions::new().proxy(tunnel.proxy())).await.unwrap();
    }
    assert_eq!((server.seen().len(), tunnel.connections()), (2, 0));
}

#[tokio::test]
async fn a_sign_in_goes_through_the_same_proxy() {
    let authority = Authority::new();
    let tokens =
        r#"{"token_type":"bearer","expires_in":7200,"access_token":"a","refresh_token":"r"}"#;
    let form = "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true";
    for (answer, oauth2) in [(json(200, tokens), true), (response(200, &[], form), false)] {
        let server = Server::secure(authority.certify(&HERE).server(&["h2"]), answer).await;
        let tunnel = Tunnel::start().await;
        let http = authority.trusted().proxy(tunnel.proxy());
        if oauth2 {
            let app = OAuth2App::confidential("client", "planted-secret".into()).http(http);
            let app = app.token_url(&format!("{}/token", server.url())).build().unwrap();
            within(app.refresh(&oauth2::pair(1, 60))).await.unwrap();
            assert_eq!(server.only().form()[1].1, "planted-refresh-1");
        } else {
            let app = OAuth1App::builder("planted-key".into(), "planted-secret".into());
            let app = app.base_url(&server.url()).http(http).build().unwrap();
            within(app.request_token(None)).await.unwrap();
        }
        let (head, inside) = tunnel.only();
        assert!(head.starts_with("CONNECT "));
        let inside = String::from_utf8_lossy(&inside).into_owned();
        assert!(!inside.contains("planted"), "{inside}");
        assert_eq!(server.seen().len(), 1);
    }
}

/// Posts from a process of its own, which has these variables.
async fn post_elsewhere(asks: bool, authority: &Authority, url: &str, variables: &[(&str, &str)]) {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--ignored", "in_a_process_of_its_own"]).env_clear();
    command.env("TEST_URL", url).env("TEST_ROOT", authority.pem()).envs(variables.iter().copied());
    if asks {
        command.env("TEST_ASKS", "yes");
    }
    let output = within(command.stdin(Stdio::null()).output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "run by the next test"]
async fn in_a_process_of_its_own() {
    let root = RootCertificate::from_pem(std::env::var("TEST_ROOT").unwrap()).unwrap();
    let mut http = HttpOptions::new().without_platform_roots().root_certificates(root);
    if std::env::var("TEST_ASKS").is_ok() {
        http = http.proxy(Proxy::from_env().unwrap());
    }
    post(&std::env::var("TEST_URL").unwrap(), http).await.unwrap();
}

#[tokio::test]
async fn the_environment_names_a_proxy_only_when_it_is_asked() {
    let authority = Authority::new();
    let server = secure(&authority).await;
    let tunnel = Tunnel::listen(Manner { wanted: Some(BASIC), ..Manner::default() }).await;
    let named = tunnel.url.replace("://", &format!("://Aladdin:{PASSWORD}@"));
    let everywhere = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"];
    let everywhere = everywhere.map(|name| (name, &*named));
    post_elsewhere(false, &authority, &server.url(), &everywhere).await;
    assert_eq!((server.seen().len(), tunnel.connections()), (1, 0), "it was not asked");

    post_elsewhere(true, &authority, &server.url(), &[("HTTPS_PROXY", &named)]).await;
    assert_eq!((server.seen().len(), tunnel.connections()), (2, 1));

    for except in ["127.0.0.0/8", "*", "example.com, 127.0.0.1"] {
        let variables = [("HTTPS_PROXY", &*named), ("NO_PROXY", except)];
        post_elsewhere(true, &authority, &server.url(), &variables).await;
    }
    assert_eq!((server.seen().len(), tunnel.connections()), (5, 1));
}
