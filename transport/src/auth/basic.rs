//! HTTP Basic (RFC 7617): an app that can keep a secret, or the user of a proxy.

use base64ct::{Base64, Encoding as _};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::CredentialsError;
use super::percent::concatenated;
use super::presented::sensitive;

/// Whether a text can be the user's part: not empty, visible ASCII, no colon.
pub(crate) fn is_user(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// Whether a text can be the password's part. It may have blanks; a line break at its end is a
/// mistake all the same.
pub(crate) fn check_password(
    field: &'static str,
    password: &SecretString,
) -> Result<(), CredentialsError> {
    let text = password.expose_secret();
    if text.is_empty() {
        return Err(CredentialsError::Empty { field });
    }
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        Ok(())
    } else {
        Err(CredentialsError::Character { field })
    }
}

pub(crate) fn credentials(user: &str, password: &SecretString) -> Zeroizing<String> {
    let pair = concatenated(&[user, ":", password.expose_secret()]);
    Zeroizing::new(Base64::encode_string(pair.as_bytes()))
}

/// The header with these [`credentials`].
pub(crate) fn header(credentials: &str) -> HeaderValue {
    sensitive(concatenated(&["Basic ", credentials]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7617 section 2.
    #[test]
    fn the_credentials_of_aladdin() {
        let basic = credentials("Aladdin", &"open sesame".into());
        assert_eq!(basic.as_str(), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header(&basic).is_sensitive());
        assert_eq!(header(&basic), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn what_cannot_stand_in_the_header_is_refused() {
        for user in ["", "a:b", "a b", "a\n", "ä"] {
            assert!(!is_user(user), "{user:?}");
        }
        assert!(is_user("Aladdin"));
        let field = "the password";
        assert_eq!(check_password(field, &"".into()), Err(CredentialsError::Empty { field }));
        for password in ["a\n", "\0", "ä"] {
            let refused = Err(CredentialsError::Character { field });
            assert_eq!(check_password(field, &password.into()), refused, "{password:?}");
        }
        assert_eq!(check_password(field, &"open : sesame".into()), Ok(()));
    }
}
