//! Signed actions besides the key change and the message: deleting, reading, group and
//! conversation settings. Each is described once, for both suites and both directions.

mod delete;
mod error;
mod event;
mod kind;
mod mute;
mod payload;
mod signed;
mod wire;

pub use delete::{DeleteFor, DeleteMessages};
pub use error::ActionError;
pub use event::{ActionEvent, VerifiedAction};
pub use kind::{Action, ScreenCapture};
pub use mute::MutedConversations;
pub(crate) use payload::{ActionPayload, Component, Layout};
pub use signed::SignedAction;
