//! The seeds of training sets. Every case of every figure has its own, so that no two cases share a training set.

use sha2::{Digest, Sha256};

/// The seed of a repeat of a case: the first 53 bits of the SHA-256 of `CASE, repeat R`, with repeats from 1. Tables,
/// JSON and TOML hold so many bits exactly.
pub(super) fn seed(case: &str, repeat: usize) -> u64 {
    let hash = Sha256::digest(format!("{case}, repeat {}", repeat + 1));
    let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
    u64::from_be_bytes(first) >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_beginning_of_the_hash_of_its_name() {
        // printf 'ridge: N = d/4, repeat 1' | sha256sum | cut -c 1-16
        let hash: u64 = 0x1cd90a2689fe7f10;
        assert_eq!(seed("ridge: N = d/4", 0), hash >> 11);
        assert_ne!(seed("ridge: N = d/4", 1), seed("ridge: N = d/2", 1));
    }
}
