//! Files of plays.

use crate::game::file::Plays;
use crate::game::{Game, catalog};
use std::path::Path;

/// Any bytes as the rounds of CHSH or of a functional: refused with a line, or rounds of the game with finite payoffs.
pub fn plays(data: &[u8]) {
    let (kind, text) = data.split_first().unwrap_or((&0, &[]));
    let name = ["chsh", "i3322", "ghz"][usize::from(kind % 3)];
    let Ok(entry) = catalog::lookup(name) else {
        panic!("{name} is in the catalogue");
    };
    // read line by line from a file, so it must be one
    let path = std::env::temp_dir().join(format!("bellwether-plays-{}.csv", std::process::id()));
    if std::fs::write(&path, text).is_err() {
        return; // no room is no finding
    }
    read(&path, &entry.game, text.len());
    let _ = std::fs::remove_file(&path);
}

fn read(path: &Path, game: &Game, size: usize) {
    let s = game.scenario();
    for opened in [Plays::open(path, game), Plays::open_sampled(path, game), Plays::open_unknown(path, s)] {
        let Ok(mut plays) = opened else { continue };
        let mut rounds = 0;
        while let Ok(Some(play)) = plays.next_play() {
            assert!(play.question < s.joint_questions() && play.answer < s.joint_answers());
            assert_eq!(play.payoff.is_some(), plays.has_payoff());
            assert!(play.payoff.is_none_or(f64::is_finite));
            rounds += 1;
        }
        assert!(rounds <= size, "more rounds than bytes");
    }
}
