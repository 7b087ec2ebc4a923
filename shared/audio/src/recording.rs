//! A recording as it grows: samples at the track's own rate, laid on the track's time line.

use std::time::Duration;

/// What has been decoded so far.
pub(crate) struct Recording {
    pub(crate) samples: Vec<f32>,
    pub(crate) lost_packets: u32,
    sample_rate: u32,
    /// The most samples that are kept.
    limit: usize,
    /// Where the last packet ended on the track's time line.
    end_ms: Option<i64>,
}

/// The rest of the recording is not wanted.
#[derive(Debug, PartialEq)]
pub(crate) struct Full;

/// Shorter gaps between two packets are the unsteady clock of the writer.
const SHORTEST_GAP_MS: i64 = 100;
/// A pause stays a pause, and a laptop that slept for an hour makes no hour of silence.
const LONGEST_SILENCE_MS: i64 = 1_000;

impl Recording {
    pub(crate) fn new(sample_rate: u32, max_duration: Duration) -> Self {
        let limit = max_duration.as_millis().saturating_mul(sample_rate.into()) / 1000;
        Self {
            samples: Vec::new(),
            lost_packets: 0,
            sample_rate,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            end_ms: None,
        }
    }

    /// Adds the sound of a packet. Where its recorder left packets out (because nothing was to be
    /// heard, or they were lost) there is silence before it.
    pub(crate) fn push(&mut self, start_ms: i64, packet: &[f32]) -> Result<(), Full> {
        let gap_ms = start_ms.saturating_sub(self.end_ms.unwrap_or(start_ms));
        if gap_ms >= SHORTEST_GAP_MS {
            let silence = self.samples_in(gap_ms.min(LONGEST_SILENCE_MS));
            self.append(std::iter::repeat_n(0.0, silence))?;
        }
        self.end_ms = Some(start_ms.saturating_add(self.millis_in(packet.len())));
        self.append(packet.iter().copied().map(harmless))
    }

    /// Where the track ended on its own time line, zero being its start.
    pub(crate) fn end_ms(&self) -> u64 {
        self.end_ms.unwrap_or(0).max(0).cast_unsigned()
    }

    fn append(&mut self, samples: impl ExactSizeIterator<Item = f32>) -> Result<(), Full> {
        let room = self.limit - self.samples.len();
        let fits = samples.len() <= room;
        self.samples.extend(samples.take(room));
        if fits { Ok(()) } else { Err(Full) }
    }

    fn samples_in(&self, ms: i64) -> usize {
        ms as usize * self.sample_rate as usize / 1000
    }

    fn millis_in(&self, samples: usize) -> i64 {
        samples as i64 * 1000 / i64::from(self.sample_rate)
    }
}

/// A float file may hold anything. One NaN would spread over the whole note in the resampler.
fn harmless(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sample is a millisecond, which makes the numbers below easy to read.
    fn recording() -> Recording {
        Recording::new(1000, Duration::from_secs(5))
    }

    #[test]
    fn packets_that_follow_each_other_are_joined() {
        let mut recording = recording();

        recording.push(-7, &[0.5; 20]).unwrap();
        recording.push(13, &[0.25; 20]).unwrap();

        assert_eq!(recording.samples, [[0.5; 20], [0.25; 20]].concat());
        assert_eq!(recording.end_ms(), 33);
    }

    #[test]
    fn the_unsteady_clock_of_a_writer_makes_no_silence() {
        let mut recording = recording();

        for start_ms in [0, 95, 100, 260] {
            recording.push(start_ms, &[0.5; 60]).unwrap();
        }

        assert_eq!(recording.samples.len(), 4 * 60 + 100);
    }

    #[test]
    fn packets_left_out_become_silence_of_a_second_at_most() {
        let mut recording = recording();

        recording.push(0, &[0.5; 20]).unwrap();
        recording.push(320, &[0.5; 20]).unwrap();
        recording.push(3_600_000, &[0.5; 20]).unwrap();

        assert_eq!(recording.samples.len(), 20 + 300 + 20 + 1000 + 20);
        assert_eq!(recording.samples[20..320], [0.0; 300]);
    }

    #[test]
    fn a_time_line_that_jumps_wildly_does_no_harm() {
        let mut recording = recording();

        for start_ms in [i64::MAX, i64::MIN, 0, i64::MAX] {
            recording.push(start_ms, &[0.5; 20]).unwrap();
        }

        assert_eq!(recording.samples.len(), 4 * 20 + 2 * 1000);
    }

    #[test]
    fn what_goes_beyond_the_limit_is_cut() {
        let mut recording = recording();

        assert_eq!(recording.push(0, &[0.5; 4_999]), Ok(()));
        assert_eq!(recording.push(4_999, &[0.5]), Ok(()));
        assert_eq!(recording.push(5_000, &[0.5; 20]), Err(Full));

        assert_eq!(recording.samples.len(), 5_000);
    }

    #[test]
    fn samples_that_are_no_numbers_are_silent_and_loud_ones_are_clipped() {
        let mut recording = recording();

        recording.push(0, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -2.0, 0.5]).unwrap();

        assert_eq!(recording.samples, [0.0, 0.0, 0.0, 1.0, -1.0, 0.5]);
    }
}
