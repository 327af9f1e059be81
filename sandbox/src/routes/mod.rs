//! Which path does what.

mod conversations;
mod events;
mod faults;
mod groups;
mod journal;
mod keys;
mod media;
mod messages;
mod public_keys;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::app::App;
use crate::call::{Call, Sent};
use crate::exchange;
use crate::oauth;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::Answer;

/// A request to the sandbox itself.
type Control = fn(&App, &Sent<'_>) -> Result<Answer, Problem>;

const CONTROLS: [(Method, &str, Control); 5] = [
    (Method::POST, "/sandbox/faults", faults::inject),
    (Method::DELETE, "/sandbox/faults", faults::clear),
    (Method::POST, "/sandbox/oauth/faults", oauth::inject),
    (Method::GET, "/sandbox/journal", journal::list),
    (Method::DELETE, "/sandbox/journal", journal::clear),
];

/// Every route of the sandbox.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    let operations = Operation::ALL.into_iter();
    for operation in operations.filter(|operation| operation.exists_in(app.contract)) {
        let app = Arc::clone(app);
        let handler = move |request: Request| exchange::api(Arc::clone(&app), operation, request);
        router = router.route(operation.path(), method(operation.method(), handler));
    }
    for (verb, path, handle) in CONTROLS {
        let app = Arc::clone(app);
        let handler = move |request: Request| exchange::control(Arc::clone(&app), request, handle);
        router = router.route(path, method(verb, handler));
    }
    let (other_method, other_path) = (Arc::clone(app), Arc::clone(app));
    router
        .merge(oauth::router(app))
        .method_not_allowed_fallback(move |request: Request| {
            let app = Arc::clone(&other_method);
            async move { exchange::refuse(&app, request, Problem::method_not_allowed()) }
        })
        .fallback(move |request: Request| {
            let app = Arc::clone(&other_path);
            async move { exchange::refuse(&app, request, Problem::no_route()) }
        })
}

fn method<H, T>(method: Method, handler: H) -> MethodRouter
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    on(MethodFilter::try_from(method).unwrap_or(MethodFilter::GET), handler)
}

/// Carries out an operation for an authenticated user.
pub(crate) async fn perform(
    app: &App,
    operation: Operation,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    match operation {
        Operation::GetChatConversations => conversations::list(app, call),
        Operation::GetChatConversation => conversations::one(app, call),
        Operation::AddConversationKeys => keys::add(app, call),
        Operation::InitializeChatGroup => groups::initialize(app, call),
        Operation::CreateChatConversation => groups::create(app, call),
        Operation::AddChatGroupMembers => groups::add_members(app, call),
        Operation::GetChatConversationEvents => events::page(app, call),
        Operation::SendChatMessage => messages::send(app, call),
        Operation::DeleteChatMessages => messages::delete(app, call),
        Operation::MarkChatConversationRead => messages::mark_read(app, call),
        Operation::SendChatTypingIndicator => messages::type_on(app, call),
        Operation::ChatMediaUploadInitialize => media::initialize(app, call),
        Operation::ChatMediaUploadAppend => media::append(app, call).await,
        Operation::ChatMediaUploadFinalize => media::finalize(app, call),
        Operation::ChatMediaDownload => media::download(app, call),
        Operation::AddUserPublicKey => public_keys::register(app, call),
        Operation::GetUsersPublicKey => public_keys::of_user(app, call),
        Operation::GetUsersPublicKeys => public_keys::of_users(app, call),
    }
}
