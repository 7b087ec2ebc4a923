//! A picture in the thread of a message.

use reqwest::{Client, StatusCode};
use serde_json::json;

use super::methods::Methods;
use crate::conversation::Conversation;
use crate::post::{self, post};
use crate::trouble::Trouble;

/// Asks where to put `png`, puts it there, and shows it (Slack's three steps of an upload).
pub(super) async fn picture(
    methods: &Methods<'_>,
    conversation: &Conversation,
    title: &str,
    png: Vec<u8>,
) -> Result<(), Trouble> {
    let length = png.len().to_string();
    let form = [
        ("filename", "graph.png"),
        ("length", length.as_str()),
        ("alt_txt", "アラームが見ている指標のグラフ"),
    ];
    let place = methods.call_with_form("files.getUploadURLExternal", &form).await?;
    let (Some(url), Some(id)) = (place.upload_url, place.file_id) else {
        return Err(Trouble::Never("no upload_url".to_owned()));
    };

    let request = |client: &Client| client.post(&url).header("content-type", "image/png").body(png.clone());
    let judge = |answer: &post::Answer| match answer.status {
        StatusCode::OK => Ok(()),
        status => Err(post::refused(status, "")),
    };
    post(methods.client, methods.deadline, request, judge).await?;

    let Conversation { channel, ts, .. } = conversation;
    let shown = json!({"files": [{"id": id, "title": title}], "channel_id": channel, "thread_ts": ts});
    methods.call("files.completeUploadExternal", &shown).await.map(drop)
}
