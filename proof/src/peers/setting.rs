//! Who seals to whom: the same people for everybody, their keys parsed beforehand.

use rayon::prelude::*;
use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::{
    Account, Conversation, ConversationId, Identity, KeyChange, KeyVersion, MAX_RECIPIENTS,
    Participant, PublicKeyVersion, Suite, UserId,
};

use super::Failure;

pub(super) const KEY_VERSION: KeyVersion = KeyVersion::new(1_795_333_344_318);

pub(crate) struct Setting {
    members: Vec<Account>,
    others: Vec<Participant>,
    conversation: Conversation,
}

/// How many ephemeral keys a change has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Fresh,
    Shared,
}

impl Mode {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Shared => "shared",
        }
    }
}

impl Setting {
    /// A group of so many members, one of whom sends.
    pub(crate) fn new(suite: Suite, members: u64) -> Result<Self, Failure> {
        let base = 1_215_441_834_412_953_600;
        let account = |number| {
            let version = PublicKeyVersion::new(1_733_889_755_256);
            Ok(Identity::generate(suite)?.registered(UserId::new(base + number)?, version))
        };
        let members: Vec<Account> =
            (0..members).into_par_iter().map(account).collect::<Result<_, Failure>>()?;
        let others = members.iter().skip(1).map(|other| *other.participant()).collect();
        let group = ConversationId::group(1_900_000_000_000_000_001)?;
        let conversation = Conversation::group(group, members.iter().map(Account::user_id))?;
        Ok(Self { members, others, conversation })
    }

    /// One group of so many, or as many groups as it takes.
    pub(super) fn of_all(suite: Suite, members: u64) -> Result<Vec<Self>, Failure> {
        let most = MAX_RECIPIENTS as u64;
        let firsts = (0..members).step_by(MAX_RECIPIENTS);
        firsts.map(|first| Self::new(suite, (members - first).min(most))).collect()
    }

    /// By user id, the sender first.
    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = &Account> {
        self.members.iter()
    }

    pub(super) fn sender(&self) -> &Account {
        #[expect(clippy::indexing_slicing, reason = "there is no group of nobody")]
        &self.members[0]
    }

    pub(super) const fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    pub(crate) fn draft(&self, mode: Mode, backend: Backend) -> KeyChange<'_> {
        let draft = KeyChange::new(self.sender(), &self.conversation, KEY_VERSION)
            .participants(&self.others)
            .computed_by(backend);
        if mode == Mode::Shared { draft.one_ephemeral_per_change() } else { draft }
    }
}

/// All members' public keys, raw: the last bytes of their SPKI.
pub(super) fn points<const LENGTH: usize>(
    settings: &[Setting],
) -> Result<Vec<[u8; LENGTH]>, Failure> {
    settings
        .iter()
        .flat_map(Setting::members)
        .map(|member| {
            let spki = decode_base64(&member.participant().identity_key().to_base64())?;
            spki.last_chunk().copied().ok_or_else(|| "a short key".into())
        })
        .collect()
}
