//! What the functions say of their routes is what stands in `openapi.json`, and is true of the template.

use std::collections::BTreeSet;
use std::path::Path;

use expect_test::expect_file;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder};

use crate::template::{template, text};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const TAGS: [(&str, &str); 5] = [
    ("children", "Whose feelings are kept."),
    ("feelings", "The cards and strengths to choose from, and what was felt."),
    ("recordings", "Voice notes, and the text that becomes of them."),
    ("account", "Who calls, how they leave, and whether the service stands."),
    ("administration", "For operators."),
];

/// Of all functions.
fn document() -> OpenApi {
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    let info = InfoBuilder::new()
        .title("きもちみっけ！")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Puts the feelings of preschoolers into words, and keeps them for their family.\n\n\
             JSON in snake_case; times are RFC 3339 in UTC, days are calendar days in the app's time zone. What goes \
             wrong is told as an RFC 9457 Problem document.",
        ))
        .license(Some(license));
    let tags = TAGS.map(|(name, what)| TagBuilder::new().name(name).description(Some(what)).build());
    let whole = OpenApiBuilder::new().info(info.build()).tags(Some(tags)).build();
    let functions = [presign::openapi(), emotions::openapi(), account::openapi(), admin::openapi()];
    functions.into_iter().fold(whole, OpenApi::merge_from)
}

#[test]
fn openapi_json_says_what_the_code_says() {
    let json = document().to_pretty_json().expect("JSON");

    // `make openapi` writes it.
    expect_file!["../../openapi.json"].assert_eq(&format!("{json}\n"));
}

#[test]
fn the_document_has_the_routes_of_the_template() {
    let template = template();
    let resources = &template["Resources"];
    let default = text(&resources["Api"]["Properties"]["Auth"]["DefaultAuthorizer"]);
    let mut routes = BTreeSet::new();
    for (_, resource) in resources.as_hash().expect("resources") {
        for (_, event) in resource["Properties"]["Events"].as_hash().into_iter().flatten() {
            if event["Type"].as_str() == Some("HttpApi") {
                let event = &event["Properties"];
                let authorizer = event["Auth"]["Authorizer"].as_str().unwrap_or(default);
                routes.insert(format!("{} {} {authorizer}", text(&event["Method"]), text(&event["Path"])));
            }
        }
    }

    let described = Operation::all().map(|operation| {
        let security = operation.value["security"][0].as_object().expect("who may call").keys().next();
        let caller = security.map_or("NONE", String::as_str);
        format!("{} {} {caller}", operation.method.to_uppercase(), operation.path)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), routes);
}

#[test]
fn an_operation_is_called_as_its_file() {
    let functions = Path::new(REPOSITORY).join("functions");
    let folders: Vec<_> =
        functions.read_dir().expect("functions").map(|entry| entry.expect("a folder")).collect();
    let mut ids = BTreeSet::new();
    for operation in Operation::all() {
        let id = operation.value["operationId"].as_str().expect("an operationId").to_owned();
        let file = format!("src/{id}.rs");
        assert!(folders.iter().any(|folder| folder.path().join(&file).is_file()), "{operation}: {file}");
        assert!(ids.insert(id), "{operation}: its name is taken");
    }
}

#[test]
fn every_operation_has_a_summary_and_a_tag() {
    for operation in Operation::all() {
        let summary = operation.value["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with('.') && !summary.contains('\n'), "{operation}: {summary:?}");
        let tag = operation.value["tags"][0].as_str().unwrap_or_default();
        assert!(TAGS.iter().any(|(name, _)| *name == tag), "{operation}: {tag:?}");
    }
}

#[test]
fn every_body_has_an_example_and_every_example_is_valid() {
    let document = Document::new();
    for operation in Operation::all() {
        let answers = operation.value["responses"].as_object().expect("answers");
        for (status, answer) in answers {
            for content in document.resolve(answer)["content"].as_object().into_iter().flat_map(Map::values) {
                document.assert_examples(content, &format!("{operation}, {status}"));
            }
        }
        for content in operation.value["requestBody"]["content"].as_object().into_iter().flat_map(Map::values)
        {
            document.assert_examples(content, &format!("{operation}, request"));
        }
    }
}

#[test]
fn every_reference_and_every_link_leads_somewhere() {
    let document = Document::new();
    let ids: BTreeSet<_> = Operation::all()
        .map(|operation| operation.value["operationId"].as_str().unwrap_or_default().to_owned())
        .collect();
    let mut stack = vec![&document.0];
    while let Some(value) = stack.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            assert!(document.0.pointer(&reference[1..]).is_some(), "{reference}");
        }
        for link in value["links"].as_object().into_iter().flat_map(Map::values) {
            assert!(ids.contains(link["operationId"].as_str().unwrap_or_default()), "{link}");
        }
        match value {
            Value::Object(members) => stack.extend(members.values()),
            Value::Array(items) => stack.extend(items),
            _ => (),
        }
    }
}

/// The document as clients read it.
struct Document(Value);

impl Document {
    fn new() -> Self {
        Self(json!(document()))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(&reference[1..]).expect("a component"),
            None => value,
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
    }

    /// `content` or its schema has an example, and each is what the schema says.
    fn assert_examples(&self, content: &Value, whose: &str) {
        let schema = &content["schema"];
        let of_schema = self.resolve(schema)["examples"].as_array().into_iter().flatten();
        let examples: Vec<_> = content.get("example").into_iter().chain(of_schema).collect();
        let validator = self.validator(schema);
        assert!(!examples.is_empty(), "{whose}: no example");
        for example in examples {
            let errors: Vec<_> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{whose}: {errors:?} in {example}");
        }
    }
}

/// One method of one path.
struct Operation {
    method: String,
    path: String,
    value: Value,
}

impl Operation {
    fn all() -> impl Iterator<Item = Self> {
        let Value::Object(paths) = json!(document().paths) else { panic!("no paths") };
        paths.into_iter().flat_map(|(path, item)| {
            let Value::Object(operations) = item else { panic!("{path} has no operations") };
            operations.into_iter().map(move |(method, value)| Self { method, path: path.clone(), value })
        })
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.to_uppercase(), self.path)
    }
}
