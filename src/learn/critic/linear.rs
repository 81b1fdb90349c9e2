//! Small dense linear systems of the least-squares critic.

/// Solves `A x = b` for several right-hand sides by elimination with row pivoting; `a` is `n x n` row-major. Columns
/// without a pivot get 0.
pub(super) fn solve(n: usize, a: &[f64], right: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut a = a.to_vec();
    let mut b = right.to_vec();
    let size = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let mut pivots = Vec::with_capacity(n);
    let mut row = 0;
    for column in 0..n {
        let best = (row..n).max_by(|i, j| {
            let at = |i: &usize| a[i * n + column].abs();
            at(i).total_cmp(&at(j))
        });
        let Some(best) = best.filter(|i| a[i * n + column].abs() > 1e-13 * size) else {
            continue;
        };
        for c in 0..n {
            a.swap(row * n + c, best * n + c);
        }
        b.iter_mut().for_each(|b| b.swap(row, best));
        for i in row + 1..n {
            let factor = a[i * n + column] / a[row * n + column];
            for c in column..n {
                a[i * n + c] -= factor * a[row * n + c];
            }
            b.iter_mut().for_each(|b| b[i] -= factor * b[row]);
        }
        pivots.push(column);
        row += 1;
    }
    b.iter()
        .map(|b| {
            let mut x = vec![0.0; n];
            for (row, &column) in pivots.iter().enumerate().rev() {
                let known: f64 = (column + 1..n).map(|c| a[row * n + c] * x[c]).sum();
                x[column] = (b[row] - known) / a[row * n + column];
            }
            x
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved_and_an_empty_column_gets_zero() {
        let a = [0.0, 2.0, 0.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let x = solve(3, &a, &[vec![4.0, 5.0, 0.0]]);
        assert_eq!(x, [[1.0, 2.0, 0.0]]);
    }
}
