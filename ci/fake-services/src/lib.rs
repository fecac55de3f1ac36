//! A server that stands in for Hail Batch, metamist and GitHub, each below a directory of its own: `hail/<host>`,
//! `metamist`, `github`. It knows what their programs and documents allow, keeps what it is given, and can be told to fail.
//!
//! Layer: L6, for tests. **Invariant:** what a service does not know is refused *and* written down, so that a test sees it
//! whatever became of the call.

mod github;
mod google;
mod hail;
mod http;
mod metamist;
mod world;

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use world::{Fault, Served, World};

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
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let world = Arc::new(Mutex::new(World::default()));
        let served = world.clone();
        std::thread::spawn(move || http::serve(&listener, &served));
        Ok(Self { port, world })
    }

    /// The address of a service: `hail`, `metamist`, `github`.
    pub fn url(&self, service: &str) -> String {
        format!("http://{}/{service}", self.host())
    }

    /// Its host, which also says who a machine is, as Google's machines are told.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What is there, to be looked at and changed behind a client's back.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
