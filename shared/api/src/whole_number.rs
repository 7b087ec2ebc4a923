//! Whole numbers in JSON bodies.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

/// Up to here every whole number has a floating-point one of its own.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, however it is written: to JSON, and to JSON Schema, `3`, `3.0` and `3e0` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WholeNumber(pub i64);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        let whole = number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= MAX_EXACT)?;
            Some(float as i64)
        });
        whole.map(Self).ok_or_else(|| D::Error::custom("must be a whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        serde_json::from_str::<WholeNumber>(json).ok().map(|number| number.0)
    }

    #[test]
    fn one_number_can_be_written_in_many_ways() {
        for json in ["3", "3.0", "3e0", "0.3E1"] {
            assert_eq!(read(json), Some(3), "{json}");
        }
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for json in ["1.5", "\"3\"", "null", "true", "1e300", "9223372036854775808", "[3]"] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
