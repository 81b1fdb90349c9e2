//! Comparing two methods by their runs: probability of improvement and performance profiles (arXiv 2108.13264).

use super::{Bootstrap, Interval};

/// Probability that a run of `x` beats a run of `y`, averaged over tasks: the Mann-Whitney statistic
/// `(#{x > y} + #{x = y}/2) / (n m)`. `x[t]`, `y[t]` are the scores on task `t`. `None` for different numbers of
/// tasks, no task, or a task without runs.
///
/// ```
/// use bellwether::stats::probability_of_improvement;
/// assert_eq!(probability_of_improvement(&[vec![2.0, 3.0]], &[vec![1.0, 2.0]]), Some(0.875));
/// ```
pub fn probability_of_improvement(x: &[Vec<f64>], y: &[Vec<f64>]) -> Option<f64> {
    if x.is_empty() || x.len() != y.len() || x.iter().chain(y).any(Vec::is_empty) {
        return None;
    }
    let task = |(x, y): (&Vec<f64>, &Vec<f64>)| {
        let wins: f64 = x
            .iter()
            .flat_map(|x| y.iter().map(move |y| (x, y)))
            .map(|(x, y)| {
                if x > y {
                    1.0
                } else if x == y {
                    0.5
                } else {
                    0.0
                }
            })
            .sum();
        wins / (x.len() * y.len()) as f64
    };
    Some(x.iter().zip(y).map(task).sum::<f64>() / x.len() as f64)
}

/// [`probability_of_improvement`] with its stratified bootstrap interval; *sampled*.
pub fn improvement_interval(x: &[Vec<f64>], y: &[Vec<f64>], bootstrap: &Bootstrap) -> Option<Interval> {
    // both methods' runs are drawn anew: one list of tasks, split again by the statistic
    bootstrap.interval(&[x, y].concat(), |tasks| {
        let (x, y) = tasks.split_at(x.len());
        probability_of_improvement(x, y)
    })
}

/// Performance profile: for each threshold `tau` the fraction of all runs on all tasks with a score above it.
///
/// ```
/// use bellwether::stats::performance_profile;
/// assert_eq!(performance_profile(&[vec![0.2, 0.8]], &[0.0, 0.5, 0.8]), [1.0, 0.5, 0.0]);
/// ```
pub fn performance_profile(tasks: &[Vec<f64>], thresholds: &[f64]) -> Vec<f64> {
    let scores: Vec<f64> = tasks.concat();
    let above = |tau: &f64| scores.iter().filter(|s| *s > tau).count() as f64;
    let n = scores.len().max(1) as f64;
    thresholds.iter().map(|tau| above(tau) / n).collect()
}
