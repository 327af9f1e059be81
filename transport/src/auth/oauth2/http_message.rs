//! The little of HTTP/1.1 that answering a browser takes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

/// The head of a browser's request is far smaller.
const MAX_HEAD: usize = 16 * 1024;

/// The target of a GET request.
pub(super) struct Target(Zeroizing<String>);

impl Target {
    /// The path and the query.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.0.split_once('?').unwrap_or((&self.0, ""))
    }
}

/// Why a request is not looked at.
pub(super) enum Unreadable {
    /// The peer left, or broke the connection.
    Gone,
    /// Not HTTP, or a head without end.
    BadRequest,
    /// Another method than GET.
    Method,
}

/// Reads the head of a request. Whoever calls limits the time.
pub(super) async fn read_target(stream: &mut TcpStream) -> Result<Target, Unreadable> {
    let mut head = Zeroizing::new(Vec::with_capacity(MAX_HEAD));
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return Err(Unreadable::BadRequest);
        }
        let room = u64::try_from(MAX_HEAD - head.len()).unwrap_or(0);
        let read = (&mut *stream).take(room).read_buf(&mut *head).await;
        if !read.is_ok_and(|bytes| bytes > 0) {
            return Err(Unreadable::Gone);
        }
    }
    let text = std::str::from_utf8(&head).map_err(|_| Unreadable::BadRequest)?;
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("GET"), Some(target), Some(version), None) if version.starts_with("HTTP/1.") => {
            Ok(Target(Zeroizing::new(target.to_owned())))
        }
        (Some(_), Some(_), Some(version), None) if version.starts_with("HTTP/1.") => {
            Err(Unreadable::Method)
        }
        _ => Err(Unreadable::BadRequest),
    }
}

/// A page with a title and a sentence, both our own words.
pub(super) struct Page {
    pub(super) status: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// Sends a page and closes the connection. It may be that nobody is there to read it.
pub(super) async fn send_page(mut stream: TcpStream, page: &Page) {
    let Page { status, title, text } = page;
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{text}</p></html>\n"
    );
    // The address of this page has the code in it: it must not be kept or handed on.
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n\
         content-length: {}\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'\r\nx-content-type-options: nosniff\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(response.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
        // Closing while the peer still sends would reset the connection, and the page with it.
        let mut rest = stream.take(64 * 1024);
        let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
    }
}
