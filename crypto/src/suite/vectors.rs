//! Reading the vector files of the tests.

use std::collections::BTreeMap;
use std::vec::Vec;

/// The rows of a vector file: a `#` line with the columns' names, then one case per line.
pub(super) fn rows<'a, const N: usize>(
    file: &'a str,
    columns: &str,
) -> impl Iterator<Item = [&'a str; N]> {
    let mut lines = file.lines();
    assert_eq!(lines.next().unwrap().strip_prefix("# ").unwrap(), columns);
    lines.map(|line| line.split(' ').collect::<Vec<_>>().try_into().unwrap())
}

/// Bytes of a row; `-` stands for none.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let text = if text == "-" { "" } else { text };
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// How often each outcome came with each result that the vectors ask for.
pub(super) type Tally = BTreeMap<(&'static str, &'static str), usize>;

/// The result a row asks for, as a key for the tally.
pub(super) fn expected(result: &str) -> &'static str {
    ["valid", "acceptable", "invalid"].into_iter().find(|known| *known == result).unwrap()
}
