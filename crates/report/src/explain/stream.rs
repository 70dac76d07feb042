//! A log from its first line to its last: telling lines become matches, stack traces say why loads failed.

use std::io::{self, BufRead};

use memchr::memmem;

use super::catalogue::{Catalogue, Hit};
use super::context::Context;
use super::lines::Lines;
use super::matches::Match;
use super::messages::{Explanation, Role, UNTOLD};
use super::stack::{Part, part};

/// What reading a log came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Lines read.
    pub lines: u64,
    /// Lines that say something about coordinators, members or offsets.
    pub matches: u64,
}

/// Knows every message; made once.
pub struct Explainer {
    catalogue: Catalogue,
    context: Context,
}

impl Default for Explainer {
    fn default() -> Self {
        Self { catalogue: Catalogue::new(), context: Context::new() }
    }
}

/// A stack trace holds this many telling lines at most; more begin a new event.
const EVENT_LINES: usize = 64;

/// A line with the exceptions below it.
#[derive(Default)]
struct Event {
    matches: Vec<Match>,
    /// The first line said that a load failed.
    is_load: bool,
    /// The innermost exception's meaning so far, and its epochs.
    cause: Option<(&'static Explanation, (Option<i32>, Option<i32>))>,
    writer: Writer,
}

/// Which coordinator wrote a line, as far as its logger tells.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Writer {
    #[default]
    Unknown,
    /// The new coordinator of 3.7 to 3.9.
    Preview,
    /// 4.0 and later.
    Final,
}

impl Writer {
    fn of(line: &[u8]) -> Self {
        if memmem::find(line, b"coordinator.group.runtime.").is_some() {
            Self::Preview
        } else if memmem::find(line, b"coordinator.common.runtime.").is_some() {
            Self::Final
        } else {
            Self::Unknown
        }
    }

    /// Whether an issue can show in this writer's releases.
    fn can_show(self, issue: &str) -> bool {
        match self {
            Self::Unknown => true,
            Self::Preview => !matches!(issue, "KAFKA-20845" | "KAFKA-20254" | "KAFKA-19453"),
            Self::Final => issue != "KAFKA-17306",
        }
    }
}

impl Explainer {
    /// Reads a log and hands out its telling lines in order.
    ///
    /// # Errors
    /// When the log can't be read, or `each` fails.
    pub fn read(
        &self,
        log: impl BufRead,
        each: &mut dyn FnMut(Match) -> io::Result<()>,
    ) -> io::Result<Totals> {
        let mut lines = Lines::new(log);
        let mut totals = Totals::default();
        let mut event = Event::default();
        while let Some((number, line)) = lines.next()? {
            totals.lines = number;
            let part = part(line);
            if part == Part::Frame {
                continue;
            }
            if part == Part::Head || event.matches.len() >= EVENT_LINES {
                totals.matches += event.finish(each)?;
                event = Event::default();
            }
            self.take(number, line, part, &mut event);
        }
        totals.matches += event.finish(each)?;
        Ok(totals)
    }

    fn take(&self, number: u64, line: &[u8], part: Part, event: &mut Event) {
        let hits = self.catalogue.search(line);
        if hits.line.is_none() && hits.cause.is_none() {
            return;
        }
        let load = hits.line.is_some_and(|hit| hit.message.says.role == Role::LoadFailure);
        if load {
            event.is_load = true;
            if event.writer == Writer::Unknown {
                event.writer = Writer::of(line);
            }
        }
        let cause = hits.cause.filter(|hit| event.is_load || hit.message.says.role == Role::Cause);
        if event.is_load && (load || part != Part::Head) {
            if let Some(cause) = cause.filter(|_| part != Part::Suppressed) {
                event.cause = Some((cause.message.says, (cause.filled.epoch, cause.filled.owned_epoch)));
            }
        }
        // Below a failed load, an exception is part of it: whatever it says, it tells of this load.
        let Some(hit) = (if load || !event.is_load { hits.line.or(cause) } else { cause.or(hits.line) })
        else {
            return;
        };
        let mut found = self.matched(number, line, &hit);
        if event.is_load && !load {
            if let Some(head) = event.matches.first() {
                let own = found;
                found = head.clone();
                found.line = own.line;
                found.excerpt.clone_from(&own.excerpt);
                found.fill_from(&own);
            }
        }
        if let Some(cause) = hits.cause {
            found.fill(&cause.filled);
        }
        event.matches.push(found);
    }

    fn matched(&self, number: u64, line: &[u8], hit: &Hit<'_>) -> Match {
        let filled = self.context.complete(line, hit.filled);
        Match::new(number, line, hit, &filled)
    }
}

impl Event {
    /// Hands its matches out, with what the innermost exception says.
    fn finish(self, each: &mut dyn FnMut(Match) -> io::Result<()>) -> io::Result<u64> {
        let Self { mut matches, is_load, cause, writer } = self;
        let count = matches.len() as u64;
        if is_load {
            let (says, epochs) = cause.unwrap_or((&UNTOLD, (None, None)));
            let places = matches.clone();
            for found in &mut matches {
                places.iter().for_each(|other| found.fill_from(other));
                found.explain_by(says, epochs);
            }
        }
        for mut found in matches {
            found.issues.retain(|issue| writer.can_show(issue));
            each(found)?;
        }
        Ok(count)
    }
}
