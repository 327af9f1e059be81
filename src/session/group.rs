//! Groups: creating them, and changing who is in them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::plan::{Plan, PlanKind};
use super::{ConversationState, Session, SessionError};
use crate::vault::{ClaimSource, ConversationRecord, MemberClaim, Roster};
use crate::{AvatarUrl, ConversationId, GroupTitle, KeyVersion, MemberAdd, UserId};

/// A group that is to be created.
///
/// Title and avatar are signed, and travel in the clear: the server reads them.
#[derive(Clone, Debug)]
#[must_use = "a new group is nothing before `create_group`"]
pub struct NewGroup(Roster);

impl NewGroup {
    /// A group of these users and of whoever creates it.
    pub fn of(members: impl IntoIterator<Item = UserId>) -> Self {
        Self(Roster::new(members))
    }

    /// With these members as admins; without any it is whoever creates it.
    pub fn admins(mut self, admins: impl IntoIterator<Item = UserId>) -> Self {
        self.0.admins.extend(admins);
        self
    }

    /// With a title.
    pub fn title(mut self, title: GroupTitle) -> Self {
        self.0.title = Some(title);
        self
    }

    /// With an avatar, which is there.
    pub fn avatar_url(mut self, url: AvatarUrl) -> Self {
        self.0.avatar_url = Some(url);
        self
    }

    /// With messages that live this long, in whole milliseconds.
    pub const fn message_ttl(mut self, ttl: Duration) -> Self {
        self.0.message_ttl = Some(ttl);
        self
    }
}

impl Session {
    /// Creates a group with its first key.
    ///
    /// # Errors
    /// [`SessionError`]. After [`Unsettled`](SessionError::Unsettled) the group may exist: do not
    /// create another; [`resume`](Self::resume) settles it.
    pub async fn create_group(&self, group: NewGroup) -> Result<ConversationState, SessionError> {
        let (NewGroup(mut roster), me) = (group, self.user_id());
        roster.members.insert(me);
        if roster.admins.is_empty() {
            roster.admins.insert(me);
        }
        roster.signed_admins.insert(me);
        // Everything that can be refused here is, before the server is asked for an id.
        self.recipients(roster.members.iter().copied()).await?;
        let id = self.client().initialize_group().await?;
        let conversation = roster.conversation(id)?;
        let record = self.change(id, |record, _| {
            // Created by an earlier round.
            if record.keyring().current().is_some() {
                return Ok(None);
            }
            let (conversation, details) = (conversation.clone(), roster.group_details());
            let roster = Some(roster.clone());
            Ok(Some(Plan { conversation, roster, kind: PlanKind::GroupCreate(details) }))
        });
        Ok(record.await?.into())
    }

    /// Adds users to a group, with a new key that they join with. Whoever is a member already stays
    /// one.
    ///
    /// # Errors
    /// [`SessionError::NotAGroup`], [`SessionError::UnknownConversation`],
    /// [`SessionError::MembersDiffer`]; otherwise as
    /// [`start_conversation`](Self::start_conversation).
    pub async fn add_members(
        &self,
        group: ConversationId,
        users: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<ConversationState, SessionError> {
        let users: BTreeSet<UserId> = users.into_iter().collect();
        let record = self.change(group, |record, _| {
            let mut roster = roster_to_change(record)?;
            let new: Vec<UserId> = users.difference(&roster.members).copied().collect();
            if new.is_empty() {
                return Ok(None);
            }
            let mut addition = MemberAdd::new(new.iter().copied(), roster.group_details());
            if let Some(enabled) = roster.screen_capture_blocking {
                addition = addition.screen_capture_blocking(enabled);
            }
            roster.members.extend(new);
            let conversation = roster.conversation(group)?;
            let kind = PlanKind::MemberAdd(addition);
            Ok(Some(Plan { conversation, roster: Some(roster), kind }))
        });
        Ok(record.await?.into())
    }

    /// Gives a group a new key that a member does not get. They can read on what was encrypted so
    /// far. Whoever is no member is none already.
    ///
    /// X's API has no call that says who was removed: other members see that the key was sealed
    /// without that user, and [acknowledge](Self::acknowledge_members) it.
    ///
    /// # Errors
    /// [`SessionError::RemovesOneself`]; otherwise as [`add_members`](Self::add_members).
    pub async fn remove_member(
        &self,
        group: ConversationId,
        user: UserId,
    ) -> Result<ConversationState, SessionError> {
        if user == self.user_id() {
            return Err(SessionError::RemovesOneself { conversation: group });
        }
        let record = self.change(group, |record, _| {
            let mut roster = roster_to_change(record)?;
            let with_them = roster.members.clone();
            if !roster.members.contains(&user) {
                return Ok(None);
            }
            roster.remove(&[user]);
            // The server may go on listing them: that is known.
            let listed = MemberClaim::new(with_them, ClaimSource::Server);
            roster.claim = Some(MemberClaim { is_dismissed: true, ..listed });
            let conversation = roster.conversation(group)?;
            Ok(Some(Plan { conversation, roster: Some(roster), kind: PlanKind::Keys }))
        });
        Ok(record.await?.into())
    }

    /// Takes a claimed list of members for true from now on. Nobody has a key of it before the next
    /// [`rotate`](Self::rotate). Returns whether this is the claim that waits.
    ///
    /// # Security
    /// Whoever is in the list gets the group's next keys. Show a person who came and who went.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn acknowledge_members(
        &self,
        group: ConversationId,
        claim: &MemberClaim,
    ) -> Result<bool, SessionError> {
        self.edit_claim(group, claim, |roster, floor| {
            if let Some(claim) = roster.claim.take() {
                roster.admins.retain(|admin| claim.members.contains(admin));
                roster.signed_admins.retain(|admin| claim.members.contains(admin));
                roster.members = claim.members;
                // What was signed before does not count against this.
                roster.since = floor.max(roster.since);
            }
        })
        .await
    }

    /// Stays with the members that are known. The same list is not asked about again. Returns
    /// whether this is the claim that waits.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn keep_members(
        &self,
        group: ConversationId,
        claim: &MemberClaim,
    ) -> Result<bool, SessionError> {
        self.edit_claim(group, claim, |roster, _| {
            if let Some(claim) = &mut roster.claim {
                claim.is_dismissed = true;
            }
        })
        .await
    }

    async fn edit_claim(
        &self,
        group: ConversationId,
        claim: &MemberClaim,
        edit: impl Fn(&mut Roster, Option<KeyVersion>) + Send,
    ) -> Result<bool, SessionError> {
        let _turn = self.turn(group).await;
        loop {
            let mut record = self.vault().conversation(group).await?;
            let mut roster = record.roster().cloned().unwrap_or_default();
            if roster.claim.as_ref() != Some(claim) || claim.is_dismissed {
                return Ok(false);
            }
            edit(&mut roster, record.keyring().floor());
            record.set_roster(roster);
            match self.vault().save(&mut record, None).await {
                Ok(()) => return Ok(true),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What is known of a group whose members are to change.
fn roster_to_change(record: &ConversationRecord) -> Result<Roster, SessionError> {
    let conversation = record.id();
    if !conversation.is_group() {
        return Err(SessionError::NotAGroup { conversation });
    }
    check_claim(record)?;
    record.roster().cloned().ok_or(SessionError::UnknownConversation { conversation })
}

/// A member has sealed the current key to others than those known: with either list, somebody
/// would get or lose the next key whom nobody has decided about.
pub(super) fn check_claim(record: &ConversationRecord) -> Result<(), SessionError> {
    if record.roster().and_then(Roster::waiting_claim).is_some() {
        return Err(SessionError::MembersDiffer { conversation: record.id() });
    }
    Ok(())
}
