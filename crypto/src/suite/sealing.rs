//! Sealing for whichever suite the recipients are of.

use rand_core::TryCryptoRng;

use super::batch::Batch;
#[cfg(feature = "x25519")]
use super::x25519;
#[cfg(feature = "xchat")]
use super::xchat;
use super::{Backend, IdentityKey, SealFailure, Suite, batch};
use crate::context::ChangeContext;
use crate::seal::{Repr, SealedCopy};
use crate::{ConversationKey, Participant};

/// How many ephemeral keys a change has. Those of the XChat suite are always fresh, like those of
/// X's own SDK.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ephemerals {
    Fresh,
    OnePerChange,
}

/// How a change is sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealing {
    pub(crate) suite: Suite,
    pub(crate) ephemerals: Ephemerals,
    pub(crate) backend: Backend,
}

impl Sealing {
    /// By the fastest backend, with fresh ephemeral keys.
    pub(crate) fn new(suite: Suite) -> Self {
        Self { suite, ephemerals: Ephemerals::Fresh, backend: Backend::fastest() }
    }

    /// Whether so many copies are to be kept off a thread that has to answer.
    pub(crate) const fn is_heavy(self, copies: usize) -> bool {
        batch::is_heavy(copies, self.nanoseconds())
    }

    /// About how long a copy takes on a processor of today. Nothing but what is done by several
    /// threads depends on it.
    const fn nanoseconds(self) -> u64 {
        match (self.suite, self.backend, self.ephemerals) {
            #[cfg(feature = "x25519")]
            (Suite::X25519, Backend::Pure, Ephemerals::Fresh) => 72_000,
            #[cfg(feature = "x25519")]
            (Suite::X25519, Backend::Pure, Ephemerals::OnePerChange) => 57_000,
            #[cfg(all(feature = "x25519", feature = "aws-lc"))]
            (Suite::X25519, Backend::AwsLc, Ephemerals::Fresh) => 33_000,
            #[cfg(all(feature = "x25519", feature = "aws-lc"))]
            (Suite::X25519, Backend::AwsLc, Ephemerals::OnePerChange) => 26_000,
            #[cfg(all(feature = "x25519", feature = "lanes"))]
            (Suite::X25519, Backend::Lanes, Ephemerals::Fresh) => 7_500,
            #[cfg(all(feature = "x25519", feature = "lanes"))]
            (Suite::X25519, Backend::Lanes, Ephemerals::OnePerChange) => 6_000,
            #[cfg(feature = "xchat")]
            (Suite::XChat, Backend::Pure, _) => 355_000,
            #[cfg(all(feature = "xchat", feature = "aws-lc"))]
            (Suite::XChat, Backend::AwsLc, _) => 53_000,
            #[cfg(all(feature = "xchat", feature = "lanes"))]
            (Suite::XChat, Backend::Lanes, _) => 12_500,
        }
    }

    /// Makes each recipient's copy in its place. All recipients are of the suite.
    pub(crate) fn seal<R: TryCryptoRng + ?Sized>(
        self,
        rng: &mut R,
        context: &ChangeContext,
        key: &ConversationKey,
        recipients: &[&Participant],
        copies: &mut [SealedCopy],
    ) -> Result<(), SealFailure> {
        let Self { suite, ephemerals, backend } = self;
        let nanoseconds = self.nanoseconds();
        match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => {
                let mut jobs = batch::jobs(recipients, copies, |pair| match pair {
                    (IdentityKey::X25519(identity), Repr::X25519(sealed)) => {
                        Some((identity.as_point(), sealed))
                    }
                    #[cfg(feature = "xchat")]
                    _ => None,
                })?;
                let scheme = x25519::Sealer::new(context, key);
                let batch = Batch { scheme, backend, nanoseconds };
                match ephemerals {
                    Ephemerals::Fresh => batch.seal_fresh(rng, &mut jobs),
                    Ephemerals::OnePerChange => batch.seal_shared(rng, &mut jobs),
                }
            }
            #[cfg(feature = "xchat")]
            Suite::XChat => {
                let mut jobs = batch::jobs(recipients, copies, |pair| match pair {
                    (IdentityKey::XChat(identity), Repr::XChat(sealed)) => {
                        Some((identity.as_point(), sealed))
                    }
                    #[cfg(feature = "x25519")]
                    _ => None,
                })?;
                let batch = Batch { scheme: xchat::Sealer(key), backend, nanoseconds };
                batch.seal_fresh(rng, &mut jobs)
            }
        }
    }
}
