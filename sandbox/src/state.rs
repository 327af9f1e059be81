//! What the sandbox remembers. Everything that changes is in here, behind one lock.

use sealpost_crypto::{Conversation, ConversationId, SequenceId, UnixMillis, UserId};

use crate::clock::Clock;
use crate::conversations::Conversations;
use crate::directory::Directory;
use crate::fault::{Fault, FaultQueue};
use crate::oauth::{OAuth, Scopes};
use crate::operation::Operation;
use crate::rate_limit::RateLimits;
use crate::seed::Seed;
use crate::token::{SandboxToken, Tokens};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) conversations: Conversations,
    pub(crate) directory: Directory,
    pub(crate) faults: FaultQueue,
    pub(crate) oauth: OAuth,
    pub(crate) rate_limits: RateLimits,
    pub(crate) tokens: Tokens,
    requests: u64,
    seed: Seed,
}

/// What a request is given when it comes in.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    pub(crate) now: UnixMillis,
    pub(crate) transaction_id: String,
    /// The injected fault, if it is this request's turn.
    pub(crate) fault: Option<Fault>,
}

impl State {
    pub(crate) fn new(seed: u64, start: UnixMillis) -> Self {
        let seed = Seed::new(seed);
        Self {
            clock: Clock::new(start),
            conversations: Conversations::default(),
            directory: Directory::default(),
            faults: FaultQueue::default(),
            oauth: OAuth::new(seed),
            rate_limits: RateLimits::default(),
            tokens: Tokens::new(seed),
            requests: 0,
            seed,
        }
    }

    /// Counts a request in. A fault it asks for itself leaves the injected ones waiting.
    pub(crate) fn admit(&mut self, operation: Option<Operation>, own: Option<Fault>) -> Admission {
        self.requests = self.requests.saturating_add(1);
        let number = self.seed.number(&format!("transaction {}", self.requests));
        Admission {
            now: self.clock.tick(),
            transaction_id: format!("{number:016x}"),
            fault: own.or_else(|| self.faults.take(operation?)),
        }
    }

    pub(crate) fn token(&mut self, user: UserId, scopes: Scopes) -> SandboxToken {
        self.directory.mention(user);
        self.tokens.issue(user, scopes)
    }

    pub(crate) fn host(&mut self, conversation: &Conversation) {
        for user in conversation.members() {
            self.directory.mention(user);
        }
        if conversation.id().is_group() {
            self.conversations.groups.host(conversation);
        }
    }

    /// The id of a group that `user` may create.
    pub(crate) fn mint_group(&mut self, user: UserId) -> Option<ConversationId> {
        let seed = self.seed;
        // Half of the range, so that the number always has at most 19 digits.
        let number = |count: u64| seed.number(&format!("group {count}")) / 2;
        let candidates =
            (self.requests..).filter_map(|count| ConversationId::group(number(count)).ok());
        self.conversations.groups.mint(user, candidates)
    }

    /// The token of the page that ends at `last`.
    pub(crate) fn page_token(&self, conversation: ConversationId, last: SequenceId) -> String {
        let check = self.seed.number(&format!("page {conversation} {last}"));
        format!("{:016x}{check:016x}", last.as_u64())
    }

    /// Where a page starts, if the token is one of this conversation's.
    pub(crate) fn page_start(
        &self,
        conversation: ConversationId,
        token: &str,
    ) -> Option<SequenceId> {
        let last = SequenceId::new(u64::from_str_radix(token.get(..16)?, 16).ok()?);
        (self.page_token(conversation, last) == token).then_some(last)
    }
}
