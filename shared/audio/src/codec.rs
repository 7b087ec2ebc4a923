//! From a coded packet to mono samples.

use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use crate::mixdown::mix_down;
use crate::opus::Opus;
use crate::resample::RATES;
use crate::{DecodeError, SAMPLE_RATE};

/// The decoder of a track.
pub(crate) enum Codec {
    /// Symphonia has no Opus decoder.
    Opus(Box<Opus>),
    /// AAC-LC and all that WAV may hold.
    Symphonia { decoder: Box<dyn AudioDecoder>, sample_rate: u32, interleaved: Vec<f32>, mono: Vec<f32> },
}

/// A packet from which no sound can be made.
#[derive(Debug)]
pub(crate) struct Undecodable;

impl Codec {
    pub(crate) fn new(params: &AudioCodecParameters) -> Result<Self, DecodeError> {
        if params.codec == CODEC_ID_OPUS {
            return Ok(Self::Opus(Box::new(Opus::new(params)?)));
        }
        let unsupported = || {
            let codec = if params.codec == CODEC_ID_AAC {
                "AAC other than LC".to_owned()
            } else {
                params.codec.to_string()
            };
            DecodeError::UnsupportedCodec { codec }
        };
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|_| unsupported())?;
        let sample_rate = decoder.codec_params().sample_rate;
        let sample_rate = sample_rate.filter(|rate| RATES.contains(rate)).ok_or_else(unsupported)?;
        Ok(Self::Symphonia { decoder, sample_rate, interleaved: Vec::new(), mono: Vec::new() })
    }

    /// Samples per second of what [`Codec::decode`] returns.
    pub(crate) fn sample_rate(&self) -> u32 {
        match self {
            Self::Opus(_) => SAMPLE_RATE,
            Self::Symphonia { sample_rate, .. } => *sample_rate,
        }
    }

    /// The sound of one packet. An empty one is a recorder's word for silence, and gives none.
    pub(crate) fn decode(&mut self, data: &[u8]) -> Result<&[f32], Undecodable> {
        if data.is_empty() {
            return Ok(&[]);
        }
        match self {
            Self::Opus(opus) => opus.decode(data),
            Self::Symphonia { decoder, interleaved, mono, .. } => {
                let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, data);
                let buffer = decoder.decode_ref(&packet).map_err(|_| Undecodable)?;
                buffer.copy_to_vec_interleaved(interleaved);
                mix_down(interleaved, buffer.num_planes(), mono);
                Ok(mono)
            }
        }
    }
}
