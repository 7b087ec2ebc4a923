//! Many channels to one, by their average: no channel of a stray microphone is louder than another.

/// Writes into `mono` the average of each frame of `interleaved`.
pub(crate) fn mix_down(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    mono.clear();
    match channels {
        0 => {}
        1 => mono.extend_from_slice(interleaved),
        _ => {
            let scale = 1.0 / channels as f32;
            mono.extend(interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * scale));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_becomes_its_average() {
        let mut mono = vec![9.0];

        mix_down(&[0.5, -0.5, 1.0, 0.0], 2, &mut mono);

        assert_eq!(mono, [0.0, 0.5]);
    }
}
