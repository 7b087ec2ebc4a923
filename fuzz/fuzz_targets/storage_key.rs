//! A key that is accepted is printed back letter for letter: no two texts name one object.

#![no_main]

use kimochi_domain::{ArchiveKey, AudioKey, TextKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<AudioKey>() {
        assert_eq!(key.to_string(), text);
        assert_eq!(key.text_key().to_string().parse(), Ok(key.text_key()));
    }
    if let Ok(key) = text.parse::<ArchiveKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<TextKey>() {
        assert_eq!(key.to_string(), text);
    }
});
