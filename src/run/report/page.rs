//! One self-contained HTML page: no script, no network, light and dark, printable.

use super::canvas::{GRID, MUTED, SERIES, TEXT, hex};
use super::{Picture, ReportError};
use crate::game::file::{file_error, write_atomic};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A table; cells that read as numbers are set to the right.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Column heads.
    pub headers: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with heads and no rows.
    pub fn new(caption: &str, headers: &[&str]) -> Self {
        Table { caption: caption.into(), headers: headers.iter().map(|h| (*h).into()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

/// A page under construction.
#[derive(Debug, Clone, Default)]
pub struct Page {
    title: String,
    body: String,
    pictures: Vec<(String, String)>,
}

impl Page {
    /// An empty page.
    pub fn new(title: &str) -> Self {
        Page { title: title.into(), ..Page::default() }
    }

    /// A section heading.
    pub fn heading(&mut self, text: &str) {
        let _ = writeln!(self.body, "<h2>{}</h2>", escape(text));
    }

    /// A paragraph of plain text.
    pub fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", escape(text));
    }

    /// A paragraph set apart: the claim of the page.
    pub fn claim(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p class=\"claim\">{}</p>", escape(text));
    }

    /// Lines for the command line.
    pub fn code(&mut self, text: &str) {
        let _ = writeln!(self.body, "<pre><code>{}</code></pre>", escape(text));
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        let b = &mut self.body;
        // writing to a String cannot fail
        let _ = write!(b, "<div class=\"wide\"><table><caption>{}</caption><thead><tr>", escape(&table.caption));
        for (k, h) in table.headers.iter().enumerate() {
            // over numbers the head is set to the right, too
            let over = table.rows.first().and_then(|row| row.get(k));
            let class = over.map_or("", |cell| numeric_class(cell));
            let _ = write!(b, "<th scope=\"col\"{class}>{}</th>", escape(h));
        }
        b.push_str("</tr></thead><tbody>\n");
        for row in &table.rows {
            b.push_str("<tr>");
            for cell in row {
                let _ = write!(b, "<td{}>{}</td>", numeric_class(cell), escape(cell));
            }
            b.push_str("</tr>\n");
        }
        b.push_str("</tbody></table></div>\n");
    }

    /// A picture, with a link to the CSV that [`Page::write`] puts beside the page.
    pub fn picture(&mut self, picture: Picture) {
        let _ = writeln!(
            self.body,
            "<figure>\n{}\n<figcaption><a href=\"{name}.csv\">the numbers behind it (CSV)</a></figcaption></figure>",
            picture.svg,
            name = escape(&picture.name)
        );
        self.pictures.push((picture.name, picture.csv));
    }

    /// The page as HTML.
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>\n{}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            style(),
            self.body
        )
    }

    /// Writes `file` (`report.html`) into a folder and `NAME.csv` of every picture beside it, each whole or not at all.
    /// Earlier files of these names are replaced.
    ///
    /// # Errors
    /// [`ReportError::File`].
    pub fn write(&self, folder: &Path, file: &str) -> Result<PathBuf, ReportError> {
        std::fs::create_dir_all(folder).map_err(|e| file_error(folder, e))?;
        for (name, csv) in &self.pictures {
            write_atomic(&folder.join(format!("{name}.csv")), csv.as_bytes())?;
        }
        let path = folder.join(file);
        write_atomic(&path, self.html().as_bytes())?;
        Ok(path)
    }
}

/// The class of a cell that reads as a number.
fn numeric_class(cell: &str) -> &'static str {
    let number = cell.trim_end_matches([' ', '%', 's']).parse::<f64>();
    if number.is_ok() { " class=\"n\"" } else { "" }
}

/// Text for HTML and SVG, in content and attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && c != '\n' => {}
            c => out.push(c),
        }
    }
    out
}

/// The style sheet. Pictures carry light colours; in the dark each is mapped to its counterpart.
fn style() -> String {
    let mut dark = String::new();
    let fixed = [(TEXT, "#e6e8eb"), (MUTED, "#9aa3ad"), (GRID, "#343a41")];
    for (light, to) in fixed.into_iter().chain(SERIES) {
        let from = hex(light);
        let _ = writeln!(dark, ".plot [stroke=\"{from}\"]{{stroke:{to}}} .plot [fill=\"{from}\"]{{fill:{to}}}");
    }
    format!(
        ":root{{--text:#1b1f24;--muted:#626a73;--paper:#fff;--line:#d6dade;--soft:#f3f5f7;--accent:#1f63b0}}\n\
         body{{margin:0;background:var(--paper);color:var(--text);font:16px/1.5 system-ui,sans-serif}}\n\
         main{{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}}\n\
         h1{{font-size:1.7rem;line-height:1.2}} h2{{font-size:1.2rem;margin:2.2rem 0 .6rem}}\n\
         .claim{{border-left:4px solid var(--accent);background:var(--soft);padding:.8rem 1rem;font-size:1.1rem}}\n\
         pre{{background:var(--soft);padding:.7rem 1rem;overflow-x:auto}} code{{font:14px/1.4 ui-monospace,monospace}}\n\
         figure{{margin:1.2rem 0}} figcaption{{color:var(--muted);font-size:.85rem}} a{{color:var(--accent)}}\n\
         .plot{{display:block;width:100%;height:auto}} .plot text{{font-family:system-ui,sans-serif}}\n\
         .wide{{overflow-x:auto}} table{{border-collapse:collapse;font-size:.92rem}}\n\
         caption{{text-align:left;color:var(--muted);padding:.3rem 0}}\n\
         th,td{{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}}\n\
         th.n,td.n{{text-align:right;font-variant-numeric:tabular-nums}}\n\
         @media screen and (prefers-color-scheme:dark){{\n\
         :root{{--text:#e6e8eb;--muted:#9aa3ad;--paper:#15181c;--line:#343a41;--soft:#1e2329;--accent:#6cb0ff}}\n{dark}}}\n\
         @media print{{main{{max-width:none;padding:0}} figure,table,pre{{break-inside:avoid}} h2{{break-after:avoid}}\n\
         .wide{{overflow:visible}} table{{font-size:.72rem}} .plot{{max-height:23cm}} pre{{white-space:pre-wrap}}}}\n"
    )
}
