"""Learn strategies for agents who share quantum entanglement, and prove that they beat every classical one.

numpy arrays in and out; exact numbers are `fractions.Fraction`. Arrays of behaviours have questions before answers,
first player slowest: `p[x_1, .., x_n, a_1, .., a_n]`.

>>> import bellwether
>>> game = bellwether.Game("chsh")
>>> learned = bellwether.learn(game)
>>> bellwether.certify(game, learned.best.strategy).advantage
True
"""

from fractions import Fraction as _Fraction
import os as _os

import numpy as _np

from . import _bellwether
from ._bellwether import (
    BadInput,
    Bound,
    Bracket,
    Certificate,
    Error,
    Game,
    InternalError,
    Learned,
    Proved,
    Rejected,
    Run,
    Strategy,
    Undecided,
    __version__,
    bounds,
    certify,
    games,
    read_behaviour,
    softmax,
    softmax_with_gradient,
    write_behaviour,
)
from .referee import Referee
from .train import Trained, evaluate, train

__all__ = [
    "BadInput",
    "Bound",
    "Bracket",
    "Certificate",
    "Error",
    "Game",
    "InternalError",
    "Learned",
    "Proved",
    "Referee",
    "Rejected",
    "Run",
    "Strategy",
    "Trained",
    "Undecided",
    "__version__",
    "bounds",
    "certify",
    "check",
    "evaluate",
    "from_abxy",
    "functional",
    "games",
    "learn",
    "read_behaviour",
    "softmax",
    "softmax_with_gradient",
    "to_abxy",
    "train",
    "win_lose",
    "write_behaviour",
]


def _fractions(values):
    return [_Fraction(v.item() if isinstance(v, _np.generic) else v) for v in _np.asarray(values, dtype=object).ravel()]


def win_lose(name, mu, win):
    """A game from the weights `mu[x_1, .., x_n]` of its questions and its predicate `win[x_1, .., x_n, a_1, .., a_n]`.

    Weights are exact: pass `fractions.Fraction` where a float is not the number meant; they must sum to exactly 1.
    """
    mu, win = _np.asarray(mu, dtype=object), _np.asarray(win, dtype=bool)
    if win.ndim != 2 * mu.ndim or win.shape[: mu.ndim] != mu.shape:
        raise BadInput(f"win has shape {win.shape} beside mu of shape {mu.shape}, wanted [x_1, .., x_n, a_1, .., a_n]")
    return Game._win_lose(name, list(mu.shape), list(win.shape[mu.ndim :]), _fractions(mu), win.ravel().tolist())


def functional(name, coefficients):
    """A Bell functional from its exact coefficients `c[x_1, .., x_n, a_1, .., a_n]`, question weights included."""
    c = _np.asarray(coefficients, dtype=object)
    if c.ndim == 0 or c.ndim % 2:
        raise BadInput(f"coefficients have shape {c.shape}, wanted [x_1, .., x_n, a_1, .., a_n]")
    half = c.ndim // 2
    return Game._functional(name, list(c.shape[:half]), list(c.shape[half:]), _fractions(c))


def to_abxy(behaviour):
    """A two-player behaviour in the index order `[a, b, x, y]` of toqito and Ket.jl."""
    return _np.ascontiguousarray(_np.transpose(_np.asarray(behaviour), (2, 3, 0, 1)))


def from_abxy(behaviour):
    """A two-player behaviour from the index order `[a, b, x, y]` of toqito and Ket.jl."""
    return _np.ascontiguousarray(_np.transpose(_np.asarray(behaviour), (2, 3, 0, 1)))


def check(certificate, *, game=None):
    """What a certificate proves, as a list of `Proved`; `Rejected` if the independent checker refuses it.

    `certificate` is a `Certificate`, its text or bytes, or a path (`os.PathLike`). The game is the certificate's own: pass
    `game` to have it compared with the one you mean.
    """
    if isinstance(certificate, Certificate):
        certificate = certificate.text
    if isinstance(certificate, _os.PathLike):
        with open(certificate, "rb") as file:
            certificate = file.read((64 << 20) + 1)
    if isinstance(certificate, str):
        certificate = certificate.encode()
    return _bellwether.check(bytes(certificate), game=game)


def learn(game, *, seeds=(0,), preset="best", **settings):
    """Learns strategies from plays alone and returns a `Learned`.

    `game` is a `Game` or a `Referee` (any object with `questions`, `answers`, `ask`, `judge` and `distribution`). Settings:
    `steps`, `batch`, `learning_rate`, `entropy`, `dims`, `hidden`, `init_scale`, `conditioning`; those not given are the
    preset's. A seed gives the same strategy whatever the number of threads.
    """
    known = ("steps", "batch", "learning_rate", "entropy", "dims", "hidden", "init_scale", "conditioning")
    for name in settings:
        if name not in known:
            raise TypeError(f"learn() got an unexpected setting '{name}', wanted one of {', '.join(known)}")
    settings = {name: settings.get(name) for name in known}
    if isinstance(seeds, int):
        seeds = (seeds,)
    if isinstance(settings["dims"], int):
        settings["dims"] = (settings["dims"],)
    for name in ("dims", "hidden"):
        if settings[name] is not None:
            settings[name] = [int(v) for v in settings[name]]
    return _bellwether.learn(game, list(seeds), {"preset": preset, **settings})
