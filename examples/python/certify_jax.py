"""A strategy for CHSH trained in JAX, then proved here: the trainer is not trusted, the proof is checked.

Needs jax and this project's Python package (docs/python.md). Run: python examples/python/certify_jax.py
"""

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

import bellwether
from bellwether.jax import softmax

game = bellwether.Game("chsh")
weights = jnp.asarray(game.weights())  # c(x,a) = mu(x) V(a|x), [x, y, a, b]


def strategy(parameters):
    """State and measurements: rho = B^H B / tr, M = QuantumSoftmax(logits)."""
    logits, b = parameters
    rho = b.conj().T @ b
    return rho / jnp.trace(rho), softmax(logits)  # [player, question, answer, 2, 2]


def objective(parameters, alpha):
    """The value, and with it an entropy bonus (Eq. 18): without one the ascent ends in a classical optimum."""
    rho, m = strategy(parameters)
    p = jnp.einsum("ikjl,xaji,yblk->xyab", rho.reshape(2, 2, 2, 2), m[0], m[1]).real  # Eq. 6
    value = (weights * p).sum()
    entropy = -(p * jnp.log(jnp.maximum(p, 1e-12))).sum((2, 3)).mean()
    return value + alpha * entropy, value


rng = np.random.default_rng(0)
normal = lambda *shape: rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
parameters = (jnp.asarray(0.5 * normal(2, 2, 2, 2, 2)), jnp.asarray(normal(4, 4)))
step = jax.jit(jax.value_and_grad(objective, has_aux=True))
velocity = jax.tree.map(jnp.zeros_like, parameters)
for k in range(1000):
    (_, v), gradient = step(parameters, 0.2 * max(0.0, 1.0 - k / 600))
    # JAX's gradient of a real function points uphill after conjugation
    velocity = jax.tree.map(lambda u, g: 0.9 * u + g.conj(), velocity, gradient)
    parameters = jax.tree.map(lambda p, u: p + 0.1 * u, parameters, velocity)
print(f"trained in JAX: value {v:.12f} (numerical)")

rho, m = strategy(parameters)
learned = bellwether.Strategy(np.asarray(rho), list(np.asarray(m)))
certificate = bellwether.certify(game, learned, upper=True)
for statement in bellwether.check(certificate, game=game):
    print(statement)
assert certificate.advantage
