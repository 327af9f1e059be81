//! TLS with real servers: who is trusted, what is agreed on, and that nobody else sees a request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::error::Error as _;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::Acceptor;
use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, ProtocolVersion};
use sealpost_transport::{
    Accepted, Error, HttpClient, HttpOptions, RootCertificate, RootCertificateError,
};
use support::raw::Raw;
use support::tls::{Authority, Certified, HERE, careless};
use support::*;

/// What the library's own feature gives, whatever else is compiled in.
const BEST_GROUP: NamedGroup =
    if cfg!(feature = "tls-aws-lc") { NamedGroup::X25519MLKEM768 } else { NamedGroup::X25519 };

fn accepted() -> Answer {
    json(200, r#"{"data":{"sequence_id":"42"}}"#)
}

async fn post(url: &str, http: impl Into<HttpClient>) -> Result<Accepted, Error> {
    let client = builder(url).http(http).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await
}

/// Asserts that a call ends without TLS, and that the server has seen nothing of the request.
async fn refuses(server: &Server, url: &str, http: HttpOptions, reason: &str) {
    let error = post(url, http).await.unwrap_err();
    assert_eq!(error.code(), "transport.tls", "{reason}: {error:?}");
    assert!(error.is_retryable() && !error.may_have_been_applied());
    let source = error.source().unwrap().to_string();
    assert!(source.contains(reason), "{reason}: {source}");
    assert_eq!((server.connections(), server.seen().len()), (1, 0), "{reason}");
}

#[tokio::test]
async fn a_certificate_of_a_given_authority_is_trusted_over_http2_and_http1() {
    let authority = Authority::new();
    let only = || HttpOptions::new().without_platform_roots();
    for (alpn, version) in [
        (&["h2", "http/1.1"][..], "HTTP/2"),
        (&["http/1.1", "h2"], "HTTP/1.1"),
        (&["http/1.1"], "HTTP/1.1"),
        (&[], "HTTP/1.1"),
    ] {
        for http in [
            authority.trusted(),
            authority.trusted().without_platform_roots(),
            only().root_certificates(RootCertificate::from_pem(authority.pem()).unwrap()),
        ] {
            let server = Server::secure(authority.certify(&HERE).server(alpn), accepted()).await;
            post(&server.url(), http).await.unwrap();
            let seen = server.only();
            assert!(seen.request_line().ends_with(version), "{alpn:?}: {}", seen.request_line());
            assert_eq!(seen.header("authorization"), format!("Bearer {TOKEN}"));
            assert_eq!(seen.header("content-length"), seen.body.len().to_string());
            let [handshake] = &server.handshakes()[..] else { panic!() };
            assert_eq!(handshake.version, ProtocolVersion::TLSv1_3);
            assert_eq!(handshake.group, BEST_GROUP);
            assert_eq!(handshake.alpn.as_deref(), alpn.first().copied());
        }
    }
}

#[tokio::test]
async fn servers_without_post_quantum_or_with_tls_1_2_are_spoken_to() {
    let authority = Authority::new();
    let mut classic = aws_lc_rs::default_provider();
    classic.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    for (provider, versions, version) in [
        (classic, &[&TLS13][..], ProtocolVersion::TLSv1_3),
        (aws_lc_rs::default_provider(), &[&TLS12], ProtocolVersion::TLSv1_2),
    ] {
        let config = authority.certify(&HERE).server_with(provider, versions, &["h2"]);
        let server = Server::secure(config, accepted()).await;
        post(&server.url(), authority.trusted()).await.unwrap();
        let [handshake] = &server.handshakes()[..] else { panic!() };
        assert_eq!((handshake.version, handshake.group), (version, NamedGroup::X25519));
    }
}

#[tokio::test]
async fn one_connection_carries_all_requests_over_http2() {
    let authority = Authority::new();
    let server = Server::secure(authority.certify(&HERE).server(&["h2"]), accepted()).await;
    let client = builder(&server.url()).http(authority.trusted()).build().unwrap();
    let change = prepared();
    within(client.add_conversation_keys(&change)).await.unwrap();
    let tasks = (0..20).map(|_| (client.clone(), change.clone())).map(|(client, change)| {
        tokio::spawn(async move { client.add_conversation_keys(&change).await.is_ok() })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert!(task.await.unwrap());
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 21));
    assert!(server.seen().iter().all(|seen| seen.body == change.body()));
}

#[tokio::test]
async fn certificates_that_do_not_fit_are_refused_by_their_reason() {
    let (authority, impostor, other) =
        (Authority::new(), Authority::new(), Authority::named("another authority"));
    let now = SystemTime::now();
    let day = Duration::from_secs(24 * 3600);
    let expired = authority.certify_with(&HERE, |params| params.not_after = (now - day).into());
    let early = authority.certify_with(&HERE, |params| params.not_before = (now + day).into());
    let as_authority = authority.certify_with(&HERE, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let for_clients = authority.certify_with(&HERE, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    for (certified, reason) in [
        // A name that resolves to this machine is not enough, which is what DNS rebinding is.
        (authority.certify(&["api.x.com"]), "not valid for"),
        (authority.certify(&["localhost"]), "not valid for"),
        (authority.certify(&["*.0.0.1"]), "not valid for"),
        (authority.certify(&[]), "not valid for"),
        (expired, "expired"),
        (early, "not valid yet"),
        (other.certify(&HERE), "UnknownIssuer"),
        (impostor.certify(&HERE), "BadSignature"),
        (Certified::self_signed(&HERE), "UnknownIssuer"),
        (as_authority, "CaUsedAsEndEntity"),
        (for_clients, "EkuError"),
    ] {
        let server = Server::secure(certified.server(&["h2"]), accepted()).await;
        refuses(&server, &server.url(), authority.trusted(), reason).await;
    }
}

#[tokio::test]
async fn the_name_in_the_url_counts_not_the_address() {
    let authority = Authority::new();
    let server = || async {
        Server::secure(authority.certify(&["127.0.0.1"]).server(&[]), accepted()).await
    };
    let first = server().await;
    post(&first.url(), authority.trusted()).await.unwrap();
    let second = server().await;
    let url = format!("https://localhost:{}", second.address.port());
    refuses(&second, &url, authority.trusted(), "not valid for").await;
}

/// DNS rebinding: api.x.com leads to this machine.
#[tokio::test]
async fn wherever_a_name_leads_it_is_worth_its_certificate() {
    let authority = Authority::new();
    for (names, trusted) in [(&HERE[..], false), (&["*.x.com"], true), (&["api.x.com"], true)] {
        let server = Server::secure(authority.certify(names).server(&[]), accepted()).await;
        let http = careless(&[&authority]);
        let http = http.resolve("api.x.com", server.address).build().unwrap();
        let url = format!("https://api.x.com:{}", server.address.port());
        let result = post(&url, http).await;
        assert_eq!(server.seen().len(), usize::from(trusted));
        assert_eq!(result.err().map(|error| error.code()), (!trusted).then_some("transport.tls"));
    }
}

#[tokio::test]
async fn the_platform_does_not_know_the_authority_and_the_authority_does_not_spoil_the_platform() {
    let authority = Authority::new();
    let server = Server::secure(authority.certify(&HERE).server(&[]), accepted()).await;
    refuses(&server, &server.url(), HttpOptions::new(), "UnknownIssuer").await;
    // Options are values: those of one client are not those of another.
    let trusted = authority.trusted();
    post(&server.url(), trusted.clone()).await.unwrap();
    let stranger = Authority::new().trusted().without_platform_roots();
    let error = post(&server.url(), stranger).await.unwrap_err();
    assert_eq!(error.code(), "transport.tls");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_given_as_a_root() {
    let own = Certified::self_signed(&HERE);
    let root = RootCertificate::from_der(&own.certificate).unwrap();
    let server = Server::secure(own.server(&["h2"]), accepted()).await;
    let http = HttpOptions::new().without_platform_roots().root_certificates([root]);
    post(&server.url(), http).await.unwrap();
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_is_no_certificate_is_no_root() {
    use RootCertificateError::{Certificate, NoCertificate, Pem};
    let pem = Authority::new().pem();
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let cut = pem.replacen("-----END CERTIFICATE-----", "", 1);
    let garbled = pem.replacen("MII", "AII", 1);
    let second = format!("{pem}{garbled}");
    for (text, error) in [
        ("", NoCertificate),
        ("not PEM", NoCertificate),
        (&*key, NoCertificate),
        (&*cut, Pem),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", Pem),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", Certificate { index: 0 }),
        (&*garbled, Certificate { index: 0 }),
        (&*second, Certificate { index: 1 }),
    ] {
        assert_eq!(RootCertificate::from_pem(text), Err(error), "{text}");
    }
    let bundle = format!("# two\n{pem}\n{key}\n{}", Authority::new().pem());
    assert_eq!(RootCertificate::from_pem(&bundle).unwrap().len(), 2);

    let der = Certified::self_signed(&HERE).certificate;
    let longer = [&der[..], &[0]].concat();
    for bytes in [&b""[..], b"-----BEGIN", &der[..der.len() - 1], &longer] {
        assert_eq!(RootCertificate::from_der(bytes), Err(Certificate { index: 0 }));
    }
    assert!(RootCertificate::from_der(&der).is_ok());
}

/// What a TLS server learned from one connection.
struct Learned {
    alpn: Vec<String>,
    server_name: Option<String>,
    /// What the client wrote after the handshake.
    plaintext: Vec<u8>,
}

/// Takes one connection with a certificate that nobody has signed, and looks at all of it.
fn untrusted_server() -> (SocketAddr, JoinHandle<Learned>) {
    let config = Certified::self_signed(&HERE).server(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut acceptor = Acceptor::default();
        let accepted = loop {
            acceptor.read_tls(&mut socket).unwrap();
            if let Some(accepted) = acceptor.accept().ok().unwrap() {
                break accepted;
            }
        };
        let hello = accepted.client_hello();
        let alpn = hello.alpn().into_iter().flatten();
        let alpn = alpn.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect();
        let server_name = hello.server_name().map(str::to_owned);
        let mut connection = accepted.into_connection(Arc::new(config)).ok().unwrap();
        let mut plaintext = Vec::new();
        // Ends with the client's alert.
        let _ = rustls::Stream::new(&mut connection, &mut socket).read_to_end(&mut plaintext);
        Learned { alpn, server_name, plaintext }
    });
    (address, server)
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_not_trusted() {
    for host in ["127.0.0.1", "localhost"] {
        let (address, server) = untrusted_server();
        let url = format!("https://{host}:{}", address.port());
        let error = post(&url, HttpOptions::new()).await.unwrap_err();
        assert_eq!(error.code(), "transport.tls", "{error:?}");
        assert!(error.source().unwrap().to_string().contains("UnknownIssuer"), "{error:?}");

        let learned = server.join().unwrap();
        assert!(learned.plaintext.is_empty(), "credentials went to a stranger");
        assert_eq!(learned.alpn, ["h2", "http/1.1"]);
        let name = (host == "localhost").then(|| host.to_owned());
        assert_eq!(learned.server_name, name);
    }
}

/// A TLS record (RFC 8446 section 5.1).
fn record(kind: u8, version: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind][..], &version, &length, payload].concat()
}

#[tokio::test]
async fn servers_that_do_not_speak_tls_as_of_today_are_a_tls_error() {
    const TLS_1_1: [u8; 2] = [3, 2];
    let protocol_version_alert = record(21, TLS_1_1, &[2, 70]);
    // RFC 4346 section 7.4.1.3: version, random, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
    let hello = [&TLS_1_1[..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    let server_hello = record(22, TLS_1_1, &[&[2, 0, 0, length][..], &hello].concat());
    for (what, answer) in [
        ("an alert of TLS 1.1", Answer::Bytes(protocol_version_alert)),
        ("the hello of TLS 1.1", Answer::Bytes(server_hello)),
        ("plain HTTP", Answer::Bytes(head(400, &[]))),
        ("plain HTTP without end", Answer::Endless(head(200, &[]), vec![b' '; 65536])),
        ("another protocol", Answer::Bytes(b"220 mail.example ESMTP\r\n".to_vec())),
        ("zeros without end", Answer::Endless(vec![0; 5], vec![0; 65536])),
        ("handshakes without end", Answer::Endless(vec![], record(22, [3, 3], &[0; 16384]))),
        ("warnings without end", Answer::Endless(vec![], record(21, [3, 3], &[1, 90]))),
    ] {
        let server = Raw::start(answer).await;
        let error = post(&server.url("https"), HttpOptions::new()).await.unwrap_err();
        assert_eq!(error.code(), "transport.tls", "{what}: {error:?}");
        assert!(error.is_retryable() && !error.may_have_been_applied(), "{what}");
        let received = String::from_utf8_lossy(&server.received().await).into_owned();
        assert!(!received.contains(TOKEN) && !received.contains("POST"), "{what}");
    }
}

#[tokio::test]
async fn a_handshake_that_is_cut_or_stalls_is_a_connect_error() {
    let cut = Raw::start(Answer::Bytes(Vec::new())).await;
    let error = post(&cut.url("https"), HttpOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "transport.connect", "{error:?}");
    assert!(!error.may_have_been_applied());

    let http = || HttpOptions::new().connect_timeout(Duration::from_millis(200));
    let half_a_record = record(22, [3, 3], &[2, 0, 0, 80, 3, 3])[..9].to_vec();
    for answer in [
        Answer::Stall(Vec::new()),
        Answer::Stall(half_a_record),
        Answer::Drip(vec![], record(22, [3, 3], &[0; 1000]), Duration::from_millis(20)),
    ] {
        let server = Raw::start(answer).await;
        let error = post(&server.url("https"), http()).await.unwrap_err();
        assert!(!error.may_have_been_applied());
        let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
        assert_eq!(phase, sealpost_transport::TimeoutPhase::Connect);
    }
}

#[tokio::test]
async fn no_process_wide_provider_is_installed() {
    let (address, server) = untrusted_server();
    let url = format!("https://{address}");
    post(&url, HttpOptions::new()).await.unwrap_err();
    server.join().unwrap();
    assert!(CryptoProvider::get_default().is_none());
}
