"""QuantumSoftmax inside JAX and PyTorch; skipped where they are not installed."""

import numpy as np
import pytest

import bellwether as bw


def normal(seed, shape):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def test_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    from bellwether.jax import softmax

    def plain(z):
        adjoint = lambda a: jnp.swapaxes(a.conj(), -1, -2)
        power = lambda f, h: (lambda w, v: (v * f(w)[..., None, :]) @ adjoint(v))(*jnp.linalg.eigh(h))
        r = power(jnp.exp, 0.5 * (z + adjoint(z)))
        t = power(jax.lax.rsqrt, r.sum(-3))[..., None, :, :]
        return t @ r @ t

    z, g = normal(1, (5, 3, 2, 2)), normal(2, (5, 3, 2, 2))
    loss = lambda f: lambda z: (jnp.asarray(g) * f(z)).real.sum() + (f(z) ** 2).real.sum()
    ours, theirs = (jax.jit(jax.value_and_grad(loss(f))) for f in (softmax, plain))
    (v1, g1), (v2, g2) = ours(z), theirs(z)
    assert abs(v1 - v2) < 1e-12 and np.abs(g1 - g2).max() < 1e-12
    assert np.abs(jax.vmap(softmax)(z) - bw.softmax(z)).max() == 0
    # equal eigenvalues: automatic differentiation through eigh has no number to give
    assert np.isfinite(np.asarray(jax.grad(lambda z: softmax(z)[0, 0, 0].real)(jnp.zeros((2, 2, 2), complex)))).all()


def test_torch():
    torch = pytest.importorskip("torch")
    from bellwether.torch import softmax

    z = torch.tensor(normal(3, (4, 3, 2, 2)), requires_grad=True)
    assert torch.autograd.gradcheck(softmax, (z,))
