"""Validates what the program writes against docs/schemas. usage: schemas.py PROGRAM   (needs the jsonschema package)

Every schema must be met by a real output, and must refuse that output with a required key missing.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

program = str(pathlib.Path(sys.argv[1]).resolve())
schemas = {}
for path in sorted((pathlib.Path(__file__).parent.parent / "docs/schemas").glob("*.json")):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    schemas[path.stem] = jsonschema.Draft202012Validator(schema)
folder = tempfile.TemporaryDirectory()
work = pathlib.Path(folder.name)
met = set()


def run(*arguments):
    return subprocess.run([program, *arguments], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def valid(name, document):
    schemas[name].validate(document)
    met.add(name)
    if isinstance(document, dict):
        for key in schemas[name].schema.get("required", []):
            less = {k: v for k, v in document.items() if k != key}
            assert not schemas[name].is_valid(less), f"{name}: '{key}' may be missing"


def output(name, *arguments):
    document = json.loads(run(*arguments, "--json"))
    valid(name, document)
    return document


for game in ("chsh", "ghz", "i3322"):
    document = output("game", "show", game)
    assert not schemas["game"].is_valid({**document, "kind": "other"})
    (work / f"{game}.json").write_text(json.dumps(document))
    output("output-bounds", "bounds", game, "--class", "sr,q,ns", "--restarts", "3")
output("output-bounds", "bounds", "chsh", "--class", "ns")
output("output-games", "games")
output("output-error", "show", "nonsense")
output("output-learn", "learn", "chsh", "--seeds", "0..2", "--steps", "200", "--out", "run")
output("output-learn", "learn", "chsh.json", "--steps", "20", "--out", "file")
valid("strategy", json.loads((work / "run/strategy.json").read_text()))
valid("certificate", json.loads((work / "run/certificate.json").read_text()))
valid("output-learn", json.loads((work / "run/report.json").read_text()))
valid("marl-eval", json.loads((work / "run/marl_eval.json").read_text()))
for line in (work / "run/metrics.jsonl").read_text().splitlines():
    valid("metrics-line", json.loads(line))
output("output-certify", "certify", "chsh", "run/strategy.json", "-o", "one.json")
output("output-certify", "certify", "chsh", "run/strategy.json", "--upper", "-o", "two.json")
valid("certificate", json.loads((work / "two.json").read_text()))
output("output-check", "check", "two.json")
(work / "bad.json").write_text((work / "two.json").read_text().replace('"3/4"', '"2/4"'))
output("output-check", "check", "bad.json")
uniform = {"format": "bellwether-behaviour/1", "questions": [2, 2], "answers": [2, 2], "p": [[[[0.25] * 2] * 2] * 2] * 2}
(work / "p.json").write_text(json.dumps(uniform))
valid("behaviour", uniform)
output("output-classify", "classify", "p.json")
output("output-classify", "classify", "run/strategy.json")
zero, unit = [[[0, 0]] * 2] * 2, [[[1, 0], [0, 0]], [[0, 0], [0, 0]]]
for extra in ({}, {"cotangent": [unit, zero]}):
    logits = {"format": "bellwether-logits/1", "logits": [zero, unit], **extra}
    (work / "z.json").write_text(json.dumps(logits))
    valid("logits", logits)
    output("output-softmax", "softmax", "z.json")
output("output-play", "play", "chsh", "run/strategy.json", "--rounds", "2000", "-o", "plays.csv")
output("output-witness", "witness", "chsh", "plays.csv", "--bets", "run/strategy.json")
output("output-witness-plan", "witness", "chsh", "--plan", "--bets", "run/strategy.json")
output("output-report", "report", "run")
output("output-frontier", "frontier", "queueing", "--points", "3")
output("output-reproduce", "reproduce", "table2", "--quick", "--out", "paper")
valid("output-reproduce", json.loads((work / "paper/result.json").read_text()))
output("output-ablate", "ablate", "entropy", "--games", "chsh", "--seeds", "2", "--steps", "20", "--out", "ablate")
valid("output-ablate", json.loads((work / "ablate/result.json").read_text()))
small = [f"--set={text}" for text in ("num_envs=64", "num_steps=32", "total_timesteps=4096")]
for name, env, *more in (("queue", "queueing", "--set=cost_limit=5.5"), ("trading", "trading"), ("game", "chsh", "--coordinator", "none")):
    output("output-train", "train", env, *small, *more, "--out", name)
    output("output-evaluate", "evaluate", name, "--env", env)
    valid("checkpoint", json.loads((work / name / "checkpoint").read_text()))
    for line in (work / name / "metrics.jsonl").read_text().splitlines():
        valid("train-metrics-line", json.loads(line))
output("output-evaluate", "evaluate", "run/strategy.json", "--env", "chsh")
output("output-enumerate", "enumerate", "magic-square", "--part", "1/3")
(work / "plan.toml").write_text("""format = "bellwether-sweep/1"
[[learn]]
game = "chsh"
steps = 5
[[classical]]
game = "magic-square"
parts = 2
""")
output("output-sweep-list", "sweep", "plan.toml", "--out", "sweep", "--list")
output("output-sweep", "sweep", "plan.toml", "--out", "sweep")
for line in (work / "sweep/results.jsonl").read_text().splitlines():
    valid("sweep-results-line", json.loads(line))

# what is said to other programs, and what they say: the examples, listened to
examples = pathlib.Path(__file__).parent.parent.resolve() / "examples"
(work / "tap.py").write_text("""import subprocess, sys
child = subprocess.Popen([sys.executable, sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
with open(sys.argv[2], "ab") as log:
    for request in sys.stdin.buffer:
        child.stdin.write(request)
        child.stdin.flush()
        answer = child.stdout.readline()
        log.write(request + answer)
        log.flush()
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
""")
run("train", f"env:exec:{sys.executable} tap.py {examples}/environments/lights.py env.log", "--set=num_envs=1",
    "--set=num_steps=30", "--set=total_timesteps=30", "--out", "lights")
run("learn", f"exec:{sys.executable} tap.py {examples}/referees/chsh.py referee.log", "--steps", "2", "--out", "referee")
for who in ("environment", "referee"):
    lines = (work / f"{'env' if who == 'environment' else who}.log").read_text().splitlines()
    for request, answer in zip(map(json.loads, lines[::2]), map(json.loads, lines[1::2])):
        valid(f"{who}-request", request)
        valid(f"{who}-{next(iter(request))}", answer)
output("output-completions", "completions", "bash")
output("output-man", "man", "learn")
output("output-man", "man", "--dir", "man")
missing = sorted(set(schemas) - met)
assert not missing, f"no output met {missing}"
print(f"{len(met)} schemas met by real outputs")
