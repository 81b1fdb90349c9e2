//! The checker: what it proves, what it refuses, and the exact kernels underneath.

#[path = "check/branch.rs"]
mod branch;
#[path = "check/edges.rs"]
mod edges;
#[path = "check/examples.rs"]
mod examples;
#[path = "check/forged.rs"]
mod forged;
#[path = "check/kernels.rs"]
mod kernels;
#[path = "check/program.rs"]
mod program;
#[path = "check/python.rs"]
mod python;
#[path = "check/sharp.rs"]
mod sharp;
#[path = "check/support.rs"]
mod support;
#[path = "check/upper.rs"]
mod upper;
#[path = "check/valid.rs"]
mod valid;

/// The trusted base stays small: nothing else of the project, and only the crates it names.
#[test]
fn the_checker_imports_nothing_of_ours() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/check");
    let allowed =
        ["std", "super", "num_bigint", "num_complex", "num_integer", "num_rational", "num_traits", "sha2", "thiserror"];
    let files = std::fs::read_dir(folder).unwrap();
    let stem = |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let modules: Vec<String> = files.map(|file| stem(file.unwrap().path())).collect();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            assert!(!line.contains("crate::") || line.contains("crate::check"), "{line}");
            assert!(!line.contains("unsafe") && !line.contains("panic!"), "{line}");
            assert!(!line.contains(".unwrap()") && !line.contains(".expect("), "{line}");
            assert!(!line.contains("f64") && !line.contains("f32"), "{line}");
            if let Some(path) = line.trim_start().strip_prefix("use ") {
                let root = path.split(|c: char| !c.is_alphanumeric() && c != '_').next();
                let ours = root.is_some_and(|root| modules.contains(&root.to_owned()));
                assert!(ours || root.is_some_and(|root| allowed.contains(&root)), "{line}");
                seen += 1;
            }
        }
    }
    assert!(seen > 25);
}
