//! Prints the public API that a JSON file of rustdoc describes, one line an item.
use std::error::Error;

use public_api::Builder;

/// What every type has that is made of such: tells nothing. `Send` and `Sync` do.
const EVERYWHERE: [&str; 6] = [
    "core::marker::Freeze for ",
    "core::marker::StructuralPartialEq for ",
    "core::marker::Unpin for ",
    "core::marker::UnsafeUnpin for ",
    "core::panic::unwind_safe::RefUnwindSafe for ",
    "core::panic::unwind_safe::UnwindSafe for ",
];

/// Methods of which the line with the trait's `impl` says all.
const OF_TRAITS: [&str; 8] =
    ["clone", "cmp", "deserialize", "eq", "fmt", "hash", "partial_cmp", "serialize"];

fn tells(item: &str) -> bool {
    let path = item.split(['(', '<']).next().unwrap_or(item);
    let name = path.rsplit("::").next().unwrap_or(path);
    !(item.starts_with("impl") && EVERYWHERE.iter().any(|of| item.contains(of))
        || path.starts_with("pub fn") && OF_TRAITS.contains(&name))
}

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: sealpost-api FILE.json")?;
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    api.items()
        .map(ToString::to_string)
        .filter(|item| tells(item))
        .for_each(|item| println!("{item}"));
    Ok(())
}
