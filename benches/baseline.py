#!/usr/bin/env python3
"""Criterion results of this machine beside the committed ones. Standard library only.

usage: benches/baseline.py            compare target/criterion with benches/baseline.json
       benches/baseline.py record     make them the new baseline

Run `cargo bench` first (a part of it will do: what was not run is left as it is).
"""
import json
import pathlib
import platform
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "benches" / "baseline.json"


def measured():
    """Median and its 95 % interval in nanoseconds, by name of the benchmark."""
    found = {}
    for path in sorted((ROOT / "target" / "criterion").glob("**/new/estimates.json")):
        name = json.loads((path.parent / "benchmark.json").read_text())["full_id"]
        median = json.loads(path.read_text())["median"]
        interval = median["confidence_interval"]
        found[name] = [
            float(f"{ns:.4g}")
            for ns in (median["point_estimate"], interval["lower_bound"], interval["upper_bound"])
        ]
    return found


def machine():
    """The processor's name, as the system tells it."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def time(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def main():
    new = measured()
    if not new:
        sys.exit("target/criterion holds no results; run `cargo bench` first")
    old = json.loads(FILE.read_text()) if FILE.exists() else {"machine": None, "median_ns": {}}
    if sys.argv[1:] == ["record"]:
        medians = old["median_ns"] | new if old["machine"] == machine() else new
        text = {"machine": machine(), "median_ns": dict(sorted(medians.items()))}
        lines = json.dumps(text, indent=1).replace("[\n   ", "[").replace(",\n   ", ", ").replace("\n  ]", "]")
        FILE.write_text(lines + "\n")
        print(f"{len(new)} benchmarks recorded in {FILE.relative_to(ROOT)}")
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    if old["machine"] != machine():
        print(f"the baseline is of another machine: {old['machine']}")
    width = max(map(len, new))
    for name, (median, low, high) in new.items():
        line = f"{name:{width}}  {time(median):>8}"
        if name in old["median_ns"]:
            before, before_low, before_high = old["median_ns"][name]
            # beyond both intervals and a twentieth: what two runs of one program differ by is not news
            clear = low > before_high and median > 1.05 * before or high < before_low and median < 0.95 * before
            line += f"  {time(before):>8}  {median / before:6.2f}" + ("  *" if clear else "")
        print(line)


main()
