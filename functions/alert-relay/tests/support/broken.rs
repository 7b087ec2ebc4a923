//! A server whose first answers break off, and whose later ones are as they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The connection is reset instead of an answer.
    Reset,
    /// The head says how long the body is, and half of it comes.
    HalfABody,
}

/// A server that breaks off `times` answers and gives `good`, a status line's end and a body, from then on.
pub(crate) struct BrokenServer {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
}

impl BrokenServer {
    pub(crate) async fn start(how: Break, times: usize, good: (u16, &'static str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let is_broken = count.fetch_add(1, Ordering::SeqCst) < times;
                answer(stream, is_broken.then_some(how), good).await;
            }
        });
        Self { url, asked }
    }

    /// How many requests came; each on a connection of its own.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, how: Option<Break>, (status, body): (u16, &str)) {
    read_request(&mut stream).await;
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    match how {
        // Closing with no lingering sends a reset.
        Some(Break::Reset) => stream.set_zero_linger().expect("a socket option"),
        Some(Break::HalfABody) => {
            let _ = stream.write_all(format!("{head}{}", &body[..length / 2]).as_bytes()).await;
        }
        None => {
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    }
}

/// All of it: a server that closes before it has read everything would reset every answer.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).await.unwrap_or_default();
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        if read == 0 || request.len() >= head.len() + 4 + length.unwrap_or_default() {
            return;
        }
    }
}
