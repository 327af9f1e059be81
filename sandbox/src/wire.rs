//! A connection's bytes, and the hand that a fault lays on them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::fault::{Cut, Delivery};

const BYTE_EVERY: Duration = Duration::from_millis(100);
/// Inside every head: after the status line, within the headers.
const INSIDE_HEAD: usize = 24;
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// What is to become of the bytes that are written from now on. Shared by the side that decides on
/// a response and the side that writes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hand(Arc<Mutex<Plan>>);

#[derive(Clone, Copy, Debug, Default)]
struct Plan {
    delivery: Delivery,
    /// How much of the body goes out before it is cut.
    body: usize,
    /// How many bytes of the response went out, and how far they match the end of a head.
    sent: usize,
    matched: usize,
    /// Whether the connection ends with a reset.
    reset: bool,
}

impl Hand {
    /// Lays the hand on the next response, whose body has this length.
    pub(crate) fn lay(&self, delivery: Delivery, body_length: usize) {
        *self.plan() = Plan { delivery, body: body_length / 2, ..Plan::default() };
    }

    /// Has the connection end with a reset.
    pub(crate) fn reset(&self) {
        self.plan().reset = true;
    }

    pub(crate) fn wants_reset(&self) -> bool {
        self.plan().reset
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What may be written of a buffer.
enum Permit {
    All,
    /// One byte, when its time has come.
    OneByte,
    /// This many bytes.
    Part(usize),
    /// Nothing ever again.
    End,
}

impl Plan {
    fn permit(&mut self, buffer: &[u8]) -> Permit {
        let until = match self.delivery {
            Delivery::Whole => return Permit::All,
            Delivery::SlowHead if self.in_head() => return Permit::OneByte,
            Delivery::SlowHead => return Permit::All,
            Delivery::Cut(Cut::BeforeHead) => 0,
            Delivery::Cut(Cut::InHead) => INSIDE_HEAD.saturating_sub(self.sent),
            Delivery::Cut(Cut::AfterHead) => self.head_in(buffer),
            Delivery::Cut(Cut::InBody | Cut::Truncated) => {
                self.head_in(buffer).saturating_add(self.body)
            }
        };
        match until.min(buffer.len()) {
            0 => {
                self.reset = self.delivery != Delivery::Cut(Cut::Truncated);
                Permit::End
            }
            part => Permit::Part(part),
        }
    }

    const fn in_head(&self) -> bool {
        self.matched < END_OF_HEAD.len()
    }

    /// How many bytes of the buffer belong to the head.
    fn head_in(&self, buffer: &[u8]) -> usize {
        let mut copy = *self;
        buffer.iter().take_while(|byte| copy.step(**byte)).count()
    }

    /// Follows one byte; whether it belongs to the head.
    fn step(&mut self, byte: u8) -> bool {
        let Some(expected) = END_OF_HEAD.get(self.matched) else {
            return false;
        };
        self.matched =
            if byte == *expected { self.matched + 1 } else { usize::from(byte == b'\r') };
        true
    }

    fn written(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if !self.step(*byte) {
                self.body = self.body.saturating_sub(1);
            }
        }
        self.sent = self.sent.saturating_add(bytes.len());
    }
}

/// A socket under a hand.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    hand: Hand,
    ticks: Option<Interval>,
}

impl Wire {
    pub(crate) const fn new(stream: TcpStream, hand: Hand) -> Self {
        Self { stream, hand, ticks: None }
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ticks = self.ticks.get_or_insert_with(|| {
            let mut ticks = interval(BYTE_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        ticks.poll_tick(cx).map(drop)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let permit = self.hand.plan().permit(buffer);
        let part = match permit {
            Permit::All => return Pin::new(&mut self.stream).poll_write(cx, buffer),
            Permit::End => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Permit::Part(part) => part,
            Permit::OneByte => {
                ready!(self.poll_tick(cx));
                1
            }
        };
        let buffer = buffer.get(..part).unwrap_or(buffer);
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, buffer))?;
        self.hand.plan().written(buffer.get(..count).unwrap_or(buffer));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
