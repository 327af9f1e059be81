//! A faithful local double of X's Chat API, for tests and examples: no network, no account.
//!
//! It serves the key side of the API as X's OpenAPI description 2.167 has it, refuses what the
//! description and X's guide refuse, keeps state (keys that are posted can be read back), gives the
//! same bytes for the same script, and fails on demand.
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
//! | `POST /2/chat/conversations/{id}/keys` | give a conversation a key |
//! | `POST /2/chat/conversations/group/initialize` | get the id for a new group |
//! | `POST /2/chat/conversations/group` | create it, with its first key |
//! | `POST /2/chat/conversations/{id}/members` | add members to a group, with a new key |
//! | `GET /2/chat/conversations/{id}/events` | page through a conversation, newest first |
//! | `POST /2/users/{id}/public_keys` | register one's own public keys |
//! | `GET /2/users/{id}/public_keys` | one user's keys, a row per version, oldest first |
//! | `GET /2/users/public_keys?ids=` | the keys of up to 100 users, rows with `user_id` |
//! | `POST /sandbox/faults` | inject a fault (not part of X's API) |
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
//! [`RunningSandbox::inject`], or with
//! `POST /sandbox/faults {"fault": NAME, "times": N, "operation": OPERATION_ID}`, where `times`
//! (1) and `operation` (any) may be left out. An injected fault waits for a request it can happen
//! to; the header is refused where its fault cannot happen.
//!
//! | name | what happens | state changes |
//! |---|---|---|
//! | `missing-action-signatures` | 400 `invalid-request`; posting keys, creating groups, adding members | no |
//! | `unauthorized` | 401 with `www-authenticate` | no |
//! | `credits-depleted` | 402 `credits-depleted` | no |
//! | `client-not-enrolled` | 403 `client-forbidden`; batch route of public keys only | no |
//! | `rate-limited` | 429 `rate-limit-exceeded`, nothing remaining, reset in 2 s of the `date` header | no |
//! | `usage-capped` | 429 `usage-capped`, requests remaining | no |
//! | `internal-error` | 500 `internal-error` | no |
//! | `unavailable` | 503 | no |
//! | `html-error-page` | 502, `text/html` | no |
//! | `empty-404` | 404 without a body | no |
//! | `accepted-with-errors` | the success with `data` and `errors` | yes |
//! | `slow-body` | the success, one byte of the body per 100 ms | yes |
//! | `endless-body` | 200, a body that never ends | yes |
//! | `commit-then-reset` | TCP RST instead of an answer | yes |
//! | `reset-before-commit` | TCP RST instead of an answer | no |
//! | `other-conversation` | a success that names another conversation; posting keys, creating groups | yes |
//! | `swapped-directory-row` | another user's keys under the id asked for; reading public keys only | - |
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
//! * A token registers keys for its own user only. Keys and events are for participants only.
//!
//! Each refusal is a problem document (RFC 9457) that names the field in `parameter`.
//!
//! # What it does not check
//!
//! * **Signatures and seals.** X's server cannot: what is signed includes the conversation key. A
//!   change that the sandbox accepts may still be one that no client opens.
//! * Rate limits: the headers count, but nobody is limited without a fault.
//!
//! # Where X is silent
//!
//! Stale versions, reused message ids, groups that exist, members who are members and additions signed
//! for another state of the group get 409 `conflict`. New members see the whole conversation. The
//! answer to an addition has `conversation_key_change_sequence_id` and `current_member_ids` in
//! `data`, where 2.167 names a post. A user nobody has mentioned 404 on the
//! per-user route, and on the batch route an entry of `errors`; the 401, 404 of unknown paths, 405,
//! 408, 413, 415 and 503 have the type `about:blank`. `meta.conversation_key_events` holds the key
//! changes of the page and the one before it. No Juicebox realms are run: `juicebox_config` is
//! never served. A `state` is required, the way back from a sign-in has no `iss` (RFC 9207), an
//! access token outlives the refresh that follows it, and revoking a refresh token ends its sign-in,
//! while revoking an access token ends that token. The 403 for want of a scope names it in `detail`,
//! where X says "Forbidden" and no more.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod app;
mod clock;
mod conversations;
mod directory;
mod event;
mod exchange;
mod fault;
mod fault_body;
mod groups;
mod json;
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

pub use fault::{Fault, FaultError, Injection};
pub use oauth::{
    AppKind, AppSettings, AppSettingsError, OAuthFault, OAuthFaultError, RedirectUri, SandboxApp,
    Scope, ScopeError,
};
pub use operation::{Operation, OperationError};
pub use sandbox::{RunningSandbox, Sandbox, SandboxBuilder, StartError};
pub use token::SandboxToken;
