//! Events as they come in: bounded text, then typed fields, then an opened and verified key.

mod encoded;
mod envelope;
mod error;
mod group_change;
mod key_change;
mod policy;

pub use encoded::{ChatEvent, EncodedEvent};
pub use error::{EventError, EventField, ReadError};
pub use group_change::{GroupCreateEvent, MemberAddEvent, VerifiedGroupCreate, VerifiedMemberAdd};
pub use key_change::{KeyChangeEvent, VerifiedKeyChange};
pub use policy::ReadPolicy;
