"""QuantumSoftmax forward and gradient on a batch of 1024, jitted JAX in float64 beside this project's Python package.

Both get numpy arrays of logits and cotangents and return measurements and gradients. JAX is timed compiled, on arrays
that it already holds; our time includes the way from numpy and back. Ratios are JAX time over ours.
"""

import argparse
import json
import os
import sys
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import numpy as np

import bellwether
from jax_chsh import softmax_closed, softmax_eigh

BATCH = 1024


def both(softmax):
    def run(z, cotangent):
        povm, pull = jax.vjp(softmax, z)
        return povm, pull(cotangent)[0]

    return jax.jit(run)


def least(function, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    rows = []
    for m, d in ((2, 2), (3, 3), (4, 4)):
        shape = (BATCH, m, d, d)
        normal = lambda scale: scale * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
        z, g = normal(0.5), normal(1.0)
        mine = lambda: bellwether.softmax_with_gradient(z, g)
        povm, gradient = mine()
        for softmax in (softmax_eigh, softmax_closed):
            if softmax is softmax_closed and d != 2:
                continue
            run = both(softmax)
            # JAX's cotangents and gradients are the conjugates of ours
            held = jnp.asarray(z), jnp.asarray(g.conj())
            start = time.perf_counter()
            theirs = jax.block_until_ready(run(*held))
            compiled = time.perf_counter() - start
            # the two programs in turn, so that other load on the machine meets both
            us, them = float("inf"), float("inf")
            for _ in range(5):
                them = min(them, least(lambda: jax.block_until_ready(run(*held)), repeats // 5))
                us = min(us, least(mine, repeats // 5))
            rows.append(
                {
                    "m": m,
                    "d": d,
                    "peer": f"{softmax.__name__} float64",
                    "jax_seconds": them,
                    "jax_first_call_seconds": compiled,
                    "bellwether_seconds": us,
                    "ratio": them / us,
                    "largest_difference_povm": float(np.abs(np.asarray(theirs[0]) - povm).max()),
                    "largest_difference_gradient": float(np.abs(np.asarray(theirs[1]).conj() - gradient).max()),
                }
            )
            print(json.dumps(rows[-1]), file=sys.stderr)
    json.dump({"jax": jax.__version__, "cores": os.cpu_count(), "batch": BATCH, "rows": rows}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
