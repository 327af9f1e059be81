//! Secrets that go into a vault and come out of it, in each suite, and what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealpost::store::{Batch, Range, Store as _};
use sealpost::transport::{TokenPair, TokenStore as _};
use sealpost::vault::*;
use sealpost::*;

use crate::block_on;
use crate::inspector::{Marker, assert_wiped, watched};
use crate::stage::user;

/// Sixteen bytes that nothing else has, by a number.
fn marker(number: u8) -> [u8; 16] {
    let mut next = number * 29 + 3;
    std::array::from_fn(|_| {
        next = next.wrapping_add(37);
        next
    })
}

fn twice(half: [u8; 16]) -> [u8; 32] {
    std::array::from_fn(|index| half[index % 16])
}

const ACCESS: &str = "planted-access-token-of-this-test";
const REFRESH: &str = "planted-refresh-token-of-this-test";
const PASSPHRASE: &str = "planted-passphrase-of-this-test";
const WRONG_PASSPHRASE: &str = "another-passphrase-of-this-test";

/// Everything that is ever done with a vault, but to change what this test itself holds.
async fn walk(suite: Suite, private_keys: &[u8; 64]) {
    let store = Arc::new(MemoryStore::new());
    let cost = PassphraseCost::new(8 * 1024, 1, 1).unwrap();
    let key = StoreKey::passphrase_at_cost(Box::<str>::from(PASSPHRASE).into(), cost);
    let vault = Vault::open(Arc::clone(&store), key).await.unwrap();
    let wrong = StoreKey::passphrase_at_cost(Box::<str>::from(WRONG_PASSPHRASE).into(), cost);
    Vault::open(Arc::clone(&store), wrong).await.unwrap_err();
    vault.change_key(StoreKey::from_bytes(&twice(marker(0)))).await.unwrap();
    drop(vault);
    let key = StoreKey::from_bytes(&twice(marker(0)));
    let account = Vault::open(Arc::clone(&store), key).await.unwrap().account(user(1));
    // Made before anything is awaited: what is awaited with is a part of this test's own future.
    let wrong = StoreKey::from_bytes(&twice(marker(4)));
    Vault::open(Arc::clone(&store), wrong).await.unwrap_err();

    let identity = Identity::dangerous_from_private_keys(suite, private_keys).unwrap();
    let mut own = account.add_identity(identity).await.unwrap();
    account.set_registration(&mut own, Registration::Posting, None).await.unwrap();
    drop(own);
    let own = account.identity().await.unwrap().unwrap().value;
    let text = IdentityExport::new(user(1), own)
        .to_text_at_cost(Box::<str>::from(PASSPHRASE).into(), cost)
        .unwrap();
    let read = IdentityExport::from_text(&text, Box::<str>::from(PASSPHRASE).into()).unwrap();
    drop(read);
    let wrong = IdentityExport::from_text(&text, Box::<str>::from(WRONG_PASSPHRASE).into());
    wrong.unwrap_err();

    let expires_at = SystemTime::now() + Duration::from_secs(7200);
    let texts = [ACCESS, REFRESH].map(|text| SecretString::from(Box::<str>::from(text)));
    let [access, refresh] = texts;
    let pair = TokenPair::new(access, Some(refresh), expires_at, []).unwrap();
    let tokens = account.tokens();
    tokens.save(&pair).await.unwrap();
    drop(pair);
    tokens.load().await.unwrap().unwrap();

    let id = ConversationId::direct(user(1), user(2));
    let version = KeyVersion::new(1);
    let conversation_key = ConversationKey::dangerous_from_bytes(&twice(marker(3)));
    let floor = (version, conversation_key.fingerprint());
    let keys = BTreeMap::from([(version, conversation_key)]);
    let mut record = account.conversation(id).await.unwrap();
    *record.keyring_mut() =
        Keyring::dangerous_restore(id, suite, Some(floor), keys, BTreeMap::new()).unwrap();
    account.save(&mut record, None).await.unwrap();
    drop(record);
    let record = account.conversation(id).await.unwrap();
    assert_eq!(record.keyring().keys().count(), 1);
    drop(record);

    let rows = store.list(&Range::all()).await.unwrap();
    let tampered = rows.into_iter().fold(Batch::new(), |batch, row| {
        let mut value = row.value;
        *value.last_mut().unwrap() ^= 1;
        batch.put(row.place, value)
    });
    store.apply(tampered).await.unwrap();
    let check = account.vault().check().await.unwrap();
    assert_eq!(check.unreadable.len(), check.rows - 1, "all but the header");
}

#[test]
fn no_freed_block_holds_what_a_vault_keeps() {
    // The private keys are the caller's here, on the stack.
    let mut private_keys = [0; 64];
    private_keys[..32].copy_from_slice(&twice(marker(1)));
    private_keys[32..].copy_from_slice(&twice(marker(2)));
    for &suite in Suite::ALL {
        let ((), blocks) = watched(|| block_on(walk(suite, &private_keys)));
        assert!(blocks.len() > 100, "the allocator was not in use");
        let mut markers: Vec<Marker> = (0..5)
            .map(|number| Marker::new(format!("{suite}: key {number}"), &twice(marker(number))))
            .collect();
        let texts = [ACCESS, REFRESH, PASSPHRASE, WRONG_PASSPHRASE];
        markers.extend(texts.map(|text| Marker::new(text, text.as_bytes())));
        assert_wiped(&markers, &blocks);
    }
}
