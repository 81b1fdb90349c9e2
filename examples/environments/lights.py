"""Two agents, each at a switch: both lights must be on at once. Each sees its own light, which fails now and then."""

import json
import random
import sys

rng, lights, left = random.Random(0), [0, 0], 0


def view():
    return {"observations": [[lights[0]], [lights[1]]], "critic_state": [lights[0], lights[1], left / 20]}


for line in sys.stdin:
    request = json.loads(line)
    if "hello" in request:
        agents = [{"name": "north", "observation": 1, "actions": 2}, {"name": "south", "observation": 1, "actions": 2}]
        answer = {"name": "lights", "agents": agents, "critic_state": 3, "horizon": 20}
    elif "reset" in request:
        rng.seed(request["reset"])
        lights, left = [rng.randrange(2), rng.randrange(2)], 20
        answer = view()
    else:
        lights = [light ^ action for light, action in zip(lights, request["step"])]
        left -= 1
        reward = 1.0 if lights == [1, 1] else 0.0
        lights = [light if rng.random() < 0.8 else 0 for light in lights]
        answer = view() | {"reward": reward, "end": "truncated" if left == 0 else "running"}
    print(json.dumps(answer), flush=True)
