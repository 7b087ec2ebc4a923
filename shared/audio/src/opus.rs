//! Opus packets to 16 kHz mono, without a resampler: the decoder itself can write at that rate and
//! folds two channels into one before synthesis.
//!
//! The decoder is `opus-pure`: no C, fuzzed by its authors, checked against libopus. Three others in
//! Rust were measured beside it. `opus-decoder` 0.1.1 panicked on damaged packets and, like `ruopus`
//! 0.1.2, took more than a second for a note of four; `ropus` 0.12.18 was as right, slower and larger.

use opus_pure::{OpusDecoder, packet};
use symphonia::core::codecs::audio::AudioCodecParameters;

use crate::codec::Undecodable;
use crate::{DecodeError, SAMPLE_RATE};

pub(crate) struct Opus {
    decoder: OpusDecoder,
    /// Samples at the start that are the encoder's delay and not the recording.
    skip: usize,
    pcm: Vec<f32>,
}

/// An Opus packet lasts 120 ms at most.
const MAX_PACKET_SAMPLES: usize = SAMPLE_RATE as usize * 120 / 1000;

impl Opus {
    pub(crate) fn new(params: &AudioCodecParameters) -> Result<Self, DecodeError> {
        let unsupported = |what: &str| DecodeError::UnsupportedCodec { codec: what.to_owned() };
        let head = params.extra_data.as_deref().map_or(Ok(Head::default()), Head::read)?;
        if head.mapping_family != 0 {
            return Err(unsupported("Opus with more than two channels"));
        }
        let mut decoder = OpusDecoder::new(SAMPLE_RATE.cast_signed(), 1)
            .map_err(|error| unsupported(&error.to_string()))?;
        decoder.gain_q8 = i32::from(head.gain_q8);

        // The delay is counted at 48 kHz.
        let skip = usize::from(head.pre_skip) / 3;
        Ok(Self { decoder, skip, pcm: vec![0.0; MAX_PACKET_SAMPLES] })
    }

    pub(crate) fn decode(&mut self, data: &[u8]) -> Result<&[f32], Undecodable> {
        let len = packet::samples(data, SAMPLE_RATE.cast_signed()).map_err(|_| Undecodable)?;
        if len > self.pcm.len() {
            return Err(Undecodable);
        }
        let len = self.decoder.decode(data, len, &mut self.pcm).map_err(|_| Undecodable)?;
        let skip = self.skip.min(len);
        self.skip -= skip;
        Ok(&self.pcm[skip..len])
    }
}

/// The identification header (RFC 7845, section 5.1) that containers keep as codec data.
#[derive(Default)]
struct Head {
    pre_skip: u16,
    gain_q8: i16,
    mapping_family: u8,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        match *bytes {
            [
                b'O',
                b'p',
                b'u',
                b's',
                b'H',
                b'e',
                b'a',
                b'd',
                _version,
                _channels,
                skip_lo,
                skip_hi,
                _,
                _,
                _,
                _,
                gain_lo,
                gain_hi,
                mapping_family,
                ..,
            ] => Ok(Self {
                pre_skip: u16::from_le_bytes([skip_lo, skip_hi]),
                gain_q8: i16::from_le_bytes([gain_lo, gain_hi]),
                mapping_family,
            }),
            _ => Err(DecodeError::UnsupportedCodec { codec: "Opus without its header".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms of silence, mono, full band.
    const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

    fn opus(head: Option<&[u8]>) -> Result<Opus, DecodeError> {
        let mut params = AudioCodecParameters::new();
        if let Some(head) = head {
            params.with_extra_data(head.into());
        }
        Opus::new(&params)
    }

    fn head(pre_skip: u16, mapping_family: u8) -> Vec<u8> {
        [&b"OpusHead\x01\x01"[..], &pre_skip.to_le_bytes(), &48_000u32.to_le_bytes(), &[0, 0, mapping_family]]
            .concat()
    }

    #[test]
    fn the_delay_of_the_encoder_is_left_out() {
        let mut opus = opus(Some(&head(48 * 25, 0))).unwrap();

        let lengths = [(); 3].map(|()| opus.decode(&SILENCE).unwrap().len());

        assert_eq!(lengths, [0, 240, 320]);
    }

    #[test]
    fn without_a_header_there_is_no_delay() {
        assert_eq!(opus(None).unwrap().decode(&SILENCE).unwrap().len(), 320);
    }

    #[test]
    fn a_broken_packet_does_no_harm_to_the_next() {
        let mut opus = opus(None).unwrap();

        assert!(opus.decode(&[0xff, 0x00]).is_err());

        assert_eq!(opus.decode(&SILENCE).unwrap().len(), 320);
    }

    #[test]
    fn surround_and_a_broken_header_are_refused() {
        for head in [&head(312, 1)[..], b"OpusHead"] {
            let error = opus(Some(head)).err().unwrap();

            assert_eq!(error.code(), "unsupported_codec");
        }
    }
}
