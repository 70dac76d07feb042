//! The columns of the `history` table.

use lastwrites_report::rows::HistoryRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per event of every group: [`HistoryRow`].
pub struct History;

impl Rows for History {
    type Row<'a> = HistoryRow<'a>;

    const NAME: &'static str = "history";
    const ABOUT: &'static str = "One row per event of every group, in log order within a partition: what `history --json` has a line for.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec {
            name: "copy",
            about: "The copy it was read from: the partition directory as given.",
            read: Read::Prose(|row| Some(row.copy.into())),
        },
        ColumnSpec {
            name: "partition",
            about: "Partition of `__consumer_offsets`; null when a lone segment file does not tell.",
            read: Read::Int32(|row| row.partition),
        },
        ColumnSpec {
            name: "offset",
            about: "The record's offset in the partition; of a settled or aborted commit the marker's, of lost records the first of them.",
            read: Read::Int64(|row| Some(row.offset)),
        },
        ColumnSpec {
            name: "file",
            about: "Segment file name inside that directory.",
            read: Read::Text(|row| Some(row.file)),
        },
        ColumnSpec {
            name: "position",
            about: "Byte in the file where the record's batch starts.",
            read: Read::Int64(|row| i64::try_from(row.position).ok()),
        },
        ColumnSpec {
            name: "timestamp_ms",
            about: "The record's timestamp; null where the batch has none.",
            read: Read::Time(|row| Some(row.timestamp_ms)),
        },
        ColumnSpec {
            name: "crc_ok",
            about: "Whether the batch's checksum is right.",
            read: Read::Bool(|row| row.crc_ok),
        },
        ColumnSpec {
            name: "group_id",
            about: "Group id; null for a record whose key does not tell.",
            read: Read::Text(|row| row.group_id),
        },
        ColumnSpec {
            name: "event",
            about: "What happened: one of the words of `history --json`, such as `commit`, `offset-deleted`, `member-joined`.",
            read: Read::Word(|row| Some(row.event.as_str().into())),
        },
        ColumnSpec {
            name: "topic",
            about: "Topic of an offset; null for group events.",
            read: Read::Text(|row| row.topic),
        },
        ColumnSpec {
            name: "topic_partition",
            about: "Partition of that topic; null for group events.",
            read: Read::Int32(|row| row.topic_partition),
        },
        ColumnSpec {
            name: "committed_offset",
            about: "The committed offset; null for deletions and group events.",
            read: Read::Int64(|row| row.committed_offset),
        },
        ColumnSpec {
            name: "previous_offset",
            about: "The offset that was committed there before; null where none was.",
            read: Read::Int64(|row| row.previous_offset),
        },
        ColumnSpec {
            name: "leader_epoch",
            about: "Leader epoch of the commit; null where Kafka stores -1 and for other events.",
            read: Read::Int32(|row| row.leader_epoch),
        },
        ColumnSpec {
            name: "metadata",
            about: "The commit's metadata text, often empty; null for deletions and group events.",
            read: Read::Text(|row| row.metadata),
        },
        ColumnSpec {
            name: "producer_id",
            about: "Producer id of the batch; null where Kafka stores -1.",
            read: Read::Int64(|row| row.producer_id),
        },
        ColumnSpec {
            name: "record_offset",
            about: "Of a settled or aborted commit: offset of the record that wrote it; null elsewhere.",
            read: Read::Int64(|row| row.record_offset),
        },
        ColumnSpec {
            name: "last_lost_offset",
            about: "Of lost records (`reasons`: `damage`, `missing-file`), which begin at `offset`: the last offset that is lost; null where the log ends in them or no offset is missing, and elsewhere.",
            read: Read::Int64(|row| row.last_lost_offset),
        },
        ColumnSpec {
            name: "flags",
            about: "Doubts and circumstances, with a space between them; empty without any.",
            read: Read::Word(|row| Some(flags(row).into())),
        },
        ColumnSpec {
            name: "reasons",
            about: "More about the event, such as `rewind` or `topic-deleted`, with a space between them; empty without any.",
            read: Read::Word(|row| Some(reasons(row).into())),
        },
        ColumnSpec {
            name: "member_id",
            about: "Member the event is about; null for others.",
            read: Read::Text(|row| row.member_id),
        },
        ColumnSpec {
            name: "group_instance_id",
            about: "Its static membership id (KIP-345); null without one.",
            read: Read::Text(|row| row.group_instance_id),
        },
        ColumnSpec {
            name: "replaced_member_id",
            about: "The member id that a static member had before; null elsewhere.",
            read: Read::Text(|row| row.replaced_member_id),
        },
        ColumnSpec {
            name: "client_id",
            about: "Client id of a member that joined or told something new about itself; null elsewhere.",
            read: Read::Text(|row| row.client_id),
        },
        ColumnSpec {
            name: "client_host",
            about: "Address it connected from; null elsewhere.",
            read: Read::Text(|row| row.client_host),
        },
        ColumnSpec {
            name: "rebalance_timeout_ms",
            about: "Its rebalance timeout in ms (`max.poll.interval.ms` of a Java consumer); null where no record tells.",
            read: Read::Int32(|row| row.rebalance_timeout_ms),
        },
        ColumnSpec {
            name: "session_timeout_ms",
            about: "Its `session.timeout.ms`; null where it is a setting of the group's, which no record holds.",
            read: Read::Int32(|row| row.session_timeout_ms),
        },
        ColumnSpec {
            name: "group_type",
            about: "`classic`, `consumer`, `share` or `streams`; null for events of offsets and members.",
            read: Read::Word(|row| row.group_type.map(Into::into)),
        },
        ColumnSpec {
            name: "epoch",
            about: "Generation of a classic group, group epoch of another; null elsewhere.",
            read: Read::Int32(|row| row.epoch),
        },
        ColumnSpec {
            name: "member_epoch",
            about: "Member epoch; null elsewhere.",
            read: Read::Int32(|row| row.member_epoch),
        },
        ColumnSpec {
            name: "assignment",
            about: "JSON: what the member holds from here on, or is to hold, as `history --json` has it; null elsewhere.",
            read: Read::Prose(|row| row.assignment_json().map(Into::into)),
        },
        ColumnSpec {
            name: "detail",
            about: "Anything else worth a word: a protocol, an exception; null without.",
            read: Read::Prose(|row| row.detail.map(Into::into)),
        },
    ];
}

fn reasons(row: &HistoryRow<'_>) -> String {
    row.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}

fn flags(row: &HistoryRow<'_>) -> String {
    row.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(" ")
}
