//! Which verdicts and races of a disk fit a line, and what of the line they don't bear out.

use lastwrites_coordinator::load::Verdict;

use super::matches::Match;
use crate::diagnose::{Incident, Ownership, PartitionDiagnosis, ReleaseVerdict};
use crate::findings::Code;

/// Codes that stand for any reason.
pub(super) const GENERAL: &[Code] = &[Code::LoadFails, Code::LoadsEmpty];
/// Of the verdicts that fit, this many are told.
const MOST_VERDICTS: usize = 24;
/// A shorter exception text, such as `null`, could stand in any line.
const SHORTEST_TEXT: usize = 12;

/// Verdicts and races that fit a match.
#[derive(Default)]
pub(super) struct Fitting {
    pub(super) codes: Vec<Code>,
    pub(super) issues: Vec<&'static str>,
    /// Partition and offset of the first record that fits.
    pub(super) place: Option<(i32, i64)>,
    /// Both sides of what two members contest there.
    pub(super) claims: Vec<String>,
    /// Something fails with the very text of the line.
    pub(super) same_text: bool,
    /// What happens, and on which releases.
    told: Vec<(String, Vec<String>)>,
    /// Texts with which loads fail at the named offset.
    others: Vec<String>,
}

impl Fitting {
    /// Takes what fits of one copy. Where the line names no partition, only its text can tell which load it is.
    pub(super) fn collect(&mut self, copy: &PartitionDiagnosis, at: Option<i64>, found: &Match) {
        // A line that gives a reason is no other reason's: what it says fits, and what its text may stand for. One that gives
        // none may be any that its codes allow, and the general ones allow all.
        let general = found.reason.is_none() && found.codes.iter().all(|code| GENERAL.contains(code));
        let allowed = found.reason.unwrap_or(&found.codes);
        let visible = !found.codes.contains(&Code::LoadsEmpty);
        let by_text_alone = found.partition.is_none() && found.is_load_failure();
        let front = match (by_text_alone, copy.partition) {
            (true, Some(partition)) => format!("__consumer_offsets-{partition}: "),
            _ => String::new(),
        };
        for verdict in copy.verdicts.iter().filter(|verdict| !verdict.is_loaded()) {
            let (Some(cause), Some(error)) = (verdict.cause, verdict.error.as_deref()) else { continue };
            let swallowed = verdict.verdict == Verdict::LoadsEmpty;
            if swallowed == visible && !by_text_alone || at.is_some() && at != verdict.offset {
                continue;
            }
            let same = says(found, error);
            if !(same || !by_text_alone && (general || allowed.contains(&cause.code()))) {
                continue;
            }
            self.take(copy, verdict.offset, same, error);
            add(&mut self.codes, cause.code());
            // An issue of releases that can't have written the line does not fit it.
            if found.writer.can_be(verdict.kafka) {
                verdict.issues.iter().for_each(|issue| add(&mut self.issues, *issue));
            }
            let offset = verdict.offset.map(|offset| format!(" at offset {offset}")).unwrap_or_default();
            let what = format!("{front}{}{offset}: {error}", verdict.verdict.as_str());
            self.tell(what, format!("{}/{}", verdict.kafka, verdict.coordinator));
            if let Some(incident) = copy.incidents.iter().find(|incident| tells_of(incident, verdict)) {
                self.contested(claims(incident));
            }
        }
        for race in copy.races.iter().filter(|race| at.is_none_or(|at| at == race.offset)) {
            let same = says(found, &race.error);
            let allowed = found.reason.is_none_or(|reason| reason.contains(&race.cause.code()));
            if !same && (by_text_alone || !allowed) {
                continue;
            }
            self.take(copy, Some(race.offset), same, &race.error);
            if found.writer.can_be(race.kafka) {
                race.issues.iter().for_each(|issue| add(&mut self.issues, *issue));
            }
            if by_text_alone {
                add(&mut self.codes, race.cause.code());
            }
            let what = format!(
                "{front}a load that races the cleaner fails at offset {}: {}",
                race.offset, race.error
            );
            self.tell(what, race.kafka.to_string());
            let of_race = |one: &&Ownership| (&one.group_id, one.fails_at) == (&race.group_id, race.offset);
            for one in copy.race_ownership.iter().filter(of_race) {
                self.contested(believed(one));
            }
        }
    }

    fn take(&mut self, copy: &PartitionDiagnosis, offset: Option<i64>, same: bool, error: &str) {
        self.same_text |= same;
        if self.place.is_none() {
            self.place = copy.partition.zip(offset);
        }
        if self.others.len() < MOST_VERDICTS {
            add(&mut self.others, error.to_owned());
        }
    }

    fn contested(&mut self, claims: Vec<String>) {
        for claim in claims {
            if self.claims.len() < MOST_VERDICTS {
                add(&mut self.claims, claim);
            }
        }
    }

    fn tell(&mut self, what: String, release: String) {
        if let Some((_, releases)) = self.told.iter_mut().find(|(known, _)| *known == what) {
            add(releases, release);
        } else if self.told.len() < MOST_VERDICTS {
            self.told.push((what, vec![release]));
        }
    }

    /// True when nothing fits.
    pub(super) const fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// What of the line these copies don't bear out; `here` is false where none of them is of its partition, `searched`
    /// where not all of their race windows were tried.
    pub(super) fn mismatch(&self, found: &Match, here: bool, searched: bool) -> Option<String> {
        if !found.is_load_failure() || !found.blames_a_record {
            return None;
        }
        let knows_text = !found.told.is_empty();
        // Of a reason that isn't known only its text could tell, and pseudonyms have taken that.
        if !knows_text && found.reason.is_some_and(<[Code]>::is_empty) {
            return None;
        }
        if !here {
            return found.partition.map(|partition| {
                format!("No copy of __consumer_offsets-{partition} is here: nothing on this disk tells of this line.")
            });
        }
        if self.is_empty() {
            let place = match (found.partition, found.offset) {
                (Some(partition), Some(offset)) => {
                    format!("of __consumer_offsets-{partition} at offset {offset}")
                }
                (Some(partition), None) => format!("of __consumer_offsets-{partition}"),
                (None, _) => "of any partition here".to_owned(),
            };
            // Nothing to hold against the disk: neither a place nor a text.
            if found.partition.is_none() && !knows_text {
                return None;
            }
            if !searched {
                return Some(format!(
                    "Not found so far: no load {place} fails like this as the files lie, nor in the race windows that were \
                     tried. There are more than that (LW410): `lastwrites diagnose --race-windows all` tries them all."
                ));
            }
            return Some(format!(
                "Not on this disk: no load {place} fails like this on a known release, neither as the files lie nor in a race \
                 with the cleaner. The line is another log's, or this one has been cleaned or cut since."
            ));
        }
        // A text too short, without fixed order or with the broker's clock in it can't be held against the line.
        let varies =
            |error: &String| ["the process ID", "timestamp="].iter().any(|word| error.contains(word));
        let comparable = |error: &String| error.len() >= SHORTEST_TEXT && !varies(error);
        // Nor against what a window that wasn't tried might say.
        if searched && knows_text && !self.same_text && self.others.iter().all(comparable) {
            return Some(
                "The text is not this disk's: loads that fail here say something else (above). The line may be another log's, \
                 or of an earlier state of this one."
                    .to_owned(),
            );
        }
        None
    }

    /// What fits, a sentence each.
    pub(super) fn sentences(self) -> Vec<String> {
        let sentence =
            |(what, releases): (String, Vec<String>)| format!("{what} (on {})", releases.join(", "));
        self.told.into_iter().map(sentence).collect()
    }
}

/// True where the line holds this exception's text.
fn says(found: &Match, error: &str) -> bool {
    let text = error.trim_end_matches('.');
    text.len() >= SHORTEST_TEXT && memchr::memmem::find(&found.told, text.as_bytes()).is_some()
}

fn tells_of(incident: &Incident, verdict: &ReleaseVerdict) -> bool {
    (incident.view, incident.coordinator, incident.offset, Some(incident.cause))
        == (verdict.view, verdict.coordinator, verdict.offset, verdict.cause)
}

/// Who claims and who holds what is contested, with the places of both records.
fn claims(incident: &Incident) -> Vec<String> {
    let Some(contest) = &incident.contest else { return Vec::new() };
    let claim = |what: &str, claim: &crate::diagnose::Claim| {
        let epoch = claim.epoch.map_or_else(String::new, |epoch| format!(" at epoch {epoch}"));
        let place = claim.record.as_ref().map_or_else(String::new, |record| {
            format!(" (offset {}, {} at position {})", record.offset, record.file, record.position)
        });
        format!("{} {what} member {}{epoch}{place}", contest.what, claim.member_id)
    };
    let held = contest.held_by.as_ref().map(|held| claim("still held by", held));
    [claim("claimed by", &contest.claimed_by)].into_iter().chain(held).collect()
}

/// Who holds it where a racing load fails, as that load believes.
fn believed(one: &Ownership) -> Vec<String> {
    let holds = |from: i64, to: Option<i64>| from < one.fails_at && to.is_none_or(|to| to >= one.fails_at);
    let held = one.believed.iter().filter(|tenure| holds(tenure.from, tenure.to));
    held.map(|tenure| {
        format!(
            "{} still held by member {} at epoch {} (offset {}), as such a load believes",
            one.what, tenure.member_id, tenure.epoch, tenure.from
        )
    })
    .collect()
}

pub(super) fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
