//! As much of HTTP/1.1 as clients of the interfaces speak.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};

use crate::World;
use crate::behave;

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) verb: String,
    /// The address below the server's, as it was sent.
    pub(crate) target: String,
    /// Decoded segment by segment: the first is the host.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) kind: String,
    /// The version that it is about.
    pub(crate) if_match: Option<String>,
    /// Who asks.
    pub(crate) token: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// It is answered.
    Answer(Answer),
    /// The connection breaks.
    Breaks,
    /// Nothing comes.
    Hangs,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An answer with a body.
    pub(crate) fn of(status: u16, json: &Json) -> Self {
        Self { status, retry_after: None, body: json.to_string().into_bytes() }
    }

    /// A failure in the words of newer interfaces.
    pub(crate) fn rpc(status: u16, name: &str, message: &str) -> Self {
        Self::of(status, &json!({"error": {"code": status, "status": name, "message": message}}))
    }

    /// A failure in the words of older ones.
    pub(crate) fn old(status: u16, reason: &str, message: &str) -> Self {
        let errors = json!([{"domain": "global", "reason": reason, "message": message}]);
        Self::of(status, &json!({"error": {"code": status, "message": message, "errors": errors}}))
    }
}

/// Serves every connection in a thread of its own.
pub(crate) fn serve(listener: &TcpListener, world: &Arc<Mutex<World>>) {
    for stream in listener.incoming().flatten() {
        let world = world.clone();
        std::thread::spawn(move || {
            // A client that goes away is no failure.
            let _ = converse(stream, &world);
        });
    }
}

/// `None` ends a conversation.
fn converse(stream: TcpStream, world: &Mutex<World>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let asked = read(&mut reader)?;
        let reply = {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            behave::answer(&mut world, &asked)
        };
        let answer = match reply {
            Reply::Answer(answer) => answer,
            Reply::Breaks => return None,
            // Until whoever asked has gone.
            Reply::Hangs => return std::io::copy(&mut reader, &mut std::io::sink()).ok().map(drop),
        };
        let retry = answer.retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
        let length = answer.body.len();
        let head = format!(
            "HTTP/1.1 {} X\r\ncontent-type: application/json\r\n{retry}content-length: {length}\r\n\r\n",
            answer.status
        );
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(&answer.body).ok()?;
        writer.flush().ok()?;
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let line = |reader: &mut dyn BufRead| {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (verb, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut kind, mut token, mut if_match) = (0, String::new(), None, None);
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "content-type" => value.trim().clone_into(&mut kind),
            "if-match" => if_match = Some(value.trim().to_owned()),
            "authorization" => token = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = read_target(&target);
    Some(Asked { verb, target, path, query, kind, if_match, token, body })
}

/// The segments of an address and the parameters in it, decoded.
pub(crate) fn read_target(target: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.trim_start_matches('/').split('/').map(decoded).collect();
    (path, read_pairs(query))
}

/// Pairs of names and values, decoded.
pub(crate) fn read_pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pair =
        |pair: &str| pair.split_once('=').map_or((decoded(pair), String::new()), |(k, v)| (decoded(k), decoded(v)));
    pairs.map(pair).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
