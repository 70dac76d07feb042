//! The plan for programs: one JSON document (described in `docs/seeker.md`).

use serde_json::{Value, json};

use super::{GroupPlan, PartitionPlan, Plan, Reason};
use crate::client::{CommittedOffset, ErrorCode};

/// The plan as JSON; absent is `null`, order is fixed.
#[must_use]
pub fn to_json(plan: &Plan) -> Value {
    let totals = plan.totals();
    json!({
        "cluster_id": plan.cluster_id,
        "document_cluster_id": plan.document_cluster_id,
        "warnings": reasons(&plan.warnings),
        "totals": {
            "commit": totals.commit,
            "already_there": totals.already_there,
            "leave": totals.leave,
            "refuse": totals.refuse,
        },
        "groups": plan.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

fn group(group: &GroupPlan) -> Value {
    json!({
        "group_id": group.source,
        "target": group.target,
        "type": group.kind.word(),
        "state": group.state,
        "coordinator": group.coordinator.as_ref().map(|b| json!({"broker_id": b.id, "host": b.host, "port": b.port})),
        "offsets_partition": group.offsets_partition,
        "refusals": reasons(&group.refusals),
        "warnings": reasons(&group.warnings),
        "partitions": group.partitions.iter().map(partition).collect::<Vec<_>>(),
    })
}

fn partition(p: &PartitionPlan) -> Value {
    let present = p.present.as_ref().ok().and_then(Option::as_ref);
    json!({
        "topic": p.partition.topic,
        "topic_id": p.topic_id,
        "partition": p.partition.partition,
        "present": present.map(offset),
        "present_error": p.present.as_ref().err().filter(|c| **c != ErrorCode::NOT_ASKED).map(|code| code.0),
        "recovered": p.wanted,
        "set_to": p.set_to.as_ref().map(offset),
        "earliest": p.earliest,
        "latest": p.latest,
        "leader_epoch": p.leader_epoch,
        "lag_before": present.and_then(|o| p.lag(o.offset)),
        "lag_after": p.set_to.as_ref().and_then(|o| p.lag(o.offset)),
        "verdict": p.verdict.word(),
        "reason": p.verdict.reason().map(reason),
        "warnings": reasons(&p.warnings),
    })
}

/// An offset as everywhere in this program's JSON.
pub(crate) fn offset(offset: &CommittedOffset) -> Value {
    json!({"offset": offset.offset, "leader_epoch": offset.leader_epoch, "metadata": offset.metadata})
}

fn reason(reason: &Reason) -> Value {
    json!({"code": reason.code, "text": reason.text})
}

fn reasons(list: &[Reason]) -> Vec<Value> {
    list.iter().map(reason).collect()
}
