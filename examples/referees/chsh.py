#!/usr/bin/env python3
"""The CHSH game as a black-box referee: win iff a XOR b = x AND y.

Try it: bellwether learn "exec:python3 examples/referees/chsh.py"
Each line on standard input is one JSON request; answer each with one line.
"""
import json
import random
import sys

rng = random.Random(0)  # a fixed seed makes runs repeatable

for line in sys.stdin:
    request = json.loads(line)
    if "hello" in request:
        answer = {
            "name": "chsh in Python",
            "players": 2,
            "questions": [2, 2],
            "answers": [2, 2],
            # optional: the exact distribution of the questions, and that payoffs never vary
            "distribution": [[0, 0, "1/4"], [0, 1, "1/4"], [1, 0, "1/4"], [1, 1, "1/4"]],
            "deterministic": True,
        }
    elif "ask" in request:
        answer = {"questions": [[rng.randrange(2), rng.randrange(2)] for _ in range(request["ask"])]}
    else:
        answer = {"payoff": [int(a ^ b == x & y) for [x, y], [a, b] in request["judge"]]}
    print(json.dumps(answer), flush=True)  # without flush the answer stays in a buffer
