//! Replays the corpus of the fuzz target `s3_event` and a fixed set of mutations of it.

use std::path::Path;

use kimochi_blob::notification::{Notification, parse};

const MUTATIONS: usize = 20_000;

#[test]
fn every_text_of_the_corpus_gets_an_answer() {
    for text in corpus() {
        assert_answered(&text);
    }
}

#[test]
fn mutations_of_the_corpus_get_an_answer() {
    let seeds = corpus();
    let mut random = Random(0x5eed);
    for _ in 0..MUTATIONS {
        let mut bytes = seeds[random.below(seeds.len())].clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() + 1);
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, random.below(256) as u8),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.below(256) as u8),
            }
        }
        assert_answered(&String::from_utf8_lossy(&bytes));
    }
}

/// What is understood names an object.
fn assert_answered(body: &str) {
    if let Ok(Notification::Created(objects)) = parse(body) {
        assert!(objects.iter().all(|object| !object.key.is_empty()));
    }
}

fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/s3_event");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a readable file")).into_owned())
        .collect()
}

/// Xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
