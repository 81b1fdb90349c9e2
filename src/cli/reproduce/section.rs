//! What an item of `reproduce` or `ablate` gives, and how it is shown: files, a page, text.

use super::super::output::{CliError, Out};
use super::Context;
use crate::run::report::{Page, Table, XyPlot};
use serde::Serialize;
use std::fmt::Write;
use std::time::Instant;

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

#[derive(Serialize)]
struct Document<'a> {
    command: &'a str,
    quick: bool,
    seeds: &'a [u64],
    rows: Vec<&'a Row>,
    tables: Vec<&'a Table>,
    seconds: f64,
    out: String,
}

/// What makes a section.
pub type Make<'a> = &'a dyn Fn(&Context) -> Result<Section, CliError>;

/// Makes the sections one after the other, each with its files, then one page of all, `result.json`, and the text.
pub fn produce((title, command): (&str, &str), context: &Context, wanted: &[Make], out: &Out) -> Result<(), CliError> {
    let start = Instant::now();
    let folder = context.folder;
    let mut sections = Vec::new();
    for section in wanted {
        let section = section(context)?;
        for (name, content) in &section.files {
            folder.write(name, content.as_bytes())?;
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
        command,
        quick: context.quick,
        seeds: &context.seeds,
        rows: sections.iter().flat_map(|s| &s.rows).collect(),
        tables: sections.iter().flat_map(|s| &s.tables).collect(),
        seconds: start.elapsed().as_secs_f64(),
        out: folder.path().display().to_string(),
    };
    folder.write("result.json", (serde_json::to_string(&document)? + "\n").as_bytes())?;
    page(title, &sections, &document)?.write(folder.path(), "report.html")?;
    context.watching.bar.finish_and_clear();
    out.result(&document, || text(&sections, &document));
    Ok(())
}

/// The page with every section, its pictures and its comparison.
fn page(title: &str, sections: &[Section], document: &Document) -> Result<Page, CliError> {
    let mut page = Page::new(title);
    page.code(document.command);
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
        if !section.rows.is_empty() {
            page.table(&compared(&section.rows));
        }
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
            .chain((!section.rows.is_empty()).then(|| table_text(&compared(&section.rows))))
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
    let mut table = Table::new("Paper and ours", &["item", "paper", "ours", "unit", "evidence", "note"]);
    let number = |v: Option<f64>| {
        v.map_or("-".into(), |v| format!("{v:.4}").trim_end_matches('0').trim_end_matches('.').to_owned())
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
