//! Cuts a clip into the windows that the engine hears one after another.
//!
//! Whisper hears 30 seconds at a time. Instead of its own seeking, which needs timestamps that a small
//! model does not have and which cuts words where it has none, the cuts fall into the pauses.

use std::{ops::Range, time::Duration};

use crate::{SAMPLE_RATE, Thresholds, activity::Activity, samples_in};

/// The longest window: what Whisper hears at a time, less the margins.
const MAX_WINDOW: usize = 29 * SAMPLE_RATE as usize;

/// How far back from the end of a full window a cut is looked for when nobody pauses.
const CUT_SEARCH: usize = 5 * SAMPLE_RATE as usize;

/// Windows over `samples`, in order, none longer than 29.6 s. Speech on both sides of a pause longer
/// than `max_pause` never shares one.
pub(super) fn windows(samples: &[f32], max_pause: Duration) -> Vec<Range<usize>> {
    let thresholds = Thresholds::DEFAULT;
    let activity = Activity::of(samples, &thresholds);
    let mut windows: Vec<Range<usize>> = Vec::new();
    for span in activity.spans().iter().flat_map(|span| no_longer_than_a_window(span.clone(), &activity)) {
        match windows.last_mut() {
            Some(window)
                if span.start - window.end <= samples_in(max_pause)
                    && span.end - window.start <= MAX_WINDOW =>
            {
                window.end = span.end;
            }
            _ => windows.push(span),
        }
    }
    with_margins(&windows, samples_in(thresholds.margin), samples.len())
}

/// Widens each window into the silence around it, up to half-way to its neighbours.
fn with_margins(windows: &[Range<usize>], margin: usize, length: usize) -> Vec<Range<usize>> {
    let gap = |before: usize, after: usize| ((after - before) / 2).min(margin);
    let around = |(index, window): (usize, &Range<usize>)| {
        let before = match index.checked_sub(1) {
            Some(previous) => gap(windows[previous].end, window.start),
            None => margin.min(window.start),
        };
        let after = match windows.get(index + 1) {
            Some(next) => gap(window.end, next.start),
            None => margin.min(length.saturating_sub(window.end)),
        };
        window.start - before..(window.end + after).min(length)
    };
    windows.iter().enumerate().map(around).collect()
}

fn no_longer_than_a_window(mut span: Range<usize>, activity: &Activity) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    while span.len() > MAX_WINDOW {
        let end = span.start + MAX_WINDOW;
        let cut = activity.weakest_within(end - CUT_SEARCH..end);
        parts.push(span.start..cut);
        span.start = cut;
    }
    parts.push(span);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{seconds, silence, speech};

    const ALL_IN_ONE: Duration = Duration::from_secs(30);

    #[test]
    fn one_utterance_is_one_window() {
        for sample in 1..=6 {
            assert_eq!(windows(&speech(sample), seconds(0.7)).len(), 1, "sample {sample}");
        }
    }

    #[test]
    fn a_long_pause_separates_two_utterances() {
        let samples = [speech(1), silence(1.0), speech(2)].concat();

        assert_eq!(windows(&samples, seconds(0.7)).len(), 2);
        assert_eq!(windows(&samples, ALL_IN_ONE).len(), 1);
    }

    #[test]
    fn four_minutes_of_talk_are_packed_into_few_windows() {
        let talk = [1, 2, 3, 4, 5, 6].map(speech).concat().repeat(12);
        let talk = &talk[..240 * SAMPLE_RATE as usize];

        let windows = windows(talk, ALL_IN_ONE);

        assert!(windows.len() <= 10, "{}", windows.len());
        assert!(windows.iter().all(|window| window.len() < 30 * SAMPLE_RATE as usize));
    }

    #[test]
    fn speech_without_a_pause_is_cut_where_it_is_least_like_speech() {
        let vowel = &speech(1)[12_000..24_000];
        let samples = vowel.repeat(60);

        let windows = windows(&samples, ALL_IN_ONE);

        assert!(windows.len() >= 2, "{}", windows.len());
        assert!(windows.iter().all(|window| window.len() < 30 * SAMPLE_RATE as usize));
    }

    #[test]
    fn silence_has_no_windows() {
        assert!(windows(&silence(3.0), ALL_IN_ONE).is_empty());
        assert!(windows(&[], ALL_IN_ONE).is_empty());
    }
}
