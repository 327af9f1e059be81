//! Kinds of attachments and of parts of a text, by X's numbers, also those of tomorrow.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use room::{Room, SUITES};
use sealpost_crypto::*;

#[test]
fn content_kinds_arrive_as_they_were_sent() {
    use EntityKind as E;
    use MediaKind as M;
    let media = [M::Image, M::Gif, M::Video, M::Audio, M::File, M::Svg, M::Other(7)];
    let entities =
        [E::Hashtag, E::Cashtag, E::Mention, E::Url, E::Email, E::Address, E::Phone, E::Other(8)];
    for suite in SUITES {
        let room = Room::new(suite);
        let encrypted = MediaEncryptor::new(&room.alice_ring).unwrap().media();
        let attach = |text: Text, kind: &MediaKind| {
            text.with_attachment(MediaAttachment::new("Ab1".parse().unwrap(), *kind, &encrypted))
        };
        let text = media.iter().fold(Text::new("0123456789"), attach);
        let mark = |text: Text, (at, kind): (usize, &EntityKind)| {
            text.with_entity(Entity::new(*kind, at..at + 1).unwrap()).unwrap()
        };
        let text = entities.iter().enumerate().fold(text, mark);
        let message = room.say(1, &Message::new(text));
        let Content::Text(read) = message.content() else { panic!("{:?}", message.content()) };
        let kinds = read.attachments().iter().map(|a| a.media().unwrap().kind().unwrap());
        assert!(kinds.eq(media));
        assert!(read.entities().iter().map(Entity::kind).eq(entities));
        let sizes = read.attachments().iter().map(|a| a.media().unwrap().dimensions());
        assert!(sizes.eq(media.map(|_| None)));
    }
}
