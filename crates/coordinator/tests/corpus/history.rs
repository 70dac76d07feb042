//! Long made-up histories of one group, written by hand in Kafka's layouts.

use lastwrites_coordinator::load::{LoadRecord, RecordPlace};
use lastwrites_coordinator::race::{GroupTrace, TraceBuilder};

const GROUP: &[u8] = b"payments";
const MEMBERS: usize = 20;
const PARTITIONS: usize = 40;

/// A group of 20 members and 40 partitions that rebalances until it has written about `records` records. Partitions
/// move one member on per rebalance: first revoked by their owner, then taken by the next.
pub(crate) fn long_history(records: usize) -> GroupTrace {
    let mut log = Log::new();
    for member in 0..MEMBERS {
        log.write(&member_key(5, member), &member_metadata());
    }
    let mut epoch = 1;
    let mut owners = first_owners();
    while log.offset < records as i64 {
        epoch += 1;
        let moved = epoch as usize % PARTITIONS;
        let from = owners[moved];
        let to = (from + 1) % MEMBERS;
        log.begin_batch();
        log.write(&group_key(3), &epoch_value(epoch));
        for member in [from, to] {
            log.write(&member_key(7, member), &[&[0, 0][..], &topic(&[moved]), &[0]].concat());
        }
        log.write(&group_key(6), &epoch_value(epoch));
        owners[moved] = usize::MAX;
        log.assign(from, epoch, &owners);
        owners[moved] = to;
        log.assign(to, epoch, &owners);
        for member in (0..MEMBERS).filter(|member| ![from, to].contains(member)) {
            log.assign(member, epoch, &owners);
        }
    }
    let end = log.offset;
    log.builder.finish(end).remove(0)
}

/// The same as a streams group: tasks move instead of partitions, the next member has each on standby, and every
/// seventh rebalance, and the last, has the former owner join again with new metadata once the next has the task, and
/// write its assignment once more at the end: a load that misses its first one takes the task from the next and loses
/// it. In every eleventh it leaves first and comes back.
pub(crate) fn long_streams_history(records: usize) -> GroupTrace {
    let mut log = Log::new();
    log.write(&group_key(23), &topology());
    for member in 0..MEMBERS {
        log.write(&member_key(19, member), &streams_metadata(member, 0));
    }
    let mut epoch = 1;
    let mut owners = first_owners();
    while log.offset < records as i64 {
        epoch += 1;
        let moved = epoch as usize % PARTITIONS;
        let from = owners[moved];
        let to = (from + 1) % MEMBERS;
        let joins_again = epoch % 7 == 0 || log.offset + MEMBERS as i64 + 4 >= records as i64;
        log.begin_batch();
        if epoch % 11 == 0 {
            for record_type in [22, 21, 19] {
                log.append(&member_key(record_type, from), None);
            }
            log.write(&member_key(19, from), &streams_metadata(from, epoch));
        }
        log.write(&group_key(17), &[&[0, 0][..], &epoch.to_be_bytes(), &[0; 9]].concat());
        for member in [from, to] {
            log.write(&member_key(21, member), &[&[0, 0][..], &tasks(&[moved]), &[1, 1, 0]].concat());
        }
        log.write(&group_key(20), &epoch_value(epoch));
        owners[moved] = usize::MAX;
        log.assign_tasks(from, epoch, &owners);
        owners[moved] = to;
        log.assign_tasks(to, epoch, &owners);
        if joins_again {
            log.begin_batch();
            log.write(&member_key(19, from), &streams_metadata(from, epoch));
        }
        for member in (0..MEMBERS).filter(|member| ![from, to].contains(member)) {
            log.assign_tasks(member, epoch, &owners);
        }
        if joins_again {
            log.assign_tasks(from, epoch, &owners);
        }
    }
    let end = log.offset;
    log.builder.finish(end).remove(0)
}

struct Log {
    builder: TraceBuilder,
    offset: i64,
    batch_base: i64,
}

/// Who has each partition or task at the beginning.
fn first_owners() -> Vec<usize> {
    (0..PARTITIONS).map(|partition| partition % MEMBERS).collect()
}

impl Log {
    fn new() -> Self {
        Self { builder: TraceBuilder::new(None, usize::MAX), offset: 0, batch_base: 0 }
    }

    fn begin_batch(&mut self) {
        self.batch_base = self.offset;
    }

    fn write(&mut self, key: &[u8], value: &[u8]) {
        self.append(key, Some(value));
    }

    fn append(&mut self, key: &[u8], value: Option<&[u8]>) {
        let record = LoadRecord {
            place: RecordPlace { offset: self.offset, batch_base_offset: self.batch_base },
            batch_first_offset: self.batch_base,
            producer_id: -1,
            producer_epoch: -1,
            transactional: false,
            timestamp_ms: 0,
            key: Some(key),
            value,
        };
        self.builder.record(&record, self.offset + 1);
        self.offset += 1;
    }

    /// A streams member's current assignment in a batch of its own.
    fn assign_tasks(&mut self, member: usize, epoch: i32, owners: &[usize]) {
        let of = |member| (0..PARTITIONS).filter(move |task| owners[*task] == member).collect::<Vec<_>>();
        let (active, standby) = (of(member), of((member + MEMBERS - 1) % MEMBERS));
        let epochs = [epoch.to_be_bytes(), (epoch - 1).to_be_bytes()].concat();
        self.begin_batch();
        let value =
            [&[0, 0][..], &epochs, &[1], &tasks(&active), &tasks(&standby), &[1, 1, 1, 1, 0]].concat();
        self.write(&member_key(22, member), &value);
    }

    /// A current assignment in a batch of its own.
    fn assign(&mut self, member: usize, epoch: i32, owners: &[usize]) {
        let owned: Vec<usize> = (0..PARTITIONS).filter(|partition| owners[*partition] == member).collect();
        let epochs = [epoch.to_be_bytes(), (epoch - 1).to_be_bytes()].concat();
        self.begin_batch();
        self.write(&member_key(8, member), &[&[0, 0][..], &epochs, &[0], &topic(&owned), &[1, 0]].concat());
    }
}

fn group_key(record_type: i16) -> Vec<u8> {
    [&record_type.to_be_bytes()[..], &(GROUP.len() as i16).to_be_bytes(), GROUP].concat()
}

fn member_key(record_type: i16, member: usize) -> Vec<u8> {
    let id = format!("member-{member}");
    [&group_key(record_type)[..], &(id.len() as i16).to_be_bytes(), id.as_bytes()].concat()
}

/// No instance id, rack, names, expression or assignor; client `c` on host `h`.
fn member_metadata() -> Vec<u8> {
    [&[0, 0, 0, 0, 2, b'c', 2, b'h', 1, 0][..], &30_000i32.to_be_bytes(), &[0, 0]].concat()
}

/// No instance id, rack, endpoint or tags; a process of the member's own, on a host that may change.
fn streams_metadata(member: usize, host: i32) -> Vec<u8> {
    let process = [b'p', member as u8 + b'A'];
    let mut bytes = vec![0, 0, 0, 0, 2, b'c', 2, (host % 20) as u8 + b'a'];
    bytes.extend(30_000i32.to_be_bytes());
    bytes.extend(1i32.to_be_bytes());
    bytes.push(3);
    bytes.extend(process);
    bytes.extend([0xff, 1, 0]);
    bytes
}

/// Epoch 1: one subtopology without topics.
fn topology() -> Vec<u8> {
    [&[0, 0][..], &1i32.to_be_bytes(), &[2, 2, b'0', 1, 1, 1, 1, 1, 1, 0, 0]].concat()
}

/// A list of one subtopology with these tasks (fewer than 120), or of none.
fn tasks(tasks: &[usize]) -> Vec<u8> {
    if tasks.is_empty() {
        return vec![1];
    }
    let mut bytes = vec![2, 2, b'0', tasks.len() as u8 + 1];
    bytes.extend(tasks.iter().flat_map(|task| (*task as i32).to_be_bytes()));
    bytes.push(0);
    bytes
}

fn epoch_value(epoch: i32) -> Vec<u8> {
    [&[0, 0][..], &epoch.to_be_bytes(), &[0]].concat()
}

/// A list of one topic with these partitions (fewer than 120), or of none.
fn topic(partitions: &[usize]) -> Vec<u8> {
    if partitions.is_empty() {
        return vec![1];
    }
    let mut bytes = vec![2];
    bytes.extend([7; 16]);
    bytes.push(partitions.len() as u8 + 1);
    bytes.extend(partitions.iter().flat_map(|partition| (*partition as i32).to_be_bytes()));
    bytes.push(0);
    bytes
}
