//! One attempt at a recording: fetch, decode, hear, save the text.

use std::time::{Duration, Instant};

use kimochi_audio::{DecodeError, Decoded, Truncated};
use kimochi_blob::BlobError;
use kimochi_domain::{AudioKey, Failure, Quality, Transcript};
use kimochi_speech::{SpeechError, Transcriber, hear};
use kimochi_store::transcription::{Ending, Outcome};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

use crate::App;

/// A voice note may last three minutes; what goes on longer is transcribed up to here and marked as partial.
/// Bounds the memory, too: 12 MB of samples.
const MAX_DURATION: Duration = Duration::from_secs(3 * 60);

/// How long after the deadline the text may still be on its way to S3; within [`crate::RESERVE`].
const TIME_TO_SAVE: Duration = Duration::from_secs(1);

/// Why an attempt gave no transcript.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The file is at fault: no further attempt will help.
    Broken {
        /// What the parent is told.
        failure: Failure,
        /// What an engineer wants to know.
        detail: String,
    },
    /// Something else is at fault and may pass.
    Passing {
        /// Stable, for statistics.
        code: &'static str,
        /// The whole chain.
        error: anyhow::Error,
        /// Whether an operator has to mend the engine's set-up; the next attempt reads it anew.
        misconfigured: bool,
    },
}

/// Makes a transcript of the recording at `audio_key` and stores it under its text key. Stops at `deadline`.
///
/// The text is written before the caller records it: a crash in between leaves an object that the next attempt
/// overwrites, never a row that points to nothing.
pub(crate) async fn run(
    app: &App,
    transcriber: &dyn Transcriber,
    audio_key: &AudioKey,
    deadline: Instant,
) -> Result<Outcome, Trouble> {
    let started = Instant::now();
    let bytes = in_time(deadline, app.bucket.get_audio(audio_key)).await?.ok_or_else(missing)?;
    let decoded = decode(bytes).await?;
    let (duration_ms, truncated) = (decoded.duration_ms(), decoded.truncated);
    let heard = hear(transcriber, decoded.samples, deadline, &app.thresholds).await?;
    let text_key = audio_key.text_key();
    in_time(deadline + TIME_TO_SAVE, app.bucket.put_text(&text_key, &heard.text)).await?;

    let (model_name, model_sha256) = heard.model.map_or((None, None), |m| (Some(m.name), m.sha256));
    Ok(Outcome {
        ending: ending(truncated, heard.complete, heard.quality),
        transcript: Transcript(heard.text),
        text_key,
        quality: heard.quality,
        quality_reasons: heard.reasons.into_iter().map(str::to_owned).collect(),
        confidence: heard.confidence,
        language: heard.language,
        duration_ms: i64::try_from(duration_ms).unwrap_or(i64::MAX),
        model_name,
        model_sha256,
        processing_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
    })
}

/// A slow S3 must not cost the sandbox its life: the lease could not be given back.
async fn in_time<T>(
    deadline: Instant,
    call: impl Future<Output = Result<T, BlobError>>,
) -> Result<T, Trouble> {
    match timeout_at(deadline.into(), call).await {
        Ok(result) => Ok(result?),
        Err(elapsed) => Err(Trouble::passing("storage_timeout", elapsed)),
    }
}

/// Decoding is work for the processor, so it does not run on the thread that also serves timers.
async fn decode(bytes: Vec<u8>) -> Result<Decoded, Trouble> {
    match spawn_blocking(move || kimochi_audio::decode(&bytes, MAX_DURATION)).await {
        Ok(decoded) => Ok(decoded?),
        Err(panic) => Err(Trouble::passing("decoder_panic", panic)),
    }
}

/// A cut-off note without speech is still a note without speech: there is no part of a text to show.
fn ending(truncated: Option<Truncated>, complete: bool, quality: Quality) -> Ending {
    match (truncated, complete) {
        _ if quality == Quality::NoSpeech => Ending::NoSpeech,
        (Some(truncated), _) => Ending::Partial { reason: truncated.code().to_owned() },
        (None, false) => Ending::Partial { reason: "deadline".to_owned() },
        (None, true) => Ending::Transcribed,
    }
}

fn missing() -> Trouble {
    Trouble::Broken { failure: Failure::FileMissing, detail: "S3 has no such object".to_owned() }
}

impl From<DecodeError> for Trouble {
    fn from(error: DecodeError) -> Self {
        let failure = match &error {
            DecodeError::Empty => Failure::EmptyFile,
            DecodeError::UnknownContainer => Failure::UnknownContainer,
            DecodeError::NoAudioTrack { .. } => Failure::NoAudioTrack,
            DecodeError::UnsupportedCodec { .. } => Failure::UnsupportedCodec,
            DecodeError::Malformed { .. } | DecodeError::NoAudio { .. } => Failure::DamagedFile,
        };
        Self::Broken { failure, detail: error.to_string() }
    }
}

impl Trouble {
    fn passing(code: &'static str, error: impl Into<anyhow::Error>) -> Self {
        Self::Passing { code, error: error.into(), misconfigured: false }
    }
}

impl From<BlobError> for Trouble {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge { .. } => {
                Self::Broken { failure: Failure::FileTooLarge, detail: error.to_string() }
            }
            error => Self::passing("storage", error),
        }
    }
}

impl From<SpeechError> for Trouble {
    fn from(error: SpeechError) -> Self {
        let (code, misconfigured) = (error.code(), error.is_misconfiguration());
        Self::Passing { code, error: error.into(), misconfigured }
    }
}
