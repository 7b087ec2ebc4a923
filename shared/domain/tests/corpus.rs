//! Replays the corpus of the fuzz target `storage_key` and a fixed set of mutations of it.

use kimochi_domain::{ArchiveKey, AudioKey, TextKey};
use kimochi_testing::corpus;

#[test]
fn every_text_of_the_corpus_gets_an_answer() {
    for seed in corpus::seeds("storage_key") {
        println!("{}", seed.name);
        assert_answered(&seed.bytes);
    }
}

#[test]
fn mutations_of_the_corpus_get_an_answer() {
    corpus::check_mutations("storage_key", 20_000, assert_answered);
}

/// What is accepted is printed back letter for letter: no two texts name one object.
fn assert_answered(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
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
}
