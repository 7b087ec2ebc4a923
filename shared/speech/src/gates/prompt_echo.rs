//! On silence Whisper repeats the prompt that it was given.

use super::{Flag, plain::plain};
use crate::Thresholds;

/// Flags a text that is the prompt, a part of it, or contains all of it.
pub(crate) fn prompt_echo(text: &str, prompt: Option<&str>, thresholds: &Thresholds) -> Option<Flag> {
    let (text, prompt) = (plain(text), plain(prompt?));
    let long_enough = |echo: &str| echo.chars().count() >= thresholds.min_echo_chars;
    let echo =
        (long_enough(&text) && prompt.contains(&text)) || (long_enough(&prompt) && text.contains(&prompt));
    echo.then(|| Flag::suspect("prompt_echo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "こどもが、きもちとそのりゆうをはなします。";

    fn gate(text: &str) -> Option<Flag> {
        prompt_echo(text, Some(PROMPT), &Thresholds::default())
    }

    #[test]
    fn the_prompt_or_a_part_of_it_is_flagged() {
        for text in ["こどもがきもちとそのりゆうをはなします", "きもちとそのりゆう。", &PROMPT.repeat(2)]
        {
            assert_eq!(gate(text), Some(Flag::suspect("prompt_echo")), "{text}");
        }
    }

    #[test]
    fn a_word_of_the_prompt_is_not_an_echo() {
        assert_eq!(gate("こども"), None);
        assert_eq!(gate("きもちわるい"), None);
    }

    #[test]
    fn without_a_prompt_there_is_no_echo() {
        assert_eq!(prompt_echo(PROMPT, None, &Thresholds::default()), None);
    }
}
