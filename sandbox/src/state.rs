//! What the sandbox remembers. Everything that changes is in here, behind one lock.

use sealpost_crypto::{Conversation, ConversationId, SequenceId, UnixMillis, UserId};

use crate::clock::Clock;
use crate::conversations::{Conversations, Rank};
use crate::directory::Directory;
use crate::fault::{Fault, FaultQueue};
use crate::journal::Journal;
use crate::media::Media;
use crate::oauth::{OAuth, Scopes};
use crate::operation::Operation;
use crate::rate_limit::{RateLimit, RateLimits, Rule};
use crate::seed::Seed;
use crate::token::{SandboxToken, Tokens};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) conversations: Conversations,
    pub(crate) directory: Directory,
    pub(crate) faults: FaultQueue,
    pub(crate) journal: Journal,
    pub(crate) media: Media,
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
    /// The counters as somebody unknown sees them.
    pub(crate) rate_limit: RateLimit,
    /// The injected fault, if it is this request's turn.
    pub(crate) fault: Option<Fault>,
}

impl State {
    pub(crate) fn new(seed: u64, start: UnixMillis, rate_limit: Option<Rule>) -> Self {
        let seed = Seed::new(seed);
        Self {
            clock: Clock::new(start),
            conversations: Conversations::default(),
            directory: Directory::default(),
            faults: FaultQueue::default(),
            journal: Journal::default(),
            media: Media::new(seed),
            oauth: OAuth::new(seed),
            rate_limits: RateLimits::new(rate_limit),
            tokens: Tokens::new(seed),
            requests: 0,
            seed,
        }
    }

    /// Counts a request in. A fault it asks for itself leaves the injected ones waiting.
    pub(crate) fn admit(&mut self, operation: Option<Operation>, own: Option<Fault>) -> Admission {
        self.requests = self.requests.saturating_add(1);
        let number = self.seed.number(&format!("transaction {}", self.requests));
        let now = self.clock.tick();
        Admission {
            now,
            transaction_id: format!("{number:016x}"),
            rate_limit: self.rate_limits.untouched(now),
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
            self.conversations.host(conversation);
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

    /// The token of the page of a user's conversations that begins after `last`.
    pub(crate) fn inbox_page_token(&self, user: UserId, (newest, id): Rank) -> String {
        let check = self.seed.number(&format!("inbox {user} {newest} {id}"));
        format!("{:016x}{check:016x}{}", newest.as_u64(), id.path())
    }

    /// Where such a page starts, if the token is one of this user's.
    pub(crate) fn inbox_page_start(&self, user: UserId, token: &str) -> Option<Rank> {
        let newest = SequenceId::new(u64::from_str_radix(token.get(..16)?, 16).ok()?);
        let rank = (newest, token.get(32..)?.parse().ok()?);
        (self.inbox_page_token(user, rank) == token).then_some(rank)
    }
}
