//! Walking through a listing, page by page.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use sealpost_transport::{
    ConversationsQuery, Error, EventsPage, EventsQuery, PageLimit, PaginationToken, PagingError,
};
use support::*;

/// A server that gives these `meta` members, page after page, and the number of the page as its
/// event.
async fn server(metas: &'static [&'static str]) -> Server {
    Server::scripted(move |index, _| {
        let meta = metas.get(index).expect("no page is asked for after the end");
        json(200, format!(r#"{{"data":[{{"id":"{index}"}}],"meta":{{{meta}}}}}"#))
    })
    .await
}

fn pages(
    server: &Server,
    query: EventsQuery,
    limit: PageLimit,
) -> impl Stream<Item = Result<EventsPage, PagingError>> + Send + Unpin + use<> {
    // The client and the id are gone before the stream is polled: it keeps what it needs.
    client(server).conversation_events_pages(&direct().id(), query, limit)
}

fn token(text: &str) -> PaginationToken {
    PaginationToken::new(text).unwrap()
}

/// The pagination tokens of the requests, in their order.
fn asked(server: &Server) -> Vec<Option<String>> {
    let query = |seen: &Seen| {
        let url = url::Url::parse("http://x").unwrap().join(seen.target().1).unwrap();
        let mut pairs = url.query_pairs();
        pairs.find(|(name, _)| name == "pagination_token").map(|(_, value)| value.into_owned())
    };
    server.seen().iter().map(query).collect()
}

/// Every page's number, and how the walk ended.
async fn walk(
    stream: impl Stream<Item = Result<EventsPage, PagingError>> + Unpin,
) -> (Vec<u64>, Option<PagingError>) {
    let mut stream = stream.fuse();
    let mut numbers = Vec::new();
    let mut end = None;
    while let Some(page) = within(stream.next()).await {
        assert!(end.is_none(), "nothing comes after an error");
        match page {
            Ok(page) => numbers.push(page.events[0].sequence_id.unwrap().as_u64()),
            Err(error) => end = Some(error),
        }
    }
    (numbers, end)
}

#[tokio::test]
async fn a_walk_goes_from_token_to_token_and_ends() {
    for end in
        ["", r#""has_more":false"#, r#""next_token":"""#, r#""next_token":"c","has_more":false"#]
    {
        let metas: &'static [&'static str] =
            vec![r#""next_token":"a","has_more":true"#, r#""next_token":"b""#, end].leak();
        let server = server(metas).await;
        let query = EventsQuery::new().max_results(7);
        let (numbers, error) = walk(pages(&server, query, PageLimit::default())).await;
        assert_eq!(numbers, [0, 1, 2], "{end}");
        assert!(error.is_none(), "{end}: {error:?}");
        assert_eq!(asked(&server), [None, Some("a".to_owned()), Some("b".to_owned())]);
        assert!(server.seen().iter().all(|seen| seen.target().1.contains("max_results=7&")));
    }
}

#[tokio::test]
async fn nothing_is_asked_for_before_it_is_wanted() {
    let server = server(&[r#""next_token":"a""#, ""]).await;
    let mut pages = pages(&server, EventsQuery::new(), PageLimit::default());
    assert_eq!(server.connections(), 0);
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(server.seen().len(), 1);
    drop(pages);

    // Another walk goes on from there.
    let query = EventsQuery::new().page(page.next.unwrap());
    let mut rest =
        client(&server).conversation_events_pages(&direct().id(), query, PageLimit::default());
    assert!(rest.try_next().await.unwrap().is_some());
    assert!(rest.try_next().await.unwrap().is_none());
    assert_eq!(asked(&server), [None, Some("a".to_owned())]);
}

#[tokio::test]
async fn a_repeated_token_ends_the_walk() {
    for metas in [
        // The same page again, an earlier one, and the one the walk began with.
        &[r#""next_token":"a""#, r#""next_token":"a""#][..],
        &[r#""next_token":"a""#, r#""next_token":"b""#, r#""next_token":"a""#],
        &[r#""next_token":"b""#, r#""next_token":"start""#],
    ] {
        let server = server(metas).await;
        let query = EventsQuery::new().page(token("start"));
        let (numbers, error) = walk(pages(&server, query, PageLimit::default())).await;
        assert_eq!(numbers.len(), metas.len(), "the page that says so is handed out");
        let Some(PagingError::RepeatedPage { token }) = &error else { panic!("{error:?}") };
        assert!(metas.last().unwrap().contains(token.as_str()));
        assert_eq!(error.unwrap().code(), "transport.paging.repeated_page");
    }
}

#[tokio::test]
async fn more_without_a_place_ends_the_walk() {
    for meta in [r#""has_more":true"#, r#""has_more":true,"next_token":"""#] {
        let server = server(vec![meta].leak()).await;
        let (numbers, error) = walk(pages(&server, EventsQuery::new(), PageLimit::default())).await;
        assert_eq!(numbers, [0]);
        assert_eq!(error.unwrap().code(), "transport.paging.no_next_page");
    }
}

#[tokio::test]
async fn a_walk_takes_no_more_pages_than_it_may() {
    const METAS: &[&str] =
        &[r#""next_token":"a""#, r#""next_token":"b""#, r#""next_token":"c""#, ""];
    for (limit, taken) in [(1, "a"), (2, "b"), (3, "c")] {
        let server = server(METAS).await;
        let limit = PageLimit::new(limit).unwrap();
        let (numbers, error) = walk(pages(&server, EventsQuery::new(), limit)).await;
        assert_eq!(numbers.len(), limit.pages() as usize);
        let Some(PagingError::PageLimit { limit: found, next }) = error else {
            panic!("{error:?}");
        };
        assert_eq!((found, next), (limit, token(taken)));
        assert_eq!(server.seen().len(), numbers.len());
    }
    // Exactly as many as there are is no error.
    let server = server(METAS).await;
    let limit = PageLimit::new(4).unwrap();
    let (numbers, error) = walk(pages(&server, EventsQuery::new(), limit)).await;
    assert!(numbers.len() == 4 && error.is_none(), "{error:?}");
    assert_eq!(PageLimit::new(0), None);
    assert_eq!(PageLimit::default().pages(), 1000);
}

#[tokio::test]
async fn a_failed_call_ends_the_walk_with_its_error() {
    let server = Server::scripted(|index, _| match index {
        0 => json(200, r#"{"data":[{"id":"0"}],"meta":{"next_token":"a"}}"#),
        _ => json(503, ""),
    })
    .await;
    let (numbers, error) = walk(pages(&server, EventsQuery::new(), PageLimit::default())).await;
    assert_eq!(numbers, [0]);
    let Some(PagingError::Call(error)) = error else { panic!("{error:?}") };
    assert!(matches!(error, Error::Refused(_)) && error.is_retryable());

    let query = EventsQuery::new().max_results(0);
    let (numbers, error) = walk(pages(&server, query, PageLimit::default())).await;
    assert_eq!(error.unwrap().code(), "transport.argument.max_results");
    assert!(numbers.is_empty());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_inbox_is_walked_through_alike() {
    let server = Server::scripted(|index, _| match index {
        0 => json(200, r#"{"data":[{"id":"g1"}],"meta":{"next_token":"a"}}"#),
        1 => json(200, r#"{"data":[{"id":"g2"},7],"meta":{"next_token":"a"}}"#),
        _ => panic!("a page was asked for twice"),
    })
    .await;
    let query = ConversationsQuery::new().max_results(2);
    let mut pages = client(&server).conversations_pages(query, PageLimit::default());
    let mut ids = Vec::new();
    let error = loop {
        match pages.try_next().await {
            Ok(page) => {
                let page = page.expect("an error comes first");
                ids.extend(page.conversations.iter().map(|info| info.id.to_string()));
            }
            Err(error) => break error,
        }
    };
    assert_eq!(ids, ["g1", "g2"]);
    assert!(matches!(error, PagingError::RepeatedPage { .. }), "{error:?}");
    assert!(pages.try_next().await.unwrap().is_none(), "and nothing after it");
    assert_eq!(asked(&server), [None, Some("a".to_owned())]);
    for seen in server.seen() {
        assert_eq!(contract::documented(&seen).await, "getChatConversations");
    }
}
