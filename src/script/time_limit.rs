//! The time of a task.

use std::fmt;
use std::str::FromStr;

/// The longest that a task may take, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit {
    seconds: u64,
}

impl TimeLimit {
    /// The seconds.
    pub fn seconds(self) -> u64 {
        self.seconds
    }
}

impl FromStr for TimeLimit {
    type Err = String;

    /// Reads what Slurm reads: `MINUTES`, `MINUTES:SECONDS`, `HOURS:MINUTES:SECONDS`, `DAYS-HOURS`,
    /// `DAYS-HOURS:MINUTES` and `DAYS-HOURS:MINUTES:SECONDS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{text:?} is not a time: MINUTES, HOURS:MINUTES:SECONDS or DAYS-HOURS, above 0")
        };
        let numbers = |text: &str| -> Option<Vec<u64>> {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let number = |part: &str| part.parse().ok().filter(|_| digits(part));
            text.split(':').map(number).collect()
        };
        let read = || {
            let parts = match text.split_once('-') {
                None => match numbers(text)?[..] {
                    [minutes] => [0, 0, minutes, 0],
                    [minutes, seconds] => [0, 0, minutes, seconds],
                    [hours, minutes, seconds] => [0, hours, minutes, seconds],
                    _ => return None,
                },
                Some((days, rest)) => match (&numbers(days)?[..], &numbers(rest)?[..]) {
                    (&[days], &[hours]) => [days, hours, 0, 0],
                    (&[days], &[hours, minutes]) => [days, hours, minutes, 0],
                    (&[days], &[hours, minutes, seconds]) => [days, hours, minutes, seconds],
                    _ => return None,
                },
            };
            let in_seconds = parts.into_iter().zip([86400, 3600, 60, 1]);
            in_seconds
                .map(|(n, unit): (u64, u64)| n.checked_mul(unit))
                .try_fold(0, |sum, part| part?.checked_add(sum))
        };
        let seconds = read().filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
        Ok(Self { seconds })
    }
}

/// `DAYS-HOURS:MINUTES:SECONDS`
impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.seconds;
        let (days, hours, minutes, seconds) = (s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
        write!(f, "{days}-{hours:02}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_slurm_reads_them_and_others_are_refused() {
        for (text, seconds, shown) in [
            ("90", 5400, "0-01:30:00"),
            ("2:30", 150, "0-00:02:30"),
            ("1:00:00", 3600, "0-01:00:00"),
            ("36:00:01", 129601, "1-12:00:01"),
            ("1-12", 129600, "1-12:00:00"),
            ("2-0:30", 174600, "2-00:30:00"),
            ("1-1:1:1", 90061, "1-01:01:01"),
        ] {
            let limit: TimeLimit = text.parse().unwrap();
            assert_eq!(
                (limit.seconds(), limit.to_string().as_str()),
                (seconds, shown)
            );
            assert_eq!(shown.parse(), Ok(limit));
        }
        for wrong in [
            "",
            "0",
            "0:00",
            "1h",
            "1:2:3:4",
            "1-",
            "-1",
            "+5",
            " 5",
            "1-2-3",
            "99999999999999999999-1",
        ] {
            assert!(wrong.parse::<TimeLimit>().is_err(), "{wrong}");
        }
    }
}
