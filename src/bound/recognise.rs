//! Closed forms recognised in a bracket: fractions and quadratic irrationals.
//!
//! A guess, never a proof: the simplest number `(a + b sqrt n)/c` inside the bracket, and only if a number so
//! simple would hardly lie there by chance. The expected number of coincidences is the width of the bracket times
//! the density of all candidates that are at least as simple.

use crate::game::{Rational, to_f64};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Signed;
use std::cmp::Ordering;
use std::fmt;

/// Largest expected number of coincidences of a form that is reported.
const CHANCE: f64 = 1e-3;

/// Largest `c |b| n` tried.
const MAX_HEIGHT: i64 = 1200;

/// The number `(a + b sqrt(n)) / c`, in lowest terms, `c > 0`; a fraction if `b = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClosedForm {
    /// The rational part's numerator.
    pub a: i64,
    /// How many roots.
    pub b: i64,
    /// The square-free number under the root.
    pub n: i64,
    /// The denominator.
    pub c: i64,
}

impl ClosedForm {
    /// Nearest f64, up to rounding.
    pub fn value(&self) -> f64 {
        (self.a as f64 + self.b as f64 * (self.n as f64).sqrt()) / self.c as f64
    }

    /// Comparison with a fraction, exactly: `b sqrt n` against `c r - a` by squares.
    pub fn compare(&self, r: &Rational) -> Ordering {
        let integer = |k: i64| Rational::from_integer(BigInt::from(k));
        let right = r * integer(self.c) - integer(self.a);
        let square = integer(self.b) * integer(self.b) * integer(self.n);
        match (self.b.signum(), right.is_negative()) {
            (-1, false) => Ordering::Less,
            (0 | 1, true) => Ordering::Greater,
            (-1, true) => (&right * &right).cmp(&square),
            _ => square.cmp(&(&right * &right)),
        }
    }
}

impl fmt::Display for ClosedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b, n, c) = (self.a, self.b, self.n, self.c);
        if b == 0 {
            return match c {
                1 => write!(f, "{a}"),
                _ => write!(f, "{a}/{c}"),
            };
        }
        let sign = if b < 0 { "-" } else { "+" };
        let root = match b.abs() {
            1 => format!("sqrt {n}"),
            b => format!("{b} sqrt {n}"),
        };
        let (sum, several) = match (a, b < 0) {
            (0, false) => (root, false),
            (0, true) => (format!("-{root}"), false),
            _ => (format!("{a}{sign}{root}"), true),
        };
        match (c, several) {
            (1, _) => write!(f, "{sum}"),
            (_, true) => write!(f, "({sum})/{c}"),
            (_, false) => write!(f, "{sum}/{c}"),
        }
    }
}

/// The closed form that a bracket `lower <= value <= upper` suggests, if one is much simpler than chance allows.
///
/// The form lies inside the bracket, compared exactly. It is recognised, not proved.
///
/// ```
/// use bellwether::bound::{rational_of, recognise};
/// let near = |v: f64| (rational_of(v - 1e-9).unwrap(), rational_of(v + 1e-9).unwrap());
/// let (low, high) = near(209.0 / 324.0);
/// assert_eq!(recognise(&low, &high).unwrap().to_string(), "209/324");
/// let (low, high) = near((2.0 + 2f64.sqrt()) / 4.0);
/// assert_eq!(recognise(&low, &high).unwrap().to_string(), "(2+sqrt 2)/4");
/// let (low, high) = near(0.712386014201);
/// assert!(recognise(&low, &high).is_none());
/// ```
pub fn recognise(lower: &Rational, upper: &Rational) -> Option<ClosedForm> {
    if lower > upper {
        return None;
    }
    let (low, high) = (to_f64(lower), to_f64(upper));
    // rounding of the search itself counts as width
    let width = (high - low).max(1e-15 * high.abs().max(1.0));
    if !width.is_finite() || width > 1e-3 || high.abs() > 1e6 {
        return None;
    }
    let inside = |form: &ClosedForm| form.compare(lower) != Ordering::Less && form.compare(upper) != Ordering::Greater;
    let middle = 0.5 * (low + high);
    fraction(middle, width, &inside).or_else(|| quadratic(middle, width, &inside))
}

/// The fraction of least denominator.
fn fraction(middle: f64, width: f64, inside: &impl Fn(&ClosedForm) -> bool) -> Option<ClosedForm> {
    let mut chance = 0.0;
    for c in 1.. {
        // fractions in lowest terms with denominators up to c are 3 c^2 / pi^2 per unit
        chance += 0.608 * width * c as f64;
        if chance > CHANCE {
            return None;
        }
        let form = ClosedForm { a: (middle * c as f64).round() as i64, b: 0, n: 1, c };
        if inside(&form) {
            return Some(form);
        }
    }
    None
}

/// The quadratic irrational of least `c |b| n`.
fn quadratic(middle: f64, width: f64, inside: &impl Fn(&ClosedForm) -> bool) -> Option<ClosedForm> {
    let mut chance = 0.0;
    for height in 2..=MAX_HEIGHT {
        for n in (2..=height).filter(|n| height % n == 0 && square_free(*n)) {
            let rest = height / n;
            for b in (1..=rest).filter(|b| rest % b == 0) {
                let c = rest / b;
                for b in [b, -b] {
                    chance += width * c as f64;
                    if chance > CHANCE {
                        return None;
                    }
                    let root = (n as f64).sqrt();
                    let a = (middle * c as f64 - b as f64 * root).round();
                    if a.abs() > 1e9 {
                        continue;
                    }
                    let form = ClosedForm { a: a as i64, b, n, c };
                    if form.a.gcd(&b).gcd(&c) == 1 && inside(&form) {
                        return Some(form);
                    }
                }
            }
        }
    }
    None
}

fn square_free(n: i64) -> bool {
    (2..).take_while(|k| k * k <= n).all(|k| n % (k * k) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(v: f64) -> Rational {
        Rational::from_float(v).unwrap()
    }

    #[test]
    fn known_values_are_recognised_and_others_are_not() {
        let known = [
            (209.0 / 648.0, "209/648"),
            (8.5f64.sqrt(), "sqrt 34/2"),
            (4.0 * 2f64.sqrt(), "4 sqrt 2"),
            (1.0 + (11.0f64 / 3.0).sqrt(), "(3+sqrt 33)/3"),
            ((3f64.sqrt() - 1.0) / 2.0, "(-1+sqrt 3)/2"),
            (0.2 + 4.0 / (5.0 * 5f64.sqrt()), "(5+4 sqrt 5)/25"),
            (2.0 - 2f64.sqrt(), "2-sqrt 2"),
        ];
        for (value, text) in known {
            let found = recognise(&exact(value - 3e-10), &exact(value + 3e-10));
            assert_eq!(found.unwrap().to_string(), text, "{value}");
        }
        for value in [0.2508753845, 0.9755282581475768, 0.5375678406, 0.7123860142] {
            let found = recognise(&exact(value - 1e-9), &exact(value + 1e-9));
            assert_eq!(found, None, "{value}");
        }
        // a wide bracket holds many simple numbers: none is singled out
        assert_eq!(recognise(&exact(0.2500), &exact(0.2515)), None);
    }

    proptest! {
        #[test]
        fn comparison_is_that_of_real_numbers(a in -50i64..50, b in -20i64..20, n in 2i64..50, c in 1i64..50, p in -999i64..999, q in 1i64..99) {
            let form = ClosedForm { a, b, n, c };
            let r = Rational::new(p.into(), q.into());
            let difference = form.value() - to_f64(&r);
            if difference.abs() > 1e-9 {
                let expected = difference.total_cmp(&0.0);
                prop_assert_eq!(form.compare(&r), expected);
            }
        }

        #[test]
        fn what_is_recognised_lies_in_the_bracket(v in -5.0..5.0f64, w in 0.0..1e-6f64) {
            let (low, high) = (exact(v), exact(v + w));
            if let Some(form) = recognise(&low, &high) {
                prop_assert!(form.compare(&low) != Ordering::Less);
                prop_assert!(form.compare(&high) != Ordering::Greater);
            }
        }
    }
}
