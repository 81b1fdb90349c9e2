//! Critic's states of many environments.

/// Critic's states `[env][feature]`: a type of its own, like [`CriticState`](crate::env::CriticState), that code which
/// chooses actions does not take.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CriticStates {
    numbers: Vec<f64>,
    width: usize,
}

impl CriticStates {
    /// Zero states of `count` environments, `width` numbers each.
    pub fn zeros(count: usize, width: usize) -> Self {
        CriticStates { numbers: vec![0.0; count * width], width }
    }

    /// Numbers of one state.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All numbers, `[env][feature]`, to be read by a critic.
    pub fn as_slice(&self) -> &[f64] {
        &self.numbers
    }

    /// The state of one environment.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn row(&self, env: usize) -> &[f64] {
        &self.numbers[env * self.width..][..self.width]
    }

    pub(super) fn write(&mut self, env: usize, state: &[f64]) {
        self.numbers[env * self.width..][..self.width].copy_from_slice(state);
    }
}
