//! Transcribes a 16 kHz mono WAV file and prints what the gates make of it, to try a model by hand:
//!
//! ```sh
//! cargo run -p kimochi-speech --example hear -- models/samples/kimochi_1.wav [ggml-small-q5_1.bin]
//! ```
#![expect(clippy::print_stdout, reason = "the answer of a command-line tool")]

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use kimochi_speech::{ModelSource, Thresholds, WhisperTranscriber, hear, threads_for_memory};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let clip = arguments.next().ok_or("usage: hear CLIP.wav [MODEL.bin]")?;
    let source =
        arguments.next().map_or(ModelSource::Embedded, |path| ModelSource::File { path: path.into() });

    let samples: Vec<f32> = hound::WavReader::open(clip)?
        .samples::<i16>()
        .map(|s| Ok(f32::from(s?) / 32_768.0))
        .collect::<Result<_, hound::Error>>()?;
    let transcriber = WhisperTranscriber::load(&source, None, threads_for_memory(10_240))?;
    let deadline = Instant::now() + Duration::from_secs(600);
    let heard = hear(&transcriber, samples, deadline, &Thresholds::default()).await?;

    println!("{heard:#?}");
    Ok(())
}
