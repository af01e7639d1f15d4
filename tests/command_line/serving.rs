//! `lindiff serve`: what it gives, what it refuses, and how it ends. Requests are written byte by byte, as an attacker would.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::Desk;

/// A server on a free port of this machine, ended with the test.
struct Serving {
    child: Child,
    address: String,
}

struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Serving {
    fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = desk
            .command()
            .args(["serve", "--port", "0", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let mut text = String::new();
        while !text.ends_with("\n}\n") {
            text += &lines.next().expect("a document").unwrap();
            text.push('\n');
        }
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(said["open_to_others"], false, "{said}");
        let url = said["url"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let address = address.to_owned();
        Self { child, address }
    }

    /// The answer to these bytes.
    fn send(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&bytes)));
        let headers = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Reply {
            status: headers.split(' ').nth(1).unwrap().parse().unwrap(),
            body: bytes[end + 4..].to_vec(),
            headers,
        }
    }

    /// The answer to a request without a keep-alive or chunks.
    fn get(&self, path: &str) -> Reply {
        let host = &self.address;
        self.send(&format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n"))
    }

    fn json(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.headers);
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// The list, asked for again until it satisfies a condition.
    fn runs_when(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let list = self.json("/api/runs");
            if holds(&list) {
                return list;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{list}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CONFIG: &str = "name = \"mine\"\n[data]\nsource = \"digits\"\nsamples = 50\n[model]\nkind = \"per-step\"\n\
                      [training]\nepochs = 100\n";
const TABLE: &str = "epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,predicted_test_loss,\
                     kl_true_sampled,kl_sampled_true,seconds\n0,0,1,1,0.25,1,1,2.5,inf,0.000\n";

/// A run's folder, written by hand.
fn write_run(desk: &Desk, folder: &str) {
    desk.write(&format!("{folder}/.lindiff-run"), "{}");
    desk.write(&format!("{folder}/config.toml"), CONFIG);
    desk.write(&format!("{folder}/metrics.csv"), TABLE);
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The row of a run in the list.
fn row<'a>(list: &'a Value, id: &str) -> &'a Value {
    let mut rows = list["runs"].as_array().unwrap().iter();
    rows.find(|run| run["id"] == id)
        .unwrap_or_else(|| panic!("{id}: {list}"))
}

#[test]
fn a_run_that_was_trained_is_listed_with_its_last_row_and_shown_with_its_pictures() {
    let desk = Desk::new();
    desk.write(
        "small.toml",
        "[data]\nsource = \"power-law\"\ndim = 12\nsamples = 8\n[schedule]\nkeep = 20\n[training]\nepochs = 40\n\
         [sampling]\ndraws = 50\n",
    );
    desk.must(&["train", "small.toml", "--out", "all/small"]);
    let serving = Serving::start(&desk, &["all"]);
    let list = serving.json("/api/runs");
    let run = row(&list, "all/small");
    let table = desk.text("all/small/metrics.csv");
    let last: Vec<&str> = table.lines().last().unwrap().split(',').collect();
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    assert_eq!(run["state"], "finished");
    assert_eq!(run["epoch"].as_f64(), Some(number(last[0])));
    assert_eq!(run["train_loss"].as_f64(), Some(number(last[2])));
    assert_eq!(run["test_loss"].as_f64(), Some(number(last[3])));
    assert_eq!(run["oracle_loss"].as_f64(), Some(number(last[4])));
    assert_eq!(run["predicted_test_loss"].as_f64(), Some(number(last[6])));
    assert_eq!(
        (&run["samples"], &run["source"]),
        (&"8".into(), &"power-law".into())
    );
    assert_eq!(run["epochs"], 40);

    let shown = serving.json("/api/run?id=all%2Fsmall");
    let rows = table.lines().count() - 1;
    assert_eq!(shown["metrics"]["rows"], rows);
    assert_eq!(
        shown["metrics"]["values"][0].as_array().unwrap().len(),
        rows
    );
    assert_eq!(shown["settings"]["data.dim"], "12");
    let names: Vec<&str> = shown["pictures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|picture| picture["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"losses.svg") && !names.contains(&"losses.png"),
        "{names:?}"
    );
    let picture = serving.get("/api/picture?id=all/small&name=losses.svg");
    assert_eq!(picture.body, desk.bytes("all/small/plots/losses.svg"));
    assert!(
        picture.headers.contains("image/svg+xml"),
        "{}",
        picture.headers
    );
}

#[test]
fn a_row_that_is_half_written_is_not_shown_until_it_is_whole() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    let table = desk.path("runs/a/metrics.csv");
    let serving = Serving::start(&desk, &["runs"]);
    let list = serving.json("/api/runs");
    let before = row(&list, "runs/a");
    assert_eq!(before["epoch"], 0.0);
    append(&table, "1,0.1,0.5,0.625,0.25,0.5,0.6,2,1");
    // The list is kept for a moment, so wait until the half row has been seen.
    let still = serving.runs_when(|list| row(list, "runs/a")["changed"] != before["changed"]);
    assert_eq!(row(&still, "runs/a")["epoch"], 0.0);
    let first = still["revision"].as_u64().unwrap();
    append(&table, "0,0.100\n2,0.2,0.25,");
    let list = serving.runs_when(|list| row(list, "runs/a")["epoch"] == 1.0);
    assert_eq!(row(&list, "runs/a")["test_loss"], 0.625);
    assert_eq!(row(&list, "runs/a")["state"], "unfinished");
    let shown = serving.json("/api/run?id=runs/a");
    assert_eq!(shown["metrics"]["rows"], 2);
    assert_eq!(shown["metrics"]["unreadable"], 0);
    assert_eq!(shown["metrics"]["values"][8][0], "infinity");
    // Whoever knows the list is told what has changed since, and nothing if nothing has.
    let now = list["revision"].as_u64().unwrap();
    assert!(now > first);
    let news = serving.json(&format!("/api/runs?after={first}"));
    assert_eq!(
        (&news["all"], news["runs"].as_array().unwrap().len()),
        (&false.into(), 1)
    );
    let news = serving.json(&format!("/api/runs?after={now}"));
    assert_eq!(
        (&news["all"], news["runs"].as_array().unwrap().len()),
        (&false.into(), 0)
    );
}

#[test]
fn a_broken_run_is_one_row_with_its_reason_and_a_run_that_is_gone_has_none() {
    let desk = Desk::new();
    for name in ["whole", "text", "table", "gone"] {
        write_run(&desk, &format!("runs/{name}"));
    }
    desk.write("runs/text/config.toml", "name = ");
    desk.write("runs/table/metrics.csv", "epoch,train_loss\n1,oops\n");
    let serving = Serving::start(&desk, &["runs"]);
    let list = serving.json("/api/runs");
    assert_eq!(list["runs"].as_array().unwrap().len(), 4);
    for (name, file) in [("text", "config.toml"), ("table", "metrics.csv")] {
        let run = row(&list, &format!("runs/{name}"));
        assert_eq!(run["state"], "broken", "{run}");
        assert!(run["error"].as_str().unwrap().starts_with(file), "{run}");
    }
    assert_eq!(row(&list, "runs/whole")["state"], "unfinished");
    let before = list["revision"].as_u64().unwrap();
    fs::remove_dir_all(desk.path("runs/gone")).unwrap();
    let list = serving.runs_when(|list| list["runs"].as_array().unwrap().len() == 3);
    assert!(list["revision"].as_u64().unwrap() > before);
    // What was removed cannot be told as a change, so everything is told.
    assert_eq!(
        serving.json(&format!("/api/runs?after={before}"))["all"],
        true
    );
    assert_eq!(serving.get("/api/run?id=runs/gone").status, 404);
}

#[test]
fn a_sweep_is_listed_with_its_runs_and_shown_with_its_tables() {
    let desk = Desk::new();
    desk.write(
        "small.toml",
        "[data]\nsource = \"power-law\"\ndim = 6\nsamples = 8\n[schedule]\nkeep = 5\n[training]\nepochs = 4\n\
         [sampling]\ndraws = 0\n",
    );
    let grid = [
        "sweep",
        "small.toml",
        "--grid",
        "data.samples=8,16",
        "--repeats",
        "2",
    ];
    desk.must(&[&grid[..], &["--out", "all/grid"]].concat());
    let serving = Serving::start(&desk, &["all"]);
    let list = serving.json("/api/runs");
    assert_eq!(list["sweeps"][0]["id"], "all/grid");
    assert_eq!(list["sweeps"][0]["rows"], 4);
    let runs = list["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run["sweep"] == "all/grid"), "{list}");
    let shown = serving.json("/api/sweep?id=all/grid");
    assert_eq!(shown["keys"], serde_json::json!(["data.samples"]));
    assert_eq!(shown["results"]["rows"], 4);
    assert_eq!(shown["summary"]["rows"], 2);
    let name = shown["results"]["cells"][0]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    let id = format!("all/grid/runs/{}", name.as_str().unwrap());
    assert_eq!(row(&list, &id)["state"], "finished");
}

/// The cells of a table by the names of their columns.
fn by_columns(table: &Value) -> Vec<(String, Vec<Value>)> {
    let columns = table["columns"].as_array().unwrap().iter();
    let rows = table["cells"].as_array().unwrap();
    let cells = |index: usize| rows.iter().map(|row| row[index].clone()).collect();
    columns
        .enumerate()
        .map(|(index, name)| (name.as_str().unwrap().to_owned(), cells(index)))
        .collect()
}

#[test]
fn a_sweep_that_goes_on_is_shown_from_its_logs_as_its_own_tables_will_be() {
    let desk = Desk::new();
    desk.write(
        "small.toml",
        "[data]\nsource = \"power-law\"\ndim = 6\nsamples = 8\n[schedule]\nkeep = 5\n[training]\nepochs = 40\n\
         [sampling]\ndraws = 0\n",
    );
    // Some of its runs fail, which its status says.
    desk.type_in(&[
        "sweep",
        "small.toml",
        "--grid",
        "data.samples=8,16",
        "--grid",
        "training.learning_rate=0.1,1e30,0.2",
        "--repeats",
        "2",
        "--out",
        "all/grid",
    ]);
    let serving = Serving::start(&desk, &["all"]);
    let shown = || serving.json("/api/sweep?id=all/grid");
    let ended = shown();
    assert_eq!(ended["so_far"], false);
    for table in ["results.csv", "summary.csv"] {
        fs::remove_file(desk.path("all/grid").join(table)).unwrap();
    }
    let so_far = shown();
    assert_eq!(so_far["so_far"], true);
    for table in ["results", "summary"] {
        assert_eq!(so_far[table]["rows"], ended[table]["rows"]);
        let mut wanted = by_columns(&ended[table]);
        // These have no numbers: the seeds of the repeats, and the path in a table of means.
        wanted.retain(|(name, _)| {
            name != "seed" && (table, &name[..]) != ("summary", "predicted_path")
        });
        let mut found = by_columns(&so_far[table]);
        found.retain(|(name, _)| table != "summary" || !name.starts_with("predicted_path"));
        assert_eq!(found, wanted, "{table}");
    }
    assert_eq!(so_far["keys"], ended["keys"]);

    // Without its last line and with half of it the last run remains.
    let log = desk.path("all/grid/rows/000001.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (last, others) = lines.split_last().unwrap();
    fs::write(&log, others.join("\n") + "\n" + &last[..last.len() / 2]).unwrap();
    let columns = by_columns(&shown()["results"]);
    let of = |column: &str| &columns.iter().find(|(name, _)| name == column).unwrap().1;
    let left: Vec<&Value> = of("run")
        .iter()
        .zip(of("status"))
        .filter(|(_, status)| *status == "left")
        .map(|(run, _)| run)
        .collect();
    let name: Value = serde_json::from_str(last).unwrap();
    assert_eq!(left, [&name["run"]]);

    // What is no row is named, and nothing breaks.
    append(&log, "\n");
    let problem = shown()["error"].as_str().unwrap().to_owned();
    let place = format!("rows/000001.jsonl: line {} is not a row", lines.len());
    assert!(problem.starts_with(&place), "{problem}");
}

#[test]
fn only_names_of_this_machine_are_answered() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    let serving = Serving::start(&desk, &["runs"]);
    let asked = |hosts: &str| {
        let request = format!("GET /api/runs HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        serving.send(&request).status
    };
    assert_eq!(asked("Host: localhost:1\r\n"), 200);
    assert_eq!(asked("Host: evil.example\r\n"), 403);
    assert_eq!(asked("Host: localhost\r\nHost: evil.example\r\n"), 403);
    assert_eq!(asked(""), 403);
    let others =
        serving.send("GET http://evil.example/api/runs HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert_eq!(others.status, 404);
}

#[test]
fn nothing_but_get_and_head_is_answered() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    let serving = Serving::start(&desk, &["runs"]);
    for method in [
        "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE",
    ] {
        let request =
            format!("{method} / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        let reply = serving.send(&request);
        assert_eq!(reply.status, 405, "{method}");
        assert!(
            reply.headers.contains("Allow: GET, HEAD"),
            "{}",
            reply.headers
        );
    }
    let head = serving.send("HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

/// A browser opens several connections at once, and keeps each until it is told to close it.
#[test]
fn connections_that_come_at_once_are_all_answered() {
    let desk = Desk::new();
    write_run(&desk, "runs/mine");
    let serving = Serving::start(&desk, &["runs"]);
    let request = format!(
        "GET /api/runs HTTP/1.1\r\nHost: {}\r\n\r\n",
        serving.address
    );
    let mut kept = Vec::new();
    for _ in 0..20 {
        let open = || TcpStream::connect(&serving.address).unwrap();
        let mut streams: Vec<TcpStream> = (0..12).map(|_| open()).collect();
        for stream in &mut streams {
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            stream.write_all(request.as_bytes()).unwrap();
        }
        for stream in streams {
            let mut reader = BufReader::new(stream);
            let (mut length, mut closes) = (0, false);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("an answer");
                let line = line.trim_end().to_ascii_lowercase();
                if let Some(bytes) = line.strip_prefix("content-length: ") {
                    length = bytes.parse().unwrap();
                }
                closes |= line == "connection: close";
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a whole answer");
            serde_json::from_slice::<Value>(&body).unwrap();
            if !closes {
                kept.push(reader);
            }
        }
    }
}

#[test]
fn no_path_and_no_name_leads_out_of_the_runs() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    desk.write("runs/a/plots/own.svg", "<svg/>");
    desk.write("runs/a/secret.svg", "secret");
    desk.write("secret.svg", "secret");
    desk.write("elsewhere/run/config.toml", CONFIG);
    desk.write("elsewhere/run/metrics.csv", TABLE);
    desk.write("elsewhere/plots/secret.svg", "secret");
    write_run(&desk, "runs/linked-plots");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(desk.path("secret.svg"), desk.path("runs/a/plots/link.svg")).unwrap();
        symlink(desk.path("elsewhere"), desk.path("runs/link")).unwrap();
        symlink(
            desk.path("elsewhere/plots"),
            desk.path("runs/linked-plots/plots"),
        )
        .unwrap();
    }
    let serving = Serving::start(&desk, &["runs"]);
    let list = serving.json("/api/runs");
    assert_eq!(list["runs"].as_array().unwrap().len(), 2, "{list}");
    assert_eq!(
        serving.get("/api/picture?id=runs/a&name=own.svg").status,
        200
    );
    for path in [
        "/../secret.svg",
        "/%2e%2e/secret.svg",
        "/..%2fsecret.svg",
        "//etc/passwd",
        "/etc/passwd",
        "/runs/a/metrics.csv",
        "/web/page/main.js",
        "/lindiff.wasm",
        "/api/",
        "/api/../index.html",
        "/api/run",
        "/api/run?id=",
        "/api/run?id=runs",
        "/api/run?id=runs/a/..%2fa",
        "/api/run?id=runs/%2e%2e/elsewhere/run",
        "/api/run?id=runs/link/run",
        "/api/run?id=elsewhere/run",
        "/api/run?id=%ff",
        "/api/sweep?id=runs/a",
        "/api/picture?id=runs/a",
        "/api/picture?id=runs/a&name=..%2fsecret.svg",
        "/api/picture?id=runs/a&name=../secret.svg",
        "/api/picture?id=runs/a&name=%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.svg",
        "/api/picture?id=runs/a&name=link.svg",
        "/api/picture?id=runs/a&name=../metrics.csv",
        "/api/picture?id=runs/linked-plots&name=secret.svg",
    ] {
        let reply = serving.get(path);
        assert_eq!(reply.status, 404, "{path}");
        let text = String::from_utf8_lossy(&reply.body);
        assert!(
            !text.contains("secret") && !text.contains("root:"),
            "{path}: {text}"
        );
    }
}

#[test]
fn every_answer_has_a_strict_policy_and_its_type() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    let serving = Serving::start(&desk, &["runs"]);
    for path in ["/", "/main.js", "/style.css", "/api/runs", "/nothing"] {
        let headers = serving.get(path).headers.to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(headers.contains(header), "{path}: {headers}");
        }
        assert!(!headers.contains("access-control"), "{path}: {headers}");
    }
    let policy = serving.get("/").headers;
    for rule in [
        "script-src 'self' 'wasm-unsafe-eval'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    let kinds = [
        ("/", "text/html"),
        ("/main.js", "text/javascript"),
        ("/style.css", "text/css"),
    ];
    for (path, kind) in kinds {
        assert!(serving.get(path).headers.contains(kind), "{path}");
    }
}

#[test]
fn the_library_of_the_page_is_taken_from_the_folder_that_is_named() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    desk.write("dist/lindiff.wasm", b"\0asm");
    desk.write("dist/main.js", "of another version");
    let serving = Serving::start(&desk, &["runs", "--page", "dist"]);
    assert_eq!(serving.get("/lindiff.wasm").body, b"\0asm");
    assert!(
        serving
            .get("/lindiff.wasm")
            .headers
            .contains("application/wasm")
    );
    assert_ne!(serving.get("/main.js").body, b"of another version");
    let text = String::from_utf8(serving.get("/").body).unwrap();
    assert!(text.contains("data-served=\"runs theory\""));
    let said = desk.refused(&["serve", "runs", "--page", "runs"]);
    assert!(
        said.contains("lindiff.wasm") && said.contains("web/build.sh"),
        "{said}"
    );
}

#[test]
fn a_port_that_is_taken_is_refused_if_it_was_named() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    let serving = Serving::start(&desk, &["runs"]);
    let port = serving.address.rsplit_once(':').unwrap().1;
    let said = desk.refused(&["serve", "runs", "--port", port]);
    assert!(said.contains(&format!("--port {port}")), "{said}");
    let said = desk.refused(&["serve", "nowhere"]);
    assert!(said.contains("nowhere"), "{said}");
    desk.write("file", "");
    assert!(desk.refused(&["serve", "file"]).contains("is a file"));
}

#[cfg(unix)]
#[test]
fn signals_end_it_with_their_status() {
    let desk = Desk::new();
    write_run(&desk, "runs/a");
    for (signal, status) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
        let mut serving = Serving::start(&desk, &["runs"]);
        assert_eq!(serving.get("/").status, 200);
        let id = serving.child.id() as libc::pid_t;
        // SAFETY: the process is a child that was not waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
        let ended = serving.child.wait().unwrap();
        assert_eq!(ended.code(), Some(status));
        let mut said = String::new();
        let mut errors = serving.child.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!(last["error"]["status"], status);
    }
}
