//! Who is in a group, from events: signed changes count, claims wait for somebody to decide.

use super::reading::Reading;
use super::{SessionError, SessionEvent};
use crate::vault::{MemberClaim, Roster};
use crate::{
    Action, ActionEvent, ChatEvent, Conversation, GroupCreateEvent, KeyChangeEvent, KeyVersion,
    MemberAddEvent, ReadError, ReadPolicy, ScreenCapture, UserId, VerifiedAction,
    VerifiedGroupCreate, VerifiedMemberAdd,
};

/// A group as one comes to know it.
struct Joined {
    by: UserId,
    /// The version of the key that comes with it.
    key_version: KeyVersion,
    roster: Roster,
}

impl Reading<'_> {
    /// Learns who is in a group of which nothing is known yet, or that one was removed from: from
    /// its creation, or from the change that added oneself. Returns which of the events that was.
    pub(super) async fn join(
        &mut self,
        events: &[ChatEvent],
    ) -> Result<Option<usize>, SessionError> {
        let me = self.session.user_id();
        let known = self.record.roster();
        let since = known.and_then(|roster| roster.since);
        if !self.record.id().is_group() || known.is_some_and(|roster| roster.members.contains(&me))
        {
            return Ok(None);
        }
        let is_new = known.is_none();
        for (place, event) in events.iter().enumerate() {
            let joined = match event {
                ChatEvent::GroupCreate(create) if is_new => self.joined_created(create).await?,
                ChatEvent::MemberAdd(add) => self.joined_added(add).await?,
                _ => None,
            };
            let Some(joined) = joined.filter(|joined| Some(joined.key_version) > since) else {
                continue;
            };
            if self.take_first_key(&joined, events).await? {
                let (conversation, by) = (self.record.id(), joined.by);
                let mut roster = joined.roster;
                roster.note_key_maker(joined.key_version, by);
                self.record.set_roster(roster);
                self.session.notice(SessionEvent::Joined { conversation, by });
                return Ok(Some(place));
            }
        }
        // Keys that wait, a server that lags: whatever it is, it may be there the next time.
        self.is_held_back |= is_new;
        Ok(None)
    }

    async fn joined_created(
        &mut self,
        create: &GroupCreateEvent,
    ) -> Result<Option<Joined>, SessionError> {
        let (by, version) = (create.sender(), create.sender_key_version());
        let Ok(circle) = Conversation::group(self.record.id(), [by]) else { return Ok(None) };
        let signer = self.signer(&circle, by, version).await?;
        let Ok(created) = create.verify(self.record.id(), &signer, ReadPolicy::strict()) else {
            return Ok(None);
        };
        let is_mine = created.conversation().contains(self.session.user_id());
        let (key_version, roster) = (created.key_version(), of_created(&created));
        Ok(is_mine.then_some(Joined { by, key_version, roster }))
    }

    async fn joined_added(&mut self, add: &MemberAddEvent) -> Result<Option<Joined>, SessionError> {
        let (by, version) = (add.sender(), add.sender_key_version());
        if !add.claimed_new_members().contains(&self.session.user_id()) {
            return Ok(None);
        }
        // Whoever has just been added knows no other list.
        let claimed = add.claimed_members().iter().copied();
        let Ok(before) = Conversation::group(self.record.id(), claimed) else { return Ok(None) };
        let signer = self.signer(&before, by, version).await?;
        let Ok(added) = add.verify(&before, &signer, ReadPolicy::strict()) else {
            return Ok(None);
        };
        let Ok(now) = added.conversation() else { return Ok(None) };
        let (key_version, roster) = (added.key_version(), of_added(&added, &now));
        Ok(Some(Joined { by, key_version, roster }))
    }

    /// Adopts the key that a group comes with, made by the same member for this very group: in
    /// X's suite only that one's signature covers the group's id.
    async fn take_first_key(
        &mut self,
        joined: &Joined,
        events: &[ChatEvent],
    ) -> Result<bool, SessionError> {
        let Ok(conversation) = joined.roster.conversation(self.record.id()) else {
            return Ok(false);
        };
        let Some(change) = key_change_of(events, joined.by, joined.key_version) else {
            return Ok(false);
        };
        let Ok(opened) = self.open(change, &conversation).await? else { return Ok(false) };
        let fingerprint = opened.key().fingerprint();
        self.adopt(change, opened);
        let adopted = self.record.keyring().get(joined.key_version);
        Ok(adopted.is_some_and(|key| key.fingerprint() == fingerprint))
    }

    pub(super) async fn member_add(
        &mut self,
        add: &MemberAddEvent,
        events: &[ChatEvent],
    ) -> Result<(), SessionError> {
        let Some(conversation) = self.record.conversation()? else { return Ok(()) };
        let Some(roster) = self.record.roster() else { return Ok(()) };
        let is_known = roster.applied.contains(&add.message_id())
            || add.claimed_new_members().iter().all(|user| roster.members.contains(user));
        if is_known {
            // One's own, or read before.
            return Ok(());
        }
        let since = roster.since;
        let (by, version) = (add.sender(), add.sender_key_version());
        let signer = self.signer(&conversation, by, version).await?;
        let added = match add.verify(&conversation, &signer, ReadPolicy::strict()) {
            Ok(added) => added,
            Err(reason) => {
                self.refuse(by, add.message_id(), reason);
                return Ok(());
            }
        };
        let key_version = added.key_version();
        if self.record.keyring().get(key_version).is_none()
            && let Some(change) = key_change_of(events, by, key_version)
        {
            // It stands behind the addition.
            self.key_change(change).await?;
        }
        let Some(mut roster) = self.record.roster().cloned() else { return Ok(()) };
        // An old addition shown again, one without its key, or more than a group can have.
        let counts = Some(key_version) > since
            && roster.key_makers.get(&key_version) == Some(&by)
            && added.conversation().is_ok();
        if !counts {
            self.refuse(by, add.message_id(), ReadError::OtherMembers { sender: by });
            return Ok(());
        }
        roster.members.extend(added.new_members());
        roster.since = Some(key_version);
        roster.claim = None;
        roster.note_applied(add.message_id());
        self.change_members(roster, by, added.new_members().to_vec(), Vec::new());
        Ok(())
    }

    pub(super) async fn action(&mut self, action: &ActionEvent) -> Result<(), SessionError> {
        let Some(conversation) = self.record.conversation()? else { return Ok(()) };
        let Some(mut roster) = self.record.roster().cloned() else { return Ok(()) };
        if roster.applied.contains(&action.message_id()) {
            return Ok(());
        }
        let (sender, version) = (action.sender(), action.sender_key_version());
        let signer = self.signer(&conversation, sender, version).await?;
        match action.verify(&conversation, &signer, ReadPolicy::strict()) {
            Ok(action) => {
                roster.note_applied(action.message_id());
                self.apply(&action, roster);
            }
            Err(reason) => self.refuse(sender, action.message_id(), reason),
        }
        Ok(())
    }

    /// What a verified action makes of what is known of the group. Who is an admin decides about
    /// others; anybody may leave.
    fn apply(&mut self, action: &VerifiedAction, mut roster: Roster) {
        let by = action.sender();
        let decides = roster.decides(by);
        let may = |users: &[UserId]| decides || users == [by];
        match action.action() {
            Action::RemoveMembers(users) if may(users) => {
                let gone: Vec<UserId> =
                    users.iter().copied().filter(|user| roster.members.contains(user)).collect();
                roster.remove(&gone);
                roster.since = self.record.keyring().floor().max(roster.since);
                roster.claim = None;
                if !gone.is_empty() && !roster.members.is_empty() {
                    self.change_members(roster, by, Vec::new(), gone);
                }
                return;
            }
            Action::AddAdmins(users) if decides => {
                for user in users.iter().filter(|user| roster.members.contains(user)) {
                    roster.admins.insert(*user);
                    roster.signed_admins.insert(*user);
                }
            }
            Action::RemoveAdmins(users) if may(users) => {
                roster.admins.retain(|admin| !users.contains(admin));
                roster.signed_admins.retain(|admin| !users.contains(admin));
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
        if !claim.is_usable(self.session.user_id()) {
            return;
        }
        let known = roster.claim.as_ref();
        let Some(difference) = roster.difference(&claim) else {
            // Whoever said otherwise has come round, or a newer key was sealed to whom it should.
            if known.is_some_and(|known| !known.is_dismissed && known.yields_to(&claim)) {
                roster.claim = None;
                self.record.set_roster(roster);
            }
            return;
        };
        let stays = known.is_some_and(|known| {
            let is_same = known.members == claim.members && known.source == claim.source;
            is_same || !known.is_dismissed && !known.yields_to(&claim)
        });
        if stays {
            return;
        }
        roster.claim = Some(claim.clone());
        self.record.set_roster(roster);
        let conversation = self.record.id();
        self.session.notice(SessionEvent::MembersDiffer { conversation, claim, difference });
    }
}

/// The key change that a member made under a version.
fn key_change_of(events: &[ChatEvent], by: UserId, version: KeyVersion) -> Option<&KeyChangeEvent> {
    events.iter().find_map(|event| match event {
        ChatEvent::KeyChange(change) => {
            Some(change).filter(|change| change.sender() == by && change.key_version() == version)
        }
        _ => None,
    })
}

fn of_created(created: &VerifiedGroupCreate) -> Roster {
    let members: Vec<UserId> = created.conversation().members().collect();
    let admins = created.unsigned_admins().iter().copied();
    let mut roster = Roster::new(members);
    roster.admins = admins.filter(|admin| roster.members.contains(admin)).collect();
    // Nobody signs who else is one.
    roster.signed_admins.insert(created.sender());
    roster.title = created.title().cloned();
    roster.avatar_url = created.avatar_url().cloned();
    roster.message_ttl = created.unsigned_message_ttl();
    roster.since = Some(created.key_version());
    roster
}

fn of_added(added: &VerifiedMemberAdd, now: &Conversation) -> Roster {
    let mut roster = Roster::new(now.members());
    roster.admins = added.admins().iter().copied().collect();
    roster.signed_admins.clone_from(&roster.admins);
    roster.title = added.title().cloned();
    roster.avatar_url = added.avatar_url().cloned();
    roster.message_ttl = added.message_ttl();
    roster.screen_capture_blocking = added.screen_capture_blocking();
    roster.since = Some(added.key_version());
    roster
}
