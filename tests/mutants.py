#!/usr/bin/env python3
"""Breaks the checker in one place at a time and asks whether its tests notice.

    python3 tests/mutants.py [words that a mutation's name must contain]

The checker imports nothing of the rest, so a copy of `src/check` with its tests is a small crate of its own that builds in
seconds. Every mutation replaces one piece of text by another; a piece that is not found exactly once is an error, so the list
cannot rot. Prints the survivors; exit code 1 if there are any but those marked equivalent, with the reason, below.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# (name, file, old, new); a name beginning with "=" is a change after which the same files are accepted, for the reason at its end
MUTATIONS = [
    ("psd: no Hermitian test", "psd", "if !is_hermitian(a) {", "if false {"),
    ("psd: imaginary diagonal passes", "psd", "(i..n).all(|j| a[i][j] == a[j][i].conj())", "(i.saturating_add(1)..n).all(|j| a[i][j] == a[j][i].conj())"),
    ("psd: only the upper row is square", "psd", "a.iter().all(|row| row.len() == n) && ", ""),
    ("psd: zero diagonal is enough", "psd", "return rest.iter().all(|&i| zero(i));", "return true;"),
    ("=psd: negative diagonal passes: the final test for zero sees it", "psd", "if rest.iter().any(|&i| m[i][i].re.is_negative()) {", "if false {"),
    ("=psd: conjugate forgotten above the diagonal: only rows with a zero diagonal lie above a pivot, and they must be zero", "psd", "m[k][i].conj()", "m[k][i].clone()"),
    ("psd: product without conjugate", "psd", "a_ik.times(&a_jk.conj())", "a_ik.times(a_jk)"),
    ("psd: wrong sign of the update", "psd", "(&p * &m[i][j].re - product.re)", "(&p * &m[i][j].re + product.re)"),
    ("psd: imaginary parts not updated", "psd", "(&p * &m[i][j].im - product.im)", "(&p * &m[i][j].im)"),
    ("psd: imaginary part of a product", "psd", "let im = &self.re * &b.im + &self.im * &b.re;", "let im = &self.re * &b.im - &self.im * &b.re;"),
    ("psd: real part of a product", "psd", "let re = &self.re * &b.re - &self.im * &b.im;", "let re = &self.re * &b.re + &self.im * &b.im;"),
    ("=strategy: denominator may be negative: positive elements do not sum to a negative multiple of I", "strategy", "ensure!(den.is_positive(), Proof at node, \"the denominator must be positive\");", "ensure!(!den.is_zero(), Proof at node, \"zero\");"),
    ("strategy: elements need not be positive", "strategy", "ensure!(psd(&element, meter)?, Proof at rows, \"not positive semidefinite\");", "let _ = psd(&element, meter)?;"),
    ("=strategy: elements need not be Hermitian: the positivity test asks for it again", "strategy", "ensure!(is_hermitian(&element), Proof at rows, \"not Hermitian\");", "let _ = is_hermitian(&element);"),
    ("strategy: no completeness", "strategy", "let complete = sum.re == wanted && sum.im.is_zero();", "let complete = sum.re == wanted || true;"),
    ("strategy: completeness on the diagonal only", "strategy", "let complete = sum.re == wanted && sum.im.is_zero();", "let complete = r != s || sum.re == wanted && sum.im.is_zero();"),
    ("strategy: completeness of real parts only", "strategy", "let complete = sum.re == wanted && sum.im.is_zero();", "let complete = sum.re == wanted;"),
    ("strategy: zero state passes", "strategy", "ensure!(!zero, Proof at list, \"the state is zero\");", "let _ = zero;"),
    ("strategy: norm forgotten", "strategy", "let mut total = f.denominator() * norm;", "let mut total = f.denominator() * (norm * 0 + 1);"),
    ("strategy: norm without imaginary parts", "strategy", "&z.re * &z.re + &z.im * &z.im", "&z.re * &z.re"),
    ("strategy: transposed measurement", "strategy", "let weight = &m[r][s];", "let weight = &m[s][r];"),
    ("strategy: transposed state", "strategy", "row[s].times(&row[r].conj())", "row[r].times(&row[s].conj())"),
    ("strategy: denominators forgotten", "strategy", "total *= lcm;", "let _ = lcm;"),
    ("strategy: factors of the common denominator forgotten", "strategy", ".map(|m| &lcm / &m.den)", ".map(|_| &lcm / &lcm)"),
    ("strategy: stale prefix", "strategy", "partial.truncate(shared.saturating_add(1));", "partial.truncate(shared.saturating_add(2));"),
    ("strategy: any number of state rows", "strategy", "ensure!(rows <= joint.saturating_mul(2), Resource at list, \"{rows} rows for {joint} dimensions\");", "let _ = rows;"),
    ("strategy: any dimension", "strategy", "within(&list, \"joint dimensions\", joint, meter.limits().dimension)?;", ""),
    ("classical: first answer only", "classical", "for (answer, cells) in level.iter().enumerate() {", "for (answer, cells) in level.iter().enumerate().take(1) {"),
    ("classical: minimum of the leaf", "classical", ".filter_map(|row| row.iter().max())", ".filter_map(|row| row.iter().min())"),
    ("classical: last leaf counts", "classical", "*best = best.take().max(Some(value));", "*best = Some(value);"),
    ("classical: needs ignored", "classical", ".all(|&(level, a)| chosen[level] == a)", ".all(|&(level, a)| chosen[level] == a || true)"),
    ("classical: cells not taken back", "classical", "tab[cell.slot] -= cell.coefficient;", "tab[cell.slot] -= cell.coefficient * 0;"),
    ("classical: cells without decisions lost", "classical", "None => tab[slot] += coefficient,", "None => tab[slot] += coefficient * 0,"),
    ("classical: strategy value ignores a player", "classical", "players.all(|((answers, &x), a)| answers.get(x) == Some(a))", "players.skip(1).all(|((answers, &x), a)| answers.get(x) == Some(a))"),
    ("classical: any number of strategies", "classical", "ensure!(nodes <= limit.into(), ", "ensure!(nodes <= limit.into() || true, "),
    ("branch: prunes too early", "branch", "if self.best.as_ref().is_some_and(|best| bound <= *best) {", "if self.best.as_ref().is_some_and(|best| bound <= best + 1) {"),
    ("branch: local part of the answer forgotten", "branch", "self.own += gain - gains", "self.own += gain - gain + gain - gains.iter().max().unwrap_or(gain) - gain + gains"),
    ("branch: exhausted order proves the claim", "branch", "self.best = Some(bound);", "let _ = bound;"),
    ("branch: repeated decision passes", "branch", ".filter(|decision| !all.contains(decision))", ""),
    ("branch: all players may decide", "branch", "let last = demand!(last, Proof at raw, \"no player is left to answer best\");", "let last = last.unwrap_or(0);"),
    ("branch: rows not restored", "branch", "self.rows[k] = row;", "let _ = (k, row);"),
    ("branch: sums not restored", "branch", "(self.tab, self.own) = (tab, own);", "let _ = (tab, own);"),
    ("branch: wrong answer fixed", "branch", "block.chunks_exact(inner).nth(a)", "block.chunks_exact(inner).next().filter(|_| a < 99)"),
    ("branch: untouched questions fixed", "branch", "let asked = |&k: &usize| tree.rows[k].x[i] == x;", "let asked = |&k: &usize| tree.rows[k].x[i] == x || true;"),
    ("branch: bound of the rows kept", "branch", "*slot += *new - *old;", "*slot += *new - *new - *old + *old;"),
    ("branch: claim rounded up", "branch", "(claim * &split.den).floor()", "(claim * &split.den).ceil()"),
    ("messages: local sums forgotten", "messages", "local[*player][x[*player]][*answer] += &value;", "let _ = &local;"),
    ("messages: rest not reduced", "messages", "Some((_, c)) => c - paid,", "Some((_, c)) => c.clone(),"),
    ("messages: unlisted cells are free", "messages", "None => -paid,", "None => BigInt::ZERO * paid,"),
    ("messages: order not tested", "functional", "ensure!(self.last < cell, (code) at row,", "ensure!(self.last < cell || bounds.len() % 2 == 0, (code) at row,"),
    ("messages: the joint part forgotten", "messages", "bound += best.unwrap_or_default();", "let _ = best;"),
    ("sos: constant charged, rest free", "sos", "c.abs() }", "c.abs() * 0 }"),
    ("sos: signs not charged", "sos", "{ c.clone() } else { c.abs() }", "{ c.clone() } else { c.clone() }"),
    ("sos: denominator not squared", "sos", "&den * &den),", "den.clone()),"),
    ("sos: denominator may be negative", "sos", "ensure!(den.is_positive(), Proof at node,", "ensure!(!den.is_zero(), Proof at node,"),
    ("sos: off-diagonal counted once", "sos", "if j == 0 { 1 } else { 2 }", "if j == 0 { 1 } else { 1 }"),
    ("sos: left factor without star", "sos", "let left = left.star();", "let left = left.clone();"),
    ("sos: Gram matrix may be indefinite", "sos", "ensure!(psd(&full, meter)?, Proof at gram,", "ensure!(psd(&full, meter)? || true, Proof at gram,"),
    ("sos: last answers not expanded", "sos", ".map(|m| (m, -&c))", ".map(|m| (m, c.clone()))"),
    ("sos: last answer is a letter", "sos", "(sizes.questions[i], sizes.answers[i].saturating_sub(1));", "(sizes.questions[i], sizes.answers[i]);"),
    ("sos: words need no normal form", "sos", ".filter(|m| m.words() == words)", ".filter(|m| m.words() == words || true)"),
    ("sos: game left out", "sos", "expand(f, &(&den / f.denominator()), &mut sum, meter)?;", ""),
    ("sos: denominators of blocks mixed up", "sos", "let factor = den / &self.den;", "let factor = den / den;"),
    ("words: different answers do not vanish", "words", "(answer == a).then_some(())", "(answer == a || true).then_some(())"),
    ("words: star does not reverse", "words", "word.iter().rev().copied().collect()", "word.to_vec()"),
    ("behaviour: negative entries", "behaviour", "ensure!(positive, Proof at list, \"a probability", "ensure!(positive || true, Proof at list, \"a probability"),
    ("behaviour: not normalised", "behaviour", "ensure!(normalised,", "ensure!(normalised || true,"),
    ("behaviour: signalling", "behaviour", "ensure!(!signals(&p, sizes, i),", "ensure!(!signals(&p, sizes, i) || true,"),
    ("behaviour: first player may signal", "behaviour", "for i in 0..sizes.players() {", "for i in 1..sizes.players() {"),
    ("behaviour: last player may signal", "behaviour", "for i in 0..sizes.players() {", "for i in 0..sizes.players().saturating_sub(1) {"),
    ("behaviour: beta unchecked", "behaviour", "ensure!(beta >= most,", "ensure!(beta >= most || true,"),
    ("behaviour: equality is a violation", "behaviour", "ensure!(at_p > beta,", "ensure!(at_p >= beta,"),
    ("behaviour: visibility unchecked", "behaviour", "ensure!(shown, Claim at at_v,", "ensure!(shown || true, Claim at at_v,"),
    ("data: unfair bets", "data", "ensure!(mean <= Rational::one(), Proof", "ensure!(mean <= Rational::one() * Rational::from_integer(9.into()), Proof"),
    ("data: negative bets", "data", "ensure!(!bet.is_negative(), Proof", "ensure!(!bet.is_negative() || true, Proof"),
    ("data: bets off the support", "data", "ensure!(!weight.is_zero(), Proof", "ensure!(!weight.is_zero() || true, Proof"),
    ("data: missing bets count as 1", "data", "let bet = demand!(bet, Claim at at_counts, \"{cell:?}: played against a bet of 0\");", "let one = Rational::one();\n        let bet = if bet.is_none() { continue } else { bet.unwrap_or(&bets[0].1) };\n        let _ = one;"),
    ("data: level not met", "data", "ensure!(won >= lost,", "ensure!(won >= lost || true,"),
    ("data: alpha above 1", "data", "alpha.is_positive() && alpha < Rational::one()", "alpha.is_positive()"),
    ("data: counts may be fractions", "data", "count.is_integer() && !count.is_negative()", "!count.is_negative()"),
    ("data: counts may be negative", "data", "count.is_integer() && !count.is_negative()", "count.is_integer()"),
    ("data: evidence unlimited", "data", ".to_u32().filter(|_| bits <= limit.into());\n        plays", ".to_u32();\n        plays"),
    ("data: functionals too", "data", "ensure!(game.kind() == GameKind::Game, Proof", "ensure!(game.kind() == GameKind::Game || true, Proof"),
    ("transfer: frequencies unchecked", "data", "*k == &n * mu)", "*k <= &n + mu)"),
    ("transfer: fractions of rounds", "data", "at == x && k.is_integer() && *k", "at == x && *k"),
    ("transfer: questions left out", "data", "&& counts.len() == game.distribution().len()\n", ""),
    ("transfer: level unchecked", "data", "ensure!(more >= less,", "ensure!(more >= less || true,"),
    ("transfer: rounds down", "data", "(inner * &n).ceil()", "(inner * &n).floor()"),
    ("transfer: below the empirical bound", "data", "ensure!(above,", "ensure!(above || value.is_positive(),"),
    ("transfer: above 1", "data", "ensure!(*value <= Rational::one(), Claim", "ensure!(*value <= Rational::one() + Rational::one(), Claim"),
    ("transfer: any earlier proof", "proofs", "ensure!(inner.kind.is_upper(), Claim", "ensure!(inner.kind.is_upper() || true, Claim"),
    ("conclusion: advantage over nothing", "proofs", "ensure!(value <= gap, Claim at at, \"the bounds are closer", "ensure!(value <= gap || true, Claim at at, \"the bounds are closer"),
    ("conclusion: no advantage", "proofs", "ensure!(value.is_positive(), Claim", "ensure!(value.is_positive() || true, Claim"),
    ("conclusion: eps unchecked", "proofs", "ensure!(value >= gap, Claim", "ensure!(value >= gap || true, Claim"),
    ("=conclusion: negative eps: it would be below the gap of two true bounds", "proofs", "ensure!(!value.is_negative(), Claim", "ensure!(!value.is_negative() || true, Claim"),
    ("conclusion: classical bound on quantum value", "proofs", "matches!(upper.kind, Kind::QuantumUpper | Kind::NsUpper)", "upper.kind.is_upper()"),
    ("conclusion: advantage from any lower bound", "proofs", "let fits = quantum && upper.kind.is_upper();", "let fits = upper.kind.is_upper();"),
    ("conclusion: any upper end", "proofs", "let fits = quantum && upper.kind.is_upper();", "let fits = quantum;"),
    ("conclusion: eps of any lower end", "proofs", "_ => false,", "_ => true,"),
    ("proofs: lower claims unchecked", "proofs", "ensure!(claim <= proved.value, Claim", "ensure!(claim <= proved.value || true, Claim"),
    ("proofs: upper claims unchecked", "proofs", "ensure!(claim >= proved.value, Claim", "ensure!(claim >= proved.value || true, Claim"),
    ("proofs: a visibility above 1", "proofs", "ensure!(!carries_own || claim <= Rational::one(), Claim", "ensure!(!carries_own || claim <= Rational::one() || true, Claim"),
    ("proofs: the shown value printed", "proofs", "proved.value = claim;", "let _ = &mut proved; let _ = claim;"),
    ("proofs: fields of other types", "proofs", "ensure!(mine, Shape", "ensure!(mine || true, Shape"),
    ("proofs: answers out of range", "proofs", "demand!(a.below(na), Proof", "demand!(a.below(na.max(99)), Proof"),
    ("proofs: repeated ids", "proofs", "ensure!(new, Shape", "ensure!(new || true, Shape"),
    ("game: probabilities need not sum to 1", "game", "ensure!(sum == den, Game", "ensure!(sum == den || true, Game"),
    ("game: negative probabilities", "game", "ensure!(positive, Game", "ensure!(positive || true, Game"),
    ("game: win off the support", "game", "let weight = demand!(weight, Game at row, \"asked with probability 0\").clone();", "let weight = weight.cloned().unwrap_or_else(Rational::zero);"),
    ("game: rows need not increase", "functional", "ensure!(self.last < cell, (code) at row,", "ensure!(self.last < cell || true, (code) at row,"),
    ("game: equal rows", "functional", "ensure!(self.last < cell, (code) at row,", "ensure!(self.last <= cell, (code) at row,"),
    ("game: zero coefficients", "game", "ensure!(nonzero, Game", "ensure!(nonzero || true, Game"),
    ("game: names of any characters", "game", "ensure!(good, Shape at node", "ensure!(good || !name.is_empty(), Shape at node"),
    ("game: different numbers of players", "game", "ensure!(same, Game", "ensure!(same || questions.len() < answers.len(), Game"),
    ("game: mu left out of the identity", "game", "format!(r#\"{head},\"mu\":{mu_text},\"win\":[{rows}]}}\"#)", "format!(r#\"{head},\"win\":[{rows}]}}\"#, ) + &mu_text[..0]"),
    ("game: format fields in certificates", "mod", "ensure!(bare, Shape at table", "ensure!(bare || true, Shape at table"),
    ("num: fractions need not be in lowest terms", "num", "denom.is_one() || numer.gcd(&denom).is_one();", "denom.is_one() || numer.gcd(&denom).is_one() || true;"),
    ("num: leading zeros", "num", "&& (!digits.starts_with('0') || text == \"0\")", "&& (!text.starts_with(\"-0\") || text == \"0\")"),
    ("num: minus zero", "num", "&& (!digits.starts_with('0') || text == \"0\")", "&& (!digits.starts_with('0') || digits == \"0\")"),
    ("num: denominators 0 and 1", "num", "![\"0\", \"1\"].contains(&denom)", "![\"0\", \"2/\"].contains(&denom)"),
    ("num: negative denominators", "num", "let above_one = !denom.starts_with('-') && ", "let above_one = "),
    ("num: any number of digits", "num", "ensure!(n <= max_digits,", "ensure!(n <= max_digits || true,"),
    ("num: decimals rounded the wrong way", "num", "scaled.div_floor(value.denom())", "scaled.div_ceil(value.denom())"),
    ("num: upper decimals rounded the wrong way", "num", "scaled.div_ceil(value.denom())", "scaled.div_floor(value.denom())"),
    ("num: denominator bits unlimited", "num", "ensure!(all.bits() <= limit,", "ensure!(all.bits() <= limit || true,"),
    ("statement: all decimals rounded up", "statement", "if self.kind.is_lower() {\n            decimal_down", "if false {\n            decimal_down"),
    ("statement: inexact decimals called exact", "statement", "let rounded = if exact {", "let rounded = if exact || true {"),
    ("json: escapes pass", "json", "!b.is_ascii() || b == b'\\\\'", "!b.is_ascii()"),
    ("=json: other alphabets pass: no field of the format can hold them", "json", "!b.is_ascii() || b == b'\\\\'", "b == b'\\\\'"),
    ("json: nesting unlimited", "json", "ensure!(depth <= limits.nesting,", "ensure!(depth <= limits.nesting || true,"),
    ("=json: brackets in strings count: no text of the format holds one", "json", "b'\"' => quoted = !quoted,", "b'\"' => quoted = false,"),
    ("json: file unlimited", "json", "within(&\"file\", \"bytes\", bytes.len(), limits.file)?;", ""),
    ("json: indices unlimited", "json", "i.unsigned_abs() < 1_000_000_000", "i.unsigned_abs() < u64::MAX"),
    ("json: repeated fields pass", "json", "if names.windows(2).any(|two| two[0] == two[1]) {", "if false {"),
    ("json: unknown fields pass", "json", "return Err(refuse!(Shape at self, \"an unknown field `{}`\", excerpt(name)));", "continue;"),
    ("=json: pairs of any length: whoever reads a pair asks for two", "json", "(Pair(_), Json::List(list)) if list.len() != 2 => false,", ""),
    ("json: rows without a number", "json", "!matches!(list.last(), None | Some(Json::Index(_)))", "list.last().is_some()"),
    ("json: floats are texts", "json", "return Err(refuse!(Number at self, \"numbers are written as texts like \\\"1/4\\\"\"));", "return Ok((\"1\", 9));"),
    ("json: lists of another length", "json", "ensure!(n == wanted, Shape at self,", "ensure!(n >= wanted, Shape at self,"),
    ("limits: work unlimited", "limits", ".and_then(|need| self.left.checked_sub(need))", ".map(|need| self.left.saturating_sub(need).max(1))"),
    ("limits: work not used up", "limits", "self.left = left.ok_or_else(", "let _ = left.ok_or_else("),
    ("limits: sizes unlimited", "limits", "ensure!(fits, Resource", "ensure!(fits || true, Resource"),
    ("mod: any version", "mod", "&& version == Some(1)", ""),
    ("mod: any format", "mod", "format.text() == \"qcert\" &&", ""),
    ("mod: no proofs", "mod", "ensure!(list.len() > 0, Shape", "ensure!(list.len() > 0 || true, Shape"),
    ("mod: any number of proofs", "mod", "within(&list, \"proofs\", list.len(), most)?;", ""),
    ("mod: last bytes unread", "mod", "self.plain?;", "let _ = self.plain;"),
]


def cargo_toml():
    """The crate's manifest, reduced to what the checker and its tests need."""
    wanted = ("num-", "serde", "sha2", "thiserror")
    tests = ("proptest", "tempfile")
    extra = ("rand", "rand_xoshiro")
    section, deps, dev = "", [], []
    for line in (ROOT / "Cargo.toml").read_text().splitlines():
        if line.startswith("["):
            section = line
        name = line.split("=")[0].strip()
        if section == "[dependencies]" and name.startswith(wanted):
            deps.append(line)
        if (section == "[dependencies]" and name in extra) or (section == "[dev-dependencies]" and name in tests):
            dev.append(line)
    return "\n".join(["[package]", 'name = "bellwether"', 'version = "0.0.0"', 'edition = "2024"', "[dependencies]", *deps,
                      "[dev-dependencies]", *dev, "[profile.release]", "overflow-checks = true", "opt-level = 0",
                      "debug = false", "codegen-units = 16", "incremental = true",
                      "[profile.release.package.\"*\"]", "opt-level = 2", ""])


def build(folder):
    shutil.copytree(ROOT / "src/check", folder / "src/check")
    shutil.copytree(ROOT / "tests/check", folder / "tests/check")
    shutil.copytree(ROOT / "tests/data/certificates", folder / "tests/data/certificates")
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    (folder / "Cargo.toml").write_text(cargo_toml())
    (folder / "src/lib.rs").write_text("pub mod check;\n")
    # not the comparison with Python and not the program: the tests of the library must see everything
    text = (ROOT / "tests/check.rs").read_text()
    for module in ("python", "program"):
        text = text.replace(f'#[path = "check/{module}.rs"]\nmod {module};\n', "")
    (folder / "tests/check.rs").write_text(text)


def passes(folder):
    command = ["cargo", "test", "--release", "--quiet", "--test", "check"]
    # a mutant that needs more than 32 random cases to be seen is not seen
    few = dict(os.environ, PROPTEST_CASES="32", RUST_BACKTRACE="0")
    # a process group of its own, so that a mutant that never ends is stopped together with what it started
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=few,
                           start_new_session=True)
    try:
        out, errors = run.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        return False, "timeout"
    compiled = "error: could not compile" not in errors
    if not compiled:
        return None, errors
    return run.returncode == 0, out


def main():
    chosen = [m for m in MUTATIONS if all(word in m[0] for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build(folder)
        good, out = passes(folder)
        if not good:
            sys.exit(f"the tests fail without any mutation:\n{out[-2000:]}")
        survivors, broken = [], []
        for k, (name, file, old, new) in enumerate(chosen):
            path = folder / f"src/check/{file}.rs"
            text = path.read_text()
            if text.count(old) != 1:
                sys.exit(f"{name}: {text.count(old)} places in {file}.rs, wanted 1")
            path.write_text(text.replace(old, new))
            survived, out = passes(folder)
            path.write_text(text)
            word = {None: "DOES NOT COMPILE", True: "SURVIVED", False: "caught  "}[survived]
            print(f"{k + 1}/{len(chosen)} {word} {name}", flush=True)
            if survived is None:
                print(out[-1500:])
                broken.append(name)
            if survived:
                survivors.append(name)
    caught = len(chosen) - len(survivors) - len(broken)
    print(f"{caught} of {len(chosen)} caught; survivors: {survivors}; do not compile: {broken}")
    sys.exit(bool(broken) or any(not name.startswith("=") for name in survivors))


if __name__ == "__main__":
    main()
