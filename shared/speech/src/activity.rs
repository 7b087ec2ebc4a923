//! Where in a clip somebody speaks.
//!
//! The voice detector is `earshot`, a small neural network made for real voices. An energy threshold
//! would take a stationary vowel for noise, and a slammed door for speech.

use std::{ops::Range, time::Duration};

use earshot::Detector;

use crate::{Thresholds, duration};

/// Samples per decision, fixed by the detector: 16 ms.
const FRAME: usize = 256;

/// Frames that the detector hears twice at the start. Fresh from its reset it takes the onset of plain
/// noise for a voice for about 100 ms; after 20 frames (0.3 s) it no longer does.
const WARM_UP_FRAMES: usize = 20;

/// Frame level (root mean square) that the sound is brought to before detection. With it, a note spoken
/// 50 dB more quietly gives the same decisions; without it, none.
const TARGET_LEVEL: f32 = 0.15;

/// Loudest frames that do not count for the level: 80 ms, longer than a bump of the microphone.
const BUMP_FRAMES: usize = 5;

/// One clip's voice scores, and the spans of speech that follow from them.
pub(crate) struct Activity {
    scores: Vec<f32>,
    spans: Vec<Range<usize>>,
}

impl Activity {
    /// Listens to 16 kHz `samples`. Takes a few thousandths of their duration: 0.6 s for 4 minutes.
    pub(crate) fn of(samples: &[f32], thresholds: &Thresholds) -> Self {
        let scores = scores(samples);
        let spans = spans(&scores, thresholds);
        Self { scores, spans }
    }

    /// Stretches of speech in order, in samples; short gaps inside a word or a sentence are bridged.
    pub(crate) fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// How long somebody speaks.
    pub(crate) fn speech(&self) -> Duration {
        duration(self.spans.iter().map(Range::len).sum())
    }

    /// The least voice-like place within `range`, in samples: where a cut hurts least.
    pub(crate) fn weakest_within(&self, range: Range<usize>) -> usize {
        let frames = range.start.div_ceil(FRAME)..(range.end / FRAME).min(self.scores.len());
        frames
            .min_by(|a, b| self.scores[*a].total_cmp(&self.scores[*b]))
            .map_or(range.end, |frame| frame * FRAME)
    }
}

/// The level that a clip sustains at its loudest, as root mean square of a frame, 0 to 1.
pub(crate) fn sustained_level(samples: &[f32]) -> f32 {
    let mut levels: Vec<f32> = samples.chunks(FRAME).map(root_mean_square).collect();
    levels.sort_unstable_by(|a, b| b.total_cmp(a));
    levels.get(BUMP_FRAMES).or(levels.last()).copied().unwrap_or_default()
}

fn root_mean_square(frame: &[f32]) -> f32 {
    (frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len() as f32).sqrt()
}

fn scores(samples: &[f32]) -> Vec<f32> {
    let gain = TARGET_LEVEL / sustained_level(samples).max(f32::MIN_POSITIVE);
    let mut detector = Detector::default_boxed();
    let mut score = |frame: &[f32]| {
        let mut scaled = [0.0; FRAME];
        for (to, from) in scaled.iter_mut().zip(frame) {
            *to = (from * gain).clamp(-1.0, 1.0);
        }
        detector.predict_f32(&scaled)
    };
    for frame in samples.chunks(FRAME).take(WARM_UP_FRAMES) {
        score(frame);
    }
    samples.chunks(FRAME).map(score).collect()
}

fn spans(scores: &[f32], thresholds: &Thresholds) -> Vec<Range<usize>> {
    let bridge = frames(thresholds.bridged_gap);
    let mut spans: Vec<Range<usize>> = Vec::new();
    for frame in (0..scores.len()).filter(|frame| scores[*frame] >= thresholds.voice_score) {
        match spans.last_mut() {
            Some(span) if frame <= span.end + bridge => span.end = frame + 1,
            _ => spans.push(frame..frame + 1),
        }
    }
    spans.retain(|span| span.len() >= frames(thresholds.min_speech));
    spans.into_iter().map(|span| span.start * FRAME..span.end * FRAME).collect()
}

fn frames(time: Duration) -> usize {
    (time.as_secs_f32() * crate::SAMPLE_RATE as f32 / FRAME as f32).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{noise, seconds, silence, speech, tone};

    fn activity(samples: &[f32]) -> Activity {
        Activity::of(samples, &Thresholds::default())
    }

    #[test]
    fn speech_is_found_at_any_level() {
        let loud = activity(&speech(1));
        let quiet: Vec<f32> = speech(1).iter().map(|sample| sample * 0.003).collect();

        let quiet = activity(&quiet);

        assert_eq!(loud.spans(), quiet.spans());
        assert!(loud.speech() > seconds(1.5) && loud.speech() < seconds(2.8), "{:?}", loud.speech());
    }

    #[test]
    fn speech_is_found_under_noise_down_to_a_ratio_of_5_db() {
        for sample in 1..=6 {
            let clean = speech(sample);
            let level = root_mean_square(&clean);
            let (first, last) = ends(&activity(&clean));

            for snr_db in [20.0, 10.0, 5.0] {
                let hiss = noise(clean.len(), level * 10_f32.powf(-snr_db / 20.0));
                let noisy: Vec<f32> = clean.iter().zip(hiss).map(|(a, b)| a + b).collect();
                let (noisy_first, noisy_last) = ends(&activity(&noisy));
                let slack = crate::SAMPLE_RATE as usize / 10;
                assert!(noisy_first <= first + slack, "sample {sample}, {snr_db} dB: starts late");
                assert!(noisy_last + slack >= last, "sample {sample}, {snr_db} dB: ends early");
            }
        }
    }

    fn ends(activity: &Activity) -> (usize, usize) {
        let spans = activity.spans();
        (spans.first().expect("speech").start, spans.last().expect("speech").end)
    }

    #[test]
    fn silence_noise_and_hum_are_no_speech() {
        for (name, samples) in [
            ("silence", silence(3.0)),
            ("white noise", noise(48_000, 0.1)),
            ("faint white noise", noise(48_000, 0.001)),
            ("mains hum", tone(100.0, 0.1, 3.0)),
            ("whistle", tone(1_000.0, 0.1, 3.0)),
        ] {
            assert!(activity(&samples).spans().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_bump_of_the_microphone_does_not_drown_a_quiet_voice() {
        let mut samples: Vec<f32> = speech(3).iter().map(|sample| sample * 0.01).collect();
        samples[2_000..2_400].fill(0.99);

        assert!(activity(&samples).speech() > seconds(1.0));
    }

    #[test]
    fn samples_out_of_range_do_no_harm() {
        for wild in [f32::NAN, f32::INFINITY, 1e30] {
            let mut samples = speech(2);
            samples[100] = wild;
            activity(&samples);
        }
    }
}
