//! Sounds and files for the tests.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this one")]

use std::path::PathBuf;
use std::time::Duration;

/// What the service accepts.
pub const LIMIT: Duration = Duration::from_secs(180);

/// A file of the repository, its path counted from the root.
pub fn file(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The three ways that a WAV of one kind of samples can be described.
#[derive(Debug, Clone, Copy)]
pub enum Samples {
    Int(u16),
    Float(u16),
}

/// A WAV file of sample frames, `sound(frame)` of each being the same on all channels.
pub fn wav(samples: Samples, channels: u16, rate: u32, sound: impl Iterator<Item = f64>) -> Vec<u8> {
    let data: Vec<u8> = sound
        .flat_map(|sample| {
            let bytes = sample_bytes(samples, sample);
            std::iter::repeat_n(bytes, channels.into()).flatten()
        })
        .collect();
    let (tag, bits) = match samples {
        Samples::Int(bits) => (1, bits),
        Samples::Float(bits) => (3, bits),
    };
    wav_of(&format(tag, channels, rate, bits), data.len() as u32, &data)
}

/// A WAV file around a `fmt ` chunk and samples, with any length in the `data` header.
pub fn wav_of(format: &[u8], data_len: u32, data: &[u8]) -> Vec<u8> {
    [
        &b"RIFF"[..],
        &(20 + format.len() as u32).wrapping_add(data_len).to_le_bytes(),
        b"WAVEfmt ",
        &(format.len() as u32).to_le_bytes(),
        format,
        b"data",
        &data_len.to_le_bytes(),
        data,
    ]
    .concat()
}

/// The body of a `fmt ` chunk.
pub fn format(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let frame_len = channels.wrapping_mul(bits / 8);
    [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &rate.wrapping_mul(frame_len.into()).to_le_bytes(),
        &frame_len.to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat()
}

/// A tone of half the full scale.
pub fn tone(hz: f64, rate: u32, duration: Duration) -> impl Iterator<Item = f64> {
    let frames = (duration.as_secs_f64() * f64::from(rate)).round() as u32;
    (0..frames).map(move |i| 0.5 * (std::f64::consts::TAU * hz * f64::from(i) / f64::from(rate)).sin())
}

/// The frequency of a tone at 16 kHz, from its upward zero crossings.
pub fn frequency(samples: &[f32]) -> f64 {
    let upward: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(i, pair)| i as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    (upward.len() - 1) as f64 / (upward[upward.len() - 1] - upward[0]) * 16_000.0
}

/// The level of a sound; a sine of half the full scale has 0.354.
pub fn rms(samples: &[f32]) -> f64 {
    let power: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (power / samples.len() as f64).sqrt()
}

fn sample_bytes(samples: Samples, sample: f64) -> Vec<u8> {
    match samples {
        Samples::Int(8) => vec![(sample * 127.0 + 128.0).round() as u8],
        Samples::Int(bits) => {
            let scaled = (sample * f64::from((1u32 << (bits - 1)) - 1)).round() as i32;
            scaled.to_le_bytes()[..usize::from(bits / 8)].to_vec()
        }
        Samples::Float(32) => (sample as f32).to_le_bytes().to_vec(),
        Samples::Float(_) => sample.to_le_bytes().to_vec(),
    }
}
