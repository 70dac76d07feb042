//! Aligned tables that fit a terminal.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::findings::wrapped;

/// Widest line that is written: the smallest terminal people still use.
pub const LINE_WIDTH: usize = 80;

/// How a column is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table: a title line and rows, columns two spaces apart.
///
/// Where the widest row would not fit [`LINE_WIDTH`], the columns named as shrinkable lose their middles,
/// widest first. A list stands in the last column and loses nothing: what doesn't fit follows below its row.
pub struct Table {
    indent: usize,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

struct Column {
    title: &'static str,
    align: Align,
    fit: Fit,
}

/// What becomes of a cell that doesn't fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fit {
    /// The line gets wider.
    Whole,
    /// It loses its middle.
    Shrinks,
    /// It follows in lines of its own.
    Below,
}

/// Narrowest a shrinking column may get.
const NARROWEST: usize = 8;

impl Table {
    /// An empty table whose lines start with `indent` spaces.
    #[must_use]
    pub const fn new(indent: usize) -> Self {
        Self { indent, columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of text that may lose its middle.
    #[must_use]
    pub fn text(self, title: &'static str) -> Self {
        self.column(title, Align::Left, Fit::Shrinks)
    }

    /// Adds a column of words that are never cut.
    #[must_use]
    pub fn word(self, title: &'static str) -> Self {
        self.column(title, Align::Left, Fit::Whole)
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn number(self, title: &'static str) -> Self {
        self.column(title, Align::Right, Fit::Whole)
    }

    /// Adds the last column, of words that are never lost.
    #[must_use]
    pub fn list(self, title: &'static str) -> Self {
        self.column(title, Align::Left, Fit::Below)
    }

    fn column(mut self, title: &'static str, align: Align, fit: Fit) -> Self {
        self.columns.push(Column { title, align, fit });
        self
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, each ended by a newline; nothing at all without rows.
    #[must_use]
    pub fn render(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let widths = self.widths();
        let mut out = String::new();
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.to_owned()).collect();
        if titles.iter().any(|title| !title.is_empty()) {
            self.line(&mut out, &titles, &widths);
        }
        for row in &self.rows {
            self.line(&mut out, row, &widths);
        }
        out
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.title.width()).collect();
        for row in &self.rows {
            for ((width, cell), column) in widths.iter_mut().zip(row).zip(&self.columns) {
                if column.fit != Fit::Below {
                    *width = (*width).max(cell.width());
                }
            }
        }
        let gaps = 2 * self.columns.len().saturating_sub(1);
        let mut over = (self.indent + widths.iter().sum::<usize>() + gaps).saturating_sub(LINE_WIDTH);
        while over > 0 {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(width, column)| column.fit == Fit::Shrinks && **width > NARROWEST)
                .max_by_key(|(width, _)| **width);
            let Some((width, _)) = widest else { break };
            *width -= 1;
            over -= 1;
        }
        // A list takes what the others leave.
        let used = self.indent + widths.iter().sum::<usize>() + gaps;
        if let (Some(width), Some(Fit::Below)) = (widths.last_mut(), self.columns.last().map(|last| last.fit))
        {
            // Where even its title has no room, all of it stands below.
            *width = if over > 0 { 0 } else { *width + LINE_WIDTH.saturating_sub(used) };
        }
        widths
    }

    fn line(&self, out: &mut String, cells: &[String], widths: &[usize]) {
        let mut line = " ".repeat(self.indent);
        let mut below = None;
        for (i, (column, width)) in self.columns.iter().zip(widths).enumerate() {
            let cell = cells.get(i).map_or("", String::as_str);
            let cell = match column.fit {
                Fit::Below if cell.width() > *width => {
                    below = (cell != column.title).then_some(cell);
                    String::new()
                }
                _ => shortened(cell, *width),
            };
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            let gap = if i == 0 { "" } else { "  " };
            let _ = match column.align {
                Align::Left => write!(line, "{gap}{cell}{pad}"),
                Align::Right => write!(line, "{gap}{pad}{cell}"),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if let Some(cell) = below {
            out.push_str(&wrapped(cell, self.indent + 4, self.indent + 4));
        }
    }
}

/// `text` in at most `width` columns: its beginning and end stay, because ids differ at both.
#[must_use]
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let tail_width = width.saturating_sub(1) / 2;
    let head_width = width.saturating_sub(1 + tail_width);
    let head = taken(text.chars(), head_width);
    let tail: String = taken(text.chars().rev(), tail_width).chars().rev().collect();
    format!("{head}…{tail}")
}

fn taken(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut out = String::new();
    for c in chars {
        out.push(c);
        if out.width() > width {
            out.pop();
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_eighty_columns_and_aligns() {
        let mut table = Table::new(2).text("group").number("offset").word("trust");
        table.row(["g".to_owned(), "7".to_owned(), "intact".to_owned()]);
        table.row(["x".repeat(200), "1,234".to_owned(), "salvaged".to_owned()]);
        let out = table.render();
        assert!(out.lines().all(|line| line.width() <= LINE_WIDTH), "{out}");
        assert_eq!(out.lines().map(str::width).max(), Some(LINE_WIDTH));
        assert!(out.contains('…') && out.lines().nth(1).unwrap().starts_with("  g "));
    }

    #[test]
    fn a_list_that_does_not_fit_follows_below_whole() {
        let doubts = "before-gap, committed-by-transaction-log, 1,234 pending (producer 7, committed)";
        let mut table = Table::new(2).text("topic").number("offset").list("doubts");
        table.row(["a".repeat(50), "1,234".to_owned(), doubts.to_owned()]);
        table.row(["orders".to_owned(), "7".to_owned(), "orphan".to_owned()]);
        let out = table.render();
        assert!(out.lines().all(|line| line.width() <= LINE_WIDTH), "{out}");
        let words: Vec<&str> = out.split_whitespace().collect();
        assert!(words.join(" ").contains(doubts), "{out}");
        assert!(out.lines().last().unwrap().ends_with("7  orphan"), "{out}");
    }

    #[test]
    fn shortening_keeps_both_ends_and_wide_characters_whole() {
        assert_eq!(shortened("abcdefghij", 7), "abc…hij");
        assert_eq!(shortened("日本語日本語", 6).width(), 5);
        assert_eq!(shortened("ab", 0), "…");
    }
}
