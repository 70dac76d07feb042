//! The cluster as a pasted `kafka-topics --describe` text has it: for clusters without KRaft metadata to copy
//! (ZooKeeper, managed clouds).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use lastwrites_types::{ByteText, Uuid};

use super::image::{BrokerImage, ClusterImage, PartitionImage};
use super::read::ClusterMetadata;

/// Lines that one line of the output may have been broken into.
const MOST_PIECES: usize = 4;

/// Why a description is not taken: half of one would name wrong leaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescribeError {
    /// No partition is described.
    Nothing,
    /// A partition's line lacks its leader, replicas or in-sync replicas, or has some that can't be: it was cut or broken.
    /// Counted from 1.
    Incomplete {
        /// Line of the text.
        line: usize,
    },
    /// A partition is described twice, and differently. Counted from 1.
    Twice {
        /// Line of the text.
        line: usize,
    },
}

impl fmt::Display for DescribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => {
                f.write_str("no partition is described here; expected the output of kafka-topics --describe")
            }
            Self::Incomplete { line } => write!(
                f,
                "line {line}: a partition without a readable Leader, Replicas and Isr: the text was cut, or its lines \
                 were broken; expected the output of kafka-topics --describe as it was printed"
            ),
            Self::Twice { line } => {
                write!(
                    f,
                    "line {line}: a partition that was described before, and differently: give one description"
                )
            }
        }
    }
}

impl std::error::Error for DescribeError {}

/// Reads the lines that `kafka-topics --describe` prints: a line a topic, then an indented line a
/// partition, fields of `Name: value`. Other lines are passed over, and what stands before the fields of a line; lines that
/// a terminal broke are put together where that can be done in one way.
///
/// Brokers are known by id alone; a topic without `TopicId` (before 2.8) gets an id that [`is_made_up`].
///
/// # Errors
/// When no partition is described, or one of them not wholly.
pub fn described_cluster(path: &Path, text: &str) -> Result<ClusterMetadata, DescribeError> {
    let mut image = ClusterImage::default();
    let mut ids: BTreeMap<ByteText, Uuid> = BTreeMap::new();
    let mut counts: BTreeMap<ByteText, usize> = BTreeMap::new();
    let mut with_elr: BTreeSet<ByteText> = BTreeSet::new();
    let mut partitions = Vec::new();
    for (line, pieces) in records(text) {
        match read(&pieces).ok_or(DescribeError::Incomplete { line })? {
            Described::Topic { topic, id, partitions } => {
                counts.extend(partitions.map(|count| (topic.clone(), count)));
                ids.extend(id.map(|id| (topic, id)));
            }
            Described::Partition { topic, number, image, has_elr } => {
                with_elr.extend(has_elr.then(|| topic.clone()));
                partitions.push((line, topic, number, image, has_elr));
            }
            Described::Other => {}
        }
    }
    let described = partitions.len();
    for (line, topic, number, partition, has_elr) in partitions {
        // A release prints the eligible leaders of every partition, or of none.
        if with_elr.contains(&topic) && !has_elr {
            return Err(DescribeError::Incomplete { line });
        }
        let id = ids.get(&topic).copied().unwrap_or_else(|| made_up(ids.len()));
        ids.insert(topic.clone(), id);
        for broker in &partition.replicas {
            let unknown = BrokerImage { host: None, port: None, rack: None, fenced: false };
            image.brokers.entry(*broker).or_insert(unknown);
        }
        let before = image.topic(&topic).and_then(|(_, known)| known.partitions.get(&number));
        if before.is_some_and(|before| *before != partition) {
            return Err(DescribeError::Twice { line });
        }
        image.describe(topic, id, number, partition);
    }
    if described == 0 {
        return Err(DescribeError::Nothing);
    }
    let lacking = counts.iter().find_map(|(topic, count)| {
        let found = image.topic(topic).map_or(0, |(_, known)| known.partitions.len());
        (found < *count)
            .then(|| format!("it has {found} of the {count} partitions of {topic} that it counts"))
    });
    Ok(ClusterMetadata { damage: lacking, ..ClusterMetadata::told(path, image) })
}

/// True for the id of a topic whose description had none.
#[must_use]
pub fn is_made_up(id: Uuid) -> bool {
    id.0.iter().take(12).all(|byte| *byte == 0xff)
}

pub(super) fn made_up(number: usize) -> Uuid {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = [0xff; 16];
    for (byte, value) in bytes.iter_mut().skip(12).zip(number) {
        *byte = value;
    }
    Uuid(bytes)
}

/// What one line says.
#[derive(PartialEq)]
enum Described {
    Topic {
        topic: ByteText,
        id: Option<Uuid>,
        partitions: Option<usize>,
    },
    Partition {
        topic: ByteText,
        number: i32,
        image: PartitionImage,
        has_elr: bool,
    },
    /// Something else, that only looks like it.
    Other,
}

/// Lines that name a topic, counted from 1, each with the lines behind it that may be the rest of it.
fn records(text: &str) -> Vec<(usize, Vec<&str>)> {
    let mut records: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut open = false;
    for (at, line) in text.split('\n').enumerate() {
        for line in line.split('\r') {
            if line.split_whitespace().any(|word| word.starts_with("Topic:")) {
                records.push((at + 1, vec![line]));
                open = true;
            } else if let Some((_, pieces)) = records.last_mut().filter(|_| open && !line.trim().is_empty()) {
                pieces.push(line);
            }
        }
        open &= !line.trim().is_empty();
    }
    records
}

/// The line alone or with what follows it, as much as makes sense; `None` where it describes a partition and not wholly, or
/// in two ways.
fn read(pieces: &[&str]) -> Option<Described> {
    for count in (1..=pieces.len().min(MOST_PIECES)).rev() {
        let pieces = pieces.get(..count).unwrap_or_default();
        // A terminal breaks lines within words, other programs between them.
        match (described(&pieces.concat()), described(&pieces.join(" "))) {
            (Some(one), Some(other)) => return (one == other).then_some(one),
            (Some(found), None) | (None, Some(found)) => return Some(found),
            (None, None) => {}
        }
    }
    None
}

/// `None` for a partition without all that belongs to one.
fn described(line: &str) -> Option<Described> {
    let (Some(Some(topic)), partition) = (field(line, "Topic"), field(line, "Partition")) else {
        return Some(Described::Other);
    };
    let topic = ByteText::from(topic);
    let Some(number) = partition else {
        let id = field(line, "TopicId").flatten().and_then(|id| id.parse().ok());
        let partitions = field(line, "PartitionCount").flatten().and_then(|count| count.parse().ok());
        return Some(Described::Topic { topic, id, partitions });
    };
    let number = number?.parse().ok().filter(|number| *number >= 0)?;
    let leader = match field(line, "Leader")?? {
        "none" => None,
        leader => Some(leader.parse::<i32>().ok()?).filter(|leader| *leader >= 0),
    };
    let (replicas, isr) = (numbers(field(line, "Replicas")?)?, numbers(field(line, "Isr")?)?);
    let eligible = field(line, "Elr");
    let mut named = isr.iter().chain(&leader);
    // A leader is in sync with itself.
    if replicas.is_empty() || (leader.is_some() && isr.is_empty()) || named.any(|id| !replicas.contains(id)) {
        return None;
    }
    let image = PartitionImage {
        replicas,
        isr,
        eligible_leaders: numbers(eligible.flatten())?,
        leader,
        leader_epoch: -1,
        elected_unclean: false,
    };
    Some(Described::Partition { topic, number, image, has_elr: eligible.is_some() })
}

/// The value of `Name: value` in a line, whatever stands between fields: `None` where the name isn't there, and
/// nothing inside where it has no value.
fn field<'l>(line: &'l str, name: &str) -> Option<Option<&'l str>> {
    let mut words = line.split_whitespace();
    words.find(|word| word.strip_suffix(':') == Some(name))?;
    Some(words.next().filter(|value| !value.ends_with(':')))
}

/// A list of ids, each once; `None` where it isn't one.
fn numbers(list: Option<&str>) -> Option<Vec<i32>> {
    let mut found: Vec<i32> = Vec::new();
    for number in list.into_iter().flat_map(|list| list.split(',')) {
        let number = number.parse().ok().filter(|number| !found.contains(number))?;
        found.push(number);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `TopicCommand` prints it since 4.0 and before 2.8.
    #[test]
    fn both_generations_of_the_text_are_read() {
        let text = "Topic: orders\tTopicId: pHCEPzgGQDG-oWgYpmSGuA\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n\
                    \tTopic: orders\tPartition: 0\tLeader: 2\tReplicas: 2,3\tIsr: 2\tElr: 3\tLastKnownElr: \n\
                    \tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 3,1\tIsr: \tElr: \tLastKnownElr: 3\n\
                    Topic:old\tPartitionCount:1\n\
                    Topic: older\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: a=b\n\
                    \tTopic: older\tPartition: 0\tLeader: -1\tReplicas: 1\tIsr: 1\n";
        let known = described_cluster(Path::new("t"), text).unwrap();
        let (id, orders) = known.image.topic(&ByteText::from("orders")).unwrap();
        assert_eq!(id.to_string(), "pHCEPzgGQDG-oWgYpmSGuA");
        let leaders: Vec<_> = orders
            .partitions
            .values()
            .map(|p| (p.leader, p.isr.clone(), p.eligible_leaders.clone()))
            .collect();
        assert_eq!(leaders, [(Some(2), vec![2], vec![3]), (None, vec![], vec![])]);
        let (id, older) = known.image.topic(&ByteText::from("older")).unwrap();
        assert!(is_made_up(id) && older.partitions[&0].leader.is_none());
        assert_eq!(known.image.brokers.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(refused("no topics\nat all: here\n"), DescribeError::Nothing);
    }

    fn refused(text: &str) -> DescribeError {
        described_cluster(Path::new("t"), text).unwrap_err()
    }

    const LINES: &str = "Topic: orders\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n\
                         \tTopic: orders\tPartition: 0\tLeader: 2\tReplicas: 2,13\tIsr: 13,2\tElr: \tLastKnownElr: \n\
                         \tTopic: orders\tPartition: 1\tLeader: 13\tReplicas: 13,2\tIsr: 13\tElr: 2\tLastKnownElr: \n";

    /// Number, leader, in-sync replicas.
    type Told = (i32, Option<i32>, Vec<i32>);

    fn leaders(text: &str) -> Result<Vec<Told>, DescribeError> {
        let known = described_cluster(Path::new("t"), text)?;
        let (_, orders) = known.image.topic(&ByteText::from("orders")).unwrap();
        Ok(orders.partitions.iter().map(|(at, p)| (*at, p.leader, p.isr.clone())).collect())
    }

    /// Line ends of Windows, a prompt or a pod's name before each line, spaces for tabs: the same cluster.
    #[test]
    fn a_paste_that_lost_nothing_is_the_same() {
        let told = Ok(vec![(0, Some(2), vec![13, 2]), (1, Some(13), vec![13])]);
        assert_eq!(leaders(LINES), told);
        assert_eq!(leaders(&LINES.replace('\n', "\r\n")), told);
        assert_eq!(leaders(&LINES.replace('\t', "    ")), told);
        let prefixed = LINES.lines().map(|line| format!("[pod/kafka-0/kafka] {line}\n")).collect::<String>();
        assert_eq!(leaders(&prefixed), told);
        assert_eq!(leaders(&format!("Defaulted container \"kafka\"\n{LINES}\n$ exit\n")), told);
        let without_header = LINES.split_once('\n').unwrap().1;
        assert_eq!(leaders(without_header), told);
    }

    /// Wherever a terminal breaks the lines or a paste ends: the same leaders, or a refusal, or fewer partitions and a
    /// word of it, but never another leader.
    #[test]
    fn a_broken_or_cut_paste_is_never_half_believed() {
        let told = leaders(LINES).unwrap();
        for width in 8..90 {
            for edge in ["\n", "\n  "] {
                let broken = |line: &str| {
                    let line: Vec<char> = line.replace('\t', " ").chars().collect();
                    line.chunks(width)
                        .map(|piece| piece.iter().collect::<String>())
                        .collect::<Vec<_>>()
                        .join(edge)
                };
                let text = LINES.lines().map(broken).collect::<Vec<_>>().join("\n");
                let Ok(found) = leaders(&text) else { continue };
                assert!(found.iter().all(|partition| told.contains(partition)), "{width}: {found:?}\n{text}");
            }
        }
        for end in 0..LINES.len() {
            let Ok(known) = described_cluster(Path::new("t"), &LINES[..end]) else { continue };
            let (_, orders) = known.image.topic(&ByteText::from("orders")).unwrap();
            let whole = orders.partitions.len() == 2;
            assert!(whole || known.damage.is_some(), "{end}");
            // The last list alone may have lost its end.
            for (at, partition) in &orders.partitions {
                let (_, leader, isr) = told.iter().find(|told| told.0 == *at).unwrap();
                assert!(
                    partition.leader == *leader && isr.starts_with(&partition.isr),
                    "{end}: {partition:?}"
                );
            }
        }
    }

    #[test]
    fn two_descriptions_that_differ_are_refused() {
        assert!(leaders(&LINES.repeat(2)).is_ok());
        let later = LINES.replace("Leader: 13", "Leader: 2");
        assert_eq!(refused(&format!("{LINES}{later}")), DescribeError::Twice { line: 6 });
    }
}
