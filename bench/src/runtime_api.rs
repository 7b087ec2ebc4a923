//! The Lambda Runtime API for one sandbox, on the loopback interface: `next`, `response`, `error` and `init/error`.
//!
//! It speaks just as much HTTP/1.1 as runtimes need, over connections that stay open, and adds as little time of its own as
//! possible: what is measured is the function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use kimochi_runtime::clock;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long an invocation may take, as the function is told.
const DEADLINE: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// What came of an invocation.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Value,
    /// From the moment in which the function had been waiting for an event until it gave its answer.
    pub(crate) time: Duration,
}

/// One sandbox's API.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: String,
    events: mpsc::Sender<Invocation>,
    first_next: Mutex<Option<oneshot::Receiver<Instant>>>,
    // Ends the server with this value.
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Invocation {
    body: Arc<[u8]>,
    answer: oneshot::Sender<Answer>,
}

/// What the function posted, whether as an error, and how long it took.
type Answer = (Vec<u8>, bool, Duration);

struct Shared {
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    waiting: Mutex<HashMap<String, (oneshot::Sender<Answer>, Instant)>>,
    first_next: Mutex<Option<oneshot::Sender<Instant>>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (events, receiver) = mpsc::channel(1);
        let (first, first_next) = oneshot::channel();
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(receiver),
            waiting: Mutex::default(),
            first_next: Mutex::new(Some(first)),
        });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, shared));
        Ok(Self { address, events, first_next: Mutex::new(Some(first_next)), _server: server })
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// When the function asked for its first event.
    pub(crate) async fn first_next(&self) -> Result<Instant> {
        let waiting = self.first_next.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(waiting.context("somebody has waited already")?.await?)
    }

    /// Hands an event to the function.
    pub(crate) async fn invoke(&self, event: &Arc<[u8]>) -> Result<Outcome> {
        let (answer, answered) = oneshot::channel();
        self.events.send(Invocation { body: Arc::clone(event), answer }).await?;
        let (body, is_error, time) = answered.await.context("the function is gone")?;
        if is_error {
            bail!("the function failed: {}", String::from_utf8_lossy(&body));
        }
        Ok(Outcome { answer: serde_json::from_slice(&body)?, time })
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A function that is killed ends its connection; there is nobody to tell.
        connections.spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        let came = Instant::now();
        match request.path.strip_prefix("/2018-06-01/runtime/") {
            Some("invocation/next") => shared.next(&mut stream, came).await?,
            Some("init/error") => bail!("init failed: {}", String::from_utf8_lossy(&request.body)),
            Some(path) => {
                shared.answer(path, request.body, came)?;
                stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await?;
            }
            None => bail!("no path of the Runtime API: {}", request.path),
        }
    }
    Ok(())
}

impl Shared {
    async fn next(&self, stream: &mut TcpStream, came: Instant) -> Result<()> {
        if let Some(first) = self.first_next.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody may be interested.
            let _ = first.send(came);
        }
        let Some(Invocation { body, answer }) = self.events.lock().await.recv().await else { return Ok(()) };
        let id = Uuid::now_v7().to_string();
        let deadline = (clock::now() + DEADLINE).as_millisecond();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {id}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:ap-northeast-1:123456789012:function:bench\r\n\
             lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut message = head.into_bytes();
        message.extend_from_slice(&body);
        let begun = Instant::now();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, (answer, begun));
        stream.write_all(&message).await?;
        Ok(())
    }

    fn answer(&self, path: &str, body: Vec<u8>, came: Instant) -> Result<()> {
        let (id, what) =
            path.strip_prefix("invocation/").and_then(|rest| rest.split_once('/')).context("an id")?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, begun) = waiting.remove(id).context("an invocation")?;
        // Whoever asked may have given up.
        let _ = answer.send((body, what == "error", came.duration_since(begun)));
        Ok(())
    }
}

struct Request {
    path: String,
    body: Vec<u8>,
}

/// The next request; `None` when the connection ends.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    loop {
        if let Some((request, length)) = parse(buffer)? {
            buffer.drain(..length);
            return Ok(Some(request));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// A request and its length, when there is a whole one.
fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes)? else { return Ok(None) };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let path = head.path.context("a path")?.to_owned();
    let rest = &bytes[start..];
    if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return Ok(dechunk(rest)?.map(|(body, length)| (Request { path, body }, start + length)));
    }
    let length = header("content-length").map_or(Ok(0), str::parse::<usize>)?;
    let body = rest.get(..length).map(<[u8]>::to_vec);
    Ok(body.map(|body| (Request { path, body }, start + length)))
}

/// A chunked body and its length on the wire, when there is all of it.
fn dechunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let status =
            httparse::parse_chunk_size(&bytes[at..]).map_err(|_| anyhow::anyhow!("a chunk's size"))?;
        let httparse::Status::Complete((start, size)) = status else { return Ok(None) };
        let (from, size) = (at + start, usize::try_from(size)?);
        let Some(chunk) = bytes.get(from..from + size + 2) else { return Ok(None) };
        body.extend_from_slice(&chunk[..size]);
        at = from + size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_when_all_of_it_is_there() {
        let whole = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET";
        for length in 0..whole.len() - 3 {
            assert!(parse(&whole[..length]).unwrap().is_none(), "{length}");
        }
        let (request, length) = parse(whole).unwrap().unwrap();
        assert_eq!((request.path.as_str(), request.body.as_slice()), ("/a", b"abc".as_slice()));
        assert_eq!(&whole[length..], b"GET");
    }

    #[test]
    fn chunks_are_put_together() {
        let whole = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).unwrap().is_none(), "{length}");
        }
        let (request, length) = parse(whole).unwrap().unwrap();
        assert_eq!((request.body.as_slice(), length), (b"abc".as_slice(), whole.len()));
    }
}
