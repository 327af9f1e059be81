//! Which path does what.

mod events;
mod faults;
mod groups;
mod keys;
mod public_keys;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, on, post};

use crate::app::App;
use crate::exchange::{self, Call};
use crate::oauth;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::Answer;

const FAULTS: &str = "/sandbox/faults";

/// Every route of the sandbox.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL {
        let app = Arc::clone(app);
        let filter = MethodFilter::try_from(operation.method()).unwrap_or(MethodFilter::GET);
        let handler = move |request: Request| exchange::api(Arc::clone(&app), operation, request);
        router = router.route(operation.path(), on(filter, handler));
    }
    let (control, other_method, other_path) = (Arc::clone(app), Arc::clone(app), Arc::clone(app));
    router
        .merge(oauth::router(app))
        .route(
            FAULTS,
            post(move |request: Request| {
                exchange::control(Arc::clone(&control), request, faults::inject)
            }),
        )
        .method_not_allowed_fallback(move || {
            exchange::refuse(Arc::clone(&other_method), Problem::method_not_allowed())
        })
        .fallback(move || exchange::refuse(Arc::clone(&other_path), Problem::no_route()))
}

/// Carries out an operation for an authenticated user.
pub(crate) fn perform(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    match call.operation {
        Operation::AddConversationKeys => keys::add(app, call),
        Operation::InitializeChatGroup => groups::initialize(app, call),
        Operation::CreateChatConversation => groups::create(app, call),
        Operation::AddChatGroupMembers => groups::add_members(app, call),
        Operation::GetChatConversationEvents => events::page(app, call),
        Operation::AddUserPublicKey => public_keys::register(app, call),
        Operation::GetUsersPublicKey => public_keys::of_user(app, call),
        Operation::GetUsersPublicKeys => public_keys::of_users(app, call),
    }
}
