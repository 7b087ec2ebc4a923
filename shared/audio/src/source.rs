//! A source: the one audio track of a file, as packets still to be decoded.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use crate::{Container, DecodeError};

/// An opened file.
pub(crate) struct Source<'a> {
    /// How the packets are coded.
    pub(crate) params: AudioCodecParameters,
    /// The packets in order of time.
    pub(crate) packets: Box<dyn Iterator<Item = Result<Packet, LostPlace>> + 'a>,
    /// The end of the track on its own time line, when the file announces one.
    pub(crate) expected_ms: Option<u64>,
    /// Whether the file stops in the middle of something.
    pub(crate) cut_off: bool,
}

/// One coded packet.
pub(crate) struct Packet {
    /// When it is heard. Below zero before the encoder's delay has passed.
    pub(crate) start_ms: i64,
    pub(crate) data: Box<[u8]>,
}

/// The file's structure cannot be followed any further.
#[derive(Debug)]
pub(crate) struct LostPlace;

/// More tracks than any recorder writes. The cost of symphonia's MP4 reader grows with each.
const MAX_TRACKS: usize = 8;
/// Packets of other tracks; a video of three minutes has 11,000. A hostile file lists billions of
/// empty ones in a few bytes.
const MAX_FOREIGN_PACKETS: u32 = 20_000;

impl<'a> Source<'a> {
    /// The first audio track of a file that symphonia has opened.
    pub(crate) fn new(
        container: Container,
        mut reader: Box<dyn FormatReader + 'a>,
        cut_off: bool,
    ) -> Result<Self, DecodeError> {
        if reader.tracks().len() > MAX_TRACKS {
            return Err(DecodeError::Malformed { container, reason: "too many tracks".to_owned() });
        }
        let (track, params) = reader
            .tracks()
            .iter()
            .find_map(|track| Some((track, audio_params(track)?)))
            .ok_or(DecodeError::NoAudioTrack { container })?;

        let id = track.id;
        let params = params.clone();
        let time_base = track.time_base.unwrap_or_default();
        let media = reader.media_info();
        let expected_ms =
            millis(track.duration, track.time_base).or_else(|| millis(media.duration, media.time_base));

        let mut foreign = 0;
        let packets = std::iter::from_fn(move || {
            while foreign <= MAX_FOREIGN_PACKETS {
                match reader.next_packet() {
                    Ok(Some(packet)) if packet.track_id == id => {
                        let start_ms = start_millis(packet.pts, time_base);
                        return Some(Ok(Packet { start_ms, data: packet.data }));
                    }
                    Ok(Some(_)) => foreign += 1,
                    Ok(None) => return None,
                    Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                        return None;
                    }
                    Err(_) => break,
                }
            }
            Some(Err(LostPlace))
        });
        Ok(Self { params, packets: Box::new(packets), expected_ms, cut_off })
    }
}

/// Symphonia's reason for not opening a file, in our words.
pub(crate) fn malformed(container: Container, error: &Error) -> DecodeError {
    DecodeError::Malformed { container, reason: error.to_string() }
}

fn audio_params(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Some(params),
        _ => None,
    }
}

/// A duration of zero is how a writer says that it did not know.
fn millis(duration: Option<Duration>, time_base: Option<TimeBase>) -> Option<u64> {
    let time = time_base?.calc_duration(duration?)?;
    u64::try_from(time.as_millis()).ok().filter(|&ms| ms > 0)
}

fn start_millis(start: Timestamp, time_base: TimeBase) -> i64 {
    let ms = time_base.calc_time_saturating(start).as_millis();
    i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX })
}
