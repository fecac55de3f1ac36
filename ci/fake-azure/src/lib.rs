//! A server that stands in for Azure: it knows the methods of the documents that are mined out of Microsoft's own clients
//! and refuses whatever they do not allow, keeps what it is given, and can be told to fail.
//!
//! Layer: L6, for tests. **Invariant:** what a document does not know is refused *and* written down, so that a test sees
//! it whatever became of the call.

mod behave;
mod document;
mod http;
mod judge;
mod pattern;
mod world;

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use world::{Blob, Fault, Served, Thing, World};

/// A server on a free port of this machine, for as long as it is held.
#[derive(Debug)]
pub struct Fake {
    port: u16,
    world: Arc<Mutex<World>>,
}

impl Fake {
    /// Starts one in threads of this process.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start() -> std::io::Result<Self> {
        Self::at(0)
    }

    /// Starts one at a port; 0 = any that is free.
    ///
    /// # Errors
    /// If the port is not free.
    pub fn at(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let port = listener.local_addr()?.port();
        let world = Arc::new(Mutex::new(World::default()));
        let served = world.clone();
        std::thread::spawn(move || http::serve(&listener, &served));
        Ok(Self { port, world })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What is there, to be looked at and changed behind a client's back.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
