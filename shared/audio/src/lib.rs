//! Turns an uploaded voice note (WAV, WebM/Opus, MP4/AAC) into what Whisper hears: 16 kHz mono samples.
//! It is pure, bytes in and samples out; fetching the bytes is `kimochi-blob`, judging what is in
//! them (silence, speech) is `kimochi-speech`.
//!
//! Three promises hold for any bytes whatever, and the fuzz target `audio_decode` holds us to them:
//! the call returns, it neither panics nor uses memory out of proportion to the file, and a note
//! that came out shorter than its file says is marked ([`Decoded::truncated`]).
//!
//! The way of a file, each step in the module of its name: `container` looks at the content, never
//! at the name; `wav`, `webm` or `mp4` opens it as a `source` of packets; `codec` turns a packet
//! into mono samples; `recording` lays them on the time line; `resample` brings them to 16 kHz.

mod boxes;
mod codec;
mod container;
mod decode;
mod decoded;
mod error;
mod guard;
mod mixdown;
mod mp4;
mod opus;
mod recording;
mod resample;
mod source;
mod wav;
mod webm;

pub use container::Container;
pub use decode::decode;
pub use decoded::{Decoded, Truncated};
pub use error::DecodeError;

/// Samples per second of everything that [`decode()`] returns: the rate Whisper is trained on.
pub const SAMPLE_RATE: u32 = 16_000;
