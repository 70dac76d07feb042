//! One failing record of one copy: everything a person needs to know about it.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::HistoryRecord;
use lastwrites_coordinator::load::{Stage, Verdict};
use lastwrites_coordinator::rules::{FailureLog, Rules};
use lastwrites_evidence::ViewKind;
use lastwrites_records::{DecodedKey, decode_key};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC};
use schemars::JsonSchema;
use serde::Serialize;

use super::advice::{Advice, GIVE_BACK};
use super::cause::{Cause, Persistence};
use super::contested::Contested;
use super::model::{Race, ReleaseVerdict};
use super::owners::{Contest, contest};
use super::ownership::{Originals, Ownership, as_it_lies};
use super::releases::spans;
use super::severity::severity;
use super::start_cut::StartCut;
use super::verdicts::Of;
use super::with_fix::{WithFix, with_fix};
use crate::findings::{Code, Severity};
use crate::model::RecordPlace;

/// Said of what looks like a race where no originals load.
pub(crate) const RACE_UNPROVEN: &str = "It looks like a race with the cleaner. This copy as it lies does not load, and no \
    .deleted original here proves that the log at rest does.";

/// One failing record, and all releases that fail on it for the same reason.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Incident {
    /// How much it matters; `null` where only releases older than these records fail.
    pub severity: Option<Severity>,
    /// The finding's code.
    pub code: Code,
    /// Why.
    pub cause: Cause,
    /// Candidates in Kafka's issue tracker.
    pub issues: Vec<&'static str>,
    /// The view it fails in.
    pub view: ViewKind,
    /// `new` or `old`.
    #[schemars(schema_with = "crate::schema::words::coordinator")]
    pub coordinator: &'static str,
    /// `fails` or `loads-empty`.
    #[schemars(schema_with = "crate::schema::words::verdict")]
    pub verdict: &'static str,
    /// Releases that fail here, as ranges.
    pub fails_on: String,
    /// Releases of the same coordinator that load this view, as ranges, those that skip no record if there are
    /// any; empty for none.
    pub loads_on: String,
    /// True when the newest release asked for fails here.
    pub newest_fails: bool,
    /// `race` or `on-disk`.
    #[schemars(schema_with = "crate::schema::words::persistence")]
    pub persistence: &'static str,
    /// The failing record's offset; `null` when it struck after the last record.
    pub offset: Option<i64>,
    /// Where it lies; `null` without a record.
    pub record: Option<RecordPlace>,
    /// Its type; `null` without a record.
    pub record_type: Option<i16>,
    /// Kafka's name of that type; `null` for a type that is not known.
    pub record_name: Option<String>,
    /// Group it is about; `null` without one.
    pub group_id: Option<ByteText>,
    /// Member it is about; `null` without one.
    pub member_id: Option<ByteText>,
    /// The innermost exception's text.
    pub error: String,
    /// Both claims; `null` unless two members contest something.
    pub contest: Option<Contest>,
    /// Who held it over the log; `null` unless two members contest something.
    pub ownership: Option<Ownership>,
    /// Broker log lines to look for; `...` stands for what a log shows and we can't know.
    pub broker_log: Vec<String>,
    /// Whether the `.deleted` originals load on those releases; `null` without originals.
    pub loads_before_compaction: Option<bool>,
    /// What, where fixed, what helps.
    #[serde(skip)]
    pub advice: Advice,
    /// The verdicts it stands for.
    #[serde(skip)]
    pub verdicts: Vec<ReleaseVerdict>,
}

impl Incident {
    /// True where groups are lost in silence: an old coordinator swallows the error and serves none of them.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.verdicts.first().is_some_and(ReleaseVerdict::is_silent)
    }

    /// What neutralises it, the nearest first.
    #[must_use]
    pub fn helps(&self) -> Vec<&'static str> {
        let give_back = self.is_silent().then_some(GIVE_BACK);
        give_back.into_iter().chain([self.advice.helps]).collect()
    }

    /// Whether it comes back, in a sentence.
    #[must_use]
    pub fn stays(&self) -> &'static str {
        match (self.cause.persistence(), self.loads_before_compaction) {
            (Persistence::Race, Some(true)) => {
                "A race, not damage: the originals of the cleaned segments, still here as .deleted, load on the \
                 same releases."
            }
            (Persistence::Race, _) => RACE_UNPROVEN,
            (Persistence::OnDisk, _) => {
                "Permanent: the record stays, every load on these releases ends here."
            }
        }
    }
}

type Key<'v> = (ViewKind, &'static str, Option<i64>, Cause);

/// What is known of a copy beside its records.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Of every view and release.
    pub(super) verdicts: &'a [ReleaseVerdict],
    /// Windows in which a racing load fails.
    pub(super) races: &'a [Race],
    /// What a broker's start takes from it.
    pub(super) start_cut: Option<StartCut>,
    /// Group records of failing groups with the `.deleted` originals in their place; `None` without such a view.
    pub(super) originals: Option<&'a [HistoryRecord]>,
}

/// The incidents of a copy: failures of the view as found, and those of a start that it doesn't share.
///
/// The worst come first.
pub(super) fn incidents(
    found: Of<'_>,
    loaded: Option<Of<'_>>,
    seen: Seen<'_>,
    explicit: bool,
) -> Vec<Incident> {
    let verdicts = seen.verdicts;
    let mut by_record: BTreeMap<Key<'_>, Vec<&ReleaseVerdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_loaded()) {
        let Some(cause) = verdict.cause else { continue };
        let shared = || {
            verdicts.iter().any(|other| {
                other.view == ViewKind::AsFound
                    && (other.kafka, other.coordinator, other.offset, other.cause)
                        == (verdict.kafka, verdict.coordinator, verdict.offset, verdict.cause)
            })
        };
        let told = match verdict.view {
            ViewKind::AsFound => true,
            ViewKind::AsLoaded => !shared(),
            ViewKind::BeforeCompaction | ViewKind::Merged => false,
        };
        if told {
            by_record
                .entry((verdict.view, verdict.coordinator, verdict.offset, cause))
                .or_default()
                .push(verdict);
        }
    }
    let incident = |((view, ..), failing): (Key<'_>, Vec<&ReleaseVerdict>)| {
        let of = if view == ViewKind::AsLoaded { loaded.unwrap_or(found) } else { found };
        let mut told = incident(of, &failing, seen, failing.first()?);
        told.severity = severity(&told, explicit, seen);
        Some(told)
    };
    let mut incidents: Vec<Incident> = by_record.into_iter().filter_map(incident).collect();
    // Of equals the later releases first: somebody may still run those.
    let newest = |incident: &Incident| incident.verdicts.iter().map(|verdict| verdict.kafka).max();
    incidents.sort_by_key(|incident| {
        (incident.severity.is_none(), incident.severity, std::cmp::Reverse(newest(incident)))
    });
    incidents
}

fn incident(of: Of<'_>, failing: &[&ReleaseVerdict], seen: Seen<'_>, first: &ReleaseVerdict) -> Incident {
    let all = seen.verdicts;
    let cause = first.cause.unwrap_or(Cause::Other);
    let alike = |other: &&ReleaseVerdict| other.view == first.view && other.coordinator == first.coordinator;
    let fails = |other: &ReleaseVerdict| failing.iter().any(|one| one.kafka == other.kafka);
    let newest = all.iter().rfind(|verdict| verdict.view == first.view);
    let before: Vec<bool> = all
        .iter()
        .filter(|verdict| {
            verdict.view == ViewKind::BeforeCompaction && verdict.coordinator == first.coordinator
        })
        .filter(|verdict| fails(verdict))
        .map(ReleaseVerdict::is_loaded)
        .collect();
    let contested = first.refused.as_ref().and_then(Contested::by).zip(first.offset);
    let contest = contested
        .as_ref()
        .map(|(contested, at)| contest(of, &first.profile, contested, *at, first.member_id.as_ref()));
    let loads_before_compaction = (!before.is_empty()).then(|| before.iter().all(|loads| *loads));
    let ownership = contested.zip(first.group_id.clone()).map(|((contested, at), group_id)| {
        let originals = seen.originals.map(|records| Originals {
            records,
            from: of.copy.originals_from(),
            load: loads_before_compaction == Some(true),
        });
        as_it_lies(of, &first.profile, &contested, group_id, at, originals)
    });
    let loads = |verdict: &ReleaseVerdict| verdict.verdict == Verdict::Loads;
    let skips = spans(all.iter().filter(alike), ReleaseVerdict::is_loaded);
    let whole = spans(all.iter().filter(alike), loads);
    let empty = first.verdict == Verdict::LoadsEmpty;
    Incident {
        severity: None,
        code: if empty { Code::LoadsEmpty } else { cause.code() },
        cause,
        issues: cause.issues().to_vec(),
        view: first.view,
        coordinator: first.coordinator,
        verdict: first.verdict.as_str(),
        fails_on: spans(all.iter().filter(alike), fails),
        loads_on: if whole.is_empty() { skips } else { whole },
        newest_fails: newest.is_some_and(|newest| newest.coordinator == first.coordinator && fails(newest)),
        persistence: match cause.persistence() {
            Persistence::Race => "race",
            Persistence::OnDisk => "on-disk",
        },
        offset: first.offset,
        record: first.record.clone(),
        record_type: first.record_type,
        record_name: first.record_type.and_then(record_name),
        group_id: first.group_id.clone(),
        member_id: first.member_id.clone(),
        error: first.error.clone().unwrap_or_default(),
        contest,
        ownership,
        broker_log: broker_log(of, failing),
        loads_before_compaction,
        advice: {
            let advice = advice(of, first, cause, with_fix(all, first.view, seen.races));
            if loads_before_compaction == Some(true) { advice.at_rest_loads() } else { advice }
        },
        verdicts: failing.iter().map(|verdict| (*verdict).clone()).collect(),
    }
}

/// What to do about it on this disk.
fn advice(of: Of<'_>, first: &ReleaseVerdict, cause: Cause, with_fix: WithFix) -> Advice {
    let advice = cause.advice().on(of.copy, with_fix);
    if first.is_silent() { advice.swallowed() } else { advice }
}

/// Kafka's name of a record type.
fn record_name(record_type: i16) -> Option<String> {
    // The shortest key of every type is its number and empty strings.
    let mut key = record_type.to_be_bytes().to_vec();
    key.extend([0; 8]);
    (0..=8).find_map(|cut| match decode_key(key.get(..2 + cut)?) {
        DecodedKey::Known(key) => Some(key.name().to_owned()),
        _ => None,
    })
}

/// What the failing brokers log, one line a style.
fn broker_log(of: Of<'_>, failing: &[&ReleaseVerdict]) -> Vec<String> {
    let number = of.copy.partition.map_or_else(|| "N".to_owned(), |partition| partition.to_string());
    let partition = format!("{CONSUMER_OFFSETS_TOPIC}-{number}");
    let broker = of.copy.broker_id().map_or_else(|| "B".to_owned(), |id| id.to_string());
    let mut lines: Vec<String> = Vec::new();
    for verdict in failing {
        let text = verdict.error.as_deref().unwrap_or_default();
        let offset = verdict.offset.unwrap_or_default();
        let failed = format!(
            "[GroupCoordinator id={broker}] Failed to load metadata from {partition} with epoch E due to"
        );
        let step = match verdict.stage {
            Some(Stage::Replay) => format!(
                "Replaying record ... from {partition} at offset {offset} with producer id ... and producer epoch ... failed"
            ),
            Some(Stage::Deserialize) => {
                format!("Deserializing record DefaultRecord(offset={offset}, ...) from {partition} failed")
            }
            _ => String::new(),
        };
        let line = match &verdict.profile.rules {
            Rules::Old(_) => {
                format!(
                    "[GroupMetadataManager brokerId={broker}] Error loading offsets from {partition}, then: {text}"
                )
            }
            Rules::New(rules) if step.is_empty() || rules.failure_log == FailureLog::CauseOnly => {
                format!("{failed} ...: {}.", text.trim_end_matches('.'))
            }
            Rules::New(rules) if rules.failure_log == FailureLog::DueTo => {
                format!("{failed} java.lang.RuntimeException: {step} due to: {}.", text.trim_end_matches('.'))
            }
            Rules::New(_) => format!("{failed} {step}. Then: Caused by: ...: {text}"),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
