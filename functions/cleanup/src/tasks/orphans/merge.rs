//! Objects and recordings side by side.

use std::cmp::Ordering;

use kimochi_blob::{KeyWalk, Listed};
use kimochi_store::recording_keys::RecordingKey;

use super::recording_walk::{Folder, RecordingWalk};
use crate::App;
use crate::failure::Failure;

/// An object and its recording, or one of them alone.
pub(super) struct Pair {
    pub(super) object: Option<Listed>,
    pub(super) recording: Option<RecordingKey>,
}

/// One walk through a folder of the bucket and through the table.
pub(super) struct Merge<'a> {
    objects: KeyWalk<'a>,
    recordings: RecordingWalk<'a>,
    object: Option<Listed>,
    recording: Option<(String, RecordingKey)>,
    /// The key of the latest pair.
    passed: Option<String>,
}

impl<'a> Merge<'a> {
    /// Begins after a key of the folder.
    pub(super) fn new(app: &'a App, folder: Folder, after: Option<String>) -> Self {
        Self {
            recordings: RecordingWalk::new(&app.database, folder, after.clone()),
            objects: app.bucket.walk(folder.prefix(), after.clone()),
            object: None,
            recording: None,
            passed: after,
        }
    }

    /// The key up to which everything was given.
    pub(super) fn passed(self) -> Option<String> {
        self.passed
    }

    /// The next pair; `None` at the end of both.
    pub(super) async fn next(&mut self) -> Result<Option<Pair>, Failure> {
        if self.object.is_none() {
            self.object = self.objects.next().await?;
        }
        if self.recording.is_none() {
            self.recording = self.recordings.next().await?;
        }
        let order = match (&self.object, &self.recording) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(object), Some((key, _))) => object.key.cmp(key),
        };
        let object = if order.is_le() { self.object.take() } else { None };
        let recording = if order.is_ge() { self.recording.take() } else { None };
        let key = object.as_ref().map(|object| &object.key).or(recording.as_ref().map(|(key, _)| key));
        // Whoever is out of order would make the other one's look as if they were alone.
        if key.zip(self.passed.as_ref()).is_some_and(|(key, passed)| key <= passed) {
            return Err(Failure::OutOfOrder);
        }
        self.passed = key.cloned();
        Ok(Some(Pair { object, recording: recording.map(|(_, recording)| recording) }))
    }
}
