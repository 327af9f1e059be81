//! The address on this machine that the browser comes back to (RFC 8252 section 7.3).

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::authorization::{Authorization, AuthorizationCode, RedirectUri};
use super::error::CallbackError;
use super::http_message::{Page, Target, Unreadable, read_target, send_page};

const PATH: &str = "/callback";
/// For reading one request.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// For sending one page. The code that came with the request lives only 30 seconds.
const PAGE_LIMIT: Duration = Duration::from_secs(2);
/// Browsers open connections that they then do not use, so one must not wait for the other.
const MAX_CONNECTIONS: usize = 32;

const SIGNED_IN: Page = Page {
    status: "200 OK",
    title: "Almost done",
    text: "The answer has arrived. You can close this page and go back to the program.",
};
const FAILED: Page = Page {
    status: "400 Bad Request",
    title: "Not signed in",
    text: "Go back to the program: it says what happened. Then start the sign-in again.",
};
const NOT_FOUND: Page = Page {
    status: "404 Not Found",
    title: "Not found",
    text: "There is nothing here. Go back to the sign-in page.",
};
const BAD_REQUEST: Page = Page {
    status: "400 Bad Request",
    title: "Bad request",
    text: "That was not a request of a browser. Go back to the sign-in page.",
};
const BAD_METHOD: Page = Page {
    status: "405 Method Not Allowed\r\nallow: GET",
    title: "Method not allowed",
    text: "Only GET is answered here. Go back to the sign-in page.",
};

/// Waits on 127.0.0.1 for the browser to come back from the sign-in page, once.
#[derive(Debug)]
pub struct LoopbackListener {
    listener: TcpListener,
    redirect_uri: RedirectUri,
}

impl LoopbackListener {
    /// Listens on a port of 127.0.0.1; 0 takes any free one. X wants the redirect URI with its port
    /// in the app's settings, so with X it is one you choose.
    ///
    /// # Errors
    /// [`CallbackError::Bind`], if the port is taken.
    pub async fn bind(port: u16) -> Result<Self, CallbackError> {
        let bind = |source| CallbackError::Bind { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?.port();
        Ok(Self { listener, redirect_uri: RedirectUri::loopback(bound, PATH) })
    }

    /// The address to give to [`OAuth2App::authorize`](crate::OAuth2App::authorize):
    /// `http://127.0.0.1:PORT/callback`.
    #[must_use]
    pub const fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Waits for the answer, and closes the port. The first GET to the redirect URI counts, right
    /// or wrong; everything else is turned away and ignored.
    ///
    /// # Errors
    /// [`CallbackError::Timeout`] after `limit`; otherwise what
    /// [`Authorization::read_answer`] says, or [`CallbackError::Listen`].
    pub async fn wait(
        self,
        authorization: &Authorization,
        limit: Duration,
    ) -> Result<AuthorizationCode, CallbackError> {
        let (stream, target) =
            timeout(limit, self.first_answer()).await.map_err(|_| CallbackError::Timeout)??;
        // Nobody else gets an answer from here on.
        drop(self.listener);
        let (_, query) = target.parts();
        let code = authorization.read_query(query);
        let page = if code.is_ok() { &SIGNED_IN } else { &FAILED };
        let _ = timeout(PAGE_LIMIT, send_page(stream, page)).await;
        code
    }

    async fn first_answer(&self) -> Result<(TcpStream, Target), CallbackError> {
        // Dropping the set ends its tasks.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let (stream, _) = accepted.map_err(CallbackError::Listen)?;
                    connections.spawn(serve(stream));
                }
                Some(served) = connections.join_next() => {
                    if let Ok(Some(answer)) = served {
                        return Ok(answer);
                    }
                }
            }
        }
    }
}

/// Reads one request. Whatever is no answer is turned away here.
async fn serve(mut stream: TcpStream) -> Option<(TcpStream, Target)> {
    let page = match timeout(READ_LIMIT, read_target(&mut stream)).await {
        Ok(Ok(target)) if target.parts().0 == PATH => return Some((stream, target)),
        Ok(Ok(_)) => &NOT_FOUND,
        Ok(Err(Unreadable::BadRequest)) => &BAD_REQUEST,
        Ok(Err(Unreadable::Method)) => &BAD_METHOD,
        Ok(Err(Unreadable::Gone)) | Err(_) => return None,
    };
    let _ = timeout(PAGE_LIMIT, send_page(stream, page)).await;
    None
}
