//! What every store must do with leases: a part of its conformance.

use std::sync::Arc;
use std::time::Duration;

use sealpost::store::*;

use crate::conformance::{LONG, get, place, places};

fn fenced(result: Result<(), StoreError>, expected: Place) {
    match result.unwrap_err() {
        StoreError::Fenced { place } => assert_eq!(place, expected),
        error => panic!("{error:?}"),
    }
}

pub(crate) async fn leases_are_given_to_one(store: Arc<dyn Store>) {
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move { store.acquire(&place(1), LONG).await }));
    }
    let mut given = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(fence) => {
                assert_eq!(fence.place(), place(1));
                given += 1;
            }
            Err(StoreError::Leased { place: leased, remaining }) => {
                assert_eq!(leased, place(1));
                assert!(remaining <= LONG && remaining > LONG / 2, "{remaining:?}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(given, 1);
    // Other places are others' business, and a lease is no row.
    store.acquire(&place(2), LONG).await.unwrap();
    assert_eq!(places(&store, Range::all()).await, []);
    // Nobody holds up the others for longer than this.
    store.acquire(&place(3), Duration::MAX).await.unwrap();
    match store.acquire(&place(3), LONG).await.unwrap_err() {
        StoreError::Leased { remaining, .. } => assert!(remaining <= MAX_LEASE, "{remaining:?}"),
        error => panic!("{error}"),
    }
}

pub(crate) async fn a_latecomer_is_kept_out(store: Arc<dyn Store>) {
    let write = |fence: &Fence, value: &[u8]| {
        store.apply(Batch::new().fenced(fence).put(place(9), value.to_vec()))
    };
    // One whose time has run out may go on as long as nobody else has begun.
    let first = store.acquire(&place(1), Duration::ZERO).await.unwrap();
    write(&first, b"first").await.unwrap();
    let second = store.acquire(&place(1), LONG).await.unwrap();
    assert!(second.number() > first.number());
    fenced(write(&first, b"late").await, place(1));
    fenced(store.renew(&first, LONG).await, place(1));
    fenced(store.apply(Batch::new().fenced(&first)).await, place(1));
    write(&second, b"second").await.unwrap();
    assert_eq!(get(&store, place(9)).await.unwrap(), b"second");
    // A number nobody was given, and one for another place.
    for made_up in [Fence::new(place(1), second.number() + 1), Fence::new(place(2), 1)] {
        fenced(write(&made_up, b"made up").await, made_up.place());
    }
    assert_eq!(get(&store, place(9)).await.unwrap(), b"second");
}

pub(crate) async fn leases_are_renewed_and_given_back(store: Arc<dyn Store>) {
    let first = store.acquire(&place(1), Duration::ZERO).await.unwrap();
    store.renew(&first, LONG).await.unwrap();
    let error = store.acquire(&place(1), LONG).await.unwrap_err();
    assert_eq!(error.code(), "store.leased");
    store.release(&first).await.unwrap();
    let second = store.acquire(&place(1), LONG).await.unwrap();
    assert!(second.number() > first.number());
    // It is another's by now.
    store.release(&first).await.unwrap();
    assert_eq!(store.acquire(&place(1), LONG).await.unwrap_err().code(), "store.leased");
    store.apply(Batch::new().fenced(&second)).await.unwrap();
    store.release(&second).await.unwrap();
    store.release(&second).await.unwrap();
    store.release(&Fence::new(place(7), 1)).await.unwrap();
}
