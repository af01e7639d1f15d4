//! Pipes, which can be read only once.

use std::path::Path;

use crate::config::DataConfig;

impl DataConfig {
    /// The path of the data if it is a pipe, which is empty after reading.
    pub fn pipe(&self) -> Option<&Path> {
        self.path().filter(|path| is_pipe(path))
    }
}

/// Whether a path is a pipe, a terminal or another source that can be read only once: `/dev/stdin`, `<(command)` of a
/// shell, a FIFO.
pub fn is_pipe(path: &Path) -> bool {
    let of_process = ["/dev/stdin", "/dev/fd", "/proc/self/fd"];
    of_process.iter().any(|folder| path.starts_with(folder)) || is_special(path)
}

#[cfg(unix)]
fn is_special(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = std::fs::metadata(path).map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_char_device() || kind.is_socket())
}

#[cfg(not(unix))]
fn is_special(_: &Path) -> bool {
    false
}
