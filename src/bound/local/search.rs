//! Depth-first search over the strategies of all players but one, who answers by best response.
//!
//! Answers are fixed one question at a time. The table of what the remaining players can still earn is
//! kept per depth, so one step costs one addition of a slice: as cheap as a Gray code, with a bound at
//! every inner node. The last question's answers are only evaluated, never stored.
//!
//! Bound of a node: every question not yet answered may be answered anew for each of the others'
//! questions and answers, `sum_y max_b [fixed + sum_{x open} max_a c(x,y,a,b)]`. With messages the same
//! formula runs on reparametrised coefficients (`messages.rs`).

use super::control::Control;
use super::tensor::{Tensor, add, sum_max, sum_max_front};
use super::word::Word;

/// Buffers of one enumerated player.
struct Stage<T> {
    nq: usize,
    na: usize,
    rest: usize,
    /// `table[d]`: what the players after this one face once `d` answers are fixed.
    table: Vec<T>,
    /// `open[d] = sum_{x >= d} max_a slice(x, a)`.
    open: Vec<T>,
}

/// What all stages share.
struct Shared<'a, T> {
    control: &'a Control<'a>,
    prune: bool,
    ny: usize,
    nb: usize,
    /// Payoffs of the first player alone, and their open sums per depth.
    unary: Vec<T>,
    open_unary: Vec<T>,
    /// Values of leaves are multiples of this.
    scale: i64,
    scratch: Vec<T>,
    /// Nodes bounded by this value or less are of no use.
    threshold: i64,
    choices: Vec<Vec<usize>>,
    best: Option<(i64, Vec<Vec<usize>>)>,
    nodes: u64,
    left: Option<i64>,
}

/// A search over one tensor, with its own buffers; one per thread.
pub(super) struct Search<'a, T> {
    c: Vec<T>,
    stages: Vec<Stage<T>>,
    shared: Shared<'a, T>,
}

/// What a task found.
#[derive(Default)]
pub(super) struct Found {
    /// The first best leaf above the incumbent: value, and answers per place and depth.
    pub best: Option<(i64, Vec<Vec<usize>>)>,
    pub nodes: u64,
    /// Largest bound among nodes left unexplored when time ran out.
    pub left: Option<i64>,
    /// The task that found it, where the search was dealt out in tasks.
    pub task: usize,
}

impl<'a, T: Word> Search<'a, T> {
    /// `prune = false` enumerates.
    pub fn new(tensor: &Tensor, prune: bool, control: &'a Control<'a>) -> Self {
        let n = tensor.order.len();
        let narrow = |v: &[i64]| v.iter().map(|&v| T::of(v)).collect::<Vec<T>>();
        let mut stages: Vec<Stage<T>> = Vec::with_capacity(n - 1);
        for k in 0..n - 1 {
            let (nq, na, rest) = (tensor.questions[k].len(), tensor.answers[k], tensor.rest(k));
            stages.push(Stage {
                nq,
                na,
                rest,
                table: vec![T::ZERO; (nq + 1) * rest],
                open: vec![T::ZERO; if prune { (nq + 1) * rest } else { 0 }],
            });
        }
        let (c, unary) = (narrow(&tensor.c), narrow(&tensor.unary));
        let (nq, na) = (tensor.questions[0].len(), tensor.answers[0]);
        let mut open_unary = vec![T::ZERO; nq + 1];
        for d in (0..nq).rev() {
            let best = unary[d * na..(d + 1) * na].iter().max();
            open_unary[d] = open_unary[d + 1].plus(best.copied().unwrap_or(T::ZERO));
        }
        if n > 1 && prune {
            stages[0].open_sums(&c);
        }
        let (ny, nb) = tensor.responder();
        let choices = tensor.questions[..n - 1].iter();
        Search {
            shared: Shared {
                control,
                prune,
                ny,
                nb,
                unary,
                open_unary,
                scale: tensor.scale,
                scratch: vec![T::ZERO; stages.first().map_or(0, |s| s.rest)],
                threshold: control.incumbent + tensor.scale - 1,
                choices: choices.map(|q| vec![0; q.len()]).collect(),
                best: None,
                nodes: 0,
                left: None,
            },
            c,
            stages,
        }
    }

    /// Searches all strategies whose first answers are `prefix` (at most one per question of the first player).
    pub fn run(&mut self, prefix: &[usize]) -> Found {
        let Search { c, stages, shared } = self;
        // each task keeps its own first best, so that the outcome does not depend on who ran it
        shared.best = None;
        shared.nodes = 0;
        shared.left = None;
        shared.threshold = shared.control.incumbent + shared.scale - 1;
        if stages.is_empty() {
            shared.nodes += 1;
            shared.offer(sum_max([c], shared.ny, shared.nb).wide());
        } else {
            let mut earned = T::ZERO;
            for (d, &a) in prefix.iter().enumerate() {
                earned = earned.plus(shared.unary[d * stages[0].na + a]);
                shared.choices[0][d] = a;
                stages[0].step(c, d, a);
            }
            if prefix.len() == stages[0].nq {
                shared.complete(stages, 0, earned);
            } else {
                shared.descend(c, stages, 0, prefix.len(), earned);
            }
        }
        Found { best: shared.best.take(), nodes: shared.nodes, left: shared.left, task: 0 }
    }
}

impl<T: Word> Shared<'_, T> {
    /// Answers question `d` of the player at place `k` in every way. `c` are the coefficients left by
    /// the players before, `stages` the buffers of this one and those after, `earned` the first player's
    /// payoffs of his own.
    fn descend(&mut self, c: &[T], stages: &mut [Stage<T>], k: usize, d: usize, earned: T) {
        let (na, nq, rest) = (stages[0].na, stages[0].nq, stages[0].rest);
        let (ny, nb) = (self.ny, self.nb);
        let last_player = stages.len() == 1;
        for a in 0..na {
            self.nodes += 1;
            let slice = &c[(d * na + a) * rest..][..rest];
            let table = &stages[0].table[d * rest..][..rest];
            let earned = if k == 0 { earned.plus(self.unary[d * na + a]) } else { earned };
            self.choices[k][d] = a;
            if last_player && d + 1 == nq {
                let value = earned.plus(sum_max([table, slice], ny, nb));
                self.offer(value.wide());
                continue;
            }
            let stopped = self.tick();
            if self.prune {
                let open = &stages[0].open[(d + 1) * rest..][..rest];
                let relaxed = if last_player {
                    sum_max([table, slice, open], ny, nb)
                } else {
                    let scratch = &mut self.scratch[..rest];
                    for (i, s) in scratch.iter_mut().enumerate() {
                        *s = table[i].plus(slice[i]).plus(open[i]);
                    }
                    relax(scratch, &stages[1..], ny, nb)
                };
                let mut bound = earned.plus(relaxed);
                if k == 0 {
                    bound = bound.plus(self.open_unary[d + 1]);
                }
                let bound = bound.wide();
                if bound <= self.threshold {
                    continue;
                }
                if stopped {
                    self.left = self.left.max(Some(bound));
                    continue;
                }
            } else if stopped {
                self.left = Some(i64::MAX);
                continue;
            }
            stages[0].step(c, d, a);
            if d + 1 == nq {
                self.complete(stages, k, earned);
            } else {
                self.descend(c, stages, k, d + 1, earned);
            }
        }
    }

    /// All answers of the player at place `k` are fixed: the next one faces the table left.
    fn complete(&mut self, stages: &mut [Stage<T>], k: usize, earned: T) {
        let (first, later) = stages.split_at_mut(1);
        let table = &first[0].table[first[0].nq * first[0].rest..];
        if later.is_empty() {
            let value = earned.plus(sum_max([table], self.ny, self.nb));
            self.offer(value.wide());
            return;
        }
        let rest = later[0].rest;
        later[0].table[..rest].fill(T::ZERO);
        if self.prune {
            later[0].open_sums(table);
        }
        self.descend(table, later, k + 1, 0, earned);
    }

    /// Keeps a leaf that beats all before it.
    fn offer(&mut self, value: i64) {
        if value <= self.threshold {
            return;
        }
        // the next better value is a unit away
        self.threshold = value + self.scale - 1;
        match &mut self.best {
            Some((best, choices)) => {
                *best = value;
                choices.clone_from(&self.choices);
            }
            None => self.best = Some((value, self.choices.clone())),
        }
        self.control.publish(value);
    }

    /// Every few nodes: learns what other threads found, and whether time is up.
    fn tick(&mut self) -> bool {
        if self.nodes.is_multiple_of(256) {
            // a find of another task cuts strictly worse nodes only: ties go to the earliest task
            self.threshold = self.threshold.max(self.control.published() - 1);
            if self.nodes.is_multiple_of(4096) {
                return self.control.out_of_time();
            }
        }
        self.control.stopped()
    }
}

impl<T: Word> Stage<T> {
    /// `table[d+1] = table[d] + slice(d, a)`.
    fn step(&mut self, c: &[T], d: usize, a: usize) {
        let slice = &c[(d * self.na + a) * self.rest..][..self.rest];
        let (before, after) = self.table.split_at_mut((d + 1) * self.rest);
        add(&mut after[..self.rest], &before[d * self.rest..], slice);
    }

    fn open_sums(&mut self, c: &[T]) {
        let (na, rest) = (self.na, self.rest);
        self.open[self.nq * rest..].fill(T::ZERO);
        for d in (0..self.nq).rev() {
            let (this, next) = self.open.split_at_mut((d + 1) * rest);
            let slices = &c[d * na * rest..][..na * rest];
            for r in 0..rest {
                let best = (1..na).fold(slices[r], |m, a| m.max(slices[a * rest + r]));
                this[d * rest + r] = next[r].plus(best);
            }
        }
    }
}

/// Upper bound of the game that remains: later players may use everything asked and answered after them.
fn relax<T: Word>(scratch: &mut [T], later: &[Stage<T>], ny: usize, nb: usize) -> T {
    for stage in later {
        sum_max_front(scratch, stage.nq, stage.na, stage.rest);
    }
    sum_max([&scratch[..ny * nb]], ny, nb)
}
