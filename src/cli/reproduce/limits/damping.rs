//! CHSH when both halves of the shared state are damped.

use super::super::super::experiment::{Summary, unproved};
use super::super::super::output::CliError;
use super::super::Context;
use super::{seeds, short};
use crate::learn::{Preset, SharedState};
use crate::quantum::hermitian::{EighScratch, eigh};
use crate::quantum::{C64, DensityMatrix, Matrix, Noise};
use crate::run::report::{Level, Mark, Series, Table, XyPlot};
use crate::run::{Purpose, stream};
use rand_distr::{Distribution, StandardNormal};

const DAMPING: [f64; 8] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.32];

/// CHSH's best win probability on a state with correlations `(xx, yy, zz)` and no others: `1/2 + sqrt(a + b)/4` with the two
/// larger squares (Horodecki), for rank-one measurements.
fn horodecki(correlations: [f64; 3]) -> f64 {
    let mut squares = correlations.map(|t| t * t);
    squares.sort_by(f64::total_cmp);
    0.5 + 0.25 * (squares[1] + squares[2]).sqrt()
}

/// `cos t |00> + sin t |11>` with `x = sin² t`, both halves damped by `g`.
fn tilted(g: f64, x: f64) -> f64 {
    let coherence = 2.0 * (x * (1.0 - x)).sqrt() * (1.0 - g);
    horodecki([coherence, -coherence, 1.0 - 4.0 * x * g * (1.0 - g)])
}

fn bell(g: f64) -> f64 {
    tilted(g, 0.5)
}

/// CHSH's best win probability over all states of two qubits that are then damped, by see-saw with full knowledge of game and
/// noise: the best measurements of a state (Horodecki), then the best state for these measurements, the top eigenvector of
/// the Bell operator pulled back through the noise. *Numerical*: the best of several starts.
fn optimum(g: f64) -> f64 {
    let noise = Noise { visibility: 1.0, damping: g };
    let mut scratch = EighScratch::new(4);
    let (mut values, mut vectors) = ([0.0; 4], [C64::ZERO; 16]);
    // where two kinds of states tie the see-saw creeps: the Bell state needs none
    let mut best = bell(g);
    let mut rng = stream(0, Purpose::Evaluation);
    for _ in 0..12 {
        let amplitudes: Vec<C64> =
            (0..4).map(|_| C64::new(StandardNormal.sample(&mut rng), StandardNormal.sample(&mut rng))).collect();
        vectors.iter_mut().step_by(4).zip(&amplitudes).for_each(|(v, a)| *v = *a);
        let mut column = 0;
        for _ in 0..400 {
            let top = |r: usize| vectors[4 * r + column];
            let norm: f64 = (0..4).map(|r| top(r).norm_sqr()).sum();
            let mut rho: Vec<C64> = (0..16).map(|k| top(k / 4) * top(k % 4).conj() / norm).collect();
            noise.apply(&[2, 2], &mut rho);
            let (s, mut operator) = bell_operator(&rho);
            best = best.max(0.5 + 0.125 * s);
            noise.adjoint(&[2, 2], &mut operator);
            eigh(4, &operator, &mut values, &mut vectors, &mut scratch);
            column = 3;
        }
    }
    best
}

/// Pauli matrices `X`, `Y`, `Z`.
fn pauli(k: usize) -> Matrix {
    let (i, o, z) = (C64::I, C64::ONE, C64::ZERO);
    let entries = [[z, o, o, z], [z, -i, i, z], [o, z, z, -o]][k];
    Matrix::from_fn(2, |r, c| entries[2 * r + c])
}

/// The largest CHSH expression `S` of a two-qubit state with rank-one measurements, and the operator that has it there:
/// `S = 2 sqrt(u + v)` with the two largest eigenvalues of `T^T T`, `T_ab = tr(rho s_a (x) s_b)`.
fn bell_operator(rho: &[C64]) -> (f64, Vec<C64>) {
    let products: Vec<Matrix> = (0..9).map(|k| pauli(k / 3).kron(&pauli(k % 3))).collect();
    let t: Vec<f64> = (products.iter())
        .map(|m| {
            let pairs = m.as_slice().iter().zip(rho);
            pairs.map(|(m, r)| (m.conj() * r).re).sum()
        })
        .collect();
    let gram: Vec<C64> =
        (0..9).map(|k| C64::from((0..3).map(|a| t[3 * a + k / 3] * t[3 * a + k % 3]).sum::<f64>())).collect();
    let (mut values, mut vectors) = ([0.0; 3], [C64::ZERO; 9]);
    eigh(3, &gram, &mut values, &mut vectors, &mut EighScratch::new(3));
    let (u, v) = (values[2].max(0.0), values[1].max(0.0));
    let s = 2.0 * (u + v).sqrt();
    // B_0 +- B_1 point along the eigenvectors c, c' with 2 cos, 2 sin; A_0, A_1 along T c, T c'
    let weight = [2.0 * u.sqrt(), 2.0 * v.sqrt()].map(|w| w / (u + v).sqrt());
    let mut operator = vec![C64::ZERO; 16];
    for (column, weight) in [(2, weight[0]), (1, weight[1])] {
        let c = |b: usize| vectors[3 * b + column].re;
        let tc: Vec<f64> = (0..3).map(|a| (0..3).map(|b| t[3 * a + b] * c(b)).sum()).collect();
        let norm = tc.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-300);
        for (k, m) in products.iter().enumerate() {
            let factor = weight * tc[k / 3] / norm * c(k % 3);
            for (out, m) in operator.iter_mut().zip(m.as_slice()) {
                *out += m * factor;
            }
        }
    }
    (s, operator)
}

pub fn damping(context: &Context) -> Result<(Table, XyPlot), CliError> {
    let mut table = Table::new(
        "CHSH, both halves damped with probability g: win probabilities (numerical)",
        &[
            "g",
            "learned state: worst",
            "median",
            "theory",
            "Bell state: worst",
            "median",
            "theory",
            "advantage proved (learned, Bell)",
        ],
    );
    let fine = |theory: fn(f64) -> f64| -> Vec<(f64, f64)> {
        let grid = (0..=70).map(|k| 0.005 * f64::from(k));
        grid.map(|g| (g, theory(g))).collect()
    };
    let mut learned: [Vec<(f64, f64)>; 2] = Default::default();
    for g in DAMPING {
        let mut cells = vec![format!("{g}")];
        let mut proved = Vec::new();
        for (given, theory) in [(false, optimum(g).max(0.75)), (true, bell(g))] {
            let recipe = format!("best-damping-{g}-{}", if given { "bell" } else { "learned" });
            let arm = context.arm_seeds("chsh", Preset::Best, &recipe, &seeds(context), |c| {
                short(c);
                c.restrictions.noise.damping = g;
                if given {
                    c.state = SharedState::Fixed(DensityMatrix::bell());
                }
            })?;
            let values: Vec<f64> = arm.runs.iter().map(|e| e.value).collect();
            let s = Summary::of(&values, unproved(&arm.runs))?;
            cells.extend([s.worst, s.median, theory].map(|v| format!("{v:.7}")));
            proved.push(format!("{} of {}", s.runs - s.at_or_below_classical, s.runs));
            learned[usize::from(given)].push((g, s.median));
        }
        cells.push(proved.join(", "));
        table.rows.push(cells);
    }
    let mut plot = XyPlot::new(
        "limits-damping",
        "CHSH under amplitude damping: the state is learned, too",
        "probability of decay g of each half",
        "win probability",
    );
    plot.levels = vec![Level::new("classical 3/4", 0.75)];
    let [free, given] = learned;
    plot.series = vec![
        Series::new("best state, optimum", fine(|g| optimum(g).max(0.75))).color(0),
        Series::new("learned state", free).mark(Mark::Points).color(0),
        Series::new("Bell state, theory", fine(bell)).color(1),
        Series::new("given Bell state, learned", given).mark(Mark::Points).color(1),
    ];
    plot.alt = "CHSH win probability against the probability that each half of the shared state decays. Learned strategies lie on the curves of theory. With the Bell state the advantage ends at 0.293; a learned, less entangled state keeps it beyond.".into();
    Ok((table, plot))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlations by the Born rule of the damped state itself.
    #[test]
    fn correlations_of_damped_states_are_those_of_the_formulas() {
        for (g, x) in [(0.1, 0.5), (0.3, 0.2), (0.32, 0.05), (0.7, 0.9)] {
            let amplitudes = [(1.0f64 - x).sqrt(), 0.0, 0.0, f64::sqrt(x)];
            let pure = Matrix::from_fn(4, |r, c| C64::from(amplitudes[r] * amplitudes[c]));
            let rho = DensityMatrix::new(vec![2, 2], pure).unwrap();
            let noise = Noise { visibility: 1.0, damping: g };
            let rho = noise.of(&rho).unwrap();
            let t = |a: usize, b: usize| rho.matrix().matmul(&pauli(a).kron(&pauli(b))).trace().re;
            for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                assert!(t(a, b).abs() < 1e-14);
            }
            let wanted = horodecki([t(0, 0), t(1, 1), t(2, 2)]);
            assert!((tilted(g, x) - wanted).abs() < 1e-14);
            let (s, operator) = bell_operator(rho.matrix().as_slice());
            assert!((0.5 + 0.125 * s - wanted).abs() < 1e-12);
            let pairs = operator.iter().zip(rho.matrix().as_slice());
            let has: f64 = pairs.map(|(b, r)| (b.conj() * r).re).sum();
            assert!((has - s).abs() < 1e-12, "the operator has {has}, wanted {s}");
        }
    }

    #[test]
    fn the_optimum_over_states_is_not_below_tilted_states_and_theirs_where_nothing_decays() {
        assert!((optimum(0.0) - (0.5 + 0.125_f64.sqrt())).abs() < 1e-12);
        for g in [0.1, 0.25, 0.3, 0.32] {
            let grid = (0..=1000).map(|k| tilted(g, f64::from(k) * 1e-3));
            assert!(optimum(g) >= grid.fold(0.0, f64::max) - 1e-9, "{g}");
        }
    }
}
