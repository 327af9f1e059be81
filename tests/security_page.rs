//! What `SECURITY.md` names exists: a page that promises tests must not outlive them.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)] // a test

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../SECURITY.md");

/// What stands between backticks and has the form `path/of/file.rs::name_of_test`.
fn tests_named_in(text: &str) -> Vec<(&str, &str)> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split_once(".rs::")).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = tests_named_in(PAGE);
    for (file, test) in &named {
        let source = fs::read_to_string(root.join(file).with_extension("rs")).expect(file);
        let function = source.find(&format!("fn {test}(")).expect(test);
        let attributes = source.get(..function).unwrap().rsplit("\n\n").next().unwrap();
        assert!(attributes.contains("test]") || attributes.contains("test("), "{file}: {test}");
    }
    assert!(named.len() >= 60, "{}", named.len());
}

#[test]
fn every_past_failure_has_what_would_catch_it() {
    let (_, table) = PAGE.split_once("| what happened |").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).collect();
    for row in &rows {
        let check = row.rsplit(" | ").next().unwrap();
        assert!(!tests_named_in(check).is_empty() || check.contains("]("), "{row}");
    }
    assert!(rows.len() >= 31, "{}", rows.len());
}

#[test]
fn every_file_that_is_linked_exists() {
    let links = PAGE.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    for link in links {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
    }
}
