//! `bellwether softmax`: QuantumSoftmax of logits from a file, and its adjoint.

use super::output::{CliError, Out};
use super::{HOLDS, UNDECIDED};
use crate::game::GameError;
use crate::game::file::{Nested, Npz, expect_format, file_error, is_npz, read_bounded};
use crate::quantum::{C64, QuantumSoftmax, SoftmaxError};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  bellwether softmax logits.json --json\n\nThe file: {\"format\":\"bellwether-logits/1\",\"logits\":[outcome] -> matrix of [re,im],\"cotangent\":same}, or npz with\n`logits` (and `cotangent`), complex128 [m,d,d]. The gradient is dL/dRe + i dL/dIm of L = sum_j Re tr(C_j^H P_j)."
)]
pub struct Args {
    /// Logits file, JSON or npz.
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogitsFile {
    format: String,
    logits: Nested,
    cotangent: Option<Nested>,
}

type Matrices = Vec<Vec<Vec<[f64; 2]>>>;

#[derive(Serialize)]
struct Report {
    povm: Matrices,
    gradient: Option<Matrices>,
    condition: f64,
    completeness_defect: f64,
    evidence: &'static str,
}

/// Logits of `m` outcomes in dimension `d`, with a cotangent of the same shape.
pub(crate) struct Logits {
    pub m: usize,
    pub d: usize,
    pub logits: Vec<C64>,
    pub cotangent: Option<Vec<C64>>,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let input = parse(&args.file, read_bounded(&args.file)?)?;
    let (m, d) = (input.m, input.d);
    let named = |e: SoftmaxError| file_error(&args.file, e);
    let mut softmax = QuantumSoftmax::new(m, d).map_err(named)?;
    let mut povm = vec![C64::new(0.0, 0.0); m * d * d];
    softmax.forward(&input.logits, &mut povm).map_err(named)?;
    let mut gradient = None;
    if let Some(cotangent) = &input.cotangent {
        let mut g = vec![C64::new(0.0, 0.0); m * d * d];
        softmax.backward(cotangent, &mut g).map_err(|e| {
            let code = match e {
                SoftmaxError::OutOfDomain { .. } => UNDECIDED,
                _ => super::BAD_INPUT,
            };
            CliError::new(code, file_error(&args.file, e).to_string())
        })?;
        gradient = Some(nested(&g, d));
    }
    let report = Report {
        povm: nested(&povm, d),
        gradient,
        condition: softmax.condition_estimate(),
        completeness_defect: completeness_defect(&povm, m, d),
        evidence: "numerical",
    };
    out.result(&report, || text(&report, m, d));
    Ok(HOLDS)
}

fn text(report: &Report, m: usize, d: usize) -> String {
    let mut t = format!("POVM of {m} outcomes in dimension {d} (numerical)\n");
    let mut block = |name: &str, matrices: &Matrices| {
        for (j, matrix) in matrices.iter().enumerate() {
            t.push_str(&format!("{name}_{j}\n"));
            for row in matrix {
                let cells: Vec<String> = row.iter().map(|[re, im]| format!("{re:>24.16e}{im:>+24.16e}i")).collect();
                t.push_str(&format!("  {}\n", cells.join(" ")));
            }
        }
    };
    block("P", &report.povm);
    if let Some(gradient) = &report.gradient {
        block("gradient", gradient);
    }
    t.push_str(&format!(
        "condition of S {:.3e}, completeness defect {:.1e}",
        report.condition, report.completeness_defect
    ));
    t
}

/// `max |sum_j P_j - I|` over the entries.
fn completeness_defect(povm: &[C64], m: usize, d: usize) -> f64 {
    let entry = |k: usize| {
        let sum: C64 = (0..m).map(|j| povm[j * d * d + k]).sum();
        let identity = if k.is_multiple_of(d + 1) { 1.0 } else { 0.0 };
        (sum - identity).norm()
    };
    (0..d * d).map(entry).fold(0.0, f64::max)
}

fn nested(data: &[C64], d: usize) -> Matrices {
    let row = |row: &[C64]| row.iter().map(|z| [z.re, z.im]).collect();
    let matrix = |block: &[C64]| block.chunks_exact(d).map(row).collect();
    data.chunks_exact(d * d).map(matrix).collect()
}

/// Logits from the bytes of the file at `path`, whose ending tells the format.
pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Result<Logits, GameError> {
    let fail = |why: String| file_error(path, why);
    let (logits, cotangent) = if is_npz(path) {
        let mut npz = Npz::parse(path, bytes)?;
        let logits = npz.complex("logits")?;
        let has_cotangent = npz.names().iter().any(|n| n == "cotangent");
        let cotangent = has_cotangent.then(|| npz.complex("cotangent")).transpose()?;
        ((logits.shape, logits.data), cotangent.map(|c| (c.shape, c.data)))
    } else {
        let file: LogitsFile = serde_json::from_slice(&bytes).map_err(|e| fail(e.to_string()))?;
        expect_format(path, &file.format, "bellwether-logits/1")?;
        let complex = |name: &str, nested: Nested| -> Result<(Vec<usize>, Vec<C64>), GameError> {
            let [shape @ .., 2] = nested.shape.as_slice() else {
                return Err(fail(format!("{name} has shape {:?}, wanted [m, d, d, 2]", nested.shape)));
            };
            let data = nested.data.chunks_exact(2).map(|z| C64::new(z[0], z[1])).collect();
            Ok((shape.to_vec(), data))
        };
        let cotangent = file.cotangent.map(|c| complex("cotangent", c)).transpose()?;
        (complex("logits", file.logits)?, cotangent)
    };
    let (shape, data) = logits;
    let &[m, d, columns] = shape.as_slice() else {
        return Err(fail(format!("logits have shape {shape:?}, wanted [m, d, d]")));
    };
    if d != columns || m == 0 || d == 0 {
        return Err(fail(format!("logits have shape {shape:?}, wanted [m, d, d] with m and d at least 1")));
    }
    if let Some((given, data)) = &cotangent {
        if *given != shape {
            return Err(fail(format!("cotangent has shape {given:?}, wanted {shape:?}")));
        }
        if let Some(k) = data.iter().position(|z| !(z.re.is_finite() && z.im.is_finite())) {
            return Err(fail(format!("cotangent entry {k} is not finite")));
        }
    }
    Ok(Logits { m, d, logits: data, cotangent: cotangent.map(|c| c.1) })
}
