//! Field selectors: what each contract calls them, and what they may hold.

use crate::contract::Contract;

/// A query parameter that selects fields or expansions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    Conversation,
    Expansions,
    MessageEvent,
    PublicKey,
    User,
}

impl Selector {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Conversation => "chat_conversation.fields",
            Self::Expansions => "expansions",
            Self::MessageEvent => "chat_message_event.fields",
            Self::PublicKey => "public_key.fields",
            Self::User => "user.fields",
        }
    }

    pub(crate) const fn known(self, contract: Contract) -> &'static [&'static str] {
        match (self, contract) {
            (Self::Conversation, Contract::V2_165) => &CONVERSATION_2_165,
            (Self::Conversation, Contract::V2_167) => &CONVERSATION_2_167,
            (Self::Expansions, _) => &["admin_ids", "member_ids", "participant_ids"],
            (Self::MessageEvent, Contract::V2_165) => &MESSAGE_EVENT_2_165,
            (Self::MessageEvent, Contract::V2_167) => &MESSAGE_EVENT_2_167,
            (Self::PublicKey, Contract::V2_165) => &PUBLIC_KEY_2_165,
            (Self::PublicKey, Contract::V2_167) => &PUBLIC_KEY_2_167,
            (Self::User, Contract::V2_165) => &USER_2_165,
            (Self::User, Contract::V2_167) => &USER_2_167,
        }
    }
}

const CONVERSATION_2_165: [&str; 13] = [
    "admin_ids",
    "created_at",
    "group_avatar_url",
    "group_name",
    "id",
    "is_muted",
    "member_ids",
    "message_ttl_msec",
    "participant_ids",
    "screen_capture_blocking_enabled",
    "screen_capture_detection_enabled",
    "type",
    "updated_at",
];
const MESSAGE_EVENT_2_165: [&str; 9] = [
    "conversation_id",
    "conversation_token",
    "created_at_msec",
    "encoded_event",
    "id",
    "is_trusted",
    "message_event_signature",
    "previous_id",
    "sender_id",
];
const PUBLIC_KEY_2_165: [&str; 5] = [
    "identity_public_key_signature",
    "juicebox_config",
    "public_key",
    "signing_public_key",
    "version",
];
const USER_2_165: [&str; 26] = [
    "affiliation",
    "confirmed_email",
    "connection_status",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "most_recent_tweet_id",
    "name",
    "parody",
    "pinned_tweet_id",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "receives_your_dm",
    "subscription",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_followers_count",
    "verified_type",
    "withheld",
];
const CONVERSATION_2_167: [&str; 10] = [
    "created_at",
    "group_avatar_url",
    "group_name",
    "id",
    "is_muted",
    "message_ttl_ms",
    "screen_capture_blocking_enabled",
    "screen_capture_detection_enabled",
    "type",
    "updated_at",
];
const MESSAGE_EVENT_2_167: [&str; 9] = [
    "conversation_id",
    "conversation_token",
    "created_at",
    "encoded_event",
    "id",
    "is_trusted",
    "message_event_signature",
    "previous_id",
    "sender_id",
];
const PUBLIC_KEY_2_167: [&str; 5] = [
    "identity_public_key_signature",
    "juicebox_config",
    "public_key",
    "public_key_version",
    "signing_public_key",
];
const USER_2_167: [&str; 24] = [
    "confirmed_email",
    "connection_status",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "name",
    "parody",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "receives_your_dm",
    "subscribes_to_you",
    "subscription",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_followers_count",
    "verified_type",
    "withheld",
];
