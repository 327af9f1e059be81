//! How many misuses of `sealpost` are tried to compile: those that `cargo test --doc` runs.

use std::collections::BTreeSet;

#[test]
fn no_rule_is_lost() {
    let rules: Vec<&str> = include_str!("../src/misuse.rs").split("\nrule! {\n").skip(1).collect();
    let names = rules.iter().filter_map(|rule| rule.trim_start().split(':').next());
    assert_eq!((rules.len(), names.collect::<BTreeSet<_>>().len()), (11, 11));
}
