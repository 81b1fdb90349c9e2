#!/usr/bin/env python3
"""A referee that keeps its rules to itself: three players, no distribution offered, noisy payoffs.

Everyone gets a bit, the first player's is 1 with probability 2/3. The players win if the majority of their
answers is the XOR of the three bits; one verdict in ten is wrong.

Try it: bellwether learn "exec:python3 examples/referees/noisy_majority.py"
"""
import json
import random
import sys

rng = random.Random(0)


def draw():
    return [int(rng.random() < 2 / 3), rng.randrange(2), rng.randrange(2)]


def verdict(x, a):
    won = (sum(a) >= 2) == bool(sum(x) % 2)
    return float(won != (rng.random() < 0.1))


for line in sys.stdin:
    request = json.loads(line)
    if "hello" in request:
        answer = {"name": "noisy majority", "players": 3, "questions": [2, 2, 2], "answers": [2, 2, 2]}
    elif "ask" in request:
        answer = {"questions": [draw() for _ in range(request["ask"])]}
    else:
        answer = {"payoff": [verdict(x, a) for x, a in request["judge"]]}
    print(json.dumps(answer), flush=True)
