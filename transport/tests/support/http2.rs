//! HTTP/2 by the frame, over TLS: what no well-behaved server sends.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::tls::{Authority, HERE};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `:status: 200` (RFC 7541 appendix A).
pub const OK: &[u8] = &[0x88];

/// One frame (RFC 9113 section 4.1).
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header field that is not put into the table (RFC 7541 section 6.2.2), value up to 126 bytes.
pub fn literal(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// Answers one request with these frames, then with the second again and again. The URL.
pub async fn flood(authority: &Authority, first: Vec<u8>, again: Vec<u8>) -> String {
    let config = authority.certify(&HERE).server(&["h2"]);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        let mut received = Vec::new();
        // The head of the first request: HEADERS of stream 1, with END_HEADERS.
        while !received.windows(5).any(|window| window == [HEADERS, END_HEADERS, 0, 0, 0]) {
            assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
        }
        let (mut reader, mut writer) = tokio::io::split(stream);
        let write = async {
            let mut sent = writer.write_all(&first).await;
            while sent.is_ok() && !again.is_empty() {
                sent = writer.write_all(&again).await;
            }
            std::future::pending::<()>().await;
        };
        let mut buffer = [0; 4096];
        let read = async { while matches!(reader.read(&mut buffer).await, Ok(1..)) {} };
        tokio::select! {
            () = write => {}
            () = read => {}
        }
    });
    url
}
