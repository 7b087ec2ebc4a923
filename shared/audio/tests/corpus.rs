//! Replays what the fuzzer starts from and has found, and mutates it a little more, the same way
//! in every run. `make fuzz` goes on from here with the fuzz target `audio_decode`.

use std::time::Duration;

use kimochi_audio::decode;
use kimochi_testing::corpus;

const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn every_file_of_the_corpus_gets_an_answer() {
    for seed in corpus::seeds("audio_decode") {
        println!("{}", seed.name);
        assert_usable(&seed.bytes);
    }
}

#[test]
fn every_beginning_of_a_file_of_the_corpus_gets_an_answer() {
    for seed in corpus::seeds("audio_decode") {
        println!("{}", seed.name);
        let len = seed.bytes.len();
        for end in (0..len.min(600)).chain((600..len).step_by(61)) {
            assert_usable(&seed.bytes[..end]);
        }
    }
}

#[test]
fn mutations_of_the_corpus_get_an_answer() {
    corpus::check_mutations("audio_decode", 4_000, assert_usable);
}

fn assert_usable(bytes: &[u8]) {
    if let Ok(decoded) = decode(bytes, LIMIT) {
        assert!(!decoded.samples.is_empty());
        assert!(decoded.duration_ms() <= 10_000);
        assert!(decoded.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
}
