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
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# (name, file, old, new); a name beginning with "=" is a change after which the same files are accepted, for the reason at its end
MUTATIONS = [
    ("psd: no Hermitian test", "psd", "if !is_hermitian(a) {\n        return Ok(false);", "if false {\n        return Ok(false);"),
    ("psd: imaginary diagonal passes", "psd", "(i..a.len()).all(|j| a[i][j] == a[j][i].conj())", "(i.saturating_add(1)..a.len()).all(|j| a[i][j] == a[j][i].conj())"),
    ("psd: zero diagonal is enough", "psd", "return rest.iter().all(|&i| below(i));", "return true;"),
    ("=psd: negative diagonal passes: the final test for zero sees it", "psd", "if rest.iter().any(|&i| m[i][i].real().is_negative()) {", "if false {"),
    ("=psd: conjugate forgotten above the diagonal: only rows with a zero diagonal lie above a pivot, and they must be zero", "psd", "m[k][i].conjugate()", "m[k][i].clone()"),
    ("psd: product without conjugate", "psd", "self.im += &a.im * &b.re - &a.re * &b.im;", "self.im += &a.im * &b.re + &a.re * &b.im;"),
    ("psd: wrong sign of the update", "psd", "(p * self - u * v) / last", "(p * self + u * v) / last"),
    ("=strategy: denominator may be negative: positive elements do not sum to a negative multiple of I", "strategy", "if !den.is_positive() {", "if den.is_zero() {"),
    ("strategy: elements need not be positive", "strategy", "if !psd(&element, meter).map_err(here)? {", "if !psd(&element, meter).map_err(here)? && false {"),
    ("=strategy: elements need not be Hermitian: the positivity test asks for it again", "strategy", "if !is_hermitian(&element) {", "if false {"),
    ("strategy: no completeness", "strategy", "if sum.re != wanted || !sum.im.is_zero() {", "if false {"),
    ("strategy: completeness on the diagonal only", "strategy", "if sum.re != wanted || !sum.im.is_zero() {", "if r == s && sum.re != wanted {"),
    ("strategy: zero state passes", "strategy", "if rows.iter().flatten().all(Gauss::is_zero) {", "if false {"),
    ("strategy: norm forgotten", "strategy", "let mut total = f.denominator() * norm(&self.state);", "let mut total = f.denominator() * BigInt::from(1);"),
    ("strategy: norm without imaginary parts", "strategy", ".map(|z| &z.re * &z.re + &z.im * &z.im)\n        .sum()", ".map(|z| &z.re * &z.re)\n        .sum()"),
    ("strategy: transposed measurement", "strategy", "let weight = &m[r][s];", "let weight = &m[s][r];"),
    ("strategy: denominators forgotten", "strategy", "total *= lcm;", "let _ = lcm;"),
    ("strategy: stale prefix", "strategy", "partial.truncate(shared.saturating_add(1));", "partial.truncate(shared.saturating_add(2));"),
    ("classical: first answer only", "classical", "descend = next < self.levels[chosen.len()].answers.len();", "descend = next < self.levels[chosen.len()].answers.len().min(1);"),
    ("classical: minimum of the leaf", "classical", "tab.chunks_exact(answers).filter_map(|row| row.iter().max())", "tab.chunks_exact(answers).filter_map(|row| row.iter().min())"),
    ("classical: last leaf counts", "classical", "best = Some(best.map_or(value.clone(), |b| b.max(value)));", "best = Some(value);"),
    ("classical: needs ignored", "classical", "if cell.needs.iter().all(|&(level, a)| above[level] == a) {", "if true {"),
    ("classical: strategy value ignores a player", "classical", ".all(|((answers, &x), a)| answers.get(x) == Some(a))", ".skip(1).all(|((answers, &x), a)| answers.get(x) == Some(a))"),
    ("branch: prunes too early", "branch", "if best.as_ref().is_some_and(|best| bound <= *best) {\n                continue;", "if best.as_ref().is_some_and(|best| bound <= *best) || depth > 0 {\n                continue;"),
    ("branch: local part of the answer forgotten", "branch", "self.own += &gain;", "let _ = &gain;"),
    ("branch: exhausted order proves the claim", "branch", "best = Some(bound);\n            } else", "let _ = bound;\n            } else"),
    ("branch: repeated decision passes", "branch", "Some(d) if !all.contains(&d) => all.push(d),", "Some(d) => all.push(d),"),
    ("branch: all players may decide", "branch", ".ok_or_else(|| proof(\"order\", \"no player is left to answer best\"))?;", ".unwrap_or(0);"),
    ("branch: rows not restored", "branch", "for (k, row) in undo {\n                self.exchange(k, row);", "for (k, row) in undo {\n                let _ = (k, row);"),
    ("branch: wrong answer fixed", "branch", ".filter_map(|block| block.chunks_exact(inner.max(1)).nth(a))", ".filter_map(|block| block.chunks_exact(inner.max(1)).next())"),
    ("messages: local sums forgotten", "messages", "local[m.player][m.questions[m.player]][m.answer] += &value;", "let _ = &local;"),
    ("messages: rest not reduced", "messages", "Some((_, c)) => c - paid,", "Some((_, c)) => c.clone(),"),
    ("messages: unlisted cells are free", "messages", "None => -paid,", "None => -paid.clone() - paid,"),
    ("messages: order not tested", "messages", "ascending(last.as_ref(), &at, RejectCode::Proof).map_err(here)?;", ""),
    ("sos: constant charged, rest free", "sos", "c.abs() })", "BigInt::zero() })"),
    ("sos: signs not charged", "sos", "c.clone() } else { c.abs() }", "c.clone() } else { c.clone() }"),
    ("sos: denominator not squared", "sos", "den: &den * &den,", "den: den.clone(),"),
    ("sos: denominator may be negative", "sos", "if !den.is_positive() {", "if den.is_zero() {"),
    ("sos: off-diagonal counted once", "sos", "BigInt::from(if j == 0 { 1 } else { 2 })", "BigInt::from(1)"),
    ("sos: left factor without star", "sos", "let left = left.star();", "let left = left.clone();"),
    ("sos: Gram matrix may be indefinite", "sos", "if !psd(&full, meter)? {", "if !psd(&full, meter)? && false {"),
    ("sos: last answers not expanded", "sos", "next.extend(m.with_letter(i, (x, other)).map(|m| (m, -&c)));", "next.extend(m.with_letter(i, (x, other)).map(|m| (m, c.clone())));"),
    ("sos: last answer is a letter", "sos", "let (nq, last) = (sizes.questions[i], sizes.answers[i].saturating_sub(1));", "let (nq, last) = (sizes.questions[i], sizes.answers[i]);"),
    ("sos: words need no normal form", "sos", "Some(m) if *m.words() == all => Ok(m),", "Some(m) => Ok(m),"),
    ("sos: game left out", "sos", "expand(f, &(&den / f.denominator()), &mut sum, meter)?;", ""),
    ("words: different answers do not vanish", "words", "(answer == a).then_some(())", "Some(())"),
    ("words: star does not reverse", "words", "word.iter().rev().copied().collect()", "word.to_vec()"),
    ("behaviour: negative entries", "behaviour", "if value.is_negative() {", "if false {"),
    ("behaviour: not normalised", "behaviour", "behaviour.normalised(sizes)?;", ""),
    ("behaviour: signalling", "behaviour", "behaviour.no_signalling(sizes)?;", ""),
    ("behaviour: first player may signal", "behaviour", "for i in 0..sizes.players() {\n            let inner", "for i in 1..sizes.players() {\n            let inner"),
    ("behaviour: beta unchecked", "behaviour", "if *beta < classical_max", "if *beta < -classical_max"),
    ("behaviour: equality is a violation", "behaviour", "if at_p <= *beta {", "if at_p < *beta {"),
    ("behaviour: visibility unchecked", "behaviour", "if visibility * (at_p - &at_uniform) < beta - at_uniform {", "if visibility * (at_p - &at_uniform) < Rational::zero() - at_uniform * Rational::zero() {"),
    ("data: unfair bets", "data", "> Rational::one() {\n        return Err(proof(\n            \"bets\"", "> Rational::from_integer(9.into()) {\n        return Err(proof(\n            \"bets\""),
    ("data: negative bets", "data", "if bet.is_negative() {", "if false {"),
    ("data: missing bets count as 1", "data", ".ok_or_else(|| here(claim(\"\", \"this cell was played against a bet of 0\")))?;", ".unwrap_or(&bets[0].1);"),
    ("data: level not met", "data", "if numer < denom {", "if false {"),
    ("data: alpha above 1", "data", "if !alpha.is_positive() || *alpha >= Rational::one() {", "if !alpha.is_positive() {"),
    ("data: counts may be fractions", "data", "if !count.is_integer() || count.is_negative() {", "if count.is_negative() {"),
    ("transfer: frequencies unchecked", "transfer", "count.is_integer() && *count == &n * mu", "count.is_integer() && *count >= n.clone() * mu - n.clone()"),
    ("transfer: fractions of rounds", "transfer", "count.is_integer() && *count == &n * mu", "*count == &n * mu"),
    ("transfer: level unchecked", "transfer", "if numer * alpha.numer() < denom * alpha.denom() {", "if false {"),
    ("transfer: rounds down", "transfer", "(inner * &n).ceil()", "(inner * &n).floor()"),
    ("transfer: any earlier proof", "proofs", "if !inner.kind().is_upper() {", "if false {"),
    ("conclusion: advantage over nothing", "conclusion", "if gap < *value {", "if false {"),
    ("conclusion: no advantage", "conclusion", "if !value.is_positive() {", "if false {"),
    ("conclusion: eps unchecked", "conclusion", "if gap > *value {", "if false {"),
    ("conclusion: classical bound on quantum value", "conclusion", "let bounds_quantum = matches!(upper.kind(), Kind::QuantumUpper | Kind::NsUpper);", "let bounds_quantum = bounds_classical;"),
    ("conclusion: advantage from any lower bound", "conclusion", "fits(lower.kind() == Kind::QuantumLower, \"lower\", lower)?;", ""),
    ("conclusion: any upper end", "conclusion", "fits(bounds_classical, \"upper\", upper)?;", ""),
    ("proofs: lower claims unchecked", "proofs", "if kind.is_lower() && value > shown {", "if false {"),
    ("proofs: upper claims unchecked", "proofs", "if !kind.is_lower() && value < shown {", "if false {"),
    ("proofs: fields of other types", "proofs", ".find(|name| *name != \"value\" && !fields(kind).contains(name))", ".find(|name| *name == \"none\")"),
    ("proofs: answers out of range", "proofs", "list.iter().map(|a| a.below(na)).collect()", "list.iter().map(|a| a.below(99)).collect()"),
    ("game: probabilities need not sum to 1", "game", "distribution(&mu, meter).map_err(|e| e.under(\"mu\"))?;", ""),
    ("game: win off the support", "game", ".ok_or_else(|| here(game(\"\", \"this question tuple has probability 0\")))?\n            .clone();", ".cloned()\n            .unwrap_or_else(Rational::zero);"),
    ("game: rows need not increase", "functional", "if last.is_some_and(|last| last >= next) {", "if false {"),
    ("game: equal rows", "functional", "if last.is_some_and(|last| last >= next) {", "if last.is_some_and(|last| last > next) {"),
    ("game: zero coefficients", "game", "if let Some(k) = rows.iter().position(|(_, c)| c.is_zero()) {", "if let Some(k) = rows.iter().position(|_| false) {"),
    ("game: names of any characters", "game", "if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {", "if name.bytes().all(|b| allowed(b) || b > 0) {"),
    ("num: fractions need not be in lowest terms", "num", "if denom.is_one() || numer.gcd(&denom).is_one() {", "if true {"),
    ("num: leading zeros", "num", "&& (text == \"0\" || !text.starts_with('0'))", ""),
    ("num: minus zero", "num", "if !is_natural(digits) || (digits == \"0\" && text != \"0\") {", "if !is_natural(digits) {"),
    ("num: any number of digits", "num", "if digits.len() > max_digits {", "if false {"),
    ("num: decimals rounded the wrong way", "num", ".div_floor(value.denom())", ".div_ceil(value.denom())"),
    ("json: escapes pass", "json", "!b.is_ascii() || b == b'\\\\'", "!b.is_ascii()"),
    ("json: nesting unlimited", "json", "if depth > limits.nesting {", "if false {"),
    ("json: file unlimited", "json", "if u64::try_from(bytes.len()).is_ok_and(|n| n > limits.file) {", "if false {"),
    ("json: indices unlimited", "json", "if value.unsigned_abs() < 1_000_000_000 {", "if true {"),
    ("limits: work unlimited", "limits", ".and_then(|need| self.left.checked_sub(need))", ".map(|need| self.left.saturating_sub(need).max(1))"),
    ("limits: sizes unlimited", "limits", "if u64::try_from(given).is_ok_and(|given| given <= limit) {", "if true {"),
    ("mod: any version", "mod", "if raw.format != \"qcert\" || !raw.version.is(1) {", "if raw.format != \"qcert\" {"),
    ("mod: repeated ids", "mod", "if proved.iter().any(|p| p.id() == raw.id) {", "if false {"),
    ("mod: no proofs", "mod", "if self.raw.proofs.is_empty() {", "if false {"),
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
                      "[dev-dependencies]", *dev, "[profile.release]", "overflow-checks = true", "opt-level = 1",
                      "debug = false", "codegen-units = 16", "incremental = true", ""])


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
    # a mutant that needs more than 64 random cases to be seen is not seen
    few = dict(os.environ, PROPTEST_CASES="64", RUST_BACKTRACE="0")
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, env=few)
    except subprocess.TimeoutExpired:
        return False, "timeout"
    compiled = "error: could not compile" not in run.stderr
    if not compiled:
        sys.exit(f"does not compile:\n{run.stderr[-2000:]}")
    return run.returncode == 0, run.stdout


def main():
    chosen = [m for m in MUTATIONS if all(word in m[0] for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build(folder)
        good, out = passes(folder)
        if not good:
            sys.exit(f"the tests fail without any mutation:\n{out[-2000:]}")
        survivors = []
        for k, (name, file, old, new) in enumerate(chosen):
            path = folder / f"src/check/{file}.rs"
            text = path.read_text()
            if text.count(old) != 1:
                sys.exit(f"{name}: {text.count(old)} places in {file}.rs, wanted 1")
            path.write_text(text.replace(old, new))
            survived, _ = passes(folder)
            path.write_text(text)
            print(f"{k + 1}/{len(chosen)} {'SURVIVED' if survived else 'caught  '} {name}", flush=True)
            if survived:
                survivors.append(name)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} caught; survivors: {survivors}")
    sys.exit(any(not name.startswith("=") for name in survivors))


if __name__ == "__main__":
    main()
