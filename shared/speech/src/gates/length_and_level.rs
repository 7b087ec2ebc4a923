//! A clip that is too short or too quiet holds no word.

use crate::{Thresholds, activity::sustained_level, samples_in};

/// The reason to stop here, if there is one.
pub(crate) fn length_and_level(samples: &[f32], thresholds: &Thresholds) -> Option<&'static str> {
    if samples.len() < samples_in(thresholds.min_length) {
        return Some("too_short");
    }
    let level_dbfs = 20.0 * sustained_level(samples).log10();
    (level_dbfs < thresholds.min_level_dbfs).then_some("too_quiet")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{noise, silence, speech};

    fn gate(samples: &[f32]) -> Option<&'static str> {
        length_and_level(samples, &Thresholds::default())
    }

    #[test]
    fn less_than_100_ms_is_too_short() {
        assert_eq!(gate(&[]), Some("too_short"));
        assert_eq!(gate(&speech(1)[..1_599]), Some("too_short"));
    }

    #[test]
    fn digital_silence_and_rounding_noise_are_too_quiet() {
        assert_eq!(gate(&silence(3.0)), Some("too_quiet"));
        assert_eq!(gate(&noise(48_000, 1.0 / 32_768.0)), Some("too_quiet"));
    }

    #[test]
    fn a_whisper_passes() {
        let soft: Vec<f32> = speech(1).iter().map(|sample| sample * 0.03).collect();

        assert_eq!(gate(&soft), None);
    }
}
