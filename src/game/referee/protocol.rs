//! What the lines of a referee say: strict shapes, checked against each other.

use super::super::catalog::parameters::{parse_rational, printable};
use super::super::{Rational, Scenario};
use num_traits::{One, Signed, Zero};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Most digits of a numerator or denominator.
const MAX_DIGITS: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelloLine {
    players: usize,
    questions: Vec<usize>,
    answers: Vec<usize>,
    name: String,
    #[serde(default)]
    distribution: Option<Vec<Vec<Item>>>,
    #[serde(default)]
    deterministic: bool,
}

/// An entry of a row `[x_1, .., x_n, "1/4"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Index(usize),
    Weight(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionsLine {
    questions: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayoffLine {
    payoff: Vec<f64>,
}

/// How a referee introduced itself.
pub(crate) struct Hello {
    pub name: String,
    pub scenario: Scenario,
    pub distribution: Option<Vec<(usize, Rational)>>,
    pub deterministic: bool,
}

pub(crate) fn hello(line: &[u8]) -> Result<Hello, String> {
    let hello: HelloLine = parse(line)?;
    if hello.players != hello.questions.len() || hello.players != hello.answers.len() {
        return Err(format!(
            "{} players, but questions for {} and answers for {}",
            hello.players,
            hello.questions.len(),
            hello.answers.len()
        ));
    }
    let scenario = Scenario::new(hello.questions, hello.answers).map_err(|e| e.to_string())?;
    let distribution = match hello.distribution {
        Some(rows) => Some(distribution(&scenario, &rows)?),
        None => None,
    };
    Ok(Hello { name: printable(&hello.name, 200), scenario, distribution, deterministic: hello.deterministic })
}

/// Rows strictly increasing, weights positive and of sum exactly 1.
fn distribution(scenario: &Scenario, rows: &[Vec<Item>]) -> Result<Vec<(usize, Rational)>, String> {
    let mut mu: Vec<(usize, Rational)> = Vec::new();
    let mut total = Rational::zero();
    for (i, row) in rows.iter().enumerate() {
        let wrong = |why: &str| Err(format!("distribution[{i}]: {why}"));
        let Some((Item::Weight(weight), x)) = row.split_last() else {
            return wrong("wanted the questions and then a weight like \"1/4\"");
        };
        let digits: Option<Vec<usize>> = x
            .iter()
            .map(|item| match item {
                Item::Index(x) => Some(*x),
                Item::Weight(_) => None,
            })
            .collect();
        let Some(question) = digits.and_then(|x| scenario.checked_question(&x)) else {
            return wrong("not a joint question");
        };
        let weight = parse_rational(weight, MAX_DIGITS).filter(|w| w.is_positive());
        let Some(weight) = weight else {
            return wrong("the weight is not a positive fraction");
        };
        if mu.last().is_some_and(|(last, _)| *last >= question) {
            return wrong("rows must increase");
        }
        total += &weight;
        mu.push((question, weight));
    }
    if total.is_one() {
        return Ok(mu);
    }
    Err(format!("the distribution sums to {}, wanted exactly 1", printable(&total.to_string(), 60)))
}

/// Appends the `n` joint questions of an answer to `ask`.
pub(crate) fn questions(line: &[u8], scenario: &Scenario, n: usize, into: &mut Vec<u32>) -> Result<(), String> {
    let questions = parse::<QuestionsLine>(line)?.questions;
    if questions.len() != n {
        return Err(format!("{} questions, wanted {n}", questions.len()));
    }
    for (i, x) in questions.iter().enumerate() {
        let Some(question) = scenario.checked_question(x) else {
            return Err(format!(
                "questions[{i}] = {} is not a joint question of {scenario}",
                printable(&format!("{x:?}"), 60)
            ));
        };
        into.push(question as u32);
    }
    Ok(())
}

/// Writes the payoffs of an answer to `judge`.
pub(crate) fn payoffs(line: &[u8], into: &mut [f64]) -> Result<(), String> {
    let payoff = parse::<PayoffLine>(line)?.payoff;
    if payoff.len() != into.len() {
        return Err(format!("{} payoffs, wanted {}", payoff.len(), into.len()));
    }
    if let Some(i) = payoff.iter().position(|v| !v.is_finite()) {
        return Err(format!("payoff[{i}] is not finite"));
    }
    into.copy_from_slice(&payoff);
    Ok(())
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|e| {
        let kind = if e.is_data() { "not the shape wanted" } else { "not JSON" };
        format!("{kind}: {}", printable(&e.to_string(), 200))
    })
}
