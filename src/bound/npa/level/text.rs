//! Levels as people write them.

use super::{Level, MAX_LENGTH};
use crate::bound::BoundError;
use crate::bound::npa::words::Letter;
use crate::game::Scenario;
use std::collections::BTreeSet;
use std::str::FromStr;

impl Level {
    /// The same with further words, written as products of projectors: `a0*a1*b0` for first outcomes,
    /// `a0.1*b2` with outcomes named. Several are separated by commas.
    ///
    /// # Errors
    /// [`BoundError::Unsuitable`] naming the word, for a player, question or outcome that the scenario does not
    /// have, or a last outcome (it is 1 minus the others, so it adds nothing).
    pub fn with_words(mut self, text: &str, scenario: &Scenario) -> Result<Self, BoundError> {
        for word in text.split(',') {
            let bad = |why: String| BoundError::Unsuitable {
                method: "NPA",
                why: format!("extra word '{}': {why}", word.escape_default()),
            };
            let mut letters = Vec::new();
            for factor in word.split('*') {
                let mut chars = factor.chars();
                let player = chars.next().filter(char::is_ascii_lowercase);
                let player = player.map(|c| usize::from(c as u8 - b'a'));
                let (question, answer) = match chars.as_str().split_once('.') {
                    Some((q, a)) => (q.parse().ok(), a.parse().ok()),
                    None => (chars.as_str().parse().ok(), Some(0)),
                };
                let (Some(player), Some(question), Some(answer)) = (player, question, answer) else {
                    return Err(bad(format!(
                        "'{}' given, wanted a player, a question and an outcome such as a0 or b2.1",
                        factor.escape_default()
                    )));
                };
                let letter = Letter { player, question, answer };
                if player >= scenario.players() {
                    let last = char::from(b'a' + (scenario.players() - 1) as u8);
                    return Err(bad(format!("players are a to {last}")));
                }
                if question >= scenario.questions()[player] {
                    let count = scenario.questions()[player];
                    return Err(bad(format!("question {question} given, wanted below {count}")));
                }
                if answer + 1 >= scenario.answers()[player] {
                    let last = scenario.answers()[player] - 1;
                    return Err(bad(format!(
                        "outcome {answer} given, wanted below {last} (the last is 1 minus the others)"
                    )));
                }
                letters.push(letter);
            }
            if letters.len() > 2 * MAX_LENGTH {
                return Err(bad(format!("{} factors given, wanted at most {}", letters.len(), 2 * MAX_LENGTH)));
            }
            self.extra.push(letters);
        }
        Ok(self)
    }
}

impl FromStr for Level {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, BoundError> {
        let bad = |why: &str| BoundError::Unsuitable {
            method: "NPA",
            why: format!("level '{}' given: {why}", text.escape_default()),
        };
        let mut level = Level::words_up_to(0);
        let mut pairs = BTreeSet::new();
        for (k, part) in text.split('+').enumerate() {
            if k == 0 {
                level.length = match part.parse() {
                    Ok(length) if (1..=MAX_LENGTH).contains(&length) => length,
                    _ => return Err(bad("wanted a number from 1 to 8 first, as in 1+ab")),
                };
                continue;
            }
            if part == "pos" {
                level.positive = true;
                continue;
            }
            if part.is_empty() || part.len() > MAX_LENGTH || !part.bytes().all(|b| (b'a'..=b'p').contains(&b)) {
                return Err(bad("wanted players a, b, c.. or 'pos' after '+'"));
            }
            let mut pattern = Vec::new();
            for b in part.bytes() {
                let player = usize::from(b - b'a');
                if pattern.len() <= player {
                    pattern.resize(player + 1, 0);
                }
                pattern[player] += 1;
            }
            if pattern.iter().sum::<usize>() == 2 && pattern.iter().all(|&k| k <= 1) {
                pairs.insert(pattern);
            } else if !level.patterns.contains(&pattern) {
                level.patterns.push(pattern);
            }
        }
        // `ab` as the only pair means all pairs
        if pairs.len() == 1 && pairs.contains(&vec![1, 1]) {
            level.pairs = true;
        } else {
            level.patterns.extend(pairs);
        }
        Ok(level)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.length)?;
        if self.pairs {
            write!(f, "+ab")?;
        }
        for pattern in &self.patterns {
            write!(f, "+")?;
            for (i, &count) in pattern.iter().enumerate() {
                for _ in 0..count {
                    write!(f, "{}", char::from(b'a' + (i % 26) as u8))?;
                }
            }
        }
        if !self.extra.is_empty() {
            write!(f, "+{} words", self.extra.len())?;
        }
        if self.positive {
            write!(f, "+pos")?;
        }
        Ok(())
    }
}
