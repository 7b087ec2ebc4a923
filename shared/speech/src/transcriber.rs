//! What every engine takes and gives, before any judgement.

use std::{
    ops::Range,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::SpeechError;

/// An engine that turns speech into text.
pub trait Transcriber: Send + Sync {
    /// Transcribes 16 kHz mono `speech`, in Japanese, and answers by `deadline`.
    ///
    /// When time runs out after some of it was heard, the answer holds that much and is not
    /// `complete`; with nothing to show for it, [`SpeechError::Deadline`].
    fn transcribe(&self, speech: Arc<[f32]>, deadline: Instant) -> Transcribing<'_>;

    /// The prompt that goes with each request, if any: a confused engine repeats it.
    fn prompt(&self) -> Option<&str> {
        None
    }
}

/// The future of [`Transcriber::transcribe`], boxed so that the trait can be a `dyn`.
pub type Transcribing<'a> = Pin<Box<dyn Future<Output = Result<Transcription, SpeechError>> + Send + 'a>>;

/// Everything an engine said about one clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcription {
    /// In the order they were spoken; none when nothing was understood.
    pub segments: Vec<Segment>,
    /// ISO 639-1 code; `None` when the engine does not tell.
    pub language: Option<String>,
    /// Whether the engine got to the end of the clip.
    pub complete: bool,
    /// Which model it was.
    pub model: Model,
}

/// A stretch of text with what the engine knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// As the engine gave it, without surrounding white space.
    pub text: String,
    /// Mean log-probability of its tokens, at most 0; `None` when the engine does not tell.
    pub avg_log_prob: Option<f32>,
    /// How likely there was no speech at all, 0 to 1; `None` when the engine does not tell.
    pub no_speech: Option<f32>,
    /// From the start of the clip; `None` when the engine does not tell.
    pub times: Option<Range<Duration>>,
}

/// The model behind a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The file's stem (`ggml-small-q5_1`) or the service's name for it (`whisper-1`).
    pub name: String,
    /// Of the model file, in hexadecimal; `None` for a model that only a service has.
    pub sha256: Option<String>,
}
