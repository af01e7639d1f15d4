//! A terminal for a program to write to, and the screen that a person would see.

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Far longer than anything here takes that ends by itself; what is stopped would take many minutes.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A program at work in a terminal.
pub struct Session {
    pub child: Child,
    output: Receiver<Vec<u8>>,
    screen: Screen,
}

impl Session {
    /// Starts a program whose stdout and stderr are a terminal of some columns.
    pub fn start(mut command: Command, columns: u16) -> Self {
        let (master, terminal) = open(columns);
        command.stdin(Stdio::null());
        command.stdout(terminal.try_clone().unwrap());
        command.stderr(terminal);
        let child = command.spawn().unwrap();
        // The terminal's own descriptors go with it, so that reading ends with the program.
        drop(command);
        let (sender, output) = channel();
        let mut master = File::from(master);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux says EIO where the other side is closed.
            while let Ok(read @ 1..) = master.read(&mut buffer) {
                let _ = sender.send(buffer[..read].to_vec());
            }
        });
        Self {
            child,
            output,
            screen: Screen::new(columns),
        }
    }

    /// Waits until a text is on the screen.
    pub fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.screen.text().contains(text) {
            assert!(start.elapsed() < DEADLINE, "{}", self.screen.text());
            match self.output.recv_timeout(Duration::from_millis(50)) {
                Ok(bytes) => self.screen.write(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(_) => panic!("{text:?} never came: {}", self.screen.text()),
            }
        }
    }

    /// How often a line was longer than the screen so far.
    pub fn overflows(&self) -> usize {
        self.screen.overflows
    }

    /// Waits for the end of the program, and gives what is left on the screen.
    pub fn end(mut self) -> (ExitStatus, Screen) {
        let status = wait(&mut self.child);
        while let Ok(bytes) = self.output.recv_timeout(DEADLINE) {
            self.screen.write(&bytes);
        }
        (status, self.screen)
    }
}

/// Waits for the end of a program that must end soon.
pub fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal to a program.
pub fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).arg(child.id().to_string());
    assert!(kill.status().unwrap().success());
}

/// A new terminal: the side that a person sits at, and that of programs.
fn open(columns: u16) -> (OwnedFd, OwnedFd) {
    let mut size = libc::winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let (mut master, mut terminal) = (-1, -1);
    // SAFETY: the pointers are to variables of this function, or null where that is allowed.
    let opened = unsafe {
        libc::openpty(
            &mut master,
            &mut terminal,
            null_mut(),
            null_mut(),
            &raw mut size,
        )
    };
    assert_eq!(opened, 0, "no pseudo-terminal");
    // SAFETY: both were just opened, and nobody else has them.
    let owned = |fd| unsafe {
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        OwnedFd::from_raw_fd(fd)
    };
    (owned(master), owned(terminal))
}

/// The screen of a terminal, as far as the program's sequences go.
pub struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// How often a line was longer than the screen.
    pub overflows: usize,
    /// How many escape sequences came.
    pub sequences: usize,
    /// An escape sequence that has begun.
    sequence: Option<String>,
    bytes: Vec<u8>,
}

impl Screen {
    fn new(columns: u16) -> Self {
        Self {
            columns: columns.into(),
            lines: vec![Vec::new()],
            row: 0,
            column: 0,
            overflows: 0,
            sequences: 0,
            sequence: None,
            bytes: Vec::new(),
        }
    }

    pub fn text(&self) -> String {
        let lines = self
            .lines
            .iter()
            .map(|line| line.iter().collect::<String>());
        let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.bytes.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut self.bytes, rest)).unwrap();
        text.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        if let Some(sequence) = &mut self.sequence {
            sequence.push(c);
            if c.is_ascii_alphabetic() {
                let sequence = self.sequence.take().unwrap();
                self.sequences += 1;
                self.follow(&sequence);
            }
            return;
        }
        match c {
            '\u{1b}' => self.sequence = Some(String::new()),
            '\r' => self.column = 0,
            '\n' => self.move_to(self.row + 1),
            c => {
                if self.column == self.columns {
                    self.overflows += 1;
                    self.column = 0;
                    self.move_to(self.row + 1);
                }
                let line = &mut self.lines[self.row];
                line.resize(line.len().max(self.column + 1), ' ');
                line[self.column] = c;
                self.column += 1;
            }
        }
    }

    fn move_to(&mut self, row: usize) {
        self.row = row;
        self.lines.resize(self.lines.len().max(row + 1), Vec::new());
    }

    fn follow(&mut self, sequence: &str) {
        let number = || sequence[1..sequence.len() - 1].parse().unwrap_or(1);
        match sequence.chars().last() {
            Some('K') => self.lines[self.row].clear(),
            Some('A') => self.row = self.row.saturating_sub(number()),
            Some('B') => self.move_to(self.row + number()),
            // From the cursor to the end of the screen.
            Some('J') => {
                self.lines[self.row].truncate(self.column);
                self.lines.truncate(self.row + 1);
            }
            // Colours and what hides the cursor.
            Some('m' | 'h' | 'l') => {}
            _ => panic!("an escape sequence that is not known here: {sequence:?}"),
        }
    }
}
