//! What every store must do, whatever it keeps its rows in.
//!
//! A store passes if [`run`] returns; each store has a file beside this one that calls it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sealpost::store::*;
use sealpost::*;

use crate::leases::*;

/// Makes empty stores, and opens one again after it was closed.
pub(crate) trait Harness {
    async fn empty(&mut self) -> Arc<dyn Store>;
    /// The same rows, as a program that is started anew finds them.
    async fn reopen(&mut self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// How many checks there are: none may be left out in silence.
const CHECKS: usize = 16;

pub(crate) const LONG: Duration = Duration::from_secs(600);

pub(crate) async fn run(harness: &mut impl Harness) {
    let mut done = 0;
    macro_rules! check {
        ($($check:ident),*) => {
            $(
                $check(harness.empty().await).await;
                done += 1;
            )*
        };
    }
    check!(
        rows_are_written_read_and_removed,
        values_come_back_as_they_were,
        every_place_is_its_own,
        ranges_give_what_they_name_in_order,
        ranges_are_cleared,
        a_batch_is_done_as_a_whole_or_not,
        changes_are_made_in_order,
        expectations_are_of_bytes,
        a_value_that_is_too_long_is_refused,
        of_many_writers_each_counts_once,
        readers_see_whole_batches,
        a_batch_that_is_given_up_is_done_or_not,
        leases_are_given_to_one,
        a_latecomer_is_kept_out,
        leases_are_renewed_and_given_back
    );
    what_was_written_outlasts_the_program(harness).await;
    done += 1;
    assert_eq!(done, CHECKS);
}

pub(crate) fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn version(number: u64) -> Item {
    Item::Version(KeyVersion::new(number))
}

fn direct(one: u64, other: u64) -> ConversationId {
    ConversationId::direct(user(one), user(other))
}

pub(crate) fn place(number: u64) -> Place {
    Place::of_conversation(user(1), direct(1, 2), Table::Key, version(number))
}

async fn put(store: &Arc<dyn Store>, place: Place, value: &[u8]) {
    store.apply(Batch::new().put(place, value.to_vec())).await.unwrap();
}

pub(crate) async fn get(store: &Arc<dyn Store>, place: Place) -> Option<Vec<u8>> {
    store.get(&place).await.unwrap()
}

pub(crate) async fn places(store: &Arc<dyn Store>, range: Range) -> Vec<Place> {
    store.list(&range).await.unwrap().into_iter().map(|row| row.place).collect()
}

fn conflict(result: Result<(), StoreError>, expected: Place) {
    match result.unwrap_err() {
        StoreError::Conflict { place } => assert_eq!(place, expected),
        error => panic!("{error:?}"),
    }
}

async fn rows_are_written_read_and_removed(store: Arc<dyn Store>) {
    assert_eq!(get(&store, place(1)).await, None);
    assert_eq!(store.list(&Range::all()).await.unwrap(), []);
    put(&store, place(1), b"one").await;
    assert_eq!(get(&store, place(1)).await.unwrap(), b"one");
    put(&store, place(1), b"another").await;
    let rows = store.list(&Range::all()).await.unwrap();
    assert_eq!(rows, [Row { place: place(1), value: b"another".to_vec() }]);
    store.apply(Batch::new().delete(place(1))).await.unwrap();
    assert_eq!(get(&store, place(1)).await, None);
    // What is not there can be removed as well.
    store.apply(Batch::new().delete(place(1))).await.unwrap();
    store.apply(Batch::new()).await.unwrap();
    assert_eq!(store.list(&Range::all()).await.unwrap(), []);
}

async fn values_come_back_as_they_were(store: Arc<dyn Store>) {
    let all: Vec<u8> = (0..=255).collect();
    let long: Vec<u8> = (0..8 * 1024 * 1024_u32).map(|index| (index % 251) as u8).collect();
    let values: [&[u8]; 5] = [b"", b"\0", &all, &[0xff; 4096], &long];
    for (index, value) in (1..).zip(values) {
        put(&store, place(index), value).await;
    }
    for (index, value) in (1..).zip(values) {
        assert!(get(&store, place(index)).await.unwrap() == value, "{index}");
    }
    let listed = store.list(&Range::all()).await.unwrap();
    assert!(listed.iter().map(|row| &row.value[..]).eq(values));
}

/// One place for each way in which two can differ.
fn different_places() -> Vec<Place> {
    let group = ConversationId::group(12).unwrap();
    let mut places = vec![Place::HEADER];
    for account in [1, 2, 12, 9_999_999_999_999_999_999] {
        let account = user(account);
        for table in [Table::Identity, Table::Tokens] {
            places.push(Place::of_account(account, table, Item::Only));
        }
        for other in [1, 2, 10, 9_999_999_999_999_999_999] {
            places.push(Place::of_account(account, Table::Pin, Item::User(user(other))));
        }
        for conversation in [direct(1, 2), direct(1, 12), direct(12, 1), direct(11, 2), group] {
            for table in [Table::Conversation, Table::Roster, Table::Change, Table::Cursor] {
                places.push(Place::of_conversation(account, conversation, table, Item::Only));
            }
            for table in [Table::Key, Table::LegacyKey] {
                for number in [0, 2, 10, u64::MAX] {
                    let item = version(number);
                    places.push(Place::of_conversation(account, conversation, table, item));
                }
            }
        }
    }
    // `1:12` and `12:1` are the same conversation.
    let unique: BTreeSet<Columns> = places.iter().map(Place::columns).collect();
    assert_eq!((places.len(), unique.len()), (265, 217));
    places
}

async fn every_place_is_its_own(store: Arc<dyn Store>) {
    let places = different_places();
    let batch = places.iter().fold(Batch::new(), |batch, place| {
        batch.put(*place, format!("{:?}", place.columns()).into_bytes())
    });
    store.apply(batch).await.unwrap();
    for place in &places {
        let value = get(&store, *place).await.unwrap();
        assert_eq!(String::from_utf8(value).unwrap(), format!("{:?}", place.columns()));
    }
    let rows = store.list(&Range::all()).await.unwrap();
    assert_eq!(rows.len(), 217);
    for row in rows {
        assert_eq!(row.value, format!("{:?}", row.place.columns()).into_bytes());
    }
}

async fn ranges_give_what_they_name_in_order(store: Arc<dyn Store>) {
    let places = different_places();
    let batch = places.iter().fold(Batch::new(), |batch, place| batch.put(*place, vec![1]));
    store.apply(batch).await.unwrap();
    let (account, conversation) = (user(12), direct(1, 2));
    let ranges = [
        (Range::all(), 217),
        (Range::all().table(Table::Header), 1),
        (Range::all().table(Table::Identity), 4),
        (Range::all().account(account), 54),
        (Range::all().account(account).table(Table::Key), 16),
        (Range::all().account(account).conversation(conversation), 12),
        (Range::all().account(account).conversation(conversation).table(Table::Key), 4),
        (Range::all().conversation(conversation), 48),
        (Range::all().account(user(3)), 0),
        (Range::all().account(account).conversation(direct(7, 8)), 0),
    ];
    for (range, count) in ranges {
        let found = self::places(&store, range).await;
        let mut expected: Vec<Place> = places
            .iter()
            .copied()
            .filter(|place| range.columns().contains(&place.columns()))
            .collect();
        expected.sort_by_key(Place::columns);
        expected.dedup();
        assert_eq!(found, expected, "{range:?}");
        assert_eq!(found.len(), count, "{range:?}");
        let first = self::places(&store, range.limit(3)).await;
        assert_eq!(first, expected[..count.min(3)], "{range:?}");
    }
    // Versions count as numbers, whatever their length.
    let keys = Range::all().account(account).conversation(conversation).table(Table::Key);
    let items: Vec<Item> = self::places(&store, keys).await.iter().map(Place::item).collect();
    assert_eq!(items, [version(0), version(2), version(10), version(u64::MAX)]);
}

async fn ranges_are_cleared(store: Arc<dyn Store>) {
    let places = different_places();
    let put_all = || places.iter().fold(Batch::new(), |batch, place| batch.put(*place, vec![1]));
    let (account, conversation) = (user(12), direct(1, 2));
    for (range, left) in [
        (Range::all().account(account).conversation(conversation), 217 - 12),
        (Range::all().account(account).limit(1), 217 - 54),
        (Range::all().account(user(3)), 217),
        (Range::all(), 0),
    ] {
        store.apply(put_all()).await.unwrap();
        store.apply(Batch::new().clear(range)).await.unwrap();
        let rows = self::places(&store, Range::all()).await;
        assert_eq!(rows.len(), left, "{range:?}");
        assert!(!rows.iter().any(|place| range.columns().contains(&place.columns())));
    }
}

async fn a_batch_is_done_as_a_whole_or_not(store: Arc<dyn Store>) {
    put(&store, place(1), b"one").await;
    put(&store, place(2), b"two").await;
    let other = Place::of_account(user(2), Table::Identity, Item::Only);
    let changes = |batch: Batch| {
        batch
            .put(place(3), b"three".to_vec())
            .put(other, b"other".to_vec())
            .delete(place(1))
            .clear(Range::all().conversation(direct(1, 2)))
    };
    // Each expectation in turn is the one that is not met, and stands first or last.
    let met = |batch: Batch| {
        batch.expect(place(1), Some(b"one".to_vec())).expect(place(3), None).expect(other, None)
    };
    let unmet = [
        (place(1), None),
        (place(1), Some(b"on".to_vec())),
        (place(1), Some(b"two".to_vec())),
        (place(2), None),
        (place(4), Some(b"four".to_vec())),
        (place(4), Some(Vec::new())),
    ];
    for (expected, value) in &unmet {
        for last in [false, true] {
            let expect = |batch: Batch| batch.expect(*expected, value.clone());
            let batch = if last { expect(met(Batch::new())) } else { met(expect(Batch::new())) };
            conflict(store.apply(changes(batch)).await, *expected);
            assert_eq!(places(&store, Range::all()).await, [place(1), place(2)]);
        }
    }
    store.apply(changes(met(Batch::new()))).await.unwrap();
    assert_eq!(places(&store, Range::all()).await, [other]);
}

async fn changes_are_made_in_order(store: Arc<dyn Store>) {
    let range = Range::all().conversation(direct(1, 2));
    let batch = Batch::new()
        .put(place(1), b"first".to_vec())
        .clear(range)
        .put(place(2), b"second".to_vec())
        .put(place(2), b"third".to_vec())
        .put(place(3), b"gone".to_vec())
        .delete(place(3))
        .delete(place(4))
        .put(place(4), b"fourth".to_vec())
        // Looked at before anything is changed.
        .expect(place(2), None);
    store.apply(batch).await.unwrap();
    let rows = store.list(&range).await.unwrap();
    let values: Vec<&[u8]> = rows.iter().map(|row| &row.value[..]).collect();
    assert_eq!(values, [&b"third"[..], b"fourth"]);
}

async fn expectations_are_of_bytes(store: Arc<dyn Store>) {
    put(&store, place(1), b"a\0b").await;
    for unequal in [&b"a"[..], b"a\0", b"a\0b\0", b"A\0b", b"a\0c", b""] {
        let batch = Batch::new().expect(place(1), Some(unequal.to_vec())).delete(place(1));
        conflict(store.apply(batch).await, place(1));
    }
    // Nothing to change: a question alone.
    store.apply(Batch::new().expect(place(1), Some(b"a\0b".to_vec()))).await.unwrap();
    conflict(store.apply(Batch::new().expect(place(1), None)).await, place(1));
    put(&store, place(2), b"").await;
    conflict(store.apply(Batch::new().expect(place(2), None)).await, place(2));
    store.apply(Batch::new().expect(place(2), Some(Vec::new()))).await.unwrap();
}

async fn a_value_that_is_too_long_is_refused(store: Arc<dyn Store>) {
    let batch = Batch::new().put(place(1), vec![1]).put(place(2), vec![0; MAX_VALUE + 1]);
    let error = store.apply(batch).await.unwrap_err();
    assert_eq!(error.code(), "store.too_large");
    assert!(error.to_string().contains(&place(2).to_string()), "{error}");
    assert_eq!(places(&store, Range::all()).await, []);
}

async fn of_many_writers_each_counts_once(store: Arc<dyn Store>) {
    const WRITERS: usize = 16;
    const ROUNDS: usize = 12;
    let conflicts = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let (store, conflicts) = (Arc::clone(&store), Arc::clone(&conflicts));
        tasks.push(tokio::spawn(async move {
            for round in 0..ROUNDS {
                let own = place(1_000 + (writer * ROUNDS + round) as u64);
                loop {
                    let read = get(&store, place(1)).await;
                    let count: u64 = read
                        .as_ref()
                        .map_or(0, |bytes| std::str::from_utf8(bytes).unwrap().parse().unwrap());
                    let batch = Batch::new()
                        .expect(place(1), read)
                        .put(place(1), (count + 1).to_string().into_bytes())
                        .put(own, vec![1]);
                    match store.apply(batch).await {
                        Ok(()) => break,
                        Err(StoreError::Conflict { .. }) => {
                            conflicts.fetch_add(1, Ordering::Relaxed);
                            tokio::task::yield_now().await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let total = WRITERS * ROUNDS;
    assert_eq!(get(&store, place(1)).await.unwrap(), total.to_string().into_bytes());
    assert_eq!(places(&store, Range::all()).await.len(), total + 1);

    // Of many that make the same new row, one does.
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        let batch =
            Batch::new().expect(place(2), None).put(place(2), writer.to_string().into_bytes());
        tasks.push(tokio::spawn(async move { store.apply(batch).await.is_ok() }));
    }
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 1);
}

async fn readers_see_whole_batches(store: Arc<dyn Store>) {
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..60_u8 {
                let batch = (0..8).fold(Batch::new(), |batch, n| batch.put(place(n), vec![round]));
                store.apply(batch).await.unwrap();
                store.apply(Batch::new().clear(Range::all())).await.unwrap();
            }
        })
    };
    while !writer.is_finished() {
        let rows = store.list(&Range::all()).await.unwrap();
        assert!(matches!(rows.len(), 0 | 8), "{}", rows.len());
        assert!(rows.iter().all(|row| row.value == rows[0].value));
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}

async fn a_batch_that_is_given_up_is_done_or_not(store: Arc<dyn Store>) {
    let mut last = None;
    for round in 0..40_u8 {
        let batch = (0..8).fold(Batch::new(), |batch, n| batch.put(place(n), vec![round]));
        // Its caller leaves a little later each time.
        tokio::select! {
            biased;
            applied = store.apply(batch) => {
                applied.unwrap();
                last = Some(vec![round]);
            }
            () = yields(round) => {}
        }
        let rows = store.list(&Range::all()).await.unwrap();
        assert!(matches!(rows.len(), 0 | 8), "{}", rows.len());
        assert!(rows.iter().all(|row| row.value == rows[0].value));
        let found = rows.first().map(|row| row.value.clone());
        // What was done is not undone by what was given up.
        assert!(found >= last, "{found:?} {last:?}");
    }
    put(&store, place(1), b"and goes on").await;
    store.acquire(&place(1), LONG).await.unwrap();
}

async fn yields(times: u8) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

async fn what_was_written_outlasts_the_program(harness: &mut impl Harness) {
    let mut store = harness.empty().await;
    let places = different_places();
    let batch = places
        .iter()
        .fold(Batch::new(), |batch, place| batch.put(*place, format!("{place}").into_bytes()));
    store.apply(batch).await.unwrap();
    put(&store, place(1), &[7; 300_000]).await;
    let before = store.list(&Range::all()).await.unwrap();
    for _ in 0..3 {
        store = harness.reopen(store).await;
        assert_eq!(store.list(&Range::all()).await.unwrap(), before);
    }
}
