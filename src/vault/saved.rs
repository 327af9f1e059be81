//! A value as it was read, so that it is only written over if nobody else has done so.

use zeroize::Zeroizing;

use super::VaultError;
use super::rows::Rows;
use crate::store::{Batch, Place, Row};

/// A value in the vault, or on its way into it. It is written only if what is stored is still what
/// was read, and a new one only if there is none yet; else
/// [`StoreError::Conflict`](crate::store::StoreError::Conflict) asks to read it again.
#[derive(Debug)]
pub struct Saved<T> {
    /// The value, to be looked at and changed.
    pub value: T,
    /// As the store has it.
    stored: Option<Vec<u8>>,
}

impl<T> Saved<T> {
    /// A value that is not stored yet.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { value, stored: None }
    }
}

/// What a row may hold.
pub(super) trait Content: Sized {
    /// `None` for what cannot be written, which no content is.
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>>;

    /// `None` for what is not understood.
    fn from_content(place: &Place, content: &[u8]) -> Option<Self>;
}

impl Rows {
    pub(super) fn seal_content(
        &self,
        place: &Place,
        value: &impl Content,
    ) -> Result<Vec<u8>, VaultError> {
        let content = value.to_content().ok_or(VaultError::NotUnderstood { place: *place })?;
        self.seal(place, &content)
    }

    pub(super) fn open_content<T: Content>(&self, row: &Row) -> Result<T, VaultError> {
        let content = self.open(&row.place, &row.value)?;
        T::from_content(&row.place, &content).ok_or(VaultError::NotUnderstood { place: row.place })
    }

    pub(super) fn open_saved<T: Content>(&self, row: Row) -> Result<Saved<T>, VaultError> {
        Ok(Saved { value: self.open_content(&row)?, stored: Some(row.value) })
    }
}

impl<T> Saved<T> {
    /// Adds the writing of this value to a batch. What it returns becomes `stored` once the batch
    /// is applied.
    pub(super) fn write(
        &self,
        rows: &Rows,
        place: Place,
        batch: Batch,
    ) -> Result<(Batch, Vec<u8>), VaultError>
    where
        T: Content,
    {
        let sealed = rows.seal_content(&place, &self.value)?;
        Ok((batch.expect(place, self.stored.clone()).put(place, sealed.clone()), sealed))
    }

    pub(super) fn written(&mut self, sealed: Vec<u8>) {
        self.stored = Some(sealed);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::store::{Item, Table};
    use crate::transport::TokenPair;
    use crate::vault::{ChangeUnderWay, ConversationRecord, OwnIdentity, Pin, Roster, SyncCursor};
    use crate::{
        Conversation, ConversationId, Identity, KeyChange, KeyVersion, PublicKeyVersion, Suite,
        UnixMillis, UserId,
    };

    fn user(number: u64) -> UserId {
        UserId::new(number).unwrap()
    }

    /// A content comes back from what was written, and not with a member more or less.
    fn check<T: Content>(place: Place, value: &T) -> usize {
        let content = value.to_content().unwrap();
        let again = T::from_content(&place, &content).unwrap().to_content().unwrap();
        assert!(*again == *content);
        let Value::Object(members) = serde_json::from_slice(&content).unwrap() else { panic!() };
        let refuses = |members: &serde_json::Map<String, Value>| {
            let content = serde_json::to_vec(members).unwrap();
            T::from_content(&place, &content).is_none()
        };
        let mut more = members.clone();
        more.insert("of a newer program".to_owned(), Value::Null);
        assert!(refuses(&more));
        for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
            let mut changed = members.clone();
            changed.insert(name.clone(), Value::from(vec![1]));
            assert!(refuses(&changed), "{name}: {member}");
        }
        for text in ["", "null", "[]", "\"planted\"", "{", "{} {}"] {
            assert!(T::from_content(&place, text.as_bytes()).is_none(), "{text}");
        }
        members.len()
    }

    #[test]
    fn contents_are_read_strictly() {
        let me = user(1);
        let id = ConversationId::direct(me, user(2));
        let of_account = |table, item| Place::of_account(me, table, item);
        let of_conversation = |table| Place::of_conversation(me, id, table, Item::Only);
        let identity = || Identity::dangerous_from_private_keys(Suite::XChat, &[1; 64]).unwrap();
        let sender = identity().registered(me, PublicKeyVersion::new(1));
        let other = identity().registered(user(2), PublicKeyVersion::new(1));
        let pair = TokenPair::new("a".into(), Some("b".into()), std::time::UNIX_EPOCH, []).unwrap();
        let pin = Pin::first_use(other.participant(), UnixMillis::new(1));
        let conversation = Conversation::direct(me, user(2));
        let (request, key) = KeyChange::new(&sender, &conversation, KeyVersion::new(1))
            .participants([other.participant()])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let mut record = ConversationRecord::new(me, id);
        record.begin(request, key, Some(Roster::new([me]))).unwrap();
        let change: &ChangeUnderWay = record.change().unwrap();
        let members = [
            check(of_account(Table::Identity, Item::Only), &OwnIdentity::new(identity())),
            check(of_account(Table::Tokens, Item::Only), &pair),
            check(of_account(Table::Pin, Item::User(user(2))), &pin),
            check(of_conversation(Table::Roster), &Roster::new([me])),
            check(of_conversation(Table::Cursor), &SyncCursor::default()),
            check(of_conversation(Table::Change), change),
        ];
        assert_eq!(members, [4, 4, 3, 12, 4, 8]);
        // A change is of its own account and conversation alone, a pin of a user.
        let content = change.to_content().unwrap();
        for elsewhere in [
            Place::of_conversation(user(2), id, Table::Change, Item::Only),
            Place::of_conversation(
                me,
                ConversationId::direct(me, user(3)),
                Table::Change,
                Item::Only,
            ),
        ] {
            assert!(ChangeUnderWay::from_content(&elsewhere, &content).is_none());
        }
        let content = pin.to_content().unwrap();
        assert!(Pin::from_content(&of_account(Table::Pin, Item::Only), &content).is_none());
    }
}
