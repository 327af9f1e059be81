//! Tokens in a vault, and workers that share them.

use std::sync::Arc;
use std::time::Duration;

use sealpost::store::*;
use sealpost::transport::TokenStore;
use sealpost::vault::*;
use sealpost::*;

use crate::stage::*;

/// Two workers on one store, each with an account vault of its own.
async fn workers() -> (VaultTokenStore, VaultTokenStore, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let mut vaults = Vec::new();
    for _ in 0..2 {
        vaults.push(Vault::open(Arc::clone(&store), key(1)).await.unwrap().account(user(1)));
    }
    (vaults[0].tokens(), vaults[1].tokens(), store)
}

#[tokio::test]
async fn the_newest_pair_is_kept() {
    let (tokens, other, _) = workers().await;
    assert!(tokens.load().await.unwrap().is_none());
    for number in [1, 2] {
        tokens.save(&pair(number)).await.unwrap();
        assert_same_pair(other.load().await.unwrap(), &pair(number));
    }
    let no_refresh = transport::TokenPair::new("a".into(), None, pair(1).expires_at(), []).unwrap();
    tokens.save(&no_refresh).await.unwrap();
    assert_same_pair(other.load().await.unwrap(), &no_refresh);
}

#[tokio::test]
async fn one_worker_at_a_time_renews() {
    let (one, other, _) = workers().await;
    one.save(&pair(1)).await.unwrap();
    one.begin_refresh().await.unwrap();
    assert_same_pair(one.load().await.unwrap(), &pair(1));
    let waiting = tokio::spawn(async move {
        other.begin_refresh().await.unwrap();
        let found = other.load().await.unwrap();
        other.end_refresh().await.unwrap();
        found
    });
    // It has had every chance to begin.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!waiting.is_finished());
    one.save(&pair(2)).await.unwrap();
    one.end_refresh().await.unwrap();
    assert_same_pair(waiting.await.unwrap(), &pair(2));
}

#[tokio::test]
async fn a_pair_got_by_a_worker_that_lost_its_lease_is_not_lost() {
    let (one, other, store) = workers().await;
    one.save(&pair(1)).await.unwrap();
    one.begin_refresh().await.unwrap();
    assert_same_pair(one.load().await.unwrap(), &pair(1));
    // It sleeps until its lease is over, and another worker has begun and not got a pair.
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    store.renew(&Fence::new(place, 1), Duration::ZERO).await.unwrap();
    other.begin_refresh().await.unwrap();
    one.save(&pair(2)).await.unwrap();
    one.end_refresh().await.unwrap();
    assert_same_pair(other.load().await.unwrap(), &pair(2));
    // The other one still has its lease.
    assert_eq!(store.acquire(&place, Duration::ZERO).await.unwrap_err().code(), "store.leased");
    other.end_refresh().await.unwrap();
    store.acquire(&place, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_newer_pair_is_not_written_over_by_a_latecomer() {
    let (one, other, _) = workers().await;
    one.save(&pair(1)).await.unwrap();
    one.begin_refresh().await.unwrap();
    assert_same_pair(one.load().await.unwrap(), &pair(1));
    // Meanwhile the user signs in anew.
    other.save(&pair(3)).await.unwrap();
    one.save(&pair(2)).await.unwrap();
    one.end_refresh().await.unwrap();
    assert_same_pair(one.load().await.unwrap(), &pair(3));
    // Outside of a refresh, signing in is the last word.
    one.save(&pair(4)).await.unwrap();
    assert_same_pair(other.load().await.unwrap(), &pair(4));
}

#[tokio::test]
async fn a_pair_that_could_not_be_saved_at_once_is_saved_later() {
    let (one, other, _) = workers().await;
    one.save(&pair(1)).await.unwrap();
    one.begin_refresh().await.unwrap();
    assert_same_pair(one.load().await.unwrap(), &pair(1));
    // The save fails; the session keeps the pair, and comes back with it without loading anything.
    one.end_refresh().await.unwrap();
    one.begin_refresh().await.unwrap();
    one.save(&pair(2)).await.unwrap();
    one.end_refresh().await.unwrap();
    assert_same_pair(other.load().await.unwrap(), &pair(2));
}

#[tokio::test]
async fn an_error_is_the_stores_and_shows_no_token() {
    let store = Arc::new(MemoryStore::new());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    let tokens = vault.account(user(1)).tokens();
    tokens.save(&pair(1)).await.unwrap();
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    let value = store.get(&place).await.unwrap().unwrap();
    store.apply(Batch::new().put(place, value[1..].to_vec())).await.unwrap();
    let error = tokens.load().await.unwrap_err();
    assert_eq!(error.code(), "transport.oauth2.store");
    assert!(error.to_string().contains("tokens of account 1"), "{error}");
    assert!(!format!("{error} {error:?} {tokens:?}").contains("planted"));
}
