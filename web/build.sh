#!/usr/bin/env bash
# Builds the page into web/dist: plain files for a static server, and lindiff.html, one file that works from a disk.
#
# Rust's target wasm32-unknown-unknown is taken where rustup has it (`rustup target add wasm32-unknown-unknown`). Otherwise
# Debian's packages build std from its source: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22
set -euo pipefail
cd "$(dirname "$0")"

target=wasm32-unknown-unknown
if rustc --print target-libdir --target "$target" 2>/dev/null | xargs -r ls >/dev/null 2>&1; then
    cargo build --release --locked --target "$target"
else
    linker=$(ls -1 /usr/lib/llvm-*/bin/wasm-ld 2>/dev/null | sort -V | tail -1 || true)
    if [[ ! -x /usr/bin/cargo || ! -x /usr/bin/rustc || -z $linker ]]; then
        echo "web/build.sh needs: rustup target add $target" >&2
        echo "or, on Debian: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22" >&2
        exit 1
    fi
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
        /usr/bin/cargo build --release --locked --target "$target" -Zbuild-std=std,panic_abort
fi
wasm="${CARGO_TARGET_DIR:-target}/$target/release/lindiff_web.wasm"
python3 bundle.py "$wasm" dist
