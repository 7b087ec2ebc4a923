//! Cursors of the list: the place after a log, in a form that clients have no reason to look into.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use kimochi_domain::{EmotionLogId, FeltAt};
use kimochi_store::emotion_logs::Position;
use uuid::Uuid;

/// 8 bytes of microseconds, 16 of the id.
const LENGTH: usize = 24;

pub(crate) fn encode(position: Position) -> String {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(&position.felt_at.as_microsecond().to_be_bytes());
    bytes[8..].copy_from_slice(position.id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `None` for what [`encode`] never gave.
pub(crate) fn decode(text: &str) -> Option<Position> {
    let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (microseconds, id) = bytes.split_at(8);
    let felt_at = Timestamp::from_microsecond(i64::from_be_bytes(microseconds.try_into().ok()?)).ok()?;
    let id = EmotionLogId(Uuid::from_slice(id).ok()?);
    (FeltAt::EARLIEST..FeltAt::END).contains(&felt_at).then_some(Position { felt_at, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let felt_at = "2026-03-31T23:30:00.123456Z".parse().unwrap();
        let position = Position { felt_at, id: EmotionLogId::new() };

        assert_eq!(decode(&encode(position)), Some(position));
    }

    #[test]
    fn what_was_never_given_out_is_no_cursor() {
        let beyond = URL_SAFE_NO_PAD.encode([0x7f; LENGTH]);
        for text in ["", "x", "AAAA", "%%%", &"A".repeat(33), &beyond, "ああああああああ"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
