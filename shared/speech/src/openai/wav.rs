//! Samples as a file that every service can read.

use crate::SAMPLE_RATE;

const HEADER_BYTES: u32 = 44;
const BYTES_PER_SAMPLE: u16 = 2;

/// A mono 16-bit WAV file. Four minutes make 7.7 MB; OpenAI takes 25.
pub(super) fn encode(samples: &[f32]) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * u32::from(BYTES_PER_SAMPLE);
    let mut file = Vec::with_capacity((HEADER_BYTES + data_bytes) as usize);
    file.extend(b"RIFF");
    file.extend((HEADER_BYTES - 8 + data_bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes()); // length of this chunk
    file.extend(1_u16.to_le_bytes()); // integer samples
    file.extend(1_u16.to_le_bytes()); // channels
    file.extend(SAMPLE_RATE.to_le_bytes());
    file.extend((SAMPLE_RATE * u32::from(BYTES_PER_SAMPLE)).to_le_bytes());
    file.extend(BYTES_PER_SAMPLE.to_le_bytes()); // bytes per frame
    file.extend((BYTES_PER_SAMPLE * 8).to_le_bytes()); // bits per sample
    file.extend(b"data");
    file.extend(data_bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| to_16_bit(*sample).to_le_bytes()));
    file
}

/// Clips what is out of range; `NaN` becomes silence.
fn to_16_bit(sample: f32) -> i16 {
    (sample * f32::from(i16::MAX)).round() as i16
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn another_reader_finds_the_same_samples() {
        let file = encode(&[0.0, 0.5, -0.5, 2.0, f32::NAN]);

        let mut reader = hound::WavReader::new(Cursor::new(file)).expect("a WAV file");
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 16_000, 16));
        let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("a sample")).collect();
        assert_eq!(samples, [0, 16_384, -16_384, i16::MAX, 0]);
    }
}
