//! `lastwrites explain`: pages, lines, logs, and logs joined to a disk. The judges are real logs whose labels say what
//! truly happened, and the exception texts that Kafka's own replay code threw.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{
    array, corpus, fixtures, folders, lastwrites, lastwrites_reading, lines, name, none_of, read_json,
    string, text,
};

/// Lines whose logger has nothing to do with groups.
const OTHER_LOGGERS: &[&str] = &[
    "(kafka.network.",
    "(kafka.server.BrokerServer)",
    "(kafka.server.KafkaRaftServer)",
    "(kafka.coordinator.transaction.",
    "(org.apache.kafka.common.network.Selector)",
    "(org.apache.kafka.common.metrics.",
    "(org.apache.kafka.common.utils.AppInfoParser)",
    "(org.apache.kafka.server.util.timer.",
    "|TERMINATE|",
    "|BRKTERM|",
    "|DESTROY|",
    "|BRKMIGR|",
];

fn found_in<'d>(document: &'d Value, line: &Value) -> Option<&'d Value> {
    array(document, "matches").iter().find(|found| found["line"] == *line)
}

/// The issues a label names; where it names none, those that its words describe.
fn true_issues(case: &str, label: &Value) -> Vec<String> {
    let cause = string(label, "cause");
    let named: Vec<String> = cause
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.starts_with("KAFKA-"))
        .map(str::to_owned)
        .collect();
    match case {
        "load-fail-offset-value-v5-4.1.2" => vec!["KAFKA-18672".to_owned()],
        // Loads that succeed have no cause to name.
        _ if case.starts_with("load-ok-") => Vec::new(),
        _ => named,
    }
}

#[test]
fn labelled_lines_of_real_logs_are_recognised_with_their_cause() {
    let Some(cases) = corpus("log-lines") else { return };
    let mut complaints = Vec::new();
    let (mut labelled, mut all, mut matched, mut others) = (0, 0, 0, 0);
    for folder in folders(&cases) {
        let case = name(&folder);
        let label = read_json(&folder.join("label.json"));
        let issues = true_issues(case, &label);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let log = fs::read(&path).unwrap();
            let document = lastwrites_reading(&["explain", "--json"], &log).json();
            let wanted = array(&label, "lines_that_matter").iter().filter(|line| line["file"] == name(&path));
            for line in wanted {
                labelled += 1;
                let Some(found) = found_in(&document, &line["line"]) else {
                    complaints.push(format!("{case}: not recognised: {line}"));
                    continue;
                };
                for issue in &issues {
                    if !array(found, "issues").iter().any(|found| found == issue.as_str()) {
                        complaints.push(format!("{case}: {issue} is no candidate of {found}"));
                    }
                }
            }
            let found: BTreeSet<u64> =
                array(&document, "matches").iter().map(|found| found["line"].as_u64().unwrap()).collect();
            matched += found.len();
            for (line, number) in String::from_utf8_lossy(&log).lines().zip(1..) {
                all += 1;
                let frame = line.trim_start() != line && line.trim_start().starts_with("at ");
                if frame || OTHER_LOGGERS.iter().any(|logger| line.contains(logger)) {
                    others += 1;
                    if found.contains(&number) {
                        complaints.push(format!("{case}: says something about another matter: {line}"));
                    }
                }
            }
        }
    }
    // 4.3.1 has the fix of KAFKA-19862: what still fails there is another matter, with a disk at hand, too.
    for (log, disk) in [("load-fail-R1-torn-4.3.1", "R1-torn"), ("load-fail-R1-torn-4.3.1", "R3-torn")] {
        let log = fs::read(cases.join(log).join("broker.log")).unwrap();
        let disk = cases.with_file_name("load-cases").join(disk);
        for arguments in [vec!["explain", "--json"], vec!["explain", "--json", text(&disk)]] {
            let document = lastwrites_reading(&arguments, &log).json();
            let failed = array(&document, "matches").iter().filter(|found| found["kind"] == "load-failed");
            assert!(failed.clone().count() > 0, "{document}");
            for found in failed {
                assert_eq!(found["issues"], serde_json::json!([]), "{found}");
                let causes = array(found, "causes").iter().filter_map(Value::as_str);
                assert!(causes.clone().all(|cause| !cause.starts_with("KAFKA-19862")), "{found}");
            }
        }
    }
    eprintln!("{labelled} labelled lines; of {all} lines {matched} matched, {others} about other things not");
    assert!(labelled > 100 && others > 1000, "the corpus is not the one expected");
    none_of(&complaints);
}

/// Forms of Kafka 4.1.1's and librdkafka's sources that use the words of groups for something else.
const OTHER_MATTERS: &[&str] = &[
    // TransactionManager and NetworkClient: the transaction coordinator's answers.
    "[2026-01-01 00:00:00,000] DEBUG [Producer clientId=p, transactionalId=t] Received ADD_OFFSETS_TO_TXN response from node 1 for request with header RequestHeader(apiKey=ADD_OFFSETS_TO_TXN, apiVersion=4, clientId=p, correlationId=7, headerVersion=2): AddOffsetsToTxnResponseData(throttleTimeMs=0, errorCode=16) NOT_COORDINATOR (org.apache.kafka.clients.NetworkClient)",
    "[2026-01-01 00:00:00,000] INFO [Producer clientId=p, transactionalId=t] Transiting to abortable error state due to org.apache.kafka.common.errors.NotCoordinatorException: This is not the correct coordinator. (org.apache.kafka.clients.producer.internals.TransactionManager)",
    "[2026-01-01 00:00:00,000] ERROR [Producer clientId=p] Unexpected error in AddOffsetsToTxnResponse: COORDINATOR_NOT_AVAILABLE (org.apache.kafka.clients.producer.internals.TransactionManager)",
    "[2026-01-01 00:00:00,000] DEBUG [Producer clientId=p, transactionalId=t] Error getting transaction coordinator: COORDINATOR_LOAD_IN_PROGRESS (org.apache.kafka.clients.producer.internals.TransactionManager)",
    "org.apache.kafka.common.KafkaException: Unexpected error in InitProducerIdResponse; The coordinator is not available.",
    "%4|1700000000.1|TXNADDPARTS|app#producer-1| [thrd:main]: TxnCoordinator/1: Failed to add partitions: Broker: Not coordinator",
    "%3|1700000000.1|ADDOFFSETS|app#producer-1| [thrd:main]: TxnCoordinator/1: Failed to add offsets to transaction on broker TxnCoordinator/1: Broker: Not coordinator",
    "%7|1700000000.1|ENDTXN|app#producer-1| [thrd:main]: EndTxn failed: Broker: Coordinator load in progress",
    // The transaction coordinator and its state manager.
    "[2026-01-01 00:00:00,000] DEBUG [TransactionCoordinator id=1] Returning NOT_COORDINATOR error code to client for t's AddPartitions request (kafka.coordinator.transaction.TransactionCoordinator)",
    "[2026-01-01 00:00:00,000] INFO [Transaction Marker Channel Manager 1]: Sending t's transaction marker for partition orders-1 has failed with error org.apache.kafka.common.errors.CoordinatorLoadInProgressException, retrying with current coordinator epoch 3 (kafka.coordinator.transaction.TransactionMarkerRequestCompletionHandler)",
    "[2026-01-01 00:00:00,000] INFO [Transaction State Manager 1]: The cached coordinator epoch for t has changed to 4 after appended; NOT_COORDINATOR (kafka.coordinator.transaction.TransactionStateManager)",
    "[2026-01-01 00:00:00,000] ERROR Error loading transactions from transaction log __transaction_state-3 (kafka.coordinator.transaction.TransactionStateManager)",
    "[2026-01-01 00:00:00,000] ERROR [ShareCoordinator id=1] Failed to load metadata from __share_group_state-3 with epoch 1 due to Found an unknown record version 9 for 1 type. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)",
    "[2026-01-01 00:00:00,000] ERROR Unable to find share coordinator: NOT_COORDINATOR, READ_SHARE_GROUP_STATE (org.apache.kafka.server.share.persister.PersisterStateManager)",
    // Controllers: brokers and replicas are members, too.
    "[2026-01-01 00:00:00,000] INFO [Controller 1] Member of ISR 3 of orders-1 in group of replicas has failed, removing it from the group (kafka.controller.KafkaController)",
    "[2026-01-01 00:00:00,000] INFO [QuorumController id=1] Fencing broker 3 because its session has timed out. (org.apache.kafka.controller.ReplicationControlManager)",
    "[2026-01-01 00:00:00,000] INFO [QuorumController id=1] alterPartition: completed with UNKNOWN_LEADER_EPOCH (org.apache.kafka.controller.QuorumController)",
    "[2026-01-01 00:00:00,000] INFO [Controller id=1 epoch=5] Partition orders-1 failed to elect: FENCED_LEADER_EPOCH (state.change.logger) [Controller 1]",
    "[2026-01-01 00:00:00,000] INFO [BrokerLifecycleManager id=3] The broker has been fenced; member left (kafka.server.BrokerLifecycleManager)",
    "[2026-01-01 00:00:00,000] INFO [RaftManager id=1] Member 2 left the group of voters; NOT_COORDINATOR (org.apache.kafka.raft.KafkaRaftClient)",
    // Followers fetch, and find epochs and offsets out of range, without any group.
    "[2026-01-01 00:00:00,000] INFO [ReplicaFetcher replicaId=1, leaderId=2, fetcherId=0] Partition orders-1 has an older epoch (4) than the current leader. Will await the new LeaderAndIsr state: FENCED_LEADER_EPOCH (kafka.server.ReplicaFetcherThread)",
    "[2026-01-01 00:00:00,000] WARN [ReplicaFetcher replicaId=1, leaderId=2, fetcherId=0] Reset fetch offset for partition orders-1 from 9 to current leader's start offset 4: OFFSET_OUT_OF_RANGE (kafka.server.ReplicaFetcherThread)",
    "[2026-01-01 00:00:00,000] INFO [ReplicaFetcher replicaId=1, leaderId=2, fetcherId=0] Truncating partition orders-1: UNKNOWN_LEADER_EPOCH (kafka.server.ReplicaFetcherThread)",
    "[2026-01-01 00:00:00,000] WARN [SocketServer listenerType=BROKER, nodeId=1] Unexpected error from /10.0.0.1; GROUP_AUTHORIZATION_FAILED (kafka.network.Processor)",
    "[2026-01-01 00:00:00,000] INFO [SocketServer listenerType=BROKER, nodeId=1] Failed authentication with /10.0.0.1 (org.apache.kafka.common.network.Selector)",
    // Logs and their directories.
    "[2026-01-01 00:00:00,000] ERROR [ReplicaManager broker=1] Error processing append operation on partition orders-1: The log for partition orders-1 does not exist (kafka.server.ReplicaManager)",
    "[2026-01-01 00:00:00,000] ERROR Error while reading checkpoint file /d/replication-offset-checkpoint: org.apache.kafka.common.errors.KafkaStorageException (org.apache.kafka.storage.internals.log.LogDirFailureChannel)",
    "[2026-01-01 00:00:00,000] WARN [LogLoader partition=orders-1, dir=/d] Found a corrupted index file; InvalidRecordException (kafka.log.UnifiedLog)",
    "org.apache.kafka.common.errors.NotLeaderOrFollowerException: For requests intended only for the leader, this error indicates that the broker is not the current leader.",
    "org.apache.kafka.common.errors.KafkaStorageException: Log directory /d is offline",
    "[2026-01-01 00:00:00,000] INFO [UnifiedLog partition=orders-1, dir=/d] Loading producer state till offset 9 with message format version 2 (kafka.log.UnifiedLog)",
];

#[test]
fn other_matters_in_the_same_words_get_no_cause() {
    let mut complaints = Vec::new();
    for line in OTHER_MATTERS {
        // As a line of its own, and above a stack trace that names a group's error.
        let traced = format!(
            "{line}\nCaused by: org.apache.kafka.common.errors.NotCoordinatorException: This is not the correct coordinator.\n"
        );
        let alone = lastwrites_reading(&["explain", "--json"], line.as_bytes()).json();
        complaints.extend(array(&alone, "matches").iter().map(|found| format!("{line}: {found}")));
        if line.starts_with('[') && (line.contains("ransaction") || line.contains("Controller")) {
            let traced = lastwrites_reading(&["explain", "--json"], traced.as_bytes()).json();
            complaints.extend(array(&traced, "matches").iter().map(|found| format!("below {line}: {found}")));
        }
    }
    none_of(&complaints);
    // The same error from the group's coordinator is known.
    let group = "[2026-01-01 00:00:00,000] INFO [Producer clientId=p, transactionalId=t] Received TxnOffsetCommit response for consumer group g: {orders-0=NOT_COORDINATOR} (org.apache.kafka.clients.producer.internals.TransactionManager)";
    let known = lastwrites_reading(&["explain", "--json"], group.as_bytes()).json();
    assert_eq!(known["matches"][0]["kind"], "not-coordinator");
}

/// What `CoordinatorLoaderImpl` gives up a load with, though no record is wrong.
#[test]
fn a_load_that_no_record_stopped_offers_no_record_for_a_cause() {
    for why in [
        "org.apache.kafka.common.errors.NotLeaderOrFollowerException: Could not load records from __consumer_offsets-13 because the log does not exist.",
        "org.apache.kafka.common.errors.NotLeaderOrFollowerException: Stopped loading records from __consumer_offsets-13 because the partition is not online or is no longer the leader.",
        "java.lang.RuntimeException: Coordinator loader is closed.",
        "org.apache.kafka.common.errors.KafkaStorageException: The log for partition __consumer_offsets-13 is offline",
        "org.apache.kafka.common.errors.KafkaStorageException",
        "java.nio.channels.ClosedChannelException",
    ] {
        for line in [
            format!(
                "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-13 with epoch 5 due to {why}. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)\n"
            ),
            format!(
                "[2026-01-01 00:00:00,000] ERROR [GroupMetadataManager brokerId=1] Error loading offsets from __consumer_offsets-13 (kafka.coordinator.group.GroupMetadataManager)\n{why}\n\tat kafka.log.UnifiedLog.read(UnifiedLog.scala:1)\n"
            ),
        ] {
            let document = lastwrites_reading(&["explain", "--json"], line.as_bytes()).json();
            let found = &document["matches"][0];
            assert_eq!(found["partition"], 13, "{line}");
            assert!(array(found, "issues").is_empty(), "{line}: {found}");
            assert!(string(found, "meaning").contains("No record is at fault"), "{line}: {found}");
        }
    }
}

/// An exception that no release is known to throw: no issue and no cause is offered, but how to go on.
#[test]
fn a_text_that_is_not_known_is_said_to_be_unknown() {
    let text = "java.lang.IllegalStateException: The moon is in the seventh house";
    for line in [
        format!(
            "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-13 with epoch 5 due to {text}. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)\n"
        ),
        format!(
            "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-13 with epoch 5 due to (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)\n{text}\n\tat org.apache.kafka.X.replay(X.java:1)\n"
        ),
        format!(
            "[2026-01-01 00:00:00,000] ERROR [GroupMetadataManager brokerId=1] Error loading offsets from __consumer_offsets-13 (kafka.coordinator.group.GroupMetadataManager)\n{text}\n\tat kafka.log.UnifiedLog.read(UnifiedLog.scala:1)\n"
        ),
    ] {
        let document = lastwrites_reading(&["explain", "--json"], line.as_bytes()).json();
        let found = &document["matches"][0];
        assert_eq!(found["partition"], 13, "{line}");
        assert!(array(found, "issues").is_empty() && array(found, "causes").is_empty(), "{line}: {found}");
        assert!(string(found, "meaning").contains("isn't known here"), "{line}: {found}");
        // What to do after a swallowed error is the same whatever it was.
        let advice = if found["kind"] == "load-swallowed" { "recover" } else { "diagnose" };
        assert!(string(found, "advice").contains(advice), "{line}: {found}");
    }
}

#[test]
fn every_text_that_ended_a_real_load_is_known() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = lines(&fs::read(cases.join("EXPECTED.jsonl")).unwrap());
    let texts: BTreeSet<&str> = expected.iter().filter_map(|verdict| verdict["error"].as_str()).collect();
    assert!(texts.len() > 20, "only {} texts", texts.len());
    // Each as 4.1 prints it: one line, one event.
    let log: String = texts
        .iter()
        .map(|text| {
            let text = text.replace('\n', " ");
            format!(
                "ERROR Replaying record R from __consumer_offsets-3 at offset 1 with producer id -1 and producer epoch \
                 -1 failed due to: {text}. (kafka.coordinator.group.CoordinatorLoaderImpl)\n"
            )
        })
        .collect();
    let document = lastwrites_reading(&["explain", "--json"], log.as_bytes()).json();
    let matches = array(&document, "matches");
    assert_eq!(matches.len(), texts.len());
    let unknown: Vec<String> = matches
        .iter()
        .zip(&texts)
        .filter(|(found, _)| string(found, "meaning").contains("known here"))
        .map(|(_, text)| format!("not known: {text}"))
        .collect();
    eprintln!("{} texts", texts.len());
    none_of(&unknown);
}

/// What `fixtures/incident` says of itself: the text is what Kafka 4.1.0 threw at offset 12 for this story.
#[test]
fn a_log_is_joined_to_the_disk() {
    let disk = fixtures("incident/kafka-19862");
    let truth = read_json(&fixtures("incident/kafka-19862.truth.json"));
    let log = "INFO [GroupCoordinator id=1] Scheduling loading of metadata from __consumer_offsets-28 with epoch 2 (x)\n\
        ERROR Replaying record CoordinatorRecord(key=ConsumerGroupCurrentMemberAssignmentKey(groupId='my-broken-group', \
        memberId='consumer-B'), value=null) from __consumer_offsets-28 at offset 12 with producer id -1 and producer epoch \
        -1 failed due to: Cannot set the epoch of T-0 to 12 because the partition is still owned at epoch 11. (y)\n\
        INFO [Consumer clientId=c, groupId=my-broken-group] Group coordinator b:1 is unavailable or invalid due to cause: \
        error response NOT_COORDINATOR. isDisconnected: false. Rediscovery will be attempted. (z)\n";
    let run = lastwrites_reading(&["explain", "--json", text(&disk)], log.as_bytes());
    assert_eq!(run.code, 1, "{}", run.stderr);
    let document = run.json();
    let [started, failed, client] = array(&document, "matches") else { panic!("{document}") };
    assert_eq!(started["kind"], "load-started");
    assert_eq!(started["issues"], serde_json::json!([]));
    assert_eq!(failed["kind"], "load-failed");
    assert_eq!((&failed["partition"], &failed["offset"]), (&truth["partition"], &Value::from(12)));
    assert_eq!(failed["codes"], serde_json::json!(["LW101"]));
    assert_eq!(failed["issues"], serde_json::json!(["KAFKA-19862"]));
    let record = &failed["disk"]["record"];
    assert_eq!((&record["offset"], &record["key"]["data"]["groupId"]), (&Value::from(12), &truth["group"]));
    let verdicts = array(&failed["disk"], "verdicts").iter().map(|one| one.as_str().unwrap());
    assert!(verdicts.clone().any(|one| one.contains("offset 12") && one.contains("4.1.0")), "{failed}");
    assert!(!verdicts.clone().any(|one| one.starts_with("fails") && one.contains("4.1.2")), "{failed}");
    // Without the disk a client's line has ten candidates, with it the one that the disk bears out.
    let issues = array(client, "issues");
    assert!(issues.contains(&Value::from("KAFKA-19862")) && issues.len() < 4, "{client}");
}

/// An exception's text alone names no partition: the record is the one at which the real code failed with that text.
#[test]
fn a_bare_exception_is_found_on_the_disk() {
    let Some(cases) = corpus("load-cases") else { return };
    let mut texts: BTreeSet<(String, String, i64)> = BTreeSet::new();
    for line in lines(&fs::read(cases.join("EXPECTED.jsonl")).unwrap()) {
        let (Some(error), Some(offset)) = (line["error"].as_str(), line["offset"].as_i64()) else { continue };
        // Tasks are named in no fixed order.
        if line["stage"] == "replay" && !error.contains("the process ID") {
            texts.insert((string(&line, "case").to_owned(), error.to_owned(), offset));
        }
    }
    let mut joined = 0;
    for (case, error, offset) in &texts {
        let told = lastwrites(&["explain", "--json", error, text(&cases.join(case))]).json();
        // Of some texts nobody knows that they end loads without the line above them.
        let Some(found) = array(&told, "matches").first() else { continue };
        assert_eq!(found["kind"], "load-cause", "{case}: {told}");
        assert!(found["disk"]["record"]["offset"] == *offset, "{case} {error} at {offset}: {told}");
        assert_eq!(found["disk"]["mismatch"], Value::Null, "{case}: {told}");
        joined += 1;
    }
    assert!(joined > 40, "{joined} of {}", texts.len());
    // Both sides of a conflict, and a disk that has another one, or none.
    let line = "Cannot set the epoch of AAAAAAAAQACAAAAAAAAAAQ-0 to 12 because the partition is still owned at epoch 11";
    let on = |case: &str| {
        let told = lastwrites(&["explain", "--json", line, text(&cases.join(case))]).json();
        array(&told, "matches")[0].clone()
    };
    let torn = on("S1-torn");
    let claims = array(&torn["disk"], "claims");
    assert!(claims.iter().any(|claim| claim.as_str().unwrap().contains("offset 4")), "{torn}");
    // At rest this one loads; a load that races the cleaner says it.
    let raw = on("S1-raw");
    assert!(raw["disk"]["verdicts"].to_string().contains("races the cleaner fails at offset 12"), "{raw}");
    for case in ["K20254-streams-after-offsets", "R1-torn", "orphan-then-commit"] {
        let other = on(case);
        assert!(string(&other["disk"], "mismatch").starts_with("Not on this disk"), "{case}: {other}");
        assert_eq!((&other["disk"]["record"], array(&other["disk"], "verdicts").len()), (&Value::Null, 0));
    }
}

/// The disk of KAFKA-19862 explains a line that gives no reason, and none that gives another: PATH narrows, it never adds.
#[test]
fn a_line_with_a_reason_of_its_own_gets_no_other_from_the_disk() {
    let disk = fixtures("incident/kafka-19862");
    let on = |why: &str, below: &str| {
        let line = format!(
            "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-28 with \
             epoch 7 due to {why} (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)\n{below}"
        );
        let alone = lastwrites_reading(&["explain", "--json"], line.as_bytes()).json();
        let joined = lastwrites_reading(&["explain", "--json", text(&disk)], line.as_bytes()).json();
        let first = |told: &Value| array(told, "matches")[0].clone();
        (first(&alone), first(&joined))
    };
    for (why, below, is_a_records) in [
        (
            "org.apache.kafka.common.errors.NotLeaderOrFollowerException: Could not load records from \
             __consumer_offsets-28 because the log does not exist.",
            "",
            false,
        ),
        ("org.apache.kafka.common.errors.KafkaStorageException: The log dir is offline.", "", false),
        ("java.lang.OutOfMemoryError: Java heap space.", "", false),
        ("Some brand new text.", "", true),
        ("The coordinator is not available.", "", true),
        (
            "",
            "java.lang.IllegalStateException: Some brand new text\n\tat org.apache.kafka.X.y(X.java:1)\n",
            true,
        ),
    ] {
        let (alone, joined) = on(why, below);
        assert_eq!(
            (&joined["issues"], &joined["codes"]),
            (&alone["issues"], &alone["codes"]),
            "{why}: {joined}"
        );
        assert!(!joined.to_string().contains("KAFKA-19862"), "{why}: {joined}");
        let says = |field: &str| joined["disk"][field].as_array().map_or(0, Vec::len);
        assert_eq!((says("verdicts"), says("claims")), (0, 0), "{why}: {joined}");
        // Where a record may be at fault, it is said that it is none of these.
        let mismatch = joined["disk"]["mismatch"].as_str().unwrap_or_default();
        assert_eq!(mismatch.starts_with("Not on this disk"), is_a_records, "{why}: {joined}");
    }
    // 4.2 and later write the reason only below the line: where that wasn't given, the disk may tell it.
    let (_, joined) = on(
        "Replaying record R from __consumer_offsets-28 at offset 12 with producer id -1 and producer epoch -1 failed..",
        "",
    );
    assert!(array(&joined, "codes").contains(&Value::from("LW101")), "{joined}");
    assert!(joined["disk"]["verdicts"].to_string().contains("fails at offset 12"), "{joined}");
    // Pseudonyms take the text away, so that nothing can be held against it.
    let line =
        "ERROR Failed to load metadata from __consumer_offsets-28 with epoch 7 due to Some brand new text.";
    let hidden = lastwrites(&["explain", "--json", "--redact", line, text(&disk)]).json();
    assert!(!hidden.to_string().contains("KAFKA-19862"), "{hidden}");
    assert!(!hidden.to_string().contains("Not on this disk"), "{hidden}");
}

/// Every text with which the real code ended a load, as a broker writes it, is found on the disk it came from.
#[test]
fn a_brokers_line_is_found_on_the_disk_it_came_from() {
    let Some(cases) = corpus("load-cases") else { return };
    let mut texts: BTreeSet<(String, String, i64)> = BTreeSet::new();
    for line in lines(&fs::read(cases.join("EXPECTED.jsonl")).unwrap()) {
        let (Some(error), Some(offset)) = (line["error"].as_str(), line["offset"].as_i64()) else { continue };
        if line["stage"] == "replay" && !string(&line, "version").ends_with("-old") {
            texts.insert((string(&line, "case").to_owned(), error.to_owned(), offset));
        }
    }
    let mut complaints = Vec::new();
    for (case, error, offset) in &texts {
        let folder = folders(&cases.join(case));
        let partition =
            folder.iter().find_map(|path| name(path).strip_prefix("__consumer_offsets-")).unwrap();
        let line = format!(
            "ERROR Failed to load metadata from __consumer_offsets-{partition} with epoch 5 due to \
             java.lang.RuntimeException: Replaying record R from __consumer_offsets-{partition} at offset {offset} with \
             producer id -1 and producer epoch -1 failed due to: {error}."
        );
        let told = lastwrites(&["explain", "--json", &line, text(&cases.join(case))]).json();
        let disk = &array(&told, "matches")[0]["disk"];
        let found = disk["verdicts"].as_array().is_some_and(|verdicts| !verdicts.is_empty());
        if !found || !disk["mismatch"].is_null() {
            complaints.push(format!("{case} {error} at {offset}: {disk}"));
        }
    }
    assert!(texts.len() > 40, "only {} texts", texts.len());
    none_of(&complaints);
}

/// Failures at other records or for other reasons are told apart, however alike their lines are.
#[test]
fn different_failures_are_not_folded_into_one() {
    let failed = |why: &str| {
        format!("ERROR Failed to load metadata from __consumer_offsets-28 with epoch 5 due to {why}\n")
    };
    let replay = |offset: i64, why: &str| {
        failed(&format!(
            "java.lang.RuntimeException: Replaying record R from __consumer_offsets-28 at offset {offset} with producer id -1 \
             and producer epoch -1 failed due to: {why}."
        ))
    };
    let log = [
        replay(12, "Group g is not a streams group"),
        replay(12, "Group g is not a streams group"),
        replay(40, "Group g is not a streams group"),
        failed("The moon is in the seventh house."),
        failed("Jupiter aligns with Mars."),
        failed("java.nio.channels.ClosedChannelException."),
    ];
    let told = lastwrites_reading(&["explain"], log.concat().as_bytes());
    let told = String::from_utf8(told.stdout).unwrap();
    let heads: Vec<&str> = told.lines().filter(|line| line.starts_with("line ")).collect();
    assert_eq!(
        heads,
        [
            "line 1 (2 times, last in line 2): load-failed",
            "line 3: load-failed",
            "line 4: load-failed",
            "line 5: load-failed",
            "line 6: load-failed"
        ],
        "{told}"
    );
}

/// A line that names a partition which isn't here, or an offset at which nothing fails here.
#[test]
fn a_line_of_another_log_is_called_that() {
    let disk = fixtures("incident/kafka-19862");
    let on = |partition: i32, offset: i64| {
        let line = format!(
            "ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-{partition} with epoch 2 due to \
             java.lang.RuntimeException: Replaying record CoordinatorRecord(key=k, value=v) from \
             __consumer_offsets-{partition} at offset {offset} with producer id -1 and producer epoch -1 failed due to: Group \
             my-broken-group is not a streams group."
        );
        lastwrites(&["explain", "--json", &line, text(&disk)]).json()
    };
    for (partition, offset, says) in
        [(28, 14, "Not on this disk"), (28, 12, "Not on this disk"), (29, 12, "No copy")]
    {
        let told = on(partition, offset);
        let mismatch = string(&array(&told, "matches")[0]["disk"], "mismatch").to_owned();
        assert!(mismatch.starts_with(says), "{partition} {offset}: {told}");
    }
}

#[test]
fn pages_and_lines_are_told_apart() {
    let page = lastwrites(&["explain", "lw101"]);
    let shown = String::from_utf8(page.stdout).unwrap();
    assert_eq!(page.code, 0);
    assert!(shown.starts_with("LW101: ") && shown.contains("4.1.2") && !shown.contains("LW102: "), "{shown}");
    let evidence = lastwrites(&["explain", "evidence"]);
    assert_eq!(evidence.code, 0);
    assert!(String::from_utf8_lossy(&evidence.stdout).contains("file.delete.delay.ms"));
    let line = "java.lang.IllegalStateException: Group g is not a streams group.";
    let told = lastwrites(&["explain", line]);
    assert_eq!(told.code, 1);
    assert!(String::from_utf8_lossy(&told.stdout).contains("KAFKA-20254"));
    let other = lastwrites_reading(&["explain"], b"INFO all is well\n");
    assert_eq!(other.code, 0);
    assert!(String::from_utf8_lossy(&other.stdout).starts_with("Nothing in 1 line"));
    assert_eq!(lastwrites(&["explain", "LW999"]).code, 2);
}

#[test]
fn pages_are_told_as_json_too() {
    let told = lastwrites(&["explain", "--json", "LW101", "evidence"]).json();
    let page = &told["pages"][0];
    assert_eq!((&page["code"], &page["severity"]), (&Value::from("LW101"), &Value::from("error")));
    let printed = String::from_utf8(lastwrites(&["explain", "LW101"]).stdout).unwrap();
    assert_eq!(page["page"].as_str().unwrap().trim_end(), printed.trim_end());
    assert!(told["evidence"].as_str().unwrap().contains("file.delete.delay.ms"));
}

#[test]
fn groups_say_when_nobody_checked_the_release() {
    let evidence = fixtures("incident/kafka-19862");
    let codes = |kafka: &str| {
        let told = lastwrites(&["groups", "--json", "--kafka", kafka, text(&evidence)]).json();
        told["findings"].to_string()
    };
    assert!(codes("9.9.0").contains("LW408"));
    assert!(!codes("4.3.1").contains("LW408"));
}

#[test]
fn an_issue_prints_the_page_of_its_finding() {
    let by_code = lastwrites(&["explain", "LW101"]);
    for key in ["KAFKA-19862", "kafka-19862"] {
        assert_eq!(lastwrites(&["explain", key]).stdout, by_code.stdout);
    }
    let unknown = lastwrites(&["explain", "KAFKA-1"]);
    assert_eq!((unknown.code, unknown.stdout.len()), (2, 0));
    assert!(unknown.stderr.contains("no finding is about KAFKA-1"), "{}", unknown.stderr);
}

/// Rotated logs are gzipped, and Windows PowerShell writes UTF-16: the same lines say the same.
#[test]
fn a_packed_log_says_what_the_log_says() {
    let Some(cases) = corpus("log-lines") else { return };
    let plain = fs::read(cases.join("load-fail-R1-torn-4.3.1/broker.log")).unwrap();
    let expected = lastwrites_reading(&["explain", "--json"], &plain);
    assert!(!array(&expected.json(), "matches").is_empty());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &plain).unwrap();
    let packed = packed.finish().unwrap();
    let plain = String::from_utf8(plain).unwrap();
    let utf_16: Vec<u8> =
        std::iter::once(0xfeff).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for log in [&packed, &utf_16] {
        assert_eq!(lastwrites_reading(&["explain", "--json"], log).stdout, expected.stdout);
    }
    let cut = lastwrites_reading(&["explain", "--json"], &packed[..packed.len() / 2]);
    assert!(cut.stderr.contains("the gzipped log is damaged"), "{}", cut.stderr);
    assert!(cut.json()["lines"].as_u64() > Some(0));
}
