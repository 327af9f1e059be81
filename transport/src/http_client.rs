//! What carries the requests: a client made here, or one of the caller's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use reqwest::header::HeaderValue;

use crate::builder::{BuildError, is_usable_limit};
use crate::error::TimeoutPhase;
use crate::network::NetworkError;
use crate::proxy::Proxy;
use crate::tls::{RootCertificate, Trust};

const DEFAULT_USER_AGENT: &str = concat!("sealpost-transport/", env!("CARGO_PKG_VERSION"));
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Port 0 stands for the URL's.
const LOCALHOST: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// How servers are reached: whom to trust, through which proxy, in what time. The same options
/// serve a client and its sign-in:
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use sealpost_transport::{HttpOptions, OAuth2App, Proxy, RootCertificate};
///
/// let ours = RootCertificate::from_pem(std::fs::read("company-ca.pem")?)?;
/// let http = HttpOptions::new().root_certificates(ours).proxy(Proxy::new("http://proxy:3128")?);
/// let app = OAuth2App::public("client id").http(http.clone()).build()?;
/// let client = sealpost_transport::Client::builder().http(http);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HttpOptions {
    trust: Trust,
    proxy: Option<Proxy>,
    user_agent: String,
    connect_timeout: Duration,
}

/// What carries the requests: a client made of [`HttpOptions`], or a `reqwest::Client` of yours.
///
/// # Security
/// A client of yours is used as it is. Of what this crate promises, these hold with it, too: who
/// gets the credentials is checked before each request; limits for the head, the body and the whole
/// request; the size of an answer, counted after your client has decoded it; that a body goes out
/// once, whatever your client's policies for redirects and retries say; and that an answer from
/// elsewhere than asked is [`Error::Redirected`](crate::Error::Redirected).
///
/// These do not, and are yours to configure:
/// - Redirects: turn them off (`redirect::Policy::none()`). A client that follows one has asked the
///   other server before this crate learns of it. reqwest takes the `Authorization` header away
///   when scheme, host or port differ, and keeps it otherwise.
/// - Retries of requests without a body, proxies, trust, TLS versions and key exchange, DNS,
///   including what `localhost` is for plain http.
/// - The limit for connecting: without one of your client's, connecting falls under the limit for
///   the head of the answer, whose end says that a write may have been carried out. A limit of
///   your client's own ends a call as a lost connection.
/// - The `user-agent` header, and any other that your client adds.
#[derive(Clone)]
pub struct HttpClient(Kind);

#[derive(Clone)]
enum Kind {
    Made(Box<HttpOptions>),
    Own(reqwest::Client),
}

/// The TLS library's own words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct TlsSetupError(rustls::Error);

impl TlsSetupError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.tls_setup"
    }
}

impl HttpOptions {
    /// The operating system's trust roots, no proxy, 10 seconds to connect.
    pub fn new() -> Self {
        Self {
            trust: Trust::Platform(Vec::new()),
            proxy: None,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
        }
    }

    /// Trusts these, too. On Android only together with
    /// [`without_platform_roots`](Self::without_platform_roots).
    ///
    /// # Security
    /// Whoever has the key of one of these can read and change everything, credentials included.
    pub fn root_certificates(mut self, roots: impl IntoIterator<Item = RootCertificate>) -> Self {
        self.trust.roots_mut().extend(roots);
        self
    }

    /// Trusts the given [`root_certificates`](Self::root_certificates) alone.
    pub fn without_platform_roots(mut self) -> Self {
        self.trust = Trust::Only(std::mem::take(self.trust.roots_mut()));
        self
    }

    /// Reaches https origins through a proxy. Default: none, whatever the environment says;
    /// [`Proxy::from_env`] asks it. Plain http, which is for this machine only, never goes through
    /// a proxy.
    pub fn proxy(mut self, proxy: impl Into<Option<Proxy>>) -> Self {
        self.proxy = proxy.into();
        self
    }

    /// The `user-agent` header. Default: this crate's name and version.
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        user_agent.clone_into(&mut self.user_agent);
        self
    }

    /// Limit for connecting: name resolution, TCP, the proxy and TLS. Default 10 seconds.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Switches off by name what another crate's choice of features could switch on: proxies from
    /// the environment, decompression, referers.
    fn builder(&self, https: bool) -> Result<reqwest::ClientBuilder, BuildError> {
        let user_agent = HeaderValue::from_str(&self.user_agent)
            .ok()
            .filter(|value| value.to_str().is_ok_and(|text| !text.trim().is_empty()))
            .ok_or(BuildError::UserAgent)?;
        if !is_usable_limit(self.connect_timeout) {
            return Err(BuildError::Timeout { phase: TimeoutPhase::Connect });
        }
        let trust = if https { &self.trust } else { &Trust::NOBODY };
        if https && matches!(trust, Trust::Only(roots) if roots.is_empty()) {
            return Err(BuildError::NoRoots);
        }
        let tls = trust.config().map_err(|error| BuildError::Tls(TlsSetupError(error)))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(https)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .user_agent(user_agent)
            .connect_timeout(self.connect_timeout);
        if !https {
            // Nothing proves who answers to plain http, so the name must not lead off this machine.
            builder = builder.resolve_to_addrs("localhost", &LOCALHOST);
        } else if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.for_https().map_err(unusable)?);
        }
        Ok(builder)
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpClient {
    /// The client for https origins, or the one for plain http on this machine.
    pub(crate) fn client(&self, https: bool) -> Result<reqwest::Client, BuildError> {
        match &self.0 {
            Kind::Made(options) => options.builder(https)?.build().map_err(unusable),
            Kind::Own(client) => Ok(client.clone()),
        }
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        HttpOptions::new().into()
    }
}

impl From<HttpOptions> for HttpClient {
    fn from(options: HttpOptions) -> Self {
        Self(Kind::Made(Box::new(options)))
    }
}

impl From<reqwest::Client> for HttpClient {
    fn from(client: reqwest::Client) -> Self {
        Self(Kind::Own(client))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Made(options) => options.fmt(f),
            // Its own `Debug` shows its headers.
            Kind::Own(_) => f.write_str("reqwest::Client"),
        }
    }
}

/// A body that cannot be sent a second time: a client that follows redirects or retries would have
/// to copy it.
pub(crate) fn sent_once(body: Bytes) -> reqwest::Body {
    reqwest::Body::wrap(Full::new(body))
}

fn unusable(error: reqwest::Error) -> BuildError {
    BuildError::HttpClient(NetworkError(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(options: HttpOptions, https: bool) -> &'static str {
        let error = HttpClient::from(options).client(https).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
        error.code()
    }

    #[test]
    fn each_bad_setting_is_named() {
        let options = HttpOptions::new;
        let day = Duration::from_secs(24 * 3600);
        for https in [false, true] {
            for user_agent in ["", "  ", "planted\r\nx: y", "plänted"] {
                let options = options().user_agent(user_agent);
                assert_eq!(code(options, https), "transport.build.user_agent");
            }
            for limit in [Duration::ZERO, day + Duration::from_nanos(1), Duration::MAX] {
                let options = options().connect_timeout(limit);
                assert_eq!(code(options, https), "transport.build.timeout");
            }
            assert!(HttpClient::from(options().connect_timeout(day)).client(https).is_ok());
        }
        assert_eq!(code(options().without_platform_roots(), true), "transport.build.no_roots");
        // Plain http trusts nobody anyway.
        assert!(HttpClient::from(options().without_platform_roots()).client(false).is_ok());
    }

    /// A resolver that leads every name off this machine, as far as a test can go.
    struct Liar;

    impl reqwest::dns::Resolve for Liar {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let elsewhere = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 9), 0));
            let addresses: reqwest::dns::Addrs = Box::new(std::iter::once(elsewhere));
            Box::pin(std::future::ready(Ok(addresses)))
        }
    }

    #[tokio::test]
    async fn plain_http_to_localhost_asks_no_resolver() {
        let addresses = LOCALHOST.map(|address| address.ip());
        assert_eq!(addresses, [IpAddr::from([127, 0, 0, 1]), "::1".parse().unwrap()]);
        for (https, reached) in [(false, true), (true, false)] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let scheme = if https { "https" } else { "http" };
            let port = listener.local_addr().unwrap().port();
            let http = HttpOptions::new().builder(https).unwrap();
            let http = http.dns_resolver(std::sync::Arc::new(Liar)).build().unwrap();
            let request = tokio::spawn(http.get(format!("{scheme}://LocalHost:{port}/")).send());
            // Whoever is not led to the listener meets a closed port at once.
            let came = tokio::select! {
                accepted = listener.accept() => accepted.is_ok(),
                _ = request => false,
            };
            assert_eq!(came, reached, "{scheme}");
        }
    }

    #[test]
    fn the_debug_of_an_own_client_shows_no_header() {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-key", HeaderValue::from_static("planted"));
        let tls = Trust::NOBODY.config().unwrap();
        let builder = reqwest::Client::builder().tls_backend_preconfigured(tls);
        let client = builder.default_headers(headers).build().unwrap();
        assert!(format!("{client:?}").contains("planted"));
        assert_eq!(format!("{:?}", HttpClient::from(client)), "reqwest::Client");
    }
}
