//! Curves, points, bands and horizontal lines over two axes.

use super::canvas::{self, Anchor, GRID, MUTED, TEXT, color, field, number};
use super::{Picture, ReportError};
use plotters::prelude::*;
use std::fmt::Write;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// A line.
    #[default]
    Line,
    /// A faint thin line: one of many.
    Thin,
    /// A dashed line.
    Dashed,
    /// Points.
    Points,
    /// Points joined by a line.
    LinePoints,
}

/// One series of points `(x, y)` in increasing `x` (for lines).
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name in the legend; series without a name, and repeated names, are not listed.
    pub label: String,
    /// The points; a NaN breaks the line.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of a band, one pair for each point, or nothing.
    pub band: Vec<(f64, f64)>,
    /// How it is drawn.
    pub mark: Mark,
    /// Colour 0..8; by default its place in the list.
    pub color: Option<usize>,
}

impl Series {
    /// A line.
    pub fn new(label: &str, points: Vec<(f64, f64)>) -> Self {
        Series { label: label.into(), points, band: Vec::new(), mark: Mark::Line, color: None }
    }

    /// The same with another mark.
    pub fn mark(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }

    /// The same in colour `k` of 8.
    pub fn color(mut self, k: usize) -> Self {
        self.color = Some(k);
        self
    }

    /// The same with a band, one `(lower, upper)` for each point.
    pub fn band(mut self, band: Vec<(f64, f64)>) -> Self {
        self.band = band;
        self
    }
}

/// A horizontal line: a bound, a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Name at its right end.
    pub label: String,
    /// Height.
    pub value: f64,
}

impl Level {
    /// A named height.
    pub fn new(label: &str, value: f64) -> Self {
        Level { label: label.into(), value }
    }
}

/// A plot over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct XyPlot {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Name of the horizontal axis, with its unit.
    pub x_label: String,
    /// Name of the vertical axis, with its unit.
    pub y_label: String,
    /// Whether the horizontal axis is logarithmic (base 10).
    pub x_log: bool,
    /// Whether the vertical axis is logarithmic (base 10).
    pub y_log: bool,
    /// Ends of the vertical axis, or as the data want.
    pub y_range: Option<(f64, f64)>,
    /// The series, drawn in order.
    pub series: Vec<Series>,
    /// Horizontal lines.
    pub levels: Vec<Level>,
    /// What the picture shows, in words; made from the data if empty.
    pub alt: String,
}

const SIZE: (u32, u32) = (1800, 1040);
const FONT: i32 = 28;
/// More points than this are thinned for drawing; the CSV keeps all.
const DRAWN: usize = 400;

impl XyPlot {
    /// An empty plot: fill `series` and `levels`.
    pub fn new(name: &str, title: &str, x_label: &str, y_label: &str) -> Self {
        XyPlot {
            name: name.into(),
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            x_log: false,
            y_log: false,
            y_range: None,
            series: Vec::new(),
            levels: Vec::new(),
            alt: String::new(),
        }
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Picture`] if there is no finite point, or a band has another length than its series.
    pub fn draw(&self) -> Result<Picture, ReportError> {
        let fail = |why: String| ReportError::Picture { name: self.name.clone(), why };
        for s in &self.series {
            if !s.band.is_empty() && s.band.len() != s.points.len() {
                return Err(fail(format!(
                    "series '{}' has {} points and a band of {}",
                    s.label,
                    s.points.len(),
                    s.band.len()
                )));
            }
        }
        let frame = self.frame().map_err(&fail)?;
        let alt = if self.alt.is_empty() { self.words() } else { self.alt.clone() };
        let head = (self.name.as_str(), self.title.as_str(), alt, self.csv());
        canvas::picture(head, SIZE, |area| self.paint(area, frame))
    }

    fn x(&self, x: f64) -> f64 {
        if self.x_log { x.log10() } else { x }
    }

    fn y(&self, y: f64) -> f64 {
        if self.y_log { y.log10() } else { y }
    }

    /// Ranges of both axes.
    fn frame(&self) -> Result<[(f64, f64); 2], String> {
        let mut xs = (f64::INFINITY, f64::NEG_INFINITY);
        let mut ys = xs;
        let grow = |range: &mut (f64, f64), v: f64| {
            if v.is_finite() {
                *range = (range.0.min(v), range.1.max(v));
            }
        };
        for s in &self.series {
            for &(x, y) in &s.points {
                let (x, y) = (self.x(x), self.y(y));
                if x.is_finite() && y.is_finite() {
                    grow(&mut xs, x);
                    grow(&mut ys, y);
                }
            }
            for &(lo, hi) in &s.band {
                grow(&mut ys, self.y(lo));
                grow(&mut ys, self.y(hi));
            }
        }
        if !xs.0.is_finite() {
            return Err("no finite point to draw".into());
        }
        self.levels.iter().for_each(|l| grow(&mut ys, self.y(l.value)));
        let wide = |(lo, hi): (f64, f64), part: f64| {
            let room = if hi > lo { (hi - lo) * part } else { lo.abs().max(1.0) * 0.05 };
            (lo - room, hi + room)
        };
        let xs = if xs.1 > xs.0 { xs } else { wide(xs, 0.0) };
        let ys =
            self.y_range.map(|(lo, hi)| (self.y(lo), self.y(hi))).filter(|(lo, hi)| lo < hi).unwrap_or(wide(ys, 0.05));
        if ![xs.0, xs.1, ys.0, ys.1].iter().all(|v| v.abs() < 1e300) {
            return Err("the numbers are too large to draw".into());
        }
        Ok([xs, ys])
    }

    fn paint(&self, area: &canvas::Area, [xs, ys]: [(f64, f64); 2]) -> Result<(), String> {
        let at_right = self.levels.iter().map(|l| canvas::width(&l.label, FONT)).max();
        let right = at_right.map_or(40, |w| w + 60).min(620);
        let legend = self.legend(area)?;
        canvas::text(area, &self.title, (40, 40), 36, TEXT, Anchor::Left)?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(legend)
            .margin_left(30)
            .margin_right(right)
            .margin_bottom(20)
            .x_label_area_size(100)
            .y_label_area_size(150)
            .build_cartesian_2d(xs.0..xs.1, ys.0..ys.1)
            .map_err(|e| e.to_string())?;
        let tick = |v: &f64| {
            if self.x_log { canvas::log_tick(*v) } else { canvas::tick(*v, xs.1 - xs.0) }
        };
        let y_tick = |v: &f64| match self.y_log {
            true => canvas::log_tick(*v),
            false => canvas::tick(*v, ys.1 - ys.0),
        };
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(2))
            .axis_style(MUTED.stroke_width(2))
            .label_style(("sans-serif", FONT).into_font().color(&TEXT))
            .axis_desc_style(("sans-serif", FONT + 2).into_font().color(&TEXT))
            .x_labels(canvas::ticks(xs.1 - xs.0, self.x_log))
            .y_labels(canvas::ticks(ys.1 - ys.0, self.y_log))
            .x_label_formatter(&tick)
            .y_label_formatter(&y_tick)
            .x_desc(self.x_label.as_str())
            .y_desc(self.y_label.as_str())
            .draw()
            .map_err(|e| e.to_string())?;
        for (k, s) in self.series.iter().enumerate() {
            let c = color(s.color.unwrap_or(k));
            let thin = s.points.len().div_ceil(DRAWN).max(1);
            let kept = |i: &usize| i.is_multiple_of(thin) || i + 1 == s.points.len();
            if !s.band.is_empty() {
                let side = |upper: bool| {
                    (0..s.points.len()).filter(kept).filter_map(move |i| {
                        let ((x, _), (lo, hi)) = (s.points[i], s.band[i]);
                        let (lo, hi) = (self.y(lo), self.y(hi));
                        let y = if upper { hi } else { lo };
                        // what lies wholly off the picture has no band
                        let shown = lo <= ys.1 && hi >= ys.0;
                        (self.x(x).is_finite() && lo.is_finite() && hi.is_finite() && shown)
                            .then_some((self.x(x), y.clamp(ys.0, ys.1)))
                    })
                };
                let mut outline: Vec<(f64, f64)> = side(true).collect();
                let mut back: Vec<(f64, f64)> = side(false).collect();
                back.reverse();
                outline.append(&mut back);
                chart.draw_series(std::iter::once(Polygon::new(outline, c.mix(0.18)))).map_err(|e| e.to_string())?;
            }
            // a NaN ends one stretch and begins the next; lines are cut where they leave the picture
            let mut stretch: Vec<(f64, f64)> = Vec::new();
            let (mut stretches, mut dots) = (Vec::new(), Vec::new());
            let mut before: Option<(f64, f64)> = None;
            for i in (0..s.points.len()).filter(kept) {
                let here = (self.x(s.points[i].0), self.y(s.points[i].1));
                let inside = |p: (f64, f64)| (ys.0..=ys.1).contains(&p.1);
                if !(here.0.is_finite() && here.1.is_finite()) {
                    stretches.push(std::mem::take(&mut stretch));
                    before = None;
                    continue;
                }
                if let Some(from) = before.filter(|b| inside(*b) != inside(here)) {
                    let out = if inside(here) { from.1 } else { here.1 };
                    let edge = if out < ys.0 { ys.0 } else { ys.1 };
                    let part = (edge - from.1) / (here.1 - from.1);
                    stretch.push((from.0 + part * (here.0 - from.0), edge));
                }
                if inside(here) {
                    stretch.push(here);
                    dots.push(here);
                } else {
                    stretches.push(std::mem::take(&mut stretch));
                }
                before = Some(here);
            }
            stretches.push(stretch);
            stretches.retain(|points| !points.is_empty());
            for points in stretches {
                let lines = match s.mark {
                    Mark::Points => None,
                    Mark::Thin => Some(c.mix(0.5).stroke_width(3)),
                    _ => Some(c.stroke_width(5)),
                };
                if let (Mark::Dashed, Some(style)) = (s.mark, lines) {
                    chart
                        .draw_series(DashedLineSeries::new(points.iter().copied(), 16, 12, style))
                        .map_err(|e| e.to_string())?;
                } else if let Some(style) = lines {
                    chart.draw_series(LineSeries::new(points.iter().copied(), style)).map_err(|e| e.to_string())?;
                }
            }
            if matches!(s.mark, Mark::Points | Mark::LinePoints) {
                let dots = dots.into_iter().map(|p| Circle::new(p, 8, c.filled()));
                chart.draw_series(dots).map_err(|e| e.to_string())?;
            }
        }
        let mut labels: Vec<(i32, f64, &str)> = Vec::new();
        let mut edge = 0;
        for level in self.levels.iter().filter(|l| (ys.0..=ys.1).contains(&self.y(l.value))) {
            let at = self.y(level.value);
            let ends = [(xs.0, at), (xs.1, at)];
            chart.draw_series(DashedLineSeries::new(ends, 8, 8, MUTED.stroke_width(3))).map_err(|e| e.to_string())?;
            let (x, y) = chart.backend_coord(&ends[1]);
            labels.push((y, -level.value, &level.label));
            edge = x;
        }
        // names of close lines are moved apart, upward ones first
        labels.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for k in 1..labels.len() {
            labels[k].0 = labels[k].0.max(labels[k - 1].0 + FONT + 4);
        }
        for (y, _, label) in labels {
            canvas::text(area, label, (edge + 16, y), FONT, TEXT, Anchor::Left)?;
        }
        Ok(())
    }

    /// Draws the legend below the title and returns where the plot may begin.
    fn legend(&self, area: &canvas::Area) -> Result<i32, String> {
        let mut listed: Vec<(&str, usize, Mark)> = Vec::new();
        for (k, s) in self.series.iter().enumerate() {
            if !s.label.is_empty() && !listed.iter().any(|(l, ..)| *l == s.label) {
                listed.push((&s.label, s.color.unwrap_or(k), s.mark));
            }
        }
        let (mut x, mut y) = (40, 100);
        if listed.is_empty() {
            return Ok(80);
        }
        for (label, k, mark) in listed {
            let needs = 90 + canvas::width(label, FONT) + 40;
            if x + needs > SIZE.0 as i32 && x > 40 {
                (x, y) = (40, y + 44);
            }
            let c = color(k);
            let draw = |e: Result<(), DrawingAreaErrorKind<_>>| {
                e.map_err(|e: DrawingAreaErrorKind<std::io::Error>| e.to_string())
            };
            if mark != Mark::Points {
                let pieces: &[(i32, i32)] = match mark {
                    Mark::Dashed => &[(0, 16), (28, 44), (56, 70)],
                    _ => &[(0, 70)],
                };
                for &(from, to) in pieces {
                    let style = match mark {
                        Mark::Thin => c.mix(0.6).stroke_width(2),
                        _ => c.stroke_width(5),
                    };
                    let line = PathElement::new([(x + from, y), (x + to, y)], style);
                    draw(area.draw(&line))?;
                }
            }
            if matches!(mark, Mark::Points | Mark::LinePoints) {
                draw(area.draw(&Circle::new((x + 35, y), 8, c.filled())))?;
            }
            canvas::text(area, label, (x + 84, y), FONT, TEXT, Anchor::Left)?;
            x += needs;
        }
        Ok(y + 36)
    }

    fn words(&self) -> String {
        let mut text = format!("{}: {} against {}.", self.title, self.y_label, self.x_label);
        for s in self.series.iter().filter(|s| !s.label.is_empty()) {
            if let (Some(first), Some(last)) = (s.points.first(), s.points.last()) {
                // writing to a String cannot fail
                let _ = write!(
                    text,
                    " {} goes from {} at {} to {} at {}.",
                    s.label,
                    number(first.1, 5),
                    number(first.0, 5),
                    number(last.1, 5),
                    number(last.0, 5)
                );
            }
        }
        for l in &self.levels {
            let _ = write!(text, " Line at {}: {}.", number(l.value, 6), l.label);
        }
        text
    }

    fn csv(&self) -> String {
        let mut csv = String::from("series,x,y,lower,upper\n");
        for s in &self.series {
            for (i, (x, y)) in s.points.iter().enumerate() {
                let band = s.band.get(i).map_or(",".into(), |(l, u)| format!("{l},{u}"));
                let _ = writeln!(csv, "{},{x},{y},{band}", field(&s.label));
            }
        }
        for l in &self.levels {
            let _ = writeln!(csv, "{},,{},,", field(&l.label), l.value);
        }
        csv
    }
}
