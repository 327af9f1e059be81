//! TLS: what is offered, and who is not trusted.

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

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::Acceptor;
use support::*;

/// What a TLS server learned from one connection.
struct Learned {
    alpn: Vec<String>,
    server_name: Option<String>,
    /// What the client wrote after the handshake.
    plaintext: Vec<u8>,
}

/// Takes one connection with a certificate that nobody has signed.
fn untrusted_server() -> (SocketAddr, JoinHandle<Learned>) {
    let certificate = CertificateDer::from(&include_bytes!("fixtures/untrusted-cert.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("fixtures/untrusted-key.der")[..]);
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
        .unwrap();
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
        let client = builder(&url).build().unwrap();
        let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
        assert_eq!(error.code(), "transport.tls", "{error:?}");
        assert!(error.is_retryable() && !error.may_have_been_applied());
        assert!(error.source().unwrap().to_string().contains("UnknownIssuer"), "{error:?}");

        let learned = server.join().unwrap();
        assert!(learned.plaintext.is_empty(), "credentials went to a stranger");
        assert_eq!(learned.alpn, ["h2", "http/1.1"]);
        let name = (host == "localhost").then(|| host.to_owned());
        assert_eq!(learned.server_name, name);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let client = builder(&format!("https://{}", plain_speaker().await)).build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.tls", "{error:?}");
    assert!(error.is_retryable() && !error.may_have_been_applied());
}

#[tokio::test]
async fn a_handshake_that_is_cut_is_a_connect_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let client = builder(&url).build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.connect", "{error:?}");
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn no_process_wide_provider_is_installed() {
    let (address, server) = untrusted_server();
    let client = builder(&format!("https://{address}")).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    server.join().unwrap();
    assert!(CryptoProvider::get_default().is_none());
}
