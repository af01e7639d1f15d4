//! The first and the last line of a table, without reading what lies between them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The most bytes of a line.
const LONGEST: u64 = 8192;

/// The ends of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ends {
    /// The first line; `None` if it is not whole yet.
    pub header: Option<String>,
    /// The last whole line below it. What follows it is still being written.
    pub last: Option<String>,
}

impl Ends {
    /// Reads them.
    ///
    /// # Errors
    /// A file that cannot be read, and a line of more than 8192 bytes.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let head = part(&mut file, 0)?;
        let Some(header) = head.split_once('\n').map(|(line, _)| line.to_owned()) else {
            return match length {
                LONGEST.. => Err(too_long("first")),
                _ => Ok(Self {
                    header: None,
                    last: None,
                }),
            };
        };
        let begin = length.saturating_sub(LONGEST);
        let tail = match begin {
            0 => head,
            _ => part(&mut file, begin)?,
        };
        let below = match begin {
            0 => &tail[header.len() + 1..],
            _ => &tail[..],
        };
        let Some(end) = below.rfind('\n') else {
            return match begin {
                0 => Ok(Self::empty(header)),
                _ => Err(too_long("last")),
            };
        };
        let start = match (below[..end].rfind('\n'), begin) {
            (Some(before), _) => before + 1,
            (None, 0) => 0,
            (None, _) => return Err(too_long("last")),
        };
        let last = below[start..end].trim_end_matches('\r').to_owned();
        Ok(Self {
            header: Some(header.trim_end_matches('\r').to_owned()),
            last: Some(last),
        })
    }

    fn empty(header: String) -> Self {
        let (header, last) = (Some(header), None);
        Self { header, last }
    }
}

/// The text from a place on.
fn part(file: &mut File, from: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn too_long(which: &str) -> io::Error {
    let message = format!("its {which} line has more than {LONGEST} bytes");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ends(text: &str) -> io::Result<(Option<String>, Option<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        fs::write(&path, text).unwrap();
        Ends::read(&path).map(|ends| (ends.header, ends.last))
    }

    fn some(header: &str, last: &str) -> (Option<String>, Option<String>) {
        (Some(header.to_owned()), Some(last.to_owned()))
    }

    #[test]
    fn the_last_line_is_the_last_whole_one() {
        assert_eq!(ends("a,b\n1,2\n3,4\n").unwrap(), some("a,b", "3,4"));
        assert_eq!(ends("a,b\n1,2\n3,4\n5,").unwrap(), some("a,b", "3,4"));
        assert_eq!(ends("a,b\r\n1,2\r\n").unwrap(), some("a,b", "1,2"));
    }

    #[test]
    fn a_table_that_has_only_begun_has_no_last_line() {
        assert_eq!(ends("").unwrap(), (None, None));
        assert_eq!(ends("a,").unwrap(), (None, None));
        assert_eq!(ends("a,b\n").unwrap(), (Some("a,b".to_owned()), None));
        assert_eq!(ends("a,b\n1").unwrap(), (Some("a,b".to_owned()), None));
    }

    #[test]
    fn the_ends_of_a_long_table_are_found_wherever_its_lines_are_cut() {
        // Lines of every length from 2 to 16 put the cut at each place of a line.
        for width in 1..=15 {
            let line = "7".repeat(width);
            let body: String = (0..20_000).map(|_| format!("{line}\n")).collect();
            let text = format!("a\n{body}8,9\nhalf");
            assert_eq!(ends(&text).unwrap(), some("a", "8,9"), "{width}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let long = "x".repeat(20_000);
        assert!(ends(&long).is_err());
        assert!(ends(&format!("a\n{long}\n")).is_err());
        assert!(ends(&format!("a\n1\n{long}")).is_err());
    }
}
