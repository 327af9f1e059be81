//! Sealing for whichever suite the recipients are of.

use rand_core::TryCryptoRng;

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

/// One key to be sealed to many recipients.
pub(crate) struct Sealing<'a> {
    pub(crate) context: &'a ChangeContext,
    pub(crate) key: &'a ConversationKey,
    pub(crate) ephemerals: Ephemerals,
    pub(crate) backend: Backend,
}

impl Sealing<'_> {
    /// Makes each recipient's copy in its place. All recipients are of `suite`.
    pub(crate) fn seal<R: TryCryptoRng + ?Sized>(
        &self,
        suite: Suite,
        rng: &mut R,
        recipients: &[&Participant],
        copies: &mut [SealedCopy],
    ) -> Result<(), SealFailure> {
        let Self { context, key, ephemerals, backend } = *self;
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
                match ephemerals {
                    Ephemerals::Fresh => batch::seal_fresh(&scheme, backend, rng, &mut jobs),
                    Ephemerals::OnePerChange => {
                        batch::seal_shared(&scheme, backend, rng, &mut jobs)
                    }
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
                batch::seal_fresh(&xchat::Sealer(key), backend, rng, &mut jobs)
            }
        }
    }
}
