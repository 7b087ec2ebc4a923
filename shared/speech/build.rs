//! Names the embedded model by its SHA-256 when it is compiled in, so that no cold start has to hash it
//! and a retrained model of the same file name needs no change here.

use std::{error::Error, fs, path::Path};

use sha2::{Digest, Sha256};

const MODEL: &str = "../../models/ggml-kimochi-q5_0.bin";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={MODEL}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(MODEL);
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("cargo::rustc-env=EMBEDDED_MODEL={}", path.display());
    println!("cargo::rustc-env=EMBEDDED_MODEL_SHA256={}", hex::encode(Sha256::digest(&bytes)));
    Ok(())
}
