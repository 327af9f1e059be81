//! Who is in a group, from events: signed changes count, claims wait for somebody to decide.

use super::reading::Reading;
use super::{SessionError, SessionEvent};
use crate::vault::{ClaimSource, MemberClaim, Roster};
use crate::{
    Action, ActionEvent, ChatEvent, Conversation, GroupCreateEvent, KeyVersion, MemberAddEvent,
    ReadError, ReadPolicy, ScreenCapture, UserId, VerifiedAction, VerifiedGroupCreate,
    VerifiedMemberAdd,
};

impl Reading<'_> {
    /// Learns who is in a group of which nothing is known yet: from its creation, or from the
    /// change that added oneself.
    pub(super) async fn join(&mut self, events: &[ChatEvent]) -> Result<(), SessionError> {
        if !self.record.id().is_group() || self.record.roster().is_some() {
            return Ok(());
        }
        for event in events {
            let joined = match event {
                ChatEvent::GroupCreate(create) => self.join_created(create, events).await?,
                ChatEvent::MemberAdd(add) => self.join_added(add, events).await?,
                _ => None,
            };
            if let Some((by, roster)) = joined {
                self.record.set_roster(roster);
                let conversation = self.record.id();
                self.session.notice(SessionEvent::Joined { conversation, by });
                return Ok(());
            }
        }
        Ok(())
    }

    async fn join_created(
        &mut self,
        create: &GroupCreateEvent,
        events: &[ChatEvent],
    ) -> Result<Option<(UserId, Roster)>, SessionError> {
        let (sender, version) = (create.sender(), create.sender_key_version());
        let Ok(circle) = Conversation::group(self.record.id(), [sender]) else { return Ok(None) };
        let signer = self.signer(&circle, sender, version).await?;
        let Ok(created) = create.verify(self.record.id(), &signer, ReadPolicy::strict()) else {
            return Ok(None);
        };
        let conversation = created.conversation();
        let is_mine = conversation.contains(self.session.user_id())
            && self.has_key(sender, created.key_version(), conversation, events).await?;
        Ok(is_mine.then(|| (sender, of_created(&created))))
    }

    async fn join_added(
        &mut self,
        add: &MemberAddEvent,
        events: &[ChatEvent],
    ) -> Result<Option<(UserId, Roster)>, SessionError> {
        let (sender, version) = (add.sender(), add.sender_key_version());
        if !add.claimed_new_members().contains(&self.session.user_id()) {
            return Ok(None);
        }
        // Whoever has just been added knows no other list.
        let claimed = add.claimed_members().iter().copied();
        let Ok(before) = Conversation::group(self.record.id(), claimed) else { return Ok(None) };
        let signer = self.signer(&before, sender, version).await?;
        let Ok(added) = add.verify(&before, &signer, ReadPolicy::strict()) else {
            return Ok(None);
        };
        let now = added.conversation()?;
        let is_mine = self.has_key(sender, added.key_version(), &now, events).await?;
        Ok(is_mine.then(|| (sender, of_added(&added, &now))))
    }

    /// Whether the sender has made the key that a group change goes with, for this very group: in
    /// X's suite only that one's signature covers the group's id.
    async fn has_key(
        &mut self,
        sender: UserId,
        version: KeyVersion,
        conversation: &Conversation,
        events: &[ChatEvent],
    ) -> Result<bool, SessionError> {
        for event in events {
            if let ChatEvent::KeyChange(change) = event
                && change.sender() == sender
                && change.key_version() == version
                && let Ok(opened) = self.open(change, conversation).await?
            {
                let known = self.record.keyring().get(version);
                return Ok(known.is_none_or(|known| known == opened.key()));
            }
        }
        // Or it was read earlier.
        Ok(self.record.keyring().get(version).is_some())
    }

    pub(super) async fn member_add(
        &mut self,
        add: &MemberAddEvent,
        events: &[ChatEvent],
    ) -> Result<(), SessionError> {
        let Some(conversation) = self.record.conversation()? else { return Ok(()) };
        let Some(mut roster) = self.record.roster().cloned() else { return Ok(()) };
        if add.claimed_new_members().iter().all(|user| roster.members.contains(user)) {
            // One's own, or read before.
            return Ok(());
        }
        let (sender, version) = (add.sender(), add.sender_key_version());
        let signer = self.signer(&conversation, sender, version).await?;
        let added = match add.verify(&conversation, &signer, ReadPolicy::strict()) {
            Ok(added) => added,
            Err(reason) => {
                self.refuse(sender, add.message_id(), reason);
                return Ok(());
            }
        };
        let key_version = added.key_version();
        let is_new = roster.since.is_none_or(|since| key_version > since);
        let now = added.conversation()?;
        if !is_new || !self.has_key(sender, key_version, &now, events).await? {
            // An old addition shown again, or one of another group.
            self.refuse(sender, add.message_id(), ReadError::OtherMembers { sender });
            return Ok(());
        }
        roster.members.extend(added.new_members());
        roster.since = Some(key_version);
        roster.claim = None;
        self.change_members(roster, sender, added.new_members().to_vec(), Vec::new());
        Ok(())
    }

    pub(super) async fn action(&mut self, action: &ActionEvent) -> Result<(), SessionError> {
        let Some(conversation) = self.record.conversation()? else { return Ok(()) };
        let Some(roster) = self.record.roster().cloned() else { return Ok(()) };
        let (sender, version) = (action.sender(), action.sender_key_version());
        let signer = self.signer(&conversation, sender, version).await?;
        match action.verify(&conversation, &signer, ReadPolicy::strict()) {
            Ok(action) => self.apply(&action, roster),
            Err(reason) => self.refuse(sender, action.message_id(), reason),
        }
        Ok(())
    }

    /// What a verified action makes of what is known of the group. Who is an admin decides about
    /// others; anybody may leave.
    fn apply(&mut self, action: &VerifiedAction, mut roster: Roster) {
        let by = action.sender();
        let may = |users: &[UserId]| roster.admins.contains(&by) || users == [by];
        match action.action() {
            Action::RemoveMembers(users) if may(users) => {
                let gone: Vec<UserId> =
                    users.iter().copied().filter(|user| roster.members.remove(user)).collect();
                roster.admins.retain(|admin| !gone.contains(admin));
                roster.since = self.record.keyring().floor().max(roster.since);
                roster.claim = None;
                if !gone.is_empty() && !roster.members.is_empty() {
                    self.change_members(roster, by, Vec::new(), gone);
                }
                return;
            }
            Action::AddAdmins(users) if may(&[]) => {
                let members = users.iter().filter(|user| roster.members.contains(user));
                roster.admins = roster.admins.iter().chain(members).copied().collect();
            }
            Action::RemoveAdmins(users) if may(users) => {
                roster.admins.retain(|admin| !users.contains(admin));
            }
            Action::ChangeTitle { title, .. } => roster.title.clone_from(title),
            Action::ChangeAvatar { avatar_url, .. } => roster.avatar_url.clone_from(avatar_url),
            Action::SetMessageTtl { ttl, .. } => roster.message_ttl = Some((*ttl).into()),
            Action::RemoveMessageTtl => roster.message_ttl = None,
            Action::SetScreenCapture { setting: ScreenCapture::Blocking, enabled } => {
                roster.screen_capture_blocking = Some(*enabled);
            }
            _ => return,
        }
        if self.record.roster() != Some(&roster) {
            self.record.set_roster(roster);
            let conversation = self.record.id();
            self.session.notice(SessionEvent::DetailsChanged { conversation, by });
        }
    }

    fn change_members(
        &mut self,
        roster: Roster,
        by: UserId,
        added: Vec<UserId>,
        removed: Vec<UserId>,
    ) {
        self.record.set_roster(roster);
        let conversation = self.record.id();
        let event = SessionEvent::MembersChanged { conversation, by, added, removed };
        self.session.notice(event);
    }

    /// Takes note of a claimed list of members, if it differs and was not turned down.
    pub(super) fn claim(&mut self, claim: MemberClaim) {
        let Some(mut roster) = self.record.roster().cloned() else { return };
        let Some(difference) = roster.difference(&claim) else {
            // Whoever said otherwise has come round.
            if roster.claim.as_ref().is_some_and(|known| known.source == claim.source) {
                roster.claim = None;
                self.record.set_roster(roster);
            }
            return;
        };
        let is_known = roster
            .claim
            .as_ref()
            .is_some_and(|known| known.members == claim.members && known.source == claim.source);
        let outranks = |known: &MemberClaim| {
            claim.source == ClaimSource::Server && known.source != ClaimSource::Server
        };
        if is_known || roster.claim.as_ref().is_some_and(outranks) {
            return;
        }
        roster.claim = Some(claim.clone());
        self.record.set_roster(roster);
        let conversation = self.record.id();
        self.session.notice(SessionEvent::MembersDiffer { conversation, claim, difference });
    }
}

fn of_created(created: &VerifiedGroupCreate) -> Roster {
    let members: Vec<UserId> = created.conversation().members().collect();
    let admins = created.unsigned_admins().iter().copied();
    let mut roster = Roster::new(members);
    roster.admins = admins.filter(|admin| roster.members.contains(admin)).collect();
    roster.title = created.title().cloned();
    roster.avatar_url = created.avatar_url().cloned();
    roster.message_ttl = created.unsigned_message_ttl();
    roster.since = Some(created.key_version());
    roster
}

fn of_added(added: &VerifiedMemberAdd, now: &Conversation) -> Roster {
    let mut roster = Roster::new(now.members());
    roster.admins = added.admins().iter().copied().collect();
    roster.title = added.title().cloned();
    roster.avatar_url = added.avatar_url().cloned();
    roster.message_ttl = added.message_ttl();
    roster.screen_capture_blocking = added.screen_capture_blocking();
    roster.since = Some(added.key_version());
    roster
}
