//! Who is in a conversation.

use std::collections::BTreeSet;

use sealpost_crypto::UserId;

/// The members of a conversation, without a copy of the large ones.
#[derive(Clone, Debug)]
pub(crate) enum Members<'a> {
    Direct(BTreeSet<UserId>),
    Group(&'a BTreeSet<UserId>),
}

impl Members<'_> {
    pub(crate) fn set(&self) -> &BTreeSet<UserId> {
        match self {
            Self::Direct(users) => users,
            Self::Group(users) => users,
        }
    }
}
