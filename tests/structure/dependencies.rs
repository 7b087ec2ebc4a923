//! What each crate may link (docs/ARCHITECTURE.md).

use std::collections::BTreeSet;
use std::process::Command;

const FUNCTIONS: [&str; 9] =
    ["account", "admin", "alert-relay", "cleanup", "emotions", "migrate", "presign", "report", "transcribe"];

/// The names of everything that `package` links.
fn linked(package: &str) -> BTreeSet<String> {
    let arguments =
        ["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package"];
    let output = Command::new(env!("CARGO")).args(arguments).arg(package).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

fn own(package: &str) -> BTreeSet<String> {
    linked(package).into_iter().filter(|name| name.starts_with("kimochi-") && name != package).collect()
}

#[test]
fn domain_knows_neither_async_nor_aws_nor_postgresql() {
    for name in linked("kimochi-domain") {
        let foreign = ["tokio", "aws-", "hyper", "lambda"].iter().any(|prefix| name.starts_with(prefix));
        assert!(!foreign && !name.contains("postgres"), "{name}");
    }
}

#[test]
fn shared_crates_know_only_what_the_arrows_allow() {
    for (package, known) in [
        ("api", vec!["domain"]),
        ("blob", vec!["domain"]),
        ("http", vec![]),
        ("notify", vec!["domain"]),
        ("queue", vec!["blob", "domain"]),
        ("speech", vec!["domain", "http"]),
        ("store", vec!["domain", "environment"]),
        ("erasure", vec!["blob", "domain", "environment", "store"]),
        ("retention", vec!["blob", "domain", "environment", "store"]),
        ("runtime", vec!["environment"]),
        ("schedule", vec!["domain", "environment", "store"]),
        ("audio", vec![]),
        ("domain", vec![]),
        ("environment", vec![]),
    ] {
        let known = known.into_iter().map(|name| format!("kimochi-{name}")).collect();
        assert_eq!(own(&format!("kimochi-{package}")), known, "{package}");
    }
}

#[test]
fn no_function_links_another() {
    for function in FUNCTIONS {
        let linked = linked(function);
        let others: Vec<_> = FUNCTIONS.iter().filter(|f| **f != function && linked.contains(**f)).collect();
        assert!(others.is_empty(), "{function}: {others:?}");
    }
}

#[test]
fn one_tls_implementation_is_linked() {
    for function in FUNCTIONS {
        let linked = linked(function);
        for other in ["aws-lc-rs", "native-tls", "openssl"] {
            assert!(!linked.contains(other), "{function} links {other}");
        }
    }
}

#[test]
fn the_way_of_an_alert_depends_on_neither_the_database_nor_s3() {
    for name in linked("alert-relay") {
        assert!(!name.contains("postgres") && name != "aws-sdk-s3", "{name}");
    }
}
