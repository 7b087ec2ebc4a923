//! Text for Slack: escaped, so that a message can call nobody, and cut where Slack would refuse it.

/// What stands where something was cut off.
const CUT: &str = "…（省略）";

/// `text` for Slack's markup with at most `limit` characters, escapes included. `&`, `<` and `>` are what Slack's own
/// markup is made of: without them there is no mention, no link and no channel-wide call.
pub(super) fn escaped(text: &str, limit: usize) -> String {
    cut(text, limit, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}

/// `text` where Slack reads no markup, with at most `limit` characters; brackets look the same there and are none.
pub(super) fn plain(text: &str, limit: usize) -> String {
    cut(text, limit, |character| match character {
        '<' => Some("＜"),
        '>' => Some("＞"),
        _ => None,
    })
}

fn cut(text: &str, limit: usize, escape: fn(char) -> Option<&'static str>) -> String {
    let length = |character: char| escape(character).map_or(1, |entity| entity.chars().count());
    let room = limit.saturating_sub(CUT.chars().count());
    let (mut whole, mut short, mut taken) = (String::new(), None, 0);
    for character in text.chars() {
        if taken + length(character) > room && short.is_none() {
            short = Some(whole.len());
        }
        taken += length(character);
        if taken > limit {
            whole.truncate(short.unwrap_or_default());
            whole.push_str(CUT);
            return whole;
        }
        match escape(character) {
            Some(entity) => whole.push_str(entity),
            None => whole.push(character),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_be_called() {
        assert_eq!(escaped("<!channel> & <@U1>", 100), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(plain("<!channel> & <@U1>", 100), "＜!channel＞ & ＜@U1＞");
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(plain("あいうえおかきくけこ", 10), "あいうえおかきくけこ");
        assert_eq!(plain("あいうえおかきくけこさ", 10), "あいうえお…（省略）");
    }

    #[test]
    fn no_entity_is_cut_in_two() {
        for length in 0..40 {
            let text = escaped(&"<".repeat(length), 20);
            assert!(text.chars().count() <= 20);
            assert!(text.trim_end_matches(CUT).replace("&lt;", "").is_empty(), "{text}");
        }
    }
}
