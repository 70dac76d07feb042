//! An incident as files: `raw/`, `torn/`, `broker/` and `truth.json`.

use std::io;

use serde_json::{Value, json};

use super::{Cast, Incident, PARTITION, PARTITIONS, View};
use crate::batch::Batch;
use crate::broker_dir::{BrokerDir, PartitionDir, Tree};
use crate::cleaner::Tombstones;
use crate::model::{Committed, Model, OffsetKey, OffsetsState};
use crate::partitioner::names_in;
use crate::script::Script;

/// Other partitions of the broker, each with commits of one healthy group; 49 shows that the topic has 50.
const HEALTHY_PARTITIONS: [i32; 3] = [0, 13, 49];
const NODE_ID: i32 = 5;

impl Incident {
    /// The raw log and the loader's view as single-segment partitions, the broker's log dir, and the truth.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn files(&self) -> io::Result<Tree> {
        let mut tree = Tree::default();
        let single = |batches| PartitionDir::single(batches).files();
        tree.nest(&format!("raw/__consumer_offsets-{PARTITION}"), single(self.raw.clone())?);
        tree.nest(&format!("torn/__consumer_offsets-{PARTITION}"), single(self.torn())?);
        tree.nest("broker", self.broker().files()?);
        tree.file("truth.json", format!("{:#}\n", self.truth()));
        Ok(tree)
    }

    /// The log dir of a broker that died (or was copied) with the view on its disk: segments end where the view
    /// changes, and originals the cleaner replaced within the last minute lie beside their successors.
    pub fn broker(&self) -> BrokerDir {
        let mut partition = PartitionDir::single(self.torn());
        if let Some((cleaned_from, first_dirty)) = self.cuts() {
            partition.segments = cut(&self.torn(), &[cleaned_from, first_dirty]);
            partition.first_dirty = Some(first_dirty);
            let aged = matches!(self.view, View::Cleaned { tombstones: Tombstones::Drop, .. });
            if !aged {
                let replaced = |batch: &&Batch| (cleaned_from..first_dirty).contains(&batch.base_offset);
                let originals: Vec<Batch> = self.raw.iter().filter(replaced).cloned().collect();
                partition.deleted =
                    if originals.is_empty() { Vec::new() } else { vec![(cleaned_from, originals)] };
            }
        }
        let healthy =
            HEALTHY_PARTITIONS.map(|number| (number, PartitionDir::single(healthy(number).finish().0)));
        let partitions = healthy.into_iter().chain([(PARTITION, partition)]).collect();
        BrokerDir { node_id: NODE_ID, partitions }
    }

    /// What was committed, in every partition of the broker, and what the view did.
    pub fn truth(&self) -> Value {
        let others = HEALTHY_PARTITIONS.map(|number| (number, healthy(number).finish().1));
        let mut partitions = serde_json::Map::new();
        for (number, model) in
            others.iter().map(|(number, model)| (*number, model)).chain([(PARTITION, &self.model)])
        {
            partitions.insert(number.to_string(), offsets(&model.last()));
        }
        json!({
            "incident": self.name,
            "story": self.story,
            "group": Cast::default().group,
            "partition": PARTITION,
            "offsets_topic_partitions": PARTITIONS,
            "loader_at": self.cuts().map(|(loader_at, _)| loader_at),
            "cleaned_to": self.cuts().map(|(_, cleaned_to)| cleaned_to),
            "log_end_offset": self.raw.last().map(Batch::next_offset),
            "offsets_by_partition": partitions,
        })
    }
}

/// Segments that start at the cuts; one without batches is left out, except the active one.
fn cut(batches: &[Batch], cuts: &[i64]) -> Vec<(i64, Vec<Batch>)> {
    let mut starts: Vec<i64> = [0].into_iter().chain(cuts.iter().copied()).collect();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([i64::MAX]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let inside = batches.iter().filter(|batch| (*start..end).contains(&batch.base_offset));
            (*start, inside.cloned().collect::<Vec<_>>())
        })
        .filter(|(start, inside)| !inside.is_empty() || Some(start) == starts.last())
        .collect()
}

fn healthy(number: i32) -> Script {
    let cast = Cast::default();
    let mut script = Script::new(0);
    for group in names_in("healthy-", number, PARTITIONS).take(1) {
        for (partition, offset) in [(0, 10), (1, 20), (0, 30)] {
            cast.commit(&mut script, &group, &cast.orders.0, partition, offset);
        }
    }
    script
}

/// Committed and pending offsets in stable order.
pub(crate) fn offsets(state: &OffsetsState) -> Value {
    let list = |offsets: &std::collections::BTreeMap<OffsetKey, Committed>| -> Vec<Value> {
        offsets.iter().map(|(key, committed)| offset(key, committed)).collect()
    };
    let pending: Vec<Value> = state
        .pending
        .iter()
        .map(|(producer_id, waiting)| json!({ "producer_id": producer_id, "offsets": list(waiting) }))
        .collect();
    json!({ "committed": list(&state.committed), "pending": pending })
}

/// The final offsets of a model, for fixtures that are no incident.
pub(crate) fn final_offsets(model: &Model) -> Value {
    offsets(&model.last())
}

fn offset(key: &OffsetKey, committed: &Committed) -> Value {
    json!({
        "group": key.group,
        "topic": key.topic,
        "partition": key.partition,
        "offset": committed.offset,
        "leader_epoch": committed.leader_epoch,
        "metadata": committed.metadata,
        "commit_timestamp_ms": committed.commit_timestamp_ms,
        "record_offset": committed.record_offset,
    })
}
