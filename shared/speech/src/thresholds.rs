//! Every number that decides what happens to a clip or its text, with where it comes from.

use std::time::Duration;

/// The limits of the gates. [`Thresholds::default`] is what runs in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Shorter clips hold no word. whisper.cpp refuses anything under 100 ms.
    pub min_length: Duration,
    /// Quieter clips hold nothing to hear, in dB below full scale: 20 dB under a soft voice at arm's
    /// length (about -50), and above the rounding noise of 16-bit sound (-98).
    pub min_level_dbfs: f32,
    /// Voice score (0 to 1) from which a frame is speech: what the makers of the detector advise, and
    /// what separates the samples from noise here (at most 0.42 on white noise, 0.9 inside words).
    pub voice_score: f32,
    /// Gaps up to this long belong to the speech around them: longer than the closure of a doubled
    /// consonant (きって).
    pub bridged_gap: Duration,
    /// Speech shorter than this is a click or a breath. The shortest answer, うん, takes about 0.2 s.
    pub min_speech: Duration,
    /// Least part of a clip that is speech. Deliberately tiny, since a child may think for minutes
    /// before one word: in 3 minutes it asks for 0.18 s.
    pub min_speech_ratio: f32,
    /// Silence kept on each side of the speech: soft beginnings and ends lie outside what the detector
    /// marks, and the embedded model was trained with 0.1 to 0.4 s.
    pub margin: Duration,
    /// Text may begin this much after the clip's end and still belong to it (Whisper's timestamps
    /// are multiples of 20 ms and often late).
    pub end_tolerance: Duration,
    /// Above this no-speech probability *and* below `min_avg_log_prob`, a segment is silence that was
    /// put into words. Both numbers are OpenAI's defaults (`no_speech_threshold`, `logprob_threshold`).
    pub max_no_speech: f32,
    /// See `max_no_speech`. Below it, alone, the text is of low confidence.
    pub min_avg_log_prob: f32,
    /// A phrase that follows itself this often in a row is a decoder's loop. Children do say
    /// どんどんどん and だめだめだめだめ; a loop only ends with the window.
    pub max_repeats: usize,
    /// ... and covers at least this part of the text.
    pub max_repeated_ratio: f32,
    /// The fastest that anyone speaks, in characters per second: adults read Japanese aloud at about
    /// 8 kana per second. What is beyond it was not said in that time.
    pub max_chars_per_second: f32,
    /// Shorter texts are too common to be called an echo of the prompt.
    pub min_echo_chars: usize,
}

impl Thresholds {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        min_length: Duration::from_millis(100),
        min_level_dbfs: -70.0,
        voice_score: 0.5,
        bridged_gap: Duration::from_millis(200),
        min_speech: Duration::from_millis(100),
        min_speech_ratio: 0.001,
        margin: Duration::from_millis(300),
        end_tolerance: Duration::from_millis(200),
        max_no_speech: 0.6,
        min_avg_log_prob: -1.0,
        max_repeats: 6,
        max_repeated_ratio: 0.6,
        max_chars_per_second: 20.0,
        min_echo_chars: 6,
    };
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}
