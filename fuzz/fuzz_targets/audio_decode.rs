//! Whatever a family's device uploads: the decoder answers, within its limit, with usable samples.

#![no_main]

use std::panic::{PanicHookInfo, set_hook};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;

const LIMIT: Duration = Duration::from_secs(10);

fuzz_target!(
    init: set_hook(Box::new(abort_if_ours)),
    |bytes: &[u8]| {
        let Ok(decoded) = kimochi_audio::decode(bytes, LIMIT) else {
            return;
        };
        assert!(!decoded.samples.is_empty());
        assert!(decoded.duration_ms() <= 10_000);
        assert!(decoded.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
);

/// `decode` turns a panic inside symphonia into an answer about the file, which is no crash. A panic
/// in our own code is, wherever it is caught.
fn abort_if_ours(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or("somewhere", |location| location.file());
    if !place.contains("symphonia") {
        eprintln!("{panic}");
        std::process::abort();
    }
}
