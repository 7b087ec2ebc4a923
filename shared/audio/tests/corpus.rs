//! Replays what the fuzzer starts from and has found, and mutates it a little more, the same way
//! in every run. `make fuzz` goes on from here with the fuzz target `audio_decode`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kimochi_audio::decode;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const LIMIT: Duration = Duration::from_secs(10);
const MUTATIONS: u32 = 2_000;

#[test]
fn every_file_of_the_corpus_gets_an_answer() {
    for (path, bytes) in corpus() {
        println!("{}", path.display());
        assert_usable(&bytes);
    }
}

#[test]
fn every_beginning_of_a_file_of_the_corpus_gets_an_answer() {
    for (path, bytes) in corpus() {
        println!("{}", path.display());
        for len in (0..bytes.len().min(600)).chain((600..bytes.len()).step_by(61)) {
            assert_usable(&bytes[..len]);
        }
    }
}

#[test]
fn mutations_of_the_corpus_get_an_answer() {
    let seeds: Vec<Vec<u8>> = corpus().into_iter().map(|(_, bytes)| bytes).collect();
    let config = Config { cases: MUTATIONS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));

    let seed = prop::sample::select(seeds);
    let changes = prop::collection::vec((any::<Index>(), any::<u8>()), 1..12);
    let outcome = runner.run(&(seed, changes, any::<Index>()), |(mut bytes, changes, end)| {
        if !bytes.is_empty() {
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        assert_usable(&bytes);
        assert_usable(&bytes[..end.index(bytes.len() + 1)]);
        Ok(())
    });

    outcome.unwrap();
}

fn assert_usable(bytes: &[u8]) {
    if let Ok(decoded) = decode(bytes, LIMIT) {
        assert!(!decoded.samples.is_empty());
        assert!(decoded.duration_ms() <= 10_000);
        assert!(decoded.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/audio_decode");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("a readable file"))).collect()
}
