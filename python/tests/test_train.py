"""Training on environments written in Python, in PettingZoo's parallel form but without PettingZoo."""

import os
import random
import signal
import threading

import numpy as np
import pytest

import bellwether as bw


class Chsh:
    """One round an episode: agents see their question and answer."""

    metadata = {"name": "chsh_v0"}
    possible_agents = ["alice", "bob"]

    def observation_space(self, agent):
        return 2  # as Discrete(2)

    def action_space(self, agent):
        return 2

    def reset(self, seed=None, options=None):
        rng = random.Random(seed)
        self.agents = list(self.possible_agents)
        self.x = {agent: rng.randrange(2) for agent in self.agents}
        return dict(self.x), {agent: {} for agent in self.agents}

    def step(self, actions):
        win = float(actions["alice"] ^ actions["bob"] == self.x["alice"] & self.x["bob"])
        names, self.agents = self.agents, []
        each = lambda value: {agent: value for agent in names}
        return dict(self.x), each(win), each(True), each(False), each({"cost": float(actions["alice"])})


class Space:
    def __init__(self, **fields):
        self.__dict__.update(fields)


class Uneven:
    """Two agents that differ in everything; `b` leaves after one step, the episode is cut after three."""

    possible_agents = ["a", "b"]
    state_space = Space(shape=(1,))

    def __init__(self):
        self.t = None

    def observation_space(self, agent):
        box = Space(shape=(2, 1))
        return box if agent == "a" else Space(spaces={"in": box, "out": Space(n=3, start=5, shape=())})

    def action_space(self, agent):
        return Space(n=2, start=1, shape=()) if agent == "a" else Space(n=3, shape=())

    def state(self):
        return np.array([self.t])

    def _see(self):
        box = np.full((2, 1), self.t)
        return {name: {"a": box, "b": {"in": box, "out": 6}}[name] for name in self.agents}

    def reset(self, seed=None, options=None):
        assert 0 <= seed < 2**31
        self.agents, self.t = ["a", "b"], 0
        return self._see(), {}

    def step(self, actions):
        assert set(actions) == set(self.agents) and actions["a"] in (1, 2)
        self.t += 1
        before = self.agents
        self.agents = ["a"] if self.t < 3 else []
        seen = {"a": np.full((2, 1), self.t), **({"b": {"in": np.zeros((2, 1)), "out": 7}} if "b" in before else {})}
        rewards = {name: 3.0 for name in before}
        over = {name: name == "b" for name in before}
        return seen, rewards, over, {name: self.t == 3 for name in before}, {name: {"toll": 1.0} for name in before}


SMALL = dict(total_timesteps=40 * 2048, num_envs=64, num_steps=32, learning_rate=0.02, hidden=[], ent_coef=0.0)


def exact(trained):
    x = np.eye(2)
    o = np.stack([[np.concatenate([x[i], x[j]]) for j in range(2)] for i in range(2)])
    p = trained.probabilities(o)
    assert p.shape == (2, 2, 2, 2) and np.abs(p.sum((2, 3)) - 1).max() < 1e-6
    return bw.Game("chsh").value(p / p.sum((2, 3), keepdims=True))


def test_entangled_agents_learn_to_beat_every_classical_policy(tmp_path):
    made = Chsh()
    trained = bw.train(made, out=tmp_path / "run", **SMALL)
    assert not hasattr(made, "x")  # copies played, not the one given
    value = exact(trained)
    assert 0.83 < value < 0.8536
    assert trained.updates == 40 and trained.env_steps == 40 * 2048
    assert trained.metrics["update"].tolist() == list(range(1, 41))
    assert trained.metrics["reward"][-1] > trained.metrics["reward"][0]
    worth = trained.evaluate()
    assert worth["ci"][0] - 0.01 < value < worth["ci"][1] + 0.01 and worth["cost"] is None
    # what lies in the folder is the same policy, for Python and for the program's games alike
    assert bw.evaluate(tmp_path / "run", Chsh) == worth
    assert bw.evaluate(tmp_path / "run", "chsh")["exact"]["value"] == pytest.approx(value, abs=1e-6)
    assert {"config.toml", "metrics.jsonl", "checkpoint"} <= set(os.listdir(tmp_path / "run"))
    with pytest.raises(bw.BadInput, match="already holds files"):
        bw.train(Chsh, out=tmp_path / "run", **SMALL)
    actions = trained.act({"alice": 0, "bob": 1}, np.random.default_rng(0))
    assert set(actions) == {"alice", "bob"} and all(a in (0, 1) for a in actions.values())


def test_a_seed_gives_the_same_policy_and_a_policy_can_be_taken_up():
    few = {**SMALL, "total_timesteps": 2 * 2048}
    first, second = bw.train(Chsh, seed=3, **few), bw.train(Chsh(), seed=3, **few)
    assert first.parameters == second.parameters
    assert first.parameters != bw.train(Chsh, seed=4, **few).parameters
    more = bw.train(Chsh, start=first, **{**few, "learning_rate": 1e-300})
    assert np.allclose(more.parameters, first.parameters)
    with pytest.raises(bw.BadInput, match="parameters given, wanted"):
        bw.train(Chsh, start=[0.0], **few)


def test_classical_agents_stay_classical():
    trained = bw.train(Chsh, coordinator="none", actor_hidden=[8], **{**SMALL, "total_timesteps": 20 * 2048})
    assert exact(trained) < 0.75 + 1e-6


def test_agents_that_differ_and_leave():
    few = dict(total_timesteps=64, num_envs=4, num_steps=6)
    trained = bw.train(Uneven, cost="toll", **few)
    # the means of two agents: 3 for both, then 3 and nothing
    assert trained.metrics["reward"][0] == pytest.approx((3 + 1.5 + 1.5) / 3)
    assert trained.metrics["cost"][0] == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert trained.metrics["episodic_return"][0] == pytest.approx(6)
    total = bw.train(Uneven, cost=lambda infos: 7.0, shared="sum", **few)
    assert total.metrics["reward"][0] == pytest.approx(4) and total.metrics["cost"][0] == 7
    assert trained.probabilities(np.zeros((5, 7))).shape == (5, 2, 3)


def test_costs_are_constrained():
    trained = bw.train(Chsh, cost_limit=0.1, pid_kp=2.0, pid_ki=0.2, **SMALL)
    assert trained.metrics["cost"][0] > 0.3 and trained.metrics["cost"][-1] < 0.25
    assert trained.metrics["multiplier"].max() > 0
    with pytest.raises(bw.BadInput, match="no info holds 'toll'"):
        bw.train(Chsh, cost="toll", cost_limit=1.0, total_timesteps=64, num_steps=2)


def test_named_environments():
    trained = bw.train("trading?latency=2", total_timesteps=2048, num_envs=64, num_steps=16)
    assert trained.updates == 2 and trained.evaluate()["ci"][0] < trained.evaluate()["ci"][1]
    with pytest.raises(bw.BadInput, match="did you mean 'latency'"):
        bw.train("trading?latincy=2")


def test_what_is_wrong_is_said():
    class Broken(Chsh):
        def step(self, actions):
            raise KeyError("my own bug")

    class NotANumber(Chsh):
        def step(self, actions):
            seen, rewards, *rest = super().step(actions)
            return seen, {agent: float("nan") for agent in rewards}, *rest

    class Wrong(Chsh):
        def reset(self, seed=None, options=None):
            super().reset(seed)
            return {"alice": 2, "bob": 0}, {}

    class Silent(Chsh):
        def reset(self, seed=None, options=None):
            super().reset(seed)
            return {"alice": 1}, {}

    class Continuous(Chsh):
        def action_space(self, agent):
            return Space(shape=(3,))

    with pytest.raises(KeyError, match="my own bug"):
        bw.train(Broken)
    with pytest.raises(bw.BadInput, match="reward is NaN"):
        bw.train(NotANumber)
    with pytest.raises(bw.BadInput, match="observation of 'alice' is 2, wanted 0 to 1"):
        bw.train(Wrong)
    with pytest.raises(bw.BadInput, match="no observation of 'bob'"):
        bw.train(Silent)
    with pytest.raises(bw.BadInput, match="wanted Discrete"):
        bw.train(Continuous)
    with pytest.raises(bw.BadInput, match="did you mean 'learning_rate'"):
        bw.train(Chsh, learning_rat=1.0)
    with pytest.raises(bw.BadInput, match="shared"):
        bw.train(Chsh, shared="max")
    with pytest.raises(bw.BadInput, match="cost_limit"):
        bw.train("chsh", cost_limit=1.0)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to itself")
def test_ctrl_c_stops_training(tmp_path):
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bw.train(Chsh, total_timesteps=10**12, num_steps=100_000)
    timer.join()
