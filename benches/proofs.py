#!/usr/bin/env python3
"""Both ends of the quantum value of catalogue games, proved: the table of docs/proofs.md.

    python3 benches/proofs.py [folder of the programs, default target/release [games]]

Every row is one command, `bellwether bounds GAME --class q --within 1e-6 --proofs DIR` (with `--level` instead for those listed below), and both
checkers on the file it writes. Exit code 3 says that the ends stayed further apart.
"""

import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else "target/release"
ONLY = sys.argv[2:]
PYTHON = os.path.join(os.path.dirname(__file__), "../check-py/bellwether_check.py")
# no known value, or none that strategies of small dimension reach: one level, not a climb of minutes
LEVELS = {"chsh-mod:4": "1+ab", "chsh-mod:5": "1"}
GAMES = ["chsh", "chsh-x2", "ghz", "ghz4", "ghz5", "rendezvous-k4", "rendezvous-cube", "rendezvous-c3", "rendezvous-c5",
         "rendezvous-c6", "rendezvous-petersen", "magic-square", "ffl", "ffl-x2", "chained:3", "chained:4", "odd-cycle:3",
         "odd-cycle:5", "odd-cycle:7", "gyni:3", "gyni:4", "chsh-mod:3", "chsh-mod:4", "chsh-mod:5", "cglmp:3", "cglmp:4", "cglmp:5", "mermin:3", "svetlichny",
         "elegant", "tilted-chsh", "hardy", "random-xor:1:4", "random:1:3:3", "i3322"]


def user_time(command):
    start = os.times().children_user
    run = subprocess.run(command, capture_output=True, text=True)
    return run, os.times().children_user - start


def short(exact, value):
    return f"{exact} = {value:.12f}".rstrip("0").rstrip(".") if len(exact) < 12 and "/" in exact else f"{value:.12f}"


def main():
    print("| game | level | proved lower | proved upper | gap | upper end by | bytes | make s | check ms | Python s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for game in ONLY or GAMES:
        level = LEVELS.get(game)
        with tempfile.TemporaryDirectory() as folder:
            command = [f"{PROGRAMS}/bellwether", "bounds", game, "--class", "q", "--proofs", folder, "--json"]
            command += ["--level", level] if level else ["--within", "1e-6"]
            run, made = user_time(command)
            if run.returncode not in (0, 3):
                print(f"| {game} | {level} | {run.stderr.strip()} |", flush=True)
                continue
            q = json.loads(run.stdout)["q"]
            lower, upper = q["lower"], q["upper"]
            path = upper["proof"]
            rust, checked = user_time([f"{PROGRAMS}/bellwether-check", path])
            other, python = user_time([sys.executable, PYTHON, path])
            assert rust.returncode == 0 and rust.stdout == other.stdout, (game, rust.stdout, other.stdout)
            gap = float(Fraction(upper["exact"]) - Fraction(lower["exact"]))
            print(f"| {game} | {level or 'climbed'} | {short(lower['exact'], lower['value'])} | {short(upper['exact'], upper['value'])} | "
                  f"{gap:.1e} | {upper['method']} | {os.path.getsize(path)} | {made:.2f} | {1000 * checked:.0f} | {python:.2f} |",
                  flush=True)


if __name__ == "__main__":
    main()
