//! How many misuses are tried to compile: those of `src/misuse`, which `cargo test --doc` runs.
#![allow(clippy::unwrap_used, missing_docs)] // tests

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn no_rule_is_lost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/misuse");
    let module = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
    let (mut counts, mut names) = (Vec::new(), BTreeSet::new());
    for subject in ["order", "reading", "roles", "sealing", "secrets"] {
        assert!(module.contains(&format!("\nmod {subject};\n")));
        let text = std::fs::read_to_string(folder.join(format!("{subject}.rs"))).unwrap();
        let rules: Vec<&str> = text.split("\nrule! {\n").skip(1).collect();
        for rule in &rules {
            assert!(
                names.insert(rule.trim_start().split_once(':').unwrap().0.to_owned()),
                "{rule}"
            );
        }
        counts.push((subject, rules.len()));
    }
    let expected = [("order", 15), ("reading", 12), ("roles", 12), ("sealing", 7), ("secrets", 28)];
    assert_eq!(counts, expected);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1 + expected.len());
}
