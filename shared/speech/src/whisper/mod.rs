//! whisper.cpp in this process.

mod engine;
mod model;
mod threads;
mod windows;

use std::{path::Path, sync::Arc, time::Instant};

use tokio::{
    sync::{Mutex, mpsc},
    task::spawn_blocking,
    time::timeout_at,
};

use crate::{Model, SpeechError, Transcriber, Transcribing, Transcription};
use engine::Engine;
pub use model::ModelSource;
pub use threads::threads_for_memory;

/// The language of the product. Detecting it would cost a second encoder pass and gets short clips wrong.
const LANGUAGE: &str = "ja";

/// A loaded model. One call runs at a time, with all threads; others wait for it, up to their deadline.
pub struct WhisperTranscriber {
    engine: Arc<Mutex<Engine>>,
    model: Model,
}

impl WhisperTranscriber {
    /// Loads a model: 0.04 s for the embedded one, seconds for a production model. It blocks, so call
    /// it before serving or on a blocking thread.
    ///
    /// `expected_sha256` (hexadecimal) is compared before anything is loaded; nothing else notices a file
    /// that is cut short in its last tensor, which can be most of it. `threads` is
    /// [`threads_for_memory`] in a function; the embedded model is too small to use more than one.
    pub fn load(
        source: &ModelSource,
        expected_sha256: Option<&str>,
        threads: usize,
    ) -> Result<Self, SpeechError> {
        let model = source.identify(expected_sha256)?;
        let engine = Engine::load(source, threads).map_err(|_| SpeechError::ModelFormat {
            path: source.path().unwrap_or(Path::new("embedded")).into(),
        })?;
        tracing::info!(model.name, model.sha256, threads, "Whisper model loaded");
        Ok(Self { engine: Arc::new(Mutex::new(engine)), model })
    }

    async fn transcribe_by(
        &self,
        speech: Arc<[f32]>,
        deadline: Instant,
    ) -> Result<Transcription, SpeechError> {
        let late = |_| SpeechError::Deadline;
        let mut engine = timeout_at(deadline.into(), self.engine.clone().lock_owned()).await.map_err(late)?;

        // The engine looks at the clock only between an encoder pass and the next, which with a large
        // model is seconds. So it hands over each segment when it has it, and nobody waits past the
        // deadline for it to notice: it ends alone, and holds its lock until then.
        let (finished, mut arriving) = mpsc::unbounded_channel();
        let work = spawn_blocking(move || {
            engine.transcribe(&speech, deadline, |segment| {
                // Nobody listens any more after the deadline; the engine stops at its next look.
                let _ = finished.send(segment);
            })
        });
        let mut segments = Vec::new();
        let collect = async {
            while let Some(segment) = arriving.recv().await {
                segments.push(segment);
            }
            work.await.map_err(|panic| SpeechError::Engine(Box::new(panic)))?
        };
        let complete = match timeout_at(deadline.into(), collect).await {
            Ok(ended) => ended?.is_complete(),
            Err(_) => false,
        };
        if !complete && segments.is_empty() {
            return Err(SpeechError::Deadline);
        }
        Ok(Transcription { segments, language: Some(LANGUAGE.into()), complete, model: self.model.clone() })
    }
}

impl Transcriber for WhisperTranscriber {
    fn transcribe(&self, speech: Arc<[f32]>, deadline: Instant) -> Transcribing<'_> {
        Box::pin(self.transcribe_by(speech, deadline))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use model::EMBEDDED;

    #[test]
    fn a_quarter_of_a_model_file_is_refused() {
        let path = std::env::temp_dir().join(format!("kimochi-quarter-{}.bin", std::process::id()));
        fs::write(&path, &EMBEDDED[..EMBEDDED.len() / 4]).expect("a temporary file");

        let outcome = WhisperTranscriber::load(&ModelSource::File { path: path.clone() }, None, 1);
        fs::remove_file(&path).expect("the temporary file");

        assert_eq!(outcome.err().map(|error| error.code()), Some("model_format"));
    }
}
