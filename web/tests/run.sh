#!/usr/bin/env bash
# Builds the page and tests it in a real browser. As root on Debian it installs what it needs: Debian's Rust for WebAssembly
# (unless rustup has that target), Chromium and Node. Elsewhere it says what is missing, and passes the tests over, unless
# LINDIFF_REQUIRE_BROWSER is set.
#
# LINDIFF is the program whose numbers the page must give; default: the one of this checkout, which is built if need be.
set -euo pipefail
[[ -z ${LINDIFF:-} ]] || LINDIFF=$(realpath "$LINDIFF")
cd "$(dirname "$0")"

missing=()
../build.sh --check 2>/dev/null || missing+=(rustc-web cargo-web rust-web-src lld-22)
[[ -x ${CHROMIUM:-/usr/bin/chromium} ]] || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if ((${#missing[@]})); then
    if [[ $(id -u) == 0 && -f /etc/debian_version ]]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
    elif [[ -n ${LINDIFF_REQUIRE_BROWSER:-} ]]; then
        echo "web/tests/run.sh needs: ${missing[*]}" >&2
        exit 1
    else
        echo "web/tests/run.sh: the page is not tested; it needs: ${missing[*]} (see docs/page.md)" >&2
        exit 0
    fi
fi

if [[ -z ${LINDIFF:-} ]]; then
    LINDIFF=$(realpath ../..)/target/release/lindiff
    [[ -x $LINDIFF ]] || (cd ../.. && cargo build --release --no-default-features --features serve)
fi
export LINDIFF

[[ -n ${LINDIFF_PAGE_BUILT:-} ]] || ../build.sh
npm install --silent --no-audit --no-fund --no-package-lock
# One file after another: they share two cores with the browser.
files=("$@")
((${#files[@]})) || files=(*.test.mjs)
failed=0
for file in "${files[@]}"; do
    node --test "$file" || failed=1
done
exit $failed
