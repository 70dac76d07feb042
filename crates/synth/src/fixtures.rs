//! The fixture folders this crate owns, as trees of files: `synth`, `damaged` and `incident`, READMEs with digests
//! included.
//!
//! `lastwrites-synth fixtures --out DIR` writes them; a test regenerates them and compares with what is committed.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::batch::{Batch, Magic, Marker};
use crate::broker_dir::Tree;
use crate::cleaner::{emptied, with_delete_horizon};
use crate::codec::Codec;
use crate::damage::Damage;
use crate::incidents::{final_offsets, named};
use crate::model::OffsetKey;
use crate::partitioner::partition_of;
use crate::script::{EPOCH_MS, Producer, Script};
use crate::segment::{Segment, stem};
use crate::values::offsets::OffsetCommit;
use crate::values::{classic, tombstone};

const GROUP: &str = "payments";

/// All three folders.
///
/// # Errors
/// What the compression library reports.
pub fn all() -> io::Result<Tree> {
    let mut tree = Tree::default();
    tree.nest("synth", synth()?);
    tree.nest("damaged", damaged()?);
    tree.nest("incident", incident()?);
    Ok(tree)
}

/// One small segment per message format and codec, and one per special kind of batch.
///
/// # Errors
/// What the compression library reports.
pub fn synth() -> io::Result<Tree> {
    let mut tree = Tree::default();
    let mut truth = serde_json::Map::new();
    let mut add = |name: String, script: Script| -> io::Result<()> {
        let (batches, model) = script.finish();
        tree.file(log_path(&name), Segment::of(0, &batches)?.bytes);
        truth.insert(name, json!({ "batches": described(&batches), "offsets": final_offsets(&model) }));
        Ok(())
    };
    for magic in [Magic::V0, Magic::V1, Magic::V2] {
        for (codec_name, codec) in Codec::NAMED {
            // zstd came after message sets had gone.
            if magic == Magic::V2 || codec.attribute_bits() < 4 {
                add(format!("magic{}-{codec_name}", magic.byte()), commits(magic, codec, 3))?;
            }
        }
    }
    for (name, tell) in SPECIAL_BATCHES {
        let mut script = Script::new(0);
        tell(&mut script);
        add(name.to_owned(), script)?;
    }
    tree.file("truth.json", format!("{:#}\n", Value::Object(truth)));
    readme(
        &mut tree,
        "Small sound segments",
        "one per message format and codec, and one per special kind of batch. `truth.json` has \
         every record that was written (keys and values in hex) and the offsets they amount to",
    );
    Ok(tree)
}

/// One defect each, over the same kind of log.
///
/// # Errors
/// What the compression library reports, or damage that does not fit its log.
pub fn damaged() -> io::Result<Tree> {
    let mut tree = Tree::default();
    let mut defects = serde_json::Map::new();
    for (name, damage) in Damage::ALL {
        let segment = Segment::of(0, commits(Magic::V2, damage.wants(), 8).batches())?;
        let result = damage.apply(&segment)?;
        let hit: Vec<Value> = result
            .hit
            .iter()
            .map(|placed| {
                json!({ "base_offset": placed.base_offset, "last_offset": placed.last_offset,
                        "position": placed.position, "size": placed.size })
            })
            .collect();
        defects.insert(
            name.to_owned(),
            json!({ "damage": damage.about(), "sound_size": segment.bytes.len(), "hit": hit }),
        );
        tree.file(log_path(name), result.bytes);
    }
    let (batches, model) = commits(Magic::V2, Codec::None, 8).finish();
    let sound = json!({ "batches": described(&batches), "offsets": final_offsets(&model) });
    let truth = json!({ "defects": defects, "sound": sound });
    tree.file("truth.json", format!("{truth:#}\n"));
    readme(
        &mut tree,
        "Damaged segments",
        "one defect each, named after it. `truth.json` says what is wrong, which batches of the sound segment were \
         hit (places are those of the sound segment), and what the sound segment holds, the same for all",
    );
    Ok(tree)
}

/// The broker of the KAFKA-19862 incident, its offsets partition holding what the loader saw.
///
/// # Errors
/// What the compression library reports.
pub fn incident() -> io::Result<Tree> {
    let mut tree = Tree::default();
    if let Some(incident) = named("kafka-19862") {
        tree.nest("kafka-19862", incident.broker().files()?);
        tree.file("kafka-19862.truth.json", format!("{:#}\n", incident.truth()));
    }
    readme(
        &mut tree,
        "Incidents",
        "`kafka-19862` is a broker's log dir copied in the middle of the race: `__consumer_offsets-28` holds what \
         the loader saw (raw to offset 5, cleaned to 14, then the active segment), the originals of the cleaned \
         segment still beside it as `.deleted`. `kafka-19862.truth.json` says what was committed. `cargo run -p \
         lastwrites-synth -- kafka-19862 --out DIR` writes the raw log and the view as single files, too",
    );
    Ok(tree)
}

fn log_path(name: &str) -> String {
    format!("{name}/__consumer_offsets-{}/{}.log", partition_of(GROUP, 50), stem(0))
}

/// `batches` batches of three commits, the values in versions 0 to 4 in turn.
fn commits(magic: Magic, codec: Codec, batches: i64) -> Script {
    let mut script = Script::new(0).format(magic, codec);
    for number in 0..batches {
        let commits: Vec<(OffsetKey, OffsetCommit)> =
            (0..3).map(|partition| commit(&script, partition, number * 100 + i64::from(partition))).collect();
        script.commit((number % 5) as i16, &commits);
    }
    script
}

fn commit(script: &Script, partition: i32, offset: i64) -> (OffsetKey, OffsetCommit) {
    let commit = OffsetCommit {
        leader_epoch: 4,
        metadata: format!("written as number {offset}"),
        ..OffsetCommit::plain(offset, script.clock_ms())
    };
    (OffsetKey::new(GROUP, "orders", partition), commit)
}

type Tell = fn(&mut Script);

const SPECIAL_BATCHES: [(&str, Tell); 7] = [
    ("magic1-log-append-time", |script| {
        let batch = script.builder().magic(Magic::V1).codec(Codec::Gzip).log_append_time(EPOCH_MS + 60_000);
        script.push(batch.records(group_records(script)).build());
    }),
    ("magic2-log-append-time", |script| {
        let batch =
            script.builder().log_append_time(EPOCH_MS + 60_000).records(group_records(script)).build();
        script.push(batch);
    }),
    ("magic2-headers", |script| {
        let batch = script
            .builder()
            .records(group_records(script))
            .header("trace", Some(b"42"))
            .header("", Some(b""))
            .header("null", None)
            .build();
        script.push(batch);
    }),
    ("magic2-gaps", |script| {
        script.skip_offsets(5);
        let batch = script.builder().gap(3).records(group_records(script)).gap(4).build();
        script.push(batch);
        script.skip_offsets(100);
        script.append(group_records(script));
    }),
    ("magic2-delete-horizon", |script| {
        let batch = script.builder().records(group_records(script)).build();
        script.push(with_delete_horizon(&batch, EPOCH_MS + 86_400_000));
    }),
    ("magic2-control", |script| {
        for (id, end) in [(7, Marker::Commit), (8, Marker::Abort), (9, Marker::Other(99))] {
            let mut producer = Producer { id, epoch: 2, sequence: 5 };
            let one = commit(script, id as i32, id * 10);
            script.commit_in(&mut producer, 3, &[one]);
            script.marker(producer, end);
        }
    }),
    ("magic2-empty-batches", |script| {
        let mut producer = Producer { id: 7, epoch: 0, sequence: 0 };
        let one = commit(script, 0, 10);
        script.commit_in(&mut producer, 3, &[one]);
        script.marker(producer, Marker::Commit);
        for batch in script.batches().to_vec() {
            let base_offset = script.next_offset();
            script.push(emptied(&Batch { base_offset, ..batch }));
        }
        script.append(group_records(script));
    }),
];

/// A classic group and its deletion.
fn group_records(script: &Script) -> Vec<crate::values::Entry> {
    let member =
        classic::ClassicMember::consumer("member-A", "client-A", &["orders"], &[("orders", &[0, 1])]);
    let group = classic::GroupMetadata::stable(1, script.clock_ms(), vec![member]);
    vec![
        (classic::group_metadata_key(GROUP), Some(group.value(3))),
        tombstone(classic::group_metadata_key("gone")),
    ]
}

fn described(batches: &[Batch]) -> Vec<Value> {
    let record = |batch: &Batch, record: &crate::batch::Record| {
        json!({
            "offset": batch.offset_of(record),
            "timestamp_ms": match batch.magic {
                Magic::V0 => None,
                _ => Some(batch.log_append_time_ms.unwrap_or(record.timestamp_ms)),
            },
            "key": record.key.as_deref().map(hex),
            "value": record.value.as_deref().map(hex),
        })
    };
    let describe = |batch: &Batch| {
        json!({
            "base_offset": batch.base_offset,
            "last_offset": batch.last_offset(),
            "control": batch.control,
            "producer_id": batch.producer_id,
            "records": batch.records.iter().map(|one| record(batch, one)).collect::<Vec<_>>(),
        })
    };
    batches.iter().map(describe).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn readme(tree: &mut Tree, title: &str, about: &str) {
    let mut text = format!(
        "# {title}\n\nWritten by `lastwrites-synth`, not by a broker: {about}.\n\n\
         Regenerate all folders of synth: `cargo run -p lastwrites-synth -- fixtures --out DIR`. A test compares the \
         result with these files byte by byte. A new version of a compression library may pack differently: then \
         regenerate, check with `crates/synth/check-with-kafka.sh`, and say so in the commit.\n\n\
         | sha256 | file |\n|---|---|\n"
    );
    for (path, content) in &tree.0 {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {path} |", hex(&Sha256::digest(content)));
    }
    tree.file("README.md", text);
}
