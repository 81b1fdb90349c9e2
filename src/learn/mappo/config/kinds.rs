//! What settings choose among.

use serde::{Deserialize, Serialize};

/// What the agents share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoordinatorKind {
    /// Entanglement.
    #[default]
    Entangled,
    /// Randomness.
    SharedRandomness,
    /// Nothing.
    None,
    /// Everything.
    Central,
}

impl CoordinatorKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CoordinatorKind::Entangled => "entangled",
            CoordinatorKind::SharedRandomness => "shared-randomness",
            CoordinatorKind::None => "none",
            CoordinatorKind::Central => "central",
        }
    }
}

/// What turns advice into actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// Trivial where advice and actions are as many and the coordinator sees observations, else networks.
    #[default]
    Auto,
    /// `a_i = x_i`.
    Trivial,
    /// Networks on (advice, observation).
    Network,
}

/// How the policy gradient is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// From the sampled advice and actions: the paper's Eq. 8-9.
    #[default]
    Sampled,
    /// The same objective with the expectation over advice and actions taken exactly, by a critic of joint actions learned
    /// from the same experience ("all-actions" or expected policy gradients: Sutton et al. 2001, arXiv 1706.05374).
    AllActions,
}
