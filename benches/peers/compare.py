"""Runs every task with bellwether and with each version of toqito and prints CPU seconds, values and ratios.

CPU seconds are user plus system time of the whole process (start, reading the game, all of it); for toqito the call
alone is printed as well, since its import takes a second or more. `bellwether bounds --class q` is timed with
everything it does for a bracket: classical and non-signalling optimum, one start of the see-saw, all lower levels.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile

import games

HERE = pathlib.Path(__file__).parent
L_NORMS = os.environ.get("L_NORMS")  # the OpenMP program of github.com/istvanmarton/L-norms_BruteForce, if built
LIMIT = int(os.environ.get("PEER_LIMIT", "900"))  # seconds of wall clock a peer may take


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(command, text=None):
    before = children()
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None, children() - before
    if not done.stdout.strip():
        return {"error": done.stderr.strip().splitlines()[-1:]}, children() - before
    return json.loads(done.stdout.strip().splitlines()[-1]), children() - before


def ours(program, game, *options):
    report, seconds = timed([program, "bounds", str(game), "--json", "--threads", "1", *options])
    return report, seconds


def peer(python, task):
    return timed([python, str(HERE / "toqito_task.py")], json.dumps(task))


def l_norms(path):
    """CPU seconds of the brute force over signs, whole process, one thread."""
    before = children()
    done = subprocess.run([L_NORMS, "1", path.name, "1"], capture_output=True, text=True, cwd=path.parent)
    return done.stdout.strip().replace("\n", " ")[-60:], children() - before


def arrays(game):
    questions, answers, mu, wins = game
    return {"questions": questions, "answers": answers, "mu": [[*x, float(w)] for x, w in mu.items()],
            "win": sorted(wins)}


def functional(table):
    (nx, ny), (na, nb) = table["questions"], table["answers"]
    c = [[[[0.0] * ny for _ in range(nx)] for _ in range(nb)] for _ in range(na)]
    for x, y, a, b, w in table["coeffs"]:
        top, _, bottom = w.partition("/")
        c[a][b][x][y] = int(top) / int(bottom or 1)
    return {"coefficients": c}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--peer", action="append", default=[], metavar="PYTHON", help="an interpreter with toqito")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("tasks", nargs="*")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp())

    def shown(name):
        return json.loads(subprocess.run([args.program, "show", name, "--json"], capture_output=True,
                                         text=True, check=True).stdout)

    def catalogue(name, call, options, level=None, **more):
        table = shown(name)
        task = arrays(games.from_show(table)) if table["kind"] == "game" else functional(table)
        return name, options, dict(task, call=call, level=level, **more)

    def written(name, game, call):
        path = folder / f"{name}.json"
        games.game_file(path, game)
        return path, ["--class", "sr"], dict(arrays(game), call=call)

    def correlators(n):
        path = folder / f"correlators-{n}.json"
        matrix = games.random_correlators(n, 1)
        games.correlator_file(path, matrix)
        text = folder / f"correlators-{n}.txt"
        text.write_text("".join(" ".join(map(str, row)) + "\n" for row in matrix))
        return path, ["--class", "sr"], {"matrix": text} if n <= 30 and L_NORMS else None

    def npa(level):
        return ["--class", "q", "--level", level, "--restarts", "1"]

    tasks = {
        "classical-cube": lambda: catalogue("cube", "classical", ["--class", "sr"]),
        "classical-10x10x3": lambda: written("r10", games.random_game(10, 3, 1), "classical"),
        "classical-14x14x3": lambda: (written("r14", games.random_game(14, 3, 1), "classical")[:2] + (None,)),
        "correlators-28": lambda: correlators(28),
        "correlators-36": lambda: correlators(36),
        "npa-1+ab-tetra": lambda: catalogue("tetra", "npa", npa("1+ab"), "1+ab"),
        "npa-2-tetra": lambda: catalogue("tetra", "npa", npa("2"), "2"),
        "npa-1+ab-cube": lambda: catalogue("cube", "npa", npa("1+ab"))[:2] + (None,),
        "npa-1+ab-i3322": lambda: catalogue("i3322", "npa", npa("1+ab"), "1+ab"),
        "npa-2-i3322": lambda: catalogue("i3322", "npa", npa("2"), "2"),
        "npa-3-i3322": lambda: catalogue("i3322", "npa", npa("3"))[:2] + (None,),
        "see-saw-tetra-d3": lambda: catalogue("tetra", "see-saw", ["--class", "q", "--level", "1", "--dim", "3",
                                                                   "--restarts", "60"], dim=3, starts=5),
    }
    if args.list:
        print("\n".join(tasks))
        return
    versions = [version(python) for python in args.peer]
    print(f"{os.cpu_count()} cores, one thread each; seconds are CPU time of whole processes, of the call alone in brackets")
    print("| task | " + "".join(f"toqito {v} | ratio | " for v in versions) + "bellwether | process | search |")
    print("|---" * (4 + 2 * len(versions)) + "|")
    for name in args.tasks or tasks:
        game, options, task = tasks[name]()
        report, seconds = ours(args.program, game, *options)
        if "sr" in report:
            value, search = report["sr"]["exact"], report["sr"]["seconds"]
        else:
            side = "lower" if name.startswith("see-saw") else "upper"
            value, search = f"{report['q'][side]['value']:.10f}", report["q"][side]["seconds"]
        columns = ""
        for number, python in enumerate(args.peer):
            if task is None or "matrix" in task and number > 0:
                columns += "not run | | "
            elif "matrix" in task:
                found, spent = l_norms(task["matrix"])
                columns += f"{found} in {spent:.2f} (L-norms) | {spent / seconds:.0f} | "
            else:
                found, spent = peer(python, task)
                if found is None:
                    columns += f"none in {LIMIT} s of wall clock, {spent:.0f} | > {spent / seconds:.0f} | "
                elif "error" in found:
                    columns += f"{found['error']} | | "
                else:
                    call = f"{spent:.2f} ({found['seconds']:.4f})"
                    columns += f"{found['value']:.10g} in {call} | {spent / seconds:.0f} | "
        print(f"| {name} | {columns}{value} | {seconds:.3f} | {search:.4f} |", flush=True)


def version(python):
    code = "import importlib.metadata as m; print(m.version('toqito'))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


main()
