//! Closings from the subtitles that Whisper learned from; it puts them into near-silence.

use super::{Flag, plain::plain};

/// Beginnings of whole utterances that no child says to explain a feeling.
const NEVER_SAID: &[&str] = &[
    "ご視聴ありがとうござい",
    "ご清聴ありがとうござい",
    "ご覧いただきありがとうござい",
    "最後までご視聴",
    "最後までご覧",
    "本日もご視聴",
    "チャンネル登録",
    "高評価",
    "字幕",
    "提供は",
    "次の動画",
    "次回の動画",
    "この動画",
    "thankyouforwatching",
    "thanksforwatching",
    "pleasesubscribe",
    "subtitlesby",
    "subtitledby",
];

/// Whole utterances that Whisper makes up just as often, but that children do say.
const CLOSINGS: &[&str] = &[
    "おやすみ",
    "おやすみなさい",
    "またね",
    "じゃあね",
    "じゃあまたね",
    "バイバイ",
    "ばいばい",
    "ありがとう",
    "ありがとうございます",
    "ありがとうございました",
    "thankyou",
    "bye",
    "byebye",
];

/// Flags a text that is one of these from beginning to end.
pub(crate) fn boilerplate(text: &str) -> Option<Flag> {
    let text = plain(text);
    if NEVER_SAID.iter().any(|beginning| text.starts_with(beginning)) && text.chars().count() <= 40 {
        return Some(Flag::suspect("boilerplate"));
    }
    CLOSINGS.contains(&text.as_str()).then(|| Flag::low_confidence("closing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::TEXTS;

    #[test]
    fn what_no_child_says_is_suspect() {
        for text in [
            "ご視聴ありがとうございました",
            "最後までご視聴いただき、ありがとうございました。",
            "チャンネル登録よろしくお願いします！",
            "字幕視聴ありがとうございました",
            "Thank you for watching!",
        ] {
            assert_eq!(boilerplate(text), Some(Flag::suspect("boilerplate")), "{text}");
        }
    }

    #[test]
    fn what_children_do_say_is_only_worth_a_second_listen() {
        for text in ["おやすみ。", "またね！", "バイバイ", "ありがとうございました"] {
            assert_eq!(boilerplate(text), Some(Flag::low_confidence("closing")), "{text}");
        }
    }

    #[test]
    fn a_closing_inside_a_sentence_is_fine() {
        for text in ["おやすみっていってくれたからうれしい", "バイバイしたくなかったからかなしい"]
        {
            assert_eq!(boilerplate(text), None, "{text}");
        }
        for text in TEXTS {
            assert_eq!(boilerplate(text), None, "{text}");
        }
    }
}
