//! What a vault does with secrets. What is read out of a row is JSON but for conversation keys, and
//! parsed like any text: rows are written here with secrets in them, and read as far as their
//! authenticator.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealpost::store::*;
use sealpost::transport::{ExposeSecret as _, TokenPair, TokenStore as _};
use sealpost::vault::*;
use sealpost::*;

use crate::common::user;
use crate::valgrind::{hide, is_hidden, reveal};
use crate::walk::Walk;

/// Steps of the walk.
pub(crate) const STEPS: usize = 12;

/// Rows are public when they are stored; until then a secret is in each.
struct Public(MemoryStore);

impl Store for Public {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.0.get(place)
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        self.0.list(range)
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        for change in batch.changes() {
            if let Change::Put(_, value) = change {
                assert!(is_hidden(value), "no secret got this far");
                reveal(value);
            }
        }
        self.0.apply(batch)
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        self.0.acquire(place, time)
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        self.0.renew(fence, time)
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        self.0.release(fence)
    }
}

const COST: PassphraseCost = match PassphraseCost::new(8 * 1024, 1, 1) {
    Ok(cost) => cost,
    Err(_) => panic!("the least there is"),
};
const PASSPHRASE: &str = "a passphrase of thirteen words at the very least";

/// A passphrase that is a secret from here on.
fn passphrase() -> SecretString {
    let text = Box::<str>::from(PASSPHRASE);
    hide(text.as_bytes());
    text.into()
}

pub(crate) fn walk(steps: &mut usize) {
    let mut walk = Walk::new(steps, "vault".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(keys(&mut walk));
    runtime.block_on(with_passphrase(&mut walk));
    export(&mut walk);
}

async fn keys(walk: &mut Walk<'_>) {
    let store = Arc::new(Public(MemoryStore::new()));
    let key = walk.rng.secret();
    let vault = Vault::open(Arc::clone(&store), StoreKey::from_bytes(&key)).await.unwrap();
    walk.verdict("make a vault, lock its key and unlock it");
    let account = vault.account(user(1));

    let private_keys = [walk.rng.secret(), walk.rng.secret()];
    let identity =
        Identity::dangerous_from_private_keys(Suite::X25519, private_keys.as_flattened());
    let identity = identity.unwrap();
    walk.verdict("import an identity");
    account.add_identity(identity).await.unwrap();
    walk.verdict("keep an identity");
    let id = ConversationId::direct(user(1), user(2));
    let mut record = account.conversation(id).await.unwrap();
    *record.keyring_mut() = keyring(walk, id);
    account.save(&mut record, None).await.unwrap();
    walk.verdict("keep a keyring");
    let expires_at = SystemTime::now() + Duration::from_secs(7200);
    let [access, refresh] = ["access-token", "refresh-token"].map(SecretString::from);
    let pair = TokenPair::new(access, Some(refresh), expires_at, []).unwrap();
    // Which characters they are made of is looked at when they come in.
    for token in [pair.access_token(), pair.refresh_token().unwrap()] {
        hide(token.expose_secret().as_bytes());
    }
    account.tokens().save(&pair).await.unwrap();
    walk.verdict("keep tokens");

    // Only rows with nothing but a key in them open below.
    let mut open = 0;
    let mut change = Batch::new();
    for row in store.list(&Range::all()).await.unwrap() {
        match row.place.table() {
            Table::Header => {}
            Table::Key => open += 1,
            _ => {
                let mut value = row.value;
                *value.last_mut().unwrap() ^= 1;
                change = change.put(row.place, value);
            }
        }
    }
    store.0.apply(change).await.unwrap();
    let check = vault.check().await.unwrap();
    walk.verdict("open rows of keys and refuse rows that were tampered with");
    assert_eq!((open, check.rows - check.unreadable.len()), (2, 3));
}

/// A keyring with one key of each kind of row.
fn keyring(walk: &mut Walk<'_>, id: ConversationId) -> Keyring {
    let [current, old] = [2, 1].map(KeyVersion::new);
    let keys = [current, old]
        .map(|version| (version, ConversationKey::dangerous_from_bytes(&walk.rng.secret())));
    // Fingerprints are public; this one is compared with the key's own.
    let fingerprint = keys[0].1.fingerprint();
    reveal(std::slice::from_ref(&fingerprint));
    let floor = Some((current, fingerprint));
    let ring =
        Keyring::dangerous_restore(id, Suite::X25519, floor, keys.into(), BTreeMap::new()).unwrap();
    walk.verdict("restore a keyring");
    ring
}

/// With a passphrase, which is a secret until Argon2id has looked at its memory by it.
async fn with_passphrase(walk: &mut Walk<'_>) {
    let store = Arc::new(Public(MemoryStore::new()));
    let key = StoreKey::passphrase_at_cost(passphrase(), COST);
    let vault = Vault::open(Arc::clone(&store), key).await.unwrap();
    walk.verdict("make a vault with a passphrase and unlock it");
    let key = StoreKey::from_bytes(&walk.rng.secret());
    vault.change_key(key).await.unwrap();
    walk.verdict("lock it with another key");
}

fn export(walk: &mut Walk<'_>) {
    let private_keys = [walk.rng.secret(), walk.rng.secret()];
    let identity = Identity::dangerous_from_private_keys(Suite::XChat, private_keys.as_flattened());
    let export = IdentityExport::new(user(1), identity.unwrap());
    walk.publish(&export);
    walk.verdict("import an identity of X's suite");
    let text = export.to_text_at_cost(passphrase(), COST).unwrap();
    walk.step("export an identity under a passphrase", text.as_bytes());
    let wrong = IdentityExport::from_text(&text, "another passphrase".into());
    assert_eq!(wrong.unwrap_err().code(), "identity_export.wrong_passphrase");
    walk.verdict("refuse another passphrase");
}
