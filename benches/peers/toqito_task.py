"""One task of toqito in a process of its own: reads a task as JSON, prints value and CPU seconds of the call alone."""
import json
import sys
import time

import numpy as np
from toqito.nonlocal_games.nonlocal_game import NonlocalGame

task = json.load(sys.stdin)
np.random.seed(0)
if "coefficients" in task:  # a signed functional, as its documentation for Bell inequalities puts it
    pred = np.array(task["coefficients"])
    prob = np.ones(pred.shape[2:])
else:
    (nx, ny), (na, nb) = task["questions"], task["answers"]
    prob, pred = np.zeros((nx, ny)), np.zeros((na, nb, nx, ny))
    for x, y, w in task["mu"]:
        prob[x, y] = w
    for x, y, a, b in task["win"]:
        pred[a, b, x, y] = 1
game = NonlocalGame(prob, pred)
begun = time.process_time()
kind = task["call"]
if kind == "classical":
    value = game.classical_value()
elif kind == "see-saw":
    value = game.quantum_value_lower_bound(dim=task["dim"], iters=task["starts"])
else:
    level = task["level"]
    value = game.commuting_measurement_value_upper_bound(int(level) if level.isdigit() else level)
print(json.dumps({"value": float(value), "seconds": time.process_time() - begun}))
