//! Words in projectors E_{i,x,a} and their normal form (F5).
//!
//! Rules: E E = E; E_a E_a' = 0 for different answers to the same question; players commute. The last
//! answer of a question is no letter: it is 1 minus the others.

/// A letter of one player: question and answer.
pub type Letter = (usize, usize);

/// A product of projectors: one word for each player. In normal form no two neighbours belong to the
/// same question.
pub type Monomial = Vec<Vec<Letter>>;

/// The normal form of a product of two monomials of the same players, the first in normal form; `None`
/// if it is 0.
///
/// ```
/// use bellwether::check::words::times;
/// let alice = |word: &[(usize, usize)]| vec![word.to_vec(), vec![]];
/// assert_eq!(times(&alice(&[(0, 0)]), &alice(&[(0, 0), (1, 0)])), Some(alice(&[(0, 0), (1, 0)])));
/// assert_eq!(times(&alice(&[(0, 0)]), &alice(&[(0, 1)])), None);
/// ```
pub fn times(left: &Monomial, right: &Monomial) -> Option<Monomial> {
    let mut product = left.clone();
    for (word, letters) in product.iter_mut().zip(right) {
        for &(x, a) in letters {
            match word.last() {
                Some(&(question, answer)) if question == x => (answer == a).then_some(())?,
                _ => word.push((x, a)),
            }
        }
    }
    Some(product)
}

/// The adjoint: every word reversed.
pub fn star(monomial: &Monomial) -> Monomial {
    let reversed = |word: &Vec<Letter>| word.iter().rev().copied().collect();
    monomial.iter().map(reversed).collect()
}
