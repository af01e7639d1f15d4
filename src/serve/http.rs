//! HTTP: requests in, answers out. This file alone knows the crate that speaks it, so that it can be exchanged.

use std::io::{self, Write};
use std::net::TcpListener;
use std::thread;

use tiny_http::{Method, Request, StatusCode};

/// Requests that are answered at the same time.
const WORKERS: usize = 4;

/// A request, as far as it matters here.
pub(super) struct Asked<'a> {
    /// Whether it only reads: GET or HEAD.
    pub reads: bool,
    /// The header `Host`; `None` unless there is exactly one.
    pub host: Option<&'a str>,
    /// The path, as it was sent.
    pub path: &'a str,
    /// What follows the `?`.
    pub query: &'a str,
}

/// An answer. The body of an answer to HEAD is left out when it is sent.
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Answers requests until the socket fails.
pub(super) fn run(
    listener: TcpListener,
    answer: impl Fn(&Asked<'_>) -> Answer + Sync,
) -> io::Result<()> {
    let server = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
    let serve = || -> io::Result<()> {
        loop {
            let request = server.recv()?;
            let given = answer(&asked(&request));
            // A reader that has gone away is no trouble of the server.
            let _ = send(request, &given);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(serve)).collect();
        let ends = workers.into_iter().map(|worker| match worker.join() {
            Ok(end) => end,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ends.collect()
    })
}

fn asked(request: &Request) -> Asked<'_> {
    let mut hosts = request
        .headers()
        .iter()
        .filter(|header| header.field.equiv("Host"));
    let host = hosts.next().map(|header| header.value.as_str());
    let url = request.url();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    Asked {
        reads: matches!(request.method(), Method::Get | Method::Head),
        host: host.filter(|_| hosts.next().is_none()),
        path,
        query,
    }
}

/// Sends an answer, and asks for the end of its connection. The crate reads connections on a few threads and queues those
/// that come at once with others; behind connections that stay open a queued one would wait for ever.
fn send(request: Request, answer: &Answer) -> io::Result<()> {
    let has_body = *request.method() != Method::Head;
    let mut out = request.into_writer();
    let status = StatusCode(answer.status);
    write!(
        out,
        "HTTP/1.1 {} {}\r\n",
        status.0,
        status.default_reason_phrase()
    )?;
    for (name, value) in &answer.headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    write!(
        out,
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.body.len()
    )?;
    if has_body {
        out.write_all(&answer.body)?;
    }
    out.flush()
}
