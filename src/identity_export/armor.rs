//! Bytes as text between a BEGIN and an END line, as in RFC 7468.

use base64ct::{Base64, Encoding as _};

const BEGIN: &str = "-----BEGIN SEALPOST IDENTITY-----";
const END: &str = "-----END SEALPOST IDENTITY-----";
const LINE: usize = 64;
/// Far more than an export takes.
const MAX_TEXT: usize = 16 * 1024;

pub(super) fn write(bytes: &[u8]) -> String {
    let base64 = Base64::encode_string(bytes);
    let mut text = format!("{BEGIN}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so that every index is a border.
        let (line, next) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = next;
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// Takes what mail and pasting do to a text: blanks around lines, other line ends, empty lines,
/// words before and after.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| *line == BEGIN)?;
    let mut base64 = String::new();
    for line in lines {
        if line == END {
            return Base64::decode_vec(&base64).ok();
        }
        base64.push_str(line);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back() {
        for length in [0, 1, 2, 3, 47, 48, 49, 96, 97, 1000] {
            let bytes: Vec<u8> = (0..=255).cycle().take(length).collect();
            let text = write(&bytes);
            assert!(text.lines().all(|line| line.len() <= LINE));
            assert_eq!(read(&text), Some(bytes));
        }
    }

    #[test]
    fn mail_does_no_harm_and_tampering_is_refused() {
        let text = write(&[7; 100]);
        let mailed = text.replace('\n', " \r\n\r\n  ");
        assert_eq!(read(&format!("Hello,\n{mailed}\n-- \nme")), Some(vec![7; 100]));
        let second_line = text.lines().nth(1).unwrap();
        for damaged in [
            String::new(),
            BEGIN.to_owned(),
            text.replace(END, ""),
            text.replace(BEGIN, ""),
            text.replace("IDENTITY", "DIARY"),
            text.replace(second_line, &second_line[1..]),
            text.replace(second_line, &second_line.replacen('B', "-", 1)),
            text.replace("=", ""),
            format!("{}{text}", " ".repeat(MAX_TEXT)),
        ] {
            assert_eq!(read(&damaged), None, "{damaged}");
        }
    }
}
