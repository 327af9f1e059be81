//! What a change of a conversation is to bring about, and how it is sealed and signed.

use super::SessionError;
use crate::vault::{ChangeRequest, ConversationRecord, Roster};
use crate::{
    Account, ChangeKind, Conversation, ConversationKey, GroupCreate, KeyChange, KeyVersion,
    MemberAdd, Participant, PreparedKeyChange,
};

/// What a change is to bring about.
pub(super) struct Plan {
    /// The conversation as it will be.
    pub(super) conversation: Conversation,
    /// What will be known of the group then; `None` for a direct conversation.
    pub(super) roster: Option<Roster>,
    pub(super) kind: PlanKind,
}

pub(super) enum PlanKind {
    Keys,
    GroupCreate(GroupCreate),
    MemberAdd(MemberAdd),
}
impl Plan {
    /// A new key for whoever is in the conversation.
    pub(super) fn rotate(record: &ConversationRecord) -> Result<Self, SessionError> {
        super::group::check_claim(record)?;
        let unknown = SessionError::UnknownConversation { conversation: record.id() };
        let conversation = record.conversation()?.ok_or(unknown)?;
        Ok(Self { conversation, roster: record.roster().cloned(), kind: PlanKind::Keys })
    }

    /// Whether sealing is work for another thread.
    pub(super) fn is_heavy(
        &self,
        account: &Account,
        participants: &[Participant],
        version: KeyVersion,
    ) -> bool {
        KeyChange::new(account, &self.conversation, version).participants(participants).is_heavy()
    }

    pub(super) fn seal(
        &self,
        account: &Account,
        participants: &[Participant],
        version: KeyVersion,
    ) -> Result<(ChangeRequest, ConversationKey), SessionError> {
        let draft = KeyChange::new(account, &self.conversation, version).participants(participants);
        match &self.kind {
            PlanKind::Keys => seal(draft),
            PlanKind::GroupCreate(group) => seal(draft.creating_group(group.clone())?),
            PlanKind::MemberAdd(addition) => seal(draft.adding_members(addition.clone())?),
        }
    }
}

fn seal<K: ChangeKind>(
    draft: KeyChange<'_, K>,
) -> Result<(ChangeRequest, ConversationKey), SessionError>
where
    ChangeRequest: From<PreparedKeyChange<K>>,
{
    let (request, key) = draft.seal()?.sign()?.prepare();
    Ok((request.into(), key))
}
