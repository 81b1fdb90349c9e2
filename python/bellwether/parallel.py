"""Environments of PettingZoo's parallel form, flattened for the trainer; PettingZoo itself is not needed."""

import copy

import numpy as np

from ._bellwether import BadInput


def _discrete(what, n):
    def encode(value):
        value = int(value)
        if not 0 <= value < n:
            raise BadInput(f"{what} is {value}, wanted 0 to {n - 1}")
        return [1.0 if k == value else 0.0 for k in range(n)]

    return n, encode


def encoder(what, space):
    """How many numbers an observation has, and how it becomes a list of them.

    `Discrete` and `MultiDiscrete` become one-hot, `Box` and `MultiBinary` are flattened, `Dict` and `Tuple` are their parts
    in order. An integer stands for `Discrete(n)`, a tuple of integers for a `Box` of that shape.
    """
    if isinstance(space, (int, np.integer)):
        return _discrete(what, int(space))
    parts = getattr(space, "spaces", None)
    if parts is not None:
        keys = list(parts) if hasattr(parts, "keys") else range(len(parts))
        coded = [(key, *encoder(f"{what}[{key!r}]", parts[key])) for key in keys]
        return sum(n for _, n, _ in coded), lambda value: [x for key, _, f in coded for x in f(value[key])]
    if hasattr(space, "nvec"):
        digits = [_discrete(f"{what}[{i}]", int(n)) for i, n in enumerate(np.ravel(space.nvec))]
        return sum(n for n, _ in digits), lambda value: [
            x for (_, f), v in zip(digits, np.ravel(value), strict=True) for x in f(v)
        ]
    shape = space if isinstance(space, tuple) else getattr(space, "shape", None)
    if hasattr(space, "n") and not shape:
        start, (n, encode) = int(getattr(space, "start", 0)), _discrete(what, int(space.n))
        return n, lambda value: encode(int(value) - start)
    if shape is None:
        raise BadInput(f"the space of {what} is {space!r}, wanted Discrete, MultiDiscrete, MultiBinary, Box, Dict or Tuple")
    size = int(np.prod(shape))

    def flatten(value):
        flat = np.asarray(value, dtype=float).ravel()
        if flat.size != size:
            raise BadInput(f"{what} has {flat.size} numbers, wanted {size}")
        return flat.tolist()

    return size, flatten


def _actions(what, space):
    """The number of actions and the first one."""
    if isinstance(space, (int, np.integer)):
        return int(space), 0
    if not hasattr(space, "n") or getattr(space, "shape", ()):
        raise BadInput(f"the space of {what} is {space!r}, wanted Discrete: agents choose one of finitely many actions")
    return int(space.n), int(getattr(space, "start", 0))


class ParallelEnvironment:
    """One copy of a parallel environment with flat observations, one shared reward and one shared cost."""

    def __init__(self, make, shared, cost):
        self._make, self._shared, self._cost = make, shared, cost
        self._env = env = make()
        names = list(getattr(env, "possible_agents", None) or getattr(env, "agents", None) or ())
        if not names:
            raise BadInput("the environment has neither possible_agents nor agents")
        self._names = names
        self._coders = [encoder(f"the observation of {name!r}", env.observation_space(name)) for name in names]
        sizes = [_actions(f"actions of {name!r}", env.action_space(name)) for name in names]
        self._starts = [start for _, start in sizes]
        self.agents = [(str(name), coder[0], n) for name, coder, (n, _) in zip(names, self._coders, sizes)]
        metadata = getattr(env, "metadata", None)
        self.name = str(metadata.get("name", type(env).__name__) if isinstance(metadata, dict) else type(env).__name__)
        # what only the critic sees: the environment's own state, or else all observations
        space = getattr(env, "state_space", None)
        self._state = None if space is None else encoder("the state", space)
        self.critic_state = self._state[0] if self._state else sum(n for n, _ in self._coders)
        self.has_cost = cost is not None
        self._live = []

    def fork(self):
        """Another copy, not yet started."""
        return ParallelEnvironment(self._make, self._shared, self._cost)

    def encode(self, observations):
        """The observations of all agents as one list; zeros for agents that have none."""
        flat = []
        for name, (n, encode) in zip(self._names, self._coders):
            flat += encode(observations[name]) if name in observations else [0.0] * n
        return flat

    def decode(self, actions):
        """Actions by agent, as the environment counts them."""
        return {name: start + int(a) for name, start, a in zip(self._names, self._starts, actions)}

    def _look(self, observations):
        missing = [name for name in self._live if name not in observations]
        if missing:
            raise BadInput(f"no observation of {missing[0]!r}")
        flat = self.encode({name: observations[name] for name in self._live})
        return flat, (self._state[1](self._env.state()) if self._state else flat)

    def reset(self, seed):
        """Starts an episode; observations and critic's state."""
        observations, _ = self._env.reset(seed=seed)
        agents = getattr(self._env, "agents", self._names)
        self._live = [name for name in self._names if name in agents]
        return self._look(observations)

    def step(self, actions):
        """One joint action; observations, critic's state, reward, cost, and 0, 1 or 2: on, terminated, truncated."""
        joint = {name: a for name, a in self.decode(actions).items() if name in self._live}
        observations, rewards, terminations, truncations, infos = self._env.step(joint)
        reward = self._gather("reward", rewards)
        cost = self._costs(infos) if self.has_cost else 0.0
        acted = self._live
        agents = getattr(self._env, "agents", self._names)
        ended = [name for name in acted if terminations.get(name) or truncations.get(name)]
        self._live = [name for name in self._names if name in agents and name not in ended]
        end = 0
        if not self._live:
            cut = any(truncations.get(name) and not terminations.get(name) for name in acted)
            end = 2 if cut else 1
            # the last observations are those of the agents that acted
            self._live = [name for name in acted if name in observations]
            seen = self._look(observations)
            self._live = []
            return (*seen, reward, cost, end)
        return (*self._look(observations), reward, cost, end)

    def _gather(self, what, values):
        missing = [name for name in self._live if name not in values]
        if missing:
            raise BadInput(f"no {what} of {missing[0]!r}")
        total = float(sum(float(values[name]) for name in self._names if name in values))
        return total / len(self._names) if self._shared == "mean" else total

    def _costs(self, infos):
        if callable(self._cost):
            return float(self._cost(infos))
        if self._cost in infos and self._cost not in self._names:
            return float(infos[self._cost])
        told = {name: info[self._cost] for name, info in infos.items() if self._cost in info}
        if not told:
            raise BadInput(f"no info holds {self._cost!r}: wanted the cost of a step there")
        total = float(sum(float(v) for v in told.values()))
        return total / len(self._names) if self._shared == "mean" else total


def adapt(env, shared="mean", cost=None):
    """`env`, an environment or a function that makes one, as a prototype for copies; a given one is itself never stepped."""
    if shared not in ("mean", "sum"):
        raise BadInput(f"shared: {shared!r} given, wanted 'mean' or 'sum'")
    if isinstance(env, type) or (callable(env) and not hasattr(env, "step")):
        return ParallelEnvironment(env, shared, cost)
    return ParallelEnvironment(lambda: copy.deepcopy(env), shared, cost)
