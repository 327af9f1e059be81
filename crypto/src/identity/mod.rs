//! Identities: one's own key pairs, other users' public keys, and the step between a directory
//! row and a participant one may seal to.

mod account;
mod error;
mod private;
mod public;
mod record;
mod safety_code;
mod safety_number;

pub use account::{Account, Identity};
pub use error::{KeyError, PrivateKeysError, RecordError, RecordField, RecordProblem};
pub use private::PrivateKeys;
pub use public::{IdentityPublicKey, Participant, PublicKeyFingerprint, SigningPublicKey};
pub use record::{PublicKeyRecord, PublicKeyRow, newest_participant};
pub use safety_code::{SafetyCode, SafetyCodeError, SafetyComparison};
pub use safety_number::SafetyNumber;
