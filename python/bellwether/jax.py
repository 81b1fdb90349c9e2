"""QuantumSoftmax for JAX: differentiable under `jax.grad`, and usable under `jax.jit` and `jax.vmap`.

The numbers are computed by this package on the host, in double precision: switch `jax_enable_x64` on to keep it.
"""

import jax
import jax.numpy as jnp
import numpy as np

from ._bellwether import softmax as _softmax
from ._bellwether import softmax_with_gradient as _both


def _call(function, result, *arguments):
    shape = jax.ShapeDtypeStruct(result.shape, result.dtype)
    return jax.pure_callback(function, shape, *arguments, vmap_method="broadcast_all")


@jax.custom_vjp
def softmax(logits):
    """The measurements `[.., m, d, d]` of logits `[.., m, d, d]`, Algorithm 1."""
    logits = _complex(logits)
    return _call(lambda z: _softmax(np.asarray(z)).astype(z.dtype), logits, logits)


def _complex(logits):
    logits = jnp.asarray(logits)
    return logits.astype(jnp.result_type(logits.dtype, jnp.complex64))


def _forward(logits):
    return softmax(logits), logits


def _backward(logits, cotangent):
    # JAX's cotangents are dL/dRe - i dL/dIm, ours dL/dRe + i dL/dIm
    z = _complex(logits)
    pull = lambda z, g: _both(np.asarray(z), np.asarray(g).conj())[1].conj().astype(z.dtype)
    gradient = _call(pull, z, z, cotangent)
    return (gradient if jnp.iscomplexobj(logits) else gradient.real,)


softmax.defvjp(_forward, _backward)
