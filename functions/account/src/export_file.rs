//! The file that a family's copy is written to: one JSON object, written front to back.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use kimochi_blob::BlobError;
use kimochi_store::export::SECTIONS;
use serde::Serialize;
use tempfile::NamedTempFile;

/// A file being written: `{"family": …, "children": […], …}`. It goes when it is dropped.
pub(crate) struct ExportFile {
    file: BufWriter<NamedTempFile>,
    /// How many sections were opened.
    sections: usize,
    /// Whether the open section has an item.
    has_items: bool,
}

/// A file that is complete. It goes when it is dropped.
pub(crate) struct FinishedFile {
    file: NamedTempFile,
    size_bytes: u64,
}

impl ExportFile {
    /// Begins with the family itself.
    pub(crate) fn begin(family: &impl Serialize) -> Result<Self, BlobError> {
        let mut file = BufWriter::new(NamedTempFile::new()?);
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
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let size_bytes = file.as_file().metadata()?.len();
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

impl FinishedFile {
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn content(file: &FinishedFile) -> Value {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text.len() as u64, file.size_bytes());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn every_section_is_there_and_holds_what_was_written_to_it() {
        let mut file = ExportFile::begin(&json!({"id": 1})).unwrap();
        file.write(1, &json!({"n": 1})).unwrap();
        file.write(1, &json!({"n": 2})).unwrap();
        file.write(3, &json!({"n": 3})).unwrap();

        let content = content(&file.finish().unwrap());

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
        let content = content(&ExportFile::begin(&json!({})).unwrap().finish().unwrap());

        assert_eq!(content.as_object().unwrap().len(), 1 + SECTIONS.len());
    }

    #[test]
    fn the_file_goes_with_its_value() {
        let file = ExportFile::begin(&json!({})).unwrap().finish().unwrap();
        let path = file.path().to_owned();

        drop(file);

        assert!(!path.exists());
    }
}
