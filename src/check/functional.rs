//! Sparse rational functionals c(x, a) and the canonical tables they are read from.

use num_bigint::BigInt;
use num_traits::Signed;

use super::json::Node;
use super::limits::Meter;
use super::num::{Rational, over_common};
use super::reject::{RejectCode, Result, demand, ensure};

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

/// Cells and their numbers, the cells strictly increasing.
pub(crate) type Table = Vec<(Vec<usize>, Rational)>;

/// The number of a cell, if it is listed.
pub(crate) fn entry<'a>(table: &'a Table, cell: &[usize]) -> Option<&'a Rational> {
    let at = table.binary_search_by(|(listed, _)| listed.as_slice().cmp(cell));
    at.ok().map(|k| &table[k].1)
}

/// A functional F(p) = sum c(x,a) p(a|x), as integers over one positive denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Functional {
    sizes: Sizes,
    /// Cells `[x_1.., a_1..]`.
    cells: Vec<Vec<usize>>,
    numer: Vec<BigInt>,
    denom: BigInt,
}

impl Functional {
    /// A functional from distinct cells `[x_1.., a_1..]` within `sizes` and their coefficients.
    ///
    /// Errors: only `RESOURCE`.
    pub(crate) fn new(sizes: &Sizes, table: Table, meter: &mut Meter) -> Result<Self> {
        let (cells, values): (Vec<_>, Vec<_>) = table.into_iter().unzip();
        let (numer, denom) = over_common(&values, meter)?;
        let sizes = sizes.clone();
        Ok(Self { sizes, cells, numer, denom })
    }

    /// The scenario.
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Number of listed cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether no cell is listed: the zero functional.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Questions, answers and integer coefficient of each listed cell, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[usize], &[usize], &BigInt)> {
        let cells = self.cells.iter().zip(&self.numer);
        cells.map(|(cell, c)| {
            let (x, a) = cell.split_at(self.sizes.players());
            (x, a, c)
        })
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

/// The rows of a table, one at a time: cells within bounds, strictly increasing in lexicographic order.
pub(crate) struct Rows {
    code: RejectCode,
    last: Vec<usize>,
}

impl Rows {
    /// Rows that are refused with this code.
    pub fn new(code: RejectCode) -> Self {
        let last = Vec::new();
        Self { code, last }
    }

    /// The indices of the next row, a number at its end left aside.
    pub fn cell(&mut self, row: &Node, bounds: &[usize]) -> Result<Vec<usize>> {
        let code = self.code;
        let indices: Vec<Node> = row.items().filter(Node::is_index).collect();
        let (n, wanted) = (indices.len(), bounds.len());
        ensure!(n == wanted, (code) at row, "{n} indices, {wanted} wanted");
        let mut cell = Vec::with_capacity(n);
        for (index, &end) in indices.iter().zip(bounds) {
            cell.push(demand!(index.below(end), (code) at index, "not in 0..{end}"));
        }
        ensure!(self.last < cell, (code) at row, "rows must be strictly increasing");
        self.last.clone_from(&cell);
        Ok(cell)
    }
}

/// A whole table of rows `[i, j, .., "r"]`.
pub(crate) fn table(list: &Node, bounds: &[usize], code: RejectCode, meter: &mut Meter) -> Result<Table> {
    let mut rows = Rows::new(code);
    list.each(|row| Ok((rows.cell(row, bounds)?, row.last(meter)?)))
}
