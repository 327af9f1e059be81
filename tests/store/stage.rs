//! What the tests keep: accounts of both suites, changes, keys, pins, tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use sealpost::transport::{Scope, TokenPair};
use sealpost::vault::*;
use sealpost::*;
use secrecy::ExposeSecret as _;

pub(crate) const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

pub(crate) fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

pub(crate) fn group() -> ConversationId {
    ConversationId::group(77).unwrap()
}

/// The least that a passphrase may cost.
pub(crate) fn cheap() -> PassphraseCost {
    PassphraseCost::new(8 * 1024, 1, 1).unwrap()
}

pub(crate) fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes(&[byte; 32])
}

/// A user whose private keys are all this byte.
pub(crate) fn identity(suite: Suite, byte: u8) -> Identity {
    Identity::dangerous_from_private_keys(suite, &[byte; 64]).unwrap()
}

pub(crate) fn participant(suite: Suite, number: u64, byte: u8) -> Participant {
    *identity(suite, byte).registered(user(number), PublicKeyVersion::new(5)).participant()
}

pub(crate) fn conversation_key(byte: u8) -> ConversationKey {
    ConversationKey::dangerous_from_bytes(&[byte; 32])
}

pub(crate) fn pair(number: u32) -> TokenPair {
    let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    let scopes = [Scope::DmRead, Scope::OfflineAccess, "like.read".parse().unwrap()];
    let refresh = format!("planted-refresh-{number}").into();
    TokenPair::new(format!("planted\"\\-access-{number}").into(), Some(refresh), expires_at, scopes)
        .unwrap()
}

pub(crate) fn assert_same_pair(found: Option<TokenPair>, expected: &TokenPair) {
    let found = found.unwrap();
    let texts = |pair: &TokenPair| {
        let refresh = pair.refresh_token().map(|token| token.expose_secret().to_owned());
        (pair.access_token().expose_secret().to_owned(), refresh)
    };
    assert_eq!(texts(&found), texts(expected));
    assert_eq!(found.expires_at(), expected.expires_at());
    assert_eq!(found.scopes(), expected.scopes());
}

/// A keyring with three keys, one of them for history only.
pub(crate) fn keyring(id: ConversationId, suite: Suite) -> Keyring {
    let version = KeyVersion::new;
    let keys =
        BTreeMap::from([(version(4), conversation_key(4)), (version(9), conversation_key(9))]);
    let legacy = BTreeMap::from([(version(4), conversation_key(104))]);
    let floor = (version(9), conversation_key(9).fingerprint());
    Keyring::dangerous_restore(id, suite, Some(floor), keys, legacy).unwrap()
}

type Keys = Vec<(KeyVersion, [u8; 32])>;

/// All that a keyring knows.
pub(crate) fn all_of(
    ring: &Keyring,
) -> (Option<Suite>, Option<(KeyVersion, KeyFingerprint)>, Keys, Keys) {
    let floor = ring.floor().zip(ring.floor_fingerprint());
    let keys = ring.keys().map(|(version, key)| (version, *key.expose_secret()));
    let legacy = ring.legacy_keys().map(|(version, key)| (version, *key.expose_secret()));
    (ring.suite(), floor, keys.collect(), legacy.collect())
}

pub(crate) fn roster() -> Roster {
    let mut roster = Roster::new([1, 2, 3, 9_999_999_999_999_999_999].map(user));
    roster.admins = BTreeSet::from([user(1)]);
    roster.title = Some("A \"title\"".parse().unwrap());
    roster.avatar_url = Some("https://example.com/avatar.png".parse().unwrap());
    roster.message_ttl = Some(Duration::from_millis(86_400_123));
    roster.screen_capture_blocking = Some(false);
    roster
}

pub(crate) fn cursor() -> SyncCursor {
    let mut cursor = SyncCursor::default();
    cursor.read_up_to = Some(SequenceId::new(123));
    cursor.rest = Some(RestOfSync {
        next: PaginationToken::new("page \"2\"\u{e9}").unwrap(),
        newest: SequenceId::new(u64::MAX),
    });
    cursor
}

/// One prepared request of each kind, by user 1 in the group of the roster.
pub(crate) fn requests(suite: Suite) -> [(ChangeRequest, ConversationKey); 3] {
    let sender = identity(suite, 1).registered(user(1), PublicKeyVersion::new(5));
    let roster = roster();
    let conversation = roster.conversation(group()).unwrap();
    let others: Vec<Participant> = (2..)
        .zip(conversation.members().filter(|member| *member != user(1)))
        .map(|(byte, member)| {
            *identity(suite, byte).registered(member, PublicKeyVersion::new(6)).participant()
        })
        .collect();
    let draft = || KeyChange::new(&sender, &conversation, KeyVersion::new(12));
    let details = roster.group_details();
    let create = draft().creating_group(details.clone()).unwrap();
    let add = draft().adding_members(MemberAdd::new([user(3)], details)).unwrap();
    let (keys, first) = draft().participants(&others).seal().unwrap().sign().unwrap().prepare();
    let (create, second) = create.participants(&others).seal().unwrap().sign().unwrap().prepare();
    let (add, third) = add.participants(&others).seal().unwrap().sign().unwrap().prepare();
    [(keys.into(), first), (create.into(), second), (add.into(), third)]
}
