//! The vault: only its own header and its own rows open, each in its own place; a content that is
//! understood is written back so that it reads the same; and no error shows a key.

use std::sync::Arc;

use sealpost::store::{Batch, Item, MemoryStore, Place, Store as _, Table};
use sealpost::vault::{AccountVault, RefusedMessage, Saved, StoreKey, Vault, VaultError};
use sealpost_crypto::{Message, Suite, UserId};
use sealpost_transport::{TokenStore as _};

use crate::input::Input;
use crate::server::wait;
use crate::stage::{NOW, Seeded, Stage, assert_hides, identity, stage, user};
use crate::stored_form::{STORE_KEY, content, header, row};

fn me() -> UserId {
    user(11)
}

/// A place of each table that holds something.
fn places() -> [Place; 10] {
    let Stage { group, change, .. } = stage(Suite::X25519);
    let message = Item::Message(change.message_id());
    let of_conversation = |table, item| Place::of_conversation(me(), group.id(), table, item);
    [
        Place::of_account(me(), Table::Identity, Item::Only),
        Place::of_account(me(), Table::Tokens, Item::Only),
        Place::of_account(me(), Table::Pin, Item::User(user(2))),
        of_conversation(Table::Conversation, Item::Only),
        of_conversation(Table::Roster, Item::Only),
        of_conversation(Table::Cursor, Item::Only),
        of_conversation(Table::Key, Item::Version(NOW.into())),
        of_conversation(Table::Change, Item::Only),
        of_conversation(Table::Outgoing, message),
        of_conversation(Table::Refused, message),
    ]
}

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let what = input.byte() % 3;
    let place = input.pick(&places());
    let rest = input.rest();
    wait(async {
        match what {
            0 => {
                let opened = open(&store(&[(Place::HEADER, rest.to_vec())]).await).await;
                assert_eq!(opened.is_ok(), rest == header());
                assert_hides(&opened, &STORE_KEY);
            }
            1 => {
                let rows = [(Place::HEADER, header()), (place, rest.to_vec())];
                let vault = open(&store(&rows).await).await.unwrap();
                let found = vault.check().await.unwrap();
                // Nobody but this vault has sealed anything, and it has not sealed this.
                let [VaultError::Unreadable { .. } | VaultError::Newer { .. }] = &*found.unreadable
                else {
                    panic!("{found:?}")
                };
            }
            _ => read_content(place, rest).await,
        }
    });
}

async fn store(rows: &[(Place, Vec<u8>)]) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let put = |batch: Batch, (place, value): &(Place, Vec<u8>)| batch.put(*place, value.clone());
    store.apply(rows.iter().fold(Batch::new(), put)).await.unwrap();
    store
}

async fn open(store: &Arc<MemoryStore>) -> Result<Vault, VaultError> {
    Vault::open(Arc::clone(store), StoreKey::from_bytes(&STORE_KEY)).await
}

/// What is in a row that another implementation has sealed.
async fn read_content(place: Place, text: &[u8]) {
    let rows = [(Place::HEADER, header()), (place, row(&place, text))];
    let vault = open(&store(&rows).await).await.unwrap();
    let found = vault.check().await.unwrap();
    match &*found.unreadable {
        [] => {}
        // It opens: the two implementations agree on the form.
        [error @ VaultError::NotUnderstood { .. }] => {
            // Its words are about the place, and not about what is there.
            let expected = VaultError::NotUnderstood { place };
            return assert_eq!(format!("{error:?}"), format!("{expected:?}"));
        }
        _ => panic!("{found:?}"),
    }
    let once = written_again(&vault.account(me()), place).await;
    let Some(once) = once else { return };
    let rows = [(Place::HEADER, header()), (place, row(&place, &once))];
    let vault = open(&store(&rows).await).await.unwrap();
    let twice = written_again(&vault.account(me()), place).await;
    assert_eq!(String::from_utf8(once).unwrap(), String::from_utf8(twice.unwrap()).unwrap());
}

/// The content as the library writes it after reading it, into another store.
async fn written_again(account: &AccountVault, place: Place) -> Option<Vec<u8>> {
    let target = store(&[(Place::HEADER, header())]).await;
    let copy = open(&target).await.unwrap().account(me());
    match place.table() {
        Table::Identity => {
            let own = account.identity().await.unwrap().unwrap();
            copy.add_identity(own.value).await.unwrap();
        }
        Table::Tokens => {
            let pair = account.tokens().load().await.unwrap().unwrap();
            copy.tokens().save(&pair).await.unwrap();
        }
        Table::Pin => {
            let pin = account.pin(user(2)).await.unwrap().unwrap();
            copy.save_pins([&mut Saved::new(pin.value)]).await.unwrap();
        }
        Table::Outgoing => {
            for message in account.outgoing().await.unwrap() {
                copy.add_outgoing(&message).await.unwrap();
            }
        }
        Table::Refused => {
            for message in account.refused().await.unwrap() {
                copy.refuse_outgoing(&message).await.unwrap();
            }
        }
        // The rows of a conversation are read together, or not at all.
        _ => return None,
    }
    let value = target.get(&place).await.unwrap().unwrap();
    Some(content(&place, &value))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![[&[0, 0], &*header()].concat()];
    let mut with_key = header();
    with_key[1] = 1;
    seeds.push([&[0, 0], &*with_key].concat());
    let places = places();
    for (number, place) in (0..).zip(&places) {
        let mut sealed = row(place, b"{}");
        *sealed.last_mut().unwrap() ^= 1;
        seeds.push([&[1, number], &*sealed].concat());
        for content in contents(place) {
            seeds.push([&[2, number], &*content].concat());
        }
    }
    seeds
}

/// What the library itself writes there.
fn contents(place: &Place) -> Vec<Vec<u8>> {
    let text = |text: &str| text.as_bytes().to_vec();
    let Stage { alice, bob, group, ring, change, .. } = stage(Suite::X25519);
    wait(async {
        let target = store(&[(Place::HEADER, header())]).await;
        let copy = open(&target).await.unwrap().account(me());
        match place.table() {
            Table::Identity => {
                copy.add_identity(identity(Suite::X25519, 11)).await.unwrap();
            }
            Table::Pin => {
                let pin = sealpost::vault::Pin::first_use(bob.participant(), NOW);
                copy.save_pins([&mut Saved::new(pin)]).await.unwrap();
            }
            Table::Outgoing => {
                let message = Message::text("hello");
                let message = message.encrypt_with_rng(alice, group, ring, &mut Seeded::new(3));
                let message = message.unwrap().prepare(None).unwrap();
                copy.add_outgoing(&message).await.unwrap();
                let place = Place::of_conversation(
                    me(),
                    group.id(),
                    Table::Outgoing,
                    Item::Message(message.message_id()),
                );
                let value = target.get(&place).await.unwrap().unwrap();
                // Of the place's own message, so that it belongs there.
                let content = String::from_utf8(content(&place, &value)).unwrap();
                let (theirs, ours) = (message.message_id(), change.message_id());
                return vec![content.replace(&theirs.to_string(), &ours.to_string()).into_bytes()];
            }
            Table::Tokens => {
                return vec![text(
                    r#"{"access_token":"YQ==","refresh_token":"Yg==","expires_at":1800000000,"scopes":["dm.read"]}"#,
                )];
            }
            Table::Refused => {
                let (conversation, message_id) = (group.id(), change.message_id());
                let reason = "transport.forbidden".into();
                let refused = RefusedMessage { conversation, message_id, reason };
                copy.refuse_outgoing(&refused).await.unwrap();
            }
            Table::Key => return vec![vec![7; 32]],
            Table::Conversation | Table::Roster | Table::Cursor | Table::Change => {
                let mut record = copy.conversation(group.id()).await.unwrap();
                let roster = sealpost::vault::Roster::new(group.members());
                let key = sealpost_crypto::ConversationKey::dangerous_from_bytes(
                    ring.current().unwrap().1.expose_secret(),
                );
                record.begin(change.clone(), key, Some(roster.clone())).unwrap();
                record.set_roster(roster);
                record.cursor_mut().read_up_to = Some(sealpost_crypto::SequenceId::new(7));
                copy.save(&mut record, None).await.unwrap();
            }
            _ => {}
        }
        let value = target.get(place).await.unwrap();
        value.map(|value| content(place, &value)).into_iter().collect()
    })
}
