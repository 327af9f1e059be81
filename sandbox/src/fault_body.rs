//! Response bodies that misbehave.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
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
    pub(crate) fn new(body: Vec<u8>) -> Self {
        let mut ticks = interval(BYTE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { rest: body.into(), ticks }
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
