//! What real browsers and ffmpeg wrote. Where each file comes from is told in `tests/recordings/README.md`.

mod support;

use kimochi_audio::{Container, Decoded, Truncated, decode};
use support::{LIMIT, file, rms};

const BROWSERS: [&str; 4] = ["chromium.webm", "chromium_timeslice.webm", "firefox.webm", "chromium_opus.mp4"];

#[test]
fn recordings_of_browsers_are_read_to_their_end() {
    for (name, milliseconds) in BROWSERS.into_iter().zip([3_720, 3_780, 3_733, 2_759]) {
        let decoded = recording(name);

        assert_eq!(decoded.truncated, None, "{name}");
        assert!(decoded.duration_ms().abs_diff(milliseconds) < 25, "{name}: {}", decoded.duration_ms());
        assert!(rms(&decoded.samples) > 0.02, "{name} is silent");
    }
}

#[test]
fn aac_is_read_wherever_its_index_stands() {
    let files = [
        ("aac_index_last.m4a", 3_840),
        ("aac_index_first_stereo_44100.m4a", 4_202),
        ("aac_fragmented.mp4", 2_538),
    ];
    for (name, milliseconds) in files {
        let decoded = recording(name);

        assert_eq!((decoded.container, decoded.truncated), (Container::Mp4, None), "{name}");
        assert!(decoded.duration_ms().abs_diff(milliseconds) < 25, "{name}: {}", decoded.duration_ms());
        assert!(rms(&decoded.samples) > 0.02, "{name} is silent");
    }
}

#[test]
fn a_sample_coded_as_opus_or_aac_sounds_like_itself() {
    let pairs = [
        ("models/samples/kimochi_1.wav", "models/samples/kimochi_1.webm"),
        ("models/samples/kimochi_4.wav", "tests/recordings/aac_index_last.m4a"),
    ];
    for (original, coded) in pairs {
        let original = decode(&file(original), LIMIT).unwrap();
        let decoded = decode(&file(coded), LIMIT).unwrap();

        let likeness = best_correlation(&original.samples, &decoded.samples);

        assert!(likeness > 0.95, "{coded}: {likeness}");
    }
}

#[test]
fn the_samples_of_the_model_are_complete() {
    for number in 1..=6 {
        let name = format!("models/samples/kimochi_{number}.wav");

        let decoded = decode(&file(&name), LIMIT).unwrap();

        assert_eq!(decoded.truncated, None, "{name}");
        assert!((2_500..4_200).contains(&decoded.duration_ms()), "{name}: {}", decoded.duration_ms());
    }
}

#[test]
fn silence_and_noise_are_sounds_like_others() {
    let silence = decode(&file("models/samples/silence.wav"), LIMIT).unwrap();
    let noise = decode(&file("models/samples/noise.wav"), LIMIT).unwrap();

    assert_eq!((silence.duration_ms(), rms(&silence.samples)), (3_000, 0.0));
    assert!((rms(&noise.samples) - 0.01).abs() < 0.001);
}

#[test]
fn a_recording_that_was_cut_in_transfer_says_so_and_keeps_what_is_there() {
    for name in BROWSERS {
        let whole = recording(name);
        let bytes = file(&format!("tests/recordings/{name}"));

        let decoded = decode(&bytes[..bytes.len() / 2], LIMIT).unwrap();

        let half = whole.duration_ms() / 2;
        assert!(decoded.duration_ms().abs_diff(half) < 400, "{name}: {}", decoded.duration_ms());
        assert!(
            matches!(decoded.truncated, Some(Truncated::EndsEarly { .. })),
            "{name}: {:?}",
            decoded.truncated
        );
        assert_eq!(decoded.samples[..16_000], whole.samples[..16_000], "{name}");
    }
}

#[test]
fn hardly_a_cut_goes_unnoticed() {
    let bytes = file("tests/recordings/chromium_timeslice.webm");

    let unnoticed = (2_000..bytes.len())
        .step_by(397)
        .filter(|&len| decode(&bytes[..len], LIMIT).is_ok_and(|decoded| decoded.truncated.is_none()))
        .count();

    // Of 150; only a cut exactly between two elements leaves a file that is whole.
    assert!(unnoticed <= 1, "{unnoticed}");
}

#[test]
fn an_index_without_its_sound_is_no_recording() {
    let bytes = file("tests/recordings/aac_index_first_stereo_44100.m4a");
    let media = bytes.windows(4).position(|kind| kind == b"mdat").unwrap();

    let error = decode(&bytes[..media + 4], LIMIT).unwrap_err();

    assert_eq!(error.code(), "no_audio");
}

#[test]
fn a_damaged_packet_costs_that_packet_only() {
    let mut bytes = file("tests/recordings/chromium_timeslice.webm");
    let whole = recording("chromium_timeslice.webm");
    let block = nth_simple_block(&bytes, 30);
    // Two frames of unlike length (code 2), the first longer than the packet.
    bytes[block] = 0xfa;
    bytes[block + 1..block + 3].fill(0xff);

    let decoded = decode(&bytes, LIMIT).unwrap();

    assert_eq!(decoded.truncated, Some(Truncated::Damaged { lost_packets: 1 }));
    assert!(decoded.duration_ms().abs_diff(whole.duration_ms()) <= 60, "{}", decoded.duration_ms());
}

fn recording(name: &str) -> Decoded {
    let bytes = file(&format!("tests/recordings/{name}"));
    decode(&bytes, LIMIT).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Where the packet of the nth SimpleBlock begins, in a file of Chromium's: the element's name, a
/// size of two bytes, track 1, a time of two bytes, flags.
fn nth_simple_block(bytes: &[u8], n: usize) -> usize {
    let is_block = |at: &usize| {
        bytes[*at] == 0xa3 && bytes[at + 1] & 0xc0 == 0x40 && bytes[at + 3] == 0x81 && bytes[at + 6] == 0x80
    };
    (0..bytes.len() - 7).filter(is_block).nth(n).expect("so many blocks") + 7
}

/// How alike two sounds are, one of them up to 100 ms late.
fn best_correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    (0..1_600)
        .map(|late| {
            let b = &b[late..];
            let len = a.len().min(b.len());
            dot(&a[..len], &b[..len]) / (dot(&a[..len], &a[..len]) * dot(&b[..len], &b[..len])).sqrt()
        })
        .fold(0.0, f64::max)
}
