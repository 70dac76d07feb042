//! The pages for people: one a finding code, and how to take evidence.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::{Code, Severity};

/// How to copy a broker's disk without destroying what is looked for.
pub const EVIDENCE: &str = include_str!("../../../../docs/evidence.md");

const FINDINGS: &str = include_str!("../../../../docs/findings.md");

/// A page's heading starts with this and the code.
const HEADING: &str = "\n## ";

/// Pages that were asked for, as one document.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Pages {
    /// Pages of findings, in the order asked.
    pub pages: Vec<FindingPage>,
    /// How to take evidence, Markdown; `null` unless asked for.
    pub evidence: Option<&'static str>,
}

/// The page of one finding.
#[derive(Serialize, JsonSchema, Debug)]
pub struct FindingPage {
    /// Its code.
    pub code: Code,
    /// How bad it is, unless the circumstances say otherwise.
    pub severity: Severity,
    /// A few words for lists.
    pub title: &'static str,
    /// The page, Markdown.
    pub page: &'static str,
}

impl FindingPage {
    /// The page of a code.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self { code, severity: code.severity(), title: code.title(), page: page(code) }
    }
}

/// The page of a code, its heading first.
#[must_use]
pub fn page(code: Code) -> &'static str {
    pages().find(|page| page.starts_with(code.as_str())).map_or("", |page| page)
}

/// The codes whose title names an issue of Kafka's tracker such as `KAFKA-19862`, in any case; where none does, those
/// whose page names it.
#[must_use]
pub fn codes_of_issue(key: &str) -> Vec<Code> {
    let names = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.any(|word| word.eq_ignore_ascii_case(key))
    };
    let of = |names: &dyn Fn(&Code) -> bool| -> Vec<Code> {
        Code::ALL.iter().copied().filter(|code| names(code)).collect()
    };
    let titled = of(&|code| names(code.title()));
    if titled.is_empty() { of(&|code| names(page(*code))) } else { titled }
}

/// Every page, without the marks of its heading.
fn pages() -> impl Iterator<Item = &'static str> {
    FINDINGS.split(HEADING).skip(1).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page about a failed load has to answer.
    const LOAD_PARTS: &[&str] = &[
        "**On a broker.**",
        "**Releases.**",
        "**Log line.**",
        "**Persistence.**",
        "**What neutralises it.**",
        "**Deleting the group.**",
        "**What a copy can't tell.**",
    ];
    /// What every page has to answer.
    const PARTS: &[&str] = &["**What it means.**", "**What to do.**", "**What a copy can't tell.**"];

    #[test]
    fn every_code_has_one_page_and_every_page_a_code() {
        let headings: Vec<&str> = pages().filter_map(|page| page.lines().next()).collect();
        let expected: Vec<String> =
            Code::ALL.iter().map(|code| format!("{code}: {}", code.title())).collect();
        assert_eq!(headings, expected, "headings of docs/findings.md, in the order of the codes");
    }

    #[test]
    fn an_issue_has_the_page_whose_title_names_it() {
        assert_eq!(codes_of_issue("KAFKA-19862"), [Code::EpochConflict]);
        assert_eq!(codes_of_issue("kafka-17306"), [Code::CompactedGroup]);
        assert!(codes_of_issue("KAFKA-14869").contains(&Code::UnknownType));
        assert!(codes_of_issue("KAFKA-1986").is_empty());
    }

    #[test]
    fn pages_answer_what_a_person_asks() {
        for code in Code::ALL {
            let page = page(*code);
            let load = ("LW100".."LW200").contains(&code.as_str()) && *code != Code::TornCopy;
            let parts = if load { LOAD_PARTS } else { PARTS };
            for part in parts {
                assert!(page.contains(part), "{code} lacks {part}");
            }
            assert!(page.contains("**What it means.**"), "{code}");
        }
    }

    #[test]
    fn pages_fit_a_terminal() {
        for line in FINDINGS.lines().chain(EVIDENCE.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
