//! The drawing surface: sizes, colours, text, and the finished SVG element.
//!
//! `plotters` places everything on whole pixels, so pictures are drawn at twice their usual size and scale down.

use super::page::escape;
use super::{Picture, ReportError};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A drawing area in whole pixels.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(super) const TEXT: RGBColor = RGBColor(27, 31, 36);
pub(super) const MUTED: RGBColor = RGBColor(98, 106, 115);
pub(super) const GRID: RGBColor = RGBColor(225, 228, 232);

/// Colours of series, light and dark; distinct for the colour-blind in their order.
pub(super) const SERIES: [(RGBColor, &str); 8] = [
    (RGBColor(31, 99, 176), "#6cb0ff"),
    (RGBColor(201, 98, 18), "#ffa35c"),
    (RGBColor(25, 128, 84), "#5fd39c"),
    (RGBColor(168, 58, 142), "#f08bd5"),
    (RGBColor(122, 92, 20), "#e0bf5e"),
    (RGBColor(20, 130, 146), "#5cd3e6"),
    (RGBColor(186, 48, 48), "#ff8a80"),
    (RGBColor(100, 80, 180), "#b6a3ff"),
];

/// Colour of a series.
pub(super) fn color(k: usize) -> RGBColor {
    SERIES[k % SERIES.len()].0
}

pub(super) fn hex(c: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", c.0, c.1, c.2)
}

/// Where text is anchored.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Center,
    Right,
}

/// Text, vertically centred on `at`.
pub(super) fn text(
    area: &Area,
    what: &str,
    at: (i32, i32),
    size: i32,
    color: RGBColor,
    anchor: Anchor,
) -> Result<(), String> {
    let h = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Center => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let style = TextStyle::from(("sans-serif", size).into_font()).color(&color).pos(Pos::new(h, VPos::Center));
    area.draw_text(what, &style, at).map_err(|e| e.to_string())
}

/// Width of a text in pixels, roughly: no font is consulted.
pub(super) fn width(what: &str, size: i32) -> i32 {
    (what.chars().count() as f64 * f64::from(size) * 0.54) as i32
}

/// A number for people: at most `digits` significant digits, no trailing zeros.
pub(super) fn number(v: f64, digits: usize) -> String {
    if v == 0.0 || !v.is_finite() {
        return format!("{v}").replace("-0", "0");
    }
    let magnitude = v.abs().log10().floor() as i32;
    if !(-5..7).contains(&magnitude) {
        return format!("{v:.*e}", digits.saturating_sub(1).min(3));
    }
    let places = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{v:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A tick of an axis of length `span`: as many places as tell neighbours apart.
pub(super) fn tick(v: f64, span: f64) -> String {
    let step = span / 8.0;
    if v.abs() >= 1e7 || (v != 0.0 && v.abs() < 1e-5) || step.is_nan() || step <= 0.0 {
        return number(v, 4);
    }
    let places = (1.0 - step.log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{v:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A tick of a logarithmic axis at `10^v`: a power of ten outside 0.001 to 10000.
pub(super) fn log_tick(v: f64) -> String {
    let power = v.round();
    if (v - power).abs() > 1e-9 || (-3.0..=4.0).contains(&power) {
        return number(10f64.powf(v), 2);
    }
    let digit = |c: char| match c {
        '-' => '\u{207b}',
        '1' => '\u{b9}',
        '2' => '\u{b2}',
        '3' => '\u{b3}',
        c => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
    };
    let exponent: String = format!("{power}").chars().map(digit).collect();
    format!("10{exponent}")
}

/// How many ticks an axis of length `span` wants: whole decades where it is logarithmic and has some.
pub(super) fn ticks(span: f64, log: bool) -> usize {
    match log && span >= 2.0 {
        true => (span.floor() as usize + 1).min(8),
        false => 8,
    }
}

/// Draws on a fresh surface and finishes it to a picture.
pub(super) fn picture(
    (name, title, alt, csv): (&str, &str, String, String),
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), String>,
) -> Result<Picture, ReportError> {
    let fail = |why: String| ReportError::Picture { name: name.into(), why };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).map_err(fail)?;
        area.present().map_err(|e| fail(e.to_string()))?;
    }
    let inner = svg.find('>').map_or("", |at| &svg[at + 1..]);
    let svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\">\n\
         <title>{}</title>\n<desc>{}</desc>{inner}",
        size.0,
        size.1,
        escape(title),
        escape(title),
        escape(&alt)
    );
    Ok(Picture { name: name.into(), title: title.into(), alt, svg: svg.trim_end().to_owned(), csv })
}

/// A CSV field, quoted where it must be.
pub(super) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_ticks_are_whole_powers_of_ten() {
        let shown = [-7.0, -3.0, 0.0, 4.0, 5.0, 12.0].map(log_tick);
        assert_eq!(shown, ["10⁻⁷", "0.001", "1", "10000", "10⁵", "10¹²"]);
        assert_eq!((ticks(2.3, true), ticks(1.0, true), ticks(2.3, false)), (3, 8, 8));
    }
}
