//! The way from a file to its sound.

use std::time::Duration;

use crate::codec::{Codec, Undecodable};
use crate::guard::{Panicked, guarded};
use crate::recording::{Full, Recording};
use crate::resample::to_16_khz;
use crate::source::Source;
use crate::{Container, DecodeError, Decoded, Truncated, mp4, wav, webm};

/// Decodes a voice note to 16 kHz mono.
///
/// The container is told from the content. Decoding stops at `max_duration`, so a small file that
/// unpacks to hours costs no more than the longest note that is allowed.
///
/// # Errors
///
/// Only when there is no sound to return. A note that is damaged or cut off comes back as far as
/// it goes, with [`Decoded::truncated`] saying so.
pub fn decode(bytes: &[u8], max_duration: Duration) -> Result<Decoded, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let container = Container::sniff(bytes).ok_or(DecodeError::UnknownContainer)?;
    let broken = |reason: &str| DecodeError::Malformed { container, reason: reason.to_owned() };

    let (source, codec) =
        guarded(|| open(container, bytes)).map_err(|Panicked| broken("its structure makes no sense"))??;
    let promise = Promise { end_ms: source.expected_ms, cut_off: source.cut_off };
    let sample_rate = codec.sample_rate();

    let mut recording = Recording::new(sample_rate, max_duration);
    let ended = guarded(|| record(source, codec, &mut recording)).unwrap_or(Ended::LostPlace);

    let truncated = what_is_missing(&promise, ended, &recording, max_duration);
    let samples = to_16_khz(recording.samples, sample_rate).ok_or_else(|| broken("its sample rate"))?;
    if samples.is_empty() {
        return Err(DecodeError::NoAudio { container });
    }
    Ok(Decoded { samples, container, truncated })
}

fn open(container: Container, bytes: &[u8]) -> Result<(Source<'_>, Codec), DecodeError> {
    let source = match container {
        Container::Wav => wav::open(bytes),
        Container::Webm => webm::open(bytes),
        Container::Mp4 => mp4::open(bytes),
    }?;
    let codec = Codec::new(&source.params)?;
    Ok((source, codec))
}

/// How the reading ended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ended {
    AtTheEnd,
    LostPlace,
    Full,
}

/// Packets without sound after which the rest is taken for rubbish as well: a hostile MP4 lists
/// billions of them in a few bytes.
const MAX_SOUNDLESS_PACKETS: u32 = 1_000;

fn record(source: Source<'_>, mut codec: Codec, recording: &mut Recording) -> Ended {
    let mut soundless = 0;
    for packet in source.packets {
        let Ok(packet) = packet else {
            return Ended::LostPlace;
        };
        match codec.decode(&packet.data) {
            Ok([]) => soundless += 1,
            Ok(sound) => {
                if recording.push(packet.start_ms, sound) == Err(Full) {
                    return Ended::Full;
                }
            }
            Err(Undecodable) => {
                recording.lost_packets += 1;
                soundless += 1;
            }
        }
        if soundless > MAX_SOUNDLESS_PACKETS {
            return Ended::LostPlace;
        }
    }
    Ended::AtTheEnd
}

/// What the file says about its own end.
struct Promise {
    end_ms: Option<u64>,
    cut_off: bool,
}

/// How far the end may be from the promised one. Pages that write a Duration into a WebM themselves
/// take it from a wall clock, which starts before the microphone does.
const TOLERANCE_MS: u64 = 500;

fn what_is_missing(
    promise: &Promise,
    ended: Ended,
    recording: &Recording,
    max_duration: Duration,
) -> Option<Truncated> {
    let end_ms = recording.end_ms();
    let too_short = promise.end_ms.is_some_and(|promised| end_ms + TOLERANCE_MS < promised);
    match ended {
        Ended::Full => {
            let limit_ms = u64::try_from(max_duration.as_millis()).unwrap_or(u64::MAX);
            Some(Truncated::TooLong { limit_ms })
        }
        _ if promise.cut_off || too_short || ended == Ended::LostPlace => {
            Some(Truncated::EndsEarly { expected_ms: promise.end_ms, decoded_ms: end_ms })
        }
        _ if recording.lost_packets > 0 => Some(Truncated::Damaged { lost_packets: recording.lost_packets }),
        _ => None,
    }
}
