//! Block-diagonalisation: the common invariant subspaces of all symmetric moment matrices, found numerically.
//!
//! Murota, Kanno, Kojima, Kojima 2010. The matrices `M(u)` are invariant under the symmetry group,
//! `R M R^T = M`. With `H = mean of R R^T = L L^T` the matrices `L^-1 M L^-T` commute with an orthogonal
//! representation, so they generate an algebra that is closed under transposition: it is a sum of full matrix
//! algebras, each repeated. The eigenspaces of one random element are the copies; a second random element says which
//! belong together and how their bases correspond; a third checks. One copy of each is enough for positivity.
//!
//! Nothing proved depends on it: the dual found is taken back to the whole matrix and proved there.

use super::{Program, ZERO};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Mat, MatRef, Par, Side};
use rand::RngExt;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

/// Eigenvalues closer than this, relative to the largest, are one; so is what a random element leaves between blocks.
const SAME: f64 = 1e-8;

/// One block as a function of the parameters: `W^T M(u) W`.
pub struct Reduced {
    /// `W`, a column per row of the block.
    pub basis: Mat<f64>,
    /// Upper triangles of the `A_k`, one column each.
    pub slopes: Mat<f64>,
    constant: Vec<f64>,
}

impl Reduced {
    fn new(program: &Program, basis: Mat<f64>) -> Self {
        let n = basis.ncols();
        let packed = n * (n + 1) / 2;
        let mut block = Reduced { basis, slopes: Mat::zeros(packed, program.free), constant: vec![0.0; packed] };
        // of a parameter after the other: `A_k W`, kept by the rows it has
        let mut rows: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); program.free + 1];
        for (j, column) in program.entry.chunks_exact(program.size).enumerate() {
            for (i, &class) in column.iter().enumerate().filter(|e| *e.1 != ZERO) {
                let value = &program.values[class as usize];
                for &(k, c) in &value.terms {
                    rows[k as usize].push((j, i, c));
                }
                if value.constant != 0.0 {
                    rows[program.free].push((j, i, value.constant));
                }
            }
        }
        let transposed = block.basis.transpose().to_owned();
        for (k, entries) in rows.iter().enumerate() {
            let mut sum = vec![0.0; packed];
            for column in entries.chunk_by(|a, b| a.0 == b.0) {
                let mut product = vec![0.0; n];
                for &(_, i, c) in column {
                    let row = transposed.col_as_slice(i);
                    product.iter_mut().zip(row).for_each(|(p, w)| *p += c * w);
                }
                let mut at = 0;
                for (l, w) in transposed.col_as_slice(column[0].0).iter().enumerate() {
                    let target = &mut sum[at..=at + l];
                    target.iter_mut().zip(&product).for_each(|(s, p)| *s += p * w);
                    at += l + 1;
                }
            }
            match k == program.free {
                true => block.constant = sum,
                false => block.slopes.col_as_slice_mut(k).copy_from_slice(&sum),
            }
        }
        block
    }

    /// Number of rows.
    pub fn size(&self) -> usize {
        self.basis.ncols()
    }

    /// The symmetric matrix of an upper triangle.
    pub fn unpack(&self, packed: &[f64], out: &mut Mat<f64>) {
        let mut at = 0;
        for j in 0..self.size() {
            for i in 0..=j {
                out[(i, j)] = packed[at];
                out[(j, i)] = packed[at];
                at += 1;
            }
        }
    }

    /// `p` with `<A, X> = sum_t A_t p_t` for every symmetric `A`.
    pub fn pack(&self, x: MatRef<'_, f64>, out: &mut [f64]) {
        let mut at = 0;
        for j in 0..self.size() {
            for i in 0..j {
                out[at] = x[(i, j)] + x[(j, i)];
                at += 1;
            }
            out[at] = x[(j, j)];
            at += 1;
        }
    }

    /// `c A_0 + sum_k u_k A_k`.
    pub fn matrix(&self, c: f64, u: &[f64]) -> Mat<f64> {
        let mut packed: Vec<f64> = self.constant.iter().map(|a| c * a).collect();
        for (k, u) in u.iter().enumerate() {
            let column = self.slopes.col_as_slice(k);
            packed.iter_mut().zip(column).for_each(|(p, a)| *p += u * a);
        }
        let mut out = Mat::zeros(self.size(), self.size());
        self.unpack(&packed, &mut out);
        out
    }

    /// Adds `<A_k, X>` to `out` and returns `<A_0, X>`.
    pub fn pull(&self, x: MatRef<'_, f64>, out: &mut [f64]) -> f64 {
        let mut packed = vec![0.0; self.constant.len()];
        self.pack(x, &mut packed);
        let dot = |a: &[f64]| a.iter().zip(&packed).map(|(a, p)| a * p).sum::<f64>();
        for (k, o) in out.iter_mut().enumerate() {
            *o += dot(self.slopes.col_as_slice(k));
        }
        dot(&self.constant)
    }
}

/// Flops one step of the interior point method takes on blocks, about.
pub fn cost(sizes: &[usize], free: usize) -> f64 {
    let m = free as f64;
    let blocks = sizes.iter().map(|&s| {
        let s = s as f64;
        4.0 * m * s.powi(3) + m * m * s * s + 30.0 * s.powi(3)
    });
    blocks.sum::<f64>() + m.powi(3) / 3.0
}

/// The blocks of a program whose matrices are invariant under a group; `metric` is the mean of its `R R^T`.
///
/// Empty if there is nothing to split, if the split is not cheaper than `limit`, or if it does not hold to rounding.
pub fn reduce(program: &Program, metric: &Mat<f64>, limit: f64) -> Vec<Reduced> {
    let bases = split(program, metric).unwrap_or_default();
    let sizes: Vec<usize> = bases.iter().map(Mat::ncols).collect();
    if cost(&sizes, program.free) >= limit {
        return Vec::new();
    }
    let block = |basis| Reduced::new(program, basis);
    bases.into_iter().map(block).collect()
}

fn split(program: &Program, metric: &Mat<f64>) -> Option<Vec<Mat<f64>>> {
    let n = program.size;
    let factor = metric.llt(Side::Lower).ok()?;
    let l = factor.L();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut random = || -> Mat<f64> {
        let mut number = || rng.random_range(-1.0..1.0);
        let u: Vec<f64> = (0..program.free).map(|_| number()).collect();
        let one: f64 = number();
        let values = program.values.iter();
        let values: Vec<f64> = values.map(|v| one * v.constant + v.slope(&u)).collect();
        let mut m = Mat::zeros(n, n);
        program.fill(&values, &mut m);
        solve_lower_triangular_in_place(l, m.as_mut(), Par::Seq);
        let mut m = m.transpose().to_owned();
        solve_lower_triangular_in_place(l, m.as_mut(), Par::Seq);
        let size = m.norm_max();
        Mat::from_fn(n, n, |i, j| 0.5 * (m[(i, j)] + m[(j, i)]) / size)
    };
    let (one, two, three) = (random(), random(), random());
    let eigen = one.self_adjoint_eigen(Side::Lower).ok()?;
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let vectors = eigen.U();
    let top = values.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    // eigenspaces: from .. to
    let mut spaces: Vec<std::ops::Range<usize>> = Vec::new();
    for k in 0..n {
        match spaces.last_mut() {
            Some(last) if values[k] - values[k - 1] < SAME * top => last.end = k + 1,
            _ => spaces.push(k..k + 1),
        }
    }
    let link = &(vectors.transpose() * &two) * vectors;
    let check = &(vectors.transpose() * &three) * vectors;
    let mut total = 0.0;
    let mut bases = Vec::new();
    let mut open: Vec<usize> = (0..spaces.len()).collect();
    while let Some(root) = open.pop() {
        let (basis, copies) = component(root, &mut open, &spaces, &link, &check)?;
        let block = &(basis.transpose() * &check) * &basis;
        total += copies as f64 * block.squared_norm_l2();
        let mut basis = vectors * &basis;
        solve_upper_triangular_in_place(l.transpose(), basis.as_mut(), Par::Seq);
        bases.push(basis);
    }
    let whole = check.squared_norm_l2();
    (bases.len() > 1 && (total - whole).abs() < SAME * whole).then_some(bases)
}

/// The eigenspaces linked to one, taken out of `open`: a basis of one copy of the block and the number of copies.
fn component(
    root: usize,
    open: &mut Vec<usize>,
    spaces: &[std::ops::Range<usize>],
    link: &Mat<f64>,
    check: &Mat<f64>,
) -> Option<(Mat<f64>, usize)> {
    let n = link.nrows();
    let between = |to: usize, from: usize| {
        let (to, from) = (spaces[to].clone(), spaces[from].clone());
        let part = link.as_ref().submatrix(to.start, from.start, to.len(), from.len());
        part.norm_l2()
    };
    let mut first = vec![0.0; n];
    first[spaces[root].start] = 1.0;
    let mut members = vec![(root, first)];
    // by the strongest link, as a spanning tree grows
    loop {
        let mut pairs = Vec::new();
        for (at, &to) in open.iter().enumerate() {
            for (k, (from, _)) in members.iter().enumerate() {
                pairs.push((between(to, *from), at, k));
            }
        }
        let Some((_, at, from)) =
            pairs.into_iter().filter(|p| p.0 > SAME * n as f64).max_by(|a, b| a.0.total_cmp(&b.0))
        else {
            break;
        };
        let to = open.swap_remove(at);
        let mut vector = vec![0.0; n];
        for i in spaces[to].clone() {
            let row = (0..n).map(|j| link[(i, j)] * members[from].1[j]);
            vector[i] = row.sum();
        }
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|v| *v /= length);
        members.push((to, vector));
    }
    let one = Mat::from_fn(n, members.len(), |i, k| members[k].1[i]);
    let copies = spaces[root].len();
    if invariant(check, &one) && members.iter().all(|(s, _)| spaces[*s].len() == copies) {
        return Some((one, copies));
    }
    // of complex or quaternionic type: all copies in one block
    let columns: Vec<usize> = members.iter().flat_map(|(s, _)| spaces[*s].clone()).collect();
    let all = Mat::from_fn(n, columns.len(), |i, k| f64::from(columns[k] == i));
    invariant(check, &all).then_some((all, 1))
}

/// Whether a matrix maps the span of orthonormal columns to itself.
fn invariant(matrix: &Mat<f64>, basis: &Mat<f64>) -> bool {
    let image = matrix * basis;
    let left = &image - basis * (basis.transpose() * &image);
    left.norm_l2() < SAME * matrix.norm_l2()
}
