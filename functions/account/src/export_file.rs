//! The file that a family's copy is written to: one JSON object, written front to back. It has no name, so that it is gone
//! when the process is, however that ends.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};

use kimochi_blob::BlobError;
use kimochi_store::export::SECTIONS;
use serde::Serialize;

/// A file being written: `{"family": …, "children": […], …}`.
pub(crate) struct ExportFile {
    file: BufWriter<File>,
    /// How many sections were opened.
    sections: usize,
    /// Whether the open section has an item.
    has_items: bool,
}

/// A file that is complete, to be read from its beginning.
pub(crate) struct FinishedFile {
    pub(crate) file: File,
    pub(crate) size_bytes: u64,
}

impl ExportFile {
    /// Begins with the family itself.
    pub(crate) fn begin(family: &impl Serialize) -> Result<Self, BlobError> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        file.write_all(b"{\"family\":")?;
        serde_json::to_writer(&mut file, family).map_err(io::Error::from)?;
        Ok(Self { file, sections: 0, has_items: false })
    }

    /// Adds an item to a section of [`SECTIONS`]; sections come in their order.
    pub(crate) fn write(&mut self, section: usize, item: &impl Serialize) -> Result<(), BlobError> {
        self.open_sections(section + 1)?;
        if self.has_items {
            self.file.write_all(b",")?;
        }
        self.has_items = true;
        self.file.write_all(b"\n")?;
        serde_json::to_writer(&mut self.file, item).map_err(io::Error::from)?;
        Ok(())
    }

    /// Ends it. A section without items is there, and empty.
    pub(crate) fn finish(mut self) -> Result<FinishedFile, BlobError> {
        self.open_sections(SECTIONS.len())?;
        self.file.write_all(b"]}\n")?;
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let size_bytes = file.stream_position()?;
        file.rewind()?;
        Ok(FinishedFile { file, size_bytes })
    }

    /// Opens sections until so many were.
    fn open_sections(&mut self, wanted: usize) -> io::Result<()> {
        while self.sections < wanted {
            let end = if self.sections == 0 { "" } else { "]" };
            write!(self.file, "{end},\n\"{}\":[", SECTIONS[self.sections])?;
            self.sections += 1;
            self.has_items = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn content(finished: FinishedFile) -> Value {
        let text = io::read_to_string(finished.file).unwrap();
        assert_eq!(text.len() as u64, finished.size_bytes);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn every_section_is_there_and_holds_what_was_written_to_it() {
        let mut file = ExportFile::begin(&json!({"id": 1})).unwrap();
        file.write(1, &json!({"n": 1})).unwrap();
        file.write(1, &json!({"n": 2})).unwrap();
        file.write(3, &json!({"n": 3})).unwrap();

        let content = content(file.finish().unwrap());

        let expected = json!({
            "family": {"id": 1},
            "children": [],
            "emotion_logs": [{"n": 1}, {"n": 2}],
            "recordings": [],
            "job_runs": [{"n": 3}],
            "audit_logs": [],
        });
        assert_eq!(content, expected);
    }

    #[test]
    fn a_family_without_anything_has_empty_sections() {
        let content = content(ExportFile::begin(&json!({})).unwrap().finish().unwrap());

        assert_eq!(content.as_object().unwrap().len(), 1 + SECTIONS.len());
    }
}
