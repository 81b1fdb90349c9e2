#!/usr/bin/env bash
# Our program and two versions of toqito side by side: same machine, same run, CPU seconds of whole processes.
# usage: benches/peers/run.sh [task ..]     (default: all; see compare.py --list)
# Needs Python 3.10 or later with venv, and the Python registry for the first run.
set -euo pipefail
cd "$(dirname "$0")/../.."
old=target/peers-old new=target/peers-new
if [ ! -x "$old/bin/python" ]; then
  python3 -m venv "$old"
  "$old/bin/pip" install --quiet -r benches/peers/requirements.txt
fi
if [ ! -x "$new/bin/python" ]; then
  # 1.3.1 asks for Python 3.12 but runs on 3.11 with the dependencies of 1.1.8
  python3 -m venv "$new"
  "$new/bin/pip" install --quiet -r benches/peers/requirements.txt
  "$new/bin/pip" install --quiet --no-deps --ignore-requires-python toqito==1.3.1
fi
cargo build --release
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
exec python3 benches/peers/compare.py --program target/release/bellwether \
  --peer "$old/bin/python" --peer "$new/bin/python" "$@"
