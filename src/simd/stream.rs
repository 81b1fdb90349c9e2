//! Xoshiro256++, many numbers at a time: the same numbers as one after the other.
//!
//! A step of the generator is linear over GF(2), so that eight lanes, each a stretch of the stream further on, can walk
//! side by side, and hop over each other's stretches afterwards: the hop is one 256 x 256 matrix.

use rand::TryRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;
use std::convert::Infallible;

/// Numbers that are drawn one after the other before lanes are set up, so that a short use costs nothing.
const PATIENCE: usize = 4 * BLOCK;
const LANES: usize = 8;
/// Steps of a lane in one block; not a power of two, which would put all lanes in the same lines of the cache.
const STRETCH: usize = 504;
const BLOCK: usize = LANES * STRETCH;

/// A stream of Xoshiro256++ that is asked for many numbers.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    rng: Xoshiro256PlusPlus,
    drawn: usize,
    lanes: Option<Box<Lanes>>,
}

#[derive(Debug, Clone)]
struct Lanes {
    /// `[word of the state][lane]`
    state: State,
    block: Vec<u64>,
    used: usize,
}

type State = [[u64; LANES]; 4];

#[derive(serde::Deserialize)]
struct Words {
    s: [u64; 4],
}

/// The words of a generator's state.
///
/// # Errors
/// If the generator does not tell its state, which this one does.
pub(crate) fn state(rng: &Xoshiro256PlusPlus) -> serde_json::Result<[u64; 4]> {
    let told = serde_json::to_value(rng).and_then(serde_json::from_value::<Words>)?;
    Ok(told.s)
}

impl From<Xoshiro256PlusPlus> for Stream {
    fn from(rng: Xoshiro256PlusPlus) -> Self {
        let (drawn, lanes) = (0, None);
        Stream { rng, drawn, lanes }
    }
}

impl Stream {
    /// Hands each place its number of the stream.
    #[inline(always)]
    pub fn each<T>(&mut self, mut out: &mut [T], put: impl Fn(&mut T, u64)) {
        while !out.is_empty() {
            let Some(lanes) = self.lanes() else {
                self.drawn = self.drawn.saturating_add(out.len());
                let mut rng = self.rng.clone(); // a copy of its own stays in registers
                for to in out {
                    put(to, rng.next_u64());
                }
                self.rng = rng;
                return;
            };
            if lanes.used == BLOCK {
                lanes.refill();
            }
            let left = &lanes.block[lanes.used..];
            let now = left.len().min(out.len());
            for (to, n) in out.iter_mut().zip(left) {
                put(to, *n);
            }
            lanes.used += now;
            out = &mut out[now..];
        }
    }

    fn next(&mut self) -> u64 {
        let mut one = [0];
        self.each(&mut one, |to, n| *to = n);
        one[0]
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        // as Xoshiro256++: the upper half
        Ok((self.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let (whole, rest) = out.as_chunks_mut();
        self.each(whole, |bytes, n| *bytes = n.to_le_bytes());
        if !rest.is_empty() {
            rest.copy_from_slice(&self.next().to_le_bytes()[..rest.len()]);
        }
        Ok(())
    }
}

#[cfg(target_arch = "x86_64")]
mod lanes {
    use super::{BLOCK, LANES, Lanes, PATIENCE, STRETCH, State, Stream, state};
    use pulp::{NullaryFnOnce, u64x4, x86::V3};
    use rand_xoshiro::rand_core::Rng;
    use std::sync::LazyLock;

    /// For each four bits of a state the states that they hop to: the hop of a state is their sum.
    type Hop = [[[u64; 4]; 16]; 64];

    static HOP: LazyLock<Option<Box<Hop>>> = LazyLock::new(|| V3::try_new().map(hop));

    impl Stream {
        /// The lanes, once enough numbers were asked for and if the machine has the vectors.
        pub(super) fn lanes(&mut self) -> Option<&mut Lanes> {
            if self.lanes.is_none() && self.drawn >= PATIENCE && HOP.is_some() {
                let mut stretches = [[0; 4]; LANES];
                for words in &mut stretches {
                    *words = state(&self.rng).ok()?;
                    for _ in 0..STRETCH {
                        self.rng.next_u64();
                    }
                }
                self.lanes = Some(Box::new(Lanes {
                    state: std::array::from_fn(|word| stretches.map(|words| words[word])),
                    block: vec![0; BLOCK],
                    used: BLOCK,
                }));
                if let (Some(lanes), Some(simd)) = (&mut self.lanes, V3::try_new()) {
                    lanes.walk(simd);
                }
            }
            self.lanes.as_deref_mut()
        }
    }

    impl Lanes {
        /// The next block of numbers.
        pub(super) fn refill(&mut self) {
            if let (Some(simd), Some(hop)) = (V3::try_new(), &*HOP) {
                self.state = self.hopped(hop);
                self.walk(simd);
            }
        }

        fn walk(&mut self, simd: V3) {
            let (state, block) = (&mut self.state, &mut self.block);
            simd.vectorize(Walk { simd, state, block });
            self.used = 0;
        }

        /// Every lane over the stretches of the others.
        fn hopped(&self, hop: &Hop) -> State {
            let mut hopped = [[0; LANES]; 4];
            for lane in 0..LANES {
                let mut sum = [0; 4];
                for (word, table) in self.state.iter().zip(hop.as_chunks::<16>().0) {
                    for (k, row) in table.iter().enumerate() {
                        let part = &row[(word[lane] >> (4 * k)) as usize % 16];
                        sum.iter_mut().zip(part).for_each(|(s, p)| *s ^= p);
                    }
                }
                sum.iter().enumerate().for_each(|(w, n)| hopped[w][lane] = *n);
            }
            hopped
        }
    }

    fn hop(simd: V3) -> Box<Hop> {
        let mut table = Box::new([[[0; 4]; 16]; 64]);
        let mut block = vec![0; BLOCK];
        for (bits, rows) in table.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            // eight unit vectors, each as far as it is from the end of its stretch to the next
            let mut state = [[0; LANES]; 4];
            (0..LANES).for_each(|lane| state[bits / 8][lane] = 1 << (bits % 8 * 8 + lane));
            for _ in 1..LANES {
                let (state, block) = (&mut state, &mut block);
                simd.vectorize(Walk { simd, state, block });
            }
            for (half, rows) in rows.iter_mut().enumerate() {
                for (v, row) in rows.iter_mut().enumerate() {
                    for bit in (0..4).filter(|bit| v >> bit & 1 == 1) {
                        (0..4).for_each(|w| row[w] ^= state[w][4 * half + bit]);
                    }
                }
            }
        }
        table
    }

    /// All lanes along their stretch.
    struct Walk<'a> {
        simd: V3,
        state: &'a mut State,
        block: &'a mut [u64],
    }

    impl NullaryFnOnce for Walk<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let v = self.simd;
            let mut halves: [[u64x4; 2]; 4] = pulp::cast(*self.state);
            for half in 0..2 {
                let [mut s0, mut s1, mut s2, mut s3] = halves.map(|word| word[half]);
                let stretches = &mut self.block[4 * half * STRETCH..][..4 * STRETCH];
                let (first, rest) = stretches.split_at_mut(STRETCH);
                let (second, rest) = rest.split_at_mut(STRETCH);
                let (third, fourth) = rest.split_at_mut(STRETCH);
                let pairs = first.as_chunks_mut().0.iter_mut().zip(second.as_chunks_mut().0);
                let others = third.as_chunks_mut().0.iter_mut().zip(fourth.as_chunks_mut().0);
                for ((a, b), (c, d)) in pairs.zip(others) {
                    let mut four = [s0; 4];
                    for n in &mut four {
                        let sum = v.wrapping_add_u64x4(s0, s3);
                        let turned = v.or_u64x4(v.shl_const_u64x4::<23>(sum), v.shr_const_u64x4::<41>(sum));
                        *n = v.wrapping_add_u64x4(turned, s0);
                        let t = v.shl_const_u64x4::<17>(s1);
                        s2 = v.xor_u64x4(s2, s0);
                        s3 = v.xor_u64x4(s3, s1);
                        s1 = v.xor_u64x4(s1, s2);
                        s0 = v.xor_u64x4(s0, s3);
                        s2 = v.xor_u64x4(s2, t);
                        s3 = v.or_u64x4(v.shl_const_u64x4::<45>(s3), v.shr_const_u64x4::<19>(s3));
                    }
                    // from a number of each lane to the numbers of each
                    let [u64x4(a0, b0, c0, d0), u64x4(a1, b1, c1, d1), u64x4(a2, b2, c2, d2), u64x4(a3, b3, c3, d3)] =
                        four;
                    (*a, *b) = ([a0, a1, a2, a3], [b0, b1, b2, b3]);
                    (*c, *d) = ([c0, c1, c2, c3], [d0, d1, d2, d3]);
                }
                halves.iter_mut().zip([s0, s1, s2, s3]).for_each(|(word, s)| word[half] = s);
            }
            *self.state = pulp::cast(halves);
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod lanes {
    use super::{Lanes, Stream};

    impl Stream {
        pub(super) fn lanes(&mut self) -> Option<&mut Lanes> {
            self.lanes.as_deref_mut()
        }
    }

    impl Lanes {
        pub(super) fn refill(&mut self) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::rand_core::SeedableRng;

    #[test]
    fn the_numbers_are_those_of_the_generator() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut stream = Stream::from(rng.clone());
        let mut drawn = 0;
        for n in (1..200).cycle() {
            let mut numbers = vec![0; n * 7 % 601];
            stream.each(&mut numbers, |to, n| *to = n);
            assert!(numbers.iter().all(|n| *n == rng.next_u64()), "after {drawn}");
            drawn += numbers.len();
            if drawn > PATIENCE + 20 * BLOCK {
                break;
            }
        }
        for length in [0, 3, 8, 4096, 777] {
            let (mut ours, mut theirs) = (vec![0; length], vec![0; length]);
            stream.fill_bytes(&mut ours);
            rng.fill_bytes(&mut theirs);
            assert_eq!(ours, theirs);
        }
        assert_eq!(stream.next_u32(), rng.next_u32());
        assert_eq!(stream.next_u64(), rng.next_u64());
    }
}
