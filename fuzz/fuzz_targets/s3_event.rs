//! A queue message is understood or refused; and what is understood names an object.

#![no_main]

use kimochi_blob::notification::{Notification, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    if let Ok(Notification::Created(objects)) = parse(body) {
        for object in objects {
            assert!(!object.key.is_empty());
        }
    }
});
