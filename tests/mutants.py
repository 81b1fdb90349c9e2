#!/usr/bin/env python3
"""Breaks the checker in one place at a time and asks whether its tests notice.

    python3 tests/mutants.py [words that a mutation's name must contain]

The checker imports nothing of the rest, so a copy of `src/check` with its tests is a small crate of its own that builds in
seconds. Every mutation replaces one piece of text by another; a piece that is not found exactly once is an error, so the list
cannot rot. Prints the survivors; exit code 1 if there are any but those marked equivalent, with the reason, below.
"""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# (name, file, old, new); a name beginning with "=" is a change after which the same files are accepted, for the reason at its end
MUTATIONS = [
    ("psd: no symmetric test", "psd", "if !symmetric {", "if false {"),
    ("psd: the first column need not be symmetric", "psd", "(0..i).all(|j| a[i][j] == a[j][i])", "(1..i).all(|j| a[i][j] == a[j][i])"),
    ("psd: rows of any length", "psd", "a.iter().all(|row| row.len() == n) && ", ""),
    ("psd: zero diagonal is enough", "psd", "Ok(rest.iter().all(|&i| rest.iter().all(|&j| j > i || a[i][j].is_zero())))", "Ok(true)"),
    ("psd: negative pivots pass", "psd", "if pivot.is_negative() {", "if false {"),
    ("psd: wrong sign of the update", "psd", "&pivot * &a[i][j] - a_ik * a_jk", "&pivot * &a[i][j] + a_ik * a_jk"),
    ("psd: the diagonal is not updated", "psd", "take_while(|&(&j, _)| j <= i)", "take_while(|&(&j, _)| j < i)"),
    ("psd: entries above the diagonal are read", "psd", "a[i.max(k)][i.min(k)].clone()", "a[i][k].clone()"),
    ("psd: no division: a positive factor changes no sign, only the time", "psd", "last = pivot;", "let _ = (&mut last, pivot);"),
    ("psd: a division that leaves a rest", "psd", "let mut last = BigInt::one();", "let mut last = BigInt::from(2);"),
    ("psd: sign of J", "psd", "part(|z| -&z.im)", "part(|z| z.im.clone())"),
    ("psd: J forgotten", "psd", "if a.iter().flatten().all(|z| z.im.is_zero()) {", "if true {"),
    ("psd: J of the first row forgotten", "psd", "if a.iter().flatten().all(", "if a.iter().skip(1).flatten().all("),
    ("psd: R and J exchanged below", "psd", "im.iter().zip(&re));", "re.iter().zip(&im));"),
    ("psd: free tests", "psd", "meter.charge(\"a positivity test\", big(n).pow(3) * (&words * &words / 32 + 16))?;", "let _ = (words, meter);"),
    ("strategy: dimensions of 0", "strategy", "ensure!(dims.iter().all(|&d| d >= 1), Shape: \"dimensions are at least 1\");", ""),
    ("strategy: any dimension", "strategy", "within(\"joint dimensions\", joint, meter.limits.dimension)?;", ""),
    ("strategy: any number of state rows", "strategy", "ensure!(given <= most, Resource:", "ensure!(given <= most || true, Resource:"),
    ("strategy: zero state passes", "strategy", "ensure!(norm.is_positive(), Proof:", "ensure!(norm.is_positive() || true, Proof:"),
    ("strategy: norm forgotten", "strategy", "&f.den * norm * lcms", "&f.den * lcms"),
    ("strategy: norm without imaginary parts", "strategy", "map(Gauss::norm_sqr)", "map(|z| &z.re * &z.re)"),
    ("strategy: denominators of measurements forgotten", "strategy", " * lcms.iter().product::<BigInt>()", ""),
    ("strategy: denominator of the game forgotten", "strategy", "&f.den * norm * lcms", "norm * lcms"),
    ("strategy: factors of the common denominator forgotten", "strategy", "value * (&lcms[i] / den)", "value * (den / den)"),
    ("=strategy: denominator may be negative: positive elements do not sum to a negative multiple of 1", "strategy",
     "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_zero(), Proof:"),
    ("strategy: denominator may be 0", "strategy", "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_negative(), Proof:"),
    ("strategy: elements need not be positive", "strategy", "ensure!(psd(&element, meter)?, Proof:", "ensure!(psd(&element, meter)? || true, Proof:"),
    ("strategy: no completeness", "strategy", "ensure!(complete, Proof:", "ensure!(complete || true, Proof:"),
    ("strategy: completeness on the diagonal only", "strategy", "rest.iter().flatten().all(Gauss::is_zero)", "(0..d).all(|r| rest[r][r].is_zero())"),
    ("strategy: completeness of real parts only", "strategy", "rest.iter().flatten().all(Gauss::is_zero)", "rest.iter().flatten().all(|z| z.re.is_zero())"),
    ("strategy: completeness of the first row only", "strategy", "rest.iter().flatten().all(", "rest.iter().take(1).flatten().all("),
    ("strategy: transposed state", "strategy", "&b[s] * b[r].conj()", "&b[r] * b[s].conj()"),
    ("strategy: state without conjugate", "strategy", "&b[s] * b[r].conj()", "&b[s] * &b[r]"),
    ("strategy: first row of the state only", "strategy", "state.iter().map(|b| &b[s]", "state.iter().take(1).map(|b| &b[s]"),
    ("strategy: transposed measurement", "strategy", "*entry += &m[r][s] * value", "*entry += &m[s][r] * value"),
    ("strategy: one element for all answers", "strategy", "one.0[i] == other.0[i]", "one.0[i].0 == other.0[i].0"),
    ("strategy: free contraction", "strategy", "meter.charge(\"the value of a quantum strategy\", work)?;", "let _ = work;"),
    ("classical: first answer only", "classical", "in level.iter().enumerate() {", "in level.iter().enumerate().take(1) {"),
    ("classical: minimum of the leaf", "classical", "let value = rows.filter_map(|row| row.iter().max()).sum();", "let value = rows.filter_map(|row| row.iter().min()).sum();"),
    ("classical: last leaf counts", "classical", "*best = best.take().max(Some(value));", "*best = Some(value);"),
    ("classical: needs ignored", "classical", "all(|&(level, a)| chosen[level] == a)", "all(|&(level, a)| chosen[level] == a || true)"),
    ("classical: cells not taken back", "classical", "tab[*slot] -= *c", "tab[*slot] -= *c * 0"),
    ("classical: cells without decisions lost", "classical", "None => tab[slot] += &cell.c,", "None => tab[slot] += &cell.c * 0,"),
    ("classical: one row for all questions", "classical", "place(&[cell.x[last], cell.a[last]],", "place(&[0, cell.a[last]],"),
    ("classical: denominator forgotten", "classical", "Rational::new(best.unwrap_or_default(), f.den.clone())", "Rational::from(best.unwrap_or_default())"),
    ("classical: strategy value ignores a player", "classical", "players.all(|((answers, &x), a)|", "players.skip(1).all(|((answers, &x), a)|"),
    ("classical: any number of strategies", "classical", "ensure!(nodes <= limit.into(), ", "ensure!(nodes <= limit.into() || true, "),
    ("classical: free enumeration", "classical",
     "meter.charge(\"the enumeration of deterministic strategies\", work * (words(weight.bits()) + 12))?;", "let _ = (work, weight);"),
    ("classical: free cells", "classical", "meter.charge(\"the cells of a functional\", big(f.cells.len()) * f.players() * 100)?;", ""),
    ("branch: prunes too early", "branch", "|best| bound <= *best) {", "|best| bound <= best + 1) {"),
    ("branch: exhausted order proves the claim", "branch", "self.best = Some(bound);", "let _ = bound;"),
    ("branch: repeated decision passes", "branch", "ensure!(!all.contains(&(i, x)), Proof: \"decided before\");", ""),
    ("branch: all players may decide", "branch", "last.ok_or_else(|| refuse!(Proof: \"no player is left to answer best\"))?", "last.unwrap_or(0)"),
    ("branch: another player's questions", "branch", "question.index(f.questions[i])?", "question.index(usize::MAX)?"),
    ("=branch: any number of decisions: those of six players with 64 questions are distinct", "branch", "within(\"decisions\", list.list()?.len(), 4096)?;", ""),
    ("branch: answers not taken back", "branch", "self.fixed[i][x] = None;", ""),
    ("branch: wrong answer fixed", "branch", "self.fixed[i][x] = Some(a);", "self.fixed[i][x] = Some(a.min(0));"),
    ("branch: nothing is fixed", "branch", "is_none_or(|fixed| fixed == a)", "is_none_or(|fixed| fixed == a || true)"),
    ("branch: last open answer counts", "branch", "*most = (*most).max(Some(value));", "*most = Some(value);"),
    ("branch: rest forgotten", "branch", "*slot += most)", "*slot += most * 0)"),
    ("branch: rest of all questions in one row", "branch", "&mut tab[x[self.last]]", "&mut tab[0]"),
    ("branch: minimum of the rows", "branch", "let mut bound: BigInt = tab.iter().filter_map(|row| row.iter().max()).sum();",
     "let mut bound: BigInt = tab.iter().filter_map(|row| row.iter().min()).sum();"),
    ("branch: local part of the last player forgotten", "branch", "let mut tab = self.split.local[self.last].clone();",
     "let mut tab = self.split.local[self.last].clone();\n        tab.iter_mut().flatten().for_each(|v| *v *= 0);"),
    ("branch: local part of the others forgotten", "branch", "bound += mine.map(|(_, value)| value).max().unwrap_or(&BigInt::ZERO);", "bound += mine.count() * 0;"),
    ("branch: minimum of the local part", "branch", "mine.map(|(_, value)| value).max()", "mine.map(|(_, value)| value).min()"),
    ("branch: local part at the best answer", "branch", "open(i, x, *a))", "open(i, x, *a) || true)"),
    ("branch: claim rounded up", "branch", "(claim * &split.den).floor()", "(claim * &split.den).ceil()"),
    ("=branch: the floor of the claim is shown: the claim is printed all the same", "branch", "|claim| claim.clone().max(best)", "|_| best"),
    ("branch: free nodes", "branch", "meter.charge(\"a node of the branch and bound\", self.node.clone())?;", ""),
    ("branch: free local parts", "branch", "(tables * f.players() + locals)", "(tables * f.players() + locals * 0)"),
    ("messages: local sums forgotten", "messages", "local[*i][x[*i]][*a] += m;", "local[*i][x[*i]][*a] += m * 0;"),
    ("messages: rest not reduced", "messages", "|(entry, _)| *entry -= &m)", "|(entry, _)| *entry -= &m * 0)"),
    ("messages: every answer pays", "messages", "answer[*i] == *a)", "answer[*i] == *a || true)"),
    ("messages: free where no cell is", "messages", "cell.x.as_slice()).chain(asked) {", "cell.x.as_slice()).chain(asked.take(0)) {"),
    ("messages: rows need not increase", "messages", "increasing(list, read)", "list.each(|row| read(row.list()?))"),
    ("messages: joint part forgotten", "messages", ".chain(split.rests.values());", ".chain(split.rests.values().take(0));"),
    ("messages: minimum", "messages", "terms.filter_map(|term| term.iter().max())", "terms.filter_map(|term| term.iter().min())"),
    ("messages: cells not scaled", "messages", "&cell.c * (&den / &f.den)", "&cell.c * (&den / &den)"),
    ("messages: messages not scaled", "messages", "m.numer() * (&den / m.denom())", "m.numer() * (&den / &den)"),
    ("messages: free tables", "messages", "meter.charge(\"the tables of all joint answers\", work * &words + scaled)?;", "let _ = (work, scaled);"),
    ("messages: free cells", "messages", "work * &words + scaled)?;", "work * &words + scaled * 0)?;"),
    ("messages: joint answers are free without questions", "messages", "(big(rests.len()) + 1) * 512", "big(rests.len()) * 512"),
    ("sos: constant charged, rest free", "sos", "else { c.abs() }", "else { c.abs() * 0 }"),
    ("sos: signs not charged", "sos", "else { c.abs() }", "else { c.clone() }"),
    ("sos: denominator not squared", "sos", "den = &den * &den;", "den = &den * 1;"),
    ("sos: denominator may be negative", "sos", "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_zero(), Proof:"),
    ("sos: off-diagonal counted once", "sos", "if j == 0 { 1 } else { 2 }", "if j == 0 { 1 } else { 1 }"),
    ("sos: left factor without star", "sos", "let left = star(left);", "let left = left.clone();"),
    ("sos: Gram matrix may be indefinite", "sos", "ensure!(positive(full, meter)?, Proof:", "ensure!(positive(full, meter)? || true, Proof:"),
    ("sos: rows of a triangle of any length", "sos", "row.exactly(n.saturating_sub(i), |_, v| v.integer(meter))", "row.each(|v| v.integer(meter))"),
    ("sos: last answers not expanded", "sos", "if is_last(i, a) { 0..a }", "if is_last(i, a) { 0..0 }"),
    ("sos: sign of the last answer", "sos", "(vec![(x, a)], -1)", "(vec![(x, a)], 1)"),
    ("sos: last answer is a letter", "sos", "a.index(f.answers[i].saturating_sub(1))?", "a.index(f.answers[i])?"),
    ("sos: words need no normal form", "sos", "ensure!(normal, Proof:", "ensure!(normal || true, Proof:"),
    ("sos: adjoints are different words", "sos", "m.min(adjoint)", "{ drop(adjoint); m }"),
    ("sos: game left out", "sos", "expand(f, &(&den / &f.den), &mut sum, meter)?;", ""),
    ("sos: denominators of blocks mixed up", "sos", "let factor = den / &self.den;", "let factor = den / den;"),
    ("sos: denominator of the game forgotten", "sos", "expand(f, &(&den / &f.den),", "expand(f, &(&den / &den),"),
    ("sos: both forms at once", "sos", "raw.fields(&[\"basis\", \"den\", form], &[])?;", "raw.fields(&[\"basis\", \"den\", form], &[\"rows\"])?;"),
    ("sos: products of one row", "sos", "&row[i] * &row[j]", "&row[i] * &row[i]"),
    ("sos: any number of blocks", "sos", "within(\"blocks\", list.list()?.len(), meter.limits.blocks)?;", ""),
    ("sos: any number of monomials", "sos", "within(\"monomials\", list.list()?.len(), meter.limits.basis)?;", ""),
    ("sos: words of any length", "sos", "within(\"letters\", word.list()?.len(), meter.limits.word)?;", ""),
    ("sos: free products", "sos", "meter.charge(\"products of monomials\", big(self.basis.len()).pow(2) * each)?;", "let _ = (each, meter);"),
    ("sos: free squares", "sos", "meter.charge(\"squares of rows\", big(n).pow(2) * l.len() * multiplication(bits, bits))?;", "let _ = bits;"),
    ("sos: free expansion", "sos", "meter.charge(\"the expansion of the game\", terms * each)?;", "let _ = (terms, each, meter);"),
    ("words: different answers do not vanish", "words", "(answer == a).then_some(())", "(answer == a || true).then_some(())"),
    ("words: equal letters stay", "words", "if question == x =>", "if question == x && answer != a =>"),
    ("words: star does not reverse", "words", "word.iter().rev().copied()", "word.iter().copied()"),
    ("behaviour: negative entries", "behaviour", "ensure!(values.iter().all(|v| !v.is_negative()), Proof:", "ensure!(true, Proof:"),
    ("behaviour: not normalised", "behaviour", "ensure!(normalised, Proof:", "ensure!(normalised || true, Proof:"),
    ("behaviour: signalling", "behaviour", "ensure!(marginal.iter().all(same), Proof:", "ensure!(marginal.iter().all(same) || true, Proof:"),
    ("behaviour: first player may signal", "behaviour", "for i in 0..f.players() {", "for i in 1..f.players() {"),
    ("behaviour: last player may signal", "behaviour", "for i in 0..f.players() {", "for i in 0..f.players().saturating_sub(1) {"),
    ("behaviour: signals between questions only", "behaviour", "without(&cell, f.players().saturating_add(i))", "without(&without(&cell, f.players().saturating_add(i)), i)"),
    ("behaviour: beta unchecked", "behaviour", "ensure!(beta >= classical_max(&s, meter)?, Claim:", "ensure!(beta >= classical_max(&s, meter)? || true, Claim:"),
    ("behaviour: equality is a violation", "behaviour", "ensure!(at_p > beta,", "ensure!(at_p >= beta,"),
    ("behaviour: visibility unchecked", "behaviour", "ensure!(shown, Claim:", "ensure!(shown || true, Claim:"),
    ("behaviour: any visibility", "behaviour", "ensure!(in_range, Proof:", "ensure!(in_range || true, Proof:"),
    ("behaviour: value of noise not averaged", "behaviour", "Rational::new(total, s.den * f.answers.iter().product::<BigInt>())", "Rational::new(total, s.den)"),
    ("behaviour: tables of any size", "behaviour", "ensure!(size == given.into(), Shape:", "ensure!(size == given.into() || true, Shape:"),
    ("behaviour: free tables", "behaviour", "meter.charge(\"a table of probabilities\", size * 2000 * f.players())?;", ""),
    ("data: unfair bets", "data", "ensure!(fair, Proof:", "ensure!(fair || true, Proof:"),
    ("data: negative bets", "data", "ensure!(!bet.is_negative(), Proof:", "ensure!(!bet.is_negative() || true, Proof:"),
    ("data: bets off the support", "data", "ensure!(weight.is_positive(), Proof:", "ensure!(weight.is_positive() || true, Proof:"),
    ("data: counts off the support", "data", "ensure!(asked, Proof:", "ensure!(asked || true, Proof:"),
    ("data: missing bets count as 1", "data", "let bet = bet.ok_or_else(|| refuse!(Claim: \"{cell:?}: played against a bet of 0\"))?;",
     "let Some(bet) = bet else { continue };"),
    ("=data: bets of 0 are played: the evidence is 0 then", "data", ".filter(|bet| bet.is_positive());", ".filter(|_| true);"),
    ("data: level not met", "data", "ensure!(enough, Claim:", "ensure!(enough || true, Claim:"),
    ("data: evidence of 1 is enough", "data", "product(lost) * alpha.denom()", "product(lost) * alpha.numer()"),
    ("data: odd factors lost", "data", "factors.chunks(2)", "factors.chunks_exact(2)"),
    ("data: alpha above 1", "data", "alpha.is_positive() && alpha < Rational::one()", "alpha.is_positive()"),
    ("data: alpha below 0", "data", "alpha.is_positive() && alpha < Rational::one()", "!alpha.is_zero() && alpha < Rational::one()"),
    ("data: alpha of 0", "data", "alpha.is_positive() && alpha < Rational::one()", "!alpha.is_negative() && alpha < Rational::one()"),
    ("data: counts may be fractions", "data", "count.is_integer() && !count.is_negative()", "!count.is_negative()"),
    ("data: counts may be negative", "data", "count.is_integer() && !count.is_negative()", "count.is_integer()"),
    ("data: evidence unlimited", "data", ".filter(|_| *bits <= limit.into())", ".filter(|_| *bits <= limit.into() || true)"),
    ("data: free means", "data", "meter.charge(\"the mean of a bet\", divisor(weight.denom().bits().max(bet.denom().bits())))?;", ""),
    ("data: free evidence", "data", "meter.charge(\"the evidence\", evidence * 16)?;", ""),
    ("data: functionals too", "proofs", "ensure!(drawn, Proof:", "ensure!(drawn || true, Proof:"),
    ("transfer: frequencies unchecked", "data", "&& expected.eq(counts.iter().cloned());", "&& expected.count() > 0;"),
    ("transfer: no rounds", "data", "let same = n.is_positive() && ", "let same = "),
    ("=transfer: fractions of rounds: their numerators sum to more than they, so that the frequencies are others", "data",
     "ensure!(counts.iter().all(|(_, count)| count.is_integer()), Proof: \"a count is an integer\");", ""),
    ("transfer: questions left out", "data", "expected.eq(counts.iter().cloned())", "expected.zip(counts.iter().cloned()).all(|(one, other)| one == other)"),
    ("transfer: level unchecked", "data", "ensure!(more >= less,", "ensure!(more >= less || true,"),
    ("transfer: rounds down", "data", "(inner * &n).ceil()", "(inner * &n).floor()"),
    ("transfer: below the empirical bound", "data", "let above = Rational::from(wins.clone()) < value * &n && ", "let above = "),
    ("transfer: above 1", "data", " && *value <= Rational::one();", ";"),
    ("transfer: free expected counts", "data", "meter.charge(\"the expected count of a question\", divisor(mu.denom().bits().max(n.bits())))?;", "let _ = mu;"),
    ("transfer: free evidence", "data", "meter.charge(\"the evidence\", bits * 60)?;", ""),
    ("transfer: any earlier proof", "proofs", "ensure!(inner.kind.is_upper(), Claim:", "ensure!(inner.kind.is_upper() || true, Claim:"),
    ("transfer: about the game itself", "proofs", "subject = format!(\"{} of the sampled game\", inner.subject);", "subject = inner.subject.clone();"),
    ("conclusion: advantage over nothing", "proofs", "value.is_positive() && value <= -gap", "value.is_positive()"),
    ("conclusion: no advantage", "proofs", "value.is_positive() && value <= -gap", "value <= -gap"),
    ("conclusion: eps unchecked", "proofs", "!value.is_negative() && value >= gap", "!value.is_negative()"),
    ("=conclusion: negative eps: it would be below the gap of two true bounds", "proofs", "!value.is_negative() && value >= gap", "value >= gap"),
    ("conclusion: classical bound on quantum value", "proofs", "upper.kind.is_upper() && upper.kind != Kind::ClassicalUpper", "upper.kind.is_upper()"),
    ("conclusion: advantage from any lower bound", "proofs", "(quantum && upper.kind.is_upper(), value", "(upper.kind.is_upper(), value"),
    ("conclusion: advantage over any upper end", "proofs", "(quantum && upper.kind.is_upper(), value", "(quantum, value"),
    ("conclusion: eps of any lower end", "proofs", "_ => false,", "_ => true,"),
    ("conclusion: eps below any upper end", "proofs", "Kind::ClassicalLower => upper.kind.is_upper(),", "Kind::ClassicalLower => true,"),
    ("conclusion: classical optimality printed as quantum", "proofs", "if quantum { \"q\" } else { \"c\" }", "if quantum { \"q\" } else { \"q\" }"),
    ("conclusion: any proof for an unknown id", "proofs", "find(|p| p.id == id)", "find(|p| p.id == id || id == \"none\")"),
    ("proofs: lower claims unchecked", "proofs", "{ claim <= proved.value }", "{ true }"),
    ("proofs: upper claims unchecked", "proofs", "{ claim >= proved.value }", "{ true }"),
    ("proofs: visibility and level above 1", "proofs", "ensure!(!of_the_witness || claim <= Rational::one(), Claim: \"above 1\");", ""),
    ("proofs: the shown value printed", "proofs", "proved.value = claim;", "let _ = (&mut proved, claim);"),
    ("proofs: answers out of range", "proofs", "a.index(f.answers[i])", "a.index(f.answers[i].max(99))"),
    ("proofs: repeated ids", "proofs", "ensure!(new, Shape:", "ensure!(new || true, Shape:"),
    ("proofs: messages alone are not read", "proofs", "raw.get(\"order\").or(raw.get(\"messages\")).is_some()", "raw.get(\"order\").is_some()"),
    ("statement: fields of other types", "statement", "raw.fields(&[must, [\"type\"].as_slice()].concat(), may)?;", "let _ = (must, may);"),
    ("=statement: conclusions among the proofs: a conclusion has no id, a proof no lower", "statement", "&& row.0.concludes() == conclusion", "&& (conclusion || true)"),
    ("statement: a transfer bounds the game", "statement", "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::Transfer | Self::ClassicalUpper | "),
    ("statement: a visibility bounds the game", "statement", "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::NonlocalBehaviour | Self::ClassicalUpper | "),
    ("statement: a level bounds the game", "statement", "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::StatRejectClassical | Self::ClassicalUpper | "),
    ("statement: an advantage is an upper bound", "statement", "| Self::QuantumLower | Self::Advantage)", "| Self::QuantumLower)"),
    ("statement: a classical bound printed as quantum", "statement", "\"classical_upper\", \"omega_c\"", "\"classical_upper\", \"omega_q\""),
    ("statement: all decimals rounded up", "statement", "if self.kind.is_lower() { decimal_down }", "if false { decimal_down }"),
    ("statement: all decimals rounded down", "statement", "if self.kind.is_lower() { decimal_down }", "if true { decimal_down }"),
    ("statement: all bounds are lower bounds", "statement", "if self.kind.is_lower() { \">=\" }", "if true { \">=\" }"),
    ("statement: inexact decimals called exact", "statement", "let rounded = if exact {", "let rounded = if exact || true {"),
    ("game: probabilities need not sum to 1", "game", "ensure!(numer.iter().sum::<BigInt>() == den, Proof:", "ensure!(numer.iter().sum::<BigInt>() == den || true, Proof:"),
    ("game: negative probabilities", "game", "ensure!(weight.is_positive(), Proof: \"a listed", "ensure!(!weight.is_zero(), Proof: \"a listed"),
    ("game: zero probabilities", "game", "ensure!(weight.is_positive(), Proof: \"a listed", "ensure!(!weight.is_negative(), Proof: \"a listed"),
    ("game: win off the support", "game", "weight.ok_or_else(|| refuse!(Proof: \"asked with probability 0\"))?", "weight.unwrap_or(&mu[0].1)"),
    ("game: free weights", "game", "meter.charge(\"the weight of a cell\", words(bits) * 128)?;", "let _ = bits;"),
    ("game: zero coefficients", "game", "ensure!(nonzero, Proof:", "ensure!(nonzero || true, Proof:"),
    ("game: names of any characters", "game", "name.bytes().all(allowed)", "name.bytes().all(|b| allowed(b) || true)"),
    ("game: names of any length", "game", "(1..=64).contains(&name.len())", "(1..=65).contains(&name.len())"),
    ("game: empty names", "game", "(1..=64).contains(&name.len())", "(0..=64).contains(&name.len())"),
    ("game: different numbers of players", "game", "players == answers.len() && players > 0", "players > 0"),
    ("game: no players", "game", "players == answers.len() && players > 0", "players == answers.len()"),
    ("game: no questions", "game", "ensure!(all.iter().all(|&n| n >= 1), Proof:", "ensure!(all.iter().all(|&n| n >= 1) || true, Proof:"),
    ("game: any number of questions", "game", "all.iter().try_for_each(|&n| within(field, n, limit))?;", "let _ = limit;"),
    ("game: any number of players", "game", "within(\"players\", list.list()?.len(), meter.limits.players)?;", "let _ = meter;"),
    ("game: tables keep their code", "game", "RejectCode::Proof => Reject { code: RejectCode::Game, ..reject },", "RejectCode::Proof => reject,"),
    ("game: blanks in the canonical text", "game", "text.replace(' ', \"\")", "text"),
    ("game: mu left out of the identity", "game", "\"mu\":{},\"win\"", "\"mu\":{:.0},\"win\""),
    ("game: wins left out of the identity", "game", "cells.iter().map(|(cell, _)| cell).collect();", "cells.iter().take(0).map(|(cell, _)| cell).collect();"),
    ("game: coefficients left out of the identity", "game", "\"coeffs\":{}}}\"#", "\"coeffs\":{:.0}}}\"#"),
    ("game: answers left out of the identity", "game", ",\"answers\":{answers:?},\"#", ",\"#"),
    ("game: name in the identity", "game", "r#\"{{\"kind\":\"{kind}\",", "r#\"{{\"name\":\"{name}\",\"kind\":\"{kind}\","),
    ("game: unknown fields", "game", "raw.fields(&[&[\"kind\", \"name\", \"questions\", \"answers\"], tables].concat(), beside)?;", "let _ = (tables, beside);"),
    ("game: any format of files", "game", "ensure!(known, Shape:", "ensure!(known || true, Shape:"),
    ("game: labels without a format", "game", "return Self::new(&raw, &[], &meter);", "return Self::new(&raw, &[\"reference\", \"labels\"], &meter);"),
    ("game: format fields in certificates", "mod", "GameTable::new(game, &[], &meter)", "GameTable::new(game, &[\"format\", \"reference\", \"labels\"], &meter)"),
    ("table: rows need not increase", "table", "ensure!(last < cell, Proof:", "ensure!(last < cell || true, Proof:"),
    ("table: equal rows", "table", "ensure!(last < cell, Proof:", "ensure!(last <= cell, Proof:"),
    ("table: more indices", "table", "ensure!(n == wanted, Proof:", "ensure!(n >= wanted, Proof:"),
    ("table: fewer indices", "table", "ensure!(n == wanted, Proof:", "ensure!(n <= wanted, Proof:"),
    ("table: indices out of range", "table", "index.index(end)", "index.index(end.max(9))"),
    ("table: places in the other order", "table", "let digits = tuple.iter().zip(bounds);", "let digits = tuple.iter().zip(bounds).rev();"),
    ("table: tuples in the other order", "table", "tuple.iter_mut().zip(bounds).rev()", "tuple.iter_mut().zip(bounds)"),
    ("num: fractions need not be in lowest terms", "num", "denom > BigInt::one() && numer.gcd(&denom).is_one()", "denom > BigInt::one()"),
    ("num: denominator 1", "num", "let lowest = denom > BigInt::one()", "let lowest = denom >= BigInt::one()"),
    ("num: denominator 0", "num", "let lowest = denom > BigInt::one()", "let lowest = !denom.is_one() && !denom.is_negative()"),
    ("num: negative denominators", "num", "let lowest = denom > BigInt::one()", "let lowest = denom.abs() > BigInt::one()"),
    ("num: leading zeros", "num", "(text == \"0\" || !digits.starts_with('0'))", "!text.starts_with(\"-0\")"),
    ("num: minus zero", "num", "(text == \"0\" || !digits.starts_with('0'))", "(digits == \"0\" || !digits.starts_with('0'))"),
    ("num: underscores", "num", "digits.bytes().all(|b| b.is_ascii_digit())", "digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')"),
    ("num: signs", "num", "digits.bytes().all(|b| b.is_ascii_digit())", "digits.bytes().all(|b| b.is_ascii_digit() || b == b'+')"),
    ("num: any number of digits", "num", "within(\"digits\", digits.len(), max_digits)?;", "let _ = max_digits;"),
    ("num: decimals rounded the wrong way", "num", "scaled.div_floor(value.denom())", "scaled.div_ceil(value.denom())"),
    ("num: upper decimals rounded the wrong way", "num", "scaled.div_ceil(value.denom())", "scaled.div_floor(value.denom())"),
    ("num: decimals without sign", "num", "if scaled.is_negative() { \"-\" }", "if false { \"-\" }"),
    ("num: zeros behind the point lost", "num", "{part:0>width$}", "{part:0<width$}"),
    ("num: denominator bits unlimited", "num", "ensure!(all.bits() <= limit,", "ensure!(all.bits() <= limit || true,"),
    ("num: no common multiple", "num", "all = all.lcm(d);", "all = all.max(d.clone());"),
    ("num: numerators not scaled", "num", "v.numer() * (&den / v.denom())", "v.numer() * (&den / &den)"),
    ("json: file unlimited", "json", "within(\"bytes\", bytes.len(), limits.file)?;", ""),
    ("json: text behind the end", "json", "ensure!(text.rest.is_empty(), Shape:", "ensure!(text.rest.is_empty() || true, Shape:"),
    ("json: other blanks", "json", "self.rest.trim_start_matches([' ', '\\t', '\\r', '\\n'])", "self.rest.trim_start()"),
    ("json: recursion unlimited", "json", "limits.nesting.min(128)", "limits.nesting"),
    ("json: nesting unlimited", "json", "left.ok_or_else(|| refuse!(Resource: \"nested too deep\"))?", "left.unwrap_or(u64::MAX)"),
    ("json: nesting not restored", "json", "self.nesting = self.nesting.saturating_add(1);", ""),
    ("json: repeated fields pass", "json", "ensure!(names.windows(2).all(|two| two[0] != two[1]), Shape:", "ensure!(true, Shape:"),
    ("json: repeated fields apart pass", "json", "names.sort_unstable();", ""),
    ("json: any word", "json", "ensure!(known, Shape:", "ensure!(known || true, Shape:"),
    ("json: control characters in strings", "json", "c < ' ' || c == '\"' && !escaped", "c == '\"' && !escaped"),
    ("json: escaped quotes end strings", "json", "c == '\"' && !escaped", "c == '\"'"),
    ("json: escaped backslashes escape", "json", "escaped = c == '\\\\' && !escaped;", "escaped = c == '\\\\';"),
    ("json: names without quotes", "json", "ensure!(self.takes('\"'), Shape:", "ensure!(self.takes('\"') || true, Shape:"),
    ("json: no colons", "json", "ensure!(self.takes(':'), Shape:", "ensure!(self.takes(':') || true, Shape:"),
    ("json: no commas", "json", "ensure!(self.takes(','), Shape:", "ensure!(self.takes(',') || true, Shape:"),
    ("json: numbers with leading zeros", "json", "(whole == \"0\" || !whole.starts_with('0'))", "true"),
    ("json: numbers without digits", "json", "!text.is_empty() && text.bytes()", "text.bytes()"),
    ("json: any whole part", "json", "digits(whole) && (whole", "(whole"),
    ("json: any fraction", "json", " && digits(fraction)", ""),
    ("json: any exponent", "json", " && digits(exponent)", ""),
    ("json: plus signs", "json", "whole.strip_prefix('-')", "whole.strip_prefix(['-', '+'])"),
    ("json: exponents without sign", "json", "exponent.strip_prefix(['+', '-']).unwrap_or(exponent)", "exponent.strip_prefix('+').unwrap_or(exponent)"),
    ("json: small exponents only", "json", "word.split_once(['e', 'E'])", "word.split_once('e')"),
    ("json: indices of any spelling", "json", "n.to_string() == *word && ", ""),
    ("json: indices unlimited", "json", "n.unsigned_abs() < 1_000_000_000", "n.unsigned_abs() < u64::MAX"),
    ("json: one index more", "json", "filter(|&i| i < end)", "filter(|&i| i <= end)"),
    ("json: null is a number", "json", "if *word != \"null\"", "if !word.is_empty()"),
    ("json: lists that are longer", "json", "ensure!(given == n, Shape:", "ensure!(given >= n, Shape:"),
    ("json: lists that are shorter", "json", "ensure!(given == n, Shape:", "ensure!(given <= n, Shape:"),
    ("json: every item at the first place", "json", "places.next().unwrap_or(n)", "places.next().map_or(n, |_| 0)"),
    ("json: pairs of three", "json", "let [first, second] = ", "let [first, second, ..] = "),
    ("json: fields may be missing", "json", "must.iter().try_for_each(|name| self.field(name, |_| Ok(())))?;", ""),
    ("json: unknown fields pass", "json", "ensure!(other.is_none(), Shape:", "ensure!(other.is_none() || true, Shape:"),
    ("json: free fractions", "json", "meter.charge(\"lowest terms\", divisor(digits.saturating_mul(2)))?;", "let _ = digits;"),
    ("limits: work unlimited", "limits", "left.checked_sub(need)", "Some(left.saturating_sub(need).max(1))"),
    ("limits: work not used up", "limits", "self.left.set(rest.ok_or_else(over)?);", "rest.ok_or_else(over)?;"),
    ("limits: work of more than 64 bits is free", "limits", "amount.to_u64().and_then(", "amount.to_u64().or(Some(0)).and_then("),
    ("limits: sizes unlimited", "limits", "ensure!(fits, Resource:", "ensure!(fits || true, Resource:"),
    ("mod: any version", "mod", "matches!(json.get(\"version\"), Some(Json::Bare(\"1\")))", "json.get(\"version\").is_some()"),
    ("mod: any format", "mod", "known && json.field(\"format\", Json::text)? == \"qcert\"", "known && !json.field(\"format\", Json::text)?.is_empty()"),
    ("mod: unknown fields", "mod", "json.fields(&[\"format\", \"version\", \"game\", \"proofs\", \"conclusions\"], &[])?;", ""),
    ("mod: no proofs", "mod", "ensure!(!proved.is_empty(), Shape:", "ensure!(!proved.is_empty() || true, Shape:"),
    ("mod: any number of proofs", "mod", "within(\"proofs\", list.list()?.len(), most)?;", ""),
    ("mod: any number of conclusions", "mod", "within(\"conclusions\", list.list()?.len(), most)?;", ""),
]


def cargo_toml():
    """The crate's manifest, reduced to what the checker and its tests need."""
    wanted = ("num-bigint", "num-complex", "num-integer", "num-rational", "num-traits", "sha2", "thiserror")
    tests = ("proptest", "tempfile")
    extra = ("rand", "rand_xoshiro", "serde_json")
    section, deps, dev = "", [], []
    for line in (ROOT / "Cargo.toml").read_text().splitlines():
        if line.startswith("["):
            section = line
        name = line.split("=")[0].strip()
        if section == "[dependencies]" and name in wanted:
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


def passes(folder, seconds=120):
    command = ["cargo", "test", "--release", "--quiet", "--test", "check"]
    # a mutant that needs more than 32 random cases to be seen is not seen
    few = dict(os.environ, PROPTEST_CASES="32", RUST_BACKTRACE="0")
    # a process group of its own, so that a mutant that never ends is stopped together with what it started
    # and 6 GB for each process, so that a mutant that lists all there is ends itself and not the machine
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=few,
                           start_new_session=True,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)))
    try:
        out, errors = run.communicate(timeout=seconds)
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
        good, out = passes(folder, 900)
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
