//! Pages, one after the other.

use std::fmt;

use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, Stream};
use tokio::runtime::Runtime;

use super::runtime;
use crate::PagingError;

/// The pages of a listing. Each is asked for when it is its turn; after an error there are no more.
#[must_use = "nothing is asked for before the first page is taken"]
pub struct Pages<P> {
    pages: BoxStream<'static, Result<P, PagingError>>,
    runtime: &'static Runtime,
}

impl<P> Pages<P> {
    pub(super) fn new(
        runtime: &'static Runtime,
        pages: impl Stream<Item = Result<P, PagingError>> + Send + 'static,
    ) -> Self {
        Self { pages: pages.boxed(), runtime }
    }
}

impl<P> Iterator for Pages<P> {
    type Item = Result<P, PagingError>;

    fn next(&mut self) -> Option<Self::Item> {
        runtime::wait(self.runtime, self.pages.next())
    }
}

impl<P> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages(..)")
    }
}
