#!/usr/bin/env bash
# Runs every fuzz target for a number of seconds (default: ten minutes each), one after the other.
# Needs cargo-fuzz (`cargo install cargo-fuzz`).
set -euo pipefail
cd "$(dirname "$0")"
# libFuzzer's instrumentation wants unstable flags; this allows them on a stable toolchain.
export RUSTC_BOOTSTRAP=1
for target in ${TARGETS:-npy npz csv idx image gzip config}; do
    echo "== $target"
    cargo fuzz run "$target" -- -max_total_time="${1:-600}" -rss_limit_mb=4096 -timeout=30 -print_final_stats=1
done
