//! Cursors of lists: the place after an item, in a form that clients have no reason to look into.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use kimochi_domain::Moment;
use uuid::Uuid;

/// 8 bytes of microseconds, 16 of the id.
const LENGTH: usize = 24;

/// A place in a list that is ordered by time, and by id where times are the same. Rows that come or go do not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The time of the item before it.
    pub at: Timestamp,
    /// The id of the item before it.
    pub id: Uuid,
}

/// A text that no page ever gave as its `next_cursor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the next_cursor of a page of this list")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&self.at.as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        decode(text).ok_or(InvalidCursor)
    }
}

fn decode(text: &str) -> Option<Cursor> {
    let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (microseconds, id) = bytes.split_at(8);
    let at = Timestamp::from_microsecond(i64::from_be_bytes(microseconds.try_into().ok()?)).ok()?;
    Some(Cursor { at: Moment::try_from(at).ok()?.timestamp(), id: Uuid::from_slice(id).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { at: "2026-03-31T23:30:00.123456Z".parse().unwrap(), id: Uuid::from_u128(7) };

        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_was_never_given_out_is_no_cursor() {
        let beyond = URL_SAFE_NO_PAD.encode([0x7f; LENGTH]);
        for text in ["", "x", "AAAA", "%%%", &"A".repeat(33), &beyond, "ああああああああ"] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
