//! Where the API is, and the only place that makes URLs.

use std::fmt;

use url::{Host, Url};

/// X's own API.
pub(crate) const DEFAULT: &str = "https://api.x.com";

/// An origin that may receive credentials: https, or plain http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(Url);

/// Why a base URL was refused. The URL itself is not part of the error: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// It is not an absolute URL.
    #[error("not an absolute URL such as https://api.x.com")]
    Syntax,
    /// Its scheme is neither https nor http.
    #[error("only https, or http on this machine")]
    Scheme,
    /// It is plain http to a host other than 127.0.0.0/8, ::1 or localhost: anybody on the way
    /// could read the credentials.
    #[error("plain http is for 127.0.0.0/8, ::1 and localhost only; use https")]
    PlainHttp,
    /// It has a user name or password.
    #[error("no user name or password; use credentials()")]
    Userinfo,
    /// It has a path.
    #[error("no path; only scheme, host and port")]
    Path,
    /// It has a query.
    #[error("no query; only scheme, host and port")]
    Query,
    /// It has a fragment.
    #[error("no fragment; only scheme, host and port")]
    Fragment,
}

impl BaseUrlError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax => "transport.base_url.syntax",
            Self::Scheme => "transport.base_url.scheme",
            Self::PlainHttp => "transport.base_url.plain_http",
            Self::Userinfo => "transport.base_url.userinfo",
            Self::Path => "transport.base_url.path",
            Self::Query => "transport.base_url.query",
            Self::Fragment => "transport.base_url.fragment",
        }
    }
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = trusted_url(text)?;
        if url.path() != "/" {
            return Err(BaseUrlError::Path);
        }
        Ok(Self(url))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The URL of an endpoint. Segments and values are escaped, so none can leave its place.
    pub(crate) fn endpoint(&self, segments: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        // Only URLs without an authority have no segments, and `parse` lets none of those in.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Reads a URL that secrets may go to: https, or plain http on this machine; no user name,
/// password, query or fragment.
pub(crate) fn trusted_url(text: &str) -> Result<Url, BaseUrlError> {
    // The parser drops these silently; what it then reads is not what was meant.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(BaseUrlError::Syntax);
    }
    let url = Url::parse(text).map_err(|_| BaseUrlError::Syntax)?;
    let host = match url.scheme() {
        "https" | "http" => url.host().ok_or(BaseUrlError::Syntax)?,
        _ => return Err(BaseUrlError::Scheme),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BaseUrlError::Userinfo);
    }
    if url.fragment().is_some() {
        return Err(BaseUrlError::Fragment);
    }
    if url.query().is_some() {
        return Err(BaseUrlError::Query);
    }
    if url.scheme() == "http" && !is_loopback(&host) {
        return Err(BaseUrlError::PlainHttp);
    }
    Ok(url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine_are_taken() {
        for text in [
            "https://api.x.com",
            "https://api.x.com/",
            "https://api.x.com:8443",
            "HTTPS://API.X.COM",
            "https://10.0.0.1",
            "https://[2001:db8::1]:1",
            "http://127.0.0.1:8080",
            "http://127.255.255.254",
            "http://[::1]:8080/",
            "http://localhost:3000",
            "http://LOCALHOST",
        ] {
            assert!(BaseUrl::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_by_its_reason() {
        use BaseUrlError::{Fragment, Path, PlainHttp, Query, Scheme, Syntax, Userinfo};
        for (text, reason) in [
            ("", Syntax),
            ("api.x.com", Syntax),
            ("//api.x.com", Syntax),
            ("https://", Syntax),
            ("https://api.x.com\n", Syntax),
            ("https://api\t.x.com", Syntax),
            (" https://api.x.com", Syntax),
            ("https:\\\\api.x.com", Syntax),
            ("ftp://api.x.com", Scheme),
            ("file:///etc/passwd", Scheme),
            ("data:text/plain,x", Scheme),
            ("localhost:3000", Scheme),
            ("http://api.x.com", PlainHttp),
            ("http://10.0.0.1", PlainHttp),
            ("http://128.0.0.1", PlainHttp),
            ("http://0.0.0.0", PlainHttp),
            ("http://[::2]", PlainHttp),
            ("http://[::ffff:127.0.0.1]", PlainHttp),
            ("http://localhost.evil.example", PlainHttp),
            ("http://127.0.0.1.evil.example", PlainHttp),
            ("http://localhost.", PlainHttp),
            ("https://user@api.x.com", Userinfo),
            ("https://user:password@api.x.com", Userinfo),
            ("https://:password@api.x.com", Userinfo),
            ("http://127.0.0.1:1@evil.example", Userinfo),
            ("https://api.x.com/2", Path),
            ("https://api.x.com//", Path),
            ("https://api.x.com/?", Query),
            ("https://api.x.com?a=b", Query),
            ("https://api.x.com/#", Fragment),
            ("https://api.x.com#a", Fragment),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        let base = BaseUrl::parse("https://api.x.com").unwrap();
        for (segment, path) in [
            ("g1", "/2/g1/keys"),
            ("a/b", "/2/a%2Fb/keys"),
            ("a?b#c", "/2/a%3Fb%23c/keys"),
            ("%2e%2e", "/2/%252e%252e/keys"),
        ] {
            let url = base.endpoint(&["2", segment, "keys"], &[]);
            assert_eq!((url.path(), url.query()), (path, None));
            assert_eq!(url.host_str(), Some("api.x.com"));
        }
    }

    #[test]
    fn query_values_are_escaped() {
        let base = BaseUrl::parse("https://api.x.com").unwrap();
        let url = base.endpoint(&["2"], &[("ids", "1,2".into()), ("t", "a&b=c d".into())]);
        assert_eq!(url.as_str(), "https://api.x.com/2?ids=1%2C2&t=a%26b%3Dc+d");
    }
}
