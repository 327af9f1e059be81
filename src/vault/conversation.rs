//! Everything of one conversation, read together and written together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::change::{ChangeRequest, ChangeState, ChangeUnderWay, MemberChange};
use super::rows::Rows;
use super::saved::Content;
use super::{RefusedMessage, Roster, SyncCursor, VaultError};
use crate::secret_json::{from_json, suite_named, to_json};
use crate::store::{Batch, Item, Place, Row, Table};
use crate::{
    Adoption, Conversation, ConversationError, ConversationId, ConversationKey, KeyFingerprint,
    KeyVersion, Keyring, KeyringError, MessageId, PreparedMessage, Suite, UserId,
};

/// Everything of one conversation: keys and floor, members, the change under way, how far its
/// events are read. Read, changed and then [saved](super::AccountVault::save) as a whole.
///
/// # Security
/// Holds keys: not `Clone`, not serializable; they are wiped on drop.
#[derive(Debug)]
pub struct ConversationRecord {
    account: UserId,
    keyring: Keyring,
    roster: Option<Roster>,
    cursor: SyncCursor,
    change: Option<ChangeUnderWay>,
    stored: Stored,
}

/// What of it the store has.
#[derive(Debug, Default)]
struct Stored {
    /// The row that every save replaces: whoever saved in between has replaced it as well.
    anchor: Option<Vec<u8>>,
    keys: BTreeSet<KeyVersion>,
    legacy_keys: BTreeSet<KeyVersion>,
    roster: Option<Roster>,
    cursor: SyncCursor,
    change: Option<(MessageId, ChangeState)>,
}

/// The conversation's own row.
struct Anchor {
    suite: Option<Suite>,
    floor: Option<(KeyVersion, KeyFingerprint)>,
}

impl ConversationRecord {
    /// A conversation of which nothing is known yet.
    pub(super) fn new(account: UserId, id: ConversationId) -> Self {
        Self {
            account,
            keyring: Keyring::new(id),
            roster: None,
            cursor: SyncCursor::default(),
            change: None,
            stored: Stored::default(),
        }
    }

    /// The conversation.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.keyring.conversation_id()
    }

    /// Whether nothing of it was ever saved.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.stored.anchor.is_none()
    }

    /// Whether there is anything that the store does not have.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        let stored = &self.stored;
        self.keyring.keys().any(|(version, _)| !stored.keys.contains(&version))
            || self.keyring.legacy_keys().any(|(version, _)| !stored.legacy_keys.contains(&version))
            || self.roster != stored.roster
            || self.cursor != stored.cursor
            || self.change.as_ref().map(stage) != stored.change
    }

    /// Its keys.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Its keys alone.
    #[must_use]
    pub fn into_keyring(self) -> Keyring {
        self.keyring
    }

    /// Its keys, to [adopt](Keyring::adopt) others into.
    pub const fn keyring_mut(&mut self) -> &mut Keyring {
        &mut self.keyring
    }

    /// Who is in a group; a direct conversation needs none.
    #[must_use]
    pub const fn roster(&self) -> Option<&Roster> {
        self.roster.as_ref()
    }

    /// Says who is in a group, from one's own action or from a verified event.
    pub fn set_roster(&mut self, roster: Roster) {
        self.roster = Some(roster);
    }

    /// The conversation with its members; `None` for a group of which none are known.
    ///
    /// # Errors
    /// [`ConversationError`], as [`Roster::conversation`].
    pub fn conversation(&self) -> Result<Option<Conversation>, ConversationError> {
        match (self.id().direct_users(), &self.roster) {
            (Some((one, other)), None) => Ok(Some(Conversation::direct(one, other))),
            (_, Some(roster)) => roster.conversation(self.id()).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The conversation with its members as it would be after a change, in the light of what is
    /// known now; `None` for a group that only the change creates.
    ///
    /// # Errors
    /// [`ConversationError`].
    pub fn conversation_after(
        &self,
        change: &ChangeUnderWay,
    ) -> Result<Option<Conversation>, ConversationError> {
        match (&self.roster, &change.roster) {
            (Some(now), Some(planned)) => {
                let after = change.members.clone().apply(now, planned.clone());
                after.conversation(self.id()).map(Some)
            }
            _ => self.conversation(),
        }
    }

    /// How far its events have been read.
    #[must_use]
    pub const fn cursor(&self) -> &SyncCursor {
        &self.cursor
    }

    /// How far its events have been read, to say it anew.
    pub const fn cursor_mut(&mut self) -> &mut SyncCursor {
        &mut self.cursor
    }

    /// The change under way.
    #[must_use]
    pub const fn change(&self) -> Option<&ChangeUnderWay> {
        self.change.as_ref()
    }

    /// Puts a change under way: save the record before the first byte of the request leaves.
    /// `roster` is who will be in the group then, if that changes.
    ///
    /// # Errors
    /// [`VaultError::ChangeUnderWay`], and [`VaultError::OtherChange`] for a request of another
    /// conversation or account and for a key that is not the request's. Nothing has changed then.
    pub fn begin(
        &mut self,
        request: impl Into<ChangeRequest>,
        key: ConversationKey,
        roster: Option<Roster>,
    ) -> Result<(), VaultError> {
        let (conversation, request) = (self.id(), request.into());
        if let Some(other) = &self.change {
            let message_id = other.request.message_id();
            return Err(VaultError::ChangeUnderWay { conversation, message_id });
        }
        if request.conversation_id() != conversation
            || request.sender() != self.account
            || request.key_fingerprint() != key.fingerprint()
        {
            return Err(VaultError::OtherChange { conversation });
        }
        let (state, after) = (ChangeState::Prepared, self.cursor.read_up_to);
        let members = MemberChange::between(self.roster.as_ref(), roster.as_ref());
        self.change = Some(ChangeUnderWay { request, key, roster, members, after, state });
        Ok(())
    }

    /// Notes that the request may leave from now on: save the record before it does.
    pub const fn mark_sent(&mut self) {
        if let Some(change) = &mut self.change {
            change.state = ChangeState::Sent;
        }
    }

    /// The server has taken the change: its key becomes current, its members the members, and
    /// nothing is under way any more. `None` if nothing was.
    ///
    /// # Errors
    /// [`KeyringError`] when the key may not become current, because a newer one has in the
    /// meantime. Nothing has changed then.
    pub fn settle(&mut self) -> Result<Option<Adoption>, KeyringError> {
        let Some(change) = &self.change else { return Ok(None) };
        let key = ConversationKey::dangerous_from_bytes(change.key.expose_secret());
        let adoption = match &change.request {
            ChangeRequest::Keys(request) => self.keyring.commit(request, key)?,
            ChangeRequest::GroupCreate(request) => self.keyring.commit(request, key)?,
            ChangeRequest::MemberAdd(request) => self.keyring.commit(request, key)?,
        };
        if let Some(ChangeUnderWay { roster: Some(planned), members, .. }) = self.change.take() {
            self.roster = Some(match &self.roster {
                Some(now) => members.apply(now, planned),
                None => planned,
            });
        }
        if let (Some(roster), Some(version)) = (&mut self.roster, self.keyring.floor()) {
            roster.note_key_maker(version, self.account);
        }
        Ok(Some(adoption))
    }

    /// The server has not taken the change and never will. Hands it back, if there was one.
    pub const fn abandon(&mut self) -> Option<ChangeUnderWay> {
        self.change.take()
    }

    fn place(&self, table: Table, item: Item) -> Place {
        Place::of_conversation(self.account, self.id(), table, item)
    }

    /// Adds to a batch the writing of whatever the store does not have.
    pub(super) fn write(
        &self,
        rows: &Rows,
        mut batch: Batch,
    ) -> Result<(Batch, Vec<u8>), VaultError> {
        let place = self.place(Table::Conversation, Item::Only);
        let floor = self.keyring.floor().zip(self.keyring.floor_fingerprint());
        let anchor = rows.seal_content(&place, &Anchor { suite: self.keyring.suite(), floor })?;
        batch = batch.expect(place, self.stored.anchor.clone()).put(place, anchor.clone());
        let keys = self.keyring.keys().filter(|(version, _)| !self.stored.keys.contains(version));
        let legacy_keys = self.keyring.legacy_keys();
        let legacy_keys = legacy_keys.filter(|(key, _)| !self.stored.legacy_keys.contains(key));
        let keys = keys.map(|key| (Table::Key, key));
        for (table, (version, key)) in keys.chain(legacy_keys.map(|key| (Table::LegacyKey, key))) {
            let place = self.place(table, Item::Version(version));
            batch = batch.put(place, rows.seal(&place, key.expose_secret())?);
        }
        if self.roster != self.stored.roster {
            batch = self.write_row(rows, batch, Table::Roster, self.roster.as_ref())?;
        }
        if self.cursor != self.stored.cursor {
            batch = self.write_row(rows, batch, Table::Cursor, Some(&self.cursor))?;
        }
        if self.change.as_ref().map(stage) != self.stored.change {
            batch = self.write_row(rows, batch, Table::Change, self.change.as_ref())?;
        }
        Ok((batch, anchor))
    }

    fn write_row(
        &self,
        rows: &Rows,
        batch: Batch,
        table: Table,
        value: Option<&impl Content>,
    ) -> Result<Batch, VaultError> {
        let place = self.place(table, Item::Only);
        Ok(match value {
            Some(value) => batch.put(place, rows.seal_content(&place, value)?),
            None => batch.delete(place),
        })
    }

    /// The store has it all now.
    pub(super) fn written(&mut self, anchor: Vec<u8>) {
        self.stored = Stored {
            anchor: Some(anchor),
            keys: self.keyring.keys().map(|(version, _)| version).collect(),
            legacy_keys: self.keyring.legacy_keys().map(|(version, _)| version).collect(),
            roster: self.roster.clone(),
            cursor: self.cursor.clone(),
            change: self.change.as_ref().map(stage),
        };
    }

    /// Puts a conversation together of its rows.
    pub(super) fn read(
        account: UserId,
        id: ConversationId,
        rows: &Rows,
        stored: Vec<Row>,
    ) -> Result<Self, VaultError> {
        let mut record = Self::new(account, id);
        let (mut keys, mut legacy_keys) = (BTreeMap::new(), BTreeMap::new());
        let mut anchor = None;
        if stored.is_empty() {
            return Ok(record);
        }
        for row in stored {
            match (row.place.table(), row.place.item()) {
                (Table::Conversation, Item::Only) => {
                    anchor = Some((rows.open_content::<Anchor>(&row)?, row.value));
                }
                (Table::Roster, Item::Only) => record.roster = Some(rows.open_content(&row)?),
                (Table::Cursor, Item::Only) => record.cursor = rows.open_content(&row)?,
                (Table::Change, Item::Only) => record.change = Some(rows.open_content(&row)?),
                (Table::Key, Item::Version(version)) => {
                    keys.insert(version, read_key(rows, &row)?);
                }
                (Table::LegacyKey, Item::Version(version)) => {
                    legacy_keys.insert(version, read_key(rows, &row)?);
                }
                // Messages on their way, or refused, come and go by themselves.
                (Table::Outgoing | Table::Refused, Item::Message(_)) => {}
                _ => return Err(VaultError::NotUnderstood { place: row.place }),
            }
        }
        let place = record.place(Table::Conversation, Item::Only);
        let is_bare = record.change.is_none() && record.roster.is_none() && keys.is_empty();
        if anchor.is_none() && is_bare && legacy_keys.is_empty() {
            // Nothing but messages on their way: somebody has forgotten the conversation.
            return Ok(record);
        }
        let Some((Anchor { suite, floor }, value)) = anchor else {
            return Err(VaultError::Missing { place });
        };
        record.keyring = match suite {
            Some(suite) => Keyring::dangerous_restore(id, suite, floor, keys, legacy_keys)
                .map_err(|_| VaultError::NotUnderstood { place })?,
            None if keys.is_empty() && legacy_keys.is_empty() => Keyring::new(id),
            None => return Err(VaultError::NotUnderstood { place }),
        };
        record.written(value);
        Ok(record)
    }
}

/// What tells one state of the journal from another.
const fn stage(change: &ChangeUnderWay) -> (MessageId, ChangeState) {
    (change.request.message_id(), change.state)
}

fn read_key(rows: &Rows, row: &Row) -> Result<ConversationKey, VaultError> {
    let content = rows.open(&row.place, &row.value)?;
    let bytes = content[..].try_into();
    let bytes = bytes.map_err(|_| VaultError::NotUnderstood { place: row.place })?;
    Ok(ConversationKey::dangerous_from_bytes(bytes))
}

/// Whether a row of a conversation can be read at all.
pub(super) fn check_row(rows: &Rows, row: &Row) -> Result<(), VaultError> {
    match row.place.table() {
        Table::Conversation => rows.open_content::<Anchor>(row).map(drop),
        Table::Roster => rows.open_content::<Roster>(row).map(drop),
        Table::Cursor => rows.open_content::<SyncCursor>(row).map(drop),
        Table::Change => rows.open_content::<ChangeUnderWay>(row).map(drop),
        Table::Outgoing => rows.open_content::<PreparedMessage>(row).map(drop),
        Table::Refused => rows.open_content::<RefusedMessage>(row).map(drop),
        _ => read_key(rows, row).map(drop),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    suite: Option<String>,
    floor: Option<KeyVersion>,
    floor_fingerprint: Option<String>,
}

impl Content for Anchor {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        to_json(&Json {
            suite: self.suite.map(|suite| suite.to_string()),
            floor: self.floor.map(|(version, _)| version),
            floor_fingerprint: self.floor.map(|(_, fingerprint)| fingerprint.to_string()),
        })
    }

    fn from_content(_: &Place, content: &[u8]) -> Option<Self> {
        let json: Json = from_json(content)?;
        let suite = match json.suite {
            None => None,
            Some(name) => Some(suite_named(&name)?),
        };
        let floor = match (json.floor, json.floor_fingerprint) {
            (None, None) => None,
            (Some(version), Some(fingerprint)) => Some((version, fingerprint.parse().ok()?)),
            _ => return None,
        };
        Some(Self { suite, floor })
    }
}
