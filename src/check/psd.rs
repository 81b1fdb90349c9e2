//! Exact tests of positivity (F3).

use super::*;

/// A Gaussian integer re + i im.
pub type Gauss = Complex<BigInt>;

/// Whether rows of Gaussian integers form a Hermitian positive semidefinite matrix; exact.
///
/// R + i J is Hermitian and positive exactly if the real matrix ((R, -J), (J, R)) is symmetric and
/// positive: for z = u + i v both have the form z^H (R + i J) z.
///
/// Errors: only `RESOURCE`, before any work.
///
/// ```
/// use bellwether::check::{Limits, limits::Meter, psd::{Gauss, psd}};
/// let z = |re: i32, im: i32| Gauss::new(re.into(), im.into());
/// let meter = Meter::new(&Limits::default());
/// let rank_one = vec![vec![z(1, 0), z(0, 2)], vec![z(0, -2), z(4, 0)]];
/// assert!(psd(&rank_one, &meter)?);
/// let one_unit_less = vec![vec![z(1, 0), z(0, 2)], vec![z(0, -2), z(3, 0)]];
/// assert!(!psd(&one_unit_less, &meter)?);
/// # Ok::<(), bellwether::check::Reject>(())
/// ```
pub fn psd(a: &[Vec<Gauss>], meter: &Meter) -> Result<bool> {
    let beside = |left: fn(&Gauss) -> BigInt, right: fn(&Gauss) -> BigInt| {
        a.iter().map(move |row| row.iter().map(left).chain(row.iter().map(right)).collect())
    };
    let above = beside(|z| z.re.clone(), |z| -&z.im);
    let below = beside(|z| z.im.clone(), |z| z.re.clone());
    positive(above.chain(below).collect(), meter)
}

/// Whether rows of integers form a symmetric positive semidefinite matrix; exact.
///
/// Pivoted symmetric fraction-free elimination (F3): with a positive diagonal entry p as pivot k,
/// A_ij <- (p A_ij - A_ik A_kj) / p_prev, where the division is exact (Bareiss) because every
/// intermediate entry is a minor of `a`. Each step keeps the inertia of the rest.
///
/// Errors: only `RESOURCE`, before any work.
pub fn positive(mut a: Vec<Vec<BigInt>>, meter: &Meter) -> Result<bool> {
    let n = a.len();
    // Entries reach n b bits.
    let words = big(n) * max_bits(a.iter().flatten()) / 64;
    meter.charge("a positivity test", big(n).pow(3) * (&words * &words / 24 + 16))?;
    let symmetric = a.iter().all(|row| row.len() == n) && (0..n).all(|i| (0..i).all(|j| a[i][j] == a[j][i]));
    if !symmetric {
        return Ok(false);
    }
    // Only entries on and below the diagonal are read from here on.
    let mut rest: Vec<usize> = (0..n).collect();
    let mut last = BigInt::one();
    while let Some(at) = rest.iter().position(|&i| !a[i][i].is_zero()) {
        let k = rest.remove(at);
        let pivot = a[k][k].clone();
        if pivot.is_negative() {
            return Ok(false);
        }
        let column: Vec<BigInt> = rest.iter().map(|&i| a[i.max(k)][i.min(k)].clone()).collect();
        for (&i, a_ik) in rest.iter().zip(&column) {
            for (&j, a_jk) in rest.iter().zip(&column).take_while(|&(&j, _)| j <= i) {
                a[i][j] = (&pivot * &a[i][j] - a_ik * a_jk) / &last;
            }
        }
        last = pivot;
    }
    // Nothing but zeros on the diagonal: positive only if nothing is left.
    Ok(rest.iter().all(|&i| rest.iter().all(|&j| j > i || a[i][j].is_zero())))
}
