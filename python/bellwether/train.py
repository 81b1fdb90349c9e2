"""Training on an environment: named, or written in Python."""

import json
import os

import numpy as np

from . import _bellwether
from ._bellwether import BadInput
from .parallel import ParallelEnvironment, adapt


class Trained:
    """A policy as training left it, and how it came about."""

    def __init__(self, inner, env):
        self._inner, self._env = inner, env
        #: Parameters of the policy.
        self.parameters = inner.parameters
        #: Resolved settings, the text of `config.toml`.
        self.config = inner.config
        self.updates, self.env_steps = inner.updates, inner.env_steps
        self.seconds, self.out = inner.seconds, inner.out
        rows = [json.loads(line) for line in inner.metrics]
        keys = dict.fromkeys(key for row in rows for key in row)
        #: The learning curve, an array per column; NaN where there is no number. Sampled.
        self.metrics = {key: np.array([np.nan if row.get(key) is None else row[key] for row in rows]) for key in keys}

    def probabilities(self, observations):
        """`pi(a|o)` (Eq. 7) as `[.., a_1, .., a_n]` for flat observations `[.., numbers of all agents]`; numerical."""
        o = np.asarray(observations, dtype=float)
        if o.ndim == 0 or o.shape[-1] != self._inner.observations:
            raise BadInput(f"observations have shape {o.shape}, wanted [.., {self._inner.observations}]")
        p = self._inner.probabilities(o.reshape(-1, o.shape[-1]))
        return p.reshape(*o.shape[:-1], *self._inner.actions)

    def act(self, observations, rng):
        """Actions by agent, drawn with the numpy generator `rng` at the observations by agent of a Python environment.

        Joint sampling stands for the shared quantum state: each agent's own action still says nothing of what others saw.
        """
        if self._env is None:
            raise BadInput("act needs a policy trained on a Python environment; use probabilities")
        p = self.probabilities(self._env.encode(observations)).ravel()
        drawn = rng.choice(p.size, p=p / p.sum())
        return self._env.decode(np.unravel_index(drawn, self._inner.actions))

    def evaluate(self, env=None, **options):
        """As `bellwether.evaluate`, on the environment it was trained on unless another is given."""
        return evaluate(self, env if env is not None else self._env or self._inner.env, **options)

    def __repr__(self):
        return f"<Trained on {self._inner.env}: {self.updates} updates, {self.env_steps} steps>"


def _toml(key, value):
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, list, np.ndarray)):
        return "[" + ", ".join(_toml(key, v) for v in value) + "]"
    if isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return repr(value)
    raise BadInput(f"{key}: {value!r} given, wanted a number, a word, true or false, or a list")


def _prototype(env, shared, cost):
    if isinstance(env, ParallelEnvironment) or isinstance(env, str):
        return env
    return adapt(env, shared, cost)


def train(env, *, shared="mean", cost=None, out=None, start=None, checkpoint_every=10, **settings):
    """Trains agents on `env` with the modified MAPPO (PPO-Lagrangian under a `cost_limit`) and returns a `Trained`.

    `env` is a name (`"queueing"`, `"chsh"`, `"trading?latency=2"`), or an environment of PettingZoo's parallel form
    (`possible_agents`, `observation_space(agent)`, `action_space(agent)`, `reset(seed=..)`, `step(actions)`), or a function
    that makes one. A given environment is copied (`copy.deepcopy`) and never stepped itself; each of the `num_envs` copies has
    its own random stream and is reset with a seed of its own at every episode.

    Agents share one reward: the `shared` (`"mean"` or `"sum"`) over all possible agents, agents that are gone counting 0.
    `cost` is the key of the cost in the infos (`infos[agent][cost]`, gathered like the reward, or `infos[cost]`), or a
    function of the infos; with a `cost_limit` it is `"cost"` unless given. What only the critic sees is `env.state()` where
    there is a `state_space`, else all observations.

    Settings are those of `bellwether train --set` (`total_timesteps`, `num_envs`, `coordinator`, `learning_rate`, `seed`,
    ..); `num_envs` is 32 for a Python environment unless given. `out` is a folder for metrics, events and a checkpoint that
    `evaluate` reads; `start` a `Trained` or parameters to start from. A seed gives the same policy whatever the number of
    threads, if the environment depends on its seeds alone. What the environment raises is raised; Ctrl-C stops.
    """
    if cost is None and "cost_limit" in settings:
        cost = "cost"
    env = _prototype(env, shared, cost)
    if not isinstance(env, str):
        settings.setdefault("num_envs", 32)
    texts = [f"{key}={_toml(key, value)}" for key, value in settings.items() if value is not None]
    if start is not None:
        start = [float(v) for v in getattr(start, "parameters", start)]
    inner = _bellwether.train(env, texts, None if out is None else os.fspath(out), start, checkpoint_every)
    return Trained(inner, None if isinstance(env, str) else env)


def evaluate(policy, env, *, shared="mean", cost=None, seed=None):
    """What a policy is worth on `env`: a dict with `return` and `cost` per step, `ci` (95 %, where sampled) and `exact`.

    `policy` is a `Trained` or a folder of `train` (this one's or the program's). Exact for games and the queue by name; on a
    Python environment the mean of 20 rollouts of `num_envs` times `num_steps` steps. `seed` is the run's own unless given.
    """
    env = _prototype(env, shared, cost)
    if isinstance(policy, Trained):
        config, parameters = policy.config, policy.parameters
    else:
        config, parameters = _bellwether.read_checkpoint(os.fspath(policy))
    return json.loads(_bellwether.evaluate(env, config, parameters, seed))
