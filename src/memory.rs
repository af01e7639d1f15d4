//! How much memory can the machine give? This is asked before anything large is allocated.
//!
//! A demand is a number of bytes. [`bytes`] counts it so that no size wraps around.

/// A demand for more memory than is free.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} takes about {} MB of memory, and {} MB are free: {advice}",
    needed / 1_000_000,
    available / 1_000_000
)]
pub struct OutOfMemory {
    /// What needs the memory.
    pub what: String,
    /// The bytes that it needs.
    pub needed: usize,
    /// The bytes that are free.
    pub available: usize,
    /// How to need less.
    pub advice: String,
}

/// The product of sizes, at most `usize::MAX`.
pub fn bytes<const N: usize>(factors: [usize; N]) -> usize {
    factors.into_iter().fold(1, usize::saturating_mul)
}

/// Refuses a demand above `available` bytes. Nothing is refused if the system does not say how many there are.
///
/// # Errors
/// [`OutOfMemory`], with the numbers.
pub fn check_within(
    available: Option<usize>,
    needed: usize,
    what: &str,
    advice: impl FnOnce() -> String,
) -> Result<(), OutOfMemory> {
    match available {
        Some(available) if available < needed => Err(OutOfMemory {
            what: what.to_owned(),
            needed,
            available,
            advice: advice(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a demand above the free memory. Small demands are not checked.
///
/// # Errors
/// [`OutOfMemory`], with the numbers.
pub fn check(
    needed: usize,
    what: &str,
    advice: impl FnOnce() -> String,
) -> Result<(), OutOfMemory> {
    /// Below this, asking the system takes longer than making it.
    const SMALL: usize = 16_000_000;
    match needed {
        0..SMALL => Ok(()),
        _ => check_within(available(), needed, what, advice),
    }
}

/// The bytes of memory that can be used without swapping, if the system says so. Limits of a container and of the
/// process (`ulimit -v`) count, and in WebAssembly its 4 GiB. Without the feature `files` only such limits are known.
pub fn available() -> Option<usize> {
    let limits = [free_memory(), address_space()].into_iter().flatten();
    limits
        .min()
        .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
}

#[cfg(all(feature = "files", not(target_arch = "wasm32")))]
fn free_memory() -> Option<u64> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory();
    let free = match system.available_memory() {
        0 => None,
        free => Some(free),
    };
    let container = system.cgroup_limits().map(|limits| limits.free_memory);
    free.into_iter().chain(container).min()
}

#[cfg(all(not(feature = "files"), not(target_arch = "wasm32")))]
fn free_memory() -> Option<u64> {
    None
}

/// What a word of 32 bits can still address.
#[cfg(target_arch = "wasm32")]
fn free_memory() -> Option<u64> {
    const PAGE: u64 = 1 << 16;
    Some((1 << 32) - PAGE * std::arch::wasm32::memory_size(0) as u64)
}

/// The free part of this process's address space, if it is limited (Linux).
fn address_space() -> Option<u64> {
    let line = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    };
    let limit = line("/proc/self/limits", "Max address space")?;
    let taken = line("/proc/self/status", "VmSize:")? * 1024;
    Some(limit.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_whose_product_is_beyond_a_word_are_as_large_as_can_be_said() {
        assert_eq!(bytes([8, 1 << 40, 1 << 40]), usize::MAX);
        assert_eq!(bytes([usize::MAX, 2, 0]), 0);
        assert_eq!(bytes([8, 3, 5]), 120);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_numbers_and_the_advice() {
        let advice = || "draw fewer".to_owned();
        let refused = check_within(Some(5_000_000), 7_000_000, "this", advice).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this takes about 7 MB of memory, and 5 MB are free: draw fewer"
        );
        assert!(check_within(Some(7_000_000), 7_000_000, "this", advice).is_ok());
        assert!(check_within(None, usize::MAX, "this", advice).is_ok());
        assert!(check(usize::MAX, "this", advice).is_err() || available().is_none());
    }
}
