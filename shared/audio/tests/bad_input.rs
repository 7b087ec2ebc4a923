//! Files that are no voice notes, and the answer that a parent's client gets for each.

mod support;

use kimochi_audio::decode;
use support::{LIMIT, file, format, wav_of};

#[test]
fn each_bad_file_has_its_own_answer() {
    let webm = file("tests/recordings/chromium_timeslice.webm");
    let m4a = file("tests/recordings/aac_index_last.m4a");
    let cases: [(&str, &[u8], &str); 12] = [
        ("an empty file", b"", "empty_file"),
        ("text renamed .wav", b"I am a text and call myself a sound.", "unknown_container"),
        ("16 bytes of nothing", &[0; 16], "unknown_container"),
        ("16 bytes of a WAV", b"RIFF\x08\0\0\0WAVEfmt ", "malformed_file"),
        ("a WAV without samples", &wav_of(&format(1, 1, 16_000, 16), 0, b""), "no_audio"),
        ("a WAV of MP3", &wav_of(&format(0x55, 1, 16_000, 16), 4, b"1234"), "unsupported_codec"),
        ("a WAV of 65535 channels", &wav_of(&format(1, 65_535, 16_000, 16), 4, b"1234"), "malformed_file"),
        ("a WAV without a rate", &wav_of(&format(1, 1, 0, 16), 4, b"1234"), "malformed_file"),
        ("a WAV of 4 GHz", &wav_of(&format(1, 1, 4_000_000_000, 16), 4, b"1234"), "malformed_file"),
        ("a WebM cut inside its header", &webm[..100], "malformed_file"),
        ("a WebM cut before its first packet", &webm[..190], "no_audio"),
        ("an MP4 cut before its index", &m4a[..m4a.len() / 2], "malformed_file"),
    ];
    for (what, bytes, code) in cases {
        let error = decode(bytes, LIMIT).expect_err(what);

        assert_eq!(error.code(), code, "{what}: {error}");
    }
}

#[test]
fn a_video_without_sound_has_no_audio_track() {
    let mut webm = file("tests/recordings/chromium_timeslice.webm");
    let codec = webm.windows(6).position(|bytes| bytes == b"A_OPUS").unwrap();
    webm[codec..codec + 6].copy_from_slice(b"V_VP9\0");

    assert_eq!(decode(&webm, LIMIT).unwrap_err().code(), "no_audio_track");
}
