//! What the operations document promises (4.2.1), and whether it was kept.

use crate::numbers::{Api, Given};

/// A promise about the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// 99.9 % or more.
    Availability,
    /// 1 % of 5xx or less.
    Errors,
    /// 500 ms or less on average.
    Mean,
    /// Held against the mean's promise as well, to see what the average hides.
    P95,
}

/// Whether a promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Kept,
    Broken,
    Unknown,
}

impl Target {
    pub(crate) const ALL: [Self; 4] = [Self::Availability, Self::Errors, Self::Mean, Self::P95];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Availability => "可用性",
            Self::Errors => "エラー率（5xx）",
            Self::Mean => "平均応答時間",
            Self::P95 => "応答時間 p95",
        }
    }

    pub(crate) const fn limit(self) -> f64 {
        match self {
            Self::Availability => 99.9,
            Self::Errors => 1.0,
            Self::Mean | Self::P95 => 500.0,
        }
    }

    /// The promise, as people read it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Availability => "99.9 % 以上",
            Self::Errors => "1 % 以下",
            Self::Mean => "500 ms 以下",
            Self::P95 => "目安 500 ms 以下",
        }
    }

    /// What was measured.
    pub(crate) fn of(self, api: &Given<Api>) -> Given<f64> {
        match api {
            Given::Missing { unavailable } => Given::missing(unavailable.clone()),
            Given::Known(api) => match self {
                Self::Availability => api.availability_percent.clone(),
                Self::Errors => Given::Known(api.error_percent),
                Self::Mean => api.mean_ms.clone(),
                Self::P95 => api.p95_ms.clone(),
            },
        }
    }

    /// Whether that is as promised.
    pub(crate) fn verdict(self, value: &Given<f64>) -> Verdict {
        let Some(value) = value.known() else { return Verdict::Unknown };
        let is_kept = match self {
            Self::Availability => *value >= self.limit(),
            Self::Errors | Self::Mean | Self::P95 => *value <= self.limit(),
        };
        if is_kept { Verdict::Kept } else { Verdict::Broken }
    }

    /// Whether the document promises it, and it does not only help to understand.
    pub(crate) const fn is_promised(self) -> bool {
        !matches!(self, Self::P95)
    }
}

impl Verdict {
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Kept => "○",
            Self::Broken => "×",
            Self::Unknown => "―",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_at_its_limit_and_nobody_judges_what_was_not_measured() {
        for (target, kept, broken) in [
            (Target::Availability, 99.9, 99.899),
            (Target::Errors, 1.0, 1.001),
            (Target::Mean, 500.0, 500.1),
            (Target::P95, 500.0, 501.0),
        ] {
            assert_eq!(target.verdict(&Given::Known(kept)), Verdict::Kept);
            assert_eq!(target.verdict(&Given::Known(broken)), Verdict::Broken);
            assert_eq!(target.verdict(&Given::missing("理由")), Verdict::Unknown);
        }
    }
}
