//! The Thrift codec: what is read is written, and reads the same again; it does not blow up.

use sealpost_crypto::wire::{
    MessageCreateEvent, MessageEntryHolder, MessageEvent, MessageEventDetail,
    MessageEventSignature, WireError,
};
use sealpost_crypto::Suite;

use crate::input::Input;
use crate::stage::stage;

macro_rules! there_and_back {
    ($type:ident, $bytes:expr) => {
        if let Ok(read) = $type::decode($bytes) {
            match read.encode() {
                Ok(written) => {
                    // A list that is left out is written as an empty one: up to four in a struct.
                    assert!(written.len() <= 4 * $bytes.len() + 64);
                    assert_eq!($type::decode(&written).as_ref(), Ok(&read));
                    assert_eq!(read.encode().as_ref(), Ok(&written));
                }
                // What this version does not know it cannot write.
                Err(error) => assert!(matches!(error, WireError::UnwritableMember { .. })),
            }
        }
    };
}

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let root = input.byte() % 5;
    let bytes = input.rest();
    match root {
        0 => there_and_back!(MessageEvent, bytes),
        1 => there_and_back!(MessageEventDetail, bytes),
        2 => there_and_back!(MessageEntryHolder, bytes),
        3 => there_and_back!(MessageCreateEvent, bytes),
        _ => there_and_back!(MessageEventSignature, bytes),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for event in crate::events::signed(stage(Suite::X25519)) {
        let event = MessageEvent::decode(&event).unwrap();
        let detail = event.detail.as_ref().unwrap().encode().unwrap();
        let signature = event.message_event_signature.as_ref().unwrap().encode().unwrap();
        seeds.push([&[0], &*event.encode().unwrap()].concat());
        seeds.push([&[1], &*detail].concat());
        if let Some(MessageEventDetail::MessageCreate(create)) = &event.detail {
            seeds.push([&[3], &*create.encode().unwrap()].concat());
            seeds.push([&[4], &*signature].concat());
        }
    }
    seeds.extend(crate::content::plaintexts().iter().map(|text| [&[2], &**text].concat()));
    seeds
}
