//! Heat maps of a behaviour p(a|x): joint questions down, joint answers across.

use super::canvas::{self, Anchor, GRID, MUTED, TEXT, color, number};
use super::{Picture, ReportError};
use crate::game::Behaviour;
use plotters::prelude::*;
use std::fmt::Write;

/// A behaviour to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap<'a> {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// The behaviour.
    pub behaviour: &'a Behaviour,
    /// The joint questions to show, or all.
    pub questions: Option<Vec<usize>>,
}

/// Most cells a picture holds.
const MAX_CELLS: usize = 4096;
const FONT: i32 = 28;
/// Opacity at p = 1: numbers stay readable on it, dark or light.
const STRONGEST: f64 = 0.75;

impl HeatMap<'_> {
    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Picture`] for more than 4096 cells, or a question that is not there.
    pub fn draw(&self) -> Result<Picture, ReportError> {
        let fail = |why: String| ReportError::Picture { name: self.name.clone(), why };
        let s = self.behaviour.scenario();
        let all = || (0..s.joint_questions()).collect();
        let rows: Vec<usize> = self.questions.clone().unwrap_or_else(all);
        if let Some(x) = rows.iter().find(|x| **x >= s.joint_questions()) {
            return Err(fail(format!("question {x} given, the scenario has {}", s.joint_questions())));
        }
        let cells = rows.len() * s.joint_answers();
        if cells == 0 || cells > MAX_CELLS {
            return Err(fail(format!("{cells} cells, wanted 1 to {MAX_CELLS}")));
        }
        let names = |v: Vec<usize>| v.iter().map(usize::to_string).collect::<Vec<_>>();
        let mut csv = String::new();
        for (letter, n) in [("x", s.players()), ("a", s.players())] {
            for i in 1..=n {
                let _ = write!(csv, "{letter}_{i},");
            }
        }
        csv.push_str("p\n");
        for &x in &rows {
            for (a, p) in self.behaviour.row(x).iter().enumerate() {
                let cell = [names(s.question(x)), names(s.answer(a))].concat().join(",");
                let _ = writeln!(csv, "{cell},{p}");
            }
        }
        let alt = format!(
            "Table of p(a|x) as shades: {} joint questions down, {} joint answers across; the numbers are in {}.csv.",
            rows.len(),
            s.joint_answers(),
            self.name
        );
        let high = (1100 / rows.len() as i32).clamp(14, 72);
        let height = 250 + high * rows.len() as i32;
        let head = (self.name.as_str(), self.title.as_str(), alt, csv);
        canvas::picture(head, (1800, height as u32), |area| self.paint(area, &rows, high))
    }

    fn paint(&self, area: &canvas::Area, rows: &[usize], high: i32) -> Result<(), String> {
        let s = self.behaviour.scenario();
        let draw_text = |t: &str, at, size, anchor| canvas::text(area, t, at, size, TEXT, anchor);
        draw_text(&self.title, (40, 40), 36, Anchor::Left)?;
        let label = |v: Vec<usize>| v.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let (left, top) = (230, 170);
        let columns = s.joint_answers() as i32;
        let wide = (1340 / columns).clamp(2, 150);
        draw_text("answers a", (left, 100), FONT, Anchor::Left)?;
        draw_text("questions x", (40, 100), FONT, Anchor::Left)?;
        let size = (high - 4).min(FONT);
        let every = |room: i32, needs: i32| ((needs + room - 1) / room.max(1)).max(1);
        let skip = every(wide, canvas::width(&label(s.answer(0)), 24) + 12);
        for a in (0..columns).step_by(skip as usize) {
            let at = (left + a * wide + wide / 2, 145);
            draw_text(&label(s.answer(a as usize)), at, 24, Anchor::Center)?;
        }
        for (r, &x) in rows.iter().enumerate() {
            let y = top + r as i32 * high;
            draw_text(&label(s.question(x)), (left - 24, y + high / 2), size, Anchor::Right)?;
            for (a, &p) in self.behaviour.row(x).iter().enumerate() {
                let from = (left + a as i32 * wide, y);
                let cell = [from, (from.0 + wide, from.1 + high)];
                let p = p.clamp(0.0, 1.0);
                let fill = Rectangle::new(cell, color(0).mix(STRONGEST * p).filled());
                area.draw(&fill).map_err(|e| e.to_string())?;
                area.draw(&Rectangle::new(cell, GRID.stroke_width(1))).map_err(|e| e.to_string())?;
                if high >= 30 && wide >= 84 {
                    let at = (from.0 + wide / 2, y + high / 2);
                    let text = format!("{p:.3}");
                    canvas::text(area, &text, at, 24, TEXT, Anchor::Center)?;
                }
            }
        }
        self.scale(area, left + columns * wide + 60, top)
    }

    /// The key of shades.
    fn scale(&self, area: &canvas::Area, x: i32, top: i32) -> Result<(), String> {
        for k in 0..5 {
            let (p, y) = (1.0 - f64::from(k) * 0.25, top + k * 48);
            let cell = [(x, y), (x + 48, y + 48)];
            let fill = Rectangle::new(cell, color(0).mix(STRONGEST * p).filled());
            area.draw(&fill).map_err(|e| e.to_string())?;
            area.draw(&Rectangle::new(cell, MUTED.stroke_width(1))).map_err(|e| e.to_string())?;
            canvas::text(area, &number(p, 2), (x + 60, y + 24), 24, TEXT, Anchor::Left)?;
        }
        Ok(())
    }
}
