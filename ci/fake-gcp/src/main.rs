//! `fake-gcp PORT`: the server by itself, until it is ended. What was refused for a document's sake is said at once.
//! `fake-gcp judge`: reads requests as they were written down, a line each, and says of each what no document allows.

#![expect(clippy::print_stdout, reason = "a program for scripts")]

use std::io::BufRead as _;
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let argument = std::env::args().nth(1).unwrap_or_default();
    if argument == "judge" { judge() } else { serve(argument.parse().unwrap_or_default()) }
}

fn judge() -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        println!("{}", fake_gcp::judged(&line?).map_err(std::io::Error::other)?);
    }
    Ok(())
}

fn serve(port: u16) -> std::io::Result<()> {
    let fake = fake_gcp::Fake::at(port)?;
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
