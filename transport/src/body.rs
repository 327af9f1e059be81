//! What a request carries, so that it can be sent more than once.

use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart;

use crate::http_client::sent_once;

/// The body of a request.
pub(crate) enum Body {
    /// None: a read, or a write without arguments.
    None,
    /// Finished JSON.
    Json(Bytes),
    /// `multipart/form-data` (RFC 7578).
    Form(Form),
}

/// Texts and one file.
pub(crate) struct Form {
    pub(crate) texts: [(&'static str, String); 3],
    pub(crate) file: (&'static str, Bytes),
}

impl Form {
    /// A boundary and the headers of one part.
    const OVERHEAD: usize = 256;

    fn length(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(_, text)| text.len() + Self::OVERHEAD).sum();
        texts + self.file.1.len() + Self::OVERHEAD
    }

    fn parts(&self) -> multipart::Form {
        let (name, file) = &self.file;
        let length = u64::try_from(file.len()).unwrap_or(u64::MAX);
        let octets = HeaderValue::from_static("application/octet-stream");
        let part = multipart::Part::stream_with_length(file.clone(), length)
            .file_name(*name)
            .headers(HeaderMap::from_iter([(CONTENT_TYPE, octets)]));
        let texts = self.texts.iter();
        texts
            .fold(multipart::Form::new(), |form, (name, text)| form.text(*name, text.clone()))
            .part(*name, part)
    }
}

impl Body {
    /// About its length in bytes, for the time it takes to be sent.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Json(json) => json.len(),
            Self::Form(form) => form.length(),
        }
    }

    /// Adds it to a request, with the headers it needs.
    pub(crate) fn attach(&self, request: RequestBuilder, is_write: bool) -> RequestBuilder {
        match self {
            // RFC 9110 section 8.6: without it some servers answer 411.
            Self::None if is_write => request.header(CONTENT_LENGTH, 0),
            Self::None => request,
            Self::Json(json) => {
                request.header(CONTENT_TYPE, "application/json").body(sent_once(json.clone()))
            }
            Self::Form(form) => request.multipart(form.parts()),
        }
    }
}
