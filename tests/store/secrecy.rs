//! What whoever reads or writes the store itself can make of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealpost::store::*;
use sealpost::transport::TokenStore as _;
use sealpost::vault::*;
use sealpost::*;
use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::stage::*;

assert_not_impl_any!(StoreKey: Clone, Copy, PartialEq, std::fmt::Display, std::ops::Deref);
assert_not_impl_any!(OwnIdentity: Clone, PartialEq, std::fmt::Display, serde::Serialize);
assert_not_impl_any!(ConversationRecord: Clone, PartialEq, std::fmt::Display, serde::Serialize);
assert_not_impl_any!(ChangeUnderWay: Clone, PartialEq, std::fmt::Display, serde::Serialize);
assert_impl_all!(Vault: Clone, Send, Sync);
assert_impl_all!(AccountVault: Clone, Send, Sync);
assert_impl_all!(ConversationRecord: Send, Sync);
assert_impl_all!(StoreKey: Send, Sync);
assert_impl_all!(Lease: Send, Sync);

/// Two accounts with everything in them that there is.
pub(crate) async fn fill(vault: &Vault) {
    for number in [1, 2] {
        let account = vault.account(user(number));
        account.add_identity(identity(Suite::XChat, 0x41)).await.unwrap();
        account.tokens().save(&pair(1)).await.unwrap();
        let mut pins = [3, 4]
            .map(|number| Saved::new(Pin::first_use(&participant(Suite::XChat, number, 9), NOW)));
        account.save_pins(&mut pins).await.unwrap();
        for id in [group(), ConversationId::group(78).unwrap()] {
            let mut record = account.conversation(id).await.unwrap();
            *record.keyring_mut() = keyring(id, Suite::XChat);
            record.set_roster(roster());
            *record.cursor_mut() = cursor();
            if number == 1 && id == group() {
                let [(request, key), ..] = requests(Suite::XChat);
                record.begin(request, key, None).unwrap();
            }
            account.save(&mut record, None).await.unwrap();
        }
    }
}

/// The rows that [`fill`] makes: a header; two identities, pairs of tokens and two pins each; four
/// conversations of an anchor, a roster, a cursor, two keys and a legacy key; a change.
pub(crate) const ROWS: usize = 1 + 2 * 4 + 4 * 6 + 1;

async fn filled() -> (Arc<MemoryStore>, Vault) {
    let store = Arc::new(MemoryStore::new());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    fill(&vault).await;
    (store, vault)
}

async fn rows(store: &MemoryStore) -> Vec<Row> {
    store.list(&Range::all()).await.unwrap()
}

#[tokio::test]
async fn the_store_shows_no_secret() {
    let (store, vault) = filled().await;
    let rows = rows(&store).await;
    assert_eq!(rows.len(), ROWS);
    let [(_, change_key), ..] = requests(Suite::XChat);
    let secrets: [&[u8]; 9] = [
        &[0x41; 16],
        b"QUFBQUFBQUFB", // the same in base64
        b"planted",
        &[4; 16],
        &[9; 16],
        &[104; 16],
        &change_key.expose_secret()[..16],
        b"title",
        b"members",
    ];
    for row in &rows {
        for secret in secrets {
            assert!(!row.value.windows(secret.len()).any(|part| part == secret), "{}", row.place);
        }
    }
    // Nor does anything that can be printed.
    let account = vault.account(user(1));
    let record = account.conversation(group()).await.unwrap();
    let lease = account.lease(Work::Tokens, std::time::Duration::ZERO).await.unwrap();
    let shown = format!(
        "{vault:#?} {account:#?} {record:#?} {:#?} {:#?} {:#?} {lease:?}",
        account.identity().await.unwrap(),
        account.tokens(),
        key(0x41),
    );
    let numbers = "65, 65, 65, 65";
    for secret in ["planted", "QUFBQUFB", "4141414141", numbers, "9, 9, 9, 9", "0909090909"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(format!("{:?}", key(1)), "StoreKey(..)");
}

#[tokio::test]
async fn equal_values_do_not_look_equal() {
    let (store, _) = filled().await;
    let rows = rows(&store).await;
    let mut values: Vec<&[u8]> = rows.iter().map(|row| &row.value[..]).collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), ROWS);
    let again = filled().await;
    assert!(!self::rows(&again.0).await.iter().any(|row| values.contains(&&row.value[..])));
}

#[tokio::test]
async fn a_row_opens_in_its_own_place_alone() {
    let (store, vault) = filled().await;
    let rows: Vec<Row> =
        rows(&store).await.into_iter().filter(|row| row.place != Place::HEADER).collect();
    // Every row in every other one's place: other tables, conversations, versions, accounts.
    let mut swaps = 0;
    for shift in 1..rows.len() {
        let moved = rows.iter().zip(rows.iter().cycle().skip(shift));
        let batch =
            moved.fold(Batch::new(), |batch, (to, from)| batch.put(to.place, from.value.clone()));
        store.apply(batch).await.unwrap();
        let check = vault.check().await.unwrap();
        assert_eq!(check.rows, ROWS);
        let unreadable = check.unreadable.iter().map(|error| match error {
            VaultError::Unreadable { place } => place.columns(),
            error => panic!("{error}"),
        });
        let unreadable: BTreeSet<Columns> = unreadable.collect();
        assert!(unreadable.into_iter().eq(rows.iter().map(|row| row.place.columns())), "{shift}");
        swaps += check.unreadable.len();
    }
    assert_eq!(swaps, (ROWS - 1) * (ROWS - 2));
    let batch = rows.into_iter().fold(Batch::new(), |batch, row| batch.put(row.place, row.value));
    store.apply(batch).await.unwrap();
    assert!(vault.check().await.unwrap().unreadable.is_empty());
}

#[tokio::test]
async fn no_bit_of_a_row_may_be_flipped() {
    let (store, vault) = filled().await;
    let account = vault.account(user(1));
    let place = Place::of_account(user(1), Table::Identity, Item::Only);
    let value = store.get(&place).await.unwrap().unwrap();
    let mut refused = 0;
    for bit in 0..value.len() * 8 {
        let mut damaged = value.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        store.apply(Batch::new().put(place, damaged)).await.unwrap();
        let code = account.identity().await.unwrap_err().code();
        assert_eq!(code, if (1..8).contains(&bit) { "vault.newer" } else { "vault.unreadable" });
        refused += 1;
    }
    for length in 0..value.len() {
        store.apply(Batch::new().put(place, value[..length].to_vec())).await.unwrap();
        assert_eq!(account.identity().await.unwrap_err().code(), "vault.unreadable");
        refused += 1;
    }
    assert_eq!(refused, value.len() * 9);
    store.apply(Batch::new().put(place, value)).await.unwrap();
    account.identity().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_damaged_row_leaves_the_others_usable() {
    let (store, vault) = filled().await;
    let account = vault.account(user(1));
    let roster = Place::of_conversation(user(1), group(), Table::Roster, Item::Only);
    store.apply(Batch::new().put(roster, b"\x01damaged".to_vec())).await.unwrap();
    let error = account.conversation(group()).await.unwrap_err();
    assert_eq!(error.code(), "vault.unreadable");
    assert!(error.to_string().contains("roster of conversation g77 of account 1"), "{error}");
    account.conversation(ConversationId::group(78).unwrap()).await.unwrap();
    account.identity().await.unwrap().unwrap();
    vault.account(user(2)).conversation(group()).await.unwrap();
    // Keys without the row that knows their floor are no conversation.
    let anchor = Place::of_conversation(user(2), group(), Table::Conversation, Item::Only);
    store.apply(Batch::new().delete(anchor)).await.unwrap();
    let error = vault.account(user(2)).conversation(group()).await.unwrap_err();
    assert_eq!(error.code(), "vault.missing");
}

async fn refused(store: &Arc<MemoryStore>, key: StoreKey) -> VaultError {
    let before = rows(store).await;
    let error = Vault::open(Arc::clone(store), key).await.unwrap_err();
    assert_eq!(rows(store).await, before);
    error
}

#[tokio::test]
async fn no_other_key_opens_it() {
    let (store, _) = filled().await;
    assert_eq!(refused(&store, key(2)).await.code(), "vault.wrong_key");
    let passphrase = || StoreKey::passphrase_at_cost("one".into(), cheap());
    assert_eq!(refused(&store, passphrase()).await.code(), "vault.other_kind_of_key");
    let store = Arc::new(MemoryStore::new());
    fill(&Vault::open(Arc::clone(&store), passphrase()).await.unwrap()).await;
    for wrong in ["One", "one ", "", "on", "one\0"] {
        let error = refused(&store, StoreKey::passphrase_at_cost(wrong.into(), cheap())).await;
        assert_eq!(error.code(), "vault.wrong_key");
        assert_eq!(error.to_string(), VaultError::WrongKey.to_string());
    }
    assert_eq!(refused(&store, key(1)).await.code(), "vault.other_kind_of_key");
    // The cost is the store's, whatever cost one would make a new one at.
    let other_cost = PassphraseCost::new(9 * 1024, 2, 1).unwrap();
    let key = StoreKey::passphrase_at_cost("one".into(), other_cost);
    let vault = Vault::open(Arc::clone(&store), key).await.unwrap();
    assert_eq!(vault.check().await.unwrap().rows, ROWS);
}

#[tokio::test]
async fn the_key_can_be_changed() {
    let (store, vault) = filled().await;
    let before = rows(&store).await;
    vault.change_key(StoreKey::passphrase_at_cost("new".into(), cheap())).await.unwrap();
    let changed = rows(&store).await;
    let differing = before.iter().zip(&changed).filter(|(before, after)| before != after);
    let differing: Vec<Place> = differing.map(|(row, _)| row.place).collect();
    assert_eq!(differing, [Place::HEADER]);
    assert_eq!(refused(&store, key(1)).await.code(), "vault.other_kind_of_key");
    let key = StoreKey::passphrase_at_cost("new".into(), cheap());
    let reopened = Vault::open(Arc::clone(&store), key).await.unwrap();
    for vault in [vault, reopened] {
        assert!(vault.check().await.unwrap().unreadable.is_empty());
    }
}

#[tokio::test]
async fn a_hostile_header_is_refused_at_once() {
    let store = Arc::new(MemoryStore::new());
    let passphrase = || StoreKey::passphrase_at_cost("one".into(), cheap());
    fill(&Vault::open(Arc::clone(&store), passphrase()).await.unwrap()).await;
    let header = store.get(&Place::HEADER).await.unwrap().unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut header = header.clone();
        header[at..at + bytes.len()].copy_from_slice(bytes);
        header
    };
    let cases = [
        (Vec::new(), "vault.malformed_header"),
        (header[..20].to_vec(), "vault.malformed_header"),
        (header[..header.len() - 1].to_vec(), "vault.wrong_key"),
        (with(0, &[2]), "vault.newer"),
        (with(0, &[0]), "vault.malformed_header"),
        (with(1, &[2]), "vault.malformed_header"),
        (with(1, &[0]), "vault.other_kind_of_key"),
        (with(2, &[0xff; 12]), "vault.malformed_header"),
        (with(2, &[0; 12]), "vault.malformed_header"),
        // Another salt, another nonce, another content.
        (with(14, &[0; 16]), "vault.wrong_key"),
        (with(30, &[0; 24]), "vault.wrong_key"),
        (with(54, &[0; 32]), "vault.wrong_key"),
    ];
    for (bytes, code) in cases {
        store.apply(Batch::new().put(Place::HEADER, bytes.clone())).await.unwrap();
        assert_eq!(refused(&store, passphrase()).await.code(), code, "{bytes:?}");
    }
    store.apply(Batch::new().delete(Place::HEADER)).await.unwrap();
    assert_eq!(refused(&store, passphrase()).await.code(), "vault.no_header");
    store.apply(Batch::new().put(Place::HEADER, header)).await.unwrap();
    Vault::open(store, passphrase()).await.unwrap();
}

#[tokio::test]
async fn of_many_that_open_an_empty_store_one_makes_the_vault() {
    let store = Arc::new(MemoryStore::new());
    let mut tasks = Vec::new();
    for number in 1..9 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let key = StoreKey::passphrase_at_cost("one".into(), cheap());
            let vault = Vault::open(store, key).await.unwrap();
            vault.account(user(number)).add_identity(identity(Suite::X25519, 1)).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let key = StoreKey::passphrase_at_cost("one".into(), cheap());
    let check = Vault::open(store, key).await.unwrap().check().await.unwrap();
    assert_eq!((check.rows, check.unreadable.len()), (9, 0));
}
