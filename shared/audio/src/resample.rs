//! Any rate to 16 kHz, with the filter that keeps what lies above 8 kHz from folding back into speech.

use std::ops::RangeInclusive;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use crate::SAMPLE_RATE;

/// The rates that we take. What lies beyond is a number in a header and no recorder's; the cost of
/// an odd rate grows with it.
pub(crate) const RATES: RangeInclusive<u32> = 1_000..=192_000;

/// Input frames that are worked on at a time.
const CHUNK: usize = 1024;

/// `samples` at 16 kHz, or `None` when the resampler refuses the rate.
pub(crate) fn to_16_khz(samples: Vec<f32>, from: u32) -> Option<Vec<f32>> {
    if from == SAMPLE_RATE || samples.is_empty() {
        return Some(samples);
    }
    let input = InterleavedSlice::new(&samples, 1, samples.len()).ok()?;
    let mut resampler =
        Fft::<f32>::new(from as usize, SAMPLE_RATE as usize, CHUNK, 1, FixedSync::Both).ok()?;
    let output = resampler.process_all(&input, samples.len(), None).ok()?;

    // The filter rings at sharp edges, slightly over full scale.
    let mut output = output.take_data();
    output.iter_mut().for_each(|sample| *sample = sample.clamp(-1.0, 1.0));
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rate: u32) -> Vec<f32> {
        (0..rate).map(|i| 0.5 * (std::f32::consts::TAU * hz * i as f32 / rate as f32).sin()).collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn speech_passes_and_what_16_khz_cannot_hold_is_filtered_out() {
        for rate in [44_100, 48_000, 96_000] {
            let kept = to_16_khz(tone(6_500.0, rate), rate).unwrap();
            let gone = to_16_khz(tone(9_500.0, rate), rate).unwrap();

            assert!((rms(&kept) - 0.3536).abs() < 0.005, "{rate}: {}", rms(&kept));
            assert!(rms(&gone[800..15_200]) < 0.001, "{rate}: {}", rms(&gone[800..15_200]));
        }
    }

    #[test]
    fn the_length_in_time_stays_the_same() {
        for rate in [1_000, 8_000, 11_025, 22_050, 44_101, 192_000, 191_999] {
            let second = to_16_khz(tone(100.0, rate), rate).unwrap();

            assert!(second.len().abs_diff(16_000) <= 1, "{rate}: {}", second.len());
        }
    }

    #[test]
    fn a_single_sample_is_enough() {
        assert_eq!(to_16_khz(vec![0.5], 48_000).unwrap().len(), 1);
        assert_eq!(to_16_khz(vec![0.5], 8_000).unwrap().len(), 2);
    }
}
