//! Text for a terminal of 80 columns: wrapped sentences, tables, numbers with commas.

/// Columns that ordinary output keeps to. Names and numbers are never cut, so a long one may go beyond.
const LINE_WIDTH: usize = 80;

/// Text in lines of at most 80 columns: `first` spaces before the first, `rest` before the others.
#[must_use]
pub fn wrapped(text: &str, first: usize, rest: usize) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(first);
    let mut width = first;
    let mut empty = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !empty && width + 1 + length > LINE_WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(rest);
            width = rest;
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
    out
}

/// Rows of a table, first row the header: the first column to the left, the others, numbers, to the right.
#[must_use]
pub fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]], indent: usize) -> String {
    let mut widths = [0usize; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            if index == 0 {
                line.push_str(cell);
                line.push_str(&padding);
            } else {
                line.push_str("  ");
                line.push_str(&padding);
                line.push_str(cell);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A number with commas between thousands.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Numbers in rising order as a person writes them: `0-3, 7`.
#[must_use]
pub fn ranges(numbers: &[i32]) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let shown = |(first, last): &(i32, i32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A count with its word: `1 offset`, `2 offsets`.
#[must_use]
pub fn counted(count: usize, word: &str) -> String {
    let number = i64::try_from(count).map_or_else(|_| count.to_string(), grouped);
    if count == 1 { format!("{number} {word}") } else { format!("{number} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(
            (counted(1, "offset"), counted(2000, "offset")),
            ("1 offset".into(), "2,000 offsets".into())
        );
    }

    #[test]
    fn runs_of_partitions() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3, 7, 9-10");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn lines_keep_to_eighty_columns_and_words_stay_whole() {
        let text = wrapped(&format!("{} {}", "word ".repeat(40), "x".repeat(100)), 2, 6);
        assert!(text.lines().filter(|l| !l.contains('x')).all(|l| l.len() <= LINE_WIDTH), "{text}");
        assert!(text.contains(&"x".repeat(100)) && text.starts_with("  word"));
    }

    #[test]
    fn columns_line_up() {
        let rows = [["a", "n"], ["longer", "1,000"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows, 1), " a           n\n longer  1,000\n");
    }
}
