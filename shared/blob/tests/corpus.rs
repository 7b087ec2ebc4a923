//! Replays the corpus of the fuzz target `s3_event` and a fixed set of mutations of it.

use kimochi_blob::notification::{Notification, parse};
use kimochi_testing::corpus;

#[test]
fn every_text_of_the_corpus_gets_an_answer() {
    for seed in corpus::seeds("s3_event") {
        println!("{}", seed.name);
        assert_answered(&seed.bytes);
    }
}

#[test]
fn mutations_of_the_corpus_get_an_answer() {
    corpus::check_mutations("s3_event", 20_000, assert_answered);
}

/// What is understood names an object.
fn assert_answered(bytes: &[u8]) {
    if let Ok(Notification::Created(objects)) = parse(&String::from_utf8_lossy(bytes)) {
        assert!(objects.iter().all(|object| !object.key.is_empty()));
    }
}
