//! The recordings' side of the walk.

use std::collections::VecDeque;

use jiff::Timestamp;
use kimochi_store::Database;
use kimochi_store::recording_keys::{self, RecordingKey};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// So many recordings are read with one statement.
const PAGE: i64 = 1_000;

/// Which objects of the recordings are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Folder {
    /// The notes.
    Audio,
    /// The transcripts.
    Text,
}

impl Folder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }

    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Audio => "audio/",
            Self::Text => "text/",
        }
    }

    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::Audio => Some(Self::Text),
            Self::Text => None,
        }
    }

    /// The recording's key in this folder. Transcripts are in the order of their notes: what the keys differ in before the
    /// kind of file is the same.
    pub(super) fn key_of(self, recording: &RecordingKey) -> String {
        match self {
            Self::Audio => recording.audio_key.to_string(),
            Self::Text => recording.audio_key.text_key().to_string(),
        }
    }

    /// Whether the recording's object should be here: not when it is about to go, or may still be on its way.
    pub(super) fn expects(self, recording: &RecordingKey, old: Timestamp) -> bool {
        let is_due = recording.uploaded_at.is_some_and(|at| at < old) && !recording.is_deleted;
        is_due && (self == Self::Audio || recording.has_text)
    }

    /// Where the walk through the table begins that goes with one through this folder from after a key on: not later than
    /// with the recordings of that key's family.
    fn begin(self, after: &str) -> String {
        let rest = after.strip_prefix(self.prefix()).unwrap_or_default();
        let family = rest.find('/').map_or(rest, |slash| &rest[..=slash]);
        format!("{}{family}", Self::Audio.prefix())
    }
}

/// A walk over all recordings in the order of their keys. Its memory does not grow with their number.
pub(super) struct RecordingWalk<'a> {
    database: &'a Database,
    folder: Folder,
    /// Up to here they are passed over.
    begin: Option<String>,
    after: String,
    page: VecDeque<RecordingKey>,
}

impl<'a> RecordingWalk<'a> {
    /// Begins after a key of the folder.
    pub(super) fn new(database: &'a Database, folder: Folder, begin: Option<String>) -> Self {
        let after = begin.as_deref().map(|key| folder.begin(key)).unwrap_or_default();
        Self { database, folder, begin, after, page: VecDeque::new() }
    }

    /// The next one and its key in the folder; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(String, RecordingKey)>, Failure> {
        loop {
            if self.page.is_empty() {
                self.page = recording_keys::after(self.database, &self.after, PAGE).await?.into();
                let Some(last) = self.page.back() else { return Ok(None) };
                self.after = last.audio_key.to_string();
            }
            let recording =
                self.page.pop_front().map(|recording| (self.folder.key_of(&recording), recording));
            if recording.as_ref().map(|(key, _)| key) > self.begin.as_ref() {
                return Ok(recording);
            }
        }
    }
}
