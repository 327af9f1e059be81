//! The runtime behind the blocking calls.

use std::io;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Runtime};

/// One for the process, made when it is first needed: connections belong to the runtime they were
/// made on, and a runtime cannot be dropped on every thread.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The runtime, with one thread that watches sockets and timers.
pub(super) fn runtime() -> io::Result<&'static Runtime> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("sealpost-transport")
        .enable_all()
        .build()?;
    // Another thread may have been faster; its runtime is as good.
    if let Err(spare) = RUNTIME.set(made) {
        spare.shutdown_background();
    }
    RUNTIME.get().ok_or_else(|| io::ErrorKind::Other.into())
}

/// Runs a future on this thread. Unlike the runtime's own `block_on` it does not panic on a thread
/// of an async runtime, which it blocks like any other call that takes its time.
pub(super) fn wait<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    let _entered = runtime.enter();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
