//! Why a recording has no transcript, in words for the parent.

use crate::text_enum::text_enum;

text_enum! {
    /// Why a recording has failed for good.
    pub enum Failure as "failure" {
        /// The file has no bytes.
        EmptyFile = "empty_file",
        /// The content is neither WAV, WebM nor MP4.
        UnknownContainer = "unknown_container",
        /// A known container without a sound track.
        NoAudioTrack = "no_audio_track",
        /// A sound track in a codec that we do not decode.
        UnsupportedCodec = "unsupported_codec",
        /// The container or its packets are damaged beyond use.
        DamagedFile = "damaged_file",
        /// The file has more bytes than an upload may have; it did not come through one of our URLs.
        FileTooLarge = "file_too_large",
        /// S3 no longer has the object.
        FileMissing = "file_missing",
        /// Every attempt ended in an error of ours.
        AttemptsExhausted = "attempts_exhausted",
    }
}

impl Failure {
    /// What a client shows to the parent.
    pub const fn message(self) -> &'static str {
        match self {
            Self::EmptyFile => "録音が空でした。もう一度録音してください。",
            Self::UnknownContainer | Self::UnsupportedCodec => {
                "この形式の音声は読み取れません。アプリからもう一度録音してください。"
            }
            Self::NoAudioTrack => "ファイルに音声が入っていませんでした。もう一度録音してください。",
            Self::FileTooLarge => "音声ファイルが大きすぎます。短く録音してください。",
            Self::DamagedFile => "音声ファイルが壊れていました。もう一度録音してください。",
            Self::FileMissing => "音声ファイルが見つかりませんでした。もう一度録音してください。",
            Self::AttemptsExhausted => {
                "文字にできませんでした。録音は残っています。しばらくしてからご確認ください。"
            }
        }
    }
}
