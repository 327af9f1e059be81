//! Prints the public API that a JSON file of rustdoc describes, one line an item.
use std::error::Error;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: sealpost-api FILE.json")?;
    // What the compiler derives for every type, such as `impl<T> Into<U> for T`, tells nothing.
    // Send and Sync do: they are part of the promise.
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    for item in api.items() {
        println!("{item}");
    }
    Ok(())
}
