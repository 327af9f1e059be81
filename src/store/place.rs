//! Where a row stands: what a store finds it by, and what the vault binds its value to.

use std::fmt;

use super::StoreError;
use crate::{ConversationId, KeyVersion, MessageId, UserId};

/// What a row is about. The names are part of the stored form.
///
/// A store treats every table alike, so that a new one needs no migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Table {
    /// The store's own header: how its key is locked.
    Header,
    /// An account's private keys, and how far their registration has come.
    Identity,
    /// An account's OAuth 2.0 tokens.
    Tokens,
    /// The public keys that were first seen of another user.
    Pin,
    /// A conversation's suite and version floor.
    Conversation,
    /// Who is in a conversation.
    Roster,
    /// A conversation key.
    Key,
    /// A conversation key with an old signature, for history only.
    LegacyKey,
    /// The change of a conversation that is under way.
    Change,
    /// How far a conversation's events have been read.
    Cursor,
    /// A message on its way.
    Outgoing,
    /// A message that was not taken, until somebody has heard of it.
    Refused,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 12] = [
        Self::Header,
        Self::Identity,
        Self::Tokens,
        Self::Pin,
        Self::Conversation,
        Self::Roster,
        Self::Key,
        Self::LegacyKey,
        Self::Change,
        Self::Cursor,
        Self::Outgoing,
        Self::Refused,
    ];

    /// Its name in a store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Identity => "identity",
            Self::Tokens => "tokens",
            Self::Pin => "pin",
            Self::Conversation => "conversation",
            Self::Roster => "roster",
            Self::Key => "key",
            Self::LegacyKey => "legacy_key",
            Self::Change => "change",
            Self::Cursor => "cursor",
            Self::Outgoing => "outgoing",
            Self::Refused => "refused",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// Which row of a table, where an account or a conversation has many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Item {
    /// The only one.
    Only,
    /// That of another user.
    User(UserId),
    /// That of a key version.
    Version(KeyVersion),
    /// That of a message.
    Message(MessageId),
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    table: Table,
    account: Option<UserId>,
    conversation: Option<ConversationId>,
    item: Item,
}

impl Place {
    /// The store's own header.
    pub const HEADER: Self =
        Self { table: Table::Header, account: None, conversation: None, item: Item::Only };

    /// A row of an account.
    #[must_use]
    pub const fn of_account(account: UserId, table: Table, item: Item) -> Self {
        Self { table, account: Some(account), conversation: None, item }
    }

    /// A row of an account's conversation.
    #[must_use]
    pub const fn of_conversation(
        account: UserId,
        conversation: ConversationId,
        table: Table,
        item: Item,
    ) -> Self {
        Self { table, account: Some(account), conversation: Some(conversation), item }
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> Table {
        self.table
    }

    /// Whose row it is; `None` for the store's own.
    #[must_use]
    pub const fn account(&self) -> Option<UserId> {
        self.account
    }

    /// The conversation, if it is about one.
    #[must_use]
    pub const fn conversation(&self) -> Option<ConversationId> {
        self.conversation
    }

    /// Which one of the table.
    #[must_use]
    pub const fn item(&self) -> Item {
        self.item
    }

    /// The four texts a store keeps it under.
    #[must_use]
    pub fn columns(&self) -> Columns {
        Columns {
            table: self.table.name().to_owned(),
            account: text(self.account),
            conversation: text(self.conversation),
            // Padded, so that the order of texts is the order of numbers.
            item: match self.item {
                Item::Only => String::new(),
                Item::User(user) => format!("u{:020}", user.as_u64()),
                Item::Version(version) => format!("v{:020}", version.as_u64()),
                Item::Message(id) => format!("m{id}"),
            },
        }
    }

    /// The place with these four texts.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for texts that no place has.
    pub fn from_columns(columns: &Columns) -> Result<Self, StoreError> {
        let place = Self::read(columns).filter(|place| place.columns() == *columns);
        place.ok_or(StoreError::Damaged { problem: "a row is at no place that there is" })
    }

    fn read(columns: &Columns) -> Option<Self> {
        let item = match columns.item.split_at_checked(1) {
            None => Item::Only,
            Some(("u", number)) => Item::User(UserId::new(number.parse().ok()?).ok()?),
            Some(("v", number)) => Item::Version(KeyVersion::new(number.parse().ok()?)),
            Some(("m", id)) => Item::Message(id.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self {
            table: Table::named(&columns.table)?,
            account: value(&columns.account)?,
            conversation: value(&columns.conversation)?,
            item,
        })
    }
}

fn text(value: Option<impl fmt::Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn value<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// For errors: `key of conversation 1:2 of account 1`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.name())?;
        match self.item {
            Item::Only => {}
            Item::User(user) => write!(f, " of user {user}")?,
            Item::Version(version) => write!(f, " of version {version}")?,
            Item::Message(id) => write!(f, " of message {id}")?,
        }
        if let Some(conversation) = self.conversation {
            write!(f, " of conversation {conversation}")?;
        }
        self.account.map_or(Ok(()), |account| write!(f, " of account {account}"))
    }
}

/// A place as four texts, none of them secret. Their byte order is the order of rows; a part that a
/// place does not have is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Columns {
    /// [`Table::name`].
    pub table: String,
    /// The account in decimal.
    pub account: String,
    /// The conversation's canonical id.
    pub conversation: String,
    /// Which one of the table.
    pub item: String,
}

/// Some of a store's rows: those that have every part that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    table: Option<Table>,
    account: Option<UserId>,
    conversation: Option<ConversationId>,
    limit: Option<u32>,
}

impl Range {
    /// All rows.
    #[must_use]
    pub const fn all() -> Self {
        Self { table: None, account: None, conversation: None, limit: None }
    }

    /// Only those of a table.
    #[must_use]
    pub const fn table(mut self, table: Table) -> Self {
        self.table = Some(table);
        self
    }

    /// Only those of an account.
    #[must_use]
    pub const fn account(mut self, account: UserId) -> Self {
        self.account = Some(account);
        self
    }

    /// Only those of a conversation.
    #[must_use]
    pub const fn conversation(mut self, conversation: ConversationId) -> Self {
        self.conversation = Some(conversation);
        self
    }

    /// No more than the first `limit`. Clearing a range pays no heed to it.
    #[must_use]
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The table, account and conversation texts asked for, and how many rows at most.
    #[must_use]
    pub fn columns(&self) -> RangeColumns {
        RangeColumns {
            table: self.table.map(|table| table.name().to_owned()),
            account: self.account.map(|account| account.to_string()),
            conversation: self.conversation.map(|conversation| conversation.to_string()),
            limit: self.limit,
        }
    }
}

/// A range as texts; what is `None` may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeColumns {
    /// [`Table::name`].
    pub table: Option<String>,
    /// The account in decimal.
    pub account: Option<String>,
    /// The conversation's canonical id.
    pub conversation: Option<String>,
    /// How many rows at most.
    pub limit: Option<u32>,
}

impl RangeColumns {
    /// Whether a row is in it.
    #[must_use]
    pub fn contains(&self, row: &Columns) -> bool {
        let fits = |wanted: &Option<String>, found: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        fits(&self.table, &row.table)
            && fits(&self.account, &row.account)
            && fits(&self.conversation, &row.conversation)
    }
}
