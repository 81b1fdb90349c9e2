//! The hierarchy ladder: how far each class of policies reaches, F below SR below Q below NS.

use super::canvas::{self, Anchor, GRID, MUTED, TEXT, color, field, number};
use super::{Picture, ReportError};
use plotters::prelude::*;
use std::fmt::Write;

/// What one class, or one strategy, reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Name: `SR`, `Q`, `learned`.
    pub label: String,
    /// The value is at least this.
    pub lower: f64,
    /// And at most this; equal to `lower` where it is known.
    pub upper: f64,
    /// What the numbers rest on: `exact`, `numerical`, ..
    pub evidence: String,
}

/// Rungs from the bottom up.
#[derive(Debug, Clone, PartialEq)]
pub struct LadderPlot {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Name of the value, with its unit.
    pub value_label: String,
    /// The rungs, lowest class first.
    pub rungs: Vec<Rung>,
}

const WIDTH: u32 = 1800;
const ROW: i32 = 84;
const FONT: i32 = 28;

impl LadderPlot {
    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Picture`] without rungs, for numbers that are not finite, or `lower > upper`.
    pub fn draw(&self) -> Result<Picture, ReportError> {
        let fail = |why: String| ReportError::Picture { name: self.name.clone(), why };
        if self.rungs.is_empty() {
            return Err(fail("no rungs".into()));
        }
        for r in &self.rungs {
            if !r.lower.is_finite() || !r.upper.is_finite() || r.lower > r.upper {
                return Err(fail(format!(
                    "'{}' goes from {} to {}, wanted finite numbers in order",
                    r.label, r.lower, r.upper
                )));
            }
        }
        let mut alt = format!("{} by class, lowest first:", self.value_label);
        let mut csv = String::from("class,lower,upper,evidence\n");
        for r in &self.rungs {
            // writing to a String cannot fail
            let _ = write!(alt, " {} {};", r.label, span(r));
            let _ = writeln!(csv, "{},{},{},{}", field(&r.label), r.lower, r.upper, field(&r.evidence));
        }
        let head = (self.name.as_str(), self.title.as_str(), alt, csv);
        let height = 200 + ROW * self.rungs.len() as i32;
        canvas::picture(head, (WIDTH, height as u32), |area| self.paint(area, height))
    }

    fn paint(&self, area: &canvas::Area, height: i32) -> Result<(), String> {
        canvas::text(area, &self.title, (40, 40), 36, TEXT, Anchor::Left)?;
        let lo = self.rungs.iter().map(|r| r.lower).fold(f64::INFINITY, f64::min);
        let hi = self.rungs.iter().map(|r| r.upper).fold(f64::NEG_INFINITY, f64::max);
        let room = if hi > lo { (hi - lo) * 0.08 } else { lo.abs().max(1.0) * 0.05 };
        let (lo, hi) = (lo - room, hi + room);
        let names = self.rungs.iter().map(|r| canvas::width(&r.label, FONT + 4)).max();
        let (left, right) = (80 + names.unwrap_or(0), 1240);
        let at = |v: f64| left + ((v - lo) / (hi - lo) * f64::from(right - left)).round() as i32;
        let bottom = height - 110;
        let line = |from, to, color: RGBColor, wide| {
            area.draw(&PathElement::new([from, to], color.stroke_width(wide))).map_err(|e| e.to_string())
        };
        let step = round_step((hi - lo) / 5.0);
        let first = (lo / step).ceil();
        for k in 0..=((hi / step).floor() - first).clamp(0.0, 12.0) as i32 {
            let v = (first + f64::from(k)) * step;
            line((at(v), 80), (at(v), bottom), GRID, 2)?;
            canvas::text(area, &canvas::tick(v, hi - lo), (at(v), bottom + 28), FONT - 2, TEXT, Anchor::Center)?;
        }
        let middle = ((left + right) / 2, bottom + 72);
        canvas::text(area, &self.value_label, middle, FONT, TEXT, Anchor::Center)?;
        for (k, r) in self.rungs.iter().enumerate() {
            // the lowest class at the bottom
            let y = bottom - ROW / 2 - ROW * k as i32;
            let c = color(k);
            canvas::text(area, &r.label, (40, y), FONT + 4, TEXT, Anchor::Left)?;
            line((left, y), (at(r.lower), y), c, 4)?;
            if at(r.upper) > at(r.lower) {
                line((at(r.lower), y), (at(r.upper), y), MUTED, 4)?;
                line((at(r.upper), y - 14), (at(r.upper), y + 14), MUTED, 4)?;
            }
            area.draw(&Circle::new((at(r.lower), y), 13, c.filled())).map_err(|e| e.to_string())?;
            let words = format!("{}  ({})", span(r), r.evidence);
            canvas::text(area, &words, (right + 24, y), FONT - 2, TEXT, Anchor::Left)?;
        }
        Ok(())
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `v`.
fn round_step(v: f64) -> f64 {
    let power = 10f64.powf(v.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= v);
    step.unwrap_or(10.0) * power
}

fn span(r: &Rung) -> String {
    if r.lower == r.upper { number(r.lower, 9) } else { format!("{} to {}", number(r.lower, 9), number(r.upper, 9)) }
}
