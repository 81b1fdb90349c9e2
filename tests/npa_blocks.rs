//! Claim: bringing the moment matrix to diagonal blocks makes it small and does not change the bound.

use bellwether::bound::npa::{self, NpaBound, Options};
use bellwether::game::catalog;
use std::time::Duration;

fn bound(name: &str, level: &str, split: bool, blocks: bool) -> NpaBound {
    let game = catalog::lookup(name).unwrap().game;
    let options = Options { blocks, split, time_limit: Some(Duration::from_secs(60)), ..Options::default() };
    npa::upper_bound(&game, &level.parse().unwrap(), &options).unwrap()
}

/// Two and three players, groups from 4 to thousands, with and without a sum of parts, with positivity.
#[test]
fn blocks_do_not_change_the_bound() {
    // rows of the blocks: how often each kind of representation occurs; one block where a step is cheap as it is, or not cheaper
    let cases: [(_, _, _, &[usize]); 8] = [
        ("tetra", "1+ab", true, &[1, 2, 2, 4, 4, 4, 5, 6, 6]),
        ("i3322", "3", true, &[9, 11, 11, 13, 22]),
        ("cube", "1+ab", false, &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 6]),
        ("magic-square", "1+ab+pos", true, &[1, 1, 1, 1, 1, 2, 2, 2, 2]),
        ("cglmp:4", "1+ab", true, &[49]),
        ("gyni:3", "2", true, &[25]),
        ("chained:6", "2", true, &[1, 1, 1, 1, 1, 1, 2, 3, 6, 6, 8, 8, 8, 8, 8]),
        ("random-xor:1:4", "2", true, &[49]),
    ];
    for (name, level, split, rows) in cases {
        let (whole, parts) = (bound(name, level, split, false), bound(name, level, split, true));
        println!(
            "{name} {level}: {:?} -> {:?}; {:.3} s -> {:.3} s; {} {} {} steps {} {}",
            whole.size,
            parts.blocks,
            whole.seconds,
            parts.seconds,
            whole.value,
            parts.value,
            parts.orbits,
            whole.iterations,
            parts.iterations,
        );
        let scale = whole.value.abs().max(1.0);
        let off = (whole.value - parts.value).abs();
        assert!(off < 1e-7 * scale, "{name} {level}: {} {}", whole.value, parts.value);
        assert_eq!(whole.blocks.iter().map(Vec::len).max(), Some(1), "{name}");
        let mut found = parts.blocks[0].clone();
        found.sort_unstable();
        assert_eq!(found, rows, "{name}");
    }
}

#[test]
#[ignore = "a minute"]
fn measured() {
    for (name, level, split) in [
        ("chsh", "1+ab", true),
        ("chsh", "3", true),
        ("i3322", "2", true),
        ("i3322", "3", true),
        ("tetra", "1+ab", true),
        ("tetra", "2", true),
        ("cube", "1+ab", false),
        ("magic-square", "1+ab", true),
        ("rendezvous-c5", "1+ab", true),
        ("rendezvous-c6", "1+ab", false),
        ("chsh-mod:3", "2", true),
        ("chsh-mod:3", "2+aab+abb", true),
        ("rendezvous-petersen", "1", true),
        ("rendezvous-petersen", "1+ab", true),
        ("cglmp:4", "1+ab", true),
        ("gyni:3", "2", true),
        ("ghz", "2", true),
    ] {
        let parts = bound(name, level, split, true);
        println!(
            "{name} {level}: {:?} free {} blocks {:.3} s {} {} steps",
            parts.blocks, parts.orbits, parts.seconds, parts.value, parts.iterations
        );
        let whole = bound(name, level, split, false);
        println!("   whole {:?}: {:.3} s {} {} steps", whole.size, whole.seconds, whole.value, whole.iterations);
    }
}
