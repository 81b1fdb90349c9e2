"""The package as its users call it: known values, gradients, errors, interruption."""

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

import bellwether as bw

QUANTUM = (2 + 2**0.5) / 4


def logits(seed, shape):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def test_bounds_of_chsh():
    found = bw.bounds(bw.Game("chsh"))
    assert found["sr"].is_exact and found["sr"].lower.exact == Fraction(3, 4)
    assert found["ns"].lower.exact == 1
    assert found["q"].lower.value <= QUANTUM <= found["q"].upper.value
    assert found["q"].gap < 1e-7 and found["q"].lower.evidence == "certified"
    with pytest.raises(bw.BadInput, match="wanted 'sr', 'q' or 'ns'"):
        bw.bounds(bw.Game("chsh"), ["f"])


def test_learn_certify_check(tmp_path):
    game = bw.Game("chsh")
    learned = bw.learn(game, steps=600, seeds=[3, 4])
    assert [run.seed for run in learned.runs] == [3, 4] and learned.evidence == "exact"
    run = learned.best
    assert run.value == max(r.value for r in learned.runs) > 0.85
    assert run.metrics["step"][-1] == 600 and run.metrics["win_probability"].max() <= QUANTUM + 1e-9
    certificate = bw.certify(game, run.strategy, upper=True)
    assert certificate.advantage and certificate.margin == certificate.value - Fraction(3, 4)
    assert isinstance(certificate.value, Fraction) and certificate.value <= certificate.upper
    path = tmp_path / "certificate.json"
    certificate.write(path)
    assert [str(p) for p in bw.check(path, game=game)] == [str(p) for p in certificate.proved]
    with pytest.raises(bw.BadInput, match="is about game"):
        bw.check(path, game=bw.Game("ghz"))
    forged = certificate.text.replace(f'"value":"{certificate.value}"', '"value":"1"')
    assert forged != certificate.text
    with pytest.raises(bw.Rejected) as refusal:
        bw.check(forged)
    assert refusal.value.code == "CLAIM" and refusal.value.at.startswith("proofs[")


def test_a_seed_gives_the_same_strategy():
    game = bw.Game("chsh")
    one, two = (bw.learn(game, steps=50, seeds=7).best.strategy for _ in range(2))
    assert np.array_equal(one.rho, two.rho) and all(map(np.array_equal, one.povms, two.povms))


def test_a_python_callable_is_a_referee():
    judge = lambda x, a: ((a[:, 0] ^ a[:, 1]) == (x[:, 0] & x[:, 1])).astype(float)
    learned = bw.learn(bw.Referee(judge, [2, 2], [2, 2]), steps=400)
    assert learned.game.identity == bw.Game("chsh").identity
    assert learned.best.value > 0.84 and "declared" in learned.evidence
    assert bw.certify(learned.game, learned.best.strategy).advantage
    rng = np.random.default_rng(0)
    sampled = bw.learn(bw.Referee(judge, [2, 2], [2, 2], ask=lambda n: rng.integers(0, 2, (n, 2))), steps=50)
    assert "sampled" in sampled.evidence


def test_what_a_referee_raises_is_raised():
    def judge(x, a):
        raise KeyError("my own bug")

    with pytest.raises(KeyError, match="my own bug"):
        bw.learn(bw.Referee(judge, [2, 2], [2, 2]), steps=5)
    with pytest.raises(bw.BadInput, match=r"shape \[3\], wanted \[512\]"):
        bw.learn(bw.Referee(lambda x, a: np.zeros(3), [2, 2], [2, 2]), steps=5)
    with pytest.raises(bw.BadInput, match="finite"):
        bw.learn(bw.Referee(lambda x, a: np.full(len(x), np.nan), [2, 2], [2, 2]), steps=5)
    with pytest.raises(bw.BadInput, match="wanted below"):
        bw.learn(bw.Referee(judge, [2, 2], [2, 2], ask=lambda n: np.full((n, 2), 7)), steps=5)
    with pytest.raises(TypeError, match="unexpected setting 'step'"):
        bw.learn(bw.Game("chsh"), step=5)


@pytest.mark.parametrize("shape", [(3, 2, 2), (50, 3, 3, 3), (2, 3, 4, 2, 2), (0, 2, 2, 2)])
def test_softmax_is_a_measurement(shape):
    povm = bw.softmax(logits(1, shape))
    assert povm.shape == shape
    identity = np.broadcast_to(np.eye(shape[-1]), povm.sum(-3).shape)
    assert np.abs(povm.sum(-3) - identity).max(initial=0) < 1e-13
    assert np.linalg.eigvalsh(povm).min(initial=0) > -1e-14
    assert np.array_equal(povm, np.conj(np.swapaxes(povm, -1, -2)))


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3), (2, 4, 4)])
@pytest.mark.parametrize("strict", [False, True])
def test_softmax_gradient_against_differences(shape, strict):
    z, g, direction = logits(2, shape), logits(3, shape), logits(4, shape)
    _, gradient = bw.softmax_with_gradient(z, g, strict=strict)
    loss = lambda t: (g.conj() * bw.softmax(z + t * direction, strict=strict)).sum().real
    h = 1e-5
    slope = (loss(h) - loss(-h)) / (2 * h)
    assert abs(slope - (gradient.conj() * direction).sum().real) < 1e-8 * max(1, abs(slope))


def test_batches_equal_single_items_and_any_layout():
    z, g = logits(5, (200, 3, 3, 3)), logits(6, (200, 3, 3, 3))
    povm, gradient = bw.softmax_with_gradient(z, g)
    for k in (0, 31, 32, 199):
        p, d = bw.softmax_with_gradient(z[k], g[k])
        assert np.array_equal(p, povm[k]) and np.array_equal(d, gradient[k])
    turned = np.asfortranarray(z)
    assert np.array_equal(bw.softmax(turned), povm)
    assert np.array_equal(bw.softmax(z[::2]), povm[::2])
    z[150, 1, 2, 0] = np.nan
    with pytest.raises(bw.BadInput, match="item 150, outcome 1, row 2, column 0"):
        bw.softmax(z)
    with pytest.raises(bw.BadInput, match="wanted"):
        bw.softmax(np.zeros((2, 3)))


def test_strategies_and_files(tmp_path):
    game = bw.Game("chsh")
    learned = bw.learn(game, steps=50).best.strategy
    again = bw.Strategy(learned.rho, learned.povms)
    assert np.array_equal(again.behaviour(), learned.behaviour())
    for name in ("s.json", "s.npz"):
        learned.write(tmp_path / name)
        assert np.array_equal(bw.Strategy.read(tmp_path / name).rho, learned.rho)
    # by hand, from the definition
    rho = learned.rho.reshape(2, 2, 2, 2)
    p = np.einsum("ikjl,xaji,yblk->xyab", rho, *learned.povms).real
    assert np.abs(p - learned.behaviour()).max() < 1e-14
    assert abs(game.value(p) - (game.weights() * p).sum()) < 1e-14
    with pytest.raises(bw.BadInput, match="povms\\[1\\]: question 0"):
        bw.Strategy(learned.rho, [learned.povms[0], 2 * learned.povms[1]])
    with pytest.raises(bw.BadInput, match="rho"):
        bw.Strategy(np.eye(4), learned.povms)


def test_npz_in_both_directions(tmp_path):
    p = bw.learn(bw.Game("i3322"), steps=20).best.strategy.behaviour()
    bw.write_behaviour(tmp_path / "p.npz", p)
    with np.load(tmp_path / "p.npz", allow_pickle=False) as file:
        assert np.array_equal(file["p"], p)
    for save in (np.savez, np.savez_compressed):
        for layout in (np.ascontiguousarray, np.asfortranarray):
            save(tmp_path / "q.npz", p=layout(p))
            assert np.array_equal(bw.read_behaviour(tmp_path / "q.npz"), p)
            save(tmp_path / "q.npz", p_abxy=layout(bw.to_abxy(p)))
            assert np.array_equal(bw.read_behaviour(tmp_path / "q.npz"), p)
    assert bw.to_abxy(p)[1, 0, 2, 1] == p[2, 1, 1, 0]
    assert np.array_equal(bw.from_abxy(bw.to_abxy(p)), p)


def test_games_from_arrays(tmp_path):
    x, y, a, b = np.ogrid[:2, :2, :2, :2]
    win = (a ^ b) == (x & y)
    game = bw.win_lose("mine", np.full((2, 2), 0.25), win)
    assert game.identity == bw.Game("chsh").identity and game.mu[0] == ([0, 0], Fraction(1, 4))
    with pytest.raises(bw.BadInput, match="sum to"):
        bw.win_lose("mine", np.full((2, 2), 0.3), win)
    scaled = bw.functional("mine", np.where(win, Fraction(1, 3), 0))
    assert bw.bounds(scaled, ["sr"])["sr"].lower.exact == 1
    game.write(tmp_path / "game.json")
    assert bw.Game.read(tmp_path / "game.json") == game == bw.Game.from_json(game.to_json())
    with pytest.raises(bw.BadInput, match="chsh"):
        bw.Game("chhs")
    assert any(line["name"] == "chsh" and line["sr"] == Fraction(3, 4) for line in bw.games())


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to itself")
@pytest.mark.parametrize("with_referee", [False, True])
def test_ctrl_c_stops_learning(with_referee):
    game = bw.Referee(lambda x, a: np.ones(len(x)), [2, 2], [2, 2]) if with_referee else bw.Game("chsh")
    # what is started in the background of a shell ignores the signal, and the test would never end
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bw.learn(game, steps=1_000_000_000)
    timer.join()


def test_other_threads_run_meanwhile():
    ticks, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        bw.learn(bw.Game("chsh"), steps=2000)
    finally:
        stop.set()
        thread.join()
    assert ticks[0] > 3


def test_importing_needs_neither_jax_nor_torch():
    code = "import sys, bellwether; sys.exit(any(name in sys.modules for name in ('jax', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
