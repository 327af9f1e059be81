//! Foreign text inside our own messages.

use std::fmt;

const MAX_CHARS: usize = 200;

/// Shows at most 200 characters of a text, with control characters escaped so that a server
/// cannot write lines or terminal sequences into a log.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for character in chars.by_ref().take(MAX_CHARS) {
            if is_printable(character) {
                write!(f, "{character}")?;
            } else {
                write!(f, "{}", character.escape_unicode())?;
            }
        }
        if chars.next().is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// Not a control character, not a line separator, and nothing that turns the writing direction.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_shown_as_it_is() {
        assert_eq!(Excerpt("Zu viele Anfragen (äöü)").to_string(), "Zu viele Anfragen (äöü)");
    }

    #[test]
    fn control_and_direction_characters_are_escaped() {
        assert_eq!(
            Excerpt("a\nb\r\u{1b}[31m\u{202e}c\u{85}\u{2028}").to_string(),
            r"a\u{a}b\u{d}\u{1b}[31m\u{202e}c\u{85}\u{2028}"
        );
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let exact = "é".repeat(MAX_CHARS);
        assert_eq!(Excerpt(&exact).to_string(), exact);
        assert_eq!(Excerpt(&format!("{exact}x")).to_string(), format!("{exact}..."));
    }
}
