#!/usr/bin/env bash
# Builds the page into web/dist: plain files for a static server, and lindiff.html, one file that works from a disk.
#
# Rust's target wasm32-unknown-unknown is taken where rustup has it (`rustup target add wasm32-unknown-unknown`). Otherwise
# Debian's packages build std from its source: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22
set -euo pipefail
cd "$(dirname "$0")/wasm"

target=wasm32-unknown-unknown
libraries=$(rustc --print target-libdir --target "$target" 2>/dev/null || true)
linker=$(find /usr/lib -maxdepth 3 -path '/usr/lib/llvm-*/bin/wasm-ld' 2>/dev/null | sort -V | tail -1)
source=/usr/lib/rustlib/src/rust/library/std

if [[ -n $libraries && -d $libraries ]]; then
    build=(cargo build)
elif [[ -x /usr/bin/cargo && -x /usr/bin/rustc && -n $linker && -d $source ]]; then
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
    build=(/usr/bin/cargo build -Zbuild-std=std,panic_abort)
else
    echo "web/build.sh needs: rustup target add $target" >&2
    echo "or, on Debian: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22" >&2
    exit 1
fi
# With --check only this is asked: can it be built here?
[[ ${1:-} != --check ]] || exit 0

# The versions of dependencies are those that the crate was tested with.
cp ../../Cargo.lock Cargo.lock
"${build[@]}" --release --target "$target"
wasm="${CARGO_TARGET_DIR:-target}/$target/release/lindiff_web.wasm"
python3 ../bundle.py "$wasm" ../dist
