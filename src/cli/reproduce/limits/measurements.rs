//! What restricted measurements and small dimensions leave of the advantage.

use super::super::super::experiment::{Summary, unproved};
use super::super::super::output::CliError;
use super::super::Context;
use super::{seeds, short};
use crate::learn::{Config, Measurements, Preset, SharedState};
use crate::quantum::{C64, DensityMatrix, Matrix, Povm};
use crate::run::report::Table;

type Case = (&'static str, &'static str, fn(&mut Config), Option<f64>);

/// Game, what is allowed, the settings, and the optimum under that restriction where theory has it.
fn cases() -> Vec<Case> {
    let tsirelson = 0.5 + 0.125_f64.sqrt();
    let tetra = 209.0 / 324.0;
    let any: fn(&mut Config) = |_| {};
    let real: fn(&mut Config) = |c| c.restrictions.measurements = Measurements::Real;
    let projective: fn(&mut Config) = |c| c.restrictions.measurements = Measurements::Projective;
    let listed: fn(&mut Config) = |c| c.restrictions.measurements = pauli();
    vec![
        ("chsh", "any", any, Some(tsirelson)),
        ("chsh", "real", real, Some(tsirelson)),
        ("chsh", "projective", projective, Some(tsirelson)),
        ("chsh", "Pauli Z and X listed", listed, Some(tsirelson)),
        (
            "chsh",
            "Pauli Z and X listed, Bell state given",
            |c| {
                c.restrictions.measurements = pauli();
                c.state = SharedState::Fixed(DensityMatrix::bell());
            },
            Some(0.75),
        ),
        ("elegant", "any", any, Some(4.0 * 3f64.sqrt())),
        ("elegant", "real", real, None),
        ("elegant", "projective", projective, Some(4.0 * 3f64.sqrt())),
        ("tetra", "any, dimension 2", |c| c.dims = vec![2, 2], None),
        ("tetra", "any, dimension 3", any, Some(tetra)),
        ("tetra", "real, dimension 3", real, Some(tetra)),
        ("tetra", "projective, dimension 3", projective, Some(tetra)),
        ("i3322", "any, dimension 2", any, Some(0.25)),
        ("magic-square", "any, dimension 2", |c| c.dims = vec![2, 2], None),
    ]
}

/// Pauli `Z` and `X` for both players.
fn pauli() -> Measurements {
    let povm = |z: f64, x: f64| {
        let element = |s: f64| {
            Matrix::from_fn(2, |r, c| {
                let sign = if r == 0 { z } else { -z };
                let entry = if r == c { 1.0 + s * sign } else { s * x };
                C64::from(0.5 * entry)
            })
        };
        Povm::new(vec![element(1.0), element(-1.0)])
    };
    // two projectors that add up to the identity: never refused
    let list: Vec<Povm> = [povm(1.0, 0.0), povm(0.0, 1.0)].into_iter().flatten().collect();
    Measurements::Listed(vec![list; 2])
}

pub fn measurements(context: &Context) -> Result<Table, CliError> {
    let mut table = Table::new(
        "Restricted measurements and small dimensions: values (numerical); the state is learned unless given",
        &[
            "game",
            "measurements",
            "worst learned",
            "best learned",
            "optimum so restricted",
            "classical",
            "quantum",
            "advantage proved",
        ],
    );
    let show = |v: f64| format!("{v:.7}");
    for (game, name, change, optimum) in cases() {
        let recipe = format!("best-{}", name.replace([' ', ','], "-"));
        let arm = context.arm_seeds(game, Preset::Best, &recipe, &seeds(context), |c| {
            short(c);
            change(c);
        })?;
        let values: Vec<f64> = arm.runs.iter().map(|e| e.value).collect();
        let s = Summary::of(&values, unproved(&arm.runs))?;
        table.rows.push(vec![
            game.into(),
            name.into(),
            show(s.worst),
            show(s.best),
            optimum.map_or("-".into(), show),
            show(arm.subject.floor()),
            arm.subject.reference.quantum_upper.map_or("-".into(), show),
            format!("{} of {}", s.runs - s.at_or_below_classical, s.runs),
        ]);
    }
    Ok(table)
}
