#!/usr/bin/env bash
# JAX beside bellwether on this machine, in one go: CHSH training and QuantumSoftmax. Writes two JSON files and prints ratios.
# usage: benches/peers/jax.sh [FOLDER]     (default: target/peers)
set -euo pipefail
cd "$(dirname "$0")/../.."
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE # settings for old libraries slow the current numpy
out=${1:-target/peers}
mkdir -p "$out"
[ -x "$out/venv/bin/python" ] || python3 -m venv "$out/venv"
"$out/venv/bin/pip" install -q numpy jax maturin
cargo build --release
export VIRTUAL_ENV=$PWD/$out/venv CARGO_TARGET_DIR=$PWD/target
(cd python && "$VIRTUAL_ENV/bin/maturin" develop --release)
"$out/venv/bin/python" benches/peers/jax_softmax.py >"$out/softmax.json"
"$out/venv/bin/python" benches/peers/jax_chsh.py target/release/bellwether >"$out/chsh.json"
