//! Sparse rational functionals c(x, a) and the canonical tables they are read from.

use num_bigint::BigInt;
use num_traits::Signed;

use super::json::{Index, Row};
use super::limits::Meter;
use super::num::{Rational, over_common};
use super::reject::{Reject, RejectCode};

/// The sizes of a Bell scenario: questions and answers of each player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// Questions of each player, all at least 1.
    pub questions: Vec<usize>,
    /// Answers of each player, all at least 1; same length as `questions`.
    pub answers: Vec<usize>,
}

impl Sizes {
    /// Number of players.
    pub fn players(&self) -> usize {
        self.questions.len()
    }

    /// The bounds of a cell `[x_1.., a_1..]`.
    pub(crate) fn cell(&self) -> Vec<usize> {
        [self.questions.as_slice(), &self.answers].concat()
    }
}

/// A functional F(p) = sum c(x,a) p(a|x), as integers over one positive denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Functional {
    sizes: Sizes,
    /// Cells `[x_1.., a_1..]`, one after the other.
    cells: Vec<usize>,
    numer: Vec<BigInt>,
    denom: BigInt,
}

impl Functional {
    /// A functional from distinct cells `[x_1.., a_1..]` within `sizes` and their coefficients.
    ///
    /// Errors: a common denominator beyond the limits.
    pub(crate) fn new(
        sizes: &Sizes,
        rows: Vec<(Vec<usize>, Rational)>,
        meter: &mut Meter,
    ) -> Result<Self, Reject> {
        let (cells, values): (Vec<Vec<usize>>, Vec<Rational>) = rows.into_iter().unzip();
        let (numer, denom) = over_common(&values, meter)?;
        Ok(Self {
            sizes: sizes.clone(),
            cells: cells.concat(),
            numer,
            denom,
        })
    }

    /// The scenario.
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Number of listed cells.
    pub fn len(&self) -> usize {
        self.numer.len()
    }

    /// Whether no cell is listed: the zero functional.
    pub fn is_empty(&self) -> bool {
        self.numer.is_empty()
    }

    /// Questions, answers and integer coefficient of each listed cell, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[usize], &[usize], &BigInt)> {
        let n = self.sizes.players();
        self.cells
            .chunks_exact(n.saturating_mul(2).max(1))
            .map(move |cell| cell.split_at(n))
            .zip(&self.numer)
            .map(|((x, a), c)| (x, a, c))
    }

    /// The common denominator of the integer coefficients.
    pub fn denominator(&self) -> &BigInt {
        &self.denom
    }

    /// Sum of the absolute values of the integer coefficients.
    pub(crate) fn weight(&self) -> BigInt {
        self.numer.iter().map(Signed::abs).sum()
    }
}

/// The indices of one row, each below its bound.
pub(crate) fn cell(
    row: &[Index],
    bounds: &[usize],
    code: RejectCode,
) -> Result<Vec<usize>, Reject> {
    if row.len() != bounds.len() {
        return Err(Reject::new(
            code,
            "",
            format!("{} indices, {} wanted", row.len(), bounds.len()),
        ));
    }
    row.iter()
        .zip(bounds)
        .map(|(i, &end)| {
            i.below(end)
                .ok_or_else(|| Reject::new(code, "", format!("index {i} is not in 0..{end}")))
        })
        .collect()
}

/// A table: cells strictly increasing in lexicographic order (so no duplicates), with numbers.
pub(crate) fn table(
    rows: &[Row],
    bounds: &[usize],
    code: RejectCode,
    meter: &mut Meter,
) -> Result<Vec<(Vec<usize>, Rational)>, Reject> {
    let mut out: Vec<(Vec<usize>, Rational)> = Vec::with_capacity(rows.len());
    for (k, row) in rows.iter().enumerate() {
        let here = |e: Reject| e.under(&format!("[{k}]"));
        let at = cell(&row.cell, bounds, code).map_err(here)?;
        ascending(out.last().map(|(last, _)| last), &at, code).map_err(here)?;
        let value = row.number.rational(meter).map_err(here)?;
        out.push((at, value));
    }
    Ok(out)
}

/// Refuses a row that does not come strictly after the last one.
pub(crate) fn ascending(
    last: Option<&Vec<usize>>,
    next: &Vec<usize>,
    code: RejectCode,
) -> Result<(), Reject> {
    if last.is_some_and(|last| last >= next) {
        return Err(Reject::new(
            code,
            "",
            "rows must be strictly increasing in lexicographic order",
        ));
    }
    Ok(())
}
