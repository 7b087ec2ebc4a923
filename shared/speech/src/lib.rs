//! From 16 kHz mono samples to judged text: a [`Transcriber`] says what it heard, the gates of
//! [`hear()`] say how far to believe it.
//!
//! Two transcribers: [`WhisperTranscriber`] runs whisper.cpp in this process, [`OpenAiTranscriber`]
//! asks any service with an OpenAI-compatible API. Decoding containers is `kimochi-audio`'s work,
//! fetching a model from S3 and storing the text are the transcribe function's.

use std::time::Duration;

mod activity;
mod error;
mod gates;
mod hear;
mod openai;
#[cfg(test)]
mod tests;
mod thresholds;
mod transcriber;
mod whisper;

pub use error::SpeechError;
pub use hear::{Heard, hear};
pub use openai::{OpenAiConfig, OpenAiTranscriber};
pub use thresholds::Thresholds;
pub use transcriber::{Model, Segment, Transcriber, Transcribing, Transcription};
pub use whisper::{ModelSource, WhisperTranscriber, threads_for_memory};

/// Samples per second of all sound in this crate.
pub const SAMPLE_RATE: u32 = 16_000;

/// How long `samples` last.
fn duration(samples: usize) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE))
}

/// How many samples last as long as `time`.
fn samples_in(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize
}
