//! `fake-azure PORT`: the server by itself, until it is ended. What was refused for a document's sake is said at once.

#![expect(clippy::print_stdout, reason = "a program for scripts")]

use std::time::Duration;

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or_default();
    let fake = fake_azure::Fake::at(port)?;
    println!("{}", fake.url());
    let mut said = 0;
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let found = fake.world().violations.clone();
        for violation in &found[said..] {
            println!("{violation}");
        }
        said = found.len();
    }
}
