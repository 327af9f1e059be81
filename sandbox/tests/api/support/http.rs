//! A small HTTP/1.1 client that hides nothing: what came, byte for byte, or how it broke.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use sealpost_sandbox::{Contract, SandboxToken};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Long enough for any answer that comes at all.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Client {
    /// What the answers are to be held against.
    pub(crate) contract: Contract,
    address: String,
}

/// A request under construction.
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n");
        Self { head, body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST of JSON.
    pub(crate) fn post(path: &str, body: &[u8]) -> Self {
        Self::new("POST", path).body(body).header("content-type", "application/json")
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        let length = body.len();
        self.header("content-length", &length.to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.head, "{name}: {value}\r\n").unwrap();
        self
    }

    pub(crate) fn token(self, token: &SandboxToken) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn fault(self, name: &str) -> Self {
        self.header("x-sandbox-fault", name)
    }
}

/// A whole response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) contract: Contract,
    pub(crate) status: u16,
    /// Everything that came, from the status line on.
    pub(crate) raw: Vec<u8>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn parse(contract: Contract, raw: Vec<u8>) -> Self {
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&raw[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = raw[end + 4..].to_vec();
        Self { contract, status, raw, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice");
        value
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

impl Client {
    pub(crate) fn new(base_url: &str) -> Self {
        let address = base_url.strip_prefix("http://").unwrap().to_owned();
        Self { contract: Contract::default(), address }
    }

    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(&self.address).await
    }

    /// Sends the request and returns the connection, unread.
    pub(crate) async fn open(&self, request: Request) -> io::Result<TcpStream> {
        let mut stream = self.connect().await?;
        stream.write_all(request.head.as_bytes()).await?;
        stream.write_all(b"\r\n").await?;
        stream.write_all(&request.body).await?;
        Ok(stream)
    }

    /// Sends the request and reads until the connection ends.
    pub(crate) async fn send(&self, request: Request) -> io::Result<Reply> {
        let mut stream = self.open(request).await?;
        let raw = read_to_end(&mut stream).await?;
        Ok(Reply::parse(self.contract, raw))
    }
}

/// Reads until the other side ends the connection.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut raw)).await.expect("no end in time")?;
    Ok(raw)
}
