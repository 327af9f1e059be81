//! Servers that send without end, in every place where there can be more: each call ends by itself,
//! with an error of its kind, and in little memory. An allocator measures.
//!
//! A test of its own, because the allocator is the whole process's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use sealpost_transport::{ClientBuilder, Error};
use support::http2::*;
use support::tls::{Authority, HERE, careless};
use support::*;
use tokio::sync::Mutex;

/// Bytes allocated now, and the most there were since the last reset.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
/// Only one test at a time may be measured.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Meter;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Meter = Meter;

/// The largest answer a client takes here.
const LIMIT: usize = 64 * 1024;
const KIB: usize = 1024;

/// What a write ends in, and by how many bytes the process has grown meanwhile, servers included.
async fn outcome(client: ClientBuilder) -> (Error, usize) {
    let (client, change) = (client.max_response_body(LIMIT).build().unwrap(), prepared());
    let before = NOW.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = within(client.add_conversation_keys(&change)).await;
    (result.unwrap_err(), MOST.load(Relaxed) - before)
}

/// Asserts what a flood ends in. Where only a time limit ends it, there is a short one.
async fn ends(what: &str, client: ClientBuilder, code: &str, bound: usize) {
    let short = Duration::from_millis(300);
    let client = match code {
        "transport.timeout" => client.response_head_timeout(short).response_body_timeout(short),
        _ => client,
    };
    let (error, grown) = outcome(client).await;
    assert_eq!(error.code(), code, "{what}: {error:?}");
    assert!(grown < bound, "{what}: {} KiB", grown / KIB);
}

fn lots(piece: &[u8]) -> Vec<u8> {
    piece.repeat(65536 / piece.len() + 1)
}

#[tokio::test]
async fn endless_answers_over_http1() {
    const REFUSED: &str = "transport.refused";
    const INTERRUPTED: &str = "transport.interrupted";
    const TIMEOUT: &str = "transport.timeout";
    const TOO_LARGE: &str = "transport.body_too_large";
    let _alone = ALONE.lock().await;
    let chunked =
        |start: &[u8]| [&head(200, &[("transfer-encoding", "chunked")])[..], start].concat();
    let begun = |start: &str| format!("HTTP/1.1 {start}").into_bytes();
    let extended = [&b"1;"[..], &[b'x'; 60], b"\r\n \r\n"].concat();
    let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\nx: yyyyyy\r\n\r\n";
    for (what, first, again, code) in [
        ("a body", head(200, &[]), lots(b" "), TOO_LARGE),
        ("chunks of a byte", chunked(b""), lots(b"1\r\n \r\n"), TOO_LARGE),
        ("a chunk's size", chunked(b""), lots(b"0"), TIMEOUT),
        ("a chunk's extension", chunked(b"1;"), lots(b"x"), INTERRUPTED),
        ("extensions", chunked(b""), lots(&extended), INTERRUPTED),
        ("trailers", chunked(b"0\r\n"), lots(b"x: y\r\n"), INTERRUPTED),
        ("a trailer", chunked(b"0\r\nx: "), lots(b"y"), INTERRUPTED),
        ("headers", begun("200 OK\r\n"), lots(b"x: y\r\n"), INTERRUPTED),
        ("a header's value", begun("200 OK\r\nx: "), lots(b"y"), INTERRUPTED),
        ("a header's name", begun("200 OK\r\n"), lots(b"y"), INTERRUPTED),
        ("a reason", begun("200 "), lots(b"y"), INTERRUPTED),
        ("empty lines", Vec::new(), lots(b"\r\n"), INTERRUPTED),
        ("zeros", Vec::new(), lots(&[0]), INTERRUPTED),
        ("100", Vec::new(), lots(b"HTTP/1.1 100 Continue\r\n\r\n"), TIMEOUT),
        ("103", Vec::new(), lots(hints), TIMEOUT),
        ("a failure", head(500, &[]), lots(b"<html>"), REFUSED),
        ("a redirect's body", head(307, &[]), lots(b" "), "transport.redirected"),
    ] {
        let server = Server::start(Answer::Endless(first, again)).await;
        ends(what, builder(&server.url()), code, 1536 * KIB).await;
    }
}

#[tokio::test]
async fn endless_frames_over_http2() {
    const INTERRUPTED: &str = "transport.interrupted";
    const TIMEOUT: &str = "transport.timeout";
    let _alone = ALONE.lock().await;
    let authority = Authority::new();
    let ok = || frame(HEADERS, END_HEADERS, 1, OK);
    let half = || frame(HEADERS, 0, 1, OK);
    let one = literal("x", "y");
    let hints = [literal(":status", "103"), literal("link", "</a>; rel=preload")].concat();
    let pushed = [&[0, 0, 0, 2][..], OK].concat();
    // RFC 7541: a field of 4000 bytes into the table, then by its index: one byte each.
    let field = [&[0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'y'; 4000]].concat();
    let bomb = [OK, &field, &[0xbe; 12_000]].concat();
    let many = [OK, &one.repeat(3000)].concat();
    let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &one.repeat(3000));
    for (what, first, again, code) in [
        ("a body beyond its window", ok(), frame(DATA, 0, 1, &[b' '; 16384]), INTERRUPTED),
        ("data of a byte", ok(), frame(DATA, 0, 1, b" "), INTERRUPTED),
        ("data of no byte", ok(), frame(DATA, 0, 1, b""), INTERRUPTED),
        ("103", Vec::new(), frame(HEADERS, END_HEADERS, 1, &hints), TIMEOUT),
        ("continuations", half(), frame(CONTINUATION, 0, 1, &one), INTERRUPTED),
        ("empty continuations", half(), frame(CONTINUATION, 0, 1, b""), INTERRUPTED),
        ("a compressed head", frame(HEADERS, END_HEADERS, 1, &bomb), Vec::new(), INTERRUPTED),
        ("a long head", frame(HEADERS, END_HEADERS, 1, &many), Vec::new(), INTERRUPTED),
        ("long trailers", [ok(), trailers].concat(), Vec::new(), INTERRUPTED),
        ("pings", Vec::new(), frame(PING, 0, 0, &[7; 8]), TIMEOUT),
        ("settings", Vec::new(), frame(SETTINGS, 0, 0, &[]), TIMEOUT),
        ("priorities", Vec::new(), frame(PRIORITY, 0, 3, &[0, 0, 0, 0, 1]), TIMEOUT),
        ("unknown frames", Vec::new(), frame(77, 0, 0, &[0; 100]), TIMEOUT),
        ("windows", Vec::new(), frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]), TIMEOUT),
        ("promises", Vec::new(), frame(PUSH_PROMISE, END_HEADERS, 1, &pushed), INTERRUPTED),
    ] {
        let again = if again.is_empty() { again } else { lots(&again) };
        let url = flood(&authority, first, again).await;
        ends(what, builder(&url).http(authority.trusted()), code, 8192 * KIB).await;
    }
}

/// Answers of less than [`LIMIT`] that decode to far more: 32 MiB of blanks at least.
fn bombs() -> [(&'static str, Vec<u8>); 4] {
    // 64 KiB of blanks, as zlib writes them with a full flush at the end, 500 times.
    let (start, end) = (hex("ecc18100000000802095fd2917a90a"), hex("6a000000ffff"));
    let blanks = [&start[..], &[0; 63], &end].concat().repeat(500);
    let gzip = [&hex("1f8b08000000000000ff"), &blanks[..]].concat();
    let deflate = [&hex("789c"), &blanks[..]].concat();
    // RFC 8878: a frame with a window of 128 KiB, and blocks of as many blanks, 4 bytes each.
    let zstd = [&hex("28b52ffd0038"), &hex("02001020").repeat(10_000)[..]].concat();
    // 256 MiB of blanks, written by the crate `brotli` 9.1.1 with quality 9.
    let brotli = hex(
        "cfffff7f002440e2b14072effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ffff3f0012\
         00715800baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8defff3ffff1f000980382c00ddfb\
         7ffeffff032001108705a07bffcfffff7f002400e2b00074effff9ffff0f8004401c1680eefd3fffffff0190\
         0088c302d0bdffe7ffff3f001200715800baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8de\
         fff3ffff1f000980382c00ddfb7ffeffff032001108705a07bff3f",
    );
    [("gzip", gzip), ("deflate", deflate), ("zstd", zstd), ("br", brotli)]
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[tokio::test]
async fn compressed_answers_are_not_decoded() {
    let _alone = ALONE.lock().await;
    for (encoding, bomb) in bombs() {
        assert!(bomb.len() < LIMIT, "{encoding}: {}", bomb.len());
        let headers = [("content-encoding", encoding)];
        let server = Server::start(response(200, &headers, &bomb)).await;
        let (error, grown) = outcome(builder(&server.url())).await;
        assert!(error.may_have_been_applied() && !error.is_retryable());
        let Error::MalformedResponse { field, .. } = error else { panic!("{error:?}") };
        assert_eq!(field, "content-encoding");
        assert!(grown < 512 * KIB, "{encoding}: {} KiB", grown / KIB);
        assert!(server.only().all("accept-encoding").is_empty(), "none is asked for");

        // The status of a failure counts all the same.
        let server = Server::start(response(500, &headers, &bomb)).await;
        let (error, grown) = outcome(builder(&server.url())).await;
        assert_eq!(error.code(), "transport.refused");
        assert!(grown < 512 * KIB, "{encoding}: {} KiB", grown / KIB);
    }
}

#[tokio::test]
async fn what_a_client_of_the_callers_decodes_is_counted_decoded() {
    let _alone = ALONE.lock().await;
    let http = careless(&[]).build().unwrap();
    for (encoding, bomb) in bombs() {
        let server = Server::start(response(200, &[("content-encoding", encoding)], &bomb)).await;
        let (error, grown) = outcome(builder(&server.url()).http(http.clone())).await;
        assert_eq!(error.code(), "transport.body_too_large", "{encoding}: {error:?}");
        // A decoder of brotli keeps the last 16 MiB (RFC 7932 section 9.1), others less.
        let window = if encoding == "br" { 16 * 1024 * KIB } else { 0 };
        assert!(grown < window + 2048 * KIB, "{encoding}: {} KiB", grown / KIB);
        assert!(server.only().header("accept-encoding").contains(encoding));
    }
}

#[tokio::test]
async fn a_head_has_a_hundred_headers_and_some_size() {
    let _alone = ALONE.lock().await;
    let authority = Authority::new();
    let body = r#"{"data":{"sequence_id":"42"}}"#;
    let long = |bytes| vec![("x", "y".repeat(bytes))];
    let many = |count| vec![("x", "y".to_owned()); count];
    for (http2, headers, fits) in [
        // Beside `connection` and `content-length`.
        (false, many(98), true),
        (false, many(99), false),
        (false, long(400 * KIB), true),
        (false, long(1024 * KIB), false),
        (true, many(300), true),
        (true, long(15 * KIB), true),
        (true, long(17 * KIB), false),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let answer = response(200, &headers, body);
        let server = if http2 {
            Server::secure(authority.certify(&HERE).server(&["h2"]), answer).await
        } else {
            Server::start(answer).await
        };
        let client = builder(&server.url()).http(authority.trusted()).build().unwrap();
        let result = within(client.add_conversation_keys(&prepared())).await;
        let shape = (headers.len(), headers[0].1.len());
        assert_eq!(result.is_ok(), fits, "{http2} {shape:?}: {result:?}");
        assert_eq!(server.seen().len(), 1);
        if let Err(error) = result {
            assert_eq!(error.code(), "transport.interrupted");
        }
    }
}
