//! The seeds that the fuzz targets start from, and the same mutations of them in every run: what `make fuzz` does
//! for as long as one likes, each test run does a little of.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The most places that one mutation changes.
const MAX_CHANGES: usize = 12;

/// One file of a corpus.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Its file name, to be printed by a test that fails.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The corpus of the fuzz target `target`, in the order of its files' names.
///
/// # Panics
/// When there is none, or it is empty.
pub fn seeds(target: &str) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<Seed> = entries
        .map(|entry| {
            let entry = entry.expect("a readable folder");
            let name = entry.file_name().to_string_lossy().into_owned();
            Seed { name, bytes: std::fs::read(entry.path()).expect("a readable file") }
        })
        .collect();
    assert!(!seeds.is_empty(), "{} is empty", folder.display());
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    seeds
}

/// Gives `check` mutations of the corpus of `target`, `cases` of them: bytes overwritten, put in and taken out, and
/// the rest cut off somewhere.
///
/// # Panics
/// When `check` does; with the smallest mutation for which it does.
pub fn check_mutations(target: &str, cases: u32, check: impl Fn(&[u8])) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seed = prop::sample::select(seeds(target));
    let changes = prop::collection::vec((any::<Index>(), change()), 1..=MAX_CHANGES);
    let cut = prop::option::of(any::<Index>());

    let outcome = runner.run(&(seed, changes, cut), |(seed, changes, cut)| {
        let mut bytes = seed.bytes;
        for (at, change) in changes {
            apply(change, at, &mut bytes);
        }
        if let Some(end) = cut {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        check(&bytes);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn apply(change: Change, at: Index, bytes: &mut Vec<u8>) {
    match change {
        Change::Insert(byte) => bytes.insert(at.index(bytes.len() + 1), byte),
        _ if bytes.is_empty() => {}
        Change::Overwrite(byte) => *at.get_mut(bytes) = byte,
        Change::Remove => drop(bytes.remove(at.index(bytes.len()))),
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Overwrite(u8),
    Insert(u8),
    Remove,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u8>().prop_map(Change::Overwrite),
        any::<u8>().prop_map(Change::Insert),
        Just(Change::Remove)
    ]
}
