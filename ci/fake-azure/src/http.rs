//! As much of HTTP/1.1 as clients of the services speak.

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
    /// Decoded segment by segment: the first is the host.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    /// By names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with a body.
    pub(crate) fn of(status: u16, json: &Json) -> Self {
        Self { body: json.to_string().into_bytes(), ..Self::empty(status) }
    }

    /// A failure.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::of(status, &json!({"error": {"code": code, "message": message}}))
    }

    /// A failure of storage, which says it in XML.
    pub(crate) fn storage(status: u16, code: &str) -> Self {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>").into_bytes();
        Self { body, ..Self::empty(status) }.with("x-ms-error-code", code)
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
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
        // `None`: the connection breaks.
        let answer = {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            behave::answer(&mut world, &asked)?
        };
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
        if !answer.headers.iter().any(|(name, _)| name == "content-type") {
            head.push_str("content-type: application/json\r\n");
        }
        for (name, value) in &answer.headers {
            head = head + name + ": " + value + "\r\n";
        }
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(b"\r\n").ok()?;
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
    let mut headers = Vec::new();
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(Some(0), |(_, length)| length.parse().ok())?];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = path.trim_start_matches('/').split('/').map(decoded).collect();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair =
        |pair: &str| pair.split_once('=').map_or((decoded(pair), String::new()), |(k, v)| (decoded(k), decoded(v)));
    Some(Asked { verb, path, query: pairs.map(pair).collect(), headers, body })
}

/// Text as it was before it stood in an address.
pub(crate) fn decoded(text: &str) -> String {
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
