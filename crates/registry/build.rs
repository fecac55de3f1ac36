//! Digests the code of the projects.

fn main() -> Result<(), code_digest::Error> {
    code_digest::embed()
}
