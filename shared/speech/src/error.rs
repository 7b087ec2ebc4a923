//! Why there is no text, and whether trying again helps.

use std::path::PathBuf;

/// A failure to transcribe. "There was no speech" is not one of them.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// Time ran out before anything was transcribed.
    #[error("time ran out before anything was transcribed")]
    Deadline,
    /// whisper.cpp gave up, most often for want of memory, or the voice detector panicked.
    #[error("the speech engine failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The model file is missing or cannot be read.
    #[error("cannot read the model file {}", path.display())]
    ModelUnreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The model file is not the one that was configured.
    #[error("the model file {} has SHA-256 {found}, expected {expected}", path.display())]
    ModelChecksum {
        /// The file that was read.
        path: PathBuf,
        /// The configured hash.
        expected: String,
        /// The hash of what is there.
        found: String,
    },
    /// whisper.cpp cannot load the file: not in ggml format, or cut short.
    #[error("{} is no model that whisper.cpp can load (it needs a complete ggml-*.bin file)", path.display())]
    ModelFormat {
        /// The file that was read.
        path: PathBuf,
    },
    /// The configuration of the transcription service makes no client.
    #[error("the transcription service's configuration is not usable: {0}")]
    ServiceConfig(String),
    /// No connection, or it broke before the answer was there.
    #[error("the transcription service cannot be reached")]
    ServiceUnreachable(#[source] reqwest::Error),
    /// It took longer for one request than it may.
    #[error("the transcription service did not answer within {} s", .0.as_secs_f32())]
    ServiceTimeout(std::time::Duration),
    /// The service said "later" (429 or 5xx) until the attempts or the time were used up.
    #[error("the transcription service is busy or failing (HTTP {status})")]
    ServiceBusy {
        /// Its last HTTP status.
        status: u16,
    },
    /// The service will not do it, however often it is asked.
    #[error("the transcription service refused the request (HTTP {status}): {advice}")]
    ServiceRefused {
        /// Its HTTP status.
        status: u16,
        /// What an operator should do.
        advice: &'static str,
    },
    /// A success whose body is cut short or is not a transcription. Only where it went wrong is kept: the
    /// parser's own words may quote the text.
    #[error(
        "the transcription service's answer is not a transcription ({category:?} error at column {column})"
    )]
    ServiceAnswer {
        /// What kind of error the parser saw.
        category: serde_json::error::Category,
        /// How far it got in the line.
        column: usize,
    },
}

impl SpeechError {
    /// Whether the same recording may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Deadline
            | Self::Engine(_)
            | Self::ServiceUnreachable(_)
            | Self::ServiceTimeout(_)
            | Self::ServiceBusy { .. }
            | Self::ServiceAnswer { .. } => true,
            Self::ModelUnreadable { .. }
            | Self::ModelChecksum { .. }
            | Self::ModelFormat { .. }
            | Self::ServiceConfig(_)
            | Self::ServiceRefused { .. } => false,
        }
    }

    /// Whether the deployment is at fault and not this recording, which will be fine once an
    /// operator has mended it.
    pub fn is_misconfiguration(&self) -> bool {
        match self {
            Self::ModelUnreadable { .. }
            | Self::ModelChecksum { .. }
            | Self::ModelFormat { .. }
            | Self::ServiceConfig(_) => true,
            Self::ServiceRefused { status, .. } => matches!(status, 300..=399 | 401..=405),
            _ => false,
        }
    }

    /// A stable name for metrics and stored failures.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Engine(_) => "engine",
            Self::ModelUnreadable { .. } => "model_unreadable",
            Self::ModelChecksum { .. } => "model_checksum",
            Self::ModelFormat { .. } => "model_format",
            Self::ServiceConfig(_) => "service_config",
            Self::ServiceUnreachable(_) => "service_unreachable",
            Self::ServiceTimeout(_) => "service_timeout",
            Self::ServiceBusy { .. } => "service_busy",
            Self::ServiceRefused { .. } => "service_refused",
            Self::ServiceAnswer { .. } => "service_answer",
        }
    }
}
