//! A decoder that is stuck says the same phrase until its window ends.

use super::{Flag, plain::plain};
use crate::Thresholds;

/// Flags a text that is mostly one phrase, over and over.
pub(crate) fn repetition(text: &str, thresholds: &Thresholds) -> Option<Flag> {
    let chars: Vec<char> = plain(text).chars().collect();
    let is_loop = (1..=chars.len() / 2).any(|phrase| {
        let covered = longest_run(&chars, phrase);
        covered / phrase > thresholds.max_repeats
            && covered as f32 >= thresholds.max_repeated_ratio * chars.len() as f32
    });
    is_loop.then(|| Flag::suspect("repetition"))
}

/// The longest stretch of `chars` in which each is the same as the one `phrase` before it, with the first
/// phrase.
fn longest_run(chars: &[char], phrase: usize) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for (before, after) in chars.iter().zip(&chars[phrase..]) {
        run = if before == after { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest + phrase
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::TEXTS;

    fn gate(text: &str) -> Option<Flag> {
        repetition(text, &Thresholds::default())
    }

    #[test]
    fn a_loop_is_flagged() {
        for text in [
            "ありがとう".repeat(20),
            "ありがとう、".repeat(8),
            format!("きょうはね、{}", "たのしかった。".repeat(15)),
            "ー".repeat(40),
        ] {
            assert_eq!(gate(&text), Some(Flag::suspect("repetition")), "{text}");
        }
    }

    #[test]
    fn children_repeat_words_and_that_is_fine() {
        for text in [
            "どんどんどん",
            "だめだめだめだめ",
            "やだやだやだやだやだ、かえらない",
            "わんわんわんっていったの",
            "うん、うん、うん",
            "いやー",
        ] {
            assert_eq!(gate(text), None, "{text}");
        }
        for text in TEXTS {
            assert_eq!(gate(text), None, "{text}");
        }
    }

    #[test]
    fn a_small_part_of_a_long_text_may_repeat() {
        let text =
            format!("たいこを{}ってたたいたらママがびっくりしてわらったからうれしかった", "どん".repeat(7));

        assert_eq!(gate(&text), None);
    }

    #[test]
    fn an_empty_text_is_no_loop() {
        assert_eq!(gate(""), None);
        assert_eq!(gate("あ"), None);
    }
}
