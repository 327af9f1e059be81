//! Events as they come in: bounded text, then typed fields, then an opened and verified key.

mod encoded;
mod envelope;
mod error;
mod group_change;
mod inbox;
mod key_change;
mod notice;
mod policy;
mod seen;

pub(crate) use envelope::{Envelope, envelope_claims, id};

pub use encoded::{ChatEvent, EncodedEvent};
pub use error::{EventError, EventField, ReadError};
pub use group_change::{GroupCreateEvent, MemberAddEvent, VerifiedGroupCreate, VerifiedMemberAdd};
pub use inbox::{Inbox, InboxError, Received};
pub use key_change::{KeyChangeEvent, VerifiedKeyChange};
pub use notice::{FailureReason, Notice};
pub use policy::ReadPolicy;
pub use seen::{ActionMark, Novelty, SeenActions};
