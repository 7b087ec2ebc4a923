//! Each function reads exactly the variables that the template gives it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use kimochi_environment::{Environment, InvalidEnvironment};
use yaml_rust2::Yaml;

use crate::template::{template, text};

/// Set by Lambda itself.
const OF_LAMBDA: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

#[test]
fn presign_reads_what_the_template_sets() {
    compare("Presign", read(presign::Config::from_env, &[""]));
}

#[test]
fn emotions_reads_what_the_template_sets() {
    compare("Emotions", read(emotions::Config::from_env, &[""]));
}

#[test]
fn account_reads_what_the_template_sets() {
    compare("Account", read(account::Config::from_env, &[""]));
}

#[test]
fn admin_reads_what_the_template_sets() {
    compare("Admin", read(admin::Config::from_env, &[""]));
}

#[test]
fn alert_relay_reads_what_the_template_sets() {
    compare("AlertRelay", read(alert_relay::Config::from_env, &[""]));
}

#[test]
fn cleanup_reads_what_the_template_sets() {
    compare("Cleanup", read(cleanup::Config::from_env, &[""]));
}

#[test]
fn report_reads_what_the_template_sets() {
    compare("Report", read(report::Config::from_env, &[""]));
}

#[test]
fn migrate_reads_what_the_template_sets() {
    compare("Migrate", read(migrate::Config::from_env, &[""]));
}

#[test]
fn transcribe_reads_what_the_template_sets() {
    compare("Transcribe", read(transcribe::Config::from_env, &["whisper", "openai"]));
}

/// The variables that are asked for, over all values of `TRANSCRIBER`.
fn read<T>(
    from_env: fn(Environment) -> Result<T, InvalidEnvironment>,
    transcribers: &[&'static str],
) -> BTreeSet<String> {
    let asked = Rc::new(RefCell::new(BTreeSet::new()));
    for transcriber in transcribers {
        let (asked, transcriber) = (Rc::clone(&asked), *transcriber);
        let environment = Environment::from_lookup(move |name| {
            asked.borrow_mut().insert(name.to_owned());
            (name == "TRANSCRIBER").then(|| transcriber.to_owned())
        });
        assert!(from_env(environment).is_err(), "something is required");
    }
    asked.take()
}

fn compare(resource: &str, mut read: BTreeSet<String>) {
    read.remove(OF_LAMBDA);
    let template = template();
    let names = |environment: &Yaml| {
        let variables = environment["Environment"]["Variables"].as_hash().cloned().unwrap_or_default();
        variables.keys().map(|name| text(name).to_owned()).collect::<BTreeSet<_>>()
    };
    let own = &template["Resources"][resource]["Properties"];
    let set: BTreeSet<_> = &names(own) | &names(&template["Globals"]["Function"]);
    let unread: Vec<_> = set.difference(&read).filter(|name| !is_common(name)).collect();
    let unset: Vec<_> = read.difference(&set).collect();
    assert!(unread.is_empty(), "{resource}: set, but never read: {unread:?}");
    assert!(unset.is_empty(), "{resource}: read, but not set: {unset:?}");
}

/// Set for all functions at once, whether or not each of them needs it.
fn is_common(name: &str) -> bool {
    ["APP_TIME_ZONE", "LOG_LEVEL"].contains(&name)
}
