//! OAuth 1.0a (RFC 5849): signed requests, and the three-legged sign-in.
//!
//! Written from the RFC alone, and sharing nothing with the client it checks.

pub(super) mod flow;
mod header;
mod nonces;
mod refusal;
mod signature;
mod tokens;
mod verify;

pub(super) use tokens::SignedTokens;
pub(super) use verify::{Signed, user};
