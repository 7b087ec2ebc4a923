//! Tells cargo that a new migration file is a change, too: the macro that embeds them cannot.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
