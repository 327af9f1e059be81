//! The code of every error is a promise: logs, alerts and other languages' bindings count on it.
//! So is that its text says what is wrong, with the fields that tell where.
#![cfg(all(feature = "x25519", feature = "xchat"))]
#![allow(clippy::unwrap_used, missing_docs)] // tests

mod common;

use std::collections::BTreeSet;

use common::user;
use sealpost_crypto::encoding::EncodingError;
use sealpost_crypto::wire::WireError;
use sealpost_crypto::*;

#[track_caller]
fn check(code: &'static str, text: &str, expected: (&str, &str)) {
    assert_eq!((code, text), expected);
    let (domain, name) = code.split_once('.').unwrap();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(domain.bytes().all(is_plain) && name.bytes().all(is_plain), "{code}");
}

/// Checks every error; how many different codes they have.
macro_rules! check {
    ($($error:expr => $code:literal, $text:literal;)*) => {{
        $(
            let error = $error;
            check(error.code(), &error.to_string(), ($code, $text));
        )*
        BTreeSet::from([$($code),*]).len()
    }};
}

fn group() -> ConversationId {
    ConversationId::group(7).unwrap()
}

fn direct() -> ConversationId {
    ConversationId::direct(user(1), user(2))
}

const V: KeyVersion = KeyVersion::new(5);
const NOW: UnixMillis = UnixMillis::new(9);

#[test]
fn of_keys_and_signatures() {
    let count = check! {
        EncodingError => "encoding.base64", "not standard base64 (RFC 4648 section 4, padded or unpadded, no white space)";
        KeyError::Encoding => "key.encoding", "not standard base64";
        KeyError::Length { found: 3 } => "key.length", "3 bytes are no public key of a known suite";
        KeyError::Algorithm => "key.algorithm", "the algorithm identifier is not the expected one";
        KeyError::NotCanonical => "key.not_canonical", "the key is not in canonical form";
        KeyError::NotOnCurve => "key.not_on_curve", "the key is not a point of the curve";
        KeyError::LowOrder => "key.low_order", "the key is a point of small order";
        PrivateKeysError::Length { found: 3 } => "private_keys.length", "private keys have 3 bytes, expected 64";
        PrivateKeysError::OutOfRange => "private_keys.out_of_range", "a private key is out of range";
        SignatureError::Encoding => "signature.encoding", "signature is not standard base64";
        SignatureError::Length { found: 3 } => "signature.length", "signature has 3 bytes, expected 64";
        SignatureError::OutOfRange => "signature.out_of_range", "signature has an r or s that is out of range";
        VerifyError => "signature.verify", "the signature does not verify";
        SignError::Encoding(WireError::TooDeep) => "sign.encoding",
            "the key change does not fit an event: an unknown field is nested more than 62 deep";
        SignError::AmbiguousText { suite: Suite::XChat } => "sign.ambiguous_text",
            "a text with a comma, or the text `null`, cannot be signed in suite XChat";
        SealedKeyError::Encoding => "sealed_key.encoding", "sealed key is not standard base64";
        SealedKeyError::Length { found: 3, expected: 4 } => "sealed_key.length",
            "sealed key has 3 bytes, expected 4";
        OpenError => "sealed_key.open", "the sealed key does not open";
        DecryptError => "content.decrypt", "it does not decrypt with the key of its version";
        "x".parse::<KeyFingerprint>().unwrap_err() => "key_fingerprint.text", "not a key fingerprint of 32 lower-case hex digits";
    };
    assert_eq!(count, 20);
}

#[test]
fn of_key_changes_and_keyrings() {
    let count = check! {
        SealError::NoParticipants => "seal.no_participants", "no participants were given";
        SealError::TooManyRecipients { count: 10_001 } => "seal.too_many_recipients",
            "10001 recipients; one key change carries at most 10000";
        SealError::SenderNotMember { sender: user(1) } => "seal.sender_not_member",
            "the sender 1 is not a member of the conversation";
        SealError::NotAMember { user: user(2) } => "seal.not_a_member",
            "user 2 is not a member of the conversation";
        SealError::DuplicateParticipant { user: user(2) } => "seal.duplicate_participant",
            "user 2 is given twice";
        SealError::MissingParticipant { user: user(2) } => "seal.missing_participant",
            "the keys of member 2 are missing";
        SealError::MixedSuites { user: user(2), expected: Suite::XChat, found: Suite::X25519 } =>
            "seal.mixed_suites", "user 2 has keys of suite X25519, the sender of suite XChat";
        SealError::UnusableKey { user: user(2) } => "seal.unusable_key",
            "the identity key of user 2 cannot be sealed to";
        SealError::Random(RandomError) => "random.failed", "the random number generator failed";
        KeyringError::OtherConversation { expected: direct(), found: group() } =>
            "keyring.other_conversation", "the key is of conversation g7, the keyring of 1:2";
        KeyringError::SuiteChanged { expected: Suite::XChat, found: Suite::X25519 } =>
            "keyring.suite_changed", "the conversation has keys of suite XChat, this one is of suite X25519";
        KeyringError::StaleKeyVersion { version: V, floor: KeyVersion::new(6) } =>
            "keyring.stale_key_version", "key version 5 is not above 6";
        KeyringError::ConflictingKeyVersion { version: V } => "keyring.conflicting_key_version",
            "there is another key of version 5";
        KeyringError::FarFutureKeyVersion { version: V, now: NOW } =>
            "keyring.far_future_key_version", "key version 5 is too far ahead of the clock, 9";
        KeyringError::OtherKey { version: V } => "keyring.other_key",
            "the key is not the one that was sealed under version 5";
        KeyringError::NotHistory { version: V } => "keyring.not_history",
            "key version 5 is newer than any other and must be adopted";
        KeyringError::LegacySignature { version: V } => "keyring.legacy_signature",
            "key version 5 has an old signature and can only be kept for history";
        KeyringError::VersionsExhausted => "keyring.versions_exhausted",
            "there is no key version above the newest one";
    };
    assert_eq!(count, 18);
}

#[test]
fn of_the_wire() {
    let (field, union) = ("detail", "detail");
    let count = check! {
        WireError::Truncated => "wire.truncated", "the event ends inside a value";
        WireError::TrailingBytes { count: 3 } => "wire.trailing_bytes", "3 bytes follow the event";
        WireError::NegativeLength => "wire.negative_length", "a length is negative";
        WireError::StringTooLong => "wire.string_too_long", "a string is longer than 104857600 bytes";
        WireError::ListTooLong => "wire.list_too_long", "a list is longer than 10000 elements";
        WireError::TooManyElements => "wire.too_many_elements", "the lists have more than 100000 elements together";
        WireError::TooDeep => "wire.too_deep", "an unknown field is nested more than 62 deep";
        WireError::NotUtf8 { field } => "wire.not_utf8", "detail is not UTF-8";
        WireError::NotBoolean { field } => "wire.not_boolean", "detail is neither true nor false";
        WireError::WrongType { field } => "wire.wrong_type", "detail has the wrong wire type";
        WireError::UnknownType { found: 1 } => "wire.unknown_type", "wire type 0x01 does not exist";
        WireError::RepeatedField { field } => "wire.repeated_field", "detail is given twice";
        WireError::MissingField { field } => "wire.missing_field", "detail lacks a required field";
        WireError::EmptyUnion { union } => "wire.empty_union", "detail is empty";
        WireError::AmbiguousUnion { union } => "wire.ambiguous_union", "detail has more than one member";
        WireError::UnwritableMember { union } => "wire.unwritable_member",
            "detail has a member that cannot be written";
    };
    assert_eq!(count, 16);
}

#[test]
fn of_events() {
    let count = check! {
        EventError::TooLong { limit: 3 } => "event.too_long", "the event is longer than 3 characters";
        EventError::Encoding(EncodingError) => "encoding.base64", "not standard base64 (RFC 4648 section 4, padded or unpadded, no white space)";
        EventError::Wire(WireError::Truncated) => "wire.truncated", "the event ends inside a value";
        EventError::Missing(EventField::Detail) => "event.missing", "detail is missing";
        EventError::Id { field: EventField::SenderId, error: "".parse::<UserId>().unwrap_err() } =>
            "event.id", "sender_id: user id is empty";
        EventError::OutOfRange(EventField::MessageTtl) => "event.out_of_range", "ttl_msec is out of range";
        EventError::NotCanonicalConversation => "event.not_canonical_conversation",
            "conversation_id is not in canonical form";
        EventError::Signature(SignatureError::Encoding) => "signature.encoding", "signature is not standard base64";
        EventError::Conversation(ConversationError::NoMembers { id: group() }) =>
            "conversation.no_members", "group g7 has no members";
        EventError::GroupText("".parse::<GroupTitle>().unwrap_err()) => "group_text.empty",
            "group title is empty";
        EventError::ContradictoryMembers { user: user(2) } => "event.contradictory_members",
            "user 2 stands where the lists of the group change contradict each other";
        EventError::DuplicateEntry { user: user(2) } => "event.duplicate_entry", "user 2 has two entries";
        ReadError::WrongConversation { expected: direct(), found: group() } =>
            "read.wrong_conversation", "the event is of conversation g7, not of 1:2";
        ReadError::SenderNotMember { sender: user(1) } => "read.sender_not_member",
            "the sender 1 is not a member of the conversation";
        ReadError::OtherMembers { sender: user(1) } => "read.other_members",
            "the sender 1 knew other members of the group";
        ReadError::UnknownSigner { sender: user(1), version: PublicKeyVersion::new(5) } =>
            "read.unknown_signer", "no verified key of sender 1 under version 5";
        ReadError::MixedSuites { expected: Suite::XChat, found: Suite::X25519 } => "read.mixed_suites",
            "the sender has keys of suite X25519, the reader of suite XChat";
        ReadError::SignatureVersion { suite: Suite::XChat } => "read.signature_version",
            "signatures of suite XChat have another signature_version";
        ReadError::NoKey { version: V } => "read.no_key", "there is no key of version 5";
        ReadError::Decrypt(DecryptError) => "content.decrypt", "it does not decrypt with the key of its version";
        ReadError::Content(ContentError::Missing(ContentField::Emoji)) => "content.missing",
            "emoji is missing in the content";
        ReadError::NoCopy { reader: user(2) } => "read.no_copy", "the event holds no copy for user 2";
        ReadError::OtherKeyVersion {
            sealed_to: PublicKeyVersion::new(5), account: PublicKeyVersion::new(6)
        } => "read.other_key_version", "the copy is sealed to key version 5, the account has 6";
        ReadError::Signature(SignatureError::OutOfRange) => "signature.out_of_range",
            "signature has an r or s that is out of range";
        ReadError::SealedKey(SealedKeyError::Encoding) => "sealed_key.encoding", "sealed key is not standard base64";
        ReadError::Open(OpenError) => "sealed_key.open", "the sealed key does not open";
        ReadError::Verify(VerifyError) => "signature.verify", "the signature does not verify";
        InboxError::Event(EventError::NotCanonicalConversation) => "event.not_canonical_conversation", "conversation_id is not in canonical form";
        InboxError::Read(ReadError::NoKey { version: KeyVersion::new(6) }) => "read.no_key",
            "there is no key of version 6";
        InboxError::Keyring(KeyringError::NotHistory { version: V }) => "keyring.not_history",
            "key version 5 is newer than any other and must be adopted";
    };
    assert_eq!(count, 28);
}

#[test]
fn of_contents_and_files() {
    let count = check! {
        ContentError::Wire(WireError::Truncated) => "content.wire",
            "the content of the message: the event ends inside a value";
        ContentError::Missing(ContentField::Contents) => "content.missing", "contents is missing in the content";
        ContentError::Malformed(ContentField::Entity) => "content.malformed",
            "an entity is malformed in the content";
        EncryptError::SenderNotMember { sender: user(1) } => "encrypt.sender_not_member",
            "the sender 1 is not a member of the conversation";
        EncryptError::OtherConversation { expected: direct(), found: group() } =>
            "encrypt.other_conversation", "conversation g7 where 1:2 was expected";
        EncryptError::NoKey { id: direct() } => "encrypt.no_key", "conversation 1:2 has no current key";
        EncryptError::MixedSuites { expected: Suite::XChat, found: Suite::X25519 } =>
            "encrypt.mixed_suites", "the conversation has keys of suite X25519, the sender of suite XChat";
        EncryptError::OtherMediaKey { attachment: V, message: KeyVersion::new(6) } =>
            "encrypt.other_media_key", "an attachment is encrypted under key version 5, the message under 6";
        EncryptError::UnverifiedQuote => "encrypt.unverified_quote",
            "a message that is not verified cannot be quoted";
        EncryptError::Encoding(WireError::ListTooLong) => "encrypt.encoding",
            "the content does not fit a message: a list is longer than 10000 elements";
        EncryptError::TooLong { limit: 3 } => "encrypt.too_long", "the message is longer than 3 bytes";
        EncryptError::Random(RandomError) => "random.failed", "the random number generator failed";
        MediaError::NoKey { version: V } => "media.no_key", "there is no key of version 5";
        MediaError::NoId { suite: Suite::X25519 } => "media.no_id", "the attachment has no id of suite X25519";
        MediaError::OtherFile => "media.other_file", "the file is not the one that was attached";
        MediaError::NotAuthentic => "media.not_authentic", "a part of the file is not authentic";
        MediaError::Truncated => "media.truncated", "the file ends before its last part";
        MediaError::TrailingBytes => "media.trailing_bytes", "bytes follow the last part of the file";
        MediaError::OtherSize => "media.other_size", "the file has another size than the attachment says";
        MediaError::Failed => "media.failed", "the file failed before";
    };
    assert_eq!(count, 20);
}

#[test]
fn of_groups_actions_and_requests() {
    let title = |text: &str| text.parse::<GroupTitle>().unwrap_err();
    let token = |text: &str| text.parse::<ConversationToken>().unwrap_err();
    let sequence_id = SequenceId::new(3);
    let count = check! {
        ConversationError::NotAGroup { id: direct() } => "conversation.not_a_group",
            "1:2 is a direct conversation, not a group";
        ConversationError::NoMembers { id: group() } => "conversation.no_members", "group g7 has no members";
        ConversationError::DuplicateMember { user: user(2) } => "conversation.duplicate_member",
            "user 2 is listed twice";
        ConversationError::TooManyMembers { limit: 3 } => "conversation.too_many_members",
            "a conversation has at most 3 members";
        GroupError::NotAGroup { id: direct() } => "group.not_a_group", "1:2 is a direct conversation, not a group";
        GroupError::NotAMember { user: user(2) } => "group.not_a_member",
            "user 2 is not a member of the conversation";
        GroupError::NoNewMembers => "group.no_new_members", "no new members were given";
        GroupError::AlreadyMember { user: user(2) } => "group.already_member", "user 2 is a member already";
        title("") => "group_text.empty", "group title is empty";
        title(&"x".repeat(4097)) => "group_text.too_long", "group title is longer than 4,096 bytes";
        title("\n") => "group_text.control_character", "group title has a control character";
        "\n".parse::<InviteUrl>().unwrap_err() => "group_text.control_character",
            "group invite URL has a control character";
        "\n".parse::<AffiliateId>().unwrap_err() => "group_text.control_character",
            "invite's affiliate id has a control character";
        "12".parse::<AvatarUrl>().unwrap_err() => "group_text.only_digits",
            "group avatar URL has nothing but digits";
        ActionError::SenderNotMember { sender: user(1) } => "action.sender_not_member",
            "the sender 1 is not a member of the conversation";
        ActionError::NotAGroup { id: direct() } => "action.not_a_group",
            "1:2 is a direct conversation, not a group";
        ActionError::NothingNamed => "action.nothing_named", "the action names nothing";
        ActionError::TooMany { count: 10_001 } => "action.too_many", "10001 ids; one action names at most 10000";
        ActionError::TimeOutOfRange => "action.time_out_of_range", "the time is out of range";
        ActionError::Sign(SignError::AmbiguousText { suite: Suite::XChat }) => "sign.ambiguous_text",
            "a text with a comma, or the text `null`, cannot be signed in suite XChat";
        ActionError::Random(RandomError) => "random.failed", "the random number generator failed";
        token("") => "request_text.empty", "conversation token is empty";
        token("\n") => "request_text.control_character", "conversation token has a control character";
        "-".parse::<EncodedMessageCreateEvent>().unwrap_err() => "request_text.not_base64",
            "encoded message create event is not standard base64";
        RequestError::Text(token("")) => "request_text.empty", "conversation token is empty";
        RequestError::SenderNotInConversation { sender: user(1) } => "request.sender_not_in_conversation",
            "the sender 1 is not in the conversation";
        RequestError::NotADeletion => "request.not_a_deletion", "the action is no deletion of messages";
        RequestError::NoSequenceIds => "request.no_sequence_ids", "no message to delete";
        RequestError::TooManySequenceIds { count: 101 } => "request.too_many_sequence_ids", "101 messages to delete; one request deletes at most 10000";
        RequestError::DuplicateSequenceId { sequence_id } => "request.duplicate_sequence_id",
            "message 3 is given twice";
        RequestError::TooManyMedia { count: 101 } => "request.too_many_media", "101 attachments; one request names at most 10000";
        RequestError::DuplicateMedia { media_hash_key: "a".parse().unwrap() } =>
            "request.duplicate_media", "attachment a is given twice";
    };
    assert_eq!(count, 29);
}

#[test]
fn of_ids() {
    let user = |text: &str| text.parse::<UserId>().unwrap_err();
    let count = check! {
        user("") => "id.empty", "user id is empty";
        user(&"1".repeat(20)) => "id.too_long", "user id is too long";
        user("1a") => "id.not_decimal", "user id has a character that is not an ASCII digit";
        user("01") => "id.leading_zero", "user id has a leading zero";
        "99999999999999999999".parse::<SequenceId>().unwrap_err() => "id.out_of_range",
            "sequence id is out of range";
        "99999999999999999999".parse::<PublicKeyVersion>().unwrap_err() => "id.out_of_range",
            "public key version is out of range";
        "x".parse::<MessageId>().unwrap_err() => "id.not_uuid_v4",
            "message id is not a lower-case UUID of version 4";
        "9".parse::<ConversationId>().unwrap_err() => "id.not_a_conversation",
            "conversation id is none of `A:B`, `A-B`, `gN`";
        "-".parse::<MediaHashKey>().unwrap_err() => "id.not_alphanumeric",
            "media hash key has a character that is not an ASCII letter or digit";
    };
    assert_eq!(count, 8);
}
