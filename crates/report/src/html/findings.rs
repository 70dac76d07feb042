//! Findings as cards: what, where, what shows it, what helps.

use std::fmt::Write as _;

use super::escape;
use crate::findings::{Finding, Severity};

/// Every finding, most severe first.
pub(super) fn section(findings: &[Finding]) -> String {
    let mut out = String::from("<section id=\"findings\"><h2>Findings</h2>\n");
    if findings.is_empty() {
        out.push_str("<p>None.</p>\n");
    }
    for finding in findings {
        out.push_str(&card(finding));
    }
    out.push_str("</section>\n");
    out
}

fn card(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut out = format!(
        "<article class=\"finding {severity}\"><h3><span class=\"word\">{severity}</span> {} {}</h3><p>{}</p>\n",
        finding.code,
        escape::text(finding.code.title()),
        escape::text(&finding.message)
    );
    let mut places: Vec<String> = Vec::new();
    places.extend(finding.partition.map(|partition| format!("partition {partition}")));
    places.extend(finding.group_id.as_ref().map(|group| format!("group {group}")));
    places.extend(finding.offset.map(|offset| format!("offset {offset}")));
    places.extend(finding.file.clone());
    places.extend(finding.position.map(|position| format!("position {position}")));
    if !places.is_empty() {
        let _ = writeln!(out, "<p class=\"place\">{}</p>", escape::text(&places.join(", ")));
    }
    for (title, lines) in [("What shows it", &finding.proof), ("What helps", &finding.remedy)] {
        if !lines.is_empty() {
            let _ = writeln!(out, "<h4>{title}</h4><ul>");
            for line in lines {
                let _ = writeln!(out, "<li>{}</li>", escape::text(line));
            }
            out.push_str("</ul>\n");
        }
    }
    out.push_str("</article>\n");
    out
}
