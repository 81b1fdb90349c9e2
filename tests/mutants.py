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
    ("psd: sign of J", "psd", "|z| -&z.im", "|z| z.im.clone()"),
    ("psd: J forgotten", "psd", "|z| z.im.clone(), |z|", "|_| BigInt::ZERO, |z|"),
    ("psd: R and J exchanged below", "psd",
     "let below = beside(|z| z.im.clone(), |z| z.re.clone());", "let below = beside(|z| z.re.clone(), |z| z.im.clone());"),
    ("psd: free tests", "psd",
     "meter.charge(\"a positivity test\", big(n).pow(3) * (&words * &words / 24 + 16))?;", "let _ = (words, meter);"),
    ("strategy: dimensions of 0", "strategy", "ensure!(dims.iter().all(|&d| d >= 1), Shape: \"dimensions are at least 1\");", ""),
    ("strategy: any dimension", "strategy", "within(\"joint dimensions\", joint, meter.limits.dimension)?;", ""),
    ("strategy: any number of state rows", "strategy", "ensure!(given <= most, Resource:", "ensure!(given <= most || true, Resource:"),
    ("strategy: zero state passes", "strategy", "ensure!(norm.is_positive(), Proof:", "ensure!(norm.is_positive() || true, Proof:"),
    ("strategy: norm forgotten", "strategy", "&t.den * norm * povms", "&t.den * povms"),
    ("strategy: norm without imaginary parts", "strategy", "map(Gauss::norm_sqr)", "map(|z| &z.re * &z.re)"),
    ("strategy: denominators of measurements forgotten", "strategy",
     "&t.den * norm * povms.iter().map(|(_, lcm)| lcm).product::<BigInt>()", "&t.den * norm"),
    ("strategy: denominator of the game forgotten", "strategy", "&t.den * norm * povms", "norm * povms"),
    ("strategy: factors of the common denominator forgotten", "strategy", "sum += value * factor;", "sum += value * (factor / factor);"),
    ("=strategy: denominator may be negative: positive elements do not sum to a negative multiple of 1", "strategy",
     "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_zero(), Proof:"),
    ("strategy: denominator may be 0", "strategy", "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_negative(), Proof:"),
    ("strategy: elements need not be positive", "strategy",
     "ensure!(psd(&element, meter)?, Proof:", "ensure!(psd(&element, meter)? || true, Proof:"),
    ("strategy: no completeness", "strategy", "ensure!(complete, Proof:", "ensure!(complete || true, Proof:"),
    ("strategy: completeness on the diagonal only", "strategy",
     "rest.iter().flatten().all(Gauss::is_zero)", "(0..d).all(|r| rest[r][r].is_zero())"),
    ("strategy: completeness of real parts only", "strategy",
     "rest.iter().flatten().all(Gauss::is_zero)", "rest.iter().flatten().all(|z| z.re.is_zero())"),
    ("strategy: completeness of the first row only", "strategy", "rest.iter().flatten().all(", "rest.iter().take(1).flatten().all("),
    ("strategy: transposed state", "strategy", "&b[s] * b[r].conj()", "&b[r] * b[s].conj()"),
    ("strategy: state without conjugate", "strategy", "&b[s] * b[r].conj()", "&b[s] * &b[r]"),
    ("strategy: first row of the state only", "strategy", "state.iter().map(|b| &b[s]", "state.iter().take(1).map(|b| &b[s]"),
    ("strategy: transposed measurement", "strategy", "*entry += &m[r][s] * value", "*entry += &m[s][r] * value"),
    ("strategy: one element for all answers", "strategy", "one.0[i] == other.0[i]", "one.0[i].0 == other.0[i].0"),
    ("strategy: free contraction", "strategy",
     "meter.charge(\"the value of a quantum strategy\", products * multiplication(longest(t), longest(m)))?;", "let _ = (products, meter);"),
    ("strategy: free coefficients", "strategy",
     "meter.charge(\"the cells of a strategy\", multiplication(bits, t[0][0].re.bits()) * cells.len())?;", "let _ = bits;"),
    ("strategy: free factors", "strategy", "meter.charge(\"a common denominator\", multiplication(value.bits(), factor.bits()))?;", ""),
    ("strategy: free density matrices", "strategy",
     "meter.charge(\"the density matrix\", multiplication(bits, bits) * 4 * joint * joint * state.len())?;", "let _ = bits;"),
    ("classical: first answer only", "classical", "for agree in answered {", "for agree in answered.into_iter().take(1) {"),
    ("classical: minimum of the leaf", "classical",
     "return Ok(self.tab.iter().filter_map(|row| row.iter().max()).sum());", "return Ok(self.tab.iter().filter_map(|row| row.iter().min()).sum());"),
    ("classical: last leaf counts", "classical",
     "best = best.max(Some(self.decide(rest, [open.as_slice(), &undecided].concat())?));", "best = Some(self.decide(rest, [open.as_slice(), &undecided].concat())?);"),
    ("classical: every answer agrees", "classical", "answered[cell.0[n..][i]].push(cell)", "answered[cell.0[n..][i] * 0].push(cell)"),
    ("classical: players without a choice are the last", "classical",
     "let closing = rest.iter().all(|&(player, _)| player == i);", "let closing = rest.is_empty();"),
    ("classical: decided before the last player", "classical",
     "let closing = rest.iter().all(|&(player, _)| player == i);", "let closing = true;"),
    ("classical: other questions are decided too", "classical", "|(cell, _)| cell[i] == x);", "|(cell, _)| cell[i] <= x);"),
    ("classical: cells not taken back", "classical", "self.add(&decided, -1);", ""),
    ("classical: cells without decisions lost", "classical", "            self.add(&cells, 1);\n", ""),
    ("classical: one row for all questions", "classical", "self.tab[x[self.last]][a[self.last]]", "self.tab[0][a[self.last]]"),
    ("classical: denominator forgotten", "classical", "Ok(Rational::new_raw(best, t.den.clone()))", "Ok(Rational::from(best))"),
    ("classical: strategy value ignores a player", "classical",
     "strategy.iter().zip(x).zip(a).all(", "strategy.iter().zip(x).zip(a).skip(1).all("),
    ("classical: any number of strategies", "classical", "ensure!(leaves <= limit.into(), ", "ensure!(leaves <= limit.into() || true, "),
    ("classical: free enumeration", "classical",
     "self.meter.charge(\"an enumeration\", &self.each * sums * answered.len())?;", "let _ = sums;"),
    ("classical: undecided cells lost", "classical", "[open.as_slice(), &undecided].concat()", "{ let _ = undecided; open.clone() }"),
    ("classical: free tests of cells", "classical", "self.meter.charge(\"an enumeration\", cell * cells.len())?;", "let _ = cell;"),
    ("classical: free cells", "classical", "meter.charge(\"the cells of a functional\", big(t.cells.len()) * s.players() * 100)?;", ""),
    ("branch: prunes too early", "branch", "|best| bound <= *best) {", "|best| bound <= best + 1) {"),
    ("branch: exhausted order proves the claim", "branch", "self.best = Some(bound);", "let _ = bound;"),
    ("branch: repeated decision passes", "branch",
     "ensure!(order.iter().collect::<BTreeSet<_>>().len() == order.len(), Proof: \"a decision is repeated\");", ""),
    ("branch: all players may decide", "branch",
     "last.ok_or_else(|| refuse!(Proof: \"no player is left to answer best\"))?", "last.unwrap_or(0)"),
    ("branch: another player's questions", "branch", "question.index(s.questions[i])?", "question.index(usize::MAX)?"),
    ("branch: answers not taken back", "branch", "self.fixed[i][x] = None;", ""),
    ("branch: wrong answer fixed", "branch", "self.fixed[i][x] = Some(a);", "self.fixed[i][x] = Some(a.min(0));"),
    ("branch: nothing is fixed", "branch", "is_none_or(|fixed| fixed == a)", "is_none_or(|fixed| fixed == a || true)"),
    ("branch: last open answer counts", "branch",
     "most[a[self.last]] = most[a[self.last]].max(Some(value));", "most[a[self.last]] = Some(value);"),
    ("branch: rest forgotten", "branch", "*slot += most)", "*slot += most * 0)"),
    ("branch: rest of all questions in one row", "branch", "&mut worth[self.last][x[self.last]]", "&mut worth[self.last][0]"),
    ("branch: minimum of the rows", "branch", "open.map(|(_, value)| value).max()", "open.map(|(_, value)| value).min()"),
    ("branch: local part of the last player forgotten", "branch",
     "let mut worth = local.clone();", "let mut worth = local.clone();\n        worth[self.last].iter_mut().flatten().for_each(|v| *v *= 0);"),
    ("branch: local part of the others forgotten", "branch",
     "let mut worth = local.clone();", "let mut worth = local.clone();\n        (0..worth.len()).filter(|i| *i != self.last).for_each(|i| worth[i].iter_mut().flatten().for_each(|v| *v *= 0));"),
    ("branch: local part at the best answer", "branch", "open(i, x, *a))", "open(i, x, *a) || true)"),
    ("branch: claim rounded up", "branch", "(claim.numer() * &split.den).div_floor", "(claim.numer() * &split.den).div_ceil"),
    ("branch: free nodes", "branch", "meter.charge(\"a node of the branch and bound\", self.split.node.clone())?;", ""),
    ("branch: free local parts", "messages", "(locals * 3 + big(asked.len())", "(locals * 0 + big(asked.len())"),
    ("branch: free tables", "messages", "big(asked.len()) * answers.len() * n)", "big(asked.len()) * answers.len() * 0)"),
    ("messages: local sums forgotten", "messages", "local[i][x[i]][x[n]] += m * &scale_m;", "local[i][x[i]][x[n]] += m * 0;"),
    ("messages: rest not reduced", "messages", "c.unwrap_or_default() - taken * &scale_m", "c.unwrap_or_default() - taken * 0"),
    ("messages: every answer pays", "messages",
     "messages.entry(&[&[i], x, &[a]].concat())", "messages.entry(&[&[i], x, &[a * 0]].concat())"),
    ("messages: free where no cell is", "messages",
     "let asked = messages.cells.iter().map", "let asked = messages.cells.iter().take(0).map"),
    ("messages: answers of another player", "messages", "row.last() < Some(&s.answers[row[0]])", "row.last() < Some(&99)"),
    ("messages: joint part forgotten", "messages",
     ".chain(split.rests.iter().map(|(_, rest)| rest));", ".chain(split.rests.iter().take(0).map(|(_, rest)| rest));"),
    ("messages: minimum", "messages", "terms.filter_map(|term| term.iter().max())", "terms.filter_map(|term| term.iter().min())"),
    ("messages: cells not scaled", "messages", "map(|c| c * &scale)", "map(|c| c * 1)"),
    ("messages: messages not scaled", "messages",
     "let (scale, scale_m) = (&den / &t.den, &den / &messages.den);", "let (scale, scale_m) = (&den / &t.den, &den / &den);"),
    ("messages: free tables", "messages", "all * (big(asked.len()) + 1) * each", "all * 0 * each"),
    ("messages: joint answers are free without questions", "messages", "(big(asked.len()) + 1)", "big(asked.len())"),
    ("sos: constant charged, rest free", "sos", "else { c.abs() }", "else { c.abs() * 0 }"),
    ("sos: signs not charged", "sos", "else { c.abs() }", "else { c.clone() }"),
    ("sos: denominator not squared", "sos", "&den * &den)", "&den * 1)"),
    ("sos: denominator may be negative", "sos", "ensure!(den.is_positive(), Proof:", "ensure!(!den.is_zero(), Proof:"),
    ("sos: off-diagonal counted once", "sos", "if j == 0 { 1 } else { 2 }", "if j == 0 { 1 } else { 1 }"),
    ("sos: left factor without star", "sos", "let left = star(left);", "let left = left.clone();"),
    ("sos: Gram matrix may be indefinite", "sos", "ensure!(positive(z, meter)?, Proof:", "ensure!(positive(z, meter)? || true, Proof:"),
    ("sos: rows of a triangle of any length", "sos",
     "row.exactly(n.saturating_sub(i), |_, v| v.integer(meter))", "row.each(|_, v| v.integer(meter))"),
    ("sos: last answers not expanded", "sos", "(0..a).filter(|_| last)", "(0..a).filter(|_| false)"),
    ("sos: sign of the last answer", "sos", "(vec![(x, a)], -1)", "(vec![(x, a)], 1)"),
    ("sos: last answer is a letter", "sos", "a.index(s.answers[i].saturating_sub(1))?", "a.index(s.answers[i])?"),
    ("sos: words need no normal form", "sos", "ensure!(normal, Proof:", "ensure!(normal || true, Proof:"),
    ("sos: adjoints are different words", "sos", "m.min(adjoint)", "{ drop(adjoint); m }"),
    ("sos: game left out", "sos", "    parts.push((expand(s, t, meter)?, t.den.clone()));\n", "    let _ = expand(s, t, meter)?;\n"),
    ("sos: denominators of blocks mixed up", "sos", "let factor = &den / its_den;", "let factor = &den / (&den * (its_den.signum()));"),
    ("sos: denominator of the game forgotten", "sos", "expand(s, t, meter)?, t.den.clone())", "expand(s, t, meter)?, BigInt::one())"),
    ("sos: both forms at once", "sos",
     "raw.fields(&[\"basis\", \"den\", form], &[])?;", "raw.fields(&[\"basis\", \"den\", form], &[\"rows\"])?;"),
    ("sos: products of one row", "sos", "&row[i] * &row[j]", "&row[i] * &row[i]"),
    ("sos: any number of blocks", "sos", "list.up_to(meter.limits.blocks,", "list.up_to(u64::MAX,"),
    ("sos: any number of monomials", "sos", "list.up_to(meter.limits.basis,", "list.up_to(u64::MAX,"),
    ("sos: words of any length", "sos", "word.up_to(meter.limits.word,", "word.up_to(u64::MAX,"),
    ("sos: free products", "sos", "meter.charge(\"products of monomials\", big(n).pow(2) * each)?;", "let _ = each;"),
    ("sos: free squares", "sos",
     "meter.charge(\"squares of rows\", big(n).pow(2) * l.len() * 2 * multiplication(bits, bits))?;", "let _ = bits;"),
    ("sos: free expansion", "sos",
     "meter.charge(\"the expansion of the game\", width * s.players() * (words(c.bits()) * 64 + 800))?;", "let _ = width;"),
    ("sos: free sums", "sos", "meter.charge(\"the sum of the squares\", each * part.len())?;", "let _ = each;"),
    ("sos: memory of sums is free", "sos", " + kept(bits.saturating_add(factor.bits()));", ";"),
    ("words: different answers do not vanish", "words", "(answer == a).then_some(())", "(answer == a || true).then_some(())"),
    ("words: equal letters stay", "words", "if question == x =>", "if question == x && answer != a =>"),
    ("words: star does not reverse", "words", "word.iter().rev().copied()", "word.iter().copied()"),
    ("behaviour: negative entries", "behaviour", "every(&values, |v| !v.is_negative(),", "every(&values, |v| !v.is_negative() || true,"),
    ("behaviour: not normalised", "behaviour", "ensure!(normalised, Proof:", "ensure!(normalised || true, Proof:"),
    ("behaviour: signalling", "behaviour", "ensure!(same, Proof:", "ensure!(same || true, Proof:"),
    ("behaviour: first player may signal", "behaviour",
     "(0..s.players()).zip(s.players()..)", "(0..s.players()).zip(s.players()..).skip(1)"),
    ("behaviour: last player may signal", "behaviour",
     "(0..s.players()).zip(s.players()..)", "(0..s.players().saturating_sub(1)).zip(s.players()..)"),
    ("behaviour: signals between questions only", "behaviour",
     "marginal.entry(without(cell, a))", "marginal.entry(without(&without(cell, a), x))"),
    ("behaviour: beta unchecked", "behaviour", "ensure!(fair, Claim:", "ensure!(fair || true, Claim:"),
    ("behaviour: equality is a violation", "behaviour", "> at_beta, Claim:", ">= at_beta, Claim:"),
    ("behaviour: visibility unchecked", "behaviour", "ensure!(shown, Claim:", "ensure!(shown || true, Claim:"),
    ("behaviour: any visibility", "behaviour", "ensure!(in_range, Proof:", "ensure!(in_range || true, Proof:"),
    ("behaviour: value of noise not averaged", "behaviour", "sum::<BigInt>() * width;", "sum::<BigInt>() * &width / width;"),
    ("behaviour: tables of any size", "behaviour", "ensure!(size == given.into(), Shape:", "ensure!(size == given.into() || true, Shape:"),
    ("behaviour: free tables", "behaviour", "meter.charge(\"a table of probabilities\", size * 2000 * s.players())?;", ""),
    ("behaviour: free values", "behaviour",
     "meter.charge(\"the value of a behaviour\", multiplication(p.bits(), f.bits()) * f.cells.len())?;", ""),
    ("behaviour: denominator of the visibility forgotten", "behaviour", "* visibility.denom();", "* 1;"),
    ("behaviour: denominator of beta forgotten", "behaviour", "(&at_p * beta.denom() > at_beta", "(at_p.clone() > at_beta"),
    ("behaviour: denominator of the functional forgotten", "behaviour", "&f.den * &p.den * &width", "&p.den * &width"),
    ("behaviour: denominator of p forgotten", "behaviour", "&f.den * &p.den * &width", "&f.den * &width"),
    ("data: unfair bets", "data", "ensure!(fair, Proof:", "ensure!(fair || true, Proof:"),
    ("data: negative bets", "data", "ensure!(!bet.is_negative(), Proof:", "ensure!(!bet.is_negative() || true, Proof:"),
    ("data: bets off the support", "data", "weight(cell)? * bet", "weight(cell).unwrap_or(&BigInt::ZERO) * bet"),
    ("data: counts off the support", "data", "        weight(cell)?;\n", ""),
    ("data: missing bets count as 1", "data",
     "let bet = bet.ok_or_else(|| refuse!(Claim: \"{cell:?}: played against a bet of 0\"))?;", "let Some(bet) = bet else { continue };"),
    ("=data: bets of 0 are played: the evidence is 0 then", "data", ".filter(|bet| bet.is_positive());", ".filter(|_| true);"),
    ("data: level not met", "data", "ensure!(enough, Claim:", "ensure!(enough || true, Claim:"),
    ("data: evidence of 1 is enough", "data", "product(lost) * alpha.denom()", "product(lost) * alpha.numer()"),
    ("data: odd factors lost", "data", "factors.chunks(2)", "factors.chunks_exact(2)"),
    ("data: alpha above 1", "data", "alpha.is_positive() && alpha.numer() < alpha.denom()", "alpha.is_positive()"),
    ("data: alpha below 0", "data",
     "alpha.is_positive() && alpha.numer() < alpha.denom()", "!alpha.is_zero() && alpha.numer() < alpha.denom()"),
    ("data: alpha of 0", "data",
     "alpha.is_positive() && alpha.numer() < alpha.denom()", "!alpha.is_negative() && alpha.numer() < alpha.denom()"),
    ("data: alpha of 1", "data",
     "alpha.is_positive() && alpha.numer() < alpha.denom()", "alpha.is_positive() && alpha.numer() <= alpha.denom()"),
    ("data: counts may be fractions", "data", "counts.den.is_one() && counts.numbers()", "counts.numbers()"),
    ("data: counts may be negative", "data",
     "counts.numbers().all(|count| !count.is_negative())", "counts.numbers().all(|count| !count.is_negative() || true)"),
    ("data: evidence unlimited", "data", ".filter(|_| *bits <= limit.into())", ".filter(|_| *bits <= limit.into() || true)"),
    ("data: free means", "data", "meter.charge(\"the means of the bets\", each * bets.cells.len())?;", "let _ = each;"),
    ("data: free lowest terms", "data", "meter.charge(\"lowest terms\", divisor(bets.bits()))?;", ""),
    ("data: means over the denominator of the bets", "data", "den: &mu.den * &bets.den", "den: bets.den.clone()"),
    ("data: free evidence", "data", "meter.charge(\"the evidence\", evidence * 16)?;", ""),
    ("data: functionals too", "data",
     "let mu = game.mu.as_ref().ok_or_else(", "let mu = game.mu.as_ref().or(Some(&game.table)).ok_or_else("),
    ("transfer: frequencies unchecked", "data",
     "ensure!(expected.eq(observed), Proof:", "ensure!(expected.count() == observed.count(), Proof:"),
    ("transfer: questions left out", "data", "expected.eq(observed)", "expected.zip(observed).all(|(one, other)| one == other)"),
    ("transfer: level unchecked", "data", "ensure!(more >= less,", "ensure!(more >= less || true,"),
    ("transfer: rounds down", "data", "(inner.numer() * &n).div_ceil", "(inner.numer() * &n).div_floor"),
    ("transfer: below the empirical bound", "data", "&wins * v < u * &n && u <= v", "u <= v"),
    ("transfer: above 1", "data", "&wins * v < u * &n && u <= v", "&wins * v < u * &n"),
    ("transfer: free expected counts", "data", "meter.charge(\"the expected counts\", scaled * mu.cells.len())?;", "let _ = scaled;"),
    ("transfer: free evidence", "data", "meter.charge(\"the evidence\", bits * 60)?;", ""),
    ("transfer: any earlier proof", "proofs", "ensure!(inner.kind.is_upper(), Claim:", "ensure!(inner.kind.is_upper() || true, Claim:"),
    ("transfer: about the game itself", "proofs",
     "subject = format!(\"{} of the sampled game\", inner.subject);", "subject = inner.subject.clone();"),
    ("conclusion: advantage over nothing", "proofs",
     "value.is_positive() && at_most(&sum(&upper.value, &value), &lower.value)", "value.is_positive()"),
    ("conclusion: no advantage", "proofs",
     "value.is_positive() && at_most(&sum(&upper.value, &value), &lower.value)", "at_most(&sum(&upper.value, &value), &lower.value)"),
    ("conclusion: eps unchecked", "proofs",
     "!value.is_negative() && at_most(&upper.value, &sum(&lower.value, &value))", "!value.is_negative()"),
    ("=conclusion: negative eps: it would be below the gap of two true bounds", "proofs",
     "!value.is_negative() && at_most(&upper.value, &sum(&lower.value, &value))", "at_most(&upper.value, &sum(&lower.value, &value))"),
    ("conclusion: classical bound on quantum value", "proofs", "upper.kind != Kind::ClassicalUpper,", "true,"),
    ("conclusion: advantage from any lower bound", "proofs",
     "        (Kind::Advantage, Kind::QuantumLower) |", "        (Kind::Advantage, _) |"),
    ("conclusion: advantage over any upper end", "proofs",
     "ensure!(fits && upper.kind.is_upper(), Claim:", "ensure!(fits && (upper.kind.is_upper() || kind == Kind::Advantage), Claim:"),
    ("conclusion: eps of any lower end", "proofs", "_ => false,", "_ => kind == Kind::EpsOptimal,"),
    ("conclusion: eps below any upper end", "proofs",
     "ensure!(fits && upper.kind.is_upper(), Claim:", "ensure!(fits && (upper.kind.is_upper() || kind == Kind::EpsOptimal), Claim:"),
    ("conclusion: classical optimality printed as quantum", "proofs",
     "if quantum { \"q\" } else { \"c\" }", "if quantum { \"q\" } else { \"q\" }"),
    ("conclusion: any proof for an unknown id", "proofs", "find(|p| p.id == id)", "find(|p| p.id == id || id == \"none\")"),
    ("proofs: lower claims unchecked", "proofs", "{ (&claim, &proved.value) }", "{ (&claim, &claim) }"),
    ("proofs: upper claims unchecked", "proofs", "{ (&proved.value, &claim) }", "{ (&claim, &claim) }"),
    ("proofs: visibility and level above 1", "proofs",
     "ensure!(!of_the_witness || claim.numer() <= claim.denom(), Claim: \"above 1\");", ""),
    ("proofs: the shown value printed", "proofs", "proved.value = claim;", "let _ = (&mut proved, claim);"),
    ("proofs: answers out of range", "proofs", "a.index(s.answers[i])", "a.index(s.answers[i].max(99))"),
    ("proofs: repeated ids", "proofs", "ensure!(new, Shape:", "ensure!(new || true, Shape:"),
    ("proofs: messages alone are not read", "proofs",
     "raw.get(\"order\").or(raw.get(\"messages\")).is_some()", "raw.get(\"order\").is_some()"),
    ("statement: fields of other types", "statement", "raw.fields(&[must, [\"type\"].as_slice()].concat(), may)?;", "let _ = (must, may);"),
    ("=statement: conclusions among the proofs: a conclusion has no id, a proof no lower", "statement",
     "&& row.0.concludes() == conclusion", "&& (conclusion || true)"),
    ("statement: a transfer bounds the game", "statement",
     "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::Transfer | Self::ClassicalUpper | "),
    ("statement: a visibility bounds the game", "statement",
     "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::NonlocalBehaviour | Self::ClassicalUpper | "),
    ("statement: a level bounds the game", "statement",
     "matches!(self, Self::ClassicalUpper | ", "matches!(self, Self::StatRejectClassical | Self::ClassicalUpper | "),
    ("statement: an advantage is an upper bound", "statement", "| Self::QuantumLower | Self::Advantage)", "| Self::QuantumLower)"),
    ("statement: a classical bound printed as quantum", "statement",
     "\"classical_upper\", \"omega_c\"", "\"classical_upper\", \"omega_q\""),
    ("statement: all decimals rounded up", "statement",
     "rounded(&self.value, 12, self.kind.is_lower())", "rounded(&self.value, 12, false)"),
    ("statement: all decimals rounded down", "statement",
     "rounded(&self.value, 12, self.kind.is_lower())", "rounded(&self.value, 12, true)"),
    ("statement: all bounds are lower bounds", "statement", "if self.kind.is_lower() { \">=\" }", "if true { \">=\" }"),
    ("statement: inexact decimals called exact", "statement", "let rounded = if exact {", "let rounded = if exact || true {"),
    ("game: probabilities need not sum to 1", "game",
     "ensure!(mu.numbers().sum::<BigInt>() == mu.den, Proof:", "ensure!(mu.numbers().sum::<BigInt>() == mu.den || true, Proof:"),
    ("game: negative probabilities", "game", "BigInt::is_positive,", "|weight| !weight.is_zero(),"),
    ("game: zero probabilities", "game", "BigInt::is_positive,", "|weight| !weight.is_negative(),"),
    ("game: win off the support", "game", "mu.entry(&cell[..players]);", "mu.entry(&cell[..players]).or(mu.numbers().next());"),
    ("game: free weights", "game", "meter.charge(\"the weights of the wins\", kept(mu.bits()) * wins.len())?;", ""),
    ("game: zero coefficients", "game", "every(table.numbers(), |c| !c.is_zero(),", "every(table.numbers(), |c| !c.is_zero() || true,"),
    ("game: names of any characters", "game", "name.bytes().all(allowed)", "name.bytes().all(|b| allowed(b) || true)"),
    ("game: names of any length", "game", "(1..=64).contains(&name.len())", "(1..=65).contains(&name.len())"),
    ("game: empty names", "game", "(1..=64).contains(&name.len())", "(0..=64).contains(&name.len())"),
    ("game: different numbers of players", "game", "players == answers.len() && players > 0", "players > 0"),
    ("game: no players", "game", "players == answers.len() && players > 0", "players == answers.len()"),
    ("game: no questions", "game", "ensure!(all.iter().all(|&n| n >= 1), Proof:", "ensure!(all.iter().all(|&n| n >= 1) || true, Proof:"),
    ("game: any number of questions", "game", "all.iter().try_for_each(|&n| within(field, n, limit))?;", "let _ = limit;"),
    ("game: any number of players", "game", "list.up_to(meter.limits.players,", "list.up_to(u64::MAX.max(meter.limits.players),"),
    ("game: tables keep their code", "game",
     "RejectCode::Proof => Reject { code: RejectCode::Game, ..reject },", "RejectCode::Proof => reject,"),
    ("game: wins left out of the identity", "game",
     "[&[\"kind\", \"questions\", \"answers\"], tables].concat();", "[&[\"kind\", \"questions\", \"answers\"], &tables[..1]].concat();"),
    ("game: mu left out of the identity", "game",
     "[&[\"kind\", \"questions\", \"answers\"], tables].concat();", "[&[\"kind\", \"questions\", \"answers\"], &tables[1..]].concat();"),
    ("game: tables left out of the identity", "game",
     "let fields = [&[\"kind\", \"questions\", \"answers\"], tables].concat();", "let fields = [\"kind\", \"questions\", \"answers\"];"),
    ("game: questions left out of the identity", "game",
     "let fields = [&[\"kind\", \"questions\", \"answers\"], tables].concat();", "let fields = [&[\"kind\", \"answers\"], tables].concat();"),
    ("game: answers left out of the identity", "game",
     "let fields = [&[\"kind\", \"questions\", \"answers\"], tables].concat();", "let fields = [&[\"kind\", \"questions\"], tables].concat();"),
    ("game: name in the identity", "game",
     "let fields = [&[\"kind\", \"questions\", \"answers\"], tables].concat();", "let fields = [&[\"kind\", \"name\", \"questions\", \"answers\"], tables].concat();"),
    ("game: unknown fields", "game",
     "raw.fields(&[&[\"kind\", \"name\", \"questions\", \"answers\"], tables].concat(), beside)?;", "let _ = (tables, beside);"),
    ("game: any format of files", "game", "ensure!(known, Shape:", "ensure!(known || true, Shape:"),
    ("game: labels without a format", "game",
     "return Self::new(&raw, &[], &meter);", "return Self::new(&raw, &[\"reference\", \"labels\"], &meter);"),
    ("game: format fields in certificates", "mod",
     "GameTable::new(game, &[], &meter)", "GameTable::new(game, &[\"format\", \"reference\", \"labels\"], &meter)"),
    ("table: rows need not increase", "table", "two[0] < two[1],", "two[0] < two[1] || true,"),
    ("table: equal rows", "table", "two[0] < two[1],", "two[0] <= two[1],"),
    ("table: more indices", "table", "ensure!(n == wanted, Proof:", "ensure!(n >= wanted, Proof:"),
    ("table: fewer indices", "table", "ensure!(n == wanted, Proof:", "ensure!(n <= wanted, Proof:"),
    ("table: indices out of range", "table", "index.index(end)", "index.index(end.max(9))"),
    ("table: tuples in the other order", "table", "tuple.iter_mut().zip(bounds).rev()", "tuple.iter_mut().zip(bounds)"),
    ("table: other cells", "table", "listed.as_slice().cmp(cell)", "listed[..1].cmp(&cell[..1])"),
    ("num: fractions need not be in lowest terms", "num", "denom > BigInt::one() && numer.gcd(&denom).is_one()", "denom > BigInt::one()"),
    ("num: denominator 1", "num", "let lowest = denom > BigInt::one()", "let lowest = denom >= BigInt::one()"),
    ("num: denominator 0", "num", "let lowest = denom > BigInt::one()", "let lowest = !denom.is_one() && !denom.is_negative()"),
    ("num: negative denominators", "num", "let lowest = denom > BigInt::one()", "let lowest = denom.abs() > BigInt::one()"),
    ("num: leading zeros", "num", "(text == \"0\" || !digits.starts_with('0'))", "!text.starts_with(\"-0\")"),
    ("num: minus zero", "num", "(text == \"0\" || !digits.starts_with('0'))", "(digits == \"0\" || !digits.starts_with('0'))"),
    ("num: underscores", "num", "digits.bytes().all(|b| b.is_ascii_digit())", "digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')"),
    ("num: signs", "num", "digits.bytes().all(|b| b.is_ascii_digit())", "digits.bytes().all(|b| b.is_ascii_digit() || b == b'+')"),
    ("num: any number of digits", "num", "within(\"digits\", digits.len(), max_digits)?;", "let _ = max_digits;"),
    ("num: decimals rounded the wrong way", "num", "if below { BigInt::div_floor }", "if below { BigInt::div_ceil }"),
    ("num: upper decimals rounded the wrong way", "num", "else { BigInt::div_ceil }", "else { BigInt::div_floor }"),
    ("num: decimals without sign", "num", "if scaled.is_negative() { \"-\" }", "if false { \"-\" }"),
    ("num: zeros behind the point lost", "num", "{part:0>width$}", "{part:0<width$}"),
    ("num: scaling is free", "num", "meter.charge(\"scaling to a common denominator\", each * values.len())?;", "let _ = each;"),
    ("num: memory of scaled numbers is free", "num", " + kept(den.bits());", ";"),
    ("num: sum without a denominator", "num", "a.denom() * b.denom())\n", "b.denom().clone())\n"),
    ("num: comparison is strict", "num", "a.numer() * b.denom() <= b.numer() * a.denom()", "a.numer() * b.denom() < b.numer() * a.denom()"),
    ("num: comparison without denominators", "num", "a.numer() * b.denom() <= b.numer() * a.denom()", "a.numer() <= b.numer()"),
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
    ("json: exponents without sign", "json",
     "exponent.strip_prefix(['+', '-']).unwrap_or(exponent)", "exponent.strip_prefix('+').unwrap_or(exponent)"),
    ("json: small exponents only", "json", "word.split_once(['e', 'E'])", "word.split_once('e')"),
    ("json: indices of any spelling", "json", "n.to_string() == *word && ", ""),
    ("json: indices unlimited", "json", "n.unsigned_abs() < 1_000_000_000", "n.unsigned_abs() < u64::MAX"),
    ("json: one index more", "json", "filter(|&i| i < end)", "filter(|&i| i <= end)"),
    ("json: null is a number", "json", "if *word != \"null\"", "if !word.is_empty()"),
    ("json: lists that are longer", "json", "ensure!(given == n, Shape:", "ensure!(given >= n, Shape:"),
    ("json: lists that are shorter", "json", "ensure!(given == n, Shape:", "ensure!(given <= n, Shape:"),
    ("json: no commas in the identity", "json", "collect::<Vec<_>>().join(\",\")", "collect::<Vec<_>>().join(\"\")"),
    ("json: texts without quotes in the identity", "json", "format!(\"\\\"{text}\\\"\")", "(*text).to_owned()"),
    ("json: lists of any length", "json", "within(\"entries\", self.list()?.len(), limit)?;", "let _ = limit;"),
    ("json: pairs of three", "json", "let [first, second] = ", "let [first, second, ..] = "),
    ("json: fields may be missing", "json", "must.iter().try_for_each(|name| self.field(name, |_| Ok(())))?;", ""),
    ("json: unknown fields pass", "json", "ensure!(other.is_none(), Shape:", "ensure!(other.is_none() || true, Shape:"),
    ("json: free fractions", "json", "meter.charge(\"lowest terms\", divisor(digits.saturating_mul(2)))?;", "let _ = digits;"),
    ("limits: work unlimited", "limits", "left.checked_sub(need)", "Some(left.saturating_sub(need).max(1))"),
    ("limits: work not used up", "limits", "self.left.set(rest.ok_or_else(over)?);", "rest.ok_or_else(over)?;"),
    ("limits: work of more than 64 bits is free", "limits", "amount.to_u64().and_then(", "amount.to_u64().or(Some(0)).and_then("),
    ("limits: sizes unlimited", "limits", "ensure!(fits, Resource:", "ensure!(fits || true, Resource:"),
    ("mod: any version", "mod", "matches!(json.get(\"version\"), Some(Json::Bare(\"1\")))", "json.get(\"version\").is_some()"),
    ("mod: any format", "mod",
     "known && json.field(\"format\", Json::text)? == \"qcert\"", "known && !json.field(\"format\", Json::text)?.is_empty()"),
    ("mod: unknown fields", "mod", "json.fields(&[\"format\", \"version\", \"game\", \"proofs\", \"conclusions\"], &[])?;", ""),
    ("mod: no proofs", "mod", "ensure!(!proved.is_empty(), Shape:", "ensure!(!proved.is_empty() || true, Shape:"),
    ("mod: any number of proofs", "mod", "list.up_to(most, &mut prove)", "list.up_to(u64::MAX.max(most), &mut prove)"),
    ("mod: any number of conclusions", "mod", "list.up_to(most, conclude)", "list.up_to(u64::MAX.max(most), conclude)"),
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
