//! One program for every target: which one, the environment variable `SEALPOST_FUZZ_TARGET` says.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sealpost_fuzz::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("SEALPOST_FUZZ_TARGET").unwrap_or_default();
        match sealpost_fuzz::target(&name) {
            Some(target) => TARGET.set(target).unwrap_or_default(),
            None => {
                eprintln!("SEALPOST_FUZZ_TARGET names no target: {name:?}");
                std::process::exit(2);
            }
        }
    },
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(data);
        }
    }
);
