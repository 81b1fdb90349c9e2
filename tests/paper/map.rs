//! The map of claims and tests, `docs/properties.md`.

/// `docs/properties.md` names a test for every proposition, equation and table, and every test it names exists.
#[test]
fn every_claim_has_a_test_and_every_named_test_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/properties.md")).unwrap();
    let (mut claims, mut named) = (std::collections::BTreeSet::new(), 0);
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.len() < 5 {
            continue;
        }
        for (at, name) in cells[3].split('`').enumerate() {
            if at % 2 == 0 {
                continue;
            }
            let (file, function) = name.split_once("::").unwrap_or_else(|| panic!("{line}: {name}"));
            let paths = [format!("tests/{file}.rs"), format!("src/{file}.rs")];
            let found = paths.iter().filter_map(|path| std::fs::read_to_string(root.join(path)).ok());
            let wanted = format!("fn {function}(");
            let found = found.into_iter().any(|source| source.contains(&wanted));
            assert!(found, "docs/properties.md: no test `{name}` ({line})");
            named += 1;
            for claim in cells[1].split(", ") {
                claims.insert(claim.to_owned());
            }
        }
    }
    let mut wanted: Vec<String> = (1..=6).map(|k| format!("Proposition {k}")).collect();
    wanted.extend((1..=35).map(|k| format!("Eq. {k}")));
    wanted.extend((1..=3).map(|k| format!("Definition {k}")));
    wanted.extend((1..=2).map(|k| format!("Table {k}")));
    wanted.extend([2, 3, 5, 7].map(|k| format!("Figure {k}")));
    wanted.push("Algorithm 1".to_owned());
    wanted.push("Appendix I".to_owned());
    let missing: Vec<&String> = wanted.iter().filter(|claim| !claims.contains(*claim)).collect();
    assert!(missing.is_empty(), "docs/properties.md has no test for {missing:?}");
    assert!(named > 80, "only {named} tests found");
}
