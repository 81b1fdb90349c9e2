//! Tables of cells, and the sparse functionals c(x, a) they hold.

use super::*;

/// Cells and their numbers, the cells strictly increasing.
pub type Table = Vec<(Vec<usize>, Rational)>;

/// A functional F(p) = sum c(x,a) p(a|x), as integers over one positive denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Functional {
    /// Questions of each player, all at least 1.
    pub questions: Vec<usize>,
    /// Answers of each player, all at least 1; same length as `questions`.
    pub answers: Vec<usize>,
    /// The listed cells in order.
    pub cells: Vec<Cell>,
    /// What all coefficients are divided by.
    pub den: BigInt,
}

/// The coefficient of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// A question to each player.
    pub x: Vec<usize>,
    /// An answer of each player.
    pub a: Vec<usize>,
    /// The coefficient times the common denominator.
    pub c: BigInt,
}

impl Functional {
    /// A functional of these sizes from cells `[x_1.., a_1..]` within them; errors: only `RESOURCE`.
    pub(crate) fn new(questions: &[usize], answers: &[usize], table: Table, meter: &Meter) -> Result<Self> {
        let (cells, values): (Vec<_>, Vec<_>) = table.into_iter().unzip();
        let (numer, den) = over_common(&values, meter)?;
        let cell = |(mut x, c): (Vec<usize>, _)| {
            let a = x.split_off(questions.len());
            Cell { x, a, c }
        };
        let cells = cells.into_iter().zip(numer).map(cell).collect();
        Ok(Self { questions: questions.to_vec(), answers: answers.to_vec(), cells, den })
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.questions.len()
    }

    /// The bounds of a cell `[x_1.., a_1..]`.
    pub(crate) fn bounds(&self) -> Vec<usize> {
        [self.questions.as_slice(), &self.answers].concat()
    }
}

/// The number of a cell, if it is listed.
pub(crate) fn entry<'a>(table: &'a Table, cell: &[usize]) -> Option<&'a Rational> {
    let at = table.binary_search_by(|(listed, _)| listed.as_slice().cmp(cell));
    at.ok().map(|k| &table[k].1)
}

/// A list of rows whose indices are strictly increasing in lexicographic order.
pub(crate) fn increasing<T>(
    list: &Json,
    mut read: impl FnMut(&[Json]) -> Result<(Vec<usize>, T)>,
) -> Result<Vec<(Vec<usize>, T)>> {
    let mut last = Vec::new();
    list.each(|row| {
        let (cell, value) = read(row.list()?)?;
        ensure!(last < cell, Proof: "rows must be strictly increasing");
        last.clone_from(&cell);
        Ok((cell, value))
    })
}

/// Indices, each below its bound.
pub(crate) fn cell(indices: &[Json], bounds: &[usize]) -> Result<Vec<usize>> {
    let (n, wanted) = (indices.len(), bounds.len());
    ensure!(n == wanted, Proof: "{n} indices, {wanted} wanted");
    indices.iter().zip(bounds).map(|(index, &end)| index.index(end)).collect()
}

/// A row `[i, j, .., "r"]`, as [`increasing`] wants it.
pub(crate) fn row(row: &[Json], bounds: &[usize], meter: &Meter) -> Result<(Vec<usize>, Rational)> {
    let (last, indices) = row.split_last().ok_or_else(|| refuse!(Shape: "an empty row"))?;
    Ok((cell(indices, bounds)?, last.rational(meter)?))
}

/// A whole table of rows `[i, j, .., "r"]`.
pub(crate) fn table(list: &Json, bounds: &[usize], meter: &Meter) -> Result<Table> {
    increasing(list, |indices| row(indices, bounds, meter))
}

/// All tuples of indices below `bounds`, in lexicographic order.
pub(crate) fn tuples(bounds: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (0..bounds.iter().product()).map(move |mut place: usize| {
        let mut tuple = vec![0; bounds.len()];
        for (index, bound) in tuple.iter_mut().zip(bounds).rev() {
            (place, *index) = place.div_rem(bound);
        }
        tuple
    })
}

/// The place of a tuple among all [`tuples`].
pub(crate) fn place(tuple: &[usize], bounds: &[usize]) -> usize {
    let digits = tuple.iter().zip(bounds);
    digits.fold(0, |place, (index, &bound)| place.saturating_mul(bound).saturating_add(*index))
}
