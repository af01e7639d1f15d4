//! The structure of `src`: imports run from a room only to rooms below it, no two files import each other, no room is too
//! large, and no function is too long.
//!
//! The check reads the text of `src`. It needs the standard library alone, so that it also runs without a build:
//! `rustc --edition 2024 --test tests/library/rooms.rs -o target/rooms && target/rooms`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms, from the ground up.
const ROOMS: [&str; 28] = [
    "text",
    "random",
    "memory",
    "parallel",
    "diffusion",
    "config",
    "config::file",
    "gaussian",
    "denoiser",
    "data",
    "sampling",
    "theory",
    "theory::rows",
    "forecast",
    "predict",
    "probe",
    "distance",
    "report",
    "score",
    "training",
    "neural",
    "run",
    "sweep",
    "reproduce",
    "script",
    "demo",
    "serve",
    "cli",
];
/// The most lines of a room, as a share of those of `src`.
const LARGEST_SHARE: f64 = 0.15;
/// The most lines of a function, its braces included.
const LONGEST_FUNCTION: usize = 80;

/// A file of `src`, with its path below `src`.
struct File {
    path: String,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// The words and signs of Rust source, without comments; a string or a character is one empty token.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().take_while(|&&c| c != '\n').count(),
            ['/', '*', ..] => block_comment(rest),
            _ => 0,
        };
        let length = if length > 0 {
            length
        } else if let Some(length) = literal(rest) {
            found.push(token("", line));
            length
        } else if is_word(rest[0]) {
            let length = rest.iter().take_while(|&&c| is_word(c)).count();
            found.push(token(&rest[..length].iter().collect::<String>(), line));
            length
        } else if rest.starts_with(&[':', ':']) {
            found.push(token("::", line));
            2
        } else {
            if !rest[0].is_whitespace() {
                found.push(token(&rest[0].to_string(), line));
            }
            1
        };
        line += rest[..length].iter().filter(|&&c| c == '\n').count();
        at += length;
    }
    found
}

fn token(text: &str, line: usize) -> Token {
    Token {
        text: text.to_owned(),
        line,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the block comment at the start; such comments nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// The length of the string or character at the start, if there is one. A lifetime is none.
fn literal(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| "bcr".contains(**c)).count();
    let raw = rest[..prefix].contains(&'r');
    let body = &rest[prefix..];
    let hashes = body.iter().take_while(|&&c| c == '#').count();
    match body {
        _ if raw && body.get(hashes) == Some(&'"') => {
            let end: Vec<char> = std::iter::once('"')
                .chain(std::iter::repeat_n('#', hashes))
                .collect();
            let from = hashes + 1;
            let inside = body[from..].windows(end.len()).position(|w| w == end)?;
            Some(prefix + from + inside + end.len())
        }
        ['"', ..] => quoted(body, '"').map(|length| prefix + length),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(body, '\'').map(|length| prefix + length),
        _ => None,
    }
}

/// The length from one quote to the next that is not escaped, both included.
fn quoted(body: &[char], quote: char) -> Option<usize> {
    let mut at = 1;
    while at < body.len() {
        match body[at] {
            '\\' => at += 2,
            c if c == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// A path that a file names: in a `use`, or where it is used.
#[derive(Debug, Clone)]
struct Named {
    segments: Vec<String>,
    /// The name that a `use` gives it; `*` for all that the module holds.
    alias: Option<String>,
    /// Modules written within the file around it.
    inner: usize,
    line: usize,
    /// A `pub use`, which hands a name on, is no import.
    handed_on: bool,
    in_tests: bool,
}

/// What was read of a file.
struct Module {
    file: String,
    /// The names of the modules that lead to it, from the root.
    path: Vec<String>,
    lines: usize,
    named: Vec<Named>,
    items: BTreeSet<String>,
    /// Name, first line, number of lines.
    functions: Vec<(String, usize, usize)>,
}

fn module(file: &File) -> Module {
    let path: Vec<String> = file
        .path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|name| !["mod", "lib", "main"].contains(name))
        .map(str::to_owned)
        .collect();
    let mut reader = Reader {
        tokens: tokens(&file.text),
        at: 0,
        depth: 0,
        inner: Vec::new(),
        children: BTreeSet::new(),
        named: Vec::new(),
        items: BTreeSet::new(),
        functions: Vec::new(),
    };
    reader.read();
    Module {
        file: file.path.clone(),
        path,
        lines: file.text.lines().count(),
        named: reader.named,
        items: reader.items,
        functions: reader.functions,
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Modules written in this file that are open: the depth inside, and whether they are tests.
    inner: Vec<(usize, bool)>,
    /// Modules of this file's own that are files.
    children: BTreeSet<String>,
    named: Vec<Named>,
    items: BTreeSet<String>,
    functions: Vec<(String, usize, usize)>,
}

impl Reader {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.text(self.at) {
                "{" => self.depth += 1,
                "}" => {
                    if self.inner.last().is_some_and(|inner| inner.0 == self.depth) {
                        self.inner.pop();
                    }
                    self.depth -= 1;
                }
                "mod" if self.text(self.at + 2) == "{" => {
                    let tests = self.at >= 7 && {
                        let attribute = (self.at - 7..self.at).map(|i| self.text(i));
                        attribute.collect::<String>() == "#[cfg(test)]"
                    };
                    let outer = self.inner.last().is_some_and(|inner| inner.1);
                    self.inner.push((self.depth + 1, tests || outer));
                }
                "mod" if self.text(self.at + 2) == ";" => {
                    let name = self.text(self.at + 1).to_owned();
                    self.children.insert(name);
                }
                "use" => self.read_use(),
                "fn" if self.text(self.at + 1) != "(" => self.read_function(),
                _ => self.read_path(),
            }
            if self.depth == 0 {
                self.read_item();
            }
            self.at += 1;
        }
    }

    fn read_item(&mut self) {
        let kinds = ["struct", "enum", "fn", "trait", "type", "const", "static"];
        if kinds.contains(&self.text(self.at)) {
            let name = self.text(self.at + 1).to_owned();
            self.items.insert(name);
        }
    }

    fn read_function(&mut self) {
        let (name, first) = (self.text(self.at + 1).to_owned(), self.tokens[self.at].line);
        let (mut depth, mut at) = (0, self.at);
        // Brackets of the signature, where a `;` may stand within an array's type.
        let mut brackets = 0;
        while at < self.tokens.len() {
            match self.text(at) {
                "(" | "[" => brackets += 1,
                ")" | "]" => brackets -= 1,
                ";" if depth == 0 && brackets == 0 => return,
                "{" => depth += 1,
                "}" if depth == 1 => break,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        let last = self.tokens.get(at).map_or(first, |token| token.line);
        self.functions.push((name, first, last - first + 1));
    }

    /// A path that begins at the root, here, above, or in one of the file's own modules.
    fn read_path(&mut self) {
        let first = self.text(self.at);
        let begins = ["crate", "super", "self"].contains(&first)
            || self.inner.is_empty() && self.children.contains(first);
        let goes_on = self.at > 0 && ["::", "$", "."].contains(&self.text(self.at - 1));
        if !begins || goes_on || self.text(self.at + 1) != "::" {
            return;
        }
        let mut segments = vec![first.to_owned()];
        let line = self.tokens[self.at].line;
        while self.text(self.at + 1) == "::" && self.text(self.at + 2).starts_with(is_word) {
            segments.push(self.text(self.at + 2).to_owned());
            self.at += 2;
        }
        self.add(segments, None, line, false);
    }

    fn add(&mut self, segments: Vec<String>, alias: Option<String>, line: usize, handed_on: bool) {
        let named = Named {
            segments,
            alias,
            inner: self.inner.len(),
            line,
            handed_on,
            in_tests: self.inner.last().is_some_and(|inner| inner.1),
        };
        self.named.push(named);
    }

    fn read_use(&mut self) {
        let handed_on = self.at > 0 && ["pub", ")"].contains(&self.text(self.at - 1));
        self.at += 1;
        self.read_tree(Vec::new(), handed_on);
    }

    /// A tree of a `use`, up to the `,`, `}` or `;` behind it.
    fn read_tree(&mut self, mut prefix: Vec<String>, handed_on: bool) {
        loop {
            let line = self.tokens[self.at].line;
            match self.text(self.at).to_owned().as_str() {
                "::" => {}
                "{" => {
                    while self.text(self.at) != "}" {
                        self.at += 1;
                        if self.text(self.at) != "}" {
                            self.read_tree(prefix.clone(), handed_on);
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.add(prefix, Some("*".to_owned()), line, handed_on);
                    self.at += 1;
                    return;
                }
                "as" => {
                    let alias = Some(self.text(self.at + 1).to_owned());
                    self.add(prefix, alias, line, handed_on);
                    self.at += 2;
                    return;
                }
                "," | "}" | ";" => {
                    if prefix.last().is_some_and(|name| name == "self") && prefix.len() > 1 {
                        prefix.pop();
                    }
                    let alias = prefix.last().cloned();
                    self.add(prefix, alias, line, handed_on);
                    return;
                }
                name => prefix.push(name.to_owned()),
            }
            self.at += 1;
        }
    }
}

/// All modules, by their paths.
struct House(BTreeMap<Vec<String>, Module>);

/// The room of a module, as its place in [`ROOMS`].
fn room(path: &[String]) -> Option<usize> {
    let first = path.first()?;
    let inner = path.get(1).map(|second| format!("{first}::{second}"));
    let place = |name: &str| ROOMS.iter().position(|room| *room == name);
    inner.and_then(|name| place(&name)).or_else(|| place(first))
}

impl House {
    fn of(files: &[File]) -> Self {
        let modules = files.iter().map(module);
        // The program's own file is at the root too, and holds nothing that others could import.
        let modules = modules.filter(|module| module.file != "main.rs");
        Self(
            modules
                .map(|module| (module.path.clone(), module))
                .collect(),
        )
    }

    /// The module that holds what a path means in a module.
    fn holder(&self, from: &Module, named: &Named, depth: usize) -> Option<&Module> {
        let mut above = named.inner;
        let mut at = from.path.clone();
        let mut segments = named.segments.iter().peekable();
        match segments.peek()?.as_str() {
            "crate" => {
                at.clear();
                segments.next();
            }
            "self" => {
                segments.next();
            }
            "super" => {
                while segments.next_if(|name| *name == "super").is_some() {
                    if above > 0 {
                        above -= 1;
                    } else {
                        at.pop()?;
                    }
                }
            }
            first => {
                let child = [&at[..], &[first.to_owned()]].concat();
                if !self.0.contains_key(&child) {
                    return None;
                }
            }
        }
        let mut here = self.0.get(&at)?;
        for name in segments {
            let child = [&here.path[..], std::slice::from_ref(name)].concat();
            if let Some(child) = self.0.get(&child) {
                here = child;
            } else {
                return Some(self.definer(here, name, depth));
            }
        }
        Some(here)
    }

    /// The module that defines a name of a module, which may only hand it on.
    fn definer<'a>(&'a self, module: &'a Module, name: &str, depth: usize) -> &'a Module {
        if module.items.contains(name) || depth == 0 {
            return module;
        }
        let uses = module.named.iter().filter(|used| used.inner == 0);
        for used in uses.clone() {
            if used.alias.as_deref() == Some(name)
                && let Some(holder) = self.holder(module, used, depth - 1)
            {
                return holder;
            }
        }
        for used in uses.filter(|used| used.alias.as_deref() == Some("*")) {
            if let Some(holder) = self.holder(module, used, depth - 1)
                && !std::ptr::eq(holder, module)
            {
                let found = self.definer(holder, name, depth - 1);
                if found.items.contains(name) {
                    return found;
                }
            }
        }
        module
    }

    /// Every import of a file from another: the importer, the holder, the path and its line.
    fn imports(&self) -> Vec<(&Module, &Module, &Named)> {
        let mut found = Vec::new();
        for module in self.0.values().filter(|module| !module.path.is_empty()) {
            for named in module.named.iter().filter(|named| !named.handed_on) {
                if let Some(holder) = self.holder(module, named, 8)
                    && !std::ptr::eq(holder, module)
                    && !holder.path.is_empty()
                {
                    found.push((module, holder, named));
                }
            }
        }
        found
    }

    /// Imports from rooms above.
    fn upward(&self) -> Vec<String> {
        let mut offences = Vec::new();
        for (module, holder, named) in self.imports() {
            let place = format!("src/{}:{}", module.file, named.line);
            match (room(&module.path), room(&holder.path)) {
                (Some(from), Some(to)) if to > from => offences.push(format!(
                    "{place}: {} imports from {}, which is above it ({})",
                    ROOMS[from],
                    ROOMS[to],
                    named.segments.join("::")
                )),
                (None, _) => offences.push(format!("{place}: not in a room")),
                (_, None) => offences.push(format!("{place}: imports what is in no room")),
                _ => {}
            }
        }
        offences
    }

    /// What the plain types of `config` import beside what a network predicts.
    fn impure(&self) -> Vec<String> {
        let config = room(&["config".to_owned()]);
        let of_config = |path: &[String]| room(path) == config;
        let imports = self.imports().into_iter();
        let wrong = imports.filter(|(module, holder, named)| {
            of_config(&module.path)
                && !of_config(&holder.path)
                && !named.in_tests
                && named.segments.last().is_none_or(|name| name != "Target")
        });
        wrong
            .map(|(module, _, named)| {
                format!(
                    "src/{}:{}: config imports {}: of other rooms it may import diffusion::Target alone",
                    module.file,
                    named.line,
                    named.segments.join("::")
                )
            })
            .collect()
    }

    /// Files that import each other: pairs, and longer circles.
    fn circles(&self) -> Vec<String> {
        let mut edges = BTreeMap::new();
        for (module, holder, named) in self.imports() {
            if !named.in_tests {
                let edge = (module.file.as_str(), holder.file.as_str());
                edges.entry(edge).or_insert(named.line);
            }
        }
        let pairs =
            edges
                .iter()
                .filter(|((one, two), _)| one < two)
                .filter_map(|((one, two), line)| {
                    let back = edges.get(&(*two, *one))?;
                    Some(format!(
                        "src/{one}:{line} and src/{two}:{back}: the files import each other"
                    ))
                });
        let files: BTreeSet<&str> = edges.keys().map(|(file, _)| *file).collect();
        let longer = files.iter().filter_map(|file| circle_from(file, &edges));
        pairs.chain(longer).collect()
    }

    /// Rooms with too large a share of the lines.
    fn crowded(&self) -> Vec<String> {
        let mut lines = vec![0; ROOMS.len()];
        for module in self.0.values() {
            if let Some(room) = room(&module.path) {
                lines[room] += module.lines;
            }
        }
        let total: usize = self.0.values().map(|module| module.lines).sum();
        let share = |room: usize| lines[room] as f64 / total as f64;
        (0..ROOMS.len())
            .filter(|&room| share(room) > LARGEST_SHARE)
            .map(|room| {
                format!(
                    "{} has {:.1} % of the lines of src, more than {:.0} %",
                    ROOMS[room],
                    100.0 * share(room),
                    100.0 * LARGEST_SHARE
                )
            })
            .collect()
    }

    /// Functions that are too long.
    fn long(&self) -> Vec<String> {
        let mut offences = Vec::new();
        for module in self.0.values() {
            for (name, first, lines) in &module.functions {
                if *lines > LONGEST_FUNCTION {
                    offences.push(format!(
                        "src/{}:{first}: the function {name} has {lines} lines, more than {LONGEST_FUNCTION}",
                        module.file
                    ));
                }
            }
        }
        offences
    }
}

/// The files of `src`, which is found from the root of the package, where cargo runs tests.
fn source() -> Vec<File> {
    let mut files = Vec::new();
    collect(Path::new("src"), "", &mut files);
    assert!(files.len() > 100, "{} files in src", files.len());
    files
}

fn collect(folder: &Path, below: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            files.push(File { path, text });
        }
    }
}

/// The shortest circle of three files or more that a file is the first of, by name.
fn circle_from(start: &str, edges: &BTreeMap<(&str, &str), usize>) -> Option<String> {
    let mut paths = vec![vec![start]];
    let mut seen = BTreeSet::from([start]);
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let last = path[path.len() - 1];
            if path.len() > 2 && edges.contains_key(&(last, start)) {
                let files: Vec<String> = path.iter().map(|file| format!("src/{file}")).collect();
                return Some(format!(
                    "{}: the files import each other in a circle",
                    files.join(", ")
                ));
            }
            let next = edges
                .keys()
                .filter(|(from, to)| *from == last && *to > start);
            for (_, to) in next {
                if seen.insert(to) {
                    longer.push([&path[..], &[to]].concat());
                }
            }
        }
        paths = longer;
    }
    None
}

fn assert_none(offences: Vec<String>) {
    let count = offences.len();
    assert!(count == 0, "{count} offences:\n{}", offences.join("\n"));
}

#[test]
fn imports_run_downwards_only() {
    assert_none(House::of(&source()).upward());
}

#[test]
fn config_imports_only_what_a_network_predicts() {
    assert_none(House::of(&source()).impure());
}

#[test]
fn no_two_files_import_each_other() {
    assert_none(House::of(&source()).circles());
}

#[test]
fn no_room_has_too_many_of_the_lines() {
    assert_none(House::of(&source()).crowded());
}

#[test]
fn no_function_is_too_long() {
    assert_none(House::of(&source()).long());
}

/// A house of files that are written here.
fn house(files: &[(&str, &str)]) -> House {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let root = [("lib.rs", "")];
    House::of(&root.iter().chain(files).map(file).collect::<Vec<_>>())
}

#[test]
fn an_import_upwards_is_found_however_it_is_written() {
    for (line, text) in [
        (1, "use crate::theory::Lens;"),
        (
            2,
            "use std::fmt;\nuse crate::{text::number, theory::{Jet, Lens as L}};",
        ),
        (
            2,
            "pub fn f() {\n    let _ = crate::theory::Lens::new();\n}",
        ),
        (1, "use super::super::theory;"),
        (1, "use crate::data::{self, mixed::Lens};"),
        (
            3,
            "#[cfg(test)]\nmod tests {\n    use crate::theory::Lens;\n}",
        ),
    ] {
        let house = house(&[
            ("theory/mod.rs", "pub struct Lens;"),
            ("text/mod.rs", "pub fn number() {}"),
            ("data/mod.rs", "pub mod mixed;"),
            ("data/mixed.rs", "pub use crate::theory::Lens;"),
            ("gaussian/mod.rs", ""),
            ("gaussian/law.rs", text),
        ]);
        let found = house.upward();
        let place = format!("src/gaussian/law.rs:{line}: gaussian imports from ");
        assert!(
            found.iter().any(|o| o.starts_with(&place)),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_is_below_or_only_said_is_no_import_upwards() {
    for text in [
        "use crate::text::number;\nuse super::law;",
        "// use crate::theory::Lens;\n/* crate::theory /* nested */ crate::theory */",
        "/// As [`crate::theory::Lens`].\nconst C: [char; 2] = ['\"', '\\''];",
        "const S: &str = \"use crate::theory::Lens;\";\nconst R: &str = r#\"\" crate::theory::Lens\"#;",
    ] {
        let house = house(&[
            ("theory/mod.rs", "pub struct Lens;"),
            ("text/mod.rs", "pub fn number() {}"),
            ("gaussian/mod.rs", text),
            ("gaussian/law.rs", ""),
        ]);
        assert_eq!(house.upward(), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_file_outside_of_the_rooms_is_found() {
    let house = house(&[
        ("attic.rs", "use crate::text::number;"),
        ("text/mod.rs", ""),
    ]);
    assert_eq!(house.upward(), ["src/attic.rs:1: not in a room"]);
}

#[test]
fn plain_configurations_may_import_what_a_network_predicts_and_nothing_else() {
    let with = |text: &str| {
        let house = house(&[
            ("diffusion/mod.rs", "mod target;\npub use target::Target;"),
            ("diffusion/target.rs", "pub enum Target {}"),
            ("config/mod.rs", text),
            ("config/file/mod.rs", "use crate::diffusion::Schedule;"),
        ]);
        house.impure()
    };
    assert_eq!(with("use crate::diffusion::Target;"), Vec::<String>::new());
    let found = with("\nuse crate::diffusion::Schedule;");
    assert!(found[0].starts_with("src/config/mod.rs:2: config imports crate::diffusion::Schedule"));
    assert_eq!(found.len(), 1);
}

#[test]
fn files_that_import_each_other_are_found_through_names_that_were_handed_on() {
    let files = |back: &'static str| {
        [
            (
                "run/mod.rs",
                "mod one;\nmod two;\npub use two::*;\npub use one::One as First;",
            ),
            ("run/one.rs", "use super::Two;\npub struct One(Two);"),
            ("run/two.rs", back),
        ]
    };
    let two = "pub struct Two;\n";
    for import in [
        "use super::First;",
        "use crate::run::one::One;",
        "fn f(_: super::First) {}",
    ] {
        let text = [two, import].concat().leak();
        let found = house(&files(text)).circles();
        assert_eq!(
            found,
            ["src/run/one.rs:1 and src/run/two.rs:2: the files import each other"]
        );
    }
    let tests = "#[cfg(test)]\nmod tests {\n    use super::super::First;\n}";
    for text in [two.to_owned(), [two, tests].concat()] {
        let found = house(&files(text.leak())).circles();
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn a_parent_that_uses_what_uses_it_is_a_circle() {
    let parent = "mod part;\npub struct Whole;\nfn f() { part::g() }";
    let found = house(&[("run/mod.rs", parent), ("run/part.rs", "use super::Whole;")]).circles();
    assert_eq!(
        found,
        ["src/run/mod.rs:3 and src/run/part.rs:1: the files import each other"]
    );
}

#[test]
fn three_files_that_import_each_other_are_a_circle() {
    let files = |last| {
        [
            ("run/one.rs", "use super::two::Two;\npub struct One;"),
            ("run/two.rs", "use super::three::Three;\npub struct Two;"),
            ("run/three.rs", last),
            ("run/mod.rs", "mod one;\nmod two;\nmod three;"),
        ]
    };
    let found = house(&files("use super::one::One;\npub struct Three;")).circles();
    let expected =
        "src/run/one.rs, src/run/two.rs, src/run/three.rs: the files import each other in a circle";
    assert_eq!(found, [expected]);
    let found = house(&files("pub struct Three;")).circles();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_room_with_more_than_its_share_of_the_lines_is_found() {
    let lines = ["\n".repeat(15), "\n".repeat(16), "\n".repeat(69)];
    let house = house(&[
        ("text/mod.rs", &lines[0]),
        ("random/mod.rs", &lines[1]),
        ("lib.rs", &lines[2]),
    ]);
    assert_eq!(
        house.crowded(),
        ["random has 16.0 % of the lines of src, more than 15 %"]
    );
}

#[test]
fn a_function_of_more_lines_than_allowed_is_found_and_one_of_as_many_is_not() {
    let function = |lines: usize| {
        let body = "    let _: [u8; 2] = [b'}', b'{'];\n".repeat(lines - 2);
        format!(
            "struct S;\nimpl S {{\nfn f(self) -> [u8; 3] {{\n{body}}}\n}}\ntrait T {{ fn g(); }}\n"
        )
    };
    let long = |lines| house(&[("text/mod.rs", function(lines).leak())]).long();
    assert_eq!(long(LONGEST_FUNCTION), Vec::<String>::new());
    assert_eq!(
        long(LONGEST_FUNCTION + 1),
        ["src/text/mod.rs:3: the function f has 81 lines, more than 80"]
    );
}
