//! An HTTP proxy on the way to an https origin.

use std::env;
use std::ffi::OsString;
use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::NoProxy;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use url::Url;

use crate::auth::{CredentialsError, basic};

const PASSWORD: &str = "the proxy's password";

/// An HTTP proxy. It is asked for a tunnel by `CONNECT` (RFC 9110 section 9.3.6), through which TLS
/// is spoken with the server: it learns the server's name and port, and nothing of a request. A
/// server whose URL has an IPv6 address cannot be reached through one.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    /// The header `Proxy-Authorization`, marked as sensitive.
    authorization: Option<HeaderValue>,
    /// A list in the form of the variable `NO_PROXY`.
    except: Option<String>,
}

/// Why a proxy was refused. Its URL is not part of the error: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// It is not an absolute URL.
    #[error("the proxy is not an absolute URL such as http://proxy.example:3128")]
    Syntax,
    /// Its scheme is neither http nor https.
    #[error("the proxy must be an http or https one")]
    Scheme,
    /// Its URL has a user name or password.
    #[error("no user name or password in the proxy's URL; use basic_auth()")]
    Userinfo,
    /// Its URL has a path, a query or a fragment.
    #[error("only scheme, host and port in the proxy's URL")]
    Path,
    /// The user name is empty, or has a colon or a character that is not visible ASCII.
    #[error("the proxy's user name must be one word of visible ASCII without a colon")]
    User,
    /// The password cannot be sent.
    #[error("{0}")]
    Password(#[source] CredentialsError),
}

impl ProxyError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax => "transport.proxy.syntax",
            Self::Scheme => "transport.proxy.scheme",
            Self::Userinfo => "transport.proxy.userinfo",
            Self::Path => "transport.proxy.path",
            Self::User => "transport.proxy.user",
            Self::Password(_) => "transport.proxy.password",
        }
    }
}

impl Proxy {
    /// A proxy at an http or https URL, such as `http://proxy.example:3128`.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub fn new(url: &str) -> Result<Self, ProxyError> {
        let url = parsed(url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProxyError::Userinfo);
        }
        Ok(Self { url, authorization: None, except: None })
    }

    /// Names itself to the proxy with HTTP Basic (RFC 7617).
    ///
    /// # Errors
    /// [`ProxyError::User`], [`ProxyError::Password`].
    ///
    /// # Security
    /// On the way to an http proxy they can be read; an https proxy gets them over TLS.
    pub fn basic_auth(mut self, user: &str, password: &SecretString) -> Result<Self, ProxyError> {
        if !basic::is_user(user) {
            return Err(ProxyError::User);
        }
        basic::check_password(PASSWORD, password).map_err(ProxyError::Password)?;
        self.authorization = Some(basic::header(&basic::credentials(user, password)));
        Ok(self)
    }

    /// The proxy that the environment names for https: the first of `HTTPS_PROXY`, `https_proxy`,
    /// `ALL_PROXY` and `all_proxy` that is set and not empty. It may hold a user name and a
    /// password; without a scheme it is `http://`. Hosts that `NO_PROXY` or else `no_proxy` lists
    /// (names with their subdomains, addresses, networks, `*`) are reached without it.
    ///
    /// # Errors
    /// [`ProxyError`], if what is named cannot be used.
    pub fn from_env() -> Result<Option<Self>, ProxyError> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, ProxyError> {
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.is_empty()).map(OsString::into_string).transpose()
        };
        let proxy = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
        let Some(text) = proxy.map_err(|_| ProxyError::Syntax)? else {
            return Ok(None);
        };
        let text = if text.contains("://") { text } else { format!("http://{text}") };
        let mut proxy = Self::without_userinfo(parsed(&text)?)?;
        proxy.except = first(&["NO_PROXY", "no_proxy"]).map_err(|_| ProxyError::Syntax)?;
        // The HTTP library takes this for names only, not for addresses.
        let mut entries = proxy.except.iter().flat_map(|list| list.split(','));
        let everything = entries.any(|entry| entry.trim() == "*");
        Ok(Some(proxy).filter(|_| !everything))
    }

    /// Takes the user name and the password out of a URL.
    fn without_userinfo(mut url: Url) -> Result<Self, ProxyError> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(url.username());
        let password = url.password().map(|password| SecretString::from(decoded(password)));
        // Neither fails for a URL with a host.
        let _ = (url.set_username(""), url.set_password(None));
        let proxy = Self { url, authorization: None, except: None };
        match password {
            Some(password) => proxy.basic_auth(&user, &password),
            None if user.is_empty() => Ok(proxy),
            None => Err(ProxyError::Password(CredentialsError::Empty { field: PASSWORD })),
        }
    }

    /// The HTTP library's own form, for https origins only.
    pub(crate) fn for_https(&self) -> reqwest::Result<reqwest::Proxy> {
        let mut proxy = reqwest::Proxy::https(self.url.clone())?;
        if let Some(authorization) = &self.authorization {
            proxy = proxy.custom_http_auth(authorization.clone());
        }
        Ok(proxy.no_proxy(self.except.as_deref().and_then(NoProxy::from_string)))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.url.as_str())
            .field("authenticated", &self.authorization.is_some())
            .field("except", &self.except)
            .finish()
    }
}

fn parsed(text: &str) -> Result<Url, ProxyError> {
    // The parser drops these silently; what it then reads is not what was meant.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(ProxyError::Syntax);
    }
    let url = Url::parse(text).map_err(|_| ProxyError::Syntax)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ProxyError::Scheme);
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(ProxyError::Path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Option<Proxy>, ProxyError> {
        let value = |name: &str| variables.iter().find(|(given, _)| *given == name);
        Proxy::from_variables(|name| value(name).map(|(_, value)| value.into()))
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port() {
        use ProxyError::{Path, Scheme, Syntax, Userinfo};
        for text in ["http://proxy:3128", "https://proxy.example", "http://[::1]:1/"] {
            assert!(Proxy::new(text).is_ok(), "{text}");
        }
        for (text, reason) in [
            ("", Syntax),
            ("proxy", Syntax),
            ("http://", Syntax),
            ("http://proxy:99999", Syntax),
            ("http://proxy\n", Syntax),
            (" http://proxy", Syntax),
            ("http:\\\\proxy", Syntax),
            ("proxy:3128", Scheme),
            ("socks5://proxy:1080", Scheme),
            ("ftp://proxy", Scheme),
            ("http://user@proxy", Userinfo),
            ("http://user:password@proxy", Userinfo),
            ("http://:password@proxy", Userinfo),
            ("http://proxy/path", Path),
            ("http://proxy?query", Path),
            ("http://proxy#fragment", Path),
        ] {
            assert_eq!(Proxy::new(text).map(drop), Err(reason), "{text}");
        }
    }

    #[test]
    fn credentials_must_be_fit_to_send_and_do_not_show() {
        let proxy = || Proxy::new("http://proxy").unwrap();
        let with = |user, password: &str| proxy().basic_auth(user, &password.into());
        for user in ["", "a:b", "a b", "ä"] {
            assert_eq!(with(user, "planted").map(drop), Err(ProxyError::User), "{user}");
        }
        for password in ["", "planted\n"] {
            assert_eq!(with("a", password).unwrap_err().code(), "transport.proxy.password");
        }
        let shown = format!("{:?}", with("planted-user", "planted").unwrap());
        assert!(shown.contains("authenticated: true") && !shown.contains("planted"), "{shown}");
    }

    #[test]
    fn the_environment_names_a_proxy_in_a_fixed_order() {
        let url = |variables: &[(&str, &str)]| from(variables).unwrap().map(|proxy| proxy.url);
        assert_eq!(url(&[]), None);
        assert_eq!(
            url(&[("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://a"), ("NO_PROXY", "*")]),
            None
        );
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut variables = names.map(|name| (name, format!("http://{}", name.to_lowercase())));
        variables[1].1.clone_from(&"http://lower".to_owned());
        variables[3].1.clone_from(&"http://lower-all".to_owned());
        let all: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for (start, host) in ["https_proxy", "lower", "all_proxy", "lower-all"].iter().enumerate() {
            assert_eq!(url(&all[start..]).unwrap().host_str(), Some(*host));
        }
        assert_eq!(url(&[("ALL_PROXY", "proxy:3128")]).unwrap().as_str(), "http://proxy:3128/");
    }

    #[test]
    fn credentials_are_taken_out_of_the_variable() {
        let proxy =
            from(&[("HTTPS_PROXY", "http://Aladdin:open%20sesame@proxy:1")]).unwrap().unwrap();
        assert_eq!(proxy.url.as_str(), "http://proxy:1/");
        assert_eq!(proxy.authorization.unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        for (value, code) in [
            ("planted:planted@pro xy", "transport.proxy.syntax"),
            ("socks5://planted:planted@proxy", "transport.proxy.scheme"),
            ("http://planted:planted@proxy/x", "transport.proxy.path"),
            ("http://planted@proxy", "transport.proxy.password"),
            ("http://:planted@proxy", "transport.proxy.user"),
            ("http://a:planted%0a@proxy", "transport.proxy.password"),
            ("http://a:planted%ff@proxy", "transport.proxy.password"),
        ] {
            let error = from(&[("HTTPS_PROXY", value)]).unwrap_err();
            assert_eq!(error.code(), code, "{value}");
            assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        }
    }
}
