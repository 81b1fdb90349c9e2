"""A Python callable as a black-box referee."""

from fractions import Fraction

import numpy as np


class Referee:
    """A game that can be played but not looked into.

    `judge(x, a)` gets two integer arrays `[n, players]` and returns `n` payoffs. Questions come from `ask(n)`, an integer
    array `[n, players]`, or are drawn with the weights `distribution` (an array `[x_1, .., x_n]`, uniform if absent). If `ask`
    is given without `distribution`, the weights are only known from samples, and what is claimed says so.
    """

    def __init__(self, judge, questions, answers, *, ask=None, distribution=None, seed=0):
        self.judge = judge
        self.questions = [int(n) for n in questions]
        self.answers = [int(n) for n in answers]
        joint = int(np.prod(self.questions))
        if distribution is not None:
            self.distribution = [Fraction(w) for w in np.asarray(distribution, dtype=object).ravel().tolist()]
        else:
            self.distribution = [Fraction(1, joint)] * joint if ask is None else None
        if ask is not None:
            self.ask = ask
        else:
            self._rng = np.random.default_rng(seed)
            self._weights = np.array([float(w) for w in self.distribution])

    def ask(self, n):
        """`n` joint questions."""
        drawn = self._rng.choice(len(self._weights), size=n, p=self._weights / self._weights.sum())
        return np.stack(np.unravel_index(drawn, self.questions), axis=-1)
