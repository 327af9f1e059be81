//! What is put into a vault comes out of it: by another program, under the same key, and only if
//! nobody else has been at it.

use std::sync::Arc;

use sealpost::store::*;
use sealpost::vault::*;
use sealpost::*;

use crate::stage::*;

/// A vault in memory, and the store to look behind it.
async fn vault() -> (Arc<MemoryStore>, Vault) {
    let store = Arc::new(MemoryStore::new());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    (store, vault)
}

async fn opened(store: &Arc<MemoryStore>) -> Vault {
    Vault::open(Arc::clone(store), key(1)).await.unwrap()
}

fn is_conflict(error: &VaultError) -> bool {
    matches!(error, VaultError::Store(StoreError::Conflict { .. }))
}

#[tokio::test]
async fn an_identity_is_kept_from_making_to_registration() {
    let (store, vault) = vault().await;
    for (number, suite) in (1..).zip(Suite::ALL) {
        let account = vault.account(user(number));
        assert!(account.identity().await.unwrap().is_none());
        let mut saved = account.add_identity(identity(*suite, 7)).await.unwrap();
        assert_eq!(saved.value.registration, Registration::Made);
        let version = PublicKeyVersion::new(u64::MAX);
        for registration in [Registration::Posting, Registration::Registered(version)] {
            account.set_registration(&mut saved, registration, None).await.unwrap();
            let read = opened(&store).await.account(user(number)).identity().await.unwrap();
            let read = read.unwrap().value;
            assert_eq!(read.registration, registration);
            let keys = read.identity.dangerous_private_keys();
            assert_eq!(keys.expose_secret(), &[7; 64]);
            assert_eq!(read.identity.suite(), *suite);
        }
        let account = saved.value.into_account(user(number)).unwrap();
        assert_eq!((account.user_id(), account.public_key_version()), (user(number), version));
    }
    assert_eq!(vault.accounts().await.unwrap(), [user(1), user(2)]);
    assert!(OwnIdentity::new(identity(Suite::X25519, 1)).into_account(user(1)).is_err());
}

#[tokio::test]
async fn private_keys_are_never_written_over() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let mut first = account.add_identity(identity(Suite::X25519, 1)).await.unwrap();
    let error = account.add_identity(identity(Suite::X25519, 2)).await.unwrap_err();
    assert_eq!(error.code(), "vault.identity_exists");
    assert!(error.to_string().contains("account 1 "), "{error}");
    // Two workers that have read the same state: one is told to read again.
    let mut other = account.identity().await.unwrap().unwrap();
    account.set_registration(&mut first, Registration::Posting, None).await.unwrap();
    let late = account.set_registration(&mut other, Registration::Posting, None).await;
    assert!(is_conflict(&late.unwrap_err()));
    assert_eq!(other.value.registration, Registration::Made);
    let read = account.identity().await.unwrap().unwrap();
    assert_eq!(read.value.registration, Registration::Posting);
    assert_eq!(read.value.identity.dangerous_private_keys().expose_secret(), &[1; 64]);
}

#[tokio::test]
async fn a_conversation_is_kept_as_a_whole() {
    let (store, vault) = vault().await;
    for (number, suite) in (1..).zip(Suite::ALL) {
        let account = vault.account(user(number));
        let mut record = account.conversation(group()).await.unwrap();
        assert!(record.is_new() && record.change().is_none() && record.roster().is_none());
        assert_eq!(record.conversation().unwrap(), None);
        *record.keyring_mut() = keyring(group(), *suite);
        record.set_roster(roster());
        *record.cursor_mut() = cursor();
        account.save(&mut record, None).await.unwrap();
        let read = opened(&store).await.account(user(number)).conversation(group()).await.unwrap();
        assert!(!read.is_new());
        assert_eq!(all_of(read.keyring()), all_of(&keyring(group(), *suite)));
        assert_eq!((read.roster(), read.cursor()), (Some(&roster()), &cursor()));
        assert_eq!(read.conversation().unwrap().unwrap().members().len(), 4);
    }
    // A direct conversation has its two users; one of whom nothing is known is none of ours.
    let direct = ConversationId::direct(user(1), user(2));
    let mut record = vault.account(user(1)).conversation(direct).await.unwrap();
    assert_eq!(record.conversation().unwrap(), Some(Conversation::direct(user(1), user(2))));
    vault.account(user(1)).save(&mut record, None).await.unwrap();
    assert_eq!(vault.account(user(1)).conversations().await.unwrap(), [direct, group()]);
    assert_eq!(vault.account(user(3)).conversations().await.unwrap(), []);
}

#[tokio::test]
async fn only_what_is_new_is_written() {
    let (store, vault) = vault().await;
    let account = vault.account(user(1));
    let mut record = account.conversation(group()).await.unwrap();
    *record.keyring_mut() = keyring(group(), Suite::X25519);
    record.set_roster(roster());
    account.save(&mut record, None).await.unwrap();
    let before = store.list(&Range::all()).await.unwrap();
    *record.cursor_mut() = cursor();
    account.save(&mut record, None).await.unwrap();
    let after = store.list(&Range::all()).await.unwrap();
    let changed: Vec<Table> =
        after.iter().filter(|row| !before.contains(row)).map(|row| row.place.table()).collect();
    assert_eq!(changed, [Table::Conversation, Table::Cursor]);
}

#[tokio::test]
async fn of_two_that_save_a_conversation_one_reads_again() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let mut one = account.conversation(group()).await.unwrap();
    let mut other = account.conversation(group()).await.unwrap();
    one.set_roster(roster());
    account.save(&mut one, None).await.unwrap();
    *other.cursor_mut() = cursor();
    assert!(is_conflict(&account.save(&mut other, None).await.unwrap_err()));
    let mut again = account.conversation(group()).await.unwrap();
    *again.cursor_mut() = cursor();
    account.save(&mut again, None).await.unwrap();
    // The first one is behind now, whatever it wants to write.
    assert!(is_conflict(&account.save(&mut one, None).await.unwrap_err()));
    let read = account.conversation(group()).await.unwrap();
    assert_eq!((read.roster(), read.cursor()), (Some(&roster()), &cursor()));
}

#[tokio::test]
async fn a_change_of_any_kind_goes_through_the_journal() {
    let (store, vault) = vault().await;
    let mut kinds = 0;
    for suite in Suite::ALL {
        for (request, new_key) in requests(*suite) {
            let account = vault.account(user(1));
            account.forget(group()).await.unwrap();
            let mut record = account.conversation(group()).await.unwrap();
            *record.keyring_mut() = keyring(group(), *suite);
            let secret = *new_key.expose_secret();
            record.begin(request.clone(), new_key, Some(roster())).unwrap();
            account.save(&mut record, None).await.unwrap();
            for state in [ChangeState::Prepared, ChangeState::Sent] {
                assert_eq!(account.unfinished().await.unwrap(), [group()]);
                // A program that has crashed and is started anew.
                let account = opened(&store).await.account(user(1));
                record = account.conversation(group()).await.unwrap();
                let change = record.change().unwrap();
                assert_eq!(change.state(), state);
                assert_eq!(change.request(), &request);
                assert_eq!(change.key().expose_secret(), &secret);
                assert_eq!(change.roster(), Some(&roster()));
                assert!(record.roster().is_none(), "not yet");
                assert_eq!(all_of(record.keyring()), all_of(&keyring(group(), *suite)));
                record.mark_sent();
                account.save(&mut record, None).await.unwrap();
            }
            assert_eq!(record.settle(), Ok(Some(Adoption::Current)));
            assert_eq!(record.settle(), Ok(None));
            account.save(&mut record, None).await.unwrap();
            assert_eq!(account.unfinished().await.unwrap(), []);
            let read = account.conversation(group()).await.unwrap();
            let (version, current) = read.keyring().current().unwrap();
            assert_eq!((version, current.expose_secret()), (request.key_version(), &secret));
            assert_eq!(read.keyring().keys().count(), 3);
            assert!(read.change().is_none());
            assert_eq!(read.roster(), Some(&roster()));
            kinds += 1;
        }
    }
    assert_eq!(kinds, 6);
}

#[tokio::test]
async fn one_change_is_under_way_and_it_belongs_here() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let [(first, first_key), (second, second_key), (third, _)] = requests(Suite::X25519);
    let mut record = account.conversation(group()).await.unwrap();
    let error = record.begin(third.clone(), conversation_key(1), None).unwrap_err();
    assert_eq!(error.code(), "vault.other_change");
    let mut elsewhere = account.conversation(ConversationId::group(78).unwrap()).await.unwrap();
    let copy = || ConversationKey::dangerous_from_bytes(first_key.expose_secret());
    let error = elsewhere.begin(first.clone(), copy(), None).unwrap_err();
    assert_eq!(error.code(), "vault.other_change");
    let mut others = vault.account(user(2)).conversation(group()).await.unwrap();
    assert_eq!(others.begin(first.clone(), copy(), None).unwrap_err().code(), "vault.other_change");
    record.begin(first.clone(), copy(), None).unwrap();
    account.save(&mut record, None).await.unwrap();
    let copy_of_second = ConversationKey::dangerous_from_bytes(second_key.expose_secret());
    match record.begin(second.clone(), second_key, None).unwrap_err() {
        VaultError::ChangeUnderWay { conversation, message_id } => {
            assert_eq!((conversation, message_id), (group(), first.message_id()));
        }
        error => panic!("{error}"),
    }
    // One that is given up makes way for another, also without a save in between.
    assert_eq!(record.abandon().unwrap().request(), &first);
    record.begin(second.clone(), copy_of_second, None).unwrap();
    account.save(&mut record, None).await.unwrap();
    let mut read = account.conversation(group()).await.unwrap();
    assert_eq!(read.change().unwrap().request(), &second);
    read.abandon();
    account.save(&mut read, None).await.unwrap();
    assert_eq!(account.unfinished().await.unwrap(), []);
}

#[tokio::test]
async fn a_change_that_was_overtaken_stays_until_it_is_given_up() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let [(request, new_key), ..] = requests(Suite::X25519);
    let mut record = account.conversation(group()).await.unwrap();
    record.begin(request.clone(), new_key, Some(roster())).unwrap();
    let floor = KeyVersion::new(13);
    *record.keyring_mut() =
        Keyring::with_floor(group(), Suite::X25519, floor, conversation_key(1).fingerprint());
    let stale = KeyringError::StaleKeyVersion { version: request.key_version(), floor };
    assert_eq!(record.settle(), Err(stale));
    assert_eq!(record.change().unwrap().request(), &request);
    assert!(record.roster().is_none());
}

#[tokio::test]
async fn pins_remember_what_was_seen() {
    let (store, vault) = vault().await;
    let account = vault.account(user(1));
    assert!(account.pin(user(2)).await.unwrap().is_none());
    for (suite, number) in Suite::ALL.iter().zip(2..) {
        let [first, other, third] = [7, 8, 9].map(|byte| participant(*suite, number, byte));
        let mut pin = Saved::new(Pin::first_use(&first, NOW));
        pin.value.set_verified(true);
        account.save_pins([&mut pin]).await.unwrap();
        assert!(pin.value.observe(&first, UnixMillis::new(1)));
        assert!(!pin.value.observe(&other, UnixMillis::new(2)));
        // Having the old keys again changes nothing: it must be acknowledged.
        assert!(!pin.value.observe(&first, UnixMillis::new(3)));
        assert!(!pin.value.observe(&other, UnixMillis::new(4)));
        account.save_pins([&mut pin]).await.unwrap();
        let read = opened(&store).await.account(user(1)).pin(user(number)).await.unwrap().unwrap();
        assert_eq!(read.value, pin.value);
        assert!(read.value.is_verified() && read.value.keys().are_of(&first));
        assert_eq!(read.value.keys().first_seen, NOW);
        let changed = read.value.changed().unwrap();
        assert!(changed.are_of(&other));
        assert_eq!(changed.first_seen, UnixMillis::new(2));

        let mut dismissed = read.value;
        dismissed.dismiss();
        assert!(dismissed.is_verified() && dismissed.observe(&first, NOW));
        assert!(!dismissed.observe(&third, NOW));
        let mut acknowledged = read.value;
        acknowledged.acknowledge();
        assert!(acknowledged.keys().are_of(&other) && !acknowledged.is_verified());
        assert!(acknowledged.observe(&other, NOW));
        acknowledged.acknowledge();
        assert!(acknowledged.keys().are_of(&other));
        // Nobody else's keys are.
        assert!(!acknowledged.observe(&participant(*suite, 50, 8), NOW));
        assert_eq!(acknowledged.changed(), None);
    }
    let pins = account.pins().await.unwrap();
    assert!(pins.iter().map(|pin| pin.value.user_id()).eq([2, 3].map(user)));
}

#[tokio::test]
async fn pins_are_saved_together_and_not_over_others() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let new = |number| Saved::new(Pin::first_use(&participant(Suite::X25519, number, 9), NOW));
    let (mut two, mut three) = (new(2), new(3));
    account.save_pins([&mut two, &mut three]).await.unwrap();
    // Somebody who has not seen the pin of user 3 makes another one: none is saved.
    let (mut four, mut again) = (new(4), new(3));
    again.value = Pin::first_use(&participant(Suite::X25519, 3, 10), NOW);
    assert!(is_conflict(&account.save_pins([&mut four, &mut again]).await.unwrap_err()));
    assert_eq!(account.pins().await.unwrap().len(), 2);
    assert!(account.pin(user(4)).await.unwrap().is_none());
    let read = account.pin(user(3)).await.unwrap().unwrap();
    assert_eq!(read.value, three.value);
    account.save_pins([]).await.unwrap();
}

#[tokio::test]
async fn forgetting_and_erasing_leave_the_rest() {
    let (store, vault) = vault().await;
    let other_group = ConversationId::group(78).unwrap();
    for number in [1, 2] {
        let account = vault.account(user(number));
        account.add_identity(identity(Suite::X25519, 1)).await.unwrap();
        for id in [group(), other_group] {
            let mut record = account.conversation(id).await.unwrap();
            *record.keyring_mut() = keyring(id, Suite::X25519);
            record.set_roster(roster());
            account.save(&mut record, None).await.unwrap();
        }
    }
    let account = vault.account(user(1));
    account.forget(group()).await.unwrap();
    assert!(account.conversation(group()).await.unwrap().is_new());
    assert_eq!(account.conversations().await.unwrap(), [other_group]);
    account.erase().await.unwrap();
    assert!(account.identity().await.unwrap().is_none());
    let rows = store.list(&Range::all()).await.unwrap();
    assert!(rows.iter().all(|row| row.place.account() != Some(user(1))));
    // The other account: an identity and two conversations of five rows each; and the header.
    assert_eq!(rows.len(), 1 + 2 * 5 + 1);
    assert_eq!(vault.accounts().await.unwrap(), [user(2)]);
    let read = vault.account(user(2)).conversation(group()).await.unwrap();
    assert_eq!(all_of(read.keyring()), all_of(&keyring(group(), Suite::X25519)));
    // And the account can begin anew.
    account.add_identity(identity(Suite::X25519, 5)).await.unwrap();
}

#[tokio::test]
async fn whoever_lost_the_lease_writes_no_more() {
    let (_, vault) = vault().await;
    let account = vault.account(user(1));
    let work = Work::Change(group());
    let hour = std::time::Duration::from_secs(3600);
    let asleep = account.lease(work, std::time::Duration::ZERO).await.unwrap();
    let mut record = account.conversation(group()).await.unwrap();
    record.set_roster(roster());
    account.save(&mut record, Some(asleep.fence())).await.unwrap();
    let awake = account.lease(work, hour).await.unwrap();
    assert_eq!(asleep.check().await.unwrap_err().code(), "store.fenced");
    assert_eq!(asleep.renew(hour).await.unwrap_err().code(), "store.fenced");
    *record.cursor_mut() = cursor();
    let error = account.save(&mut record, Some(asleep.fence())).await.unwrap_err();
    assert_eq!(error.code(), "store.fenced");
    awake.check().await.unwrap();
    awake.renew(hour).await.unwrap();
    account.save(&mut record, Some(awake.fence())).await.unwrap();
    assert_eq!(account.lease(work, hour).await.unwrap_err().code(), "store.leased");
    // Other work, and the same of another account, is free.
    let others = [
        account.lease(Work::Registration, hour).await.unwrap(),
        account.lease(Work::Tokens, hour).await.unwrap(),
        account.lease(Work::Change(ConversationId::group(78).unwrap()), hour).await.unwrap(),
        vault.account(user(2)).lease(work, hour).await.unwrap(),
    ];
    for lease in others {
        lease.release().await.unwrap();
    }
    // A lease that is dropped is given back.
    drop(awake);
    tokio::task::yield_now().await;
    account.lease(work, hour).await.unwrap().release().await.unwrap();
}

/// Apps move these between threads.
#[tokio::test]
async fn all_futures_are_send() {
    fn checked<T: Send>(future: T) -> usize {
        drop(future);
        1
    }
    let (store, vault) = vault().await;
    let account = vault.account(user(1));
    let mut own = account.add_identity(identity(Suite::X25519, 1)).await.unwrap();
    let mut record = account.conversation(group()).await.unwrap();
    let mut pin = Saved::new(Pin::first_use(&participant(Suite::X25519, 2, 2), NOW));
    let lease = account.lease(Work::Tokens, std::time::Duration::ZERO).await.unwrap();
    let count = checked(Vault::open(store, key(1)))
        + checked(vault.change_key(key(2)))
        + checked(vault.accounts())
        + checked(vault.check())
        + checked(account.identity())
        + checked(account.add_identity(identity(Suite::X25519, 1)))
        + checked(account.set_registration(&mut own, Registration::Posting, Some(lease.fence())))
        + checked(account.pin(user(2)))
        + checked(account.pins())
        + checked(account.save_pins([&mut pin]))
        + checked(account.conversation(group()))
        + checked(account.save(&mut record, Some(lease.fence())))
        + checked(account.conversations())
        + checked(account.unfinished())
        + checked(account.forget(group()))
        + checked(account.erase())
        + checked(account.lease(Work::Registration, std::time::Duration::ZERO))
        + checked(lease.check())
        + checked(lease.renew(std::time::Duration::ZERO))
        + checked(lease.release());
    assert_eq!(count, 20);
}
