//! Why there is no server.

use std::io;
use std::path::PathBuf;

/// Why a server could not be started, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ServeError {
    #[error("{path}: {source}")]
    Folder { path: PathBuf, source: io::Error },
    #[error("{path}: is a file; give a run directory, or a folder that holds some")]
    NotAFolder { path: PathBuf },
    #[error(
        "{path}: holds no lindiff.wasm: make it with web/build.sh and give --page web/dist, or leave --page out for the \
         runs alone"
    )]
    NoPage { path: PathBuf },
    #[error("--host {host}: {source}")]
    Host { host: String, source: io::Error },
    #[error("--port {port}: {source}; choose another, or leave --port out and a free one is taken")]
    Port { port: u16, source: io::Error },
    #[error("the server stopped: {0}")]
    Stopped(io::Error),
}

impl ServeError {
    /// Whether the user's input is at fault.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Stopped(_))
    }
}
