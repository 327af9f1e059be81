//! Which arithmetic runs, decided once per process.

use std::env;
use std::sync::OnceLock;

use crate::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::vector::ifma;
use crate::vector::portable::Portable;
use crate::wipe;

/// The arithmetic in use. Results are the same, bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// AVX-512 IFMA.
    Ifma,
    /// Plain 64-bit arithmetic: slower than a library that handles one point at a time.
    Portable,
}

/// The arithmetic that the calls of this process use: [`Backend::Ifma`] where the processor has
/// it, unless the environment variable `SEALPOST_LANES` was `off` at the first call or the crate was
/// compiled without optimisation.
#[must_use]
pub fn backend() -> Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    *BACKEND.get_or_init(|| {
        if env::var_os("SEALPOST_LANES").is_some_and(|value| value == "off") {
            Backend::Portable
        } else {
            Backend::best()
        }
    })
}

/// A computation that is written for any vector.
pub(crate) trait Task {
    type Output;

    /// To be inlined, so that it is compiled with the processor features of its caller.
    fn run<V: Vector>(self) -> Self::Output;
}

impl Backend {
    /// The fastest that this processor can execute.
    ///
    /// Not where the crate was compiled without optimisation: each operation is a function call
    /// then, slower than what it is to replace, and the frames are of megabytes.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if cfg!(not(unoptimized)) && ifma::is_available() {
            return Self::Ifma;
        }
        Self::Portable
    }

    /// Runs a task and wipes the stack it used.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        wipe::stack_after(|| {
            #[cfg(target_arch = "x86_64")]
            if self == Self::Ifma && ifma::is_available() {
                // SAFETY: the processor has the features that `ifma::run` enables, as was just
                // asked.
                return unsafe { ifma::run(task) };
            }
            task.run::<Portable>()
        })
    }
}
