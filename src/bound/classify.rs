//! Which classes of policies a behaviour belongs to: F ⊂ SR ⊂ Q ⊂ NS ⊂ C (Proposition 2).
//!
//! F is a product test, SR a linear program with a witness either way, NS a comparison of marginals.
//! Q is not decided here: a quantum strategy proves membership, an NPA level refutes it.

use super::BoundError;
use super::membership::{self, Membership, local_membership, local_membership_with_noise};
use crate::game::Behaviour;
use crate::strategy::PolicyClass;

/// What is known of a behaviour's place in the hierarchy.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// Largest difference `|p(a|x) - prod_i p_i(a_i|x_i)|`: zero exactly for members of F.
    pub product_defect: f64,
    /// Largest violation of Eq. 5: zero exactly for members of NS.
    pub signalling_defect: f64,
    /// Membership in SR with its witness; `None` for a behaviour that signals.
    pub local: Option<Membership>,
    /// The smallest class proved to contain the behaviour, up to the tolerance used.
    ///
    /// `NS` for a nonlocal, non-signalling behaviour: whether it is in Q is left open.
    pub smallest: PolicyClass,
}

/// Places a behaviour in the hierarchy; defects up to `tolerance` count as rounding.
///
/// ```
/// use bellwether::bound::classify::classify;
/// use bellwether::{game::{Behaviour, Scenario}, strategy::PolicyClass};
/// let noise = Behaviour::uniform(Scenario::new(vec![2, 2], vec![2, 2])?);
/// assert_eq!(classify(&noise, 1e-6)?.smallest, PolicyClass::Factorised);
/// # Ok::<(), bellwether::bound::BoundError>(())
/// ```
///
/// # Errors
/// Those of [`local_membership`], except for signalling, which is an answer here.
pub fn classify(p: &Behaviour, tolerance: f64) -> Result<Classification, BoundError> {
    classify_under(p, None, tolerance)
}

/// [`classify`] with the critical visibility under a given noise, which must be local; white noise for `None`.
///
/// # Errors
/// Those of [`local_membership_with_noise`], except for signalling of `p`.
pub fn classify_under(p: &Behaviour, noise: Option<&Behaviour>, tolerance: f64) -> Result<Classification, BoundError> {
    let product_defect = product_defect(p);
    let signalling_defect = p.signalling();
    let mut result =
        Classification { product_defect, signalling_defect, local: None, smallest: PolicyClass::Communication };
    if signalling_defect > tolerance {
        return Ok(result);
    }
    let options = membership::Options { signalling: tolerance, ..membership::Options::default() };
    let local = match noise {
        Some(noise) => local_membership_with_noise(p, noise, &options)?,
        None => local_membership(p, &options)?,
    };
    result.smallest = match local {
        Membership::Nonlocal(_) => PolicyClass::NonSignalling,
        Membership::Local(_) if product_defect > tolerance => PolicyClass::SharedRandomness,
        Membership::Local(_) => PolicyClass::Factorised,
    };
    result.local = Some(local);
    Ok(result)
}

/// `max |p(a|x) - prod_i p_i(a_i|x_i)|`, with marginals averaged over the others' questions.
fn product_defect(p: &Behaviour) -> f64 {
    let s = p.scenario();
    let marginals: Vec<Vec<Vec<f64>>> = (0..s.players()).map(|i| p.marginal(i)).collect();
    let (mut x, mut a) = (vec![0; s.players()], vec![0; s.players()]);
    let mut worst = 0.0f64;
    for jq in 0..s.joint_questions() {
        s.question_at(jq, &mut x);
        for (ja, &value) in p.row(jq).iter().enumerate() {
            s.answer_at(ja, &mut a);
            let product: f64 = (0..x.len()).map(|i| marginals[i][x[i]][a[i]]).product();
            worst = worst.max((value - product).abs());
        }
    }
    worst
}
