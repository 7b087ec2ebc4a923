//! One clip from sound to judged text: the gates around a transcriber, in their order.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use kimochi_domain::Quality;
use tokio::task::spawn_blocking;

use crate::{
    Model, SpeechError, Thresholds, Transcriber, Transcription,
    activity::Activity,
    duration,
    gates::{
        Flag, beyond_end, boilerplate::boilerplate, confidence, length_and_level::length_and_level,
        no_speech::drop_no_speech, prompt_echo::prompt_echo, repetition::repetition,
        speech_ratio::speech_ratio,
    },
    samples_in,
};

/// What was said, and how far to believe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Empty when, and only when, the quality is `NoSpeech`.
    pub text: String,
    /// The worst that any gate thinks of it.
    pub quality: Quality,
    /// Mean probability of the tokens, 0 to 1; `None` without text, or when the engine does not tell.
    pub confidence: Option<f32>,
    /// ISO 639-1; `None` when no model was asked or it does not tell.
    pub language: Option<String>,
    /// `None` when a gate answered before the model.
    pub model: Option<Model>,
    /// False when time ran out and this is what there was until then.
    pub complete: bool,
    /// Stable codes of the gates that spoke, in their order.
    pub reasons: Vec<&'static str>,
}

/// Transcribes 16 kHz mono `samples` until `deadline`, and judges the text. Whatever keeps a processor busy runs on
/// the runtime's blocking threads.
///
/// Silence, noise and anything else without speech is an answer (`Quality::NoSpeech`), not an error.
/// An incomplete answer always has text; if there is none by the deadline, [`SpeechError::Deadline`].
pub async fn hear(
    transcriber: &dyn Transcriber,
    samples: Vec<f32>,
    deadline: Instant,
    thresholds: &Thresholds,
) -> Result<Heard, SpeechError> {
    let listening = spawn_blocking({
        let thresholds = thresholds.clone();
        move || find_speech(&samples, &thresholds).map(|speech| Arc::from(&samples[speech]))
    });
    let speech: Arc<[f32]> = match listening.await.map_err(|panic| SpeechError::Engine(Box::new(panic)))? {
        Ok(speech) => speech,
        Err(reason) => return Ok(no_speech(None, vec![reason])),
    };
    let length = duration(speech.len());
    let transcription = transcriber.transcribe(speech, deadline).await?;
    judge(transcription, length, transcriber.prompt(), thresholds)
}

/// The part of `samples` worth transcribing, without the silence before and after; or why there is none.
fn find_speech(samples: &[f32], thresholds: &Thresholds) -> Result<Range<usize>, &'static str> {
    if let Some(reason) = length_and_level(samples, thresholds) {
        return Err(reason);
    }
    let activity = Activity::of(samples, thresholds);
    if let Some(reason) = speech_ratio(activity.speech(), duration(samples.len()), thresholds) {
        return Err(reason);
    }
    let margin = samples_in(thresholds.margin);
    let (Some(first), Some(last)) = (activity.spans().first(), activity.spans().last()) else {
        return Err("no_voice");
    };
    Ok(first.start.saturating_sub(margin)..(last.end + margin).min(samples.len()))
}

fn judge(
    transcription: Transcription,
    length: Duration,
    prompt: Option<&str>,
    thresholds: &Thresholds,
) -> Result<Heard, SpeechError> {
    let Transcription { mut segments, language, complete, model } = transcription;
    segments.retain(|segment| !segment.text.trim().is_empty());
    let understood = !segments.is_empty();
    let mut reasons: Vec<_> = [
        beyond_end::drop_beyond_end(&mut segments, length, thresholds),
        drop_no_speech(&mut segments, thresholds),
    ]
    .into_iter()
    .flatten()
    .collect();
    if segments.is_empty() {
        if !complete {
            return Err(SpeechError::Deadline);
        }
        if !understood {
            reasons.push("nothing_understood");
        }
        return Ok(Heard { language, ..no_speech(Some(model), reasons) });
    }

    let text = segments.iter().map(|segment| segment.text.trim()).collect::<Vec<_>>().join(" ");
    let confidence = confidence::confidence(&segments);
    let flags: Vec<Flag> = [
        beyond_end::too_fast(&text, length, thresholds),
        confidence::unsure(confidence, thresholds),
        repetition(&text, thresholds),
        prompt_echo(&text, prompt, thresholds),
        boilerplate(&text),
    ]
    .into_iter()
    .flatten()
    .collect();
    reasons.extend(flags.iter().map(|flag| flag.reason));
    Ok(Heard { text, quality: worst(&flags), confidence, language, model: Some(model), complete, reasons })
}

fn worst(flags: &[Flag]) -> Quality {
    let any = |quality| flags.iter().any(|flag| flag.quality == quality).then_some(quality);
    any(Quality::Suspect).or(any(Quality::LowConfidence)).unwrap_or(Quality::Ok)
}

fn no_speech(model: Option<Model>, reasons: Vec<&'static str>) -> Heard {
    Heard {
        text: String::new(),
        quality: Quality::NoSpeech,
        confidence: None,
        language: None,
        model,
        complete: true,
        reasons,
    }
}
