//! Bloch vectors of learned qubit measurements.
//!
//! An effect `M` on a qubit is `tr(M)/2 (I + r . sigma)` with `|r| <= 1`; projective ones have `|r| = 1`.

use super::canvas::{self, Anchor, GRID, MUTED, TEXT, color, field, number};
use super::{Picture, ReportError};
use crate::quantum::Matrix;
use crate::strategy::QuantumStrategy;
use plotters::prelude::*;
use std::fmt::Write;

/// One Bloch vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// Name at its tip.
    pub label: String,
    /// `(x, y, z)`, of length at most 1.
    pub vector: [f64; 3],
    /// Colour 0..8: the question.
    pub color: usize,
}

/// Bloch vectors, one sphere for each player.
#[derive(Debug, Clone, PartialEq)]
pub struct BlochPlot {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Name of each sphere and the arrows in it.
    pub spheres: Vec<(String, Vec<Arrow>)>,
}

/// `r` of a qubit effect, `tr(sigma M) / tr(M)`; `None` for other dimensions and for effects of trace below 1e-9,
/// which have no direction.
pub fn bloch_vector(effect: &Matrix) -> Option<[f64; 3]> {
    let &[a, b, c, d] = effect.as_slice() else {
        return None;
    };
    let trace = a.re + d.re;
    // sigma_x: 2 Re m01, sigma_y: i (m01 - m10) = -2 Im m01
    let r = [b.re + c.re, c.im - b.im, a.re - d.re];
    (effect.dim() == 2 && trace > 1e-9).then(|| r.map(|v| v / trace))
}

/// The spheres of all players with a qubit: arrow `x=q a=k` for every question and answer.
pub fn bloch_arrows(strategy: &QuantumStrategy) -> Vec<(String, Vec<Arrow>)> {
    let mut spheres = Vec::new();
    for (i, player) in strategy.povms().iter().enumerate() {
        let mut arrows = Vec::new();
        for (x, povm) in player.iter().enumerate() {
            for (a, effect) in povm.elements().iter().enumerate() {
                arrows.extend(bloch_vector(effect).map(|vector| Arrow {
                    label: format!("x={x} a={a}"),
                    vector,
                    color: x,
                }));
            }
        }
        if !arrows.is_empty() {
            spheres.push((format!("player {}", i + 1), arrows));
        }
    }
    spheres
}

/// Width for one sphere: labels stand on both sides of it.
const SPHERE: i32 = 720;
const RADIUS: f64 = 220.0;
const FONT: i32 = 26;

impl BlochPlot {
    /// Draws it, three spheres a row.
    ///
    /// # Errors
    /// [`ReportError::Picture`] without spheres, with more than 12 or with more than 500 arrows, or for a vector that is not finite.
    pub fn draw(&self) -> Result<Picture, ReportError> {
        let arrows = || self.spheres.iter().flat_map(|(_, a)| a);
        let why = if self.spheres.is_empty() || self.spheres.len() > 12 {
            Some(format!("{} spheres, wanted 1 to 12", self.spheres.len()))
        } else if arrows().count() > 500 {
            Some(format!("{} arrows, wanted at most 500", arrows().count()))
        } else {
            arrows()
                .find(|a| !a.vector.iter().all(|v| v.is_finite()))
                .map(|a| format!("the vector of '{}' is not finite", a.label))
        };
        if let Some(why) = why {
            return Err(ReportError::Picture { name: self.name.clone(), why });
        }
        let mut csv = String::from("sphere,arrow,x,y,z\n");
        let mut alt = String::from("Bloch vectors (x, y, z).");
        for (sphere, arrows) in &self.spheres {
            let _ = write!(alt, " {sphere}:");
            for a in arrows {
                let [x, y, z] = a.vector;
                let _ = writeln!(csv, "{},{},{x},{y},{z}", field(sphere), field(&a.label));
                let [x, y, z] = a.vector.map(|v| number(v, 3));
                let _ = write!(alt, " {} ({x}, {y}, {z})", a.label);
            }
            alt.push('.');
        }
        let rows = self.spheres.len().div_ceil(3) as i32;
        let size = (1800, (120 + rows * (SPHERE + 40)) as u32);
        let head = (self.name.as_str(), self.title.as_str(), alt, csv);
        canvas::picture(head, size, |area| {
            canvas::text(area, &self.title, (40, 40), 36, TEXT, Anchor::Left)?;
            for (k, (name, arrows)) in self.spheres.iter().enumerate() {
                let (row, column) = (k as i32 / 3, k as i32 % 3);
                let centre = (30 + column * SPHERE + SPHERE / 2, 130 + row * (SPHERE + 40) + SPHERE / 2);
                sphere(area, centre, name, arrows)?;
            }
            Ok(())
        })
    }
}

/// Seen from the front, a little from the left and above; x toward the reader, y to the right, z up.
fn project(centre: (i32, i32), [x, y, z]: [f64; 3]) -> (i32, i32) {
    let (sin_az, cos_az) = (25f64.to_radians()).sin_cos();
    let (sin_el, cos_el) = (18f64.to_radians()).sin_cos();
    let u = y * cos_az - x * sin_az;
    let v = z * cos_el - (x * cos_az + y * sin_az) * sin_el;
    let place = |c: i32, w: f64| c + (w * RADIUS).round() as i32;
    (place(centre.0, u), place(centre.1, -v))
}

fn sphere(area: &canvas::Area, centre: (i32, i32), name: &str, arrows: &[Arrow]) -> Result<(), String> {
    let draw = |points: Vec<(i32, i32)>, c: RGBColor, wide: u32| {
        area.draw(&PathElement::new(points, c.stroke_width(wide))).map_err(|e| e.to_string())
    };
    let above = (centre.0, centre.1 - RADIUS as i32 - 66);
    canvas::text(area, name, above, FONT + 2, TEXT, Anchor::Center)?;
    area.draw(&Circle::new(centre, RADIUS as i32, MUTED.stroke_width(2))).map_err(|e| e.to_string())?;
    let ring = |f: &dyn Fn(f64, f64) -> [f64; 3]| -> Vec<(i32, i32)> {
        let angle = |k: i32| f64::from(k) * std::f64::consts::TAU / 72.0;
        (0..=72).map(|k| project(centre, f(angle(k).cos(), angle(k).sin()))).collect()
    };
    draw(ring(&|c, s| [c, s, 0.0]), GRID, 2)?;
    draw(ring(&|c, s| [c, 0.0, s]), GRID, 2)?;
    for (axis, end) in [("x", [1.0, 0.0, 0.0]), ("y", [0.0, 1.0, 0.0]), ("z", [0.0, 0.0, 1.0])] {
        let back = end.map(|v: f64| -v);
        draw(vec![project(centre, back), project(centre, end)], GRID, 2)?;
        let tip = project(centre, end.map(|v| 1.09 * v));
        canvas::text(area, axis, tip, FONT - 4, MUTED, Anchor::Center)?;
    }
    let mut taken: Vec<(i32, i32)> = Vec::new();
    for a in arrows {
        let (c, tip) = (color(a.color), project(centre, a.vector));
        draw(vec![centre, tip], c, 4)?;
        area.draw(&Circle::new(tip, 9, c.filled())).map_err(|e| e.to_string())?;
        // names stand outside their tips and give way downward to those already there
        let right = tip.0 >= centre.0;
        let mut at = (if right { tip.0 + 16 } else { tip.0 - 16 }, tip.1 - 4);
        let close = |t: &(i32, i32), at: (i32, i32)| (t.0 - at.0).abs() < 90 && (t.1 - at.1).abs() < FONT;
        while taken.iter().any(|t| close(t, at)) {
            at.1 += FONT;
        }
        taken.push(at);
        let anchor = if right { Anchor::Left } else { Anchor::Right };
        canvas::text(area, &a.label, at, FONT - 4, TEXT, anchor)?;
    }
    Ok(())
}
