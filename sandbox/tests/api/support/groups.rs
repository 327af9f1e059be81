//! Groups of Alice and Bob, and what Alice sends about them.

use std::time::Duration;

use sealpost_crypto::{
    Conversation, ConversationId, GroupCreate, KeyChange, KeyVersion, MemberAdd, Participant,
    PreparedKeyChange,
};
use sealpost_sandbox::Contract;
use serde_json::Value;

use super::http::Request;
use super::{ALICE, User, World, id, register, text};

pub(crate) const CREATE: &str = "/2/chat/conversations/group";
pub(crate) const INITIALIZE: &str = "/2/chat/conversations/group/initialize";
pub(crate) const CAROL: u64 = 1004;
pub(crate) const TITLE: &str = "Zoë's \"group\" \\ 1";
pub(crate) const AVATAR: &str = "https://example.com/a?b=c";

pub(crate) fn details() -> GroupCreate {
    GroupCreate::new([id(ALICE)])
        .title(TITLE.parse().unwrap())
        .avatar_url(AVATAR.parse().unwrap())
        .message_ttl(Duration::from_secs(60))
}

pub(crate) fn members_path(group: ConversationId) -> String {
    format!("/2/chat/conversations/{group}/members")
}

/// A world with Alice's and Bob's group, and Carol outside.
pub(crate) async fn with_group() -> (World, ConversationId, User) {
    with_group_in(Contract::default()).await
}

pub(crate) async fn with_group_in(contract: Contract) -> (World, ConversationId, User) {
    let world = World::start_in(contract).await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let group = world.mint().await;
    let reply = world.post(CREATE, world.creation(group, 5).body()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    (world, group, carol)
}

/// Alice adds Carol.
pub(crate) fn valid_addition(
    world: &World,
    group: ConversationId,
    version: u64,
    carol: &User,
) -> Value {
    let addition = world.addition(group, version, carol.account.participant());
    serde_json::from_slice(addition.body()).unwrap()
}

impl World {
    /// An id for a group that Alice may create.
    pub(crate) async fn mint(&self) -> ConversationId {
        let reply = self.client.send(Request::new("POST", INITIALIZE).token(&self.alice.token));
        let reply = reply.await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        text(&reply.json()["data"]["conversation_id"]).parse().unwrap()
    }

    /// Alice's group with Bob.
    pub(crate) fn creation(
        &self,
        group: ConversationId,
        version: u64,
    ) -> PreparedKeyChange<GroupCreate> {
        let bob = self.bob.account.participant();
        let conversation = Conversation::group(group, [id(ALICE), bob.user_id()]).unwrap();
        KeyChange::new(&self.alice.account, &conversation, KeyVersion::new(version))
            .creating_group(details())
            .unwrap()
            .participants([bob])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
            .0
    }

    /// `new` joins Alice and Bob, as Alice knows the group.
    pub(crate) fn addition(
        &self,
        group: ConversationId,
        version: u64,
        new: &Participant,
    ) -> PreparedKeyChange<MemberAdd> {
        let others = [self.bob.account.participant(), new];
        let members = others.iter().map(|other| other.user_id()).chain([id(ALICE)]);
        let conversation = Conversation::group(group, members).unwrap();
        KeyChange::new(&self.alice.account, &conversation, KeyVersion::new(version))
            .adding_members(MemberAdd::new([new.user_id()], details()))
            .unwrap()
            .participants(others)
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
            .0
    }
}
