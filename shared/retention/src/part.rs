//! One archive: written line by line, and read the same way.

use std::io::{self, BufRead as _, BufReader, Read as _, Take, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::civil::Date;
use kimochi_domain::{ArchiveKey, ArchivedTable};
use kimochi_store::archives::{Archive, ArchivedRow};
use kimochi_store::audit_seals::Digest;
use kimochi_store::log_lines::Line;
use kimochi_store::migrations;
use sha2::{Digest as _, Sha256};

use crate::Limits;
use crate::digest::sha256;
use crate::manifest::{FORMAT, Manifest};

/// An archive being filled. It holds the lines compressed, and of each row the place and digest: less than one MiB together.
pub(crate) struct PartWriter {
    compressed: GzEncoder<Vec<u8>>,
    content: Sha256,
    content_bytes: usize,
    rows: Vec<ArchivedRow>,
}

/// An archive that is complete.
pub(crate) struct Part {
    pub(crate) archive: Archive,
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: Vec<ArchivedRow>,
}

/// What an object turned out to hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) rows: i64,
    pub(crate) bytes: i64,
    pub(crate) sha256: Digest,
}

/// The lines of an archive, one after another.
pub(crate) struct Lines<'a> {
    reader: BufReader<Take<GzDecoder<&'a [u8]>>>,
    line: Vec<u8>,
}

impl PartWriter {
    pub(crate) fn new() -> Self {
        Self {
            compressed: GzEncoder::new(Vec::new(), Compression::default()),
            content: Sha256::new(),
            content_bytes: 0,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, line: &Line) -> io::Result<()> {
        let Line { place, text } = line;
        for bytes in [text.as_bytes(), b"\n"] {
            self.compressed.write_all(bytes)?;
            self.content.update(bytes);
            self.content_bytes += bytes.len();
        }
        self.rows.push(ArchivedRow { place: *place, digest: sha256(text.as_bytes()) });
        Ok(())
    }

    pub(crate) fn is_full(&self, limits: &Limits) -> bool {
        self.rows.len() >= limits.part_rows || self.content_bytes >= limits.part_bytes
    }

    pub(crate) fn last(&self) -> Option<&ArchivedRow> {
        self.rows.last()
    }

    /// `None` when there is no row in it. `day` gives the day for the key from the first row.
    pub(crate) fn finish(
        self,
        table: ArchivedTable,
        day: impl FnOnce(Timestamp) -> Date,
    ) -> io::Result<Option<Part>> {
        let Self { compressed, content, content_bytes, rows } = self;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(None);
        };
        let (first, last) = (first.place, last.place);
        let bytes = compressed.finish()?;
        let content_sha256 = content.finalize().into();
        let archive = Archive {
            key: ArchiveKey::new(table, day(first.at), first.id, content_sha256),
            rows: rows.len() as i64,
            first,
            last,
            bytes: bytes.len() as i64,
            sha256: sha256(&bytes),
            content_bytes: content_bytes as i64,
            content_sha256,
            verified_at: Timestamp::UNIX_EPOCH, // not yet
        };
        Ok(Some(Part { archive, bytes, rows }))
    }
}

impl Part {
    /// Whether an object that was found at its key is it. The same lines may have been compressed by another release; then
    /// it is the object there that counts from now on.
    pub(crate) fn adopt(&mut self, found: Vec<u8>) -> bool {
        let Archive { rows, content_bytes, content_sha256, .. } = self.archive;
        let limit = content_bytes.unsigned_abs();
        let expected = Content { rows, bytes: content_bytes, sha256: content_sha256 };
        let is_ours = Content::of(&found, limit).is_ok_and(|content| content == expected);
        if is_ours && found != self.bytes {
            self.archive.bytes = found.len() as i64;
            self.archive.sha256 = sha256(&found);
            self.bytes = found;
        }
        is_ours
    }
}

/// What the manifest of an archive says.
pub(crate) fn manifest(archive: &Archive) -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        table: archive.key.table(),
        schema_version: migrations::latest_version(),
        key: archive.key.to_string(),
        day: archive.key.day(),
        rows: archive.rows,
        first: archive.first.into(),
        last: archive.last.into(),
        bytes: archive.bytes,
        sha256: hex::encode(archive.sha256),
        content_bytes: archive.content_bytes,
        content_sha256: hex::encode(archive.content_sha256),
    }
}

impl Content {
    /// Reads all lines, up to a little more than `limit` bytes of them.
    fn of(bytes: &[u8], limit: u64) -> io::Result<Self> {
        let (mut rows, mut length, mut digest) = (0, 0, Sha256::new());
        let mut lines = Lines::new(bytes, limit);
        while let Some(line) = lines.next()? {
            rows += 1;
            length += line.len() as i64 + 1;
            digest.update(line);
            digest.update(b"\n");
        }
        Ok(Self { rows, bytes: length, sha256: digest.finalize().into() })
    }
}

impl<'a> Lines<'a> {
    /// The lines of an object which should hold `limit` bytes of them: of one that holds more, a little more is read.
    pub(crate) fn new(bytes: &'a [u8], limit: u64) -> Self {
        let reader = BufReader::new(GzDecoder::new(bytes).take(limit.saturating_add(1)));
        Self { reader, line: Vec::new() }
    }

    /// The next line, without its line feed; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        if self.reader.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(Some(line)),
            None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a line does not end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use kimochi_store::log_lines::Place;
    use uuid::Uuid;

    use super::*;
    use crate::limits::utc_day;

    fn part(texts: &[&str]) -> Part {
        let mut writer = PartWriter::new();
        for (n, text) in texts.iter().enumerate() {
            let place = Place { at: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(n as u128) };
            writer.push(&Line { place, text: (*text).to_owned() }).unwrap();
        }
        writer.finish(ArchivedTable::JobRuns, utc_day).unwrap().unwrap()
    }

    #[test]
    fn the_same_rows_make_the_same_archive() {
        let (one, other) = (part(&["{}", "{\"a\": \"きもち\"}"]), part(&["{}", "{\"a\": \"きもち\"}"]));

        assert_eq!((&one.archive, &one.bytes), (&other.archive, &other.bytes));
        assert_eq!(one.archive.rows, 2);
        assert_ne!(one.archive.key, part(&["{}"]).archive.key);
    }

    #[test]
    fn what_was_written_is_read() {
        let part = part(&["1", "22", "333"]);

        let mut lines = Lines::new(&part.bytes, part.archive.content_bytes.unsigned_abs());

        assert_eq!(lines.next().unwrap(), Some(b"1".as_slice()));
        assert_eq!(lines.next().unwrap(), Some(b"22".as_slice()));
        assert_eq!(lines.next().unwrap(), Some(b"333".as_slice()));
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn the_same_lines_compressed_in_another_way_are_the_same_archive() {
        let mut part = part(&["1", "22", "333"]);
        let mut other = GzEncoder::new(Vec::new(), Compression::none());
        other.write_all(b"1\n22\n333\n").unwrap();
        let other = other.finish().unwrap();

        assert!(part.adopt(other.clone()));

        assert_eq!((part.archive.sha256, part.archive.bytes), (sha256(&other), other.len() as i64));
    }

    #[test]
    fn other_lines_and_what_is_no_archive_are_refused() {
        let mut part = part(&["1", "22", "333"]);
        let bytes = part.bytes.clone();
        let bomb = {
            let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
            bomb.write_all(&vec![b'a'; 10_000_000]).unwrap();
            bomb.finish().unwrap()
        };

        for wrong in [
            Vec::new(),
            b"no gzip".to_vec(),
            bytes[..bytes.len() - 9].to_vec(),
            self::part(&["1"]).bytes,
            bomb,
        ] {
            assert!(!part.adopt(wrong));
        }
        assert_eq!(part.bytes, bytes);
    }
}
