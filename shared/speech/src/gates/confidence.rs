//! How sure the model was of the words it chose.

use super::Flag;
use crate::{Segment, Thresholds};

/// The mean token probability over all segments, 0 to 1, each weighing as much as its text is long;
/// `None` when the engine does not tell.
pub(crate) fn confidence(segments: &[Segment]) -> Option<f32> {
    let known = || segments.iter().filter_map(|s| Some((s.avg_log_prob?, s.text.chars().count() as f32)));
    let chars: f32 = known().map(|(_, chars)| chars).sum();
    let sum: f32 = known().map(|(log_prob, chars)| log_prob * chars).sum();
    (chars > 0.0).then(|| (sum / chars).exp().min(1.0))
}

/// Flags a text of which the model was not sure.
pub(crate) fn unsure(confidence: Option<f32>, thresholds: &Thresholds) -> Option<Flag> {
    (confidence? < thresholds.min_avg_log_prob.exp()).then(|| Flag::low_confidence("low_confidence"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::segment;

    fn sure(text: &str, avg_log_prob: Option<f32>) -> Segment {
        Segment { avg_log_prob, ..segment(text) }
    }

    #[test]
    fn longer_segments_weigh_more() {
        let segments = [sure("あああああああああ", Some(-0.1)), sure("い", Some(-2.0))];

        let confidence = confidence(&segments).expect("known");

        assert!((confidence - (-0.29_f32).exp()).abs() < 1e-4, "{confidence}");
    }

    #[test]
    fn nothing_is_known_without_probabilities() {
        assert_eq!(confidence(&[sure("うん", None)]), None);
        assert_eq!(unsure(None, &Thresholds::default()), None);
    }

    #[test]
    fn a_low_mean_is_flagged() {
        let flag =
            |log_prob: f32| unsure(confidence(&[sure("うん", Some(log_prob))]), &Thresholds::default());

        assert_eq!(flag(-1.2), Some(Flag::low_confidence("low_confidence")));
        assert_eq!(flag(-0.8), None);
    }
}
