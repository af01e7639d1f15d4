//! `lindiff serve`

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::serve::{Address, Options, Server};

/// Runs in a browser, live: losses as they train beside theory, pictures, several runs on one chart, sweeps
#[derive(Debug, Args)]
#[command(after_help = "\
Runs are read from their plain files, so those of a cluster appear as soon as rsync copies them.
Nothing is written. Only this machine can ask, unless --host says otherwise. Ctrl-C ends it.

Examples:
  lindiff serve
  lindiff serve artifacts/digits artifacts/sweep-power-law --open
  lindiff serve /scratch/runs --page web/dist --port 9000")]
pub(super) struct Serve {
    /// Run directories, sweeps, or folders that hold some
    #[arg(default_value = "artifacts")]
    runs: Vec<PathBuf>,
    /// The port (default: 8571, or a free one if that is taken)
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// The name or number of this machine to listen at. With another than the default, other machines can see the runs
    #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
    host: String,
    /// A folder made by web/build.sh: adds the theory that answers while a slider moves
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Open a browser
    #[arg(long)]
    open: bool,
}

/// What is printed once the server listens.
#[derive(Serialize)]
struct Listening<'a> {
    #[serde(flatten)]
    address: &'a Address,
    folders: &'a [PathBuf],
}

impl Serve {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let options = Options {
            folders: self.runs,
            page: self.page,
            host: self.host,
            port: self.port,
        };
        let server = Server::bind(&options)?;
        let address = server.address().clone();
        if let Some(taken) = address.taken {
            output.note(format!("note: port {taken} is taken, another one is used"));
        }
        if address.open_to_others {
            output.warn("other machines can ask this server, and it asks nobody for a password");
        }
        let folders = &options.folders;
        let listening = Listening {
            address: &address,
            folders,
        };
        output.result(&listening, |_| address.url.clone())?;
        output.note("Ctrl-C ends it");
        if self.open && !opened(&address.url) {
            output.warn("no browser could be opened");
        }
        server.run()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Opens the browser of the system. It runs by itself.
fn opened(url: &str) -> bool {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(url);
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.spawn().is_ok()
}
