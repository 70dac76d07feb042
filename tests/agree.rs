//! The terminal and the page say what report.json says: findings, verdicts, groups and counts, on everything there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{
    array, complaints, corpus, fixtures, folders, lastwrites, none_of, read_json, string, text,
};

/// Rows of WHO on the first screen, and cards of the page; the rest is counted there.
const GROUPS_SHOWN: usize = 12;
const MOST_CARDS: usize = 500;

/// Everything there is to read: fixtures, and the corpus where there is one.
pub(crate) fn evidence() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    let data = |folder: PathBuf| if folder.join("data").is_dir() { folder.join("data") } else { folder };
    for below in ["broker", "cluster", "damaged", "synth"] {
        all.extend(folders(&fixtures(below)).into_iter().map(data));
    }
    all.push(fixtures("incident/kafka-19862"));
    let texts = std::fs::read_dir(fixtures("text")).unwrap().map(|file| file.unwrap().path());
    all.extend(texts.filter(|path| path.extension().is_some_and(|ending| ending == "txt")));
    for below in ["broker-cases", "cluster-cases", "load-cases"] {
        all.extend(corpus(below).iter().flat_map(|root| folders(root)).map(data));
    }
    all.sort();
    all
}

#[test]
fn terminal_and_page_say_what_report_json_says() {
    let all = evidence();
    assert!(all.len() > 60, "{}", all.len());
    none_of(&complaints(&all, |path| differences(path)));
}

fn differences(path: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = lastwrites(&["examine", text(path), "--out", text(&out)]);
    let mut wrong = Vec::new();
    if run.code == 2 {
        // Nothing that could be read; an empty file and the like.
        return wrong;
    }
    let report = read_json(&out.join("report.json"));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    let screen = String::from_utf8(run.stdout).unwrap();
    let mut same = |what: &str, told: String, expected: String| {
        if told != expected {
            wrong.push(format!("{}: {what}: {told}, report.json has {expected}", path.display()));
        }
    };
    let findings = array(&report, "findings");
    let errors = findings.iter().any(|finding| finding["severity"] != "note");
    same("exit code", run.code.to_string(), i32::from(errors).to_string());
    let codes =
        |finding: &Value| (string(finding, "severity").to_owned(), string(finding, "code").to_owned());
    let expected: BTreeSet<(String, String)> = findings.iter().map(codes).collect();
    same("findings on the terminal", format!("{:?}", on_screen(&screen)), format!("{expected:?}"));
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    findings.iter().take(MOST_CARDS).map(codes).for_each(|one| *counts.entry(one).or_default() += 1);
    same("findings on the page", format!("{:?}", on_page(&page)), format!("{counts:?}"));
    verdict(&report, &page, &screen, &mut same);
    groups(&report, &page, &screen, &mut same);
    wrong
}

fn verdict(report: &Value, page: &str, screen: &str, same: &mut impl FnMut(&str, String, String)) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let screen = words(screen);
    for part in array(report, "summary") {
        for sentence in array(part, "text") {
            let sentence = words(sentence.as_str().unwrap());
            same(
                &format!("summary on the terminal ({sentence})"),
                screen.contains(&sentence).to_string(),
                "true".into(),
            );
        }
    }
    let stopped = array(report, "diagnosis").iter().flat_map(|copy| array(copy, "incidents"));
    let stopped = stopped.into_iter().any(|incident| incident["severity"] == "error");
    let doubt = array(report, "findings").iter().any(|finding| finding["severity"] != "note");
    let class = if stopped {
        "stopped"
    } else if doubt {
        "doubt"
    } else {
        "fine"
    };
    let banner = page.contains(&format!("<section class=\"verdict {class}\""));
    same(&format!("banner {class}"), banner.to_string(), "true".to_owned());
    let failing =
        array(&report["blast_radius"], "partitions").iter().filter(|one| one["fails"] == true).count();
    let none = ["fails to load: ", "is stopped everywhere (", "can't be told from this evidence: "];
    let told = !none.iter().any(|sentence| page.contains(sentence));
    same("blast radius on the page", told.to_string(), (failing > 0).to_string());
}

fn groups(report: &Value, page: &str, screen: &str, same: &mut impl FnMut(&str, String, String)) {
    let groups = array(report, "groups");
    let rows: Vec<&str> = screen
        .lines()
        .skip_while(|line| !line.starts_with("  WHO"))
        .skip(1)
        .take_while(|line| !line.is_empty() && !line.starts_with("  OFFSETS"))
        .collect();
    let more = rows
        .last()
        .and_then(|line| line.strip_prefix("  ... and ")?.split(' ').next()?.parse::<usize>().ok());
    let shown =
        if groups.is_empty() { 0 } else { rows.len() - usize::from(more.is_some()) + more.unwrap_or(0) };
    same("groups on the terminal", shown.to_string(), groups.len().to_string());
    // Where partitions are stopped, the groups of the others are counted.
    let left_out = if rows.last().is_some_and(|line| line.ends_with("on partitions that load")) {
        let fails = |group: &&Value| {
            let partitions = array(&report["blast_radius"], "partitions").iter();
            partitions.filter(|one| one["fails"] == true).any(|one| one["partition"] == group["found_in"])
        };
        groups.iter().filter(|group| !fails(group)).count()
    } else {
        groups.len().saturating_sub(GROUPS_SHOWN)
    };
    same("groups left out", more.unwrap_or(0).to_string(), left_out.to_string());
    let committed =
        groups.iter().flat_map(|group| array(group, "offsets")).filter(|one| !one["offset"].is_null());
    let committed = committed.count();
    if !groups.is_empty() {
        let line = screen.lines().find_map(|line| line.strip_prefix("  OFFSETS   ")).unwrap();
        let told = line.split(' ').next().unwrap().replace(',', "").replace("no", "0");
        same("offsets on the terminal", told, committed.to_string());
    }
    // Rows of the page's table, each with its type and its number of offsets.
    let rows = page.split("<tr class=\"").skip(1).filter(|row| row.contains("data-type=\""));
    let mut told: Vec<(String, String, String, String)> = rows.map(row).collect();
    let mut expected: Vec<(String, String, String, String)> = groups
        .iter()
        .map(|group| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let name = group["group_id"].as_str().filter(|name| !name.is_empty() && name.chars().all(plain));
            let count = array(group, "offsets").len().to_string();
            (name.unwrap_or("?").to_owned(), string(group, "type").to_owned(), count, sum_of_lags(group))
        })
        .collect();
    // Names that are escaped, quoted or described there are counted.
    let named: BTreeSet<String> = expected.iter().map(|one| one.0.clone()).collect();
    told.iter_mut().filter(|one| !named.contains(&one.0)).for_each(|one| "?".clone_into(&mut one.0));
    told.sort();
    expected.sort();
    same("groups on the page", format!("{told:?}"), format!("{expected:?}"));
    // Every committed offset stands in its group's section.
    let sections: Vec<&str> = page
        .split("<details class=\"group")
        .skip(1)
        .filter(|part| part.split('>').next().unwrap().contains(" id=\"group-"))
        .collect();
    same("sections of groups", sections.len().to_string(), groups.len().to_string());
    let mut told: Vec<[String; 5]> = sections.iter().flat_map(|section| offsets(section)).collect();
    let all = groups.iter().flat_map(|group| array(group, "offsets"));
    let mut expected: Vec<[String; 5]> = all
        .map(|one| {
            let offset = one["offset"].as_i64().map_or_else(|| "–".to_owned(), |offset| offset.to_string());
            let flags: Vec<&str> = array(one, "flags").iter().map(|flag| flag.as_str().unwrap()).collect();
            [
                one["partition"].to_string(),
                offset,
                lag(one),
                string(one, "trust").to_owned(),
                flags.join(", "),
            ]
        })
        .collect();
    told.sort();
    expected.sort();
    same("offsets on the page", format!("{told:?}"), format!("{expected:?}"));
}

/// A lag that is known is a number, one of which only a bound is known says so, and of which nothing is known, too.
fn lag(offset: &Value) -> String {
    match (offset["lag_at_least"].as_i64(), offset["lag_at_most"].as_i64()) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), _) => format!("≥ {least}"),
        (None, Some(most)) => format!("≤ {most}"),
        (None, None) => "?".to_owned(),
    }
}

/// Partition, offset, lag, trust and flags of every row of a section's table of offsets.
fn offsets(section: &str) -> Vec<[String; 5]> {
    let Some((_, table)) = section.split_once("<caption>Committed offsets</caption>") else {
        return Vec::new();
    };
    let table = table.split_once("</table>").unwrap().0;
    let rows = table.split("<tbody>").nth(1).unwrap().split("<tr").skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split("<td").skip(1).collect();
        let cell = |nth: usize| {
            let text = cells[nth].split_once('>').unwrap().1.split_once("</td>").unwrap().0;
            text.replace(',', "")
        };
        // What is pending stands behind the flags.
        let doubts = cells[6].split_once('>').unwrap().1.split_once("</td>").unwrap().0;
        let flags: Vec<&str> = doubts.split(", ").filter(|word| is_flag(word)).collect();
        [cell(1), cell(2), cell(3), cell(5), flags.join(", ")]
    })
    .collect()
}

/// `ongoing` and its like follow what is pending.
fn is_flag(word: &str) -> bool {
    let outcomes = ["committed", "aborted", "ongoing"];
    let word = word.trim_end_matches(')');
    !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !outcomes.contains(&word)
}

/// A group's lag: exact where it is of every partition, else as much as is known for certain.
fn sum_of_lags(group: &Value) -> String {
    let offsets = array(group, "offsets");
    let all = |bound: &str| offsets.iter().map(|one| one[bound].as_i64()).collect::<Vec<_>>();
    let (least, most) = (all("lag_at_least"), all("lag_at_most"));
    if offsets.is_empty() {
        return "–".to_owned();
    }
    let known: Vec<i64> = least.into_iter().flatten().collect();
    let sum: i64 = known.iter().sum();
    match most.into_iter().sum::<Option<i64>>() {
        Some(most) if !known.is_empty() && most == sum => sum.to_string(),
        Some(most) if known.is_empty() => format!("≤ {most}"),
        _ if known.is_empty() => "?".to_owned(),
        _ => format!("≥ {sum}"),
    }
}

/// Name, type, number of offsets and lag in a row of the page's table of groups.
fn row(row: &str) -> (String, String, String, String) {
    let between = |from: &str, to: &str| {
        let rest = row.split_once(from).map_or("", |(_, rest)| rest);
        rest.split_once(to).map_or("", |(found, _)| found).to_owned()
    };
    let numbers: Vec<&str> = row.split("<td class=\"number\" data-value=\"").skip(1).collect();
    let count = numbers.get(1).and_then(|cell| cell.split_once('"')).map_or("", |(count, _)| count);
    let lag =
        numbers.get(2).and_then(|cell| cell.split_once('>')?.1.split_once('<')).map_or("", |(lag, _)| lag);
    (between("<bdi>", "</bdi>"), between("data-type=\"", "\""), count.to_owned(), lag.replace(',', ""))
}

/// Severities and codes that a screen names: `WARNING LW313 ...`, and `2 notes: LW310 ..., LW315 ...`.
fn on_screen(screen: &str) -> BTreeSet<(String, String)> {
    let words: Vec<&str> = screen.split_whitespace().collect();
    let mut found = BTreeSet::new();
    let code = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':']);
        (word.len() == 5 && word.starts_with("LW") && word[2..].bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| word.to_owned())
    };
    let mut notes = false;
    for pair in words.windows(2) {
        let severity = match pair[0] {
            "ERROR" => "error",
            "WARNING" => "warning",
            "note" => "note",
            _ => "",
        };
        notes = matches!(pair[0], "notes:" | "note:") || notes && !pair[0].contains('`');
        match code(pair[1]) {
            Some(code) if !severity.is_empty() => found.insert((severity.to_owned(), code)),
            Some(code) if notes => found.insert(("note".to_owned(), code)),
            _ => false,
        };
    }
    found
}

/// Severities and codes of the page's cards, counted.
fn on_page(page: &str) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for card in page.split("<article class=\"finding ").skip(1) {
        let severity = card.split_once('"').unwrap().0.to_owned();
        let code = card.split_once("<span class=\"code\">").unwrap().1.split_once('<').unwrap().0.to_owned();
        *found.entry((severity, code)).or_default() += 1;
    }
    found
}
