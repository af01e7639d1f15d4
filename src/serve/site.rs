//! The server: what is asked, and what is given.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::ServeError;
use super::asked::parameter;
use super::hosts::Hosts;
use super::http::{self, Answer, Asked};
use super::listing::Listing;
use super::page::Page;
use super::run_shown::{RunShown, picture};
use super::sweep_shown::SweepShown;
use super::walk::Source;
use crate::text::document_line;

/// The port if none is asked for.
const PORT: u16 = 8571;
/// The page may run its own scripts, its worker and its WebAssembly, draw what it has made itself (files to save), and ask
/// this server. Nothing else: no other host, no inline script or style, no frame.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
                           connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'none'";
/// A picture that is opened by itself runs nothing, whoever wrote it.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// What is served, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Run directories, sweeps, or folders that hold some.
    pub folders: Vec<PathBuf>,
    /// The folder of the library for WebAssembly; `None` leaves the page's theory out.
    pub page: Option<PathBuf>,
    /// The name or number of the host whose address is bound.
    pub host: String,
    /// The port; `None` takes 8571, or a free one if that is taken.
    pub port: Option<u16>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// What a browser on this machine opens.
    pub url: String,
    /// The port that was to be bound and was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<u16>,
    /// Whether other machines can ask it.
    pub open_to_others: bool,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: Address,
    site: Site,
}

impl Server {
    /// Binds the address. From then on requests wait until [`run`](Self::run) answers them.
    ///
    /// # Errors
    /// [`ServeError`]: a folder that is not there, a page without its library, a host without an address, a port that is
    /// taken.
    pub fn bind(options: &Options) -> Result<Self, ServeError> {
        let sources = sources(&options.folders)?;
        let page = Page::new(options.page.as_deref())?;
        let host = options.host.as_str();
        let (listener, taken) = bound(host, options.port)?;
        let local = listener.local_addr().map_err(ServeError::Stopped)?;
        Ok(Self {
            listener,
            address: Address {
                url: url(host, local),
                taken,
                open_to_others: !local.ip().is_loopback(),
            },
            site: Site {
                page,
                hosts: Hosts::new(host),
                listing: Mutex::new(Listing::new(sources)),
            },
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Answers requests, until the socket fails.
    ///
    /// # Errors
    /// [`ServeError::Stopped`].
    pub fn run(self) -> Result<(), ServeError> {
        let site = self.site;
        http::run(self.listener, |asked| site.answer(asked)).map_err(ServeError::Stopped)
    }
}

/// Binds a port of a host; also says which was taken.
fn bound(host: &str, port: Option<u16>) -> Result<(TcpListener, Option<u16>), ServeError> {
    let bind = |port: u16| TcpListener::bind((host, port));
    let wrong_host = |source| ServeError::Host {
        host: host.to_owned(),
        source,
    };
    match (bind(port.unwrap_or(PORT)), port) {
        (Ok(listener), _) => Ok((listener, None)),
        (Err(error), None) if error.kind() == io::ErrorKind::AddrInUse => {
            let listener = bind(0).map_err(wrong_host)?;
            Ok((listener, Some(PORT)))
        }
        (Err(source), Some(port))
            if matches!(
                source.kind(),
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
            ) =>
        {
            Err(ServeError::Port { port, source })
        }
        (Err(error), _) => Err(wrong_host(error)),
    }
}

/// What a browser on this machine opens: a socket that is bound to all addresses is also this machine's own.
fn url(host: &str, local: SocketAddr) -> String {
    let port = local.port();
    match local {
        _ if local.ip().is_unspecified() => format!("http://127.0.0.1:{port}/"),
        SocketAddr::V6(_) if host.contains(':') => format!("http://[{host}]:{port}/"),
        _ => format!("http://{host}:{port}/"),
    }
}

/// The folders, each with a name of its own.
fn sources(folders: &[PathBuf]) -> Result<Vec<Source>, ServeError> {
    let mut names = BTreeSet::new();
    let mut sources = Vec::new();
    for path in folders {
        let whole = fs::canonicalize(path).map_err(|source| ServeError::Folder {
            path: path.clone(),
            source,
        })?;
        if !whole.is_dir() {
            let path = path.clone();
            return Err(ServeError::NotAFolder { path });
        }
        let last = whole.file_name().unwrap_or(whole.as_os_str());
        let name = last.to_string_lossy().into_owned();
        let numbered = (2..).map(|i| format!("{name} ({i})"));
        let mut free = std::iter::once(name.clone()).chain(numbered);
        let name = free.find(|name| names.insert(name.clone()));
        let name = name.unwrap_or_default();
        sources.push(Source { name, path: whole });
    }
    Ok(sources)
}

/// The page and the runs.
struct Site {
    page: Page,
    hosts: Hosts,
    listing: Mutex<Listing>,
}

impl Site {
    fn answer(&self, asked: &Asked<'_>) -> Answer {
        if !asked.host.is_some_and(|host| self.hosts.allow(host)) {
            let problem =
                "this server is not asked by that name; lindiff serve --host NAME allows one";
            return refusal(403, problem);
        }
        if !asked.reads {
            let mut answer = refusal(405, "this server only answers GET and HEAD");
            answer.headers.push(("Allow", "GET, HEAD".to_owned()));
            return answer;
        }
        let given = match asked.path.strip_prefix("/api/") {
            Some(name) => self.api(name, asked.query),
            None => self.file(asked.path.trim_start_matches('/')),
        };
        given.unwrap_or_else(|| refusal(404, "there is nothing of that name"))
    }

    fn file(&self, name: &str) -> Option<Answer> {
        let (bytes, kind) = self.page.file(name)?;
        Some(answer(200, kind, "no-cache", PAGE_POLICY, bytes))
    }

    fn api(&self, name: &str, query: &str) -> Option<Answer> {
        let id = || parameter(query, "id");
        match name {
            "runs" => {
                let after = parameter(query, "after").and_then(|text| text.parse().ok());
                let mut listing = self.listing();
                listing.refresh();
                Some(json(&listing.news(after.unwrap_or(0))))
            }
            "run" => {
                let listing = self.listing();
                let (path, row) = listing.run(&id()?)?;
                let (path, row) = (path.to_owned(), row.clone());
                drop(listing);
                Some(json(&RunShown::read(&path, &row)))
            }
            "sweep" => {
                let listing = self.listing();
                let (path, row) = listing.sweep(&id()?)?;
                let (path, row) = (path.to_owned(), row.clone());
                drop(listing);
                Some(json(&SweepShown::read(&path, &row)))
            }
            "picture" => {
                let path = self.listing().run(&id()?)?.0.to_owned();
                let (bytes, kind) = picture(&path, &parameter(query, "name")?)?;
                Some(answer(200, kind, "no-cache", PICTURE_POLICY, bytes))
            }
            _ => None,
        }
    }

    /// The list, looked at once before anything of it is asked for.
    fn listing(&self) -> MutexGuard<'_, Listing> {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if listing.is_new() {
            listing.refresh();
        }
        listing
    }
}

fn json(content: &impl Serialize) -> Answer {
    let bytes = document_line(content).into_bytes();
    answer(200, "application/json", "no-store", PICTURE_POLICY, bytes)
}

fn refusal(status: u16, problem: &str) -> Answer {
    let bytes = format!("{problem}\n").into_bytes();
    answer(
        status,
        "text/plain; charset=utf-8",
        "no-store",
        PICTURE_POLICY,
        bytes,
    )
}

fn answer(status: u16, kind: &str, kept: &str, policy: &str, body: Vec<u8>) -> Answer {
    let headers = [
        ("Content-Type", kind),
        ("Cache-Control", kept),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ];
    Answer {
        status,
        headers: headers
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec(),
        body,
    }
}
