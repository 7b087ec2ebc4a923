//! The calls into whisper.cpp, and the traps around them.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperState,
    WhisperTokenId,
};

use super::{LANGUAGE, ModelSource, model::EMBEDDED, windows::windows};
use crate::{SAMPLE_RATE, Segment, SpeechError, duration};

/// Samples that one step of the encoder's context covers: 20 ms.
const SAMPLES_PER_STEP: usize = SAMPLE_RATE as usize / 50;

/// Shorter sound is filled up with silence: whisper.cpp ignores anything under 110 ms.
const MIN_SAMPLES: usize = SAMPLE_RATE as usize / 5;

/// A loaded model with the settings that suit it.
pub(super) struct Engine {
    context: WhisperContext,
    params: FullParams<'static, 'static>,
    deadline: Arc<Mutex<Instant>>,
    habits: Habits,
    threads: usize,
}

/// What differs between the little embedded model and real Whisper models.
struct Habits {
    /// Whether the encoder may look at the sound alone instead of 30 s padded with silence. The embedded
    /// model was trained for that and is 3 times faster; real models start to repeat themselves.
    short_context: bool,
    /// The longest pause inside a window. The embedded model knows one utterance at a time; for real
    /// models a pause is context, and each further window costs another 30 s of encoding.
    max_pause: Duration,
    /// More threads than this only wait for each other. ggml's threads meet after every operation, and
    /// spin until all have arrived: with two on a busy machine, a clip that one thread transcribes in
    /// 0.05 s was measured to burn 6 s.
    most_threads: usize,
}

/// How a transcription ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Complete,
    OutOfTime,
}

impl Ended {
    pub(super) fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

impl Engine {
    pub(super) fn load(source: &ModelSource, threads: usize) -> Result<Self, WhisperError> {
        // With no log feature of whisper-rs on, this silences whisper.cpp: our log is JSON.
        whisper_rs::install_logging_hooks();
        let mut settings = WhisperContextParameters::new();
        // On a CPU flash attention costs time: 0.53 s against 0.39 s for the embedded model's whole context.
        settings.use_gpu(false).flash_attn(false);
        let (context, habits) = match source {
            ModelSource::Embedded => (
                WhisperContext::new_from_buffer_with_params(EMBEDDED, settings)?,
                Habits { short_context: true, max_pause: Duration::from_millis(700), most_threads: 1 },
            ),
            ModelSource::File { path } => (
                WhisperContext::new_with_params(path, settings)?,
                Habits { short_context: false, max_pause: Duration::MAX, most_threads: usize::MAX },
            ),
        };
        let threads = threads.clamp(1, habits.most_threads);
        let deadline = Arc::new(Mutex::new(Instant::now()));
        let params = params(threads, deadline.clone());
        Ok(Self { context, params, deadline, habits, threads })
    }

    /// Transcribes `speech` window by window, and gives each segment away as soon as it is whole.
    pub(super) fn transcribe(
        &mut self,
        speech: &[f32],
        deadline: Instant,
        mut finished: impl FnMut(Segment),
    ) -> Result<Ended, SpeechError> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        let windows = windows(speech, self.habits.max_pause);
        let mut params = self.params.clone();
        params.set_audio_ctx(self.audio_context(&windows));
        let mut state = self.context.create_state().map_err(failed)?;
        for window in windows {
            if Instant::now() >= deadline {
                return Ok(Ended::OutOfTime);
            }
            let sound = at_least(MIN_SAMPLES, &speech[window.clone()]);
            match state.full(params.clone(), &sound) {
                Ok(()) => {}
                Err(_) if Instant::now() >= deadline => return Ok(Ended::OutOfTime),
                Err(error) => return Err(failed(error)),
            }
            if let Some(segment) = self.segment(&mut state, window)? {
                finished(segment);
            }
        }
        Ok(Ended::Complete)
    }

    /// Steps of encoder context for the longest window; 0 means all. The same for every window of a
    /// state, and a multiple of 256: whisper.cpp keeps the keys in blocks of 256, and flash attention, if
    /// it is ever switched on, would take for sound what another size left behind in the last block.
    fn audio_context(&self, windows: &[Range<usize>]) -> i32 {
        let longest = windows.iter().map(Range::len).max().unwrap_or(0);
        let steps = longest.div_ceil(SAMPLES_PER_STEP).next_multiple_of(256);
        let all = usize::try_from(self.context.n_audio_ctx()).unwrap_or(0);
        if self.habits.short_context && steps < all { i32::try_from(steps).unwrap_or(0) } else { 0 }
    }

    /// The text of the window just heard, as one segment with the window's times.
    fn segment(
        &self,
        state: &mut WhisperState,
        window: Range<usize>,
    ) -> Result<Option<Segment>, SpeechError> {
        let mut text = Vec::new();
        let mut log_probs = Vec::new();
        for segment in state.as_iter() {
            text.extend_from_slice(segment.to_bytes().map_err(failed)?);
            let tokens = (0..segment.n_tokens()).filter_map(|index| segment.get_token(index));
            log_probs.extend(tokens.map(|token| token.token_data().plog));
        }
        // A token may end inside a character, so only the whole is text.
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(Segment {
            text,
            avg_log_prob: Some(log_probs.iter().sum::<f32>() / log_probs.len().max(1) as f32),
            no_speech: Some(no_speech(state, &self.context, self.threads)?),
            times: Some(duration(window.start)..duration(window.end)),
        }))
    }
}

/// Greedy, Japanese, each window for itself: no text context, no timestamps, no second temperature.
fn params(threads: usize, deadline: Arc<Mutex<Instant>>) -> FullParams<'static, 'static> {
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(i32::try_from(threads).unwrap_or(1));
    params.set_language(Some(LANGUAGE));
    params.set_no_context(true);
    params.set_no_timestamps(true);
    params.set_single_segment(true);
    params.set_temperature_inc(0.0);
    params.set_no_speech_thold(1.0); // whisper.cpp's own probability is wrong, see `no_speech`
    params.set_print_progress(false);
    // The closure must be of exactly this boxed type: whisper-rs 0.16 stores a box of a box and reads it
    // back as the type it was given, which is undefined behaviour for any other. It also leaks what it
    // stores, and the language with it: hence one set of parameters per engine, and a shared deadline.
    type AbortCallback = Box<dyn FnMut() -> bool>;
    let out_of_time: AbortCallback =
        Box::new(move || Instant::now() >= *deadline.lock().unwrap_or_else(PoisonError::into_inner));
    params.set_abort_callback_safe::<_, AbortCallback>(out_of_time);
    params
}

/// The probability that there is no speech in the window just encoded, as OpenAI's Whisper takes it: from
/// the first token's distribution after <|startoftranscript|>.
///
/// whisper.cpp reports one itself, but reads it from row 0 of a batch in which only the last row was
/// computed. Decoding that single token again makes row 0 the right one, for the price of one token.
fn no_speech(state: &mut WhisperState, context: &WhisperContext, threads: usize) -> Result<f32, SpeechError> {
    state.decode(&[context.token_sot()], 0, threads).map_err(failed)?;
    Ok(probability(state.get_logits().map_err(failed)?, context.token_nosp()))
}

fn probability(logits: &[f32], token: WhisperTokenId) -> f32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - max).exp()).sum();
    usize::try_from(token)
        .ok()
        .and_then(|token| logits.get(token))
        .map_or(0.0, |logit| (logit - max).exp() / sum)
}

fn at_least(samples: usize, sound: &[f32]) -> Vec<f32> {
    let mut sound = sound.to_vec();
    sound.resize(sound.len().max(samples), 0.0);
    sound
}

fn failed(error: WhisperError) -> SpeechError {
    SpeechError::Engine(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{TEXTS, plenty, silence, speech};

    fn model_file() -> ModelSource {
        ModelSource::File {
            path: concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/ggml-kimochi-q5_0.bin").into(),
        }
    }

    fn engine() -> Engine {
        Engine::load(&ModelSource::Embedded, 1).expect("the embedded model")
    }

    #[test]
    fn the_context_covers_the_longest_window_in_steps_of_256() {
        let engine = engine();
        let seconds = |seconds: f32| 0..(seconds * SAMPLE_RATE as f32) as usize;

        for (windows, expected) in [
            (vec![seconds(0.2)], 256),
            (vec![seconds(5.1)], 256),
            (vec![seconds(5.2)], 512),
            (vec![seconds(3.0), seconds(11.0), seconds(1.0)], 768),
            (vec![seconds(29.0)], 0),
        ] {
            assert_eq!(engine.audio_context(&windows), expected, "{windows:?}");
        }
    }

    #[test]
    fn the_embedded_model_never_takes_a_second_thread() {
        let engine = Engine::load(&ModelSource::Embedded, 6).expect("the embedded model");

        assert_eq!(engine.threads, 1);
    }

    #[test]
    fn the_clock_stops_the_engine_inside_a_window() {
        let mut engine = engine();
        let mut state = engine.context.create_state().expect("a state");
        let started = Instant::now();

        let outcome = state.full(engine.params.clone(), &speech(1));
        let ended = engine.transcribe(&speech(1), started, |_| {}).expect("no failure");

        assert!(outcome.is_err(), "its deadline was the moment of loading");
        assert_eq!(ended, Ended::OutOfTime);
    }

    #[test]
    fn segments_carry_text_confidence_and_times() {
        let mut segments = Vec::new();

        let ended = engine().transcribe(&speech(2), plenty(), |segment| segments.push(segment));

        assert_eq!(ended.expect("no failure"), Ended::Complete);
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0].text, TEXTS[1]);
        assert!(segments[0].avg_log_prob.is_some_and(|log_prob| (-0.2..=0.0).contains(&log_prob)));
        let times = segments[0].times.clone().expect("times");
        assert!(times.start < times.end && times.end <= duration(speech(2).len()));
    }

    #[test]
    fn a_model_from_a_file_gets_the_whole_context_and_few_windows() {
        let mut engine = Engine::load(&model_file(), 1).expect("a model");
        let with_silence = [speech(1), silence(1.0)].concat();
        let mut segments = Vec::new();

        let window = 0..SAMPLE_RATE as usize;
        assert_eq!(engine.audio_context(&[window]), 0);
        engine.transcribe(&with_silence, plenty(), |segment| segments.push(segment)).expect("no failure");

        assert_eq!(segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), [TEXTS[0]]);
    }

    #[test]
    fn the_first_token_is_looked_at_in_the_row_that_was_computed() {
        let engine = engine();
        *engine.deadline.lock().expect("a deadline") = plenty();
        let mut state = engine.context.create_state().expect("a state");

        for sample in [1, 6] {
            state.full(engine.params.clone(), &speech(sample)).expect("no failure");
            let no_speech = no_speech(&mut state, &engine.context, 1).expect("a probability");

            // What follows <|startoftranscript|> is a language, and the model knows one.
            let logits = state.get_logits().expect("logits");
            let score = |language: &i32| probability(logits, engine.context.token_lang(*language));
            let likeliest = (0..whisper_rs::get_lang_max_id()).max_by(|a, b| score(a).total_cmp(&score(b)));
            assert_eq!(likeliest, whisper_rs::get_lang_id(LANGUAGE));
            assert!(no_speech < 0.1, "the model was never taught to use that token: {no_speech}");
        }
    }
}
