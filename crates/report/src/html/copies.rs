//! What was read: every segment file as a bar with its damage, and where it came from.

use std::fmt::Write as _;

use super::escape;
use crate::model::{CopyReport, FileReport, Report};
use crate::terminal::{bytes, grouped};

/// Width of a bar in its own units.
const WIDTH: f64 = 1000.0;

/// One table a copy.
pub(super) fn section(report: &Report) -> String {
    let mut out = String::from(
        "<section id=\"copies\"><h2>What was read</h2>\n<p>A bar is a file from its first byte to its last; dark \
         stretches are damaged. report.json has every position.</p>\n",
    );
    for copy in &report.copies {
        out.push_str(&table(copy));
    }
    out.push_str("</section>\n");
    out
}

fn table(copy: &CopyReport) -> String {
    let broker = copy.broker_id.map_or_else(String::new, |id| format!(", broker {id}"));
    let mut out = format!(
        "<div class=\"wide\"><table><caption>{}{broker}</caption><thead><tr><th scope=\"col\">File</th>\
         <th scope=\"col\">Size</th><th scope=\"col\">Records</th><th scope=\"col\">Damaged</th>\
         <th scope=\"col\">Map</th></tr></thead><tbody>\n",
        escape::text(&copy.path)
    );
    for file in &copy.files {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td>{}</td></tr>",
            escape::text(&file.name),
            bytes(file.size_bytes),
            grouped(i64::try_from(file.records).unwrap_or(i64::MAX)),
            if file.damaged_bytes == 0 { "none".to_owned() } else { bytes(file.damaged_bytes) },
            map(file)
        );
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn map(file: &FileReport) -> String {
    if file.size_bytes == 0 {
        return "empty file".to_owned();
    }
    let scale = WIDTH / file.size_bytes as f64;
    let mut out = format!(
        "<svg viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{} damaged stretches\">\
         <rect class=\"whole\" width=\"1000\" height=\"20\"/>",
        file.damage.len()
    );
    for damage in &file.damage {
        let _ = write!(
            out,
            "<rect class=\"damaged\" x=\"{:.2}\" width=\"{:.2}\" height=\"20\"><title>position {}, {} bytes: {}</title></rect>",
            damage.position as f64 * scale,
            (damage.length as f64 * scale).max(2.0),
            damage.position,
            damage.length,
            escape::text(&damage.what)
        );
    }
    out.push_str("</svg>");
    out
}
