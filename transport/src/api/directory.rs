//! Looking up the public keys of any number of users, by whatever route answers.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealpost_crypto::{MAX_RECIPIENTS, PublicKeyRecord, UserId};

use super::listing::PublicKeyListing;
use super::public_keys::{MAX_USERS, check_users};
use super::unreadable::UnreadableRow;
use crate::client::Client;
use crate::context::ResponseInfo;
use crate::error::Error;
use crate::error_body::{ErrorBody, ReportedError};
use crate::problem::{ForbiddenReason, Problem, ProblemKind};
use crate::rejection::Rejection;

/// Requests under way at a time.
const CONCURRENT: usize = 4;

/// The registered keys of several users.
///
/// It is a claim, and it may have gaps: a user whose newest keys are in a gap looks like one with
/// older keys, or with none. Look at [`is_complete`](Self::is_complete) first.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PublicKeysByUser {
    /// The users who have keys, in the order they were asked for.
    pub users: Vec<UserKeys>,
    /// The users of whom no keys were found, in the order they were asked for.
    pub without_keys: Vec<UserId>,
    /// Records that claim a user nobody asked for.
    pub unasked: Vec<PublicKeyRecord>,
    /// Rows that are no records, each with its place in the answer it came in.
    pub unreadable: Vec<UnreadableRow>,
    /// Errors beside the records. If there are any, keys that are not here may exist all the same.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the last answer.
    pub response: ResponseInfo,
}

/// The registered keys of one user.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UserKeys {
    /// The user.
    pub user_id: UserId,
    /// One record per version, in the server's order; at least one.
    pub records: Vec<PublicKeyRecord>,
}

impl PublicKeysByUser {
    /// Whether the server reported no errors and every row could be read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.unreadable.is_empty()
    }
}

impl Client {
    /// The registered keys of up to 10,000 different users.
    ///
    /// Asks for 100 users at a time, and for one at a time where the server does not let this app
    /// ask for many (403 `client-forbidden`) or does not say whose a record is. A few requests are
    /// under way at once. To make one request and no other, take
    /// [`users_public_keys`](Self::users_public_keys) or
    /// [`user_public_keys`](Self::user_public_keys).
    ///
    /// # Errors
    /// [`InvalidArgument::UserCount`](crate::InvalidArgument::UserCount) and
    /// [`InvalidArgument::DuplicateUser`](crate::InvalidArgument::DuplicateUser) before anything is
    /// sent. The first call that fails fails all of it; that a user is not found is no failure.
    pub async fn look_up_public_keys(
        &self,
        user_ids: &[UserId],
    ) -> Result<PublicKeysByUser, Error> {
        check_users(user_ids, MAX_RECIPIENTS)?;
        let mut found = Found::default();
        let mut one_by_one = Vec::new();
        let mut batches = user_ids.chunks(MAX_USERS).map(<[UserId]>::to_vec);
        // The first batch tells whether there is any use in the others.
        let first = batches.next().unwrap_or_default();
        match self.batch(first).await? {
            Batch::Closed(users) => {
                one_by_one.extend(users);
                one_by_one.extend(batches.flatten());
            }
            open => {
                one_by_one.extend(found.add_batch(open));
                let rest: Vec<_> = batches.collect();
                let client = self.clone();
                let rest = stream::iter(rest).map(|batch| {
                    let client = client.clone();
                    async move { client.batch(batch).await }
                });
                let mut rest = rest.buffered(CONCURRENT);
                while let Some(batch) = rest.try_next().await? {
                    one_by_one.extend(found.add_batch(batch));
                }
            }
        }
        let client = self.clone();
        let singles = stream::iter(one_by_one).map(|user_id| {
            let client = client.clone();
            async move { client.single(user_id).await }
        });
        let mut singles = singles.buffered(CONCURRENT);
        while let Some(single) = singles.try_next().await? {
            match single {
                Single::Listed(user_id, listing) => found.add(Some(user_id), listing),
                Single::Absent(errors) => found.rest.errors.extend(errors),
            }
        }
        Ok(found.sorted(user_ids))
    }

    async fn batch(&self, users: Vec<UserId>) -> Result<Batch, Error> {
        // For one user the answer of their own route is the clearer one.
        if users.len() < 2 {
            return Ok(Batch::Closed(users));
        }
        match self.users_public_keys(&users).await {
            Ok(listing) if listing.records.iter().all(|row| row.claimed_user_id().is_some()) => {
                Ok(Batch::Listed(listing))
            }
            Ok(_) => Ok(Batch::Closed(users)),
            Err(Error::Forbidden(rejection)) if is_closed_to_this_app(&rejection) => {
                Ok(Batch::Closed(users))
            }
            Err(error) => not_found(error).map(Batch::Absent),
        }
    }

    async fn single(&self, user_id: UserId) -> Result<Single, Error> {
        match self.user_public_keys(&user_id).await {
            Ok(listing) => Ok(Single::Listed(user_id, listing)),
            Err(error) => not_found(error).map(Single::Absent),
        }
    }
}

/// What became of one request for many users.
enum Batch {
    Listed(PublicKeyListing),
    Absent(Vec<ReportedError>),
    Closed(Vec<UserId>),
}

/// What became of one request for one user.
enum Single {
    Listed(UserId, PublicKeyListing),
    Absent(Vec<ReportedError>),
}

/// The batch route answers so to apps that are not enrolled, for which the route of one user works.
fn is_closed_to_this_app(rejection: &Rejection) -> bool {
    rejection.body().problems().any(|problem| match problem.kind() {
        ProblemKind::ClientForbidden { reason, .. } => {
            *reason != Some(ForbiddenReason::OfficialClientForbidden)
        }
        _ => false,
    })
}

/// What the server reported, if it is nothing but that users were not found.
fn not_found(error: Error) -> Result<Vec<ReportedError>, Error> {
    let reported = match &error {
        Error::AcceptedWithErrors(unconfirmed) => unconfirmed.errors().to_vec(),
        Error::Refused(rejection) => match rejection.body() {
            ErrorBody::Problem(problem) => vec![ReportedError::Problem(problem.clone())],
            ErrorBody::Errors(errors) => errors.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let says_so = |reported: &ReportedError| {
        let kind = reported.problem().map(Problem::kind);
        matches!(kind, Some(ProblemKind::ResourceNotFound { .. }))
    };
    if !reported.is_empty() && reported.iter().all(says_so) { Ok(reported) } else { Err(error) }
}

#[derive(Default)]
struct Found {
    /// With whom they were asked for by name.
    records: Vec<(Option<UserId>, PublicKeyRecord)>,
    /// Everything but the records.
    rest: PublicKeysByUser,
}

impl Found {
    /// Adds what a batch found; returns whom to ask for by name.
    fn add_batch(&mut self, batch: Batch) -> Vec<UserId> {
        match batch {
            Batch::Listed(listing) => self.add(None, listing),
            Batch::Absent(errors) => self.rest.errors.extend(errors),
            Batch::Closed(users) => return users,
        }
        Vec::new()
    }

    fn add(&mut self, user_id: Option<UserId>, listing: PublicKeyListing) {
        self.records.extend(listing.records.into_iter().map(|record| (user_id, record)));
        self.rest.unreadable.extend(listing.unreadable);
        self.rest.errors.extend(listing.errors);
        self.rest.response = listing.response;
    }

    fn sorted(self, asked: &[UserId]) -> PublicKeysByUser {
        let Self { records, rest: mut result } = self;
        let mut by_user: HashMap<UserId, Vec<PublicKeyRecord>> =
            asked.iter().map(|user_id| (*user_id, Vec::new())).collect();
        for (user_id, record) in records {
            // On a user's own route a row that claims somebody else stays theirs, and fails to
            // verify.
            let claimed = || record.claimed_user_id()?.parse().ok();
            match user_id.or_else(claimed).and_then(|user_id| by_user.get_mut(&user_id)) {
                Some(records) => records.push(record),
                None => result.unasked.push(record),
            }
        }
        for user_id in asked {
            match by_user.remove(user_id) {
                Some(records) if !records.is_empty() => {
                    result.users.push(UserKeys { user_id: *user_id, records });
                }
                _ => result.without_keys.push(*user_id),
            }
        }
        result
    }
}
