//! Who is asked and may answer what, and tables of numbers over questions and answers.

use super::*;

/// Numbers of questions and answers, a functional F(p) = sum c(x,a) p(a|x) being a [`Table`] over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Questions of each player, all at least 1.
    pub questions: Vec<usize>,
    /// Answers of each player, all at least 1; same length as `questions`.
    pub answers: Vec<usize>,
}

impl Scenario {
    /// Number of players.
    pub fn players(&self) -> usize {
        self.questions.len()
    }

    /// The bounds of a cell `[x_1.., a_1..]`.
    pub(crate) fn bounds(&self) -> Vec<usize> {
        [self.questions.as_slice(), &self.answers].concat()
    }
}

/// Strictly increasing cells with a number each, as integers over one positive denominator; 0 elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Cells and their numbers times the denominator.
    pub cells: Vec<(Vec<usize>, BigInt)>,
    /// What all numbers are divided by.
    pub den: BigInt,
}

impl Table {
    /// Reads rows `[i, j, .., "r"]`.
    pub(crate) fn read(list: &Json, bounds: &[usize], meter: &Meter) -> Result<Self> {
        let mut numbers = Vec::new();
        let cells = increasing(list, |row| {
            let (number, cell) = row.split_last().ok_or_else(|| refuse!(Shape: "an empty row"))?;
            let cell = indices(cell, bounds)?;
            numbers.push(number.rational(meter)?);
            Ok(cell)
        })?;
        let (numbers, den) = over_common(&numbers, meter)?;
        Ok(Self { cells: cells.into_iter().zip(numbers).collect(), den })
    }

    /// The number of a cell, if it is listed.
    pub fn entry(&self, cell: &[usize]) -> Option<&BigInt> {
        let at = self.cells.binary_search_by(|(listed, _)| listed.as_slice().cmp(cell));
        at.ok().map(|k| &self.cells[k].1)
    }

    /// One of its numbers in lowest terms.
    pub fn rational(&self, number: &BigInt) -> Rational {
        Rational::new(number.clone(), self.den.clone())
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = &BigInt> {
        self.cells.iter().map(|(_, number)| number)
    }

    /// Bits of the longest number or of the denominator.
    pub(crate) fn bits(&self) -> u64 {
        max_bits(self.numbers().chain([&self.den]))
    }
}

/// The indices of rows, which must be strictly increasing in lexicographic order.
pub(crate) fn increasing(list: &Json, mut read: impl FnMut(&[Json]) -> Result<Vec<usize>>) -> Result<Vec<Vec<usize>>> {
    let cells = list.each(|_, row| read(row.list()?))?;
    every(cells.windows(2), |two| two[0] < two[1], "rows must be strictly increasing, and the next one is not larger")?;
    Ok(cells)
}

/// Refuses the first of some rows that is not good, and names its place.
pub(crate) fn every<T>(rows: impl IntoIterator<Item = T>, good: impl Fn(T) -> bool, why: &str) -> Result<()> {
    let bad = rows.into_iter().position(|row| !good(row));
    bad.map_or(Ok(()), |k| Err(refuse!(Proof: "{why}").inside(&format!("[{k}]"))))
}

/// Indices, each below its bound.
pub(crate) fn indices(row: &[Json], bounds: &[usize]) -> Result<Vec<usize>> {
    let (n, wanted) = (row.len(), bounds.len());
    ensure!(n == wanted, Proof: "{n} indices, {wanted} wanted");
    row.iter().zip(bounds).map(|(index, &end)| index.index(end)).collect()
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
