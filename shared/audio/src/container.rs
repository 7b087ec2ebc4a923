//! Which container a file is, told from its first bytes: what an upload claims to be is not trusted.

use std::fmt;

/// A file format that voice notes come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// RIFF/WAVE with PCM, floating-point, A-law or µ-law samples.
    Wav,
    /// WebM (or Matroska) as `MediaRecorder` of Chrome and Firefox writes it.
    Webm,
    /// ISO base media (MP4, M4A) as `MediaRecorder` of Safari and phone recorders write it.
    Mp4,
}

impl Container {
    /// The container that these bytes begin like, if any.
    pub(crate) fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Self::Webm),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            _ => None,
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Webm => "WebM",
            Self::Mp4 => "MP4",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_container_is_known_by_its_first_bytes() {
        assert_eq!(Container::sniff(b"RIFF\0\0\0\0WAVEfmt "), Some(Container::Wav));
        assert_eq!(Container::sniff(b"\x1a\x45\xdf\xa3\x9f"), Some(Container::Webm));
        assert_eq!(Container::sniff(b"\0\0\0\x1cftypisom"), Some(Container::Mp4));
    }

    #[test]
    fn text_and_fragments_of_a_signature_are_no_container() {
        for bytes in [&b""[..], b"RIFF", b"RIFF\0\0\0\0AVI ", b"\x1a\x45\xdf", b"hello, I am audio.wav"] {
            assert_eq!(Container::sniff(bytes), None, "{bytes:?}");
        }
    }
}
