//! Text reduced to what counts when two texts are compared.

/// `text` without white space and punctuation, in lower case.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric() || *char == 'ー').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_and_white_space_do_not_count() {
        assert_eq!(plain(" ママ、だいすき！　Thank you. "), "ママだいすきthankyou");
        assert_eq!(plain("うーん…「ねえ」〜"), "うーんねえ");
    }
}
