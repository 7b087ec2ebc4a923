//! How many threads the engine may use.

use std::{num::NonZero, thread};

/// Lambda gives one vCPU per this much memory.
const MEMORY_PER_VCPU_MB: usize = 1_769;

/// Threads for a function with `memory_mb`: one per whole vCPU it is given, at most 6 (what Lambda has)
/// and never more than this machine runs at once. One thread too many would spin away the others' time.
pub fn threads_for_memory(memory_mb: usize) -> usize {
    let available = thread::available_parallelism().map_or(1, NonZero::get);
    vcpus(memory_mb).min(available)
}

fn vcpus(memory_mb: usize) -> usize {
    ((memory_mb + MEMORY_PER_VCPU_MB / 2) / MEMORY_PER_VCPU_MB).clamp(1, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vcpus_follow_the_memory() {
        for (memory_mb, expected) in
            [(128, 1), (1_769, 1), (2_048, 1), (3_008, 2), (3_538, 2), (5_308, 3), (10_240, 6)]
        {
            assert_eq!(vcpus(memory_mb), expected, "{memory_mb} MB");
        }
    }

    #[test]
    fn a_small_machine_is_not_oversubscribed() {
        let available = thread::available_parallelism().map_or(1, NonZero::get);

        assert!(threads_for_memory(10_240) <= available);
        assert!(threads_for_memory(0) >= 1);
    }
}
