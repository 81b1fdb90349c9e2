//! `bellwether reproduce`: the paper's experiments, with its figures beside ours.
//!
//! One file an item. An item is a function from a [`Context`] to a [`Section`]; the list of items is [`ITEMS`].

mod figure3;
mod figure5;
mod table2;

use super::HOLDS;
use super::experiment::{Evaluated, Subject, Watching, watch};
use super::output::{CliError, Out};
use crate::bound::certify::write_and_check;
use crate::learn::{Config, Preset};
use crate::run::RunFolder;
use crate::run::report::{Page, Table, XyPlot};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  bellwether reproduce table2 --quick\n  bellwether reproduce all --out results\n\nWrites a folder: report.html (one self-contained page), result.json, one CSV a picture or table. Exit code 0: done."
)]
pub struct Args {
    /// What to reproduce.
    #[arg(value_parser = ["table2", "figure3", "figure5", "all"])]
    item: String,
    /// 10 seeds instead of 30
    #[arg(long)]
    quick: bool,
    /// Folder for the results, new or empty [default: runs/reproduce-ITEM]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// An item's name, and what makes its section.
type Item = (&'static str, fn(&Context) -> Result<Section, CliError>);

/// The list. Adding an item touches its own file, this and the argument above.
const ITEMS: &[Item] = &[
    ("table2", table2::section),
    ("figure3", figure3::section),
    ("figure5", figure5::section),
];

/// One line of the comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is compared.
    pub item: String,
    /// The paper's figure; `null` where the paper has none.
    pub paper: Option<f64>,
    /// Ours.
    pub ours: Option<f64>,
    /// Unit of both.
    pub unit: &'static str,
    /// `exact`, `numerical` or `sampled`: what our figure rests on.
    pub evidence: &'static str,
    /// What explains a difference, or nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A table in columns.
fn table_text(table: &Table) -> String {
    let lines = || std::iter::once(&table.headers).chain(&table.rows);
    let width = |k: usize| {
        let cells = lines().filter_map(|line| line.get(k));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.headers.len()).map(width).collect();
    let mut t = format!("{}\n", table.caption);
    for line in lines() {
        let cells = line.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(c, w)| format!("{c:<w$}")).collect();
        let _ = writeln!(t, "  {}", cells.join("  ").trim_end());
    }
    t
}

/// A table as CSV; our cells hold no quotes, and those with commas are quoted.
fn table_csv(table: &Table) -> String {
    let cell = |c: &String| match c.contains(',') {
        true => format!("\"{c}\""),
        false => c.clone(),
    };
    let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(",");
    let lines = std::iter::once(&table.headers).chain(&table.rows);
    lines.map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// What an item gives.
pub struct Section {
    /// Short name: file names begin with it.
    pub name: &'static str,
    pub title: String,
    pub paragraphs: Vec<String>,
    pub rows: Vec<Row>,
    pub tables: Vec<Table>,
    pub plots: Vec<XyPlot>,
    /// Further files: name and content.
    pub files: Vec<(String, String)>,
}

/// What items share: how much to do, where to put it, and runs already done.
pub struct Context<'a> {
    pub quick: bool,
    pub seeds: Vec<u64>,
    pub folder: &'a RunFolder,
    pub watching: Watching,
    runs: RefCell<BTreeMap<String, Rc<Arm>>>,
}

/// A game, a recipe, and its runs.
pub struct Arm {
    pub subject: Subject,
    pub runs: Vec<Evaluated>,
}

impl Context<'_> {
    /// The runs of a game with a preset and an entropy coefficient, done at most once.
    pub fn arm(&self, game: &str, preset: Preset, entropy: f64) -> Result<Rc<Arm>, CliError> {
        let key = format!("{game} {} {entropy}", preset.name());
        if let Some(arm) = self.runs.borrow().get(&key) {
            return Ok(Rc::clone(arm));
        }
        let subject = Subject::named(game)?;
        let mut config = Config::new(preset, subject.game.scenario());
        config.entropy = entropy;
        self.watching
            .bar
            .inc_length(config.steps as u64 * self.seeds.len() as u64);
        let runs = subject.train(&config, &self.seeds, &self.watching.watch)?;
        // every run's proof is on disk and went through the checker from there
        for e in &runs {
            let recipe = format!("{}-{entropy}", preset.name());
            let name = format!("certificates/{game}-{recipe}-seed-{}.json", e.run.seed);
            let path = self.folder.file(&name)?;
            write_and_check(&subject.game, &e.certificate.text, &path)?;
        }
        let arm = Rc::new(Arm { subject, runs });
        self.runs.borrow_mut().insert(key, Rc::clone(&arm));
        Ok(arm)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    command: String,
    quick: bool,
    seeds: &'a [u64],
    rows: Vec<&'a Row>,
    seconds: f64,
    out: String,
}

pub fn run(args: &Args, out: &Out) -> Result<i32, CliError> {
    let start = Instant::now();
    let folder = match &args.out {
        Some(path) => RunFolder::at(path)?,
        None => RunFolder::fresh(&format!("reproduce-{}", args.item))?,
    };
    let context = Context {
        quick: args.quick,
        seeds: (0..if args.quick { 10 } else { 30 }).collect(),
        folder: &folder,
        watching: watch(0, out),
        runs: RefCell::default(),
    };
    let wanted = ITEMS
        .iter()
        .filter(|(name, _)| args.item == "all" || args.item == *name);
    let mut sections = Vec::new();
    for (_, section) in wanted {
        let section = section(&context)?;
        for (name, content) in &section.files {
            context.folder.write(name, content.as_bytes())?;
        }
        for (k, table) in section.tables.iter().enumerate() {
            let name = match k {
                0 => format!("{}.csv", section.name),
                k => format!("{}-{}.csv", section.name, k + 1),
            };
            folder.write(&name, table_csv(table).as_bytes())?;
        }
        sections.push(section);
    }
    let document = Document {
        command: format!("bellwether reproduce {}", args.item),
        quick: context.quick,
        seeds: &context.seeds,
        rows: sections.iter().flat_map(|s| &s.rows).collect(),
        seconds: start.elapsed().as_secs_f64(),
        out: folder.path().display().to_string(),
    };
    folder.write(
        "result.json",
        (serde_json::to_string(&document)? + "\n").as_bytes(),
    )?;
    page(&sections, &document)?.write(folder.path(), "report.html")?;
    context.watching.bar.finish_and_clear();
    out.result(&document, || text(&sections, &document));
    Ok(HOLDS)
}

/// The page with every section, its pictures and its comparison.
fn page(sections: &[Section], document: &Document) -> Result<Page, CliError> {
    let mut page = Page::new("The paper's experiments repeated");
    page.code(&document.command);
    for section in sections {
        page.heading(&section.title);
        for plot in &section.plots {
            page.picture(plot.draw()?);
        }
        for table in &section.tables {
            page.table(table);
        }
        for paragraph in &section.paragraphs {
            page.paragraph(paragraph);
        }
        page.table(&compared(&section.rows));
    }
    Ok(page)
}

fn text(sections: &[Section], document: &Document) -> String {
    let mut t = String::new();
    for section in sections {
        let _ = writeln!(t, "{}\n", section.title);
        for table in section
            .tables
            .iter()
            .map(table_text)
            .chain([table_text(&compared(&section.rows))])
        {
            let _ = writeln!(t, "{table}");
        }
        for paragraph in &section.paragraphs {
            let _ = writeln!(t, "{paragraph}\n");
        }
    }
    let _ = writeln!(t, "{:.1} s; files in {}", document.seconds, document.out);
    t
}

/// The paper's figures beside ours.
fn compared(rows: &[Row]) -> Table {
    let mut table = Table::new(
        "Paper and ours",
        &["item", "paper", "ours", "unit", "evidence", "note"],
    );
    let number = |v: Option<f64>| {
        v.map_or("-".into(), |v| {
            format!("{v:.4}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        })
    };
    for r in rows {
        table.rows.push(vec![
            r.item.clone(),
            number(r.paper),
            number(r.ours),
            r.unit.into(),
            r.evidence.into(),
            r.note.clone(),
        ]);
    }
    table
}
