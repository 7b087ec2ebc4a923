//! Text for which there was no sound: Whisper pads a clip to 30 seconds, and sometimes hears the padding.

use std::time::Duration;

use super::Flag;
use crate::{Segment, Thresholds};

/// Drops the segments that begin after the clip's end.
pub(crate) fn drop_beyond_end(
    segments: &mut Vec<Segment>,
    length: Duration,
    thresholds: &Thresholds,
) -> Option<&'static str> {
    let before = segments.len();
    let end = length + thresholds.end_tolerance;
    segments.retain(|segment| segment.times.as_ref().is_none_or(|times| times.start < end));
    (segments.len() < before).then_some("beyond_end")
}

/// Flags a text that nobody can speak in the clip's length; the only such test without timestamps.
pub(crate) fn too_fast(text: &str, length: Duration, thresholds: &Thresholds) -> Option<Flag> {
    let most = length.as_secs_f32() * thresholds.max_chars_per_second;
    (text.chars().count() as f32 > most).then(|| Flag::suspect("too_fast"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{TEXTS, seconds, segment};

    #[test]
    fn text_after_the_end_is_dropped_and_the_rest_stays() {
        let mut segments = vec![
            segment("ママがすき").at(0.0, 2.0),
            segment("だから").at(2.9, 6.0),
            segment("ご視聴ありがとうございました").at(3.3, 30.0),
        ];

        let reason = drop_beyond_end(&mut segments, seconds(3.0), &Thresholds::default());

        assert_eq!(reason, Some("beyond_end"));
        assert_eq!(segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["ママがすき", "だから"]);
    }

    #[test]
    fn text_without_times_is_kept() {
        let mut segments = vec![segment("ママがすき")];

        assert_eq!(drop_beyond_end(&mut segments, seconds(1.0), &Thresholds::default()), None);
        assert_eq!(segments.len(), 1);
    }

    #[test]
    fn a_sentence_in_a_third_of_a_second_is_too_fast() {
        let flag = too_fast("ご視聴ありがとうございました", seconds(0.4), &Thresholds::default());

        assert_eq!(flag, Some(Flag::suspect("too_fast")));
    }

    #[test]
    fn the_samples_are_not_too_fast() {
        for text in TEXTS {
            assert_eq!(too_fast(text, seconds(2.0), &Thresholds::default()), None, "{text}");
        }
    }
}
