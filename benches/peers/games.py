"""The games of the comparison, as arrays for toqito and as game files for bellwether."""
import itertools
import json
import random
from fractions import Fraction


def random_game(n, answers, seed):
    """Uniform questions, every cell wins with probability 1/2."""
    rng = random.Random(seed)
    wins = {(x, y, a, b) for x, y, a, b in itertools.product(range(n), range(n), range(answers), range(answers))
            if rng.random() < 0.5}
    mu = {(x, y): Fraction(1, n * n) for x in range(n) for y in range(n)}
    return (n, n), (answers, answers), mu, wins


def random_correlators(n, seed):
    """An integer matrix from -9 to 9: the value is the largest sum of M_xy s_x t_y over signs."""
    rng = random.Random(seed)
    return [[rng.randint(-9, 9) for _ in range(n)] for _ in range(n)]


def game_file(path, game):
    questions, answers, mu, wins = game
    table = {"format": "bellwether-game/1", "kind": "game", "name": "peer", "questions": list(questions),
             "answers": list(answers), "mu": [[*x, str(w)] for x, w in sorted(mu.items())],
             "win": [list(row) for row in sorted(wins)]}
    path.write_text(json.dumps(table))


def correlator_file(path, matrix):
    n = len(matrix)
    rows = [[x, y, a, b, str(matrix[x][y] * (-1) ** (a + b))]
            for x, y, a, b in itertools.product(range(n), range(n), range(2), range(2)) if matrix[x][y]]
    path.write_text(json.dumps({"format": "bellwether-game/1", "kind": "functional", "name": "peer",
                                "questions": [n, n], "answers": [2, 2], "coeffs": rows}))


def from_show(table):
    """A game as `bellwether show GAME --json` prints it."""
    mu = {tuple(row[:-1]): Fraction(row[-1]) for row in table["mu"]}
    return tuple(table["questions"]), tuple(table["answers"]), mu, {tuple(row) for row in table["win"]}
