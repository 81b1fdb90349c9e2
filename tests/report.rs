//! Pictures and pages: well-formed, self-contained, no larger than they must be.

use bellwether::game::{Behaviour, Scenario, catalog};
use bellwether::quantum::{DensityMatrix, Matrix, Povm};
use bellwether::run::report::*;
use bellwether::strategy::QuantumStrategy;
use num_complex::Complex64 as C64;

/// The optimal CHSH strategy: Z and X against (Z +- X)/sqrt 2 on the Bell state.
fn chsh() -> QuantumStrategy {
    let along = |angle: f64| {
        let effect = |s: f64| {
            Matrix::from_fn(2, |i, j| match (i, j) {
                (0, 0) => C64::new(0.5 + 0.5 * s * angle.cos(), 0.0),
                (1, 1) => C64::new(0.5 - 0.5 * s * angle.cos(), 0.0),
                _ => C64::new(0.5 * s * angle.sin(), 0.0),
            })
        };
        Povm::new(vec![effect(1.0), effect(-1.0)]).unwrap()
    };
    let (quarter, eighth) = (std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_4);
    let alice = vec![along(0.0), along(quarter)];
    let bob = vec![along(eighth), along(-eighth)];
    QuantumStrategy::new(DensityMatrix::bell(), vec![alice, bob]).unwrap()
}

fn curve(rate: f64) -> Vec<(f64, f64)> {
    (0..500).map(|k| (f64::from(k) * 10.0, 0.8535 - 0.35 * (-f64::from(k) * rate).exp())).collect()
}

fn pictures() -> Vec<Picture> {
    let strategy = chsh();
    let behaviour = strategy.behaviour().unwrap();
    let band = curve(0.02).iter().map(|(_, y)| (y - 0.02, y + 0.01)).collect();
    let xy = XyPlot {
        levels: vec![
            Level::new("SR", 0.75),
            Level::new("Q lower", 0.853553),
            Level::new("Q upper", 0.853554),
            Level::new("NS", 1.0),
        ],
        series: vec![
            Series::new("each seed", curve(0.01)).mark(Mark::Thin).color(1),
            Series::new("each seed", curve(0.03)).mark(Mark::Thin).color(1),
            Series::new("IQM", curve(0.02)).band(band).color(0),
        ],
        ..XyPlot::new("curves", "Learning CHSH", "step", "win probability")
    };
    let frontier = XyPlot {
        x_log: true,
        series: vec![
            Series::new("communication", vec![(1.0, 4.0), (10.0, 5.0), (100.0, 6.0)]),
            Series::new("SR", vec![(1.0, 4.5), (10.0, 5.6), (100.0, 6.9)]).mark(Mark::Dashed),
            Series::new("learned", vec![(2.0, 4.4), (20.0, f64::NAN), (50.0, 5.9)]).mark(Mark::LinePoints),
            Series::new("others", vec![(3.0, 5.0), (70.0, 6.5)]).mark(Mark::Points),
        ],
        ..XyPlot::new("frontier", "Throughput & wait <of queues>", "plays", "wait per customer")
    };
    let rung = |label: &str, lower: f64, upper: f64, evidence: &str| Rung {
        label: label.into(),
        lower,
        upper,
        evidence: evidence.into(),
    };
    let ladder = LadderPlot {
        name: "ladder".into(),
        title: "How far each class reaches".into(),
        value_label: "win probability".into(),
        rungs: vec![
            rung("SR", 0.75, 0.75, "exact"),
            rung("learned", 0.8535287, 0.8535287, "proved"),
            rung("Q", 0.85355, 0.86, "see-saw; NPA level 1"),
            rung("NS", 1.0, 1.0, "exact"),
        ],
    };
    let map = HeatMap { name: "behaviour".into(), title: "p(a|x)".into(), behaviour: &behaviour, questions: None };
    let bloch = BlochPlot { name: "bloch".into(), title: "Bloch vectors".into(), spheres: bloch_arrows(&strategy) };
    vec![
        xy.draw().unwrap(),
        frontier.draw().unwrap(),
        ladder.draw().unwrap(),
        map.draw().unwrap(),
        bloch.draw().unwrap(),
    ]
}

#[test]
fn pages_are_self_contained_and_accessible() {
    let mut page = Page::new("Pictures <of> everything");
    page.claim("Beats every classical strategy by at least 0.1035; proved.");
    for picture in pictures() {
        for word in ["role=\"img\"", "aria-label=", "<title>", "<desc>"] {
            assert!(picture.svg.contains(word), "{}: {word}", picture.name);
        }
        assert!(picture.svg.ends_with("</svg>"), "{}", picture.name);
        assert!(picture.csv.lines().count() > 2, "{}", picture.name);
        assert!(!picture.svg.contains("NaN") && !picture.svg.contains("inf"));
        page.heading(&picture.title);
        page.picture(picture);
    }
    let mut table = Table::new("Runs", &["seed", "value"]);
    table.row(vec!["0".into(), "0.85".into()]);
    page.table(&table);
    let html = page.html();
    let stripped = html.replace("http://www.w3.org/2000/svg", "");
    for word in ["http://", "https://", "<script", "url(", "@import", "src="] {
        assert!(!stripped.contains(word), "{word}");
    }
    assert!(html.len() < 400_000, "{} bytes", html.len());
    assert!(html.contains("Throughput &amp; wait &lt;of queues&gt;"));
    let folder = tempfile::TempDir::new().unwrap();
    page.write(folder.path(), "report.html").unwrap();
    for name in ["report.html", "curves.csv", "frontier.csv", "ladder.csv", "behaviour.csv", "bloch.csv"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    // BELLWETHER_PAGES=DIR keeps the page, to be looked at
    if let Some(keep) = std::env::var_os("BELLWETHER_PAGES") {
        page.write(keep.as_ref(), "all.html").unwrap();
    }
}

#[test]
fn the_csv_holds_every_number() {
    let all = pictures();
    let lines = |k: usize| all[k].csv.lines().count();
    assert_eq!(lines(0), 1 + 3 * 500 + 4);
    assert_eq!(lines(3), 1 + 16);
    assert_eq!(lines(4), 1 + 8);
    assert!(all[3].csv.starts_with("x_1,x_2,a_1,a_2,p\n0,0,0,0,0.42677669"));
}

#[test]
fn bloch_vectors_are_those_of_the_measurements() {
    let spheres = bloch_arrows(&chsh());
    assert_eq!(spheres.len(), 2);
    let s = std::f64::consts::FRAC_1_SQRT_2;
    let expected = [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]];
    for (arrow, wanted) in spheres[0].1.iter().zip(expected) {
        for (a, b) in arrow.vector.iter().zip(wanted) {
            assert!((a - b).abs() < 1e-12, "{arrow:?}");
        }
    }
    assert!((spheres[1].1[0].vector[0] - s).abs() < 1e-12);
    // sigma_y has eigenvector (1, i): effect [[1, -i], [i, 1]]/2
    let y = Matrix::from_vec(2, vec![C64::new(0.5, 0.0), C64::new(0.0, -0.5), C64::new(0.0, 0.5), C64::new(0.5, 0.0)]);
    assert_eq!(bloch_vector(&y.unwrap()), Some([0.0, 1.0, 0.0]));
    assert_eq!(bloch_vector(&Matrix::identity(3)), None);
    assert_eq!(bloch_vector(&Matrix::zeros(2)), None);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let empty = XyPlot::new("empty", "nothing", "x", "y");
    assert!(empty.draw().unwrap_err().to_string().contains("no finite point"));
    let nan = XyPlot { series: vec![Series::new("a", vec![(0.0, f64::NAN)])], ..empty.clone() };
    assert!(nan.draw().is_err());
    let band = XyPlot { series: vec![Series::new("a", vec![(0.0, 1.0)]).band(vec![(0.0, 1.0); 2])], ..empty.clone() };
    assert!(band.draw().unwrap_err().to_string().contains("band of 2"));
    let huge = XyPlot { series: vec![Series::new("a", vec![(-1e308, 1.0), (1e308, 2.0)])], ..empty.clone() };
    assert!(huge.draw().is_err());
    // one point, and equal values, have a range all the same
    let one = XyPlot { series: vec![Series::new("a", vec![(3.0, 0.0)]).mark(Mark::Points)], ..empty };
    assert!(one.draw().is_ok());
    let rung = Rung { label: "Q".into(), lower: 1.0, upper: 0.5, evidence: String::new() };
    let ladder = LadderPlot { name: "l".into(), title: String::new(), value_label: String::new(), rungs: vec![rung] };
    assert!(ladder.draw().is_err());
    let large = Behaviour::uniform(Scenario::new(vec![64, 64], vec![2, 2]).unwrap());
    let map = HeatMap { name: "m".into(), title: String::new(), behaviour: &large, questions: None };
    assert!(map.draw().unwrap_err().to_string().contains("16384 cells"));
    let tetra = catalog::lookup("tetra").unwrap().game;
    let p = Behaviour::uniform(tetra.scenario().clone());
    let map = HeatMap { name: "m".into(), title: String::new(), behaviour: &p, questions: Some(vec![16]) };
    assert!(map.draw().is_err());
}
