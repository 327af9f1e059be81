//! A faithful local double of X's Chat API, for tests and examples: no network, no account.
//!
//! It serves X's whole Chat API and the directory of public keys, as X's OpenAPI description 2.167
//! or 2.165 has them. It refuses what the description and X's guide refuse, keeps state (what is
//! posted can be read back), gives the same bytes for the same script, fails on demand, and keeps a
//! journal of what came in.
//!
//! # Start one in a test
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sealpost_sandbox::{Fault, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! let alice = sandbox.token("1001".parse()?);
//! sandbox.inject(Fault::Unavailable, 1);
//! // Point a client at `sandbox.base_url()` and let it send `Authorization: Bearer {alice}`.
//! # assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
//! # assert!(alice.as_str().starts_with("sandbox-"));
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Programs in other languages start the binary, `sealpost-sandbox --port 4010 --user 1001`, and
//! read the base URL and the tokens from what it prints.
//!
//! # What it serves
//!
//! | operation | |
//! |---|---|
//! | `GET /2/chat/conversations` | page through one's conversations, newest event first |
//! | `GET /2/chat/conversations/{id}` | what is known of one |
//! | `GET /2/chat/conversations/{id}/events` | page through a conversation, newest first |
//! | `POST /2/chat/conversations/{id}/keys` | give a conversation a key |
//! | `POST /2/chat/conversations/group/initialize` | get the id for a new group |
//! | `POST /2/chat/conversations/group` | create it, with its first key |
//! | `POST /2/chat/conversations/{id}/members` | add members to a group, with a new key |
//! | `POST /2/chat/conversations/{id}/messages` | send a message |
//! | `POST /2/chat/conversations/{id}/messages/delete` | delete messages; 2.167 only |
//! | `POST /2/chat/conversations/{id}/read` | mark a conversation as read |
//! | `POST /2/chat/conversations/{id}/typing` | show that one is typing |
//! | `POST /2/chat/media/upload/initialize` | begin to upload encrypted media |
//! | `POST /2/chat/media/upload/{id}/append` | upload a segment, as JSON or as a form |
//! | `POST /2/chat/media/upload/{id}/finalize` | end the upload |
//! | `GET /2/chat/media/{id}/{media_hash_key}` | download |
//! | `POST /2/users/{id}/public_keys` | register one's own public keys |
//! | `GET /2/users/{id}/public_keys` | one user's keys, a row per version, oldest first |
//! | `GET /2/users/public_keys?ids=` | the keys of up to 100 users, rows with `user_id` |
//!
//! And for tests in other languages, outside X's API and without a token:
//!
//! | operation | |
//! |---|---|
//! | `POST /sandbox/faults` | inject a fault, or an array of faults |
//! | `DELETE /sandbox/faults` | forget the faults that wait |
//! | `GET /sandbox/journal` | what came in and what became of it, as a JSON array |
//! | `DELETE /sandbox/journal` | forget it |
//!
//! # Contracts
//!
//! [`SandboxBuilder::contract`], or `--contract 2.165`, chooses the description; [`Contract::V2_167`]
//! is the default. They differ in:
//!
//! | | 2.165 | 2.167 |
//! |---|---|---|
//! | deleting messages | 404 | there |
//! | problem types | `https://api.twitter.com/2/problems/...`, of 18 | `https://api.x.com/2/problems/...`, of 9 |
//! | 409 | `conflict` | `invalid-request` |
//! | 408, 413, 415 | `about:blank` | `invalid-request` |
//! | 401 | `about:blank` | `{"code": 32, "message": ...}`, `application/json` |
//! | 403 and 404 about conversations | `about:blank`: no resource of its list | `not-authorized-for-resource`, `resource-not-found` |
//! | the field of an invalid request | `errors[].parameters` | `parameter`, `value` |
//! | answer to posted keys | `sequence_id` | and `conversation_id` |
//! | answer to added members | without `data` | in `data` |
//! | version in a row of public keys | `version` | `public_key_version` |
//! | answer to registered keys | the row | `public_key_version` |
//! | public keys of several users | an object, user id to rows | an array |
//! | a user without public keys | no `data` | empty `data` |
//! | events | `sequence_id`, `previous_sequence_id`, `created_at_msec` | `id`, `previous_id`, `created_at` |
//! | one conversation | an array of one | an object |
//! | message lifetime | `message_ttl_msec`, a string | `message_ttl_ms`, an integer |
//! | signatures | no patterns | patterns |
//! | media bodies | open, `total_bytes` and all of finalize optional, `segment_index` a string too | closed, all required, an integer |
//!
//! # Signing in
//!
//! [`RunningSandbox::token`] gives a token at once. To sign users in as X does, register an app with
//! [`RunningSandbox::register_app`], or `--app` of the binary:
//!
//! | | |
//! |---|---|
//! | `GET /i/oauth2/authorize` | the page that asks a user (OAuth 2.0 with PKCE) |
//! | `POST /i/oauth2/authorize` | the user's answer, to the same address: a form with `decision` (`allow` or `deny`), `user_id`, and a `withhold` for each scope that is not granted |
//! | `POST /2/oauth2/token` | tokens for a code, or for a refresh token |
//! | `POST /2/oauth2/revoke` | make a token invalid |
//! | `POST /oauth/request_token` | start a sign-in of OAuth 1.0a |
//! | `GET`, `POST /oauth/authorize` | its page, and the user's answer, as above |
//! | `POST /oauth/access_token` | the token and its secret |
//! | `POST /sandbox/oauth/faults` | inject a fault into requests for tokens: `{"fault": NAME, "times": N}` |
//!
//! Nobody asks for a password: whoever answers says who it is, and exists from then on. A test needs
//! no browser, only the same POST. A code lives 30 seconds, an access token two hours and a refresh
//! token 182 days, all by the sandbox's clock. A refresh token works once; the second time it ends
//! the whole sign-in. An operation wants its [scopes](Operation::scopes): 403 without. Public apps
//! send their `client_id`, confidential ones HTTP Basic. Errors of the token endpoint are
//! `{error, error_description}` in X's words, with `invalid_request` where RFC 6749 has
//! `invalid_grant`. [`OAuthFault`] lists what can go wrong on demand; the header `x-sandbox-fault`
//! works there, too.
//!
//! Operations also take requests signed with OAuth 1.0a (HMAC-SHA1, RFC 5849), which knows no
//! scopes. The signature, the nonce and the timestamp are checked: within five minutes of the
//! machine's clock, which is what a signer goes by. A refusal tells the base string, so that whoever
//! writes a signer finds the difference.
//!
//! # Faults
//!
//! Ask for one per request with the header `x-sandbox-fault: NAME`, for the next requests with
//! [`RunningSandbox::inject`], as a script with [`RunningSandbox::inject_all`] (a seeded one with
//! [`Fault::script`]), in a share of all requests with [`RunningSandbox::inject_at_random`], or with `POST /sandbox/faults {"fault": NAME, "times": N, "operation":
//! OPERATION_ID}`, where `times` (1) and `operation` (any) may be left out. An injected fault waits
//! for a request it can happen to; the header is refused where its fault cannot happen.
//!
//! | name | what happens | state changes |
//! |---|---|---|
//! | `none` | nothing: a pause in a script | yes |
//! | `missing-action-signatures` | 400 `invalid-request`; operations with action signatures only | no |
//! | `unauthorized` | 401 with `www-authenticate` | no |
//! | `credits-depleted` | 402 `credits-depleted` | no |
//! | `client-not-enrolled` | 403 `client-forbidden`; batch route of public keys only | no |
//! | `rate-limited` | 429 `rate-limit-exceeded`, nothing remaining, reset in 2 s of the `date` header | no |
//! | `rate-limited-with-remaining` | the same with requests remaining | no |
//! | `rate-limited-until-past` | the same, reset a minute ago | no |
//! | `rate-limited-until-far` | the same, reset in a year | no |
//! | `usage-capped` | 429 `usage-capped`, requests remaining | no |
//! | `internal-error` | 500 `internal-error` | no |
//! | `unavailable` | 503 | no |
//! | `html-error-page` | 502, `text/html` | no |
//! | `empty-404` | 404 without a body | no |
//! | `commit-then-internal-error` | 500, although the request was carried out | yes |
//! | `commit-then-unavailable` | 503, although it was | yes |
//! | `commit-then-gateway-timeout` | 504, `text/html`, although it was | yes |
//! | `accepted-with-errors` | the success with `data` and `errors` | yes |
//! | `no-sequence-id` | a success without the number of the event; keys, groups and members only | yes |
//! | `other-conversation` | a success that names another conversation; posting keys, creating groups | yes |
//! | `swapped-directory-row` | another user's keys under the id asked for; reading public keys only | - |
//! | `skewed-date` | the answer, with a `date` an hour ahead | yes |
//! | `slow-head` | the answer, one byte of its head per 100 ms | yes |
//! | `slow-body` | the success, one byte of the body per 100 ms | yes |
//! | `endless-body` | 200, a body that never ends | yes |
//! | `gzip-bomb` | 200, 1 MB of gzip, which is 1 GB of JSON | yes |
//! | `reset-at-accept` | TCP RST for the next new connection; by injection only | no |
//! | `reset-before-body` | TCP RST when the head of the request is read | no |
//! | `reset-in-request-body` | TCP RST when half of the body of the request is read | no |
//! | `reset-before-commit` | TCP RST when the request is read | no |
//! | `commit-then-reset` | TCP RST instead of an answer | yes |
//! | `reset-in-head` | TCP RST in the middle of the head of the answer | yes |
//! | `reset-after-head` | TCP RST between head and body | yes |
//! | `reset-in-body` | TCP RST in the middle of the body | yes |
//! | `truncated-body` | TCP FIN in the middle of the body | yes |
//!
//! # Journal
//!
//! [`RunningSandbox::journal`] gives a [`JournalEntry`] per request: operation, method, path and
//! query, some headers, the bytes of the body as far as they were read, who asked, fault, status,
//! and whether anything was changed. `GET /sandbox/journal` gives the same as `number`, `operation`,
//! `method`, `path`, `headers`, `body` (`body_base64` where it is not UTF-8), `user_id`, `fault`,
//! `status` (`null` when nothing was answered), `changed_state` and `transaction_id`. The newest
//! 10,000 requests are kept, with at most 64 MiB of bodies; credentials never are.
//!
//! # What it checks
//!
//! * All that the description says of paths, queries and bodies: types, required members, patterns,
//!   lengths, ranges, enumerations. Stricter than JSON itself, it refuses a member that appears
//!   twice. Members the description does not know are ignored, query parameters are refused.
//! * A key change has exactly one action signature, without a `signature_payload` (it would hold
//!   the conversation key). Its detail decodes as a `ConversationKeyChangeEvent` with the version
//!   and the entries of the body. Each entry is complete, for a participant of its own, sealed to
//!   a registered version of that user's keys. The caller has an entry; a direct conversation has
//!   exactly its two users, a group every member who has public keys. The signer's key version is
//!   registered. The conversation key version is above the newest one, and the message id is new
//!   (409 otherwise).
//! * A new group and new members have two action signatures, with message ids of their own: that of
//!   the key change, as above, and that of the group change, which may carry its
//!   `signature_payload`. The latter's detail decodes as a `GroupChangeEvent` that creates the group,
//!   or adds the members, that the body describes, with title and avatar byte for byte the same. A
//!   group's id is one that the caller was given; its members, the caller among them, are the users
//!   who have entries; its admins are members. Only members add members, who are none yet (409
//!   otherwise) and have entries; the group they sign is the group as it is (409 otherwise).
//! * A message is one `MessageCreateEvent` with contents, under the newest key of the conversation
//!   (409 for an older one, 400 for one that it never had). A signature, which the contract does not
//!   require, is a `MessageEventSignature` by registered keys.
//! * A deletion has one action signature, whose detail decodes as a `MessageDeleteEvent` with the ids
//!   and the action of the body. Only messages are deleted, for all only one's own, and all or none.
//! * Media has all its segments, and as many bytes as were announced.
//! * A token registers keys for its own user only. Keys, events and media are for participants only.
//!
//! Each refusal is a problem document (RFC 9457) that names the field, but for the 401 of 2.167.
//!
//! # What it does not check
//!
//! * **Signatures and seals.** X's server cannot: what is signed includes the conversation key. A
//!   change that the sandbox accepts may still be one that no client opens.
//! * Rate limits, unless [`SandboxBuilder::rate_limit`] sets one: the headers count all the same.
//!
//! # Where X is silent
//!
//! * **Repeats.** A message or a deletion that is sent again with the same values is the event that it
//!   became the first time, and so are a segment and the end of an upload; with other values under
//!   the same message id or segment index it gets 409. Keys, groups and members that are sent again
//!   get 409: their version is reached.
//! * **409** is also for stale versions, groups that exist, members who are members and additions
//!   signed for another state of the group.
//! * **Deleted messages** are not served any more, for a deletion for oneself to oneself only. The
//!   deletion is an event; one for oneself is seen by oneself only. Media that it names is gone with a
//!   deletion for all.
//! * **Conversations** are listed from their first event on, groups at once. The list holds message
//!   requests too: `has_message_requests` says that there is one in which the user neither sent
//!   nor read anything. Without a selector all fields are served; the `*_ids` also when expanded.
//!   Expanded users have `id`, `name` and `username`.
//! * **Media** is kept in memory, 256 MiB in all (413 above). An upload expires after an hour of the
//!   sandbox's clock; `expires_at` is in Unix seconds. A segment may come in any order.
//! * New members see the whole conversation. The answer to an addition has
//!   `conversation_key_change_sequence_id` and `current_member_ids`, where 2.167 names a post.
//! * A user nobody has mentioned is 404 on the per-user route, and on the batch route an entry of
//!   `errors`. The 404 of unknown paths, 405 and 503 have the type `about:blank` in both contracts;
//!   `rate-limit-exceeded`, `credits-depleted`, and in 2.167 `usage-capped` and `client-forbidden`, are in
//!   no contract, but X serves them.
//! * `meta.conversation_key_events` holds the key changes of the page and the one before it. No
//!   Juicebox realms are run: `juicebox_config` is never served. Typing and read marks are delivered
//!   to nobody.
//! * **Signing in.** A `state` is required, the way back has no `iss` (RFC 9207), an access token
//!   outlives the refresh that follows it, and revoking a refresh token ends its sign-in, while
//!   revoking an access token ends that token. The 403 for want of a scope names it in `detail`,
//!   where X says "Forbidden" and no more.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod app;
mod call;
mod clock;
mod contract;
mod conversations;
mod directory;
mod event;
mod exchange;
mod fault;
mod groups;
mod journal;
mod json;
mod media;
mod oauth;
mod operation;
mod problem;
mod rate_limit;
mod reply;
mod request_body;
mod routes;
mod sandbox;
mod seed;
mod server;
mod state;
mod token;
mod validate;
mod wire;

pub use contract::{Contract, ContractError};
pub use fault::{Fault, FaultError, Injection};
pub use journal::JournalEntry;
pub use oauth::{
    AppKind, AppSettings, AppSettingsError, OAuthFault, OAuthFaultError, RedirectUri, SandboxApp,
    Scope, ScopeError,
};
pub use operation::{Operation, OperationError};
pub use sandbox::{RunningSandbox, Sandbox, SandboxBuilder, StartError};
pub use token::SandboxToken;
