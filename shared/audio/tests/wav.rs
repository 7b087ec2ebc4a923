//! WAV in every form that we promise: a tone goes in, the same tone comes out.

mod support;

use std::time::Duration;

use kimochi_audio::{Container, Truncated, decode};
use support::{LIMIT, Samples, format, frequency, rms, tone, wav, wav_of};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_tone_keeps_its_pitch_level_and_length_in_every_format() {
    let formats = [
        Samples::Int(8),
        Samples::Int(16),
        Samples::Int(24),
        Samples::Int(32),
        Samples::Float(32),
        Samples::Float(64),
    ];
    for samples in formats {
        for channels in [1, 2, 6] {
            for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
                let file = wav(samples, channels, rate, tone(440.0, rate, SECOND));

                let decoded = decode(&file, LIMIT).unwrap();

                let what = format!("{samples:?}, {channels} channels, {rate} Hz");
                assert_eq!(decoded.container, Container::Wav);
                assert_eq!(decoded.truncated, None, "{what}");
                assert!(decoded.samples.len().abs_diff(16_000) <= 1, "{what}: {}", decoded.samples.len());
                assert!((frequency(&decoded.samples) - 440.0).abs() < 0.5, "{what}");
                assert!((rms(&decoded.samples) - 0.3536).abs() < 0.004, "{what}: {}", rms(&decoded.samples));
            }
        }
    }
}

#[test]
fn the_samples_of_a_16_khz_file_come_out_as_they_are() {
    let file = wav(Samples::Int(16), 1, 16_000, [0.0, 0.5, -0.5, 1.0, -1.0].into_iter());

    let decoded = decode(&file, LIMIT).unwrap();

    let expected = [0, 16_384, -16_384, 32_767, -32_767].map(|sample| sample as f32 / 32_768.0);
    assert_eq!(decoded.samples, expected);
}

#[test]
fn the_channels_are_averaged() {
    let data: Vec<u8> = [16_384i16, -8_192].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let file = wav_of(&format(1, 2, 16_000, 16), 4, &data);

    assert_eq!(decode(&file, LIMIT).unwrap().samples, [0.125]);
}

#[test]
fn the_extensible_header_is_understood() {
    let guid_tail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    let extension = [&[22, 0, 16, 0, 4, 0, 0, 0, 1, 0][..], &guid_tail].concat();
    let header = [format(0xfffe, 1, 16_000, 16), extension].concat();
    let file = wav_of(&header, 4, &[0, 64, 0, 192]);

    assert_eq!(decode(&file, LIMIT).unwrap().samples, [0.5, -0.5]);
}

#[test]
fn telephone_codes_are_understood() {
    for (tag, silence) in [(6, 0xd5), (7, 0xff)] {
        let file = wav_of(&format(tag, 1, 8_000, 8), 800, &[silence; 800]);

        let decoded = decode(&file, LIMIT).unwrap();

        assert_eq!(decoded.duration_ms(), 100);
        assert!(rms(&decoded.samples) < 0.001);
    }
}

#[test]
fn chunks_before_and_after_the_samples_are_stepped_over() {
    let mut file = wav(Samples::Int(16), 1, 16_000, tone(440.0, 16_000, SECOND));
    let expected = decode(&file, LIMIT).unwrap();
    file.splice(36..36, *b"LIST\x05\0\0\0INFO!\0");
    file.extend(b"id3 \x04\0\0\0abcd");

    assert_eq!(decode(&file, LIMIT).unwrap(), expected);
}

#[test]
fn a_header_that_promises_more_than_there_is_is_found_out() {
    let data = vec![0x40; 16_000];
    let file = wav_of(&format(1, 1, 16_000, 16), 64_000, &data);

    let decoded = decode(&file, LIMIT).unwrap();

    assert_eq!(decoded.duration_ms(), 500);
    assert_eq!(decoded.truncated, Some(Truncated::EndsEarly { expected_ms: Some(2_000), decoded_ms: 500 }));
}

#[test]
fn the_placeholder_of_a_streaming_writer_is_no_lie() {
    for data_len in [0, 0x7fff_f024, u32::MAX] {
        let file = wav_of(&format(1, 1, 16_000, 16), data_len, &[0x40; 16_000]);

        let decoded = decode(&file, LIMIT).unwrap();

        assert_eq!((decoded.duration_ms(), decoded.truncated), (500, None), "{data_len:#x}");
    }
}

#[test]
fn a_file_that_stops_inside_a_sample_loses_that_sample_only() {
    let file = wav_of(&format(1, 2, 16_000, 24), 6_000, &[0x40; 5_999]);

    let decoded = decode(&file, LIMIT).unwrap();

    assert_eq!(decoded.samples.len(), 999);
    assert!(matches!(decoded.truncated, Some(Truncated::EndsEarly { .. })));
}

#[test]
fn samples_that_are_no_numbers_become_silence() {
    let hostile = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -7.0, 0.25];
    let file = wav(Samples::Float(64), 1, 16_000, hostile.into_iter());

    assert_eq!(decode(&file, LIMIT).unwrap().samples, [0.0, 0.0, 0.0, 0.0, -1.0, 0.25]);
}

#[test]
fn four_minutes_are_cut_at_the_limit() {
    let four_minutes = tone(440.0, 8_000, Duration::from_secs(240));
    let file = wav(Samples::Int(8), 1, 8_000, four_minutes);

    let decoded = decode(&file, LIMIT).unwrap();

    assert_eq!(decoded.duration_ms(), 180_000);
    assert_eq!(decoded.truncated, Some(Truncated::TooLong { limit_ms: 180_000 }));
}

#[test]
fn three_minutes_to_the_sample_are_not_too_long() {
    let file = wav(Samples::Int(8), 1, 8_000, tone(440.0, 8_000, LIMIT));

    assert_eq!(decode(&file, LIMIT).unwrap().truncated, None);
}
