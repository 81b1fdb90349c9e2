//! Claims: rendezvous games are played on the graphs and by the rules they name.

use bellwether::game::{Game, GameError, Graph, catalog};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io::Write;

fn wins(game: &Game, x: &[usize], a: &[usize]) -> bool {
    let s = game.scenario();
    let (question, answer) = (s.question_index(x), s.answer_index(a));
    game.terms().iter().any(|t| (t.question, t.answer) == (question, answer))
}

fn lists(graph: &Graph) -> Vec<Vec<usize>> {
    (0..graph.vertices()).map(|v| graph.neighbours(v).to_vec()).collect()
}

#[test]
fn graphs_have_the_neighbours_they_should() {
    assert_eq!(lists(&Graph::complete(4).unwrap()), [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]);
    assert_eq!(lists(&Graph::cycle(5).unwrap()), [[1, 4], [2, 0], [3, 1], [4, 2], [0, 3]]);
    assert_eq!(Graph::hypercube(3).unwrap().neighbours(5), [4, 7, 1]);
    assert_eq!(lists(&Graph::path(3).unwrap()), [vec![1], vec![0, 2], vec![1]]);
    assert_eq!(lists(&Graph::star(4).unwrap()), [vec![1, 2, 3], vec![0], vec![0], vec![0]]);
    // Petersen: 3-regular, no triangle, no square: any two vertices share one neighbour or are neighbours
    let petersen = lists(&Graph::petersen());
    assert_eq!(petersen.len(), 10);
    for v in 0..10 {
        assert_eq!(petersen[v].len(), 3);
        for w in (0..10).filter(|&w| w != v) {
            let shared = petersen[v].iter().filter(|u| petersen[w].contains(u)).count();
            assert_eq!(shared, usize::from(!petersen[v].contains(&w)));
        }
    }
}

#[test]
fn tetra_and_cube_by_hand() {
    let tetra = catalog::lookup("tetra").unwrap().game;
    // from 0 and 1: both to 2 (answers 1 and 1); swapping along the edge loses
    assert!(wins(&tetra, &[0, 1], &[1, 1]));
    assert!(!wins(&tetra, &[0, 1], &[0, 0]));
    // same start: same answer and nothing else
    assert!(wins(&tetra, &[2, 2], &[0, 0]) && !wins(&tetra, &[2, 2], &[0, 1]));
    // 4 equal starts with 3 wins, 12 unequal with 2
    assert_eq!(tetra.terms().len(), 4 * 3 + 12 * 2);
    let cube = catalog::lookup("cube").unwrap().game;
    // 000 and 011 meet at 001 (flip bit 0; flip bit 1) or 010
    assert!(wins(&cube, &[0, 3], &[0, 1]) && wins(&cube, &[0, 3], &[1, 0]));
    assert!(!wins(&cube, &[0, 3], &[0, 0]));
    // neighbours and antipodes never meet
    assert!(!cube.terms().iter().any(|t| t.question == 1 || t.question == 7));
    assert_eq!(cube.mu().len(), 64);
}

#[test]
fn unequal_degrees_give_losing_answers() {
    let star = catalog::lookup("rendezvous-star:4").unwrap().game;
    assert_eq!(star.scenario().answers(), [3, 3]);
    // leaves can only move to the centre, by answer 0
    assert!(wins(&star, &[1, 2], &[0, 0]));
    assert!(!wins(&star, &[1, 2], &[1, 1]) && !wins(&star, &[3, 3], &[2, 2]));
    assert!(wins(&star, &[0, 0], &[2, 2]) && !wins(&star, &[0, 1], &[0, 0]));
    // 9 pairs of leaves meet in one way, the centre with itself in 3
    assert_eq!(star.terms().len(), 9 + 3);
    let path = catalog::lookup("rendezvous-path:3").unwrap().game;
    // ends 0 and 2 meet in the middle whatever happens; the middle with itself in 2 ways
    assert_eq!(path.terms().len(), 4 + 2);
}

#[test]
fn more_moves_reach_farther() {
    let two = catalog::lookup("rendezvous-c5:2").unwrap().game;
    assert_eq!(two.name(), "rendezvous-c5-h2");
    // from 0: walks ++ -> 2, +- -> 0, -- -> 3 (by first walk: 2, 0, then 3)
    assert_eq!(Graph::cycle(5).unwrap().reachable(0, 2), [2, 0, 3]);
    assert_eq!(two.scenario().answers(), [3, 3]);
    assert!(wins(&two, &[0, 0], &[1, 1]));
    // every vertex of K4 is within two moves of every other and of itself: always meet at vertex 0
    let k4 = catalog::lookup("tetra:2").unwrap();
    assert_eq!(k4.game.scenario().answers(), [4, 4]);
    assert_eq!(k4.game.terms().len(), 16 * 4);
    assert_eq!(k4.reference.classical, None);
    // parity of the path's ends after two moves
    assert_eq!(Graph::path(4).unwrap().reachable(0, 2), [0, 2]);
    assert!(catalog::lookup("tetra:65").is_err());
}

#[test]
fn more_players_must_all_meet() {
    let triangle = Graph::complete(3).unwrap();
    let game = catalog::rendezvous("three", &triangle, 1, 3).unwrap();
    assert_eq!(game.scenario().answers(), [2, 2, 2]);
    // from 0, 0, 1: all to 2
    assert!(wins(&game, &[0, 0, 1], &[1, 1, 1]) && !wins(&game, &[0, 0, 1], &[1, 0, 1]));
    // from 0, 1, 2 no vertex is next to all
    let apart = game.scenario().question_index(&[0, 1, 2]);
    assert!(!game.terms().iter().any(|t| t.question == apart));
    assert!(catalog::rendezvous("one", &triangle, 1, 1).is_err());
    assert!(catalog::rendezvous("none", &triangle, 0, 2).is_err());
    assert!(catalog::rendezvous("many", &triangle, 1, 12).is_err());
}

#[test]
fn files_in_both_formats() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = write("My Graph.txt", "# a square with a diagonal\n0 1\n2 1   # backwards\n\n2 3\r\n3 0\n0 2\n");
    let json =
        write("k4.json", r#"{"format":"bellwether-graph/1","vertices":4,"edges":[[0,1],[1,2],[2,3],[0,3],[2,0]]}"#);
    let (one, two) = (Graph::from_file(text.as_ref()).unwrap(), Graph::from_file(json.as_ref()).unwrap());
    assert_eq!(one, two);
    assert_eq!(lists(&one), [vec![1, 2, 3], vec![0, 2], vec![0, 1, 3], vec![0, 2]]);
    let game = catalog::lookup(&format!("rendezvous:{text}")).unwrap();
    assert_eq!(game.game.name(), "rendezvous-file-my-graph");
    let game = catalog::lookup(&format!("rendezvous:{json}:2")).unwrap();
    assert_eq!(game.game.name(), "rendezvous-file-k4-h2");
    // a file called k4 is not the tetrahedron
    let game = catalog::lookup(&format!("rendezvous:{json}")).unwrap();
    assert_eq!(game.reference.classical, None);
    let odd = write("a:b", "0 1");
    assert!(catalog::lookup(&format!("rendezvous:{odd}")).is_ok());

    let bad = write("bad.txt", "0 1\n1 1\n");
    let error = catalog::lookup(&format!("rendezvous:{bad}")).unwrap_err();
    assert!(matches!(error, GameError::File { .. }));
    let error = error.to_string();
    assert!(error.contains("bad.txt: line 2: vertex 1 is joined to itself"), "{error}");
    let huge = write("huge.txt", &"0 1 # again\n".repeat(100_000));
    assert!(Graph::from_file(huge.as_ref()).unwrap_err().to_string().contains("larger than 1048576 bytes"));
    assert!(Graph::from_file(dir.path()).is_err());
    let raw = dir.path().join("raw");
    std::fs::write(&raw, [0xff, 0xfe]).unwrap();
    assert!(Graph::from_file(&raw).unwrap_err().to_string().contains("not UTF-8"));
}

#[test]
fn wrong_graphs_name_the_line() {
    for (text, wanted) in [
        ("", "the graph has no edges"),
        ("# nothing\n", "the graph has no edges"),
        ("0 1\n1\n", "line 2: '1' given, wanted two vertices"),
        ("0 1 2\n", "line 1: '0 1 2' given"),
        ("0 -1\n", "line 1: vertex '-1' given, wanted an integer from 0 to 255"),
        ("0 1\n\n0 256\n", "line 3: vertex '256' given"),
        ("0 18446744073709551616\n", "line 1: vertex '18446744073709551616' given"),
        ("0 x\u{7}\n", "vertex 'x\\u{7}' given"),
        ("0 1\n2 2\n", "line 2: vertex 2 is joined to itself"),
        ("0 1\n1 2\n1 0\n", "line 3: edge 1 0 was given before, at line 1"),
        ("0 1\n1 3\n", "vertex 2 has no edge (line 2 names vertex 3)"),
    ] {
        let error = Graph::from_text(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let json = |vertices: &str, edges: &str| {
        format!("{{\"format\":\"bellwether-graph/1\",\"vertices\":{vertices},\"edges\":{edges}}}")
    };
    for (text, wanted) in [
        (json("3", "[[0,1],[1,2],[2,1]]"), "edges[2]: edge 2 1 was given before, at edges[1]"),
        (json("3", "[[0,1],[1,3]]"), "edges[1]: vertex 3 given, wanted below 3"),
        (json("3", "[[0,1]]"), "vertex 2 has no edge (vertices is 3)"),
        (json("1000000000000", "[[0,1]]"), "1000000000000 vertices given, wanted 2 to 256"),
        (json("2", "[[0,1]],\"more\":1"), "unknown field `more`"),
        (json("2", "[[0,1,1]]"), "line 1"),
        ("{\"format\":\"x\",\"vertices\":2,\"edges\":[]}".into(), "format 'x' given"),
        (json("2", "[[0,1]]") + "x", "trailing"),
    ] {
        let error = Graph::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn wins_are_common_ends(edges in prop::collection::btree_set((0usize..6, 0usize..6), 1..14), moves in 1usize..4) {
        let edges: BTreeSet<_> = edges.into_iter().filter(|(u, v)| u < v).collect();
        let text: String = edges.iter().map(|(u, v)| format!("{v} {u}\n")).collect();
        let touched: BTreeSet<usize> = edges.iter().flat_map(|&(u, v)| [u, v]).collect();
        let n = touched.last().map_or(0, |v| v + 1);
        let graph = Graph::from_text(&text);
        prop_assert_eq!(graph.is_ok(), n > 0 && touched.len() == n);
        let Ok(graph) = graph else { return Ok(()) };
        // ends after exactly `moves` steps, by powers of the adjacency matrix
        let step = |from: &BTreeSet<usize>| -> BTreeSet<usize> {
            let next = edges.iter().flat_map(|&(u, v)| [(u, v), (v, u)]);
            next.filter(|(u, _)| from.contains(u)).map(|(_, v)| v).collect()
        };
        let ends: Vec<BTreeSet<usize>> = (0..n)
            .map(|v| (0..moves).fold(BTreeSet::from([v]), |set, _| step(&set)))
            .collect();
        let game = catalog::rendezvous("g", &graph, moves, 2).unwrap();
        let s = game.scenario();
        prop_assert_eq!(s.answers()[0], ends.iter().map(BTreeSet::len).max().unwrap());
        for v in 0..n {
            prop_assert_eq!(&graph.reachable(v, moves).into_iter().collect::<BTreeSet<_>>(), &ends[v]);
            for w in 0..n {
                let count = game.terms().iter().filter(|t| t.question == v * n + w).count();
                prop_assert_eq!(count, ends[v].intersection(&ends[w]).count());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9 #\\n-]{0,40}") {
        if let Ok(graph) = Graph::from_text(&text) {
            prop_assert!((0..graph.vertices()).all(|v| !graph.neighbours(v).is_empty()));
        }
    }
}
