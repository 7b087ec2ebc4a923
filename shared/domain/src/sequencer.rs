//! The order of S3 events for one object.

use std::cmp::Ordering;

/// S3's `sequencer`: tells which of two events for the *same key* came later.
///
/// A hexadecimal text of varying length; S3's documentation says to pad the shorter one on the right with
/// zeros and to compare the texts.
#[derive(Debug, Clone)]
pub struct Sequencer(String);

impl Sequencer {
    /// Takes the text as S3 sent it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as S3 sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Sequencer {
    fn cmp(&self, other: &Self) -> Ordering {
        let width = self.0.len().max(other.0.len());
        let padded = |text: &Self| {
            let missing = width - text.0.len();
            text.0.clone().into_bytes().into_iter().chain(std::iter::repeat_n(b'0', missing))
        };
        padded(self).cmp(padded(other))
    }
}

impl PartialOrd for Sequencer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sequencer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sequencer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_text_is_padded_on_the_right() {
        let earlier = Sequencer::new("0055AED6DCD90281E5");
        let later = Sequencer::new("0055AED6DCD90281E6");

        assert!(earlier < later);
        assert_eq!(Sequencer::new("0055AE"), Sequencer::new("0055AE00"));
        assert!(Sequencer::new("0055AE01") > Sequencer::new("0055AE"));
        assert!(Sequencer::new("1") > Sequencer::new("0FFF"));
    }
}
