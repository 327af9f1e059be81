//! What stands inside an encrypted content: X's own, and what a hostile member may put there.

use std::string::{String, ToString as _};
use std::vec;
use std::vec::Vec;

use serde_json::Value;

use super::reply::UnverifiedReply;
use super::*;
use crate::KeyVersion;
use crate::encoding::decode_base64;
use crate::wire::WireError;

const VERSION: KeyVersion = KeyVersion::new(5);

fn decode(plaintext: &[u8]) -> Result<Content, ContentError> {
    Content::decode(plaintext, VERSION, |preview| ReplyPreview::check(preview, None))
}

fn field(kind: u8, id: i16) -> Vec<u8> {
    [&[kind][..], &id.to_be_bytes()].concat()
}

fn string(id: i16, text: &[u8]) -> Vec<u8> {
    let length = i32::try_from(text.len()).unwrap().to_be_bytes();
    [&field(11, id)[..], &length, text].concat()
}

fn long(id: i16, number: i64) -> Vec<u8> {
    [&field(10, id)[..], &number.to_be_bytes()].concat()
}

fn int(id: i16, number: i32) -> Vec<u8> {
    [&field(8, id)[..], &number.to_be_bytes()].concat()
}

fn structure(id: i16, parts: &[&[u8]]) -> Vec<u8> {
    [&field(12, id)[..], &parts.concat(), &[0]].concat()
}

fn list(id: i16, element: u8, count: i32) -> Vec<u8> {
    [&field(15, id)[..], &[element], &count.to_be_bytes()].concat()
}

/// A content of a member of the union.
fn content(member: i16, parts: &[&[u8]]) -> Vec<u8> {
    [&structure(1, &[&structure(member, parts)])[..], &[0]].concat()
}

/// A text with one attached file.
fn attached(parts: &[&[u8]]) -> Vec<u8> {
    let media = [&structure(1, parts)[..], &[0]].concat();
    content(1, &[&list(3, 12, 1), &media])
}

/// The SDK's own plaintexts: read, and written back to the last byte.
#[test]
fn x_s_contents_are_read_and_written_back() {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT).unwrap();
    let mut count = 0;
    let positive = vectors["positive"].as_array().unwrap().iter();
    let known = vectors["known_answers"].as_array().unwrap().iter();
    let plaintexts = positive
        .filter_map(|case| case["info"]["content_thrift_b64"].as_str())
        .chain(known.filter_map(|answer| answer["content_b64"].as_str()));
    for plaintext in plaintexts {
        let plaintext = decode_base64(plaintext).unwrap();
        let content = decode(&plaintext).unwrap();
        count += 1;
        let is_reply = matches!(&content, Content::Text(text) if text.reply().is_some());
        match content.encode() {
            Ok(encoded) => assert_eq!(*encoded, plaintext),
            // A quote without its proof is not written.
            Err(error) => assert!(is_reply && error == EncryptError::UnverifiedQuote),
        }
    }
    assert_eq!(count, 12 + 3);
}

#[test]
fn hostile_contents_are_refused_by_name() {
    use ContentError::{Malformed, Missing, Wire};
    use ContentField as Field;
    let key = string(1, b"Ab1");
    let target = string(1, b"7");
    let half = string(1, &[0xc3]);
    let dimensions = |width: i64, height: i64| structure(2, &[&long(1, width), &long(2, height)]);
    let cases: Vec<(&str, Vec<u8>, ContentError)> = vec![
        ("nothing", vec![], Wire(WireError::Truncated)),
        ("no content", vec![0], Missing(Field::Contents)),
        (
            "an empty union",
            [&structure(1, &[])[..], &[0]].concat(),
            Wire(WireError::EmptyUnion { union: "message contents" }),
        ),
        (
            "two members",
            [&structure(1, &[&structure(1, &[]), &structure(2, &[])])[..], &[0]].concat(),
            Wire(WireError::AmbiguousUnion { union: "message contents" }),
        ),
        (
            "bytes after it",
            [&content(1, &[])[..], &[0]].concat(),
            Wire(WireError::TrailingBytes { count: 1 }),
        ),
        ("not UTF-8", content(1, &[&half]), Wire(WireError::NotUtf8 { field: "message_text" })),
        (
            "a number for a text",
            content(1, &[&int(1, 7)]),
            Wire(WireError::WrongType { field: "message_text" }),
        ),
        (
            "two texts",
            content(1, &[&string(1, b"a"), &string(1, b"b")]),
            Wire(WireError::RepeatedField { field: "message_text" }),
        ),
        ("too many entities", content(1, &[&list(2, 12, 10_001)]), Wire(WireError::ListTooLong)),
        (
            "too many elements",
            content(1, &[&[&list(70, 8, 10_000)[..], &[0; 40_000]].concat().repeat(11)]),
            Wire(WireError::TooManyElements),
        ),
        (
            "entities beyond the end",
            content(1, &[&list(2, 12, 10_000)]),
            Wire(WireError::Truncated),
        ),
        (
            "a string beyond the end",
            content(1, &[&field(11, 1), &[0x7f, 0xff, 0xff, 0xff]]),
            Wire(WireError::StringTooLong),
        ),
        (
            "a negative length",
            content(1, &[&field(11, 1), &[0xff; 4]]),
            Wire(WireError::NegativeLength),
        ),
        ("a reaction to nothing", content(2, &[&string(2, b"x")]), Missing(Field::TargetMessage)),
        ("a reaction without emoji", content(2, &[&target]), Missing(Field::Emoji)),
        ("an empty emoji", content(3, &[&target, &string(2, b"")]), Malformed(Field::Emoji)),
        ("a long emoji", content(3, &[&target, &string(2, &[b'x'; 65])]), Malformed(Field::Emoji)),
        (
            "a reaction to a word",
            content(2, &[&string(1, b"x"), &string(2, b"x")]),
            Malformed(Field::TargetMessage),
        ),
        (
            "a leading zero",
            content(4, &[&string(1, b"07"), &string(2, b"x")]),
            Malformed(Field::TargetMessage),
        ),
        ("an edit without text", content(4, &[&target]), Missing(Field::UpdatedText)),
        ("a file without name", attached(&[]), Missing(Field::MediaHashKey)),
        ("a path", attached(&[&string(1, b"../../etc/passwd")]), Malformed(Field::MediaHashKey)),
        ("a blank id", attached(&[&key, &string(7, b" ")]), Malformed(Field::AttachmentId)),
        ("a negative size", attached(&[&key, &long(5, -1)]), Malformed(Field::FileSize)),
        ("a negative duration", attached(&[&key, &long(4, -1)]), Malformed(Field::Duration)),
        ("a negative width", attached(&[&key, &dimensions(-1, 1)]), Malformed(Field::Dimensions)),
        ("a huge height", attached(&[&key, &dimensions(1, 1 << 32)]), Malformed(Field::Dimensions)),
    ];
    for (what, plaintext, error) in &cases {
        assert_eq!(decode(plaintext).err(), Some(*error), "{what}");
    }
    assert_eq!(cases.len(), 27);
}

#[test]
fn what_nobody_knows_yet_is_read_over() {
    for member in (5..=16).chain([17, 300]) {
        assert_eq!(decode(&content(member, &[&string(1, b"x")])), Ok(Content::Other(member)));
    }
    assert_eq!(
        Content::Other(7).encode().err(),
        Some(EncryptError::Encoding(WireError::UnwritableMember { union: "message contents" }))
    );
    let post = [&structure(2, &[&string(1, b"1")])[..], &[0]].concat();
    let text = content(1, &[&string(1, b"a post"), &list(3, 12, 1), &post, &string(99, b"new")]);
    let Ok(Content::Text(text)) = decode(&text) else { panic!("a text") };
    assert_eq!(text.attachments(), [Attachment::Other(2)]);
    assert!(text.attachments()[0].media().is_none());
}

#[test]
fn entities_that_do_not_fit_their_text_are_left_out() {
    let entity = |start: i32, end: i32, kind: i16| {
        [&int(1, start)[..], &int(2, end), &structure(3, &[&structure(kind, &[])]), &[0]].concat()
    };
    let (fits, unknown) = (entity(0, 4, 4), entity(1, 2, 99));
    let bad = [
        entity(0, 5, 4),
        entity(-1, 2, 4),
        entity(2, 2, 4),
        entity(3, 1, 4),
        entity(i32::MIN, i32::MAX, 4),
        [&int(1, 0)[..], &[0]].concat(),
        vec![0],
    ];
    let all = [&fits[..], &unknown, &bad.concat()].concat();
    let count = i32::try_from(2 + bad.len()).unwrap();
    for plaintext in [
        content(1, &[&string(1, b"text"), &list(2, 12, count), &all]),
        content(4, &[&string(1, b"7"), &string(2, b"text"), &list(3, 12, count), &all]),
    ] {
        let decoded = decode(&plaintext).unwrap();
        let entities = match &decoded {
            Content::Text(text) => text.entities(),
            Content::Edit(edit) => edit.entities(),
            other => panic!("{other:?}"),
        };
        let kinds: Vec<_> = entities.iter().map(|entity| (entity.kind(), entity.range())).collect();
        assert_eq!(kinds, [(EntityKind::Url, 0..4), (EntityKind::Other(99), 1..2)]);
    }
    for range in [(2, 2), (3, 1), (0, usize::MAX)].map(|(start, end)| start..end) {
        assert_eq!(
            Entity::new(EntityKind::Url, range),
            Err(ContentError::Malformed(ContentField::Entity))
        );
    }
    let five = Entity::new(EntityKind::Url, 0..5).unwrap();
    assert!(Text::new("text").with_entity(five).is_err());
    assert!(Edit::new(crate::SequenceId::new(1), "text").with_entity(five).is_err());
}

#[test]
fn a_quote_s_claims_are_read_and_not_believed() {
    let preview = structure(
        4,
        &[&long(1, 11), &string(2, b"words"), &string(6, b"7"), &string(7, b"not an id")],
    );
    let Ok(Content::Text(text)) = decode(&content(1, &[&preview])) else { panic!("a text") };
    let Some(ReplyPreview::Unverified(reply)) = text.reply() else { panic!("a reply") };
    let claims = |reply: &UnverifiedReply| {
        (
            reply.claimed_sender().map(|user| user.to_string()),
            reply.claimed_text().map(String::from),
            reply.sequence_id().map(|id| id.to_string()),
            reply.message_id(),
        )
    };
    assert_eq!(claims(reply), (Some("11".into()), Some("words".into()), Some("7".into()), None));
    assert_eq!(reply.problem().code(), "preview.not_checked");
    let negative = structure(4, &[&long(1, -1)]);
    let Ok(Content::Text(text)) = decode(&content(1, &[&negative])) else { panic!("a text") };
    assert_eq!(text.reply().unwrap().message_id(), None);
}
