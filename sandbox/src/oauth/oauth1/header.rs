//! The `Authorization` header (RFC 5849 section 3.5.1).

use percent_encoding::percent_decode_str;

/// A parameter, decoded.
pub(super) type Parameter = (String, String);

/// The parameters of `OAuth name="value", ...` after the scheme; `None` where it is not of this
/// form. The realm is none of them.
pub(super) fn parameters(text: &str) -> Option<Vec<Parameter>> {
    let mut parameters = Vec::new();
    for pair in text.split(',') {
        let (name, value) = pair.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        let (name, value) = (decoded(name)?, decoded(value)?);
        if name != "realm" {
            parameters.push((name, value));
        }
    }
    Some(parameters)
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let text = "realm=\"Example\",\n    oauth_consumer_key=\"0685bd9184jfhq22\",\n    \
                    oauth_token=\"ad180jjd733klru7\",\n    \
                    oauth_signature=\"wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D\",\n    oauth_callback=\"\"";
        let expected = [
            ("oauth_consumer_key", "0685bd9184jfhq22"),
            ("oauth_token", "ad180jjd733klru7"),
            ("oauth_signature", "wOJIO9A2W5mFwDgiDvZbTSMK/PY="),
            ("oauth_callback", ""),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters(text), Some(expected.to_vec()));
    }

    #[test]
    fn other_forms_are_none() {
        for text in ["", "a", "a=b", "a=\"b", "a=\"b\",", "a=\"b\" c=\"d\"x", "a=\"%FF\""] {
            assert_eq!(parameters(text), None, "{text}");
        }
        // A plus is a plus here.
        assert_eq!(parameters("a=\"b+c\""), Some(vec![("a".to_owned(), "b+c".to_owned())]));
    }
}
