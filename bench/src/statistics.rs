//! What many measurements say together.

use serde::{Deserialize, Serialize};

/// A middle value and how far the others are from it, in the unit of the figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Middle {
    /// Half of them are smaller.
    pub(crate) median: f64,
    /// Half of them are between the two.
    pub(crate) quartiles: (f64, f64),
    /// How many there are.
    pub(crate) count: usize,
}

impl Middle {
    pub(crate) fn of(values: &[f64]) -> Self {
        let sorted = sorted(values);
        let quartiles = (at(&sorted, 0.25), at(&sorted, 0.75));
        Self { median: at(&sorted, 0.5), quartiles, count: sorted.len() }
    }
}

/// The value that this share of them does not exceed; 0 when there are none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    at(&sorted(values), share)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_that_of_the_sorted_values() {
        let middle = Middle::of(&[5.0, 1.0, 3.0, 2.0, 4.0]);

        assert_eq!((middle.median, middle.quartiles, middle.count), (3.0, (2.0, 4.0), 5));
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 0.99), 3.0);
        assert_eq!(Middle::of(&[]).median, 0.0);
    }
}
