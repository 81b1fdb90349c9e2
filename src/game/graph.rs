//! Undirected graphs for rendezvous games: named ones and files.

use super::GameError;
use super::catalog::parameters::printable;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// Largest number of vertices.
pub const MAX_VERTICES: usize = 256;

/// Largest graph file in bytes; the complete graph on [`MAX_VERTICES`] vertices fits.
const MAX_FILE: u64 = 1 << 20;

/// A simple undirected graph with ordered lists of neighbours.
///
/// The order of a vertex's neighbours is the order of a player's answers in a rendezvous game, hence part of
/// the game's identity. No vertex is isolated: a player must be able to move.
///
/// ```
/// use bellwether::game::Graph;
/// let cube = Graph::hypercube(3)?;
/// assert_eq!(cube.neighbours(0b000), [0b001, 0b010, 0b100]);
/// assert_eq!(Graph::from_text("0 1\n1 2  # a path\n")?.neighbours(1), [0, 2]);
/// # Ok::<(), bellwether::game::GameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    neighbours: Vec<Vec<usize>>,
}

impl Graph {
    /// All vertices joined; neighbours in increasing order.
    ///
    /// # Errors
    /// [`GameError::Scenario`] unless `2 <= n <= MAX_VERTICES`.
    pub fn complete(n: usize) -> Result<Self, GameError> {
        sized("complete graph", n, 2)?;
        let others = |v| (0..n).filter(|&w| w != v).collect();
        Ok(Graph { neighbours: (0..n).map(others).collect() })
    }

    /// A cycle; the neighbours of `v` are `v + 1` and `v - 1` mod `n`, in this order.
    ///
    /// # Errors
    /// [`GameError::Scenario`] unless `3 <= n <= MAX_VERTICES`.
    pub fn cycle(n: usize) -> Result<Self, GameError> {
        sized("cycle", n, 3)?;
        Ok(Graph { neighbours: (0..n).map(|v| vec![(v + 1) % n, (v + n - 1) % n]).collect() })
    }

    /// A path `0 - 1 - .. - n-1`; neighbours in increasing order.
    ///
    /// # Errors
    /// [`GameError::Scenario`] unless `2 <= n <= MAX_VERTICES`.
    pub fn path(n: usize) -> Result<Self, GameError> {
        sized("path", n, 2)?;
        Ok(Graph::increasing(n, (1..n).map(|v| (v - 1, v))))
    }

    /// Vertex 0 joined to all others.
    ///
    /// # Errors
    /// [`GameError::Scenario`] unless `2 <= n <= MAX_VERTICES`.
    pub fn star(n: usize) -> Result<Self, GameError> {
        sized("star", n, 2)?;
        Ok(Graph::increasing(n, (1..n).map(|v| (0, v))))
    }

    /// The corners of a cube in `dimension` dimensions; neighbour `k` flips bit `k` of the vertex.
    ///
    /// # Errors
    /// [`GameError::Scenario`] unless `1 <= dimension <= 8`.
    pub fn hypercube(dimension: usize) -> Result<Self, GameError> {
        if !(1..=8).contains(&dimension) {
            return Err(GameError::Scenario(format!("hypercube of dimension {dimension} given, wanted 1 to 8")));
        }
        let flips = |v: usize| (0..dimension).map(|k| v ^ (1 << k)).collect();
        Ok(Graph { neighbours: (0..1 << dimension).map(flips).collect() })
    }

    /// The Petersen graph: outer cycle 0-4, spokes `v` to `v + 5`, inner pentagram 5-9; neighbours increasing.
    pub fn petersen() -> Self {
        let outer = (0..5).map(|v| (v, (v + 1) % 5));
        let spokes = (0..5).map(|v| (v, v + 5));
        let inner = (0..5).map(|v| (5 + v, 5 + (v + 2) % 5));
        Graph::increasing(10, outer.chain(spokes).chain(inner))
    }

    /// A graph from a file: JSON if it begins with `{`, otherwise an edge list.
    ///
    /// # Errors
    /// [`GameError::File`] if it cannot be read, is larger than 1 MiB, or holds no graph; the message names
    /// the line or edge.
    pub fn from_file(path: &Path) -> Result<Self, GameError> {
        let named = |why: String| GameError::File { path: printable(&path.display().to_string(), 200), why };
        let cannot = |e: std::io::Error| named(format!("cannot read the graph: {e}"));
        let mut text = Vec::new();
        let file = std::fs::File::open(path).map_err(cannot)?;
        file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(cannot)?;
        if text.len() as u64 > MAX_FILE {
            return Err(named(format!("larger than {MAX_FILE} bytes")));
        }
        let text = String::from_utf8(text).map_err(|_| named("not UTF-8 text".into()))?;
        let graph = if text.trim_start().starts_with('{') { Graph::from_json(&text) } else { Graph::from_text(&text) };
        graph.map_err(|e| match e {
            GameError::Scenario(why) => named(why),
            other => other,
        })
    }

    /// A graph from an edge list: two vertices `u v` a line, counted from 0; `#` begins a comment.
    ///
    /// There are as many vertices as the largest one says. Neighbours are in increasing order, whatever the
    /// order of the lines.
    ///
    /// # Errors
    /// [`GameError::Scenario`] naming the line of a malformed edge, a self-loop or a duplicate, or the
    /// isolated vertex and the line of the largest one.
    pub fn from_text(text: &str) -> Result<Self, GameError> {
        let mut edges = Vec::new();
        for (line, content) in text.lines().enumerate() {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let place = format!("line {}", line + 1);
            let words: Vec<&str> = content.split_whitespace().take(3).collect();
            let [u, v] = words[..] else {
                return Err(GameError::Scenario(format!(
                    "{place}: '{}' given, wanted two vertices 'u v'",
                    printable(content, 80)
                )));
            };
            edges.push((vertex(u, &place)?, vertex(v, &place)?, place));
        }
        let largest = edges.iter().max_by_key(|(u, v, _)| *u.max(v));
        match largest {
            Some((u, v, place)) => {
                let (n, place) = (1 + *u.max(v), place.clone());
                Graph::checked(n, &edges, &format!("{place} names vertex {}", n - 1))
            }
            None => Err(GameError::Scenario("the graph has no edges".into())),
        }
    }

    /// A graph from `{"format":"bellwether-graph/1","vertices":n,"edges":[[u,v],..]}`; neighbours increasing.
    ///
    /// # Errors
    /// [`GameError::Scenario`] saying where the JSON is wrong, or naming the edge that is.
    pub fn from_json(text: &str) -> Result<Self, GameError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            format: String,
            vertices: usize,
            edges: Vec<(usize, usize)>,
        }
        let file: File = serde_json::from_str(text).map_err(|e| GameError::Scenario(printable(&e.to_string(), 200)))?;
        if file.format != "bellwether-graph/1" {
            return Err(GameError::Scenario(format!(
                "format '{}' given, wanted 'bellwether-graph/1'",
                printable(&file.format, 80)
            )));
        }
        sized("graph", file.vertices, 2)?;
        let edges = file.edges.iter().enumerate();
        let edges: Vec<_> = edges.map(|(i, &(u, v))| (u, v, format!("edges[{i}]"))).collect();
        Graph::checked(file.vertices, &edges, &format!("vertices is {}", file.vertices))
    }

    /// Number of vertices.
    pub fn vertices(&self) -> usize {
        self.neighbours.len()
    }

    /// The neighbours of `v`, in the graph's order.
    pub fn neighbours(&self, v: usize) -> &[usize] {
        &self.neighbours[v]
    }

    /// The vertices that exactly `moves` steps from `v` can end on, each once.
    ///
    /// They are in the order of the first walk to each, walks being ordered by the choices made along them:
    /// for one move, the neighbours in the graph's order.
    pub fn reachable(&self, v: usize, moves: usize) -> Vec<usize> {
        let mut layer = vec![v];
        for _ in 0..moves {
            let mut seen = vec![false; self.vertices()];
            let mut next = Vec::new();
            for &w in layer.iter().flat_map(|&u| &self.neighbours[u]) {
                if !std::mem::replace(&mut seen[w], true) {
                    next.push(w);
                }
            }
            layer = next;
        }
        layer
    }

    /// Edges with their places, checked one by one.
    fn checked(n: usize, edges: &[(usize, usize, String)], size: &str) -> Result<Self, GameError> {
        let mut first: HashMap<(usize, usize), &str> = HashMap::new();
        let mut touched = vec![false; n.min(MAX_VERTICES)];
        for (u, v, place) in edges {
            let wrong = |why: String| Err(GameError::Scenario(format!("{place}: {why}")));
            if *u.max(v) >= n {
                return wrong(format!("vertex {} given, wanted below {n}", u.max(v)));
            }
            if u == v {
                return wrong(format!("vertex {u} is joined to itself"));
            }
            if let Some(before) = first.insert((*u.min(v), *u.max(v)), place) {
                return wrong(format!("edge {u} {v} was given before, at {before}"));
            }
            touched[*u] = true;
            touched[*v] = true;
        }
        if let Some(v) = touched.iter().position(|t| !t) {
            return Err(GameError::Scenario(format!("vertex {v} has no edge ({size})")));
        }
        Ok(Graph::increasing(n, edges.iter().map(|(u, v, _)| (*u, *v))))
    }

    fn increasing(n: usize, edges: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut neighbours = vec![Vec::new(); n];
        for (u, v) in edges {
            neighbours[u].push(v);
            neighbours[v].push(u);
        }
        for list in &mut neighbours {
            list.sort_unstable();
        }
        Graph { neighbours }
    }
}

fn vertex(text: &str, place: &str) -> Result<usize, GameError> {
    match text.parse::<usize>() {
        Ok(v) if v < MAX_VERTICES => Ok(v),
        _ => Err(GameError::Scenario(format!(
            "{place}: vertex '{}' given, wanted an integer from 0 to {}",
            printable(text, 40),
            MAX_VERTICES - 1
        ))),
    }
}

fn sized(what: &str, n: usize, least: usize) -> Result<(), GameError> {
    if (least..=MAX_VERTICES).contains(&n) {
        return Ok(());
    }
    Err(GameError::Scenario(format!("{what} of {n} vertices given, wanted {least} to {MAX_VERTICES}")))
}
