//! Finding copies: every kind of path, several brokers, and everything that isn't evidence.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use lastwrites_evidence::{
    DirKind, DiscoverError, Evidence, FileKind, Problem, ProblemKind, SegmentKind, discover,
};

const FIRST: &str = "00000000000000000000.log";
const SECOND: &str = "00000000000000000038.log";

/// The first 61 bytes of an empty magic 2 batch at offset 5: enough to look like a segment.
fn batch_header() -> Vec<u8> {
    let mut bytes = 5_i64.to_be_bytes().to_vec();
    bytes.extend(49_i32.to_be_bytes());
    bytes.extend(0_i32.to_be_bytes());
    bytes.push(2);
    bytes.resize(61, 0);
    bytes
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A broker's log dir: two offsets partitions, one of them cleaned, and an application topic.
fn log_dir(at: &Path, node_id: i32) {
    write(&at.join("meta.properties"), format!("#\nnode.id={node_id}\nversion=1\ncluster.id=c\n"));
    write(&at.join(".kafka_cleanshutdown"), r#"{"version":0,"brokerEpoch":7}"#);
    write(&at.join("replication-offset-checkpoint"), "0\n2\n__consumer_offsets 28 913\norders 3 4\n");
    write(&at.join("recovery-point-offset-checkpoint"), "0\r\n1\r\n__consumer_offsets 28 900\r\n");
    write(&at.join("cleaner-offset-checkpoint"), "0\n1\n__consumer_offsets 28 38\n");
    write(&at.join("log-start-offset-checkpoint"), "0\n0\n");
    let partition = at.join("__consumer_offsets-28");
    write(&partition.join(SECOND), batch_header());
    write(&partition.join("00000000000000000000.log.deleted"), batch_header());
    write(&partition.join(FIRST), batch_header());
    write(&partition.join("00000000000000000038.index"), [0; 80]);
    write(&partition.join("leader-epoch-checkpoint"), "0\n1\n2 0\n");
    write(&partition.join("partition.metadata"), "version: 0\ntopic_id: 5_-_pXRrQO6Xg46dlfRqUA");
    write(&at.join("__consumer_offsets-3").join(FIRST), batch_header());
    write(&at.join("orders-3").join(FIRST), batch_header());
}

fn found(paths: &[&Path]) -> Evidence {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    discover(&paths).unwrap()
}

fn refused(path: &Path) -> (Vec<Problem>, String) {
    let error = discover(&[path.to_owned()]).unwrap_err();
    let text = error.to_string();
    let DiscoverError::NothingFound { problems, .. } = error;
    (problems, text)
}

#[test]
fn a_log_dir_with_everything() {
    let temp = tempfile::tempdir().unwrap();
    log_dir(temp.path(), 5);
    let evidence = found(&[temp.path()]);
    assert!(evidence.problems.is_empty(), "{:?}", evidence.problems);
    assert_eq!(evidence.log_dirs.len(), 1);
    let log_dir = &evidence.log_dirs[0];
    assert_eq!((log_dir.broker_id, log_dir.cluster_id.as_deref()), (Some(5), Some("c")));
    assert_eq!(log_dir.clean_shutdown.unwrap().broker_epoch, Some(7));
    let partitions: Vec<_> = evidence.copies.iter().map(|copy| copy.partition).collect();
    assert_eq!(partitions, [Some(3), Some(28)]);
    let copy = &evidence.copies[1];
    let files: Vec<_> =
        copy.files.iter().map(|file| (file.base_offset, file.kind, file.size_bytes)).collect();
    assert_eq!(files, [(0, SegmentKind::Log, 61), (0, SegmentKind::Deleted, 61), (38, SegmentKind::Log, 61)]);
    assert_eq!(
        (copy.broker_id(), copy.high_watermark(), copy.first_dirty_offset()),
        (Some(5), Some(913), Some(38))
    );
    assert_eq!((copy.log_start_offset(), copy.checkpoints.recovery_point), (Some(0), Some(900)));
    assert_eq!(copy.topic_id.unwrap().to_string(), "5_-_pXRrQO6Xg46dlfRqUA");
    assert_eq!((copy.leader_epochs[0].leader_epoch, copy.leader_epochs[0].start_offset), (2, 0));
    let other: Vec<_> =
        evidence.other_partitions.iter().map(|other| (other.topic.as_str(), other.partition)).collect();
    assert_eq!(other, [("orders", 3)]);
}

#[test]
fn a_partition_dir_and_a_file_find_their_log_dir() {
    let temp = tempfile::tempdir().unwrap();
    log_dir(temp.path(), 5);
    let partition = temp.path().join("__consumer_offsets-28");
    let evidence = found(&[&partition]);
    assert_eq!((evidence.copies.len(), evidence.other_partitions.len()), (1, 0));
    assert_eq!(evidence.copies[0].high_watermark(), Some(913));
    assert_eq!(evidence.log_dirs[0].path, temp.path());

    let evidence = found(&[&partition.join(SECOND), &partition.join(SECOND)]);
    let copy = &evidence.copies[0];
    assert_eq!((evidence.copies.len(), copy.partition, copy.broker_id()), (1, Some(28), Some(5)));
    assert_eq!(copy.files.iter().map(|file| file.base_offset).collect::<Vec<_>>(), [38]);
    assert_eq!(copy.companions.len(), 3, "its index and the partition's own files: {:?}", copy.companions);
}

#[test]
fn brokers_side_by_side_and_overlapping_paths() {
    let temp = tempfile::tempdir().unwrap();
    for broker in [1, 2, 3] {
        log_dir(&temp.path().join(format!("broker-{broker}")), broker);
    }
    let evidence =
        found(&[&temp.path().join("broker-2"), temp.path(), &temp.path().join("broker-1/orders-3")]);
    let copies: Vec<_> = evidence.copies.iter().map(|copy| (copy.partition, copy.broker_id())).collect();
    let expected = [3, 28].map(|partition| [1, 2, 3].map(|broker| (Some(partition), Some(broker))));
    assert_eq!(copies, expected.concat());
    assert_eq!(evidence.log_dirs.len(), 3);
    assert!(evidence.copies.iter().all(|copy| copy.files.len() == 3 || copy.partition == Some(3)));
    assert_eq!(evidence.other_partitions.len(), 3, "broker-N itself is no partition");
}

#[test]
fn suffixed_directories_keep_their_id_and_have_no_checkpoints() {
    let temp = tempfile::tempdir().unwrap();
    log_dir(temp.path(), 5);
    for suffix in ["delete", "future", "stray"] {
        let dir = temp.path().join(format!("__consumer_offsets-28.0f1e-{suffix}"));
        write(&dir.join(FIRST), batch_header());
    }
    let evidence = found(&[temp.path()]);
    let kinds: Vec<_> =
        evidence.copies.iter().map(|copy| (copy.kind.clone(), copy.high_watermark())).collect();
    let id = || "0f1e".to_owned();
    let expected = [
        (DirKind::Normal, None),
        (DirKind::Normal, Some(913)),
        (DirKind::Delete(id()), None),
        (DirKind::Future(id()), Some(913)),
        (DirKind::Stray(id()), None),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn segments_under_other_names() {
    let temp = tempfile::tempdir().unwrap();
    write(&temp.path().join("evidence").join(FIRST), batch_header());
    write(&temp.path().join("copy-7/segment.bin"), batch_header());
    write(&temp.path().join("__transaction_state-1").join(FIRST), batch_header());
    let evidence = found(&[&temp.path().join("evidence")]);
    assert_eq!((evidence.copies[0].partition, evidence.copies[0].log_dir), (None, None));
    let evidence = found(&[&temp.path().join("copy-7/segment.bin")]);
    let file = &evidence.copies[0].files[0];
    assert_eq!((evidence.copies[0].partition, file.base_offset, file.kind), (None, 5, SegmentKind::Log));
    assert_eq!(&*file.name, "segment.bin");
    let evidence = found(&[&temp.path().join("__transaction_state-1").join(FIRST)]);
    assert_eq!((evidence.copies.len(), evidence.other_partitions.len()), (0, 0));
    let log = &evidence.transaction_logs[0];
    assert_eq!((log.topic.as_str(), log.partition, log.files.len()), ("__transaction_state", Some(1), 1));
}

#[test]
fn no_segment_at_all() {
    let temp = tempfile::tempdir().unwrap();
    let (problems, text) = refused(temp.path());
    assert!(matches!(problems[0].kind, ProblemKind::NothingFound));
    assert!(text.contains("expected a segment file (<20 digits>.log), a partition directory"), "{text}");
    let (_, text) = refused(&temp.path().join("nowhere"));
    assert!(text.contains("nowhere: cannot read: No such file or directory"), "{text}");
    assert!(discover(&[]).is_err());

    let report = temp.path().join("report.txt");
    for (bytes, expected) in [
        (&b"hi"[..], "position 0: expected a batch header of at least 17 bytes, found 2 bytes"),
        (b"", "position 0: expected a batch header of at least 17 bytes, found 0 bytes"),
        (b"\xffnot a segment at all", "position 0: expected an offset of 0 or more, found -"),
        (b"This is a plain text file", "position 16: expected magic 0, 1 or 2, found 116"),
        (&[0; 40], "position 8: expected a batch length of 14 or more, found 0"),
    ] {
        fs::write(&report, bytes).unwrap();
        let (_, text) = refused(&report);
        let expected = format!("not a Kafka segment: {} {expected}", report.display());
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn an_empty_partition_directory_and_an_empty_segment() {
    let temp = tempfile::tempdir().unwrap();
    fs::create_dir(temp.path().join("__consumer_offsets-1")).unwrap();
    let (problems, _) = refused(temp.path());
    assert!(matches!(problems[0].kind, ProblemKind::NoSegments));

    let empty = temp.path().join("__consumer_offsets-1").join(FIRST);
    write(&empty, b"");
    let evidence = found(&[&empty]);
    assert_eq!(evidence.copies[0].files[0].size_bytes, 0);
    assert!(matches!(evidence.problems[0].kind, ProblemKind::EmptySegment), "{:?}", evidence.problems);
    assert!(found(&[temp.path()]).problems.is_empty(), "a segment just rolled is empty: normal");
    write(&empty.with_file_name(SECOND), batch_header());
    assert!(matches!(found(&[temp.path()]).problems[0].kind, ProblemKind::EmptySegment), "not the last one");
}

#[test]
fn fifos_are_never_opened() {
    let temp = tempfile::tempdir().unwrap();
    let mkfifo = |path: &Path| {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    };
    let partition = temp.path().join("__consumer_offsets-1");
    fs::create_dir(&partition).unwrap();
    let fifo = partition.join(FIRST);
    mkfifo(&fifo);
    for path in [&fifo, &partition] {
        let (problems, text) = refused(path);
        assert!(matches!(problems[0].kind, ProblemKind::NotAFile(FileKind::Fifo)), "{problems:?}");
        assert!(text.contains("expected a regular file or a directory, found a FIFO; not opened"), "{text}");
    }
    write(&partition.join(SECOND), batch_header());
    mkfifo(&temp.path().join("replication-offset-checkpoint"));
    let evidence = found(&[temp.path()]);
    assert_eq!((evidence.copies[0].files.len(), evidence.problems.len()), (1, 2));
    // Found by looking it up, not by walking: opened without blocking, and refused.
    assert_eq!(found(&[&partition]).problems.len(), 2);
}

#[test]
fn links_are_named_not_followed_but_a_given_link_is() {
    let temp = tempfile::tempdir().unwrap();
    let real = temp.path().join("real");
    log_dir(&real, 5);
    symlink(temp.path(), real.join("__consumer_offsets-28/up")).unwrap();
    symlink(&real, real.join("again")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write(&elsewhere.path().join(FIRST), batch_header());
    symlink(elsewhere.path(), real.join("__consumer_offsets-9")).unwrap();
    let evidence = found(&[&real]);
    assert_eq!(evidence.copies.len(), 2);
    let kinds: Vec<_> = evidence.problems.iter().map(|problem| &problem.kind).collect();
    assert!(
        matches!(
            kinds[..],
            [
                ProblemKind::DirectoryLoop { .. },
                ProblemKind::LinkNotFollowed { .. },
                ProblemKind::DirectoryLoop { .. }
            ]
        ),
        "{kinds:?}"
    );
    assert!(evidence.problems[0].to_string().contains("directory loop"));

    let given = found(&[&real.join("__consumer_offsets-9")]);
    assert_eq!((given.copies[0].partition, given.copies[0].files.len()), (Some(9), 1));
    let link = temp.path().join("link.log");
    symlink(real.join("__consumer_offsets-28").join(SECOND), &link).unwrap();
    let given = found(&[&link]);
    assert_eq!((given.copies[0].partition, given.copies[0].files[0].name.as_ref()), (Some(28), SECOND));

    let around = temp.path().join("around");
    symlink(&around, &around).unwrap();
    assert!(refused(&around).1.contains("cannot read"), "a link to itself");
}

#[test]
fn what_may_not_be_read_is_a_problem() {
    use std::os::unix::fs::PermissionsExt as _;
    let temp = tempfile::tempdir().unwrap();
    log_dir(temp.path(), 5);
    let file = temp.path().join("__consumer_offsets-28").join(FIRST);
    let dir = temp.path().join("__consumer_offsets-3");
    for path in [&file, &dir] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let may_read_anything = fs::File::open(&file).is_ok();
    let evidence = discover(&[temp.path().to_owned()]);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    if may_read_anything {
        eprintln!("skipped: running as a user who may read anything");
        return;
    }
    let evidence = evidence.unwrap();
    let denied: Vec<_> = evidence.problems.iter().map(ToString::to_string).collect();
    for path in [&file, &dir] {
        let expected = format!("{}: cannot read: Permission denied", path.display());
        assert!(denied.iter().any(|problem| problem.starts_with(&expected)), "{denied:?}");
    }
    assert_eq!(evidence.copies.len(), 2, "both are named all the same");
}

#[test]
fn damaged_companions_do_not_stop_anything() {
    let temp = tempfile::tempdir().unwrap();
    log_dir(temp.path(), 5);
    write(&temp.path().join("meta.properties"), "node.id=five\nversion=1\n");
    write(&temp.path().join("replication-offset-checkpoint"), "0\n9\n__consumer_offsets 28 913\n");
    write(&temp.path().join("__consumer_offsets-28/partition.metadata"), "");
    write(&temp.path().join("__consumer_offsets-28/leader-epoch-checkpoint"), "0\n2\n2 0\n");
    write(&temp.path().join(".kafka_cleanshutdown"), "{");
    let evidence = found(&[temp.path()]);
    let copy = &evidence.copies[1];
    assert_eq!((copy.broker_id(), copy.high_watermark(), copy.topic_id), (None, Some(913), None));
    assert!(copy.checkpoints.clean_shutdown, "the marker is there");
    assert_eq!((copy.leader_epochs.len(), evidence.problems.len()), (1, 5), "{:?}", evidence.problems);
}

#[test]
fn ten_thousand_directories_take_no_time() {
    let temp = tempfile::tempdir().unwrap();
    for n in 0..10_000 {
        fs::create_dir(temp.path().join(format!("__consumer_offsets-{n}"))).unwrap();
    }
    write(&temp.path().join("__consumer_offsets-5000").join(FIRST), batch_header());
    let lines: String = (0..10_000).map(|n| format!("__consumer_offsets {n} {n}\n")).collect();
    write(&temp.path().join("replication-offset-checkpoint"), format!("0\n10000\n{lines}"));
    let started = std::time::Instant::now();
    let evidence = found(&[temp.path()]);
    let took = started.elapsed();
    assert_eq!(evidence.copies.len(), 10_000);
    assert!(evidence.copies.iter().all(|copy| copy.high_watermark() == copy.partition.map(i64::from)));
    // Under a second here; quadratic work takes minutes. The bound leaves room for a slow, busy machine.
    assert!(took.as_secs() < 20, "{took:?}");
}
