#!/usr/bin/env bash
# Our program and toqito side by side: same machine, same run, CPU seconds of whole processes.
# usage: benches/peers/run.sh [task ..]     (default: all; see compare.py --list)
# Needs Python 3.10 or later with venv, and the Python registry for the first run.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/peers
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r benches/peers/requirements.txt
fi
cargo build --release
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
exec "$venv/bin/python" benches/peers/compare.py --program target/release/bellwether "$@"
