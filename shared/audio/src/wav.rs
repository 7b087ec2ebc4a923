//! Opens WAV by its chunks, believing no length that it can check.
//!
//! Own code and not symphonia's reader, because that one refuses the very files we must save: a
//! data chunk longer than the file, and the placeholder lengths of recorders that could not seek
//! back. The samples themselves are symphonia's.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S16LE,
    CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

use crate::resample::RATES;
use crate::source::{Packet, Source};
use crate::{Container, DecodeError};

pub(crate) fn open(bytes: &[u8]) -> Result<Source<'_>, DecodeError> {
    let mut format = None;
    for chunk in Chunks::after_riff_header(bytes) {
        match &chunk.id {
            b"fmt " => format = Some(Format::read(chunk.body)?),
            b"data" => {
                let format = format.ok_or_else(|| malformed("no format before the samples"))?;
                return Ok(samples(&format, &chunk));
            }
            _ => {}
        }
    }
    Err(malformed("no samples"))
}

/// Sample frames in a packet.
const PACKET_FRAMES: usize = 4096;

fn samples<'a>(format: &Format, chunk: &Chunk<'a>) -> Source<'a> {
    let frame_len = format.frame_len();
    let sample_rate = u64::from(format.sample_rate);
    let millis_in = move |frames: u64| frames * 1000 / sample_rate;

    let mut params = AudioCodecParameters::new();
    params
        .for_codec(format.codec)
        .with_sample_rate(format.sample_rate)
        .with_channels(Channels::Discrete(format.channels))
        .with_max_frames_per_packet(PACKET_FRAMES as u64);

    let packets = chunk.body.chunks(frame_len * PACKET_FRAMES).enumerate().map(move |(index, data)| {
        let start_ms = millis_in((index * PACKET_FRAMES) as u64).cast_signed();
        Ok(Packet { start_ms, data: data.into() })
    });
    Source {
        params,
        packets: Box::new(packets),
        expected_ms: Some(millis_in(chunk.announced_len / frame_len as u64)),
        cut_off: chunk.announced_len > chunk.body.len() as u64,
    }
}

/// How the samples are written: the `fmt ` chunk.
struct Format {
    codec: AudioCodecId,
    channels: u16,
    sample_rate: u32,
    sample_len: usize,
}

/// 22.2 surround has 24.
const MAX_CHANNELS: u16 = 32;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const ALAW: u16 = 6;
const MULAW: u16 = 7;
/// The real tag stands further behind, at the start of the format's GUID.
const EXTENSIBLE: u16 = 0xfffe;

impl Format {
    fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let short = || malformed("the format chunk is too short");
        let u16_at = |at: usize| {
            let bytes = body.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(short)?;
            Ok(u16::from_le_bytes(*bytes))
        };
        let tag = match u16_at(0)? {
            EXTENSIBLE => u16_at(24)?,
            tag => tag,
        };
        let channels = u16_at(2)?;
        let sample_rate = u32::from(u16_at(4)?) | u32::from(u16_at(6)?) << 16;
        // Block align (at 12) is the product of channels and sample length, and not always right.
        let bits = u16_at(14)?;

        if channels == 0 || channels > MAX_CHANNELS {
            return Err(malformed(&format!("{channels} channels")));
        }
        if !RATES.contains(&sample_rate) {
            return Err(malformed(&format!("{sample_rate} samples per second")));
        }
        // 12 bits, say, lie in 16 with zeros below.
        let (codec, sample_len) = match (tag, bits.div_ceil(8)) {
            (PCM, 1) => (CODEC_ID_PCM_U8, 1),
            (PCM, 2) => (CODEC_ID_PCM_S16LE, 2),
            (PCM, 3) => (CODEC_ID_PCM_S24LE, 3),
            (PCM, 4) => (CODEC_ID_PCM_S32LE, 4),
            (FLOAT, 4) => (CODEC_ID_PCM_F32LE, 4),
            (FLOAT, 8) => (CODEC_ID_PCM_F64LE, 8),
            (ALAW, 1) => (CODEC_ID_PCM_ALAW, 1),
            (MULAW, 1) => (CODEC_ID_PCM_MULAW, 1),
            _ => {
                let codec = format!("WAV format {tag:#x} with {bits} bits");
                return Err(DecodeError::UnsupportedCodec { codec });
            }
        };
        Ok(Self { codec, channels, sample_rate, sample_len })
    }

    fn frame_len(&self) -> usize {
        self.sample_len * usize::from(self.channels)
    }
}

/// A chunk of a RIFF file, as much of it as is there.
struct Chunk<'a> {
    id: [u8; 4],
    body: &'a [u8],
    /// What the chunk says its length is; the body's own when it says nothing.
    announced_len: u64,
}

/// The chunks of a RIFF file. The length in the RIFF header itself is not looked at.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn after_riff_header(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.get(12..).unwrap_or_default() }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (&id, after_id) = self.rest.split_first_chunk()?;
        let (&len, after_len) = after_id.split_first_chunk()?;
        let len = u32::from_le_bytes(len);
        let announced = if is_placeholder(id, len) { after_len.len() } else { len as usize };

        let (body, after) = after_len.split_at(announced.min(after_len.len()));
        // Chunks begin at even offsets.
        self.rest = after.get(announced % 2..).unwrap_or_default();
        Some(Chunk { id, body, announced_len: announced as u64 })
    }
}

/// Whether a length says "until the end of the file". Writers that cannot go back to fill it in
/// leave 0, the largest number (ffmpeg) or about half of it (SoX).
fn is_placeholder(id: [u8; 4], len: u32) -> bool {
    &id == b"data" && (len == 0 || (0x7fff_0000..=0x8000_0000).contains(&len) || len >= 0xffff_0000)
}

fn malformed(reason: &str) -> DecodeError {
    DecodeError::Malformed { container: Container::Wav, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(id: &[u8; 4], len: u32, body: &[u8]) -> Vec<u8> {
        [&id[..], &len.to_le_bytes(), body].concat()
    }

    fn read(chunks: &[u8]) -> Vec<([u8; 4], usize, u64)> {
        Chunks { rest: chunks }.map(|chunk| (chunk.id, chunk.body.len(), chunk.announced_len)).collect()
    }

    #[test]
    fn chunks_follow_each_other_at_even_offsets() {
        let file = [chunk(b"odd ", 3, b"123\0"), chunk(b"even", 2, b"12"), b"tail".to_vec()].concat();

        assert_eq!(read(&file), [(*b"odd ", 3, 3), (*b"even", 2, 2)]);
    }

    #[test]
    fn a_chunk_beyond_the_end_is_as_long_as_what_is_there() {
        assert_eq!(read(&chunk(b"data", 1000, b"1234")), [(*b"data", 4, 1000)]);
    }

    #[test]
    fn a_placeholder_means_until_the_end() {
        for len in [0, 0x7fff_f024, u32::MAX] {
            assert_eq!(read(&chunk(b"data", len, b"1234")), [(*b"data", 4, 4)], "{len:#x}");
        }
    }

    #[test]
    fn numbers_that_no_recorder_writes_are_refused() {
        let format = |channels: u16, rate: u32, bits: u16| {
            let mut body = [1u16.to_le_bytes(), channels.to_le_bytes()].concat();
            body.extend(rate.to_le_bytes());
            body.extend([0; 6]);
            body.extend(bits.to_le_bytes());
            Format::read(&body).map(|format| format.frame_len()).map_err(|error| error.code())
        };

        assert_eq!(format(2, 44_100, 12), Ok(4));
        assert_eq!(format(0, 44_100, 16), Err("malformed_file"));
        assert_eq!(format(65_535, 44_100, 16), Err("malformed_file"));
        assert_eq!(format(1, 0, 16), Err("malformed_file"));
        assert_eq!(format(1, 4_000_000_000, 16), Err("malformed_file"));
        assert_eq!(format(1, 44_100, 0), Err("unsupported_codec"));
        assert_eq!(format(1, 44_100, 64), Err("unsupported_codec"));
        assert_eq!(Format::read(&[1, 0, 1, 0]).err().map(|error| error.code()), Some("malformed_file"));
    }
}
