//! One address for the servers of two vendors: whoever asks for a host of Azure's is led to the one, others to the other.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// What the directories of Azure's hosts end with.
const AZURE: &[&str] = &[
    "management.azure.com",
    "graph.microsoft.com",
    ".vault.azure.net",
    ".blob.core.windows.net",
    "microsoftonline.com",
];

/// Starts one in threads of this process; gives its address.
pub(crate) fn start(azure: &str, others: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let there = |url: &str| url.trim_start_matches("http://").to_owned();
    let (azure, others) = (there(azure), there(others));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (azure, others) = (azure.clone(), others.clone());
            // A client that goes away is no failure.
            std::thread::spawn(move || lead(client, &azure, &others));
        }
    });
    url
}

/// A client speaks to one vendor only on one connection, so the first words tell which.
fn lead(mut client: TcpStream, azure: &str, others: &str) -> Option<()> {
    let mut first = [0; 2048];
    let length = client.read(&mut first).ok()?;
    let line = String::from_utf8_lossy(&first[..length]).lines().next()?.to_owned();
    let host = line.split(' ').nth(1)?.split('/').nth(1)?.to_owned();
    let there = if AZURE.iter().any(|end| host.ends_with(end)) { azure } else { others };
    let mut server = TcpStream::connect(there).ok()?;
    server.write_all(&first[..length]).ok()?;
    let (mut answers, mut back) = (server.try_clone().ok()?, client.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        // A connection that breaks, breaks.
        let _ = back.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut client, &mut server);
    server.shutdown(Shutdown::Both).ok()
}
