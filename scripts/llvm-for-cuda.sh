#!/usr/bin/env bash
# Puts LLVM where burn's CUDA backend looks for it, so that `cargo build --features cuda` needs no download of its own.
#
#   scripts/llvm-for-cuda.sh
#
# The build script of the crate tracel-llvm-bundler takes LLVM from a folder of the user's local data, and downloads it
# only if it is not there. This script fills the folder from two Python packages, with static libraries for Linux on
# x86-64: mlc-llvm-static (headers, llvm-config) and mlc-llvm-static-extra-targets (the NVPTX target). It needs python3
# with pip, and downloads 94 MB. A folder that exists is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=23.1.1.post0
# The bundler has the version of LLVM and a number of its own, such as 23.1.0-4.
bundler=$(awk '/^name = "tracel-llvm-bundler"/ { getline; gsub(/[^0-9.-]/, "", $3); print $3 }' Cargo.lock)
if [ "${bundler%.*}" != "${packages%.*.*}" ]; then
    echo "Cargo.lock has tracel-llvm-bundler $bundler, and this script knows LLVM $packages: change its version" >&2
    exit 1
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "these packages are for Linux on x86-64; this is $(uname -sm)" >&2
    exit 1
fi
folder="${XDG_DATA_HOME:-$HOME/.local/share}/tracel/tracel-llvm-$bundler"
if [ -e "$folder" ]; then
    echo "$folder exists: nothing was changed"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --dest "$work" \
    "mlc-llvm-static==$packages" "mlc-llvm-static-extra-targets==$packages"
for package in "$work"/*.whl; do
    python3 -m zipfile -e "$package" "$work/unpacked"
done
chmod +x "$work/unpacked/mlc_llvm_static/static/bin/llvm-config"
mkdir -p "$(dirname "$folder")"
# The mark is made before the move, so that half a folder is never taken for a whole one.
touch "$work/unpacked/mlc_llvm_static/static/.tracel-llvm-installed"
mv "$work/unpacked/mlc_llvm_static/static" "$folder"
echo "LLVM $packages is in $folder"
