//! From the numbers a network gives to measurements: one layer a player, with its reverse pass.

use super::LearnError;
use super::projective::Projective;
use super::restriction::Measurements;
use crate::quantum::{C64, Povm, SoftmaxBatch};

/// The measurements of one player for all questions, as a differentiable function of real numbers.
#[derive(Debug)]
pub(super) struct Layer {
    questions: usize,
    answers: usize,
    d: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Softmax {
        batch: Box<SoftmaxBatch>,
        /// Imaginary parts of the logits are left out.
        real: bool,
        logits: Vec<C64>,
        d_logits: Vec<C64>,
    },
    Projective(Box<Projective>),
    Listed {
        /// `[choice][answer][d²]`.
        elements: Vec<C64>,
        choices: usize,
        /// Probability of each choice, `[question][choice]`.
        weights: Vec<f64>,
    },
}

impl Layer {
    /// The layer of player `player`.
    pub fn new(
        kind: &Measurements,
        player: usize,
        questions: usize,
        answers: usize,
        d: usize,
    ) -> Result<Self, LearnError> {
        let zeros = |n: usize| vec![C64::ZERO; n];
        let kind = match kind {
            Measurements::Any | Measurements::Real => Kind::Softmax {
                batch: Box::new(SoftmaxBatch::new(questions, answers, d)?),
                real: *kind == Measurements::Real,
                logits: zeros(questions * answers * d * d),
                d_logits: zeros(questions * answers * d * d),
            },
            Measurements::Projective => Kind::Projective(Box::new(Projective::new(questions, answers, d))),
            Measurements::Listed(players) => {
                let list = players.get(player).map(Vec::as_slice).unwrap_or_default();
                let fits = |p: &Povm| p.dim() == d && p.outcomes() == answers;
                if list.is_empty() || !list.iter().all(fits) {
                    let given: Vec<_> = list.iter().map(|p| (p.outcomes(), p.dim())).collect();
                    return Err(LearnError::Config(format!(
                        "measurements of player {player}: (outcomes, dimension) {given:?} given, wanted at least one, each ({answers}, {d})"
                    )));
                }
                let elements = list.iter().flat_map(|p| p.elements());
                Kind::Listed {
                    elements: elements.flat_map(|m| m.as_slice().iter().copied()).collect(),
                    choices: list.len(),
                    weights: vec![0.0; questions * list.len()],
                }
            }
        };
        Ok(Layer { questions, answers, d, kind })
    }

    pub fn questions(&self) -> usize {
        self.questions
    }

    /// Real numbers per question.
    pub fn inputs(&self) -> usize {
        match &self.kind {
            Kind::Softmax { .. } => 2 * self.answers * self.d * self.d,
            Kind::Projective(_) => 2 * self.d * self.d,
            Kind::Listed { choices, .. } => *choices,
        }
    }

    /// Complex numbers of the measurements of all questions.
    pub fn len(&self) -> usize {
        self.questions * self.answers * self.d * self.d
    }

    /// Largest condition number of `S` at the last forward pass.
    pub fn condition_estimate(&self) -> Option<f64> {
        match &self.kind {
            Kind::Softmax { batch, .. } => Some(batch.condition_estimate()),
            _ => None,
        }
    }

    /// Writes the measurements, `[question][answer][d²]`, from the numbers of all questions.
    pub fn forward(&mut self, inputs: &[f64], povms: &mut [C64]) -> Result<(), LearnError> {
        let (d, answers) = (self.d, self.answers);
        match &mut self.kind {
            Kind::Softmax { batch, real, logits, .. } => {
                for (z, pair) in logits.iter_mut().zip(inputs.chunks_exact(2)) {
                    *z = C64::new(pair[0], if *real { 0.0 } else { pair[1] });
                }
                batch.forward(logits, povms)?;
            }
            Kind::Projective(p) => {
                let questions = inputs.chunks_exact(2 * d * d).zip(povms.chunks_exact_mut(answers * d * d));
                for (x, (inputs, povm)) in questions.enumerate() {
                    p.forward(x, inputs, povm)?;
                }
            }
            Kind::Listed { elements, choices, weights } => {
                povms.fill(C64::ZERO);
                let questions = inputs
                    .chunks_exact(*choices)
                    .zip(weights.chunks_exact_mut(*choices).zip(povms.chunks_exact_mut(answers * d * d)));
                for (inputs, (weights, povm)) in questions {
                    let top = inputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let mut sum = 0.0;
                    for (w, z) in weights.iter_mut().zip(inputs) {
                        *w = (z - top).exp();
                        sum += *w;
                    }
                    for (w, choice) in weights.iter_mut().zip(elements.chunks_exact(povm.len())) {
                        *w /= sum;
                        for (out, m) in povm.iter_mut().zip(choice) {
                            *out += m * *w;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the derivative by the numbers from that by the measurements, minus `conditioning` times the derivative of
    /// `L_cond` (Appendix I), which only QuantumSoftmax has.
    pub fn backward(&mut self, d_povms: &[C64], conditioning: f64, d_inputs: &mut [f64]) -> Result<(), LearnError> {
        let (d, answers) = (self.d, self.answers);
        match &mut self.kind {
            Kind::Softmax { batch, real, d_logits, .. } => {
                batch.backward_saturating(d_povms, d_logits)?;
                if conditioning != 0.0 {
                    batch.add_conditioning_gradient_saturating(-conditioning, d_logits)?;
                }
                for (pair, z) in d_inputs.chunks_exact_mut(2).zip(&*d_logits) {
                    pair[0] = z.re;
                    pair[1] = if *real { 0.0 } else { z.im };
                }
            }
            Kind::Projective(p) => {
                let questions = d_inputs.chunks_exact_mut(2 * d * d).zip(d_povms.chunks_exact(answers * d * d));
                for (x, (d_inputs, d_povm)) in questions.enumerate() {
                    p.backward(x, d_povm, d_inputs);
                }
            }
            Kind::Listed { elements, choices, weights } => {
                let questions = d_inputs
                    .chunks_exact_mut(*choices)
                    .zip(weights.chunks_exact(*choices).zip(d_povms.chunks_exact(answers * d * d)));
                for (d_inputs, (weights, d_povm)) in questions {
                    let mut mean = 0.0;
                    let choice = elements.chunks_exact(d_povm.len());
                    for ((d_input, w), choice) in d_inputs.iter_mut().zip(weights).zip(choice) {
                        let pairs = choice.iter().zip(d_povm);
                        *d_input = pairs.map(|(m, g)| m.re * g.re + m.im * g.im).sum();
                        mean += w * *d_input;
                    }
                    for (d_input, w) in d_inputs.iter_mut().zip(weights) {
                        *d_input = w * (*d_input - mean);
                    }
                }
            }
        }
        Ok(())
    }
}
