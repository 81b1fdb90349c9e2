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
output("output-completions", "completions", "bash")
output("output-man", "man", "learn")
output("output-man", "man", "--dir", "man")
missing = sorted(set(schemas) - met)
assert not missing, f"no output met {missing}"
print(f"{len(met)} schemas met by real outputs")
