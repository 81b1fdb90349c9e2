#!/usr/bin/env python3
"""The worst inputs that the checker's limits admit, one or more for each proof type: time and memory.

    python3 benches/checker_worst.py [path to bellwether-check]

Every file is made to use up almost the whole work allowance, or the size limit. Verdicts do not matter here, only what they
cost: at most 10 s of processor time and 1 GiB.
"""

import json
import math
import os
import random
import subprocess
import sys
import tempfile

BINARY = sys.argv[1] if len(sys.argv) > 1 else "target/release/bellwether-check"
RNG = random.Random(1)
if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def functional(questions, answers, rows):
    return {"kind": "functional", "name": "worst", "questions": questions, "answers": answers, "coeffs": rows}


def certificate(game, proofs):
    return json.dumps({"format": "qcert", "version": 1, "game": game, "proofs": proofs, "conclusions": []},
                      separators=(",", ":"))


def enumeration(bits, q, a, last):
    """2 players: q questions of a answers against one of `last` = (questions, answers)."""
    rows = [[x, x % last[0], x % a, x % last[1], str(RNG.getrandbits(bits) | 1)] for x in range(q)]
    return certificate(functional([q, last[0]], [a, last[1]], rows),
                       [{"id": "c", "type": "classical_upper", "value": "0"}])


def gram(n, width, blocks=1):
    """Blocks of n x n Gram matrices L^T L with entries of L in -width..width, or the identity for width 0."""
    basis, k = [], 0
    while len(basis) < n:
        basis.append([[], [[k % 64, k // 64 % 31]]] if k < 1984 else [[[k % 64, k // 64 % 31]], []])
        k += 1
    out = []
    for _ in range(blocks):
        if width:
            rows = [[RNG.randint(-width, width) for _ in range(n)] for _ in range(n)]
            columns = list(zip(*rows))
            upper = [[str(sum(map(int.__mul__, columns[i], columns[j]))) for j in range(i, n)] for i in range(n)]
        else:
            upper = [["1"] + ["0"] * (n - i - 1) for i in range(n)]
        out.append({"basis": basis, "den": "1", "gram": upper})
    return certificate(functional([64, 64], [32, 32], []),
                       [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": out}])


def rows(n, r, bits, blocks):
    basis = [[[[k % 64, 0]], [[k // 64, 0]]] for k in range(n)]
    block = {"basis": basis, "den": "1", "rows": [[str(RNG.getrandbits(bits)) for _ in range(n)] for _ in range(r)]}
    return certificate(functional([64, 64], [32, 32], []),
                       [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": [block] * blocks}])


def products(n, blocks, length, players):
    """Bases of long words: every product is new."""
    out = []
    for _ in range(blocks):
        basis = []
        for _ in range(n):
            word = []
            for _ in range(length):
                x = RNG.randrange(64)
                word.append([x if not word or word[-1][0] != x else (x + 1) % 64, RNG.randrange(31)])
            basis.append([[*word] for _ in range(players)] if length > 2 else [word] + [[]] * (players - 1))
        out.append({"basis": basis, "den": "1", "rows": [["1"] * n]})
    game = functional([64] * players, [32] * players, [])
    return certificate(game, [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": out}])


def expansion(cells):
    table = [[k // 64, k % 64, 31, 31, "1"] for k in range(cells)]
    return certificate(functional([64, 64], [32, 32], table),
                       [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": []}])


def strategy(d, questions, answers, rank, bits, proofs):
    """A state of `rank` rows against every cell: contractions of short numbers, or products of long ones."""
    joint = d * d
    zero = [["0", "0"]] * d
    unit = [[["1", "0"] if r == s else ["0", "0"] for s in range(d)] for r in range(d)]
    povm = {"den": "1", "m": [unit] + [[zero[0:d]] * d] * (answers - 1)}
    state = [[[str(RNG.getrandbits(bits)), str(RNG.getrandbits(bits))] for _ in range(joint)] for _ in range(rank)]
    table = [[x, y, a, (a + x) % answers, "1"] for x in range(questions) for y in range(questions) for a in range(answers)]
    one = [{"id": f"q{k}", "type": "quantum_lower", "value": "0", "dims": [d, d], "state": state,
            "povm": [[povm] * questions] * 2} for k in range(proofs)]
    return certificate(functional([questions] * 2, [answers] * 2, table), one)


def messages(joints, answers):
    table = [[k // 4096, k // 64 % 64, k % 64, 0, 0, 0, "1"] for k in range(joints)]
    return certificate(functional([64] * 3, [answers] * 3, table),
                       [{"id": "n", "type": "ns_upper", "value": "0", "messages": []}])


def behaviour(questions, answers):
    size = questions[0] * questions[1] * answers[0] * answers[1]
    width = answers[0] * answers[1]
    p = (["1"] + ["0"] * (width - 1)) * (size // width)
    return certificate(functional(questions, answers, []), [
        {"id": "b", "type": "nonlocal_behaviour", "p": p, "functional": [], "beta": "0", "visibility": "1"}])


def data(rounds, bits):
    game = {"kind": "game", "name": "g", "questions": [1], "answers": [2], "mu": [[0, "1"]], "win": []}
    bet = f"{2 ** bits - 1}/{2 ** bits}"
    return certificate(game, [{"id": "e", "type": "stat_reject_classical", "bets": [[0, 0, bet]],
                               "counts": [[0, 0, str(rounds)]], "alpha": "1/2"}])


def transfer(rounds, bits):
    game = {"kind": "game", "name": "g", "questions": [1], "answers": [2], "mu": [[0, "1"]], "win": []}
    return certificate(game, [{"id": "u", "type": "classical_upper", "value": "1/3"},
                              {"id": "t", "type": "transfer", "upper": "u", "value": f"{2 ** bits - 1}/{2 ** bits}",
                               "counts": [[0, str(rounds)]], "alpha": "1/2"}])


def search(n, answers, bits):
    table = [[x, y, a, b, str(RNG.getrandbits(bits) | 1)] for x in range(n) for y in range(n)
             for a in range(answers) for b in range(answers) if RNG.random() < 0.5]
    order = [[0, x] for x in range(n)]
    return certificate(functional([n, n], [answers, answers], table),
                       [{"id": "c", "type": "classical_upper", "value": "0", "order": order}])


def many(proofs, make):
    """The same proof again and again, each paid for by itself."""
    whole = json.loads(make())
    first, last = whole["proofs"][:-1], whole["proofs"][-1]
    whole["proofs"] = first + [{**last, "id": f"p{k}"} for k in range(proofs)]
    return json.dumps(whole, separators=(",", ":"))


def fractions():
    """Counts that are no integers, with denominators that have nothing in common."""
    counts = [[x, f"1/1{'0' * 4900}{3 * x + 1:02}"] for x in range(64)]
    game = {"kind": "game", "name": "g", "questions": [64], "answers": [1], "mu": [[x, "1/64"] for x in range(64)], "win": []}
    return certificate(game, [{"id": "u", "type": "classical_upper", "value": "0"},
                              {"id": "t", "type": "transfer", "upper": "u", "value": "1/2", "alpha": "1/2", "counts": counts}])


def long_weights(digits, rows, bets):
    """Probabilities of many digits, kept for every win or multiplied with every bet."""
    den = 10 ** digits + 1
    half = (den - 1) // 2 - 4
    while math.gcd(half, den) != 1:
        half -= 1
    game = {"kind": "game", "name": "g", "questions": [2, 1], "answers": [32, 32],
            "mu": [[0, 0, f"{half}/{den}"], [1, 0, f"{den - half}/{den}"]], "win": []}
    cells = [[x, 0, a, b] for x in range(2) for a in range(32) for b in range(32)][:rows]
    if bets:
        proof = {"id": "e", "type": "stat_reject_classical", "bets": [[*cell, "1"] for cell in cells], "counts": [], "alpha": "1/2"}
    else:
        game["win"] = cells
        proof = {"id": "c", "type": "classical_lower", "value": "0", "strategy": [[0, 0], [0]]}
    return certificate(game, [proof])


def idle_search():
    """Decisions that change nothing, among many questions."""
    table = [[0] * 12 + ["1"], [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, "1"]]
    order = [[1, x] for x in range(1, 64)] + [[1, 0]]
    return certificate(functional([1, 64, 64, 64, 64, 64], [1, 2, 1, 1, 1, 1], table),
                       [{"id": "c", "type": "classical_upper", "value": "1", "order": order}])


def cells(kind):
    """A game of many cells, asked about in proof after proof."""
    table = [[x, y, z, 0, 0, a, "1"] for x in range(64) for y in range(64) for z in range(46) for a in range(4)]
    proof = {"id": "c", "type": kind, "value": "9999999"}
    return certificate(functional([64] * 3, [1, 1, 4], table), [{**proof, "messages": []} if kind == "ns_upper" else proof])


def fibonacci(proofs):
    """Claims and values whose continued fractions agree for as long as they last."""
    a, b = 1, 1
    while b < 10 ** 4990:
        a, b = b, a + b
    game = functional([1], [1], [[0, 0, f"{a}/{b}"]])
    claim = f"{b - a}/{a}" if (b - a) * b < a * a else f"{2 * a - b}/{b - a}"
    return certificate(game, [{"id": f"p{k}", "type": "classical_lower", "value": claim, "strategy": [[0]]} for k in range(proofs)])


def long_expansion(cells):
    """Long coefficients, copied into every term."""
    table = [[k // 64, k % 64, 31, 31, "9" * 5000] for k in range(cells)]
    return certificate(functional([64, 64], [32, 32], table), [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": []}])


def cancelling_bets():
    """A positivity test, then bets with long numerators that share all but a few bits with a power of two."""
    whole = json.loads(gram(345, 1))
    bets = []
    for k in range(3270):
        odd = RNG.randrange(1, 8) * 2 + 1
        bets.append([0, k // 1024, k // 32 % 32, k % 32, str((odd << 16590) - 3)])
    whole["game"] = {"kind": "game", "name": "g", "questions": [64, 64], "answers": [32, 32],
                     "mu": [[0, 0, "1/3"], [0, 1, "1/3"], [0, 2, "1/6"], [0, 3, "1/6"]], "win": []}
    whole["proofs"][0]["value"] = "9" * 300
    whole["proofs"].append({"id": "e", "type": "stat_reject_classical", "bets": bets, "counts": [], "alpha": "1/2"})
    return json.dumps(whole, separators=(",", ":"))


def squares_of_one_row(blocks, bits):
    """Many blocks that have one row: short to write, long once multiplied out."""
    basis = [[[[k % 64, 0]], [[k // 64, 0]]] for k in range(600)]
    block = {"basis": basis, "den": "1", "rows": [[str(RNG.getrandbits(bits)) for _ in range(600)]]}
    return certificate(functional([64, 64], [32, 32], []), [{"id": "s", "type": "quantum_upper", "value": "0", "blocks": [block] * blocks}])


def small_cells(n):
    """As many cells as the file holds."""
    all_cells = ([x, y, a, b] for x in range(64) for y in range(64) for a in range(32) for b in range(32))
    return sorted(sorted(all_cells, key=lambda cell: len(str(cell)))[:n])


def large_game(kind, n, bits):
    """A true game of many cells, with and without a long common denominator, and strategies on it."""
    cells = small_cells(n)
    proofs = [{"id": f"l{k}", "type": "classical_lower", "value": "-9", "strategy": [[9] * 64] * 2} for k in range(64)]
    if kind == "functional":
        return certificate(functional([64, 64], [32, 32], [[*cell, "1"] for cell in cells]), proofs)
    mu = [[x, y, "1/4096"] for x in range(64) for y in range(64)]
    if bits:
        den = RNG.getrandbits(bits) | 1 | 1 << (bits - 1)
        mu[-1][2], mu[-2][2] = f"{den - 2048}/{den << 12}", f"{den + 2048}/{den << 12}"
    return certificate({"kind": "game", "name": "g", "questions": [64, 64], "answers": [32, 32], "mu": mu, "win": cells}, proofs)


def large_bets(n):
    """As many bets as the file holds; their identity is that of their text."""
    cells = ([0, 0, x, a, b, c] for x in range(2, 64) for a in range(32) for b in range(32) for c in range(32))
    bets = [[0] * 6 + ["2"]] + sorted([*cell, "1"] for cell in sorted(cells, key=lambda cell: len(str(cell)))[:n])
    game = {"kind": "game", "name": "g", "questions": [1, 1, 64], "answers": [32] * 3,
            "mu": [[0, 0, x, "1/64"] for x in range(64)], "win": []}
    return certificate(game, [{"id": "e", "type": "stat_reject_classical", "bets": bets, "counts": [[0] * 6 + ["1"]], "alpha": "1/2"}])


def zero_elements(questions):
    """Cells that count for nothing, over measurements with long denominators."""
    odd = []
    k = (1 << 150) | 1
    while len(odd) < 64:
        if all(math.gcd(k, other) == 1 for other in odd):
            odd.append(k)
        k += 2
    base = (1 << 9900) + 1
    table = [[x, y, a, b, "1"] for x in range(questions) for y in range(64) for a in range(32) for b in range(32)]
    zero = [[[["0", "0"]]]] * 31
    mine = [{"den": "1", "m": [[[["1", "0"]]]] + zero}] * questions
    other = [{"den": str(k * base), "m": [[[[str(k * base), "0"]]]] + zero} for k in odd]
    return certificate(functional([questions, 64], [32, 32], table), [
        {"id": "q", "type": "quantum_lower", "value": "0", "dims": [1, 1], "state": [[["1", "0"]]], "povm": [mine, other]}])


def distant_cells(step):
    """An enumeration of few players' answers over more cells than fit near the processor."""
    rows = [[x, 0, z, y, a, b, 0, c, "9"] for x in range(24) for z in range(10) for y in range(64)
            for a in range(2) for b in range(2) for c in range(10)][::step]
    return certificate(functional([24, 1, 10, 64], [2, 2, 1, 32], rows), [{"id": "c", "type": "classical_upper", "value": "0"}])


def scaled_cells(n, words):
    """Short coefficients over a common denominator that fills its words to the last bit."""
    rows = [[*cell, "9"] for cell in small_cells(n)]
    den = (1 << 64 * words) - 1
    while den % 3 == 0 or den % 7 == 0:
        den -= 2
    rows[0][-1] = f"1/{den}"
    return certificate(functional([64, 64], [32, 32], rows), [
        {"id": "l", "type": "classical_lower", "value": "-99999", "strategy": [[0] * 64] * 2}])


def scaled_monomials(blocks):
    """Monomials that are brought to a long common denominator."""
    letters = [[x, a] for a in range(31) for x in range(64)]
    some = [{"basis": [[[letter]] for letter in RNG.sample(letters, 600)], "den": "1", "rows": [["3"] * 600]} for _ in range(blocks)]
    return certificate(functional([64], [32], [[0, 0, f"1/{(1 << 64 * 259) - 1}"]]),
                       [{"id": "s", "type": "quantum_upper", "value": "9" * 9, "blocks": some}])


def scaled_expansion(cells):
    """The same for the terms of a game, beside a block that is empty."""
    table = [[k // 64, k % 64, 31, 31, "3"] for k in range(cells)]
    block = {"basis": [], "den": str((1 << 64 * 259) - 1), "rows": []}
    return certificate(functional([64, 64], [32, 32], table),
                       [{"id": "s", "type": "quantum_upper", "value": "9" * 9, "blocks": [block]}])


def small_questions():
    """A search among many joint questions with few answers each."""
    table = [[x, y, z, a, 0, 0, str(RNG.randrange(1, 99))] for x in range(12) for y in range(64) for z in range(64) for a in range(2)]
    return certificate(functional([12, 64, 64], [2, 1, 1], table),
                       [{"id": "c", "type": "classical_upper", "value": "-9", "order": [[0, x] for x in range(12)]}])


def with_junk(make):
    """The same beside the largest tree of brackets that the file still holds."""
    whole = json.loads(make())
    whole["proofs"].append({"id": "junk", "type": "classical_lower", "value": "0", "strategy": ["@"]})
    before, after = json.dumps(whole, separators=(",", ":")).split('"@"')
    piece = "[" * 12 + "0" + "]" * 12
    return before + ",".join([piece] * ((16777216 - len(before) - len(after)) // (len(piece) + 1))) + after


def text(piece, field):
    """The largest file of one small piece repeated."""
    head = certificate(functional([1], [1], []), [{"id": "p", "type": "classical_lower", "value": "0", field: ["@"]}])
    before, after = head.split('"@"')
    return before + ",".join([piece] * ((16777216 - len(head)) // (len(piece) + 1))) + after


CASES = {
    "F1 short integers": lambda: enumeration(30, 20, 2, (6, 32)),
    "F1 many small leaves": lambda: enumeration(30, 22, 2, (26, 2)),
    "F1 long integers": lambda: enumeration(130, 20, 2, (6, 32)),
    "F3 n = 590, identity": lambda: gram(590, 0),
    "F3 n = 335, 8 bits": lambda: gram(335, 1),
    "F3 n = 200, 25 bits": lambda: gram(200, 2000),
    "F3 n = 120, 90 bits": lambda: gram(120, 1 << 41),
    "F5 long rows": lambda: rows(600, 170, 41, 1),
    "F5 short rows": lambda: rows(600, 175, 40, 1),
    "F5 products of short words": lambda: products(600, 11, 2, 2),
    "F5 products of long words": lambda: products(165, 20, 16, 6),
    "F5 expansion": lambda: expansion(2400),
    "F2 short numbers": lambda: strategy(8, 32, 32, 128, 10, 5),
    "F2 long numbers": lambda: strategy(8, 2, 2, 128, 2600, 1),
    "F4": lambda: messages(57, 32),
    "F7": lambda: behaviour([64, 64], [32, 7]),
    "F8": lambda: data(2 ** 25 // 80, 39),
    "F8 second part": lambda: transfer(2 ** 25 // 44, 22),
    "branch and bound": lambda: search(40, 2, 10),
    "branch and bound, long integers": lambda: search(24, 3, 130),
    "64 proofs by F8": lambda: many(64, lambda: data(2 ** 25 // 80, 39)),
    "63 proofs by F8, second part": lambda: many(63, lambda: transfer(2 ** 25 // 44, 22)),
    "F8 second part, fractions": fractions,
    "F8 long weights": lambda: long_weights(4999, 2048, True),
    "wins of long weights": lambda: long_weights(4999, 2048, False),
    "search without effect": idle_search,
    "64 classical bounds": lambda: many(64, lambda: cells("classical_upper")),
    "64 no-signalling bounds": lambda: many(64, lambda: cells("ns_upper")),
    "64 claims of one continued fraction": lambda: fibonacci(64),
    "F5 expansion of long numbers": lambda: long_expansion(2410),
    "F3, then bets that cancel": cancelling_bets,
    "F5 squares of one row": lambda: squares_of_one_row(64, 829),
    "F5 squares of one long row": lambda: squares_of_one_row(2, 3000),
    "functional of 900 000 cells": lambda: large_game("functional", 900_000, 0),
    "game of 1 150 000 wins": lambda: large_game("game", 1_150_000, 0),
    "game of wins, long denominator": lambda: large_game("game", 1_150_000, 300),
    "740 000 bets": lambda: large_bets(740_000),
    "F2 of zero elements": lambda: zero_elements(14),
    "F1 of 300 000 cells": lambda: distant_cells(2),
    "F1 of 4 000 cells": lambda: distant_cells(153),
    "scaled cells": lambda: scaled_cells(1_000_000, 5),
    "scaled monomials": lambda: scaled_monomials(4),
    "scaled expansion": lambda: scaled_expansion(90),
    "search of small questions": small_questions,
    "long words beside lists": lambda: with_junk(lambda: products(165, 20, 16, 6)),
    "messages beside lists": lambda: with_junk(lambda: messages(800, 13)),
    "F5 expansion beside lists": lambda: with_junk(lambda: expansion(1100)),
    "16 MiB of lists in lists": lambda: text("[" * 12 + "0" + "]" * 12, "strategy"),
    "16 MiB of empty lists": lambda: text("[]", "strategy"),
    "16 MiB of lists of one": lambda: text("[0]", "strategy"),
    "16 MiB of objects": lambda: text('{"":0}', "strategy"),
    "16 MiB of rows": lambda: text('[0,"1"]', "messages"),
    "16 MiB of numbers": lambda: text('"1"', "p"),
    "16 MiB of matrices": lambda: text('[["1","0"]]', "state"),
}


def main():
    print(f"{'input':<36} {'bytes':>9} {'user s':>7} {'MiB':>6}  verdict")
    worst = (0.0, 0)
    for name, make in CASES.items():
        file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        # in a process of its own: the checker begins with the memory of its parent, and that would be its peak
        if os.fork() == 0:
            file.write(make())
            file.flush()
            os._exit(0)
        os.wait()
        with open(file.name + ".out", "w+") as out:
            _, _, usage = os.wait4(subprocess.Popen([BINARY, file.name], stdout=out).pid, 0)
            out.seek(0)
            line = out.readline().strip()
        os.unlink(file.name + ".out")
        size = os.path.getsize(file.name)
        os.unlink(file.name)
        mib = usage.ru_maxrss // 1024
        worst = (max(worst[0], usage.ru_utime), max(worst[1], mib))
        verdict = line.replace("FOR GAME sha256:", "")[:70]
        print(f"{name:<36} {size:>9} {usage.ru_utime:>7.2f} {mib:>6}  {verdict}", flush=True)
    print(f"worst: {worst[0]:.2f} s, {worst[1]} MiB")
    sys.exit(worst[0] > 10 or worst[1] > 1024)


if __name__ == "__main__":
    main()
