//! Receiving: what is new in a conversation, oldest first, each event verified on its own.

use std::collections::{BTreeSet, HashSet, VecDeque};

use futures_util::Stream;
use futures_util::stream::try_unfold;

use super::directory::Signers;
use super::{Session, SessionError};
use crate::vault::Roster;
use crate::{
    Conversation, ConversationId, EncodedEvent, EventsPage, EventsQuery, Inbox, InboxError,
    Keyring, PaginationToken, PagingError, Participant, ReadError, Received, SeenActions,
    SequenceId, UserId,
};

/// How far somebody has received a conversation. Keep it with the messages: what comes after it is
/// what they have not seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiveCursor {
    /// Everything up to this event was received.
    pub after: Option<SequenceId>,
    /// The actions that were received, by which repeated ones are known.
    pub seen: SeenActions,
}

impl ReceiveCursor {
    /// From the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// An event that was received.
#[derive(Debug)]
#[non_exhaustive]
pub struct Incoming {
    /// The server's number of it. Nobody signed it.
    pub sequence_id: Option<SequenceId>,
    /// What it is, verified; or why it does not count. One bad event is one bad event.
    pub event: Result<Received, InboxError>,
}

impl Session {
    /// Everything in a conversation after `cursor`, oldest first: messages, actions, key changes,
    /// each verified and decrypted, or with the reason why not. It ends with the newest event; call
    /// it again for what has come since. The cursor moves with each event that is handed out.
    ///
    /// What is about keys and members was [synced](Self::sync) before. Memory holds one page, however
    /// far the cursor is behind.
    ///
    /// Events are verified with the members and keys that are known now: what a member wrote who was
    /// removed before it was received, or under keys that were acknowledged away before, is handed
    /// out with that as the reason.
    ///
    /// # Errors
    /// [`SessionError`], as the last item; going on from the cursor loses nothing.
    /// [`SessionError::KeysChanged`] or [`SessionError::NotVerified`] where an event waits for
    /// somebody to decide about its sender's keys, [`SessionError::MembersDiffer`] where it waits for
    /// somebody to decide whether its sender is a member.
    pub fn receive<'a>(
        &'a self,
        conversation: ConversationId,
        cursor: &'a mut ReceiveCursor,
    ) -> impl Stream<Item = Result<Incoming, SessionError>> + Send + 'a {
        let receiving = Receiving {
            session: self,
            id: conversation,
            cursor,
            begun: None,
            ready: VecDeque::new(),
            waits_for: None,
        };
        Box::pin(try_unfold(receiving, |mut receiving| async move {
            Ok(receiving.next().await?.map(|incoming| (incoming, receiving)))
        }))
    }
}

struct Receiving<'a> {
    session: &'a Session,
    id: ConversationId,
    cursor: &'a mut ReceiveCursor,
    /// `None` before the first event was asked for.
    begun: Option<Begun>,
    ready: VecDeque<Incoming>,
    /// What somebody has to decide about before there is more.
    waits_for: Option<Undecided>,
}

#[derive(Clone, Copy)]
enum Undecided {
    /// This user's keys.
    Keys(UserId),
    /// Who is in the group.
    Members,
}

struct Begun {
    members: Conversation,
    /// Who else a key was sealed to, as long as nobody has decided whether they are members.
    claimed: BTreeSet<UserId>,
    keyring: Keyring,
    /// What was read; the cursor has what was handed out.
    seen: SeenActions,
    /// The newest page, as it was then: asked for again, it would have others on it.
    first: Option<EventsPage>,
    /// The pages behind it that are left, the oldest last.
    pages: Vec<PaginationToken>,
}

impl Receiving<'_> {
    async fn next(&mut self) -> Result<Option<Incoming>, SessionError> {
        loop {
            if let Some(incoming) = self.ready.pop_front() {
                self.cursor.after = incoming.sequence_id.max(self.cursor.after);
                if let Some((id, mark)) = incoming.event.as_ref().ok().and_then(Received::mark) {
                    self.cursor.seen.note(id, mark);
                }
                return Ok(Some(incoming));
            }
            match self.waits_for {
                Some(Undecided::Members) => {
                    return Err(SessionError::MembersDiffer { conversation: self.id });
                }
                Some(Undecided::Keys(user)) => {
                    self.session.check_user(user).await?;
                    // The directory could not show their keys, or somebody has decided by now.
                    return Err(SessionError::DirectoryIncomplete);
                }
                None => {}
            }
            let begun = match self.begun.take() {
                Some(begun) => begun,
                None => self.begin().await?,
            };
            let begun = self.begun.insert(begun);
            let page = match begun.pages.pop() {
                Some(token) => self.page(Some(token)).await?,
                None => match begun.first.take() {
                    Some(first) => first,
                    None => return Ok(None),
                },
            };
            self.read(page).await?;
        }
    }

    /// Catches up with keys and members, then looks how many pages there are: the server hands
    /// them out newest first.
    async fn begin(&self) -> Result<Begun, SessionError> {
        Box::pin(self.session.catch_up(self.id)).await?;
        let record = self.session.vault().conversation(self.id).await?;
        let unknown = SessionError::UnknownConversation { conversation: self.id };
        let members = record.conversation()?.ok_or(unknown)?;
        let claim = record.roster().and_then(Roster::waiting_claim);
        let claimed = claim.map(|claim| claim.members.clone()).unwrap_or_default();
        let first = self.page(None).await?;
        let (mut pages, mut known) = (Vec::new(), HashSet::new());
        let mut next = self.behind(&first);
        while let Some(token) = next {
            if !known.insert(token.clone()) {
                return Err(PagingError::RepeatedPage { token }.into());
            }
            next = self.behind(&self.page(Some(token.clone())).await?);
            pages.push(token);
        }
        let first = Some(first);
        let (keyring, seen) = (record.into_keyring(), self.cursor.seen.clone());
        Ok(Begun { members, claimed, keyring, seen, first, pages })
    }

    /// The page behind this one, if there is anything new on it.
    fn behind(&self, page: &EventsPage) -> Option<PaginationToken> {
        let mut numbers = page.events.iter().filter_map(|row| row.sequence_id);
        let is_reached =
            self.cursor.after.is_some_and(|after| numbers.any(|number| number <= after));
        page.next.clone().filter(|_| page.has_more && !is_reached)
    }

    async fn page(&self, token: Option<PaginationToken>) -> Result<EventsPage, SessionError> {
        let mut query = EventsQuery::new().max_results(100);
        if let Some(token) = token {
            query = query.page(token);
        }
        let page = Box::pin(self.session.client().conversation_events(&self.id, query)).await?;
        if page.is_complete() {
            Ok(page)
        } else {
            Err(SessionError::EventsIncomplete { conversation: self.id })
        }
    }

    async fn read(&mut self, page: EventsPage) -> Result<(), SessionError> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        let mut rows: Vec<(Option<SequenceId>, EncodedEvent)> = page
            .events
            .into_iter()
            .filter_map(|row| Some((row.sequence_id, row.encoded_event?)))
            .filter(|(number, _)| number.is_none_or(|number| Some(number) > self.cursor.after))
            .collect();
        rows.sort_by_key(|(number, _)| *number);
        let account = self.session.account().await?;
        let events = || rows.iter().map(|(_, event)| event);
        let (signers, waiting) = self.session.signers_of(&begun.members, events()).await?;
        let inbox = Inbox::new(&account, &begun.members, &signers);
        let now = self.session.now();
        let outcomes = inbox.read(events(), &mut begun.keyring, &mut begun.seen, now);
        let numbers = rows.iter().map(|(number, _)| *number);
        for (sequence_id, outcome) in numbers.zip(outcomes) {
            // It and what is behind it are handed out once somebody has decided.
            self.waits_for = match outcome {
                Err(InboxError::Read(ReadError::UnknownSigner { sender, .. }))
                    if waiting.contains(&sender) =>
                {
                    Some(Undecided::Keys(sender))
                }
                Err(InboxError::Read(ReadError::SenderNotMember { sender }))
                    if begun.claimed.contains(&sender) =>
                {
                    Some(Undecided::Members)
                }
                _ => None,
            };
            if self.waits_for.is_some() {
                break;
            }
            self.ready.push_back(Incoming { sequence_id, event: outcome });
        }
        Ok(())
    }
}

impl Session {
    /// The pinned keys of the members, those of whoever sent these events among them, and those of them whose keys somebody
    /// has to look at.
    async fn signers_of(
        &self,
        members: &Conversation,
        events: impl Iterator<Item = &EncodedEvent> + Send,
    ) -> Result<(Vec<Participant>, HashSet<UserId>), SessionError> {
        let mut signers = Signers::new(self);
        // Those of the others are for what is quoted.
        let (mut found, mut waiting) = (self.pinned(members).await?, HashSet::new());
        for event in events {
            let Ok(Some((sender, version))) = event.parse().map(|event| event.signer()) else {
                continue;
            };
            if sender == self.user_id() || !members.contains(sender) {
                continue;
            }
            if let Some(signer) = signers.get(sender, version).await?
                && !found.contains(&signer)
            {
                found.push(signer);
            }
            if signers.waits(sender) {
                waiting.insert(sender);
            }
        }
        Ok((found, waiting))
    }
}
