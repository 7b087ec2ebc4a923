//! Silence that was put into words: the model itself says that there was probably no speech, and does
//! not believe its own text. Either sign alone is common on children's voices and means nothing.

use crate::{Segment, Thresholds};

/// Drops the segments that show both signs.
pub(crate) fn drop_no_speech(segments: &mut Vec<Segment>, thresholds: &Thresholds) -> Option<&'static str> {
    let before = segments.len();
    segments.retain(|segment| !is_silence(segment, thresholds));
    (segments.len() < before).then_some("no_speech")
}

fn is_silence(segment: &Segment, thresholds: &Thresholds) -> bool {
    match (segment.no_speech, segment.avg_log_prob) {
        (Some(no_speech), Some(avg_log_prob)) => {
            no_speech > thresholds.max_no_speech && avg_log_prob < thresholds.min_avg_log_prob
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::segment;

    #[test]
    fn only_both_signs_together_drop_a_segment() {
        for (no_speech, avg_log_prob, dropped) in [
            (Some(0.9), Some(-1.5), true),
            (Some(0.9), Some(-0.2), false),
            (Some(0.1), Some(-1.5), false),
            (None, Some(-1.5), false),
            (Some(0.9), None, false),
        ] {
            let mut segments = vec![segment("うん")];
            segments[0].no_speech = no_speech;
            segments[0].avg_log_prob = avg_log_prob;

            let reason = drop_no_speech(&mut segments, &Thresholds::default());

            assert_eq!(reason.is_some(), dropped, "{no_speech:?} {avg_log_prob:?}");
            assert_eq!(segments.is_empty(), dropped);
        }
    }
}
