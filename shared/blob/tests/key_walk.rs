//! Walking over keys and their versions, with answers as S3 gives them: the emulator lists a bucket of a test on one page.

use jiff::Timestamp;
use kimochi_blob::{Listed, MediaBucket, Quarantine};
use kimochi_testing::settings_at;
use wiremock::matchers::{method, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn version(key: &str, id: &str, is_latest: bool, at: &str) -> String {
    format!(
        "<Version><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{is_latest}</IsLatest>\
         <LastModified>{at}</LastModified><Size>5</Size></Version>"
    )
}

fn marker(key: &str, id: &str, is_latest: bool, at: &str) -> String {
    format!(
        "<DeleteMarker><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{is_latest}</IsLatest>\
         <LastModified>{at}</LastModified></DeleteMarker>"
    )
}

fn page(content: &str, next: Option<(&str, &str)>) -> ResponseTemplate {
    let next = next.map_or_else(String::new, |(key, version)| {
        format!(
            "<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>\
             <NextVersionIdMarker>{version}</NextVersionIdMarker>"
        )
    });
    ResponseTemplate::new(200)
        .set_body_string(format!("<ListVersionsResult>{next}{content}</ListVersionsResult>"))
}

async fn walk(s3: &MockServer) -> Result<Vec<Listed>, kimochi_blob::BlobError> {
    let bucket = MediaBucket::new(&settings_at(&s3.uri()), "media");
    let mut walk = bucket.walk("audio/", None);
    let mut listed = Vec::new();
    while let Some(one) = walk.next().await? {
        listed.push(one);
    }
    Ok(listed)
}

#[tokio::test]
async fn versions_and_markers_of_a_key_are_one_object_across_pages() {
    let s3 = MockServer::start().await;
    let first = [
        version("audio/a", "a1", true, "2026-04-01T00:00:00Z"),
        version("audio/b", "b3", true, "2026-04-04T00:00:00Z"),
        marker("audio/b", "b2", false, "2026-04-03T00:00:00Z"),
    ];
    let second = [
        version("audio/b", "b1", false, "2026-04-02T00:00:00Z"),
        version("audio/c", "c1", false, "2026-04-05T00:00:00Z"),
        marker("audio/c", "c2", true, "2026-04-06T00:00:00Z"),
        marker("audio/d", "d1", true, "2026-04-07T00:00:00Z"),
    ];
    let answer = page(&first.concat(), Some(("audio/b", "b2")));
    Mock::given(query_param("prefix", "audio/"))
        .and(query_param_is_missing("key-marker"))
        .respond_with(answer)
        .mount(&s3)
        .await;
    Mock::given(query_param("prefix", "audio/"))
        .and(query_param("key-marker", "audio/b"))
        .and(query_param("version-id-marker", "b2"))
        .respond_with(page(&second.concat(), None))
        .mount(&s3)
        .await;

    let listed = walk(&s3).await.unwrap();

    let of = |one: &Listed| (one.key.clone(), one.is_there, one.version.clone(), one.changed_at.to_string());
    let expected = |key: &str, is_there, version: Option<&str>, at: &str| {
        (key.to_owned(), is_there, version.map(str::to_owned), at.to_owned())
    };
    assert_eq!(
        listed.iter().map(of).collect::<Vec<_>>(),
        [
            expected("audio/a", true, Some("a1"), "2026-04-01T00:00:00Z"),
            expected("audio/b", true, Some("b3"), "2026-04-04T00:00:00Z"),
            expected("audio/c", false, Some("c1"), "2026-04-06T00:00:00Z"),
            expected("audio/d", false, None, "2026-04-07T00:00:00Z"),
        ]
    );
}

#[tokio::test]
async fn keys_that_are_out_of_order_end_the_walk_within_a_page_and_between_two() {
    let at = "2026-04-01T00:00:00Z";
    for (first, second) in [
        ([version("audio/b", "1", true, at), version("audio/a", "1", true, at)].concat(), None),
        (version("audio/b", "1", true, at), Some(version("audio/a", "1", true, at))),
    ] {
        let s3 = MockServer::start().await;
        if let Some(second) = &second {
            let answer = page(second, None);
            Mock::given(query_param("key-marker", "audio/b")).respond_with(answer).mount(&s3).await;
        }
        let answer = page(&first, second.as_ref().map(|_| ("audio/b", "1")));
        Mock::given(query_param_is_missing("key-marker")).respond_with(answer).mount(&s3).await;

        let error = walk(&s3).await.unwrap_err();

        assert!(error.to_string().contains("broken answer"), "{error}");
    }
}

/// The emulator calls it missing.
#[tokio::test]
async fn a_hidden_version_is_tagged_by_its_id_and_keeps_its_other_tags() {
    let s3 = MockServer::start().await;
    let tags = "<Tagging><TagSet><Tag><Key>GuardDutyMalwareScanStatus</Key><Value>NO_THREATS_FOUND</Value></Tag></TagSet></Tagging>";
    Mock::given(method("GET"))
        .and(query_param("versionId", "b1"))
        .respond_with(ResponseTemplate::new(200).set_body_string(tags))
        .mount(&s3)
        .await;
    Mock::given(method("PUT"))
        .and(query_param("versionId", "b1"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&s3)
        .await;
    let bucket = MediaBucket::new(&settings_at(&s3.uri()), "media");
    let at: Timestamp = "2026-04-03T00:00:00Z".parse().unwrap();
    let hidden = Listed {
        key: "audio/b".to_owned(),
        is_there: false,
        changed_at: at,
        size_bytes: 5,
        version: Some("b1".to_owned()),
    };

    assert_eq!(bucket.quarantine_of(&hidden).await.unwrap(), Quarantine::None);
    assert!(bucket.quarantine(&hidden, at).await.unwrap());

    let requests = s3.received_requests().await.unwrap();
    let put = requests.iter().find(|request| request.method == "PUT").unwrap();
    let body = String::from_utf8_lossy(&put.body);
    assert!(body.contains("GuardDutyMalwareScanStatus"), "{body}");
    assert!(body.contains("<Value>2026-04-03T00:00:00Z</Value>"), "{body}");
}
