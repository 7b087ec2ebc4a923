//! A clip in which hardly anything sounds like a voice holds no speech.

use std::time::Duration;

use crate::Thresholds;

/// The reason to stop here, if `speech` is too little of `length`.
pub(crate) fn speech_ratio(
    speech: Duration,
    length: Duration,
    thresholds: &Thresholds,
) -> Option<&'static str> {
    let least = length.mul_f32(thresholds.min_speech_ratio).max(thresholds.min_speech);
    (speech < least).then_some("no_voice")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::seconds;

    fn gate(speech: f32, length: f32) -> Option<&'static str> {
        speech_ratio(seconds(speech), seconds(length), &Thresholds::default())
    }

    #[test]
    fn no_voice_is_no_speech() {
        assert_eq!(gate(0.0, 3.0), Some("no_voice"));
        assert_eq!(gate(0.05, 0.2), Some("no_voice"));
    }

    #[test]
    fn one_word_after_minutes_of_thinking_passes() {
        assert_eq!(gate(0.3, 180.0), None);
    }

    #[test]
    fn a_click_in_minutes_of_noise_does_not() {
        assert_eq!(gate(0.11, 180.0), Some("no_voice"));
    }
}
