//! An accident looks like a day's work, only larger: a run that would remove too much of what there is waits for somebody
//! to say that it is meant.

/// From how much on a run is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fuse {
    /// More than so many percent of what there is …
    pub percent: u8,
    /// … and more than so many of them.
    pub least: u32,
}

impl Default for Fuse {
    fn default() -> Self {
        Self { percent: 20, least: 1_000 }
    }
}

impl Fuse {
    /// Whether removing `doomed` of `all` is too much.
    pub(crate) fn blows(self, doomed: i64, all: i64) -> bool {
        doomed > i64::from(self.least) && doomed.saturating_mul(100) > all.saturating_mul(self.percent.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_both_a_share_and_a_number() {
        let fuse = Fuse::default();
        for (doomed, all, blows) in [
            (1_000, 1_000, false),
            (1_001, 1_001, true),
            (1_001, 5_005, false),
            (1_002, 5_005, true),
            (i64::MAX, i64::MAX, false),
            (i64::MAX, 0, true),
            (0, 0, false),
        ] {
            assert_eq!(fuse.blows(doomed, all), blows, "{doomed} of {all}");
        }
    }
}
