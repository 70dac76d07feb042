//! Who held one contested partition or task over the log: what was so, and what the failing load believed.
//!
//! A load that races the cleaner misses records, so a member that gave a partition up seems to hold it still.
//! Both readings stand side by side here; nothing is judged.

use std::collections::BTreeMap;

use lastwrites_coordinator::group::Name;
use lastwrites_coordinator::judge::HistoryRecord;
use lastwrites_coordinator::race::{GroupTrace, Tombstones, TraceEvent, Window};
use lastwrites_coordinator::rules::Profile;
use lastwrites_types::ByteText;
use schemars::JsonSchema;
use serde::Serialize;

use super::assigned::{Assigned, assigned};
use super::contested::Contested;
use super::verdicts::Of;

/// Blocks kept of one reading: those nearest to the failing record.
const MOST_TENURES: usize = 200;

/// Who held what, up to the record at which the load fails.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The group.
    pub group_id: ByteText,
    /// Topic id and partition, or subtopology and partition.
    pub what: String,
    /// Offset of the record at which the load fails.
    pub fails_at: i64,
    /// First offset the loader read after the cleaned segments came in. Of a log as it lies: where the files begin whose
    /// `.deleted` originals load, as a load of it reads what a loader that stood there would; `null` without such.
    pub loader_at: Option<i64>,
    /// First offset the cleaner had not cleaned, as far as a race, the checkpoint or absent records tell; `null`
    /// where nothing tells.
    pub cleaned_to: Option<i64>,
    /// True where only absent records tell `cleaned_to`: the cleaner had got at least that far.
    pub cleaned_to_is_least: bool,
    /// Who holds it in the eyes of that load, by the offset it begins at.
    pub believed: Vec<Tenure>,
    /// Who held it by all records, the `.deleted` originals included; `null` where the copy no longer has them.
    pub recorded: Option<Vec<Tenure>>,
}

/// One member holding it at one epoch.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The member.
    pub member_id: ByteText,
    /// The member's epoch.
    pub epoch: i32,
    /// Offset of the assignment record that begins it.
    pub from: i64,
    /// Offset of the record that ends it; `null` when it lasts to the failing record.
    pub to: Option<i64>,
}

/// The `.deleted` originals of what the cleaner made of a copy.
#[derive(Clone, Copy)]
pub(super) struct Originals<'a> {
    /// Group records of failing groups with the originals in their place, in log order.
    pub(super) records: &'a [HistoryRecord],
    /// Base offset of the first, if files that were not cleaned stand before it.
    pub(super) from: Option<i64>,
    /// True where they load on the releases that fail on what the cleaner made of them.
    pub(super) load: bool,
}

/// The ownership behind a failure of the log as it lies.
pub(super) fn as_it_lies(
    of: Of<'_>,
    profile: &Profile,
    contested: &Contested,
    group_id: ByteText,
    fails_at: i64,
    originals: Option<Originals<'_>>,
) -> Ownership {
    let tenures = |records: &[HistoryRecord]| {
        let mut tenures = Tenures::default();
        let of_group = records.iter().filter(|record| record.group_id.as_ref() == group_id.as_bytes());
        for record in of_group.filter(|record| record.offset <= fails_at) {
            if let Some(assigned) = assigned(profile, &record.key, record.value.as_deref()) {
                tenures.take(contested, &assigned, record.offset);
            }
        }
        tenures.finish()
    };
    Ownership {
        what: contested.name(),
        fails_at,
        loader_at: originals.filter(|originals| originals.load).and_then(|originals| originals.from),
        cleaned_to: of.cleaned_to,
        cleaned_to_is_least: of.cleaned_to_is_least,
        believed: tenures(of.records),
        recorded: originals.map(|originals| tenures(originals.records)),
        group_id,
    }
}

/// The ownership behind a failure that a race brings about.
pub(super) fn in_a_race(
    profile: &Profile,
    contested: &Contested,
    trace: &GroupTrace,
    window: Window,
    fails_at: i64,
) -> Ownership {
    let (mut believed, mut recorded) = (Tenures::default(), Tenures::default());
    for event in trace.events.iter().filter(|event| event.offset() <= fails_at) {
        let TraceEvent::Record(record) = event else { continue };
        let Some(assigned) = assigned(profile, &record.key, record.value.as_deref()) else { continue };
        recorded.take(contested, &assigned, record.offset);
        if event.visible(window, Tombstones::Kept) {
            believed.take(contested, &assigned, record.offset);
        }
    }
    Ownership {
        group_id: ByteText::from(trace.group_id.as_ref()),
        what: contested.name(),
        fails_at,
        loader_at: Some(window.loader_at),
        cleaned_to: Some(window.cleaned_to),
        cleaned_to_is_least: false,
        believed: believed.finish(),
        recorded: Some(recorded.finish()),
    }
}

/// Tenures as they come and go.
#[derive(Default)]
struct Tenures {
    open: BTreeMap<Name, (i32, i64)>,
    ended: Vec<Tenure>,
}

impl Tenures {
    fn take(&mut self, contested: &Contested, assigned: &Assigned, offset: i64) {
        let epoch = match &assigned.held {
            Some((epoch, holdings)) if contested.is_in(holdings) => Some(*epoch),
            _ => None,
        };
        match (self.open.get(&assigned.member), epoch) {
            (Some((known, _)), Some(epoch)) if *known == epoch => return,
            (Some((known, from)), _) => {
                let tenure = tenure(&assigned.member, *known, *from, Some(offset));
                self.ended.push(tenure);
                self.open.remove(&assigned.member);
            }
            (None, _) => {}
        }
        if let Some(epoch) = epoch {
            self.open.insert(assigned.member.clone(), (epoch, offset));
        }
    }

    fn finish(mut self) -> Vec<Tenure> {
        let open = self.open.iter().map(|(member, (epoch, from))| tenure(member, *epoch, *from, None));
        self.ended.extend(open);
        self.ended.sort_by(|a, b| (a.from, &a.member_id).cmp(&(b.from, &b.member_id)));
        // A tenure that lasts is what the conflict is about, however old: the others give way first.
        let ended = self.ended.iter().filter(|tenure| tenure.to.is_some()).count();
        let mut too_many = self.ended.len().saturating_sub(MOST_TENURES).min(ended);
        self.ended.retain(|tenure| {
            let goes = too_many > 0 && tenure.to.is_some();
            too_many -= usize::from(goes);
            !goes
        });
        self.ended
    }
}

fn tenure(member: &Name, epoch: i32, from: i64, to: Option<i64>) -> Tenure {
    Tenure { member_id: ByteText::from(member.as_ref()), epoch, from, to }
}
