//! Who is in a group, who fell out of it, and who came back.

use std::collections::BTreeMap;

use super::cadence::Spot;
use crate::rows::HistoryRow;

/// Timeouts of a member, ms; `None` where its records don't tell.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Timeouts {
    pub(super) rebalance_ms: Option<i32>,
    pub(super) session_ms: Option<i32>,
}

/// A member that is there.
#[derive(Default)]
pub(super) struct Present {
    /// Empty as long as no record told who it is.
    who: Box<[u8]>,
    joined_ms: i64,
    pub(super) timeouts: Timeouts,
    /// Keys of the partitions that it holds.
    pub(super) keys: Vec<u32>,
}

/// Departures and returns of one client.
#[derive(Clone)]
pub(super) struct Comings {
    /// Away now, of those that share the identity.
    away: u32,
    left: Spot,
    stayed_ms: i64,
    /// Most that were there at once.
    at_once: u32,
    /// Returns with no long time between two of them.
    pub(super) returns: u32,
    /// Of these, under the member id it had before.
    pub(super) same_id: u32,
    pub(super) first: Spot,
    pub(super) last: Spot,
    pub(super) shortest_stay_ms: i64,
    pub(super) longest_stay_ms: i64,
    /// Stays that ended about when the rebalance timeout was over.
    pub(super) at_timeout: u32,
    pub(super) timeouts: Timeouts,
    left_id: Box<[u8]>,
}

/// Clients that are remembered when they have left, beside as many as are there.
const MOST_GONE: usize = 16;
/// A client that stays away longer does not come back, it starts.
const AWAY_MS: i64 = 10 * 60 * 1000;
/// Returns further apart are no sequence.
const APART_MS: i64 = 60 * 60 * 1000;
/// Returns of one client that are worth a word, and so many a member that shares its identity.
const RETURNS_LEAST: u32 = 3;

impl Comings {
    pub(super) fn is_told(&self) -> bool {
        self.returns >= RETURNS_LEAST.saturating_mul(self.at_once.max(1))
    }

    /// Whether most stays were as long as the rebalance timeout.
    pub(super) const fn mostly_at_timeout(&self) -> bool {
        self.at_timeout.saturating_mul(3) >= self.returns.saturating_mul(2)
    }

    fn returned(&mut self, now: Spot, member_id: &[u8]) {
        if self.returns == 0 || now.ms.saturating_sub(self.last.ms) > APART_MS {
            *self = Self {
                returns: 0,
                same_id: 0,
                first: self.left,
                shortest_stay_ms: i64::MAX,
                longest_stay_ms: 0,
                at_timeout: 0,
                ..self.clone()
            };
        }
        self.returns = self.returns.saturating_add(1);
        self.same_id += u32::from(*self.left_id == *member_id);
        self.last = now;
        self.shortest_stay_ms = self.shortest_stay_ms.min(self.stayed_ms);
        self.longest_stay_ms = self.longest_stay_ms.max(self.stayed_ms);
        self.at_timeout += u32::from(self.timeouts.ends_stay(self.stayed_ms));
    }
}

impl Timeouts {
    /// A consumer that doesn't poll in time leaves when the timeout is over; the clock starts with the poll that
    /// gave it its partitions.
    fn ends_stay(self, stayed_ms: i64) -> bool {
        self.rebalance_ms.map(i64::from).is_some_and(|timeout| about(stayed_ms, timeout))
    }
}

/// `ms` is about as long as the timeout.
pub(super) const fn about(ms: i64, timeout_ms: i64) -> bool {
    timeout_ms > 0 && ms >= timeout_ms / 10 * 9 && ms <= timeout_ms.saturating_add(timeout_ms / 4 + 10_000)
}

/// The members of one group.
#[derive(Default)]
pub(super) struct Members {
    present: BTreeMap<Box<[u8]>, Present>,
    gone: BTreeMap<Box<[u8]>, Comings>,
    /// The client with the most returns so far.
    worst: Option<(Box<[u8]>, Comings)>,
}

impl Members {
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.present.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The longest rebalance timeout of those that are there, ms: what a rebalance waits for at most.
    pub(super) fn rebalance_ms(&self) -> Option<i64> {
        self.present.values().filter_map(|member| member.timeouts.rebalance_ms).max().map(i64::from)
    }

    /// Who holds a partition, with its client.
    pub(super) fn holder(&self, key: u32) -> Option<(&[u8], &[u8])> {
        let mut all = self.present.iter();
        all.find(|(_, member)| member.keys.contains(&key)).map(|(id, member)| (&**id, &*member.who))
    }

    /// Whether any member is known to hold anything.
    pub(super) fn hold_anything(&self) -> bool {
        self.present.values().any(|member| !member.keys.is_empty())
    }

    /// The group is gone, and its members with it.
    pub(super) fn clear(&mut self) {
        self.present.clear();
    }

    pub(super) fn of(&mut self, member_id: &[u8]) -> Option<&mut Present> {
        self.present.get_mut(member_id)
    }

    pub(super) fn joined(&mut self, now: Spot, row: &HistoryRow<'_>) {
        let Some(member_id) = row.member_id else { return };
        if let Some(replaced) = row.replaced_member_id {
            self.left(now, replaced);
        }
        let member = Present { joined_ms: now.ms, ..Present::default() };
        self.present.insert(member_id.into(), member);
        self.told(now, row);
    }

    /// A record that may say who the member is.
    pub(super) fn told(&mut self, now: Spot, row: &HistoryRow<'_>) {
        let (Some(member_id), Some(client), Some(host)) = (row.member_id, row.client_id, row.client_host)
        else {
            return;
        };
        let Some(member) = self.present.get_mut(member_id) else { return };
        member.timeouts =
            Timeouts { rebalance_ms: row.rebalance_timeout_ms, session_ms: row.session_timeout_ms };
        let was_known = !member.who.is_empty();
        member.who = who(row.group_instance_id, client, host);
        if was_known {
            return;
        }
        let who = member.who.clone();
        let at_once = self.present.values().filter(|member| member.who == who).count();
        if let Some(comings) = self.gone.get_mut(&who) {
            comings.at_once = comings.at_once.max(u32::try_from(at_once).unwrap_or(u32::MAX));
            let back = comings.away > 0 && now.ms.saturating_sub(comings.left.ms) <= AWAY_MS;
            comings.away = comings.away.saturating_sub(1);
            if back {
                comings.returned(now, member_id);
                if self.worst.as_ref().is_none_or(|(_, worst)| comings.returns > worst.returns) {
                    self.worst = Some((who, comings.clone()));
                }
            }
        }
    }

    pub(super) fn left(&mut self, now: Spot, member_id: &[u8]) -> Option<Present> {
        let member = self.present.remove(member_id)?;
        if member.who.is_empty() {
            return Some(member);
        }
        if !self.gone.contains_key(&member.who) && self.gone.len() >= MOST_GONE + self.present.len() {
            let oldest = self.gone.iter().min_by_key(|(_, comings)| comings.left.ms);
            if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                self.gone.remove(&oldest);
            }
        }
        let alike = self.present.values().filter(|other| other.who == member.who).count();
        let comings = self.gone.entry(member.who.clone()).or_insert_with(|| Comings {
            away: 0,
            left: now,
            stayed_ms: 0,
            at_once: u32::try_from(alike).unwrap_or(u32::MAX).saturating_add(1),
            returns: 0,
            same_id: 0,
            first: now,
            last: now,
            shortest_stay_ms: i64::MAX,
            longest_stay_ms: 0,
            at_timeout: 0,
            timeouts: member.timeouts,
            left_id: Box::default(),
        });
        comings.away = comings.away.saturating_add(1);
        comings.left = now;
        comings.stayed_ms = now.ms.saturating_sub(member.joined_ms);
        comings.timeouts = member.timeouts;
        comings.left_id = member_id.into();
        Some(member)
    }

    /// The client that came back most often, where that is worth a word.
    pub(super) fn restless(&self) -> Option<(&[u8], &Comings)> {
        self.worst.as_ref().filter(|(_, comings)| comings.is_told()).map(|(who, comings)| (&**who, comings))
    }
}

/// Who a member is beside its member id: its instance id, or else client and host.
fn who(instance_id: Option<&[u8]>, client: &[u8], host: &[u8]) -> Box<[u8]> {
    let parts: [&[u8]; 3] = match instance_id.filter(|id| !id.is_empty()) {
        Some(id) => [b"group.instance.id ", id, b""],
        None => [client, b" at ", host],
    };
    parts.concat().into_boxed_slice()
}
