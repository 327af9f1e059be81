//! Listings that come page by page.

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;

use futures_util::{Stream, stream};
use serde_json::{Map, Value};

use super::{Fault, array, object, string, take};
use crate::argument::InvalidArgument;
use crate::error::{Error, Malformation};
use crate::exchange::Reply;

/// Rows one page may have.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 1..=100;

/// A page's place in a listing, as the server named it. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaginationToken(String);

impl PaginationToken {
    /// What still fits into a URL.
    const MAX_LENGTH: usize = 4096;

    /// A token kept from an earlier page; `None` unless it has 1 to 4096 bytes.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        (1..=Self::MAX_LENGTH).contains(&token.len()).then(|| Self(token.to_owned()))
    }

    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaginationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most pages a walk through a listing takes. Default 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(u32);

impl PageLimit {
    /// At most this many pages; `None` for zero.
    #[must_use]
    pub const fn new(pages: u32) -> Option<Self> {
        if pages == 0 { None } else { Some(Self(pages)) }
    }

    /// At most this many pages.
    #[must_use]
    pub const fn of(pages: NonZeroU32) -> Self {
        Self(pages.get())
    }

    /// How many.
    #[must_use]
    pub const fn pages(self) -> u32 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(1000)
    }
}

/// Why a walk through a listing ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PagingError {
    /// A page could not be had. Go on with the [`PaginationToken`] of the page before it.
    #[error(transparent)]
    Call(#[from] Error),
    /// The server named a page that was there already: going on would never end.
    #[error("the server named a page as the next one that was there already")]
    RepeatedPage {
        /// What it named.
        token: PaginationToken,
    },
    /// The server said that there is more, and not where.
    #[error("the server said that there are more pages, and named none")]
    NoNextPage,
    /// There are more pages than were to be taken.
    #[error("more than {limit} pages", limit = limit.0)]
    PageLimit {
        /// The limit.
        limit: PageLimit,
        /// Where to go on.
        next: PaginationToken,
    },
}

impl PagingError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::RepeatedPage { .. } => "transport.paging.repeated_page",
            Self::NoNextPage => "transport.paging.no_next_page",
            Self::PageLimit { .. } => "transport.paging.page_limit",
        }
    }
}

/// Which page of a listing to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageQuery {
    pub(super) max_results: Option<u32>,
    pub(super) page: Option<PaginationToken>,
}

impl PageQuery {
    pub(super) const fn new() -> Self {
        Self { max_results: None, page: None }
    }

    pub(super) fn parameters(self) -> Result<Vec<(&'static str, String)>, InvalidArgument> {
        let mut parameters = Vec::new();
        if let Some(given) = self.max_results {
            if !PAGE_SIZES.contains(&given) {
                return Err(InvalidArgument::MaxResults { given });
            }
            parameters.push(("max_results", given.to_string()));
        }
        if let Some(PaginationToken(token)) = self.page {
            parameters.push(("pagination_token", token));
        }
        Ok(parameters)
    }
}

/// What every page has.
pub(super) struct RawPage {
    pub(super) rows: Vec<Value>,
    pub(super) meta: Map<String, Value>,
    pub(super) next: Option<PaginationToken>,
    pub(super) has_more: bool,
}

impl RawPage {
    /// No rows and no errors is an empty page; no rows and errors is a failure.
    pub(super) fn read(mut reply: Reply) -> Result<(Self, Reply), Error> {
        let (data, meta) = (reply.take("data"), reply.take("meta"));
        if data.is_none() && reply.has_errors() {
            return Err(reply.unconfirmed(Some("data")));
        }
        match Self::of(data, meta) {
            Ok(page) => Ok((page, reply)),
            Err((field, reason)) => Err(reply.malformed(field, reason)),
        }
    }

    fn of(data: Option<Value>, meta: Option<Value>) -> Result<Self, Fault> {
        let rows = data.map_or(Ok(Vec::new()), |data| array(data, "data"))?;
        let mut meta = meta.map_or(Ok(Map::new()), |meta| object(meta, "meta"))?;
        let next = take(&mut meta, &["next_token"])
            .map(|token| string(token, "meta.next_token"))
            .transpose()?
            // An empty token is one way of saying that there is no next page.
            .filter(|token| !token.is_empty())
            .map(|token| {
                PaginationToken::new(&token).ok_or(("meta.next_token", Malformation::InvalidValue))
            })
            .transpose()?;
        let has_more = take(&mut meta, &["has_more"]).and_then(|value| value.as_bool());
        Ok(Self { rows, meta, has_more: has_more.unwrap_or(next.is_some()), next })
    }
}

/// A page that says whether there are more, and where the next one is.
pub(super) trait Page {
    fn onward(&self) -> (bool, Option<&PaginationToken>);
}

/// One walk through a listing.
struct Walk<F> {
    fetch: F,
    limit: PageLimit,
    taken: u32,
    /// Every page that was asked for.
    seen: HashSet<PaginationToken>,
    then: Then,
}

enum Then {
    Fetch(Option<PaginationToken>),
    Fail(PagingError),
    End,
}

/// Page after page from `first` on, until there are no more or one cannot be had.
pub(super) fn walk<P, F, C>(
    first: Option<PaginationToken>,
    limit: PageLimit,
    fetch: F,
) -> impl Stream<Item = Result<P, PagingError>> + Send + Unpin
where
    P: Page + Send,
    F: Fn(Option<PaginationToken>) -> C + Send,
    C: Future<Output = Result<P, Error>> + Send,
{
    let seen = first.iter().cloned().collect();
    let walk = Walk { fetch, limit, taken: 0, seen, then: Then::Fetch(first) };
    Box::pin(stream::try_unfold(walk, |mut walk| async move {
        let token = match walk.then {
            Then::Fetch(token) => token,
            Then::Fail(error) => return Err(error),
            Then::End => return Ok(None),
        };
        let page = (walk.fetch)(token).await?;
        walk.taken += 1;
        walk.then = match page.onward() {
            (false, _) => Then::End,
            (true, None) => Then::Fail(PagingError::NoNextPage),
            (true, Some(next)) if !walk.seen.insert(next.clone()) => {
                Then::Fail(PagingError::RepeatedPage { token: next.clone() })
            }
            (true, Some(next)) if walk.taken == walk.limit.0 => {
                Then::Fail(PagingError::PageLimit { limit: walk.limit, next: next.clone() })
            }
            (true, Some(next)) => Then::Fetch(Some(next.clone())),
        };
        Ok(Some((page, walk)))
    }))
}
