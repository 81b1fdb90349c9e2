#!/usr/bin/env python3
"""An independent checker for certificates (qcert version 1), standard library only.

Written from docs/certificates.md; F1 to F9 are the statements proved there. Exact integers, no floats.
"""

import hashlib
import json
import math
import os
import re
import sys
from fractions import Fraction
from itertools import product

LIMITS = {
    "file": 16 << 20, "nesting": 16, "digits": 5000, "players": 6, "questions": 64, "answers": 32,
    "dimension": 64, "basis": 600, "blocks": 64, "word": 16, "proofs": 64, "enumeration": 10**8,
    "denominator_bits": 20000, "work": 4 * 10**9, "evidence_bits": 1 << 25,
}
NAME = re.compile(r"[a-z0-9_-]{1,64}")
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
NATURAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)
LOWER = ("classical_lower", "quantum_lower", "advantage")
UPPER_C = ("classical_upper", "quantum_upper", "ns_upper")
UPPER_Q = ("quantum_upper", "ns_upper")
WITNESS = {
    "classical_upper": (), "classical_lower": ("strategy",), "ns_upper": ("messages",),
    "quantum_lower": ("dims", "state", "povm"), "quantum_upper": ("blocks",),
    "nonlocal_behaviour": ("p", "functional", "beta", "visibility"),
    "stat_reject_classical": ("bets", "counts", "alpha"), "transfer": ("upper", "counts", "alpha"),
}
OPTIONAL = {"classical_upper": ("order", "messages")}
SUBJECT = {
    "classical_upper": "omega_c", "classical_lower": "omega_c", "ns_upper": "omega_ns",
    "quantum_lower": "omega_q", "quantum_upper": "omega_q", "nonlocal_behaviour": "visibility",
    "stat_reject_classical": "probability",
}


class Reject(Exception):
    """A refusal: code, place, reason."""

    def __init__(self, code, at, why):
        super().__init__(code, at, why)
        self.code, self.at, self.why = code, at, why


def need(condition, code, at, why):
    if not condition:
        raise Reject(code, at, why)


# ---------------------------------------------------------------- text (section 2)


class Odd:
    """A JSON number that is no index: a fraction, an exponent, -0, or larger."""


def pairs(items):
    keys = [key for key, _ in items]
    need(len(set(keys)) == len(keys), "SHAPE", "file", "a repeated field")
    return dict(items)


def odd_token(_):
    return Odd()


def integer_token(text):
    return int(text) if text != "-0" and len(text) <= 10 and abs(int(text)) < 10**9 else Odd()


def no_constant(_):
    raise Reject("SHAPE", "file", "no JSON")


def parse(data, limits):
    """The JSON value; strings are taken as they stand: no escape is read (section 2)."""
    need(len(data) <= limits["file"], "RESOURCE", "file", "too large")
    depth, quoted, escaped = 0, False, False
    for byte in data:
        if escaped:
            escaped = False
        elif quoted and byte == 0x5C:
            escaped = True
        elif byte == 0x22:
            quoted = not quoted
        elif not quoted and byte in b"[{":
            depth += 1
            need(depth <= limits["nesting"], "RESOURCE", "file", "nested too deep")
        elif not quoted and byte in b"]}":
            depth -= 1
    try:
        text = data.decode("utf-8")
        # an escape becomes one that stands for its own text
        text = re.sub(r'\\(["\\]?)', lambda m: "\\\\" + ("\\" + m[1] if m[1] else ""), text)
        return json.loads(text, object_pairs_hook=pairs, parse_int=integer_token,
                          parse_float=odd_token, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Reject("SHAPE", "file", "no JSON") from error


# ---------------------------------------------------------------- fields: SHAPE only, no meaning


class Num:
    """A number of the mathematics, not read yet; text is None if it is no string."""

    def __init__(self, text):
        self.text = text


def f_string(v):
    need(type(v) is str, "SHAPE", "file", "a string is wanted")
    return v


def f_index(v):
    need(type(v) is int, "SHAPE", "file", "an index is wanted")
    return v


def f_num(v):
    need(type(v) in (str, int, bool, Odd), "SHAPE", "file", "a number string is wanted")
    return Num(v if type(v) is str else None)


def f_list(item):
    def read(v):
        need(type(v) is list, "SHAPE", "file", "a list is wanted")
        return [item(x) for x in v]
    return read


def f_pair(item):
    def read(v):
        need(type(v) is list and len(v) == 2, "SHAPE", "file", "a pair is wanted")
        return (item(v[0]), item(v[1]))
    return read


def f_row(v):
    need(type(v) is list and v, "SHAPE", "file", "a row ends with a number")
    return ([f_index(x) for x in v[:-1]], f_num(v[-1]))


def f_triangle(v):
    return f_list(f_num)(v) if type(v) is list else f_num(v)


def f_any(v):
    return v


def f_object(required, optional=()):
    required, optional = dict(required), dict(optional)

    def read(v):
        need(type(v) is dict, "SHAPE", "file", "an object is wanted")
        for key in required:
            need(key in v, "SHAPE", "file", f"the field {key} is missing")
        out = {}
        for key, value in v.items():
            reader = required.get(key) or optional.get(key)
            need(reader is not None, "SHAPE", "file", "an unknown field")
            out[key] = reader(value)
        return out
    return read


GAUSS_ROWS = f_list(f_list(f_pair(f_num)))
TABLE = f_list(f_row)
GAME = f_object(
    {"kind": f_string, "name": f_string, "questions": f_list(f_index), "answers": f_list(f_index)},
    {"mu": TABLE, "win": f_list(f_list(f_index)), "coeffs": TABLE, "format": f_string,
     "reference": f_any, "labels": f_any})
POVM = f_object({"den": f_num, "m": f_list(GAUSS_ROWS)})
BLOCK = f_object({"basis": f_list(f_list(f_list(f_pair(f_index)))), "den": f_num},
                 {"rows": f_list(f_list(f_num)), "gram": f_list(f_triangle)})
PROOF = f_object({"id": f_string, "type": f_string}, {
    "value": f_num, "strategy": f_list(f_list(f_index)), "messages": TABLE, "dims": f_list(f_index),
    "state": GAUSS_ROWS, "povm": f_list(f_list(POVM)), "blocks": f_list(BLOCK), "p": f_list(f_num),
    "functional": TABLE, "beta": f_num, "visibility": f_num, "bets": TABLE, "counts": TABLE,
    "alpha": f_num, "order": f_list(f_pair(f_index)), "upper": f_string})
CONCLUSION = f_object({"type": f_string, "lower": f_string, "upper": f_string, "value": f_num})
CERTIFICATE = f_object({"format": f_string, "version": f_index, "game": GAME,
                        "proofs": f_list(PROOF), "conclusions": f_list(CONCLUSION)})


# ---------------------------------------------------------------- numbers, tables, work


def words(bits):
    return bits // 64 + 1


def longest(numbers):
    return max((abs(n).bit_length() for n in numbers), default=0)


def divisor(bits):
    """The charge for a common divisor."""
    return words(bits) * bits


def times(bits, other):
    """The charge for one product of long numbers."""
    return words(bits) * words(other) + 24


class Session:
    """Limits and the work that is left."""

    def __init__(self, limits):
        self.limits, self.left = limits, limits["work"]

    def charge(self, at, amount):
        need(amount <= self.left, "RESOURCE", at, "more work than the limit allows")
        self.left -= amount

    def within(self, at, given, name):
        need(given <= self.limits[name], "RESOURCE", at, f"above the limit {name}")

    def digits(self, at, text):
        need(len(text) <= self.limits["digits"], "RESOURCE", at, "too many digits")
        return int(text)

    def integer(self, at, num):
        text = num.text
        need(text is not None and INTEGER.fullmatch(text) and text != "-0", "NUMBER", at, "no integer")
        value = self.digits(at, text.lstrip("-"))
        return -value if text[0] == "-" else value

    def rational(self, at, num):
        text = num.text
        need(text is not None, "NUMBER", at, "numbers are strings")
        if "/" not in text:
            return Fraction(self.integer(at, num))
        self.charge(at, divisor(2 * len(text)))
        head, tail = text.split("/", 1)
        need(NATURAL.fullmatch(tail) and tail not in ("0", "1"), "NUMBER", at, "no denominator above 1")
        p, q = self.integer(at, Num(head)), self.digits(at, tail)
        need(math.gcd(p, q) == 1, "NUMBER", at, "not in lowest terms")
        return Fraction(p, q)

    def common(self, at, denominators):
        den = 1
        for d in denominators:
            if d not in (1, den):
                self.charge(at, divisor(longest((den, d))))
                den = math.lcm(den, d)
                self.within(at, den.bit_length(), "denominator_bits")
        return den

    def over_common(self, at, numbers):
        """A common denominator of rationals, and the length of the longest number over it."""
        den = self.common(at, [v.denominator for v in numbers])
        self.charge(at, len(numbers) * (times(den.bit_length(), den.bit_length()) + 128 * words(den.bit_length())))
        return den, longest([den] + [v.numerator * (den // v.denominator) for v in numbers])

    def table(self, at, rows, bounds, code):
        out = [(check_cell(f"{at}[{k}]", cell, bounds, code), self.rational(f"{at}[{k}]", num))
               for k, (cell, num) in enumerate(rows)]
        return Table(self, at, increasing(at, out, code))


def increasing(at, rows, code):
    need(all(one[0] < two[0] for one, two in zip(rows, rows[1:])), code, at, "rows must be strictly increasing")
    return rows


class Table(list):
    """Strictly increasing cells with rationals, their common denominator and the length of the longest number over it."""

    def __init__(self, session, at, rows):
        super().__init__(rows)
        self.den, self.bits = session.over_common(at, [value for _, value in rows])


def check_cell(at, cell, bounds, code):
    need(len(cell) == len(bounds), code, at, "wrong number of indices")
    need(all(0 <= i < end for i, end in zip(cell, bounds)), code, at, "an index out of range")
    return tuple(cell)


class Functional:
    """F(p) = sum c(x,a) p(a|x) with integers over one denominator."""

    def __init__(self, questions, answers, rows, den):
        n = len(questions)
        self.questions, self.answers, self.den = questions, answers, den
        self.cells = [(cell[:n], cell[n:], c.numerator * (den // c.denominator)) for cell, c in rows]
        self.bits = longest([den] + [c for *_, c in self.cells])


def canonical_table(rows):
    body = ",".join("[" + "".join(f"{i}," for i in cell) + f'"{c}"]' for cell, c in rows)
    return f"[{body}]"


def sha256(text):
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def plain_list(numbers):
    return "[" + ",".join(str(n) for n in numbers) + "]"


class Game:
    """The table of section 3."""

    def __init__(self, raw, session):
        need(NAME.fullmatch(raw["name"]), "SHAPE", "game.name", "not a name")
        self.name, self.kind = raw["name"], raw["kind"]
        questions, answers = raw["questions"], raw["answers"]
        session.within("game.questions", len(questions), "players")
        for field, sizes in (("questions", questions), ("answers", answers)):
            need(sizes and min(sizes) >= 1, "GAME", f"game.{field}", "sizes are at least 1")
            session.within(f"game.{field}", max(sizes), field)
        need(len(questions) == len(answers), "GAME", "game.answers", "different numbers of players")
        fields = {key for key in ("mu", "win", "coeffs") if key in raw}
        head = f'{{"kind":"{self.kind}","questions":{plain_list(questions)},"answers":{plain_list(answers)},'
        bounds = questions + answers
        if self.kind == "game" and fields == {"mu", "win"}:
            mu = session.table("game.mu", raw["mu"], questions, "GAME")
            need(all(weight > 0 for _, weight in mu), "GAME", "game.mu", "probabilities are positive")
            need(sum(weight for _, weight in mu) == 1, "GAME", "game.mu", "the sum is not 1")
            self.mu, self.mu_den, self.mu_bits = dict(mu), mu.den, mu.bits
            wins = [(check_cell(f"game.win[{k}]", cell, bounds, "GAME"),) for k, cell in enumerate(raw["win"])]
            increasing("game.win", wins, "GAME")
            session.charge("game.win", 128 * words(mu.bits) * len(wins))
            need(all(cell[:len(questions)] in self.mu for cell, in wins), "GAME", "game.win", "never asked")
            rows, den = [(cell, self.mu[cell[:len(questions)]]) for cell, in wins], mu.den
            wins = ",".join(plain_list(cell) for cell, _ in rows)
            text = f'{head}"mu":{canonical_table(mu)},"win":[{wins}]}}'
        elif self.kind == "functional" and fields == {"coeffs"}:
            self.mu = {}
            rows = session.table("game.coeffs", raw["coeffs"], bounds, "GAME")
            den = rows.den
            need(all(c != 0 for _, c in rows), "GAME", "game.coeffs", "a listed 0")
            text = f'{head}"coeffs":{canonical_table(rows)}}}'
        else:
            raise Reject("SHAPE", "game.kind", "kind and tables do not fit")
        self.sha256 = sha256(text)
        self.f = Functional(questions, answers, rows, den)

    def readable(self):
        out = [f"{self.kind} {self.name} sha256:{self.sha256}",
               f"questions {self.f.questions} answers {self.f.answers}"]
        out += [f"mu {list(x)} = {weight}" for x, weight in self.mu.items()]
        for x, a, c in self.f.cells:
            value = f" = {Fraction(c, self.f.den)}" if self.kind == "functional" else ""
            out.append(f"{'win' if self.kind == 'game' else 'c'} {list(x)} -> {list(a)}{value}")
        return "\n".join(out) + "\n"


# ---------------------------------------------------------------- the kernels


def classical_max(at, f, session):
    """F1: enumerate all players but one, who answers best."""
    n = len(f.questions)
    session.charge(at, 100 * n * len(f.cells))
    last = max(range(n), key=lambda i: (f.answers[i] ** f.questions[i], -i))
    others = [i for i in range(n) if i != last and f.answers[i] > 1]
    decisions = sorted({(i, x[i]) for x, _, _ in f.cells for i in others})
    session.within(at, math.prod(f.answers[i] for i, _ in decisions), "enumeration")
    each = words(sum(abs(c) for *_, c in f.cells).bit_length()) + 12
    best, stack = None, [(0, f.cells, [[0] * f.answers[last] for _ in range(f.questions[last])])]
    while stack:
        depth, cells, tab = stack.pop()
        if depth == len(decisions):
            for x, a, c in cells:
                tab[x[last]][a[last]] += c
            value = sum(map(max, tab))
            best = value if best is None or value > best else best
            continue
        i, question = decisions[depth]
        session.charge(at, (each + 4 * len(cells).bit_length()) * len(cells))
        elsewhere = sum(x[i] != question for x, _, _ in cells)
        session.charge(at, each * (elsewhere + sum(map(len, tab))) * f.answers[i])
        closing = i == others[-1]
        for answer in range(f.answers[i]):
            new, still = [row[:] for row in tab], []
            for x, a, c in cells:
                if x[i] != question:
                    still.append((x, a, c))
                elif a[i] == answer and closing:
                    new[x[last]][a[last]] += c
                elif a[i] == answer:
                    still.append((x, a, c))
            stack.append((depth + 1, still, new))
    return Fraction(best, f.den)


def psd(at, matrix, session, width):
    """F3 for a Hermitian matrix of pairs (re, im); counts as a real one of this width, ((R, -J), (J, R)) for a complex one."""
    size = width * longest(part for row in matrix for z in row for part in z) // 64
    session.charge(at, width**3 * (16 + size * size // 24))
    n = len(matrix)
    m, rest, last = [list(row) for row in matrix], list(range(n)), 1
    while True:
        if any(m[i][i][0] < 0 for i in rest):
            return False
        pivot = next((i for i in rest if m[i][i][0] > 0), None)
        if pivot is None:
            return all(m[i][j] == (0, 0) for i in rest for j in rest)
        rest.remove(pivot)
        p = m[pivot][pivot][0]
        for i in rest:
            (ar, ai) = m[i][pivot]
            for j in rest:
                (br, bi) = m[pivot][j]
                re, im = m[i][j]
                m[i][j] = ((p * re - ar * br + ai * bi) // last, (p * im - ar * bi - ai * br) // last)
        # The column of the pivot was read above and is not used again.
        last = p


def hermitian(matrix):
    n = range(len(matrix))
    return all(matrix[i][j] == (matrix[j][i][0], -matrix[j][i][1]) for i in n for j in n)


def gauss_rows(at, rows, width, session):
    out = []
    for r, row in enumerate(rows):
        need(len(row) == width, "SHAPE", f"{at}[{r}]", f"{width} entries are wanted")
        out.append([(session.integer(f"{at}[{r}][{s}]", re), session.integer(f"{at}[{r}][{s}]", im))
                    for s, (re, im) in enumerate(row)])
    return out


def quantum_value(at, raw, f, session):
    """F2, one player at a time."""
    n, dims = len(f.questions), raw["dims"]
    need(len(dims) == n, "SHAPE", f"{at}.dims", "one dimension for each player")
    need(all(d >= 1 for d in dims), "SHAPE", f"{at}.dims", "dimensions are at least 1")
    joint = math.prod(dims)
    session.within(f"{at}.dims", joint, "dimension")
    need(len(raw["state"]) <= 2 * joint, "RESOURCE", f"{at}.state", "too many rows")
    state = gauss_rows(f"{at}.state", raw["state"], joint, session)
    norm = sum(re * re + im * im for row in state for re, im in row)
    need(norm > 0, "PROOF", f"{at}.state", "the state is zero")
    need(len(raw["povm"]) == n, "SHAPE", f"{at}.povm", "one list for each player")
    povm, lcms = [], []
    for i, mine in enumerate(raw["povm"]):
        need(len(mine) == f.questions[i], "SHAPE", f"{at}.povm[{i}]", "one measurement a question")
        povm.append([measurement(f"{at}.povm[{i}][{x}]", m, f.answers[i], dims[i], session)
                     for x, m in enumerate(mine)])
        lcms.append(session.common(at, [den for den, _ in povm[i]]))
    bits = longest(part for row in state for z in row for part in z)
    session.charge(at, 4 * len(state) * joint * joint * times(bits, bits))
    rho = [[(sum(u[s][0] * u[r][0] + u[s][1] * u[r][1] for u in state),
             sum(u[s][1] * u[r][0] - u[s][0] * u[r][1] for u in state))
            for r in range(joint)] for s in range(joint)]
    memo = {(): rho}

    def partial(prefix):
        if prefix not in memo:
            (x, a), before = prefix[-1], partial(prefix[:-1])
            element = povm[len(prefix) - 1][x][1][a]
            bits = [longest(part for row in m for z in row for part in z) for m in (before, element)]
            session.charge(at, 4 * len(before) ** 2 * times(*bits))
            memo[prefix] = contract(before, element)
        return memo[prefix]

    def measured(prefix, cells):
        i = len(prefix)
        if i == n:
            scalar = partial(prefix)[0][0][0]
            session.charge(at, len(cells) * times(longest(c for *_, c in cells), scalar.bit_length()))
            return sum(c for *_, c in cells) * scalar
        groups, total = {}, 0
        for x, a, c in cells:
            groups.setdefault((x[i], a[i]), []).append((x, a, c))
        for pair, some in groups.items():
            value, factor = measured(prefix + (pair,), some), lcms[i] // povm[i][pair[0]][0]
            session.charge(at, times(value.bit_length(), factor.bit_length()))
            total += value * factor
        return total

    return Fraction(measured((), f.cells), f.den * norm * math.prod(lcms))


def measurement(at, raw, answers, d, session):
    den = session.integer(f"{at}.den", raw["den"])
    need(den > 0, "PROOF", f"{at}.den", "not positive")
    need(len(raw["m"]) == answers, "SHAPE", f"{at}.m", "one element for each answer")
    elements = []
    for a, rows in enumerate(raw["m"]):
        here = f"{at}.m[{a}]"
        need(len(rows) == d, "SHAPE", here, f"{d} rows are wanted")
        element = gauss_rows(here, rows, d, session)
        need(hermitian(element), "PROOF", here, "not Hermitian")
        need(psd(here, element, session, 2 * d), "PROOF", here, "not positive semidefinite")
        elements.append(element)
    for r, s in product(range(d), repeat=2):
        total = tuple(sum(el[r][s][part] for el in elements) for part in (0, 1))
        need(total == (den if r == s else 0, 0), "PROOF", f"{at}.m", "the sum is not den I")
    return den, elements


def contract(t, m):
    """T'[s'][r'] = sum_{r,s} M[r][s] T[(s,s')][(r,r')]."""
    d, rest = len(m), len(t) // len(m)
    out = [[(0, 0)] * rest for _ in range(rest)]
    for r, s in product(range(d), repeat=2):
        wr, wi = m[r][s]
        if wr or wi:
            for p, q in product(range(rest), repeat=2):
                tr, ti = t[s * rest + p][r * rest + q]
                re, im = out[p][q]
                out[p][q] = (re + wr * tr - wi * ti, im + wr * ti + wi * tr)
    return out


def split(at, rows, f, session):
    """c = sum_i m_i + rest: den, u_i(x_i,a_i), for each joint question its cells and messages, the charge of a node."""
    n = len(f.questions)
    messages = session.table(f"{at}.messages", rows, [n, *f.questions, max(f.answers)], "PROOF")
    need(all(cell[-1] < f.answers[cell[0]] for cell, _ in messages), "PROOF", f"{at}.messages", "no such answer")
    den = session.common(at, [f.den, messages.den])
    wide = words(den.bit_length() + max(f.bits, messages.bits))
    all_answers = math.prod(f.answers)
    asked = len({x for x, _, _ in f.cells} | {cell[1:-1] for cell, _ in messages})
    session.charge(at, all_answers * (asked + 1) * (wide * wide + 512) * (n + 1))
    local = [[[0] * k for _ in range(q)] for q, k in zip(f.questions, f.answers)]
    joint = {x: ({}, {}) for x, _, _ in f.cells}
    for x, a, c in f.cells:
        joint[x][0][a] = c * (den // f.den)
    for (i, *x, a), m in messages:
        m = m.numerator * (den // m.denominator)
        local[i][x[i]][a] += m
        joint.setdefault(tuple(x), ({}, {}))[1][i, a] = m
    locals_ = sum(q * k for q, k in zip(f.questions, f.answers))
    return den, local, joint, 12 * wide * (3 * locals_ + asked * all_answers * n)


def rest(f, cells, messages):
    """c(x,a) - sum_i m_i(x,a_i) for all joint answers."""
    return {a: cells.get(a, 0) - sum(messages.get(key, 0) for key in enumerate(a))
            for a in product(*map(range, f.answers))}


def ns_bound(at, rows, f, session):
    """F4."""
    den, local, joint, _ = split(at, rows, f, session)
    bound = sum(max(row) for player in local for row in player)
    bound += sum(max(rest(f, *both).values()) for both in joint.values())
    return Fraction(bound, den)


def branch_bound(at, raw, f, start, session):
    """F1 by branch and bound: the largest of the claim and of the bounds where the order is exhausted."""
    n, order = len(f.questions), []
    for k, (i, x) in enumerate(raw.get("order", [])):
        need(0 <= i < n and 0 <= x < f.questions[i] and (i, x) not in order,
             "PROOF", f"{at}.order[{k}]", "no decision, or one met before")
        order.append((i, x))
    open_players = [i for i in range(n) if all(i != player for player, _ in order)]
    need(open_players, "PROOF", f"{at}.order", "no player is left to answer best")
    last = open_players[0]
    den, local, joint, node = split(at, raw.get("messages", []), f, session)
    tables = [(x, rest(f, *both)) for x, both in joint.items()]
    best, stack = math.floor(start * den), [({}, tables)]
    while stack:
        fixed, tables = stack.pop()
        session.charge(at, node)
        bound = sum(row[fixed[i, x]] if (i, x) in fixed else max(row)
                    for i in range(n) if i != last for x, row in enumerate(local[i]))
        value = [row[:] for row in local[last]]
        for x, table in tables:
            most = {}
            for a, c in table.items():
                most[a[last]] = max(c, most.get(a[last], c))
            for b, c in most.items():
                value[x[last]][b] += c
        bound += sum(map(max, value))
        if bound > best and len(fixed) == len(order):
            best = bound
        elif bound > best:
            i, x = order[len(fixed)]
            for answer in range(f.answers[i]):
                smaller = [(y, {a: c for a, c in table.items() if a[i] == answer} if y[i] == x else table)
                           for y, table in tables]
                stack.append(({**fixed, (i, x): answer}, smaller))
    return max(start, Fraction(best, den))


def append(word, letter):
    """A normal word times a letter; None if the product is 0."""
    if word and word[-1][0] == letter[0]:
        return word if word[-1] == letter else None
    return word + (letter,)


def multiply(left, right):
    out = []
    for word, more in zip(left, right):
        for letter in more:
            word = append(word, letter)
            if word is None:
                return None
        out.append(word)
    return tuple(out)


def star(monomial):
    return tuple(word[::-1] for word in monomial)


def add(total, monomial, value):
    key = min(monomial, star(monomial))
    total[key] = total.get(key, 0) + value


def quantum_bound(at, raw, f, session):
    """F5: expand the squares, charge what is left over."""
    session.within(f"{at}.blocks", len(raw), "blocks")
    parts = [read_block(f"{at}.blocks[{k}]", b, f, session) for k, b in enumerate(raw)]
    n, game = len(f.questions), {}
    for x, a, c in f.cells:
        terms = [((), c)]
        for q, b, k in zip(x, a, f.answers):
            choices = [(((q, b),), 1)] if b < k - 1 else [((), 1)] + [(((q, o),), -1) for o in range(k - 1)]
            session.charge(at, len(terms) * len(choices) * n * (800 + 64 * words(c.bit_length())))
            terms = [((*m, word), sign * v) for m, v in terms for word, sign in choices]
        for m, v in terms:
            add(game, m, v)
    parts.append((game, f.den))
    den, total = session.common(at, [d for _, d in parts]), {}
    for part, d in parts:
        bits, more = longest(part.values()), (den // d).bit_length()
        session.charge(at, len(part) * (times(bits, more) + 128 * words(bits + more)))
        for m, v in part.items():
            add(total, m, v * (den // d))
    one = ((),) * n
    return Fraction(sum(c if m == one else abs(c) for m, c in total.items()), den)


def read_block(at, raw, f, session):
    session.within(f"{at}.basis", len(raw["basis"]), "basis")
    basis = []
    for k, words_ in enumerate(raw["basis"]):
        here = f"{at}.basis[{k}]"
        need(len(words_) == len(f.questions), "SHAPE", here, "one word for each player")
        for i, word in enumerate(words_):
            session.within(here, len(word), "word")
            need(all(0 <= x < f.questions[i] and 0 <= a < f.answers[i] - 1 for x, a in word),
                 "PROOF", here, "a letter out of range")
        need(all(u[0] != v[0] for word in words_ for u, v in zip(word, word[1:])),
             "PROOF", here, "not in normal form")
        basis.append(tuple(tuple(word) for word in words_))
    n, den = len(basis), session.integer(f"{at}.den", raw["den"])
    need(den > 0, "PROOF", f"{at}.den", "not positive")
    need(("rows" in raw) != ("gram" in raw), "SHAPE", at, "either rows or gram")
    if "rows" in raw:
        rows = []
        for k, row in enumerate(raw["rows"]):
            need(len(row) == n, "SHAPE", f"{at}.rows[{k}]", f"{n} entries are wanted")
            rows.append([session.integer(f"{at}.rows[{k}]", v) for v in row])
        bits = longest(v for r in rows for v in r)
        session.charge(at, 2 * n * n * len(rows) * times(bits, bits))
        # Row i is filled from the diagonal on; only entries with i <= j are used.
        z = [[sum(r[i] * r[j] for r in rows) if j >= i else 0 for j in range(n)] for i in range(n)]
        return square(at, basis, z, session), den * den
    flat, nested = [], all(type(item) is list for item in raw["gram"])
    need(not nested or len(raw["gram"]) == n, "SHAPE", f"{at}.gram", "not an upper triangle")
    for i, item in enumerate(raw["gram"]):
        if type(item) is list:
            need(nested and len(item) == n - i, "SHAPE", f"{at}.gram", "not an upper triangle")
            flat += item
        else:
            flat.append(item)
    need(len(flat) == n * (n + 1) // 2, "SHAPE", f"{at}.gram", "not an upper triangle")
    entries = iter([session.integer(f"{at}.gram", v) for v in flat])
    z = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i, n):
            z[i][j] = z[j][i] = next(entries)
    full = [[(v, 0) for v in row] for row in z]
    need(psd(f"{at}.gram", full, session, n), "PROOF", f"{at}.gram", "not positive semidefinite")
    return square(at, basis, z, session), den


def square(at, basis, z, session):
    """w^T Z w over the basis w."""
    letters = max((sum(map(len, m)) for m in basis), default=0)
    bits = longest(v for row in z for v in row)
    session.charge(at, len(basis) ** 2 * (1600 + 160 * letters + 64 * words(bits)))
    total = {}
    for i, left in enumerate(basis):
        left = star(left)
        for j, right in enumerate(basis):
            entry = z[min(i, j)][max(i, j)]
            monomial = multiply(left, right) if entry else None
            if monomial is not None:
                add(total, monomial, entry)
    return total


def nonlocal_behaviour(at, raw, f, session):
    """F7."""
    visibility = session.rational(f"{at}.visibility", raw["visibility"])
    beta = session.rational(f"{at}.beta", raw["beta"])
    size = math.prod(f.questions) * math.prod(f.answers)
    need(len(raw["p"]) == size, "SHAPE", f"{at}.p", f"{size} entries are wanted")
    session.charge(f"{at}.p", 2000 * size * len(f.questions))
    values = [session.rational(f"{at}.p[{k}]", v) for k, v in enumerate(raw["p"])]
    need(min(values) >= 0, "PROOF", f"{at}.p", "a negative probability")
    _, p_bits = session.over_common(f"{at}.p", values)
    questions, answers = list(product(*map(range, f.questions))), list(product(*map(range, f.answers)))
    p = dict(zip(product(questions, answers), values))
    for x in questions:
        need(sum(p[x, a] for a in answers) == 1, "PROOF", f"{at}.p", "not normalised")
    for i in range(len(f.questions)):
        others = {}
        for (x, a), v in p.items():
            key = (x[:i] + x[i + 1:], a[:i] + a[i + 1:])
            row = others.setdefault(key, [0] * f.questions[i])
            row[x[i]] += v
        need(all(len(set(row)) == 1 for row in others.values()), "PROOF", f"{at}.p", f"player {i} signals")
    rows = session.table(f"{at}.functional", raw["functional"], f.questions + f.answers, "PROOF")
    s = Functional(f.questions, f.answers, rows, rows.den)
    need(0 <= visibility <= 1, "PROOF", f"{at}.visibility", "not between 0 and 1")
    need(beta >= classical_max(at, s, session), "CLAIM", f"{at}.beta", "below the classical maximum")
    session.charge(at, times(p_bits, s.bits) * len(s.cells))
    at_p = sum(Fraction(c, s.den) * p[x, a] for x, a, c in s.cells)
    uniform = Fraction(sum(c for _, _, c in s.cells), s.den * len(answers))
    need(at_p > beta, "CLAIM", f"{at}.beta", "not exceeded")
    need(visibility * (at_p - uniform) >= beta - uniform, "CLAIM", f"{at}.visibility", "too low")
    text = "[" + ",".join(f'"{v}"' for v in values) + "]"
    return visibility, (" above which v p + (1-v) uniform is nonlocal; p is no-signalling, "
                        f"sha256:{sha256(text)}")


def reject_classical(at, raw, game, session):
    """F8."""
    alpha, f = session.rational(f"{at}.alpha", raw["alpha"]), game.f
    need(game.kind == "game", "PROOF", at, "no question distribution")
    need(0 < alpha < 1, "PROOF", f"{at}.alpha", "not between 0 and 1")
    n, bounds = len(f.questions), f.questions + f.answers
    bets = session.table(f"{at}.bets", raw["bets"], bounds, "PROOF")
    counts = session.table(f"{at}.counts", raw["counts"], bounds, "PROOF")
    need(all(c.denominator == 1 and c >= 0 for _, c in counts), "PROOF", f"{at}.counts", "no count")
    need(all(r >= 0 for _, r in bets), "PROOF", f"{at}.bets", "a negative bet")
    need(all(cell[:n] in game.mu for cell, _ in bets), "PROOF", f"{at}.bets", "never asked")
    session.charge(f"{at}.bets", (times(game.mu_bits, bets.bits) + 128 * words(game.mu_bits + bets.bits)) * len(bets))
    means = [(cell, r * game.mu[cell[:n]]) for cell, r in bets]
    mean = classical_max(f"{at}.bets", Functional(f.questions, f.answers, means, game.mu_den * bets.den), session)
    need(mean <= 1, "PROOF", f"{at}.bets", "not fair")
    known, bits, plays = dict(bets), 0, []
    for cell, count in counts:
        if count:
            need(cell[:n] in game.mu, "PROOF", f"{at}.counts", "never asked")
            r, count = known.get(cell, 0), count.numerator
            need(r > 0, "CLAIM", f"{at}.counts", "played against a bet of 0")
            session.charge(f"{at}.counts", divisor(bets.bits))
            evidence = count * (r.numerator.bit_length() + r.denominator.bit_length())
            bits += evidence
            session.within(f"{at}.counts", bits, "evidence_bits")
            session.charge(f"{at}.counts", evidence * 16)
            plays.append((r, count))
    won = math.prod(r.numerator ** c for r, c in plays) * alpha.numerator
    lost = math.prod(r.denominator ** c for r, c in plays) * alpha.denominator
    need(won >= lost, "CLAIM", f"{at}.alpha", "the evidence is below 1/alpha")
    return alpha, (
        f" that a classical model gives such evidence; {sum(c for _, c in plays)} rounds; assuming A1 "
        "questions drawn independently from mu, A2 bets fixed before the data, A3 every round reported, "
        "A4 no signalling within a round; "
        f"bets sha256:{sha256(canonical_table(bets))} counts sha256:{sha256(canonical_table(counts))}")


def transfer(at, raw, game, value, earlier, session):
    """F8, second part: from the empirical game, the table, to the game its questions were drawn from."""
    alpha = session.rational(f"{at}.alpha", raw["alpha"])
    need(raw["upper"] in earlier, "CLAIM", f"{at}.upper", "no earlier proof has this id")
    inner = earlier[raw["upper"]]
    need(inner.kind in UPPER_C, "CLAIM", f"{at}.upper", "no upper bound")
    need(game.kind == "game", "PROOF", at, "no questions to sample")
    need(0 < alpha < 1, "PROOF", f"{at}.alpha", "not between 0 and 1")
    counts = session.table(f"{at}.counts", raw["counts"], game.f.questions, "PROOF")
    need(all(c.denominator == 1 and c >= 0 for _, c in counts), "PROOF", f"{at}.counts", "no count")
    n = sum(count for _, count in counts)
    session.charge(f"{at}.counts", times(game.mu_bits, max(counts.bits, int(n).bit_length())) * len(game.mu))
    need([(x, n * mu) for x, mu in game.mu.items()] == list(counts),
         "PROOF", f"{at}.counts", "mu is not the observed frequency")
    n, u, v = int(n), value.numerator, value.denominator
    session.within(f"{at}.counts", n * (n.bit_length() + v.bit_length()), "evidence_bits")
    session.charge(f"{at}.counts", 60 * n * (n.bit_length() + v.bit_length()))
    k = max(0, math.ceil(inner.value * n))
    need(k < value * n and value <= 1, "CLAIM", f"{at}.value", "not above the empirical bound and at most 1")
    more = k ** k * (n - k) ** (n - k) * v ** n * alpha.numerator
    less = n ** n * u ** k * (v - u) ** (n - k) * alpha.denominator
    need(more >= less, "CLAIM", f"{at}.value", "too few rounds for this level")
    return value, f"{inner.subject} of the sampled game", (
        f" except with probability {alpha}; {n} rounds; assuming B1 questions, as many as were decided beforehand, drawn "
        "independently from one distribution, B2 every winning answer to a listed question is in the table, A3 every round reported; "
        f"counts sha256:{sha256(canonical_table(counts))}")


def deterministic(at, strategy, f):
    need(len(strategy) == len(f.questions), "SHAPE", f"{at}.strategy", "one list for each player")
    for i, mine in enumerate(strategy):
        need(len(mine) == f.questions[i], "SHAPE", f"{at}.strategy[{i}]", "one answer a question")
        need(all(0 <= a < f.answers[i] for a in mine), "PROOF", f"{at}.strategy[{i}]", "no such answer")
    wins = (c for x, a, c in f.cells if all(strategy[i][q] == b for i, (q, b) in enumerate(zip(x, a))))
    return Fraction(sum(wins), f.den)


# ---------------------------------------------------------------- proofs and conclusions


class Proved:
    """One proved statement."""

    def __init__(self, kind, id_, value, subject, note=""):
        self.kind, self.id, self.value, self.subject, self.note = kind, id_, value, subject, note
        scaled = value * 10**12
        rounded = math.floor(scaled) if kind in LOWER else math.ceil(scaled)
        sign, (whole, part) = "-" * (rounded < 0), divmod(abs(rounded), 10**12)
        self.decimal = f"{sign}{whole}" + (f".{part:012}".rstrip("0") if part else "")
        relation = ">=" if kind in LOWER else "<="
        second = "=" if scaled.denominator == 1 else relation
        self.line = f"PROVED {subject} {relation} {value} {second} {self.decimal} ({kind} {id_}){note}"


def prove(at, raw, game, earlier, session):
    need(NAME.fullmatch(raw["id"]), "SHAPE", f"{at}.id", "not an id")
    kind, f = raw["type"], game.f
    need(kind in WITNESS, "SHAPE", f"{at}.type", "no proof type of version 1")
    for field in raw:
        need(field in ("id", "type", "value", *WITNESS[kind], *OPTIONAL.get(kind, ())), "SHAPE", f"{at}.{field}", "no such field here")
    own = kind in ("nonlocal_behaviour", "stat_reject_classical")
    value = None
    if not own or "value" in raw:
        need("value" in raw, "SHAPE", f"{at}.value", "missing")
        value = session.rational(f"{at}.value", raw["value"])
    for field in WITNESS[kind]:
        need(field in raw, "SHAPE", f"{at}.{field}", "missing")
    note, subject = "", SUBJECT.get(kind)
    if kind == "classical_upper" and ("order" in raw or "messages" in raw):
        shown = branch_bound(at, raw, f, value, session)
    elif kind == "classical_upper":
        shown = classical_max(at, f, session)
    elif kind == "classical_lower":
        shown = deterministic(at, raw["strategy"], f)
    elif kind == "ns_upper":
        shown = ns_bound(at, raw["messages"], f, session)
    elif kind == "quantum_lower":
        shown = quantum_value(at, raw, f, session)
    elif kind == "quantum_upper":
        shown = quantum_bound(at, raw["blocks"], f, session)
    elif kind == "nonlocal_behaviour":
        shown, note = nonlocal_behaviour(at, raw, f, session)
    elif kind == "stat_reject_classical":
        shown, note = reject_classical(at, raw, game, session)
    else:
        shown, subject, note = transfer(at, raw, game, value, earlier, session)
    value = shown if value is None else value
    follows = value <= shown if kind in LOWER else value >= shown
    need(follows and (not own or value <= 1), "CLAIM", f"{at}.value", "does not follow from the witness")
    return Proved(kind, raw["id"], value, subject, note)


def conclude(at, raw, proved, session):
    """F9."""
    value = session.rational(f"{at}.value", raw["value"])
    for end in ("lower", "upper"):
        need(raw[end] in proved, "CLAIM", f"{at}.{end}", "no proof has this id")
    lower, upper = proved[raw["lower"]], proved[raw["upper"]]
    id_ = f"{lower.id}/{upper.id}"
    if raw["type"] == "advantage":
        need(lower.kind == "quantum_lower" and upper.kind in UPPER_C, "CLAIM", at, "wrong kinds")
        need(0 < value <= lower.value - upper.value, "CLAIM", f"{at}.value", "does not follow")
        return Proved("advantage", id_, value, "omega_q - omega_c")
    need(raw["type"] == "eps_optimal", "SHAPE", f"{at}.type", "no conclusion of version 1")
    allowed = {"quantum_lower": UPPER_Q, "classical_lower": UPPER_C}.get(lower.kind, ())
    need(upper.kind in allowed, "CLAIM", at, "wrong kinds")
    need(value >= 0 and value >= upper.value - lower.value, "CLAIM", f"{at}.value", "does not follow")
    return Proved("eps_optimal", id_, value, f"omega_{lower.kind[0]} - value({lower.id})")


def open_certificate(data, limits):
    raw = CERTIFICATE(parse(data, limits))
    need(raw["format"] == "qcert" and raw["version"] == 1, "SHAPE", "format", "not qcert version 1")
    need(not {"format", "reference", "labels"} & raw["game"].keys(), "SHAPE", "game", "fields of game files")
    session = Session(limits)
    return raw, Game(raw["game"], session), session


def prove_all(raw, game, session):
    session.within("proofs", len(raw["proofs"]), "proofs")
    session.within("conclusions", len(raw["conclusions"]), "proofs")
    need(raw["proofs"], "SHAPE", "proofs", "a certificate without proofs proves nothing")
    proved = {}
    for k, one in enumerate(raw["proofs"]):
        need(one["id"] not in proved, "SHAPE", f"proofs[{k}].id", "a repeated id")
        proved[one["id"]] = prove(f"proofs[{k}]", one, game, proved, session)
    concluded = [conclude(f"conclusions[{k}]", one, proved, session)
                 for k, one in enumerate(raw["conclusions"])]
    return list(proved.values()) + concluded


# ---------------------------------------------------------------- the program (section 6)


class Usage(Exception):
    """Bad usage or an unreadable file."""


def read_file(path, limits):
    try:
        with open(path, "rb") as file:
            return file.read(limits["file"] + 1)
    except OSError as error:
        raise Usage(f"cannot read {path!r}: {error.strerror}") from error


def game_file(path, limits):
    if not path.endswith(".json") and "/" not in path:
        raise Usage("this checker has no catalogue: give a game file or --game-sha256")
    data = read_file(path, limits)
    try:
        raw = GAME(parse(data, limits))
        need(raw.get("format", "bellwether-game/1") == "bellwether-game/1", "SHAPE", "format", "unknown")
        need("format" in raw or not {"reference", "labels"} & raw.keys(), "SHAPE", "format", "missing")
        return Game(raw, Session(limits)).sha256
    except Reject as error:
        raise Usage(f"game file {path!r}: {error.code} {error.at}: {error.why}") from error


def options(args):
    out = {"files": [], "wanted": None, "show": False, "json": False, "quiet": False,
           "limits": dict(LIMITS)}
    args, wanted, only_files = list(args), [], False
    while args:
        arg = args.pop(0)
        if only_files or not arg.startswith("-"):
            out["files"].append(arg)
            continue
        name, has, inline = arg.partition("=")
        if name in ("--show-game", "--json", "--quiet", "--"):
            if has:
                raise Usage(f"{name} takes no value")
            only_files = only_files or name == "--"
            out[{"--show-game": "show"}.get(name, name.strip("-"))] = True
            continue
        if name not in ("--threads", "--limits", "--game", "--game-sha256"):
            raise Usage(f"unknown option {arg!r}")
        if not has and not args:
            raise Usage(f"{name} needs a value")
        value = inline if has else args.pop(0)
        if name == "--limits":
            for item in value.split(","):
                key, _, number = item.partition("=")
                if key not in LIMITS or not NATURAL.fullmatch(number):
                    raise Usage(f"--limits: {item!r}; the limits are {', '.join(LIMITS)}")
                out["limits"][key] = int(number)
        elif name == "--threads":
            if not NATURAL.fullmatch(value):
                raise Usage("--threads wants a number")
        else:
            wanted.append((name, value))
    if not out["files"]:
        raise Usage("no certificate given")
    if len(wanted) > 1:
        raise Usage("--game and --game-sha256 may be given once, and not together")
    for name, value in wanted:
        if name == "--game":
            out["wanted"] = game_file(value, out["limits"])
        elif re.fullmatch("[0-9a-fA-F]{64}", value):
            out["wanted"] = value.lower()
        else:
            raise Usage("--game-sha256 wants 64 hexadecimal digits")
    return out


def examine(path, opts):
    """The members of the JSON object of one file."""
    game = None
    try:
        data = read_file(path, opts["limits"])
        raw, table, session = open_certificate(data, opts["limits"])
        game = table.sha256
        if opts["show"]:
            (sys.stderr if opts["json"] else sys.stdout).write(table.readable())
        if opts["wanted"] not in (None, game):
            why = f"the certificate is about another game: sha256:{game}, wanted is sha256:{opts['wanted']}"
            return {"verdict": "error", "code": "OTHER_GAME", "why": why, "proved": [], "game_sha256": game}
        proved = prove_all(raw, table, session)
    except Usage as error:
        return {"verdict": "error", "code": "UNREADABLE", "why": str(error), "proved": [], "game_sha256": None}
    except Reject as error:
        verdict = "undecided" if error.code == "RESOURCE" else "rejected"
        return {"verdict": verdict, "code": error.code, "where": error.at, "why": error.why,
                "proved": [], "game_sha256": game}
    lines = [{"id": p.id, "type": p.kind, "value": str(p.value), "decimal": p.decimal, "line": p.line}
             for p in proved]
    return {"verdict": "proved", "code": None, "proved": lines, "game_sha256": game}


def main(args):
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    if "--help" in args or "-h" in args:
        print("usage: bellwether_check.py CERT.. [--game FILE | --game-sha256 HEX] [--show-game]\n"
              "       [--limits key=value,..] [--json] [--quiet] [--threads N]\n"
              "exit code: 0 all proved, 1 rejected, 2 bad usage or another game, 3 over the limits")
        return 0
    try:
        opts = options(args)
    except Usage as error:
        print(f"bellwether_check: {error}", file=sys.stderr)
        if "--json" in args:
            print(json.dumps({"verdict": "error", "code": "USAGE", "why": str(error), "proved": [],
                              "game_sha256": None}, separators=(",", ":")))
        return 2
    raised = ",".join(f"{key}={value}" for key, value in opts["limits"].items() if value > LIMITS[key])
    raised = f" [limits raised: {raised}]" if raised else ""
    results = []
    for path in opts["files"]:
        result = examine(path, opts)
        results.append((path, result))
        prefix = json.dumps(path) + ": " if len(opts["files"]) > 1 else ""
        if result["verdict"] == "error":
            print(f"bellwether_check: {path!r}: {result['why']}", file=sys.stderr)
        elif opts["json"]:
            continue
        elif result["verdict"] != "proved":
            print(f"{prefix}REJECTED {result['code']} {result['where']}: {result['why']}{raised}")
        elif not opts["quiet"]:
            game = "" if opts["wanted"] else f"FOR GAME sha256:{result['game_sha256']} "
            for one in result["proved"]:
                print(f"{prefix}{game}{one['line']}{raised}")
    order = ["proved", "undecided", "rejected", "error"]
    worst = max(results, key=lambda item: order.index(item[1]["verdict"]))[1]
    if opts["json"]:
        document = dict(worst)
        if len(results) > 1:
            document["certificates"] = [{"file": path, **result} for path, result in results]
        print(json.dumps(document, separators=(",", ":")))
    return {"proved": 0, "rejected": 1, "undecided": 3}.get(worst["verdict"], 2)


if __name__ == "__main__":
    try:
        CODE = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        CODE = 2
    sys.exit(CODE)
