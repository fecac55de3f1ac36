//! As much of HTTP/1.1 as clients of the services speak.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};

use crate::World;

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) verb: String,
    /// Decoded segment by segment.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    /// By names in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The body as JSON; none is null.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Answer {
    pub(crate) fn of(status: u16, json: &Json) -> Self {
        Self { status, headers: Vec::new(), body: json.to_string().into_bytes() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self { status, headers: Vec::new(), body: text.as_bytes().to_vec() }
    }

    /// A refusal with a sentence under a name.
    pub(crate) fn saying(status: u16, name: &str, said: &str) -> Self {
        Self::of(status, &json!({ name: said }))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
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
        let answer = world.lock().unwrap_or_else(PoisonError::into_inner).answer(&asked)?;
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
        answer.headers.iter().for_each(|(name, value)| head.extend([name, ": ", value, "\r\n"]));
        head.push_str("\r\n");
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(&answer.body).ok()?;
        writer.flush().ok()?;
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = || {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (verb, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = path.trim_start_matches('/').split('/').map(decoded).collect();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair =
        |pair: &str| pair.split_once('=').map_or((decoded(pair), String::new()), |(k, v)| (decoded(k), decoded(v)));
    Some(Asked { verb, path, query: pairs.map(pair).collect(), headers, body })
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
