//! What calls are doing: for progress shown to people, and for logs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::context::Operation;
use crate::rate_limit::RateLimit;

/// What a call is doing; see [`ClientBuilder::observer`](crate::ClientBuilder::observer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A request is about to be sent.
    Sending {
        /// The call.
        operation: Operation,
    },
    /// An answer has arrived, or its head and a part of its body.
    Answered {
        /// The call.
        operation: Operation,
        /// The HTTP status.
        status: StatusCode,
        /// The caller's rate limit for this call.
        rate_limit: RateLimit,
    },
    /// The answer to a key change is lost or unclear: its events are searched for the change.
    Looking,
    /// Nothing happens for a while. Told again every ten seconds with what is left.
    Waiting {
        /// The call that is tried again afterwards.
        operation: Operation,
        /// The number of that attempt, from 2; for a search among the events, from 1.
        attempt: u32,
        /// How long it still takes.
        wait: Duration,
        /// Whether the server's rate limit is the reason.
        rate_limited: bool,
    },
}

/// A waiting person wants to see that something still happens.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Where [`Progress`] goes.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(Progress) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observer))
    }

    pub(crate) fn tell(&self, progress: Progress) {
        (self.0)(progress);
    }

    /// Waits, and tells how long it still takes.
    pub(crate) async fn wait(
        &self,
        operation: Operation,
        attempt: u32,
        wait: Duration,
        rate_limited: bool,
    ) {
        let mut left = wait;
        while !left.is_zero() {
            self.tell(Progress::Waiting { operation, attempt, wait: left, rate_limited });
            let part = left.min(TELL_EVERY);
            tokio::time::sleep(part).await;
            left -= part;
        }
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_tells_what_is_left() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let observer = Observer::new({
            let told = Arc::clone(&told);
            move |progress| {
                let Progress::Waiting { wait, .. } = progress else { panic!("{progress:?}") };
                told.lock().unwrap().push(wait.as_secs());
            }
        });
        let start = tokio::time::Instant::now();
        observer.wait(Operation::UserPublicKeys, 2, Duration::from_secs(25), true).await;
        assert_eq!(start.elapsed().as_secs(), 25);
        observer.wait(Operation::UserPublicKeys, 2, Duration::ZERO, false).await;
        assert_eq!(*told.lock().unwrap(), [25, 15, 5]);
    }
}
