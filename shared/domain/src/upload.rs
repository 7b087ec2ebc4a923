//! What an upload may be: its size and its digest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The largest voice note, in bytes: 10 MiB.
pub const MAX_UPLOAD_BYTES: i64 = 10 * 1024 * 1024;

/// How long an upload URL can be used.
pub const MAX_UPLOAD_LIFETIME: Duration = Duration::from_secs(3 * 60);

/// The size of a voice note in bytes: at most 10 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(minimum = 1, maximum = 10_485_760)]
pub struct UploadSize(i64);

/// A size outside 1 to [`MAX_UPLOAD_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1 to {MAX_UPLOAD_BYTES} bytes")]
pub struct InvalidSize;

impl UploadSize {
    /// The size in bytes.
    pub const fn bytes(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for UploadSize {
    type Error = InvalidSize;

    fn try_from(bytes: i64) -> Result<Self, InvalidSize> {
        if (1..=MAX_UPLOAD_BYTES).contains(&bytes) { Ok(Self(bytes)) } else { Err(InvalidSize) }
    }
}

/// A SHA-256 digest as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, min_length = 64, max_length = 64, pattern = "^[0-9A-Fa-f]{64}$")]
pub struct Sha256Digest([u8; 32]);

/// A text that is no SHA-256 in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a SHA-256 digest as 64 hexadecimal digits")]
pub struct InvalidDigest;

impl Sha256Digest {
    /// The form that `x-amz-checksum-sha256` takes.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }
}

impl From<[u8; 32]> for Sha256Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for Sha256Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidDigest)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_from_one_byte_to_ten_mebibytes_are_accepted() {
        assert!(UploadSize::try_from(1).is_ok());
        assert!(UploadSize::try_from(MAX_UPLOAD_BYTES).is_ok());
        for bytes in [i64::MIN, -1, 0, MAX_UPLOAD_BYTES + 1, i64::MAX] {
            assert_eq!(UploadSize::try_from(bytes), Err(InvalidSize), "{bytes}");
        }
    }

    #[test]
    fn a_digest_is_hexadecimal_in_and_base64_for_s3() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

        let digest: Sha256Digest = text.parse().unwrap();

        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn anything_but_64_hexadecimal_digits_is_refused() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66), &"あ".repeat(64)] {
            assert!(text.parse::<Sha256Digest>().is_err(), "{text}");
        }
    }
}
