"""Writes reference-values.json: 31 games defined a second time, in plain Python, from the literature.

The Rust tests compare the catalogue with these tables cell by cell (by hash) and with the known values.
Run `python3 tests/data/reference_values.py` to write the file again.
"""
import hashlib
import itertools
import json
import pathlib
from fractions import Fraction as F

def rows(n, sizes):
    return itertools.product(*[range(k) for k in sizes])

def game(q, a, mu, win):
    x_mu = [(x, F(mu(*x))) for x in rows(len(q), q) if mu(*x)]
    assert sum(w for _, w in x_mu) == 1
    return dict(kind="game", questions=q, answers=a, mu=[[*x, str(w)] for x, w in x_mu],
                win=[[*x, *o] for x, _ in x_mu for o in rows(len(a), a) if win(x, o)])

def functional(q, a, c):
    return dict(kind="functional", questions=q, answers=a,
                coeffs=[[*x, *o, str(F(c(x, o)))] for x in rows(len(q), q) for o in rows(len(a), a) if c(x, o)])

def correlators(q, m):
    return functional(q, [2] * len(q), lambda x, o: m(*x) * (-1) ** sum(o))

def half(copy, index, size):
    return tuple(v // size if copy == 0 else v % size for v in index)

def twice(mu, win, size=2):
    return game([size**2] * 2, [4, 4],
                lambda *x: mu(*half(0, x, size)) * mu(*half(1, x, size)),
                lambda x, o: all(win(half(k, x, size), half(k, o, 2)) for k in (0, 1)))

def chsh_win(x, o): return (o[0] + o[1]) % 2 == x[0] * x[1]
def ffl_mu(x, y): return 0 if x and y else F(1, 3)
def ffl_win(x, o): return (x[0] or o[0]) != (x[1] or o[1])

def odd_cycle(n):
    return game([n, n], [2, 2], lambda x, y: F(1, 2 * n) if y in (x, (x + 1) % n) else 0,
                lambda x, o: (o[0] == o[1]) if x[0] == x[1] else (o[0] != o[1]))

def chained(n):
    return game([n, n], [2, 2], lambda x, y: F(1, 2 * n) if x in (y, (y + 1) % n) else 0,
                lambda x, o: (o[0] != o[1]) if x == (0, n - 1) else (o[0] == o[1]))

def magic():
    strings = list(itertools.product((0, 1), repeat=3))
    even, odd = ([s for s in strings if sum(s) % 2 == p] for p in (0, 1))
    return game([3, 3], [4, 4], lambda x, y: F(1, 9), lambda x, o: even[o[0]][x[1]] == odd[o[1]][x[0]])

def ghz(n):
    return game([2] * n, [2] * n, lambda *x: 0 if sum(x) % 2 else F(1, 2 ** (n - 1)),
                lambda x, o: sum(o) % 2 == sum(x) // 2 % 2)

def gyni(n):
    return game([2] * n, [2] * n, lambda *x: 0 if sum(x[:3]) % 2 else F(1, 2 ** (n - 1)),
                lambda x, o: all(o[i] == x[(i + 1) % n] for i in range(n)))

def tilted(alpha):
    def c(x, o):
        e = (-1) ** (o[0] + o[1]) * (-1 if x == (1, 1) else 1)
        return e + (alpha * (-1) ** o[0] if x == (0, 0) else 0)
    return functional([2, 2], [2, 2], c)

def i3322():
    table = {}
    def add(x, o, c): table[x, o] = table.get((x, o), 0) + c
    for b in (0, 1): add((0, 0), (0, b), -1)
    for a in (0, 1):
        add((0, 0), (a, 0), -2)
        add((0, 1), (a, 0), -1)
    for x, line in enumerate([[1, 1, 1], [1, 1, -1], [1, -1, 0]]):
        for y, c in enumerate(line): add((x, y), (0, 0), c)
    return functional([3, 3], [2, 2], lambda x, o: table.get((x, o), 0))

def cglmp(d):
    def c(x, o):
        a, b, total = o[0], o[1], F(0)
        for k in range(d // 2):
            w = 1 - F(2 * k, d - 1)
            same = lambda u, v: (u - v) % d == 0
            plus = {(0, 0): same(a, b + k), (1, 0): same(b, a + k + 1), (1, 1): same(a, b + k), (0, 1): same(b, a + k)}
            minus = {(0, 0): same(a, b - k - 1), (1, 0): same(b, a - k), (1, 1): same(a, b - k - 1), (0, 1): same(b, a - k - 1)}
            total += w * (plus[x] - minus[x])
        return total
    return functional([2, 2], [d, d], c)

def chsh_mod(d):
    return game([d, d], [d, d], lambda x, y: F(1, d * d), lambda x, o: (sum(o) - x[0] * x[1]) % d == 0)

def rendezvous(neighbours):
    n, k = len(neighbours), len(neighbours[0])
    return game([n, n], [k, k], lambda x, y: F(1, n * n),
                lambda x, o: neighbours[x[0]][o[0]] == neighbours[x[1]][o[1]])

def ring(n): return rendezvous([[(v + 1) % n, (v - 1) % n] for v in range(n)])

ELEGANT = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
ENTRIES = [  # id, catalogue name, table, classical, quantum (best known), local dimension, non-signalling
    ("chsh", "chsh", game([2, 2], [2, 2], lambda x, y: F(1, 4), chsh_win), "3/4", 0.8535533905932737, 2, "1"),
    ("chsh_x2", "chsh-x2", twice(lambda x, y: F(1, 4), chsh_win), "5/8", 0.7285533905932737, 4, "1"),
    ("ffl", "ffl", game([2, 2], [2, 2], ffl_mu, ffl_win), "2/3", 0.6666666666666666, 1, "2/3"),
    ("ffl_x2", "ffl-x2", twice(ffl_mu, ffl_win), "2/3", 0.6666666666666666, 1, "2/3"),
    ("odd_cycle_3", "odd-cycle:3", odd_cycle(3), "5/6", 0.9330127018922194, 2, "1"),
    ("odd_cycle_5", "odd-cycle:5", odd_cycle(5), "9/10", 0.9755282581475768, 2, "1"),
    ("odd_cycle_7", "odd-cycle:7", odd_cycle(7), "13/14", 0.9874639560909119, 2, "1"),
    ("chained_3", "chained:3", chained(3), "5/6", 0.9330127018922194, 2, "1"),
    ("chained_4", "chained:4", chained(4), "7/8", 0.9619397662556434, 2, "1"),
    ("magic_square", "magic-square", magic(), "8/9", 1.0, 4, "1"),
    ("ghz3", "ghz", game([2] * 3, [2] * 3, lambda *x: F(1, 4) if x in ((0, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1)) else 0,
                         lambda x, o: sum(o) % 2 == max(x)), "3/4", 1.0, 2, "1"),
    ("ghz4", "ghz4", ghz(4), "3/4", 1.0, 2, "1"),
    ("ghz5", "ghz5", ghz(5), "5/8", 1.0, 2, "1"),
    ("gyni3", "gyni:3", gyni(3), "1/4", 0.25, 1, "1/3"),
    ("gyni4", "gyni:4", gyni(4), "1/8", 0.125, 1, "1/6"),
    ("mermin3", "mermin:3", correlators([2] * 3, lambda *x: {(0, 0, 0): 1, (0, 1, 1): -1, (1, 0, 1): -1, (1, 1, 0): -1}.get(x, 0)),
     "2", 4.0, 2, "4"),
    ("svetlichny3", "svetlichny", correlators([2] * 3, lambda *x: 1 if sum(x) < 2 else -1), "4", 5.656854249492381, 2, "8"),
    ("elegant", "elegant", correlators([4, 3], lambda x, y: ELEGANT[x][y]), "6", 6.928203230275509, 2, "12"),
    ("tilted_chsh_half", "tilted-chsh", tilted(F(1, 2)), "5/2", 2.9154759474226504, 2, "4"),
    ("i3322", "i3322", i3322(), "0", 0.2508753845139, None, "1"),
    ("cglmp3", "cglmp:3", cglmp(3), "2", 2.914854215512676, 3, "4"),
    ("cglmp4", "cglmp:4", cglmp(4), "2", 2.972698267102, 4, "4"),
    ("cglmp5", "cglmp:5", cglmp(5), "2", 3.0157105, 5, "4"),
    ("chsh_mod3", "chsh-mod:3", chsh_mod(3), "2/3", 0.7123860142010858, 3, "1"),
    ("chsh_mod4", "chsh-mod:4", chsh_mod(4), "5/8", 0.656895667762, 4, "1"),
    ("chsh_mod5", "chsh-mod:5", chsh_mod(5), "12/25", 0.535592344179, 5, "1"),
    ("rendezvous_k4", "tetra", rendezvous([[w for w in range(4) if w != v] for v in range(4)]),
     "5/8", 0.6450617283950617, 3, "3/4"),
    ("rendezvous_cube", "cube", rendezvous([[v ^ 1, v ^ 2, v ^ 4] for v in range(8)]), "5/16", 0.32253086419753085, 3, "3/8"),
    ("rendezvous_c3", "rendezvous-c3", ring(3), "5/9", 0.5833333333333334, 2, "2/3"),
    ("rendezvous_c5", "rendezvous-c5", ring(5), "9/25", 0.38090169943749475, 2, "2/5"),
    ("rendezvous_c6", "rendezvous-c6", ring(6), "5/18", 0.2916666666666667, 2, "1/3"),
]

def line(entry):
    id, name, table, classical, quantum, dimension, ns = entry
    text = json.dumps(table, separators=(",", ":"))
    rows = table.get("win") or table["coeffs"]
    return json.dumps(dict(id=id, name=name, kind=table["kind"], questions=table["questions"], answers=table["answers"],
                           terms=len(rows), sha256=hashlib.sha256(text.encode()).hexdigest(),
                           classical=classical, quantum=quantum, dimension=dimension, non_signalling=ns))

if __name__ == "__main__":
    out = pathlib.Path(__file__).with_name("reference-values.json")
    out.write_text("[\n" + ",\n".join(map(line, ENTRIES)) + "\n]\n")
