//! What must be so after the last life: one key for each change, the same for everybody.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sealpost::vault::ClaimSource;
use sealpost::*;
use sealpost_sandbox::Operation;

use super::plan::RunPlan;
use super::run::{Cast, Findings, Past};
use super::script::Step;
use super::stage::{Folder, Stage};

type Keys = BTreeMap<KeyVersion, KeyFingerprint>;

/// A key change that the server has.
struct Posted {
    sender: UserId,
    message_id: MessageId,
    version: KeyVersion,
}

pub(super) async fn check(
    stage: &Stage,
    folder: &Folder,
    cast: &Cast,
    plan: &RunPlan,
    past: &Past,
    findings: &mut Findings,
) {
    let checked = Check { stage, cast, plan, past };
    if let Err(error) = checked.all(folder, findings).await {
        findings.lost.push(format!("{} {error}", error.code()));
    }
}

struct Check<'a> {
    stage: &'a Stage,
    cast: &'a Cast,
    plan: &'a RunPlan,
    past: &'a Past,
}

impl Check<'_> {
    async fn all(&self, folder: &Folder, findings: &mut Findings) -> Result<(), SessionError> {
        self.posted_once(findings);
        let Cast { alice, bob, carol, dave, suite } = self.cast;
        let vault = super::file::open(&folder.file("store")).await?;
        for id in vault.account(*alice).unfinished().await? {
            findings.lost.push(format!("{id}: a change is still under way"));
        }
        let phone = Session::open(&vault, self.stage.client(*alice), *alice).await?;
        // A device that knows nothing but the identity.
        let laptop_vault =
            Vault::open(Arc::new(MemoryStore::new()), StoreKey::from_bytes(&[2; 32]));
        let laptop_vault = laptop_vault.await?;
        let own = phone.vault().identity().await?.unwrap().value.identity;
        laptop_vault.account(*alice).add_identity(own).await?;
        let laptop = Session::open(&laptop_vault, self.stage.client(*alice), *alice).await?;
        laptop.register(*suite).await?;
        for session in [&phone, &laptop, bob, dave] {
            self.sync(session, findings).await?;
        }
        let registered = self.stage.client(*alice).user_public_keys(alice).await?.records.len();
        if registered != 1 {
            findings.divergent.push(format!("{registered} identities are registered"));
        }

        let direct = self.cast.direct();
        self.same(direct, &[&phone, &laptop, bob], findings).await?;
        let rotations = self.rotations(Step::RotateDirect);
        let wanted = if self.past.had_rival { 0..=usize::MAX } else { add(1, rotations) };
        self.changes(direct, &phone, wanted, findings).await?;

        let mut groups = Vec::new();
        for id in phone.conversations().await?.into_iter().filter(|id| id.is_group()) {
            // One whose creation was refused has no key, and is not on the server.
            if phone.conversation(id).await?.current_key().is_some() {
                groups.push(id);
            }
        }
        let [group] = groups[..] else {
            findings.divergent.push(format!("{} groups instead of one", groups.len()));
            return Ok(());
        };
        let (has_added, has_removed) = (self.does(Step::Add), self.does(Step::Remove));
        let mut sessions = vec![&phone, &laptop, bob];
        let mut members = BTreeSet::from([*alice, bob.user_id()]);
        if has_added {
            sessions.push(dave);
            members.insert(dave.user_id());
        }
        if has_removed {
            // She may not read on, or what she may read is not sealed to her.
            let _ = carol.sync_conversation(group).await;
        } else {
            self.sync(carol, findings).await?;
            sessions.push(carol);
            members.insert(carol.user_id());
        }
        self.same(group, &sessions, findings).await?;
        let fixed = 1 + usize::from(has_added) + usize::from(has_removed);
        let wanted = add(fixed, self.rotations(Step::RotateGroup));
        self.changes(group, &phone, wanted, findings).await?;
        self.same_members(group, &sessions, &members, findings).await?;
        if has_removed
            && let Ok(carols) = carol.conversation(group).await
            && carols.keyring().floor() >= phone.conversation(group).await?.keyring().floor()
        {
            findings.divergent.push(format!("{group}: Carol has the newest key"));
        }
        Ok(())
    }

    /// Nothing that is read may be refused, but for one thing: no event says who was removed, so
    /// that a later addition does not fit what others know.
    async fn sync(&self, session: &Session, findings: &mut Findings) -> Result<(), SessionError> {
        for event in session.sync().await? {
            let is_known = match &event {
                SessionEvent::Refused { reason: InboxError::Read(reason), .. } => {
                    let place = |step| self.plan.script.iter().position(|known| *known == step);
                    matches!(reason, ReadError::OtherMembers { .. })
                        && place(Step::Remove)
                            .is_some_and(|removed| Some(removed) < place(Step::Add))
                }
                SessionEvent::Refused { .. } | SessionEvent::OwnKeysReplaced { .. } => false,
                _ => true,
            };
            if !is_known {
                findings.divergent.push(format!("{session:?}: {event:?}"));
            }
        }
        Ok(())
    }

    /// All of them know the same members, once they have agreed to what the newest key change says.
    async fn same_members(
        &self,
        group: ConversationId,
        sessions: &[&Session],
        members: &BTreeSet<UserId>,
        findings: &mut Findings,
    ) -> Result<(), SessionError> {
        for session in sessions {
            let roster = session.conversation(group).await?.group().cloned().unwrap_or_default();
            if let Some(claim) = &roster.claim
                && claim.source != ClaimSource::Server
            {
                session.acknowledge_members(group, claim).await?;
            }
            let roster = session.conversation(group).await?.group().cloned().unwrap_or_default();
            if roster.members != *members {
                let known = roster.members;
                findings.divergent.push(format!("{session:?}: the members are {known:?}"));
            }
        }
        Ok(())
    }

    fn does(&self, step: Step) -> bool {
        self.plan.script.contains(&step)
    }

    /// How many rotations there may be: one that was interrupted may have happened, or not.
    fn rotations(&self, step: Step) -> RangeInclusive<usize> {
        let wanted = self.plan.script.iter().filter(|wanted| **wanted == step).count();
        wanted..=self.past.begun(step)
    }

    /// What must not happen twice did not: the server counts what has changed something.
    fn posted_once(&self, findings: &mut Findings) {
        let journal = self.stage.sandbox.journal();
        for (operation, wanted) in [
            (Operation::AddUserPublicKey, true),
            (Operation::CreateChatConversation, self.does(Step::Create)),
            (Operation::AddChatGroupMembers, self.does(Step::Add)),
        ] {
            let entries = journal.iter().filter(|entry| {
                entry.operation() == Some(operation)
                    && entry.user_id() == Some(self.cast.alice)
                    && entry.changed_state()
            });
            let count = entries.count();
            if count != usize::from(wanted) {
                findings.divergent.push(format!("{operation} was carried out {count} times"));
            }
        }
    }

    /// All of them know the same current key, and no two a different key of one version.
    async fn same(
        &self,
        id: ConversationId,
        sessions: &[&Session],
        findings: &mut Findings,
    ) -> Result<(), SessionError> {
        let mut all = Keys::new();
        let mut newest = HashSet::new();
        for session in sessions {
            let keys = keys(session, id).await?;
            newest.insert(keys.last_key_value().map(|(version, key)| (*version, *key)));
            for (version, key) in keys {
                if *all.entry(version).or_insert(key) != key {
                    findings.divergent.push(format!("{id}: two keys of version {version}"));
                }
            }
        }
        if newest.len() != 1 || newest.contains(&None) {
            findings.divergent.push(format!("{id}: {} newest keys", newest.len()));
        }
        Ok(())
    }

    /// The server has as many changes of Alice as were wanted, each once and with a version of its
    /// own, and she has the keys of all.
    async fn changes(
        &self,
        id: ConversationId,
        phone: &Session,
        wanted: RangeInclusive<usize>,
        findings: &mut Findings,
    ) -> Result<(), SessionError> {
        let posted = posted(&self.cast.bob, id).await?;
        let messages: BTreeSet<_> = posted.iter().map(|posted| posted.message_id).collect();
        let versions: BTreeSet<_> = posted.iter().map(|posted| posted.version).collect();
        if messages.len() != posted.len() || versions.len() != posted.len() {
            findings.divergent.push(format!("{id}: a change is in twice"));
        }
        let by_alice = posted.iter().filter(|posted| posted.sender == self.cast.alice).count();
        if !wanted.contains(&by_alice) {
            findings.divergent.push(format!("{id}: {by_alice} changes instead of {wanted:?}"));
        }
        let known: BTreeSet<_> = keys(phone, id).await?.into_keys().collect();
        for version in versions.difference(&known) {
            findings.lost.push(format!("{id}: the key of version {version}"));
        }
        for version in known.difference(&versions) {
            findings.divergent.push(format!("{id}: nobody else has version {version}"));
        }
        Ok(())
    }
}

fn add(fixed: usize, range: RangeInclusive<usize>) -> RangeInclusive<usize> {
    fixed + range.start()..=fixed + range.end()
}

async fn keys(session: &Session, id: ConversationId) -> Result<Keys, SessionError> {
    let state = session.conversation(id).await?;
    Ok(state.keyring().keys().map(|(version, key)| (version, key.fingerprint())).collect())
}

/// The key changes of a conversation, as the server has them.
async fn posted(reader: &Session, id: ConversationId) -> Result<Vec<Posted>, SessionError> {
    let query = EventsQuery::new().max_results(100);
    let mut pages = reader.client().conversation_events_pages(&id, query, PageLimit::default());
    let mut posted = BTreeMap::new();
    while let Some(page) = pages.try_next().await? {
        let rows = page.events.iter().filter_map(|row| row.encoded_event.as_ref());
        // A page brings the key change before it along.
        for event in page.key_events.iter().chain(rows) {
            if let Ok(ChatEvent::KeyChange(change)) = event.parse() {
                let (sender, message_id) = (change.sender(), change.message_id());
                let version = change.key_version();
                posted.insert(change.sequence_id(), Posted { sender, message_id, version });
            }
        }
    }
    Ok(posted.into_values().collect())
}
