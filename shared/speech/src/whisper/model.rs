//! Where the model comes from, and proof that it is the one that was meant.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{Model, SpeechError};

/// The model of `models/`, compiled in: right for laptops, tests and demos, wrong for real voices.
pub(super) static EMBEDDED: &[u8] = include_bytes!(env!("EMBEDDED_MODEL"));

/// First bytes of every file that whisper.cpp loads ("ggml", little-endian).
const MAGIC: &[u8; 4] = b"lmgg";

/// Where to load a model from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The little model inside this binary.
    Embedded,
    /// A `ggml-*.bin` file, such as one in a Lambda layer under `/opt` or fetched from S3 to `/tmp`.
    File {
        /// Where it is.
        path: PathBuf,
    },
}

impl ModelSource {
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Embedded => None,
            Self::File { path } => Some(path),
        }
    }

    /// Names the model by file stem and hash; an error when it is not the `expected` one. The embedded
    /// model's hash is from the build, a file is read once (which also brings it into the page cache).
    pub(super) fn identify(&self, expected: Option<&str>) -> Result<Model, SpeechError> {
        let embedded = || (Path::new(env!("EMBEDDED_MODEL")), Ok(env!("EMBEDDED_MODEL_SHA256").to_owned()));
        let (path, sha256) = self.path().map_or_else(embedded, |path| (path, hash(path)));
        let found = sha256?;
        match expected {
            Some(expected) if !expected.eq_ignore_ascii_case(&found) => {
                Err(SpeechError::ModelChecksum { path: path.into(), expected: expected.into(), found })
            }
            _ => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Ok(Model { name, sha256: Some(found) })
            }
        }
    }
}

fn hash(path: &Path) -> Result<String, SpeechError> {
    let unreadable = |source| SpeechError::ModelUnreadable { path: path.into(), source };
    let mut file = File::open(path).map_err(unreadable)?;

    let mut magic = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(unreadable)?;
    if magic != MAGIC {
        return Err(SpeechError::ModelFormat { path: path.into() });
    }
    let mut hasher = Sha256::new_with_prefix(&magic);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex::encode(hasher.finalize())),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: impl Into<PathBuf>) -> ModelSource {
        ModelSource::File { path: path.into() }
    }

    fn model_file() -> ModelSource {
        file(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-kimochi-q5_0.bin"))
    }

    #[test]
    fn the_hash_from_the_build_is_that_of_the_embedded_bytes() {
        let model = ModelSource::Embedded.identify(None).expect("embedded");

        assert_eq!(model.sha256, Some(hex::encode(Sha256::digest(EMBEDDED))));
        assert_eq!(model.name, "ggml-kimochi-q5_0");
    }

    #[test]
    fn a_file_has_the_same_identity_as_its_embedded_copy() {
        assert_eq!(
            model_file().identify(None).expect("file"),
            ModelSource::Embedded.identify(None).expect("embedded"),
        );
    }

    #[test]
    fn the_expected_hash_may_be_in_either_case() {
        let sha256 = env!("EMBEDDED_MODEL_SHA256").to_uppercase();

        assert!(model_file().identify(Some(&sha256)).is_ok());
    }

    #[test]
    fn another_hash_is_refused() {
        let error = model_file().identify(Some("00")).expect_err("wrong hash");

        assert_eq!(error.code(), "model_checksum");
        assert!(error.to_string().contains(env!("EMBEDDED_MODEL_SHA256")), "{error}");
    }

    #[test]
    fn a_missing_file_is_named_in_the_error() {
        let error = file("/nowhere/ggml-small.bin").identify(None).expect_err("missing");

        assert_eq!(error.code(), "model_unreadable");
        assert!(error.to_string().contains("/nowhere/ggml-small.bin"), "{error}");
    }

    #[test]
    fn a_file_of_another_kind_is_no_model() {
        let error = file(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).identify(None);

        assert_eq!(error.expect_err("no model").code(), "model_format");
    }
}
