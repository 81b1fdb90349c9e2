//! Claim: bringing the moment matrix to diagonal blocks makes it small and does not change the bound.

use bellwether::bound::npa::{self, NpaBound, Options};
use bellwether::game::catalog;
use std::time::Duration;

fn bound(name: &str, level: &str, split: bool, blocks: bool) -> NpaBound {
    let game = catalog::lookup(name).unwrap().game;
    let options = Options {
        blocks,
        split,
        time_limit: Some(Duration::from_secs(60)),
        ..Options::default()
    };
    npa::upper_bound(&game, &level.parse().unwrap(), &options).unwrap()
}

/// Two and three players, groups from 4 to thousands, with and without a sum of parts, with positivity.
#[test]
fn blocks_do_not_change_the_bound() {
    for (name, level, split) in [
        ("tetra", "1+ab", true),
        ("i3322", "3", true),
        ("cube", "1+ab", false),
        ("magic-square", "1+ab+pos", true),
        ("cglmp:4", "1+ab", true),
        ("gyni:3", "2", true),
        ("chained:6", "2", true),
        ("random-xor:1:4", "2", true),
    ] {
        let (whole, parts) = (
            bound(name, level, split, false),
            bound(name, level, split, true),
        );
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
        assert!(
            off < 1e-7 * scale,
            "{name} {level}: {} {}",
            whole.value,
            parts.value
        );
        assert_eq!(whole.blocks.iter().map(Vec::len).max(), Some(1), "{name}");
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
        println!(
            "   whole {:?}: {:.3} s {} {} steps",
            whole.size, whole.seconds, whole.value, whole.iterations
        );
    }
}
