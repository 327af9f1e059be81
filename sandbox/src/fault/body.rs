//! Response bodies that misbehave.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

const BYTE_EVERY: Duration = Duration::from_millis(100);
const CHUNK: usize = 16 * 1024;
static FILLER: [u8; CHUNK] = [b'a'; CHUNK];

/// A body that is right, but trickles.
pub(crate) struct SlowBody {
    rest: Bytes,
    ticks: Interval,
}

impl SlowBody {
    pub(crate) fn new(body: Bytes) -> Self {
        let mut ticks = interval(BYTE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { rest: body, ticks }
    }
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.ticks.poll_tick(cx));
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(1)))))
    }

    fn size_hint(&self) -> SizeHint {
        u64::try_from(self.rest.len()).map_or_else(|_| SizeHint::new(), SizeHint::with_exact)
    }
}

/// The beginning of a JSON text that never ends.
#[derive(Default)]
pub(crate) struct EndlessBody {
    begun: bool,
}

impl Body for EndlessBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk: &'static [u8] = if self.begun { &FILLER } else { b"{\"data\":\"" };
        self.begun = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(chunk)))))
    }
}

/// One valid JSON text of a gigabyte, as gzip: a file of many members (RFC 1952 section 2.2), of which
/// all but the first and the last are the same megabyte of one letter.
pub(crate) struct GzipBomb {
    members: [Bytes; 3],
    sent: usize,
}

impl GzipBomb {
    const MEGABYTE: usize = 1024 * 1024;
    const MEGABYTES: usize = 1024;

    /// # Errors
    /// None in practice: it compresses in memory.
    pub(crate) fn new() -> io::Result<Self> {
        let letters = vec![b'a'; Self::MEGABYTE];
        let members = [gzip(b"{\"data\":\"")?, gzip(&letters)?, gzip(b"\"}")?];
        Ok(Self { members, sent: 0 })
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}

impl Body for GzipBomb {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let [first, middle, last] = &self.members;
        let member = match self.sent {
            0 => first.clone(),
            sent if sent <= Self::MEGABYTES => middle.clone(),
            sent if sent == Self::MEGABYTES + 1 => last.clone(),
            _ => return Poll::Ready(None),
        };
        self.sent += 1;
        Poll::Ready(Some(Ok(Frame::data(member))))
    }
}
