//! Rows on their way from the database into a copy, kept in a file without a name.
//!
//! The database waits while its rows are read, and the family's other calls wait behind it. So rows are only put aside
//! while it does, and signing links to recordings comes afterwards.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _};

use kimochi_blob::BlobError;
use kimochi_domain::AudioKey;
use kimochi_store::export::Entry;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A file being filled.
pub(crate) struct Spool {
    file: BufWriter<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    section: usize,
    audio_key: Option<String>,
    item: Map<String, Value>,
}

impl Spool {
    pub(crate) fn new() -> Result<Self, BlobError> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?) })
    }

    /// Puts a row aside.
    pub(crate) fn put(&mut self, entry: Entry) -> Result<(), BlobError> {
        let Entry { section, item, audio_key } = entry;
        let line = Line { section, audio_key: audio_key.map(|key| key.to_string()), item };
        serde_json::to_writer(&mut self.file, &line).map_err(io::Error::from)?;
        Ok(())
    }

    /// What was put aside, in the same order.
    pub(crate) fn take(self) -> Result<impl Iterator<Item = Result<Entry, BlobError>>, BlobError> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let lines = serde_json::Deserializer::from_reader(BufReader::new(file)).into_iter();
        Ok(lines.map(|line| line.map_err(io::Error::from).and_then(entry).map_err(BlobError::from)))
    }
}

fn entry(line: Line) -> io::Result<Entry> {
    let Line { section, audio_key, item } = line;
    let audio_key = audio_key.map(|key| key.parse::<AudioKey>()).transpose().map_err(io::Error::other)?;
    Ok(Entry { section, item, audio_key })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_put_aside_is_taken_as_it_was() {
        let key = "audio/01940b4e-7c00-7000-8000-000000000001/audio_20260401_235959_0123456789abcdef0123456789abcdef.webm";
        let Value::Object(item) = json!({"note": "すべりだいで\nあそんだ \"}{", "n": 1.5, "none": null})
        else {
            panic!("no object")
        };
        let with_sound = Entry { section: 2, item: item.clone(), audio_key: Some(key.parse().unwrap()) };
        let without = Entry { section: 3, item, audio_key: None };

        let mut spool = Spool::new().unwrap();
        spool.put(with_sound.clone()).unwrap();
        spool.put(without.clone()).unwrap();

        assert_eq!(spool.take().unwrap().collect::<Result<Vec<_>, _>>().unwrap(), [with_sound, without]);
    }
}
