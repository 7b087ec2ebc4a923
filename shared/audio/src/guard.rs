//! The last line: a panic inside a third-party parser becomes an answer about the file.
//!
//! The parsers below us are safe Rust and read hostile bytes. Where one of them was found to break
//! we check the input first (`source`, `mp4`); this is for what nobody has found yet. Without it one
//! strange file would take down the whole invocation and the good notes in its batch with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The parser gave up by panicking.
#[derive(Debug, PartialEq)]
pub(crate) struct Panicked;

/// Runs `work`. What it borrows mutably must make sense wherever it may stop.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_what_was_done_stays() {
        let mut done = vec![1];

        let outcome = guarded(|| {
            done.push(2);
            let empty: [u8; 0] = [];
            done.push(i32::from(empty[done.len()]));
        });

        assert_eq!(outcome, Err(Panicked));
        assert_eq!(done, [1, 2]);
    }
}
