//! What happens between two requests: a coordinator that moves in the middle of a write, others who write between
//! two looks, brokers that stop answering. On a real broker these moments last milliseconds; here they are made.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod cluster;
#[path = "../../../tests/json_schema/strict.rs"]
mod strict;

use cluster::{InMemory, State, at, document, offset};
use lastwrites_seeker::apply::{self, GroupOutcome, Outcome, RequestLog, RollbackDocument};
use lastwrites_seeker::client::ErrorCode;
use lastwrites_seeker::json::{ApplyForm, ComparedForm, OutcomeForm, PlanForm, RollbackForm, StepsForm};
use lastwrites_seeker::plan::{self, Options, Plan, Verdict};
use lastwrites_seeker::rollback::{self, RollbackOptions};
use lastwrites_seeker::verify;

/// Every JSON form of every run here fits its schema file, unknown fields denied.
fn fits(schema: &str, form: &impl serde::Serialize) {
    let path = format!("{}/../../docs/schemas/{schema}.json", env!("CARGO_MANIFEST_DIR"));
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let faults = strict::faults(&schema, &serde_json::to_value(form).unwrap());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn told(compared: &[verify::ComparedGroup]) {
    for group in compared {
        match &group.partitions {
            Ok(list) => {
                list.iter().for_each(|c| fits("seek-verify", &ComparedForm::read(&group.group_id, c, None)));
            }
            Err(failed) => fits("seek-verify", &ComparedForm::unread(group, &failed.text)),
        }
    }
}

/// A run with its files.
struct Run {
    client: InMemory,
    folder: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        Self { client: InMemory::default(), folder: tempfile::tempdir().unwrap() }
    }

    fn log(&self) -> RequestLog {
        RequestLog::open(&self.folder.path().join("requests.jsonl"), || 0).unwrap()
    }

    /// The kinds of lines in the request log.
    fn logged(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("requests.jsonl")).unwrap();
        let kind = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            fits("seek-request-log", &line);
            line["request"].as_str().map_or_else(|| line["answer"].to_string(), ToOwned::to_owned)
        };
        text.lines().map(kind).collect()
    }

    fn plan(&self, groups: &[&str]) -> Plan {
        let plan = plan::look(&self.client, &document(groups), &Options::default(), &()).unwrap();
        fits("seek-plan", &PlanForm::from(&plan));
        plan
    }

    fn apply(&self, groups: &[&str]) -> (Vec<GroupOutcome>, RollbackDocument) {
        let plan = self.plan(groups);
        let path = self.folder.path().join("rollback.json");
        apply::write_rollback(&plan, &path, 0).unwrap();
        let (document, options) = (document(groups), Options::default());
        let done = apply::execute(&self.client, &document, &options, &plan, &self.log(), &());
        let form = ApplyForm {
            plan: PlanForm::from(&plan),
            rollback_file: Some(String::new()),
            request_log: Some(String::new()),
            groups: done.iter().map(OutcomeForm::from).collect(),
        };
        fits("seek-apply", &form);
        let file = RollbackDocument::read(&path).unwrap();
        fits("seek-rollback-file", &file);
        (done, file)
    }

    fn take_back(&self, file: &RollbackDocument) -> Vec<GroupOutcome> {
        let options = RollbackOptions::default();
        let looks = rollback::look(&self.client, file, options).unwrap();
        let outcomes = rollback::execute(&self.client, file, &looks, options, &self.log(), &());
        let form = RollbackForm {
            groups: looks.iter().map(StepsForm::from).collect(),
            outcomes: outcomes.iter().map(OutcomeForm::from).collect(),
        };
        fits("seek-rollback", &form);
        outcomes
    }
}

fn only(outcomes: &[GroupOutcome]) -> Vec<&Outcome> {
    outcomes.iter().flat_map(|g| g.partitions.iter().map(|(_, o)| o)).collect()
}

fn details(outcomes: &[GroupOutcome]) -> String {
    only(outcomes).iter().map(|o| format!("{}: {}\n", o.word(), o.detail())).collect()
}

const LOADING: &str = r#"COORDINATOR_LOAD_IN_PROGRESS (14)"#;

#[test]
fn a_write_that_met_a_loading_coordinator_is_sent_again_and_logged_again() {
    let run = Run::new();
    run.client.state().moving = 1;
    let (done, _) = run.apply(&["g"]);
    assert_eq!(only(&done), [&Outcome::Done; 2]);
    assert_eq!(run.client.state().writes, 2);
    let logged = run.logged();
    assert_eq!((logged[0].as_str(), logged[2].as_str()), ("OffsetCommit", "OffsetCommit"), "{logged:?}");
    assert!(logged[1].contains(LOADING) && logged[3].contains(r#""accepted":2"#), "{logged:?}");
}

#[test]
fn a_coordinator_that_goes_on_loading_is_given_up() {
    let run = Run::new();
    run.client.state().moving = 1000;
    let (done, _) = run.apply(&["g"]);
    assert!(
        only(&done).iter().all(|o| matches!(o, Outcome::NotDone(why) if why.contains(LOADING))),
        "{}",
        details(&done)
    );
    assert!(run.client.state().offsets.is_empty());
    assert_eq!(run.logged().len() as u32, 2 * run.client.state().writes);
}

#[test]
fn nothing_is_sent_again_over_somebodys_commit() {
    let run = Run::new();
    run.client.state().moving = 1;
    run.client.state().meanwhile = Some(|s: &mut State| drop(s.offsets.insert(at("g", 1), offset(77))));
    let (done, _) = run.apply(&["g"]);
    assert_eq!(run.client.state().writes, 1);
    assert_eq!(run.client.state().offsets.get(&at("g", 1)), Some(&offset(77)));
    let told = details(&done);
    assert!(told.contains("not done") && told.contains("changed by others: the group has 77 now"), "{told}");
    assert!(told.contains("not sent again: t-1 has changed meanwhile: the group has 77"), "{told}");
}

#[test]
fn nothing_is_sent_again_to_a_group_that_is_in_use() {
    let run = Run::new();
    run.client.state().moving = 1;
    run.client.state().meanwhile =
        Some(|s: &mut State| drop(s.states.insert("g".into(), "PreparingRebalance".into())));
    let (done, _) = run.apply(&["g"]);
    assert_eq!(run.client.state().writes, 1);
    assert!(details(&done).contains("not sent again: the group is PreparingRebalance"), "{}", details(&done));
}

#[test]
fn a_delete_is_as_careful() {
    let run = Run::new();
    let (_, file) = run.apply(&["g"]);
    run.client.state().moving = 1;
    run.client.state().meanwhile = Some(|s: &mut State| drop(s.offsets.insert(at("g", 0), offset(77))));
    let done = run.take_back(&file);
    assert_eq!(run.client.state().offsets.get(&at("g", 0)), Some(&offset(77)));
    assert!(!done.iter().all(GroupOutcome::is_done));
    // Left alone it works, the second time from where it stands.
    let run = Run::new();
    let (_, file) = run.apply(&["g"]);
    run.client.state().moving = 1;
    assert_eq!(only(&run.take_back(&file)), [&Outcome::Done; 2]);
    assert!(run.client.state().offsets.is_empty());
    assert_eq!(only(&run.take_back(&file)), [&Outcome::Done; 2], "taken back already");
}

#[test]
fn a_rollback_that_its_second_look_stops_is_not_done() {
    // Someone commits between the looks: the first fetch of a rollback is the first look's, the second the second's.
    let commits = |s: &mut State| drop(s.offsets.insert(at("g", 0), offset(77)));
    let joins = |s: &mut State| drop(s.states.insert("g".into(), "Stable".into()));
    type Happens = fn(&mut State);
    let moments: [(Happens, usize, &str); 2] = [
        (commits, 1, "not done: changed since the first look, nothing was sent: the group has 77"),
        (joins, 0, "not done: changed since the first look, nothing was sent: the group is refused"),
    ];
    for (happens, done_count, text) in moments {
        let run = Run::new();
        let (_, file) = run.apply(&["g"]);
        let next = run.client.state().fetches + 1;
        // Joining has to come before the describe of the second look, so with the first look's fetch.
        let moment = if done_count == 0 { next } else { next + 1 };
        run.client.state().at_fetch.insert(moment, happens);
        let done = run.take_back(&file);
        assert!(
            !done.iter().all(GroupOutcome::is_done) && done[0].partitions.len() == 2,
            "{}",
            details(&done)
        );
        assert_eq!(
            only(&done).iter().filter(|o| ***o == Outcome::Done).count(),
            done_count,
            "{}",
            details(&done)
        );
        assert!(details(&done).contains(text), "{}", details(&done));
    }
}

#[test]
fn another_epoch_or_metadata_is_another_commit() {
    let run = Run::new();
    let (_, file) = run.apply(&["g"]);
    let mut other = offset(50);
    other.metadata = "someone's".to_owned();
    run.client.state().offsets.insert(at("g", 0), other);
    let (_, compared) = verify::compare(&run.client, &verify::expected_of_rollback(&file), &()).unwrap();
    told(&compared);
    let words: Vec<&str> =
        compared[0].partitions.as_ref().unwrap().iter().map(verify::Compared::word).collect();
    assert_eq!(words, ["changed", "same"]);
    assert!(!compared[0].is_same());
    let done = run.take_back(&file);
    assert!(details(&done).contains("someone committed since"), "{}", details(&done));
    assert_eq!(run.client.state().offsets.len(), 1, "only the untouched one is taken back");
}

#[test]
fn verify_goes_on_after_a_group_that_cannot_be_read() {
    let run = Run::new();
    let (_, file) = run.apply(&["a", "b", "c"]);
    run.client.state().loading.insert("b".to_owned());
    let (_, compared) = verify::compare(&run.client, &verify::expected_of_rollback(&file), &()).unwrap();
    told(&compared);
    let same: Vec<bool> = compared.iter().map(verify::ComparedGroup::is_same).collect();
    assert_eq!(same, [true, false, true]);
    assert!(compared[1].partitions.as_ref().unwrap_err().text.contains("(14)"));
}

#[test]
fn a_broker_that_stalls_is_waited_for_once() {
    let names: Vec<String> = (0..200).map(|n| format!("g{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = Run::new();
    run.client.state().stalled.extend(names.iter().map(ToString::to_string));
    let plan = run.plan(&names);
    let refused = plan.groups.iter().filter(|g| g.refusals.iter().any(|r| r.code == "group-unexamined"));
    assert_eq!(refused.count(), 200);
    // Each of the eight threads may be waiting when the first finds out.
    assert!(run.client.state().describes <= 8, "{}", run.client.state().describes);
    assert!(plan.groups.iter().flat_map(|g| &g.partitions).all(|p| p.present == Err(ErrorCode::NOT_ASKED)));
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let codes = |plan: &Plan| -> Vec<&'static str> {
        let partitions = plan.groups.iter().flat_map(|g| &g.partitions);
        let partitions = partitions.filter_map(|p| match &p.verdict {
            Verdict::Refuse(why) => Some(why.code),
            _ => None,
        });
        plan.groups.iter().flat_map(|g| g.refusals.iter().map(|r| r.code)).chain(partitions).collect()
    };
    let run = Run::new();
    run.client.state().states.insert("g".to_owned(), "PreparingRebalance".to_owned());
    assert!(codes(&run.plan(&["g"])).starts_with(&["not-empty"]));
    let run = Run::new();
    run.client.state().loading.insert("g".to_owned());
    assert!(codes(&run.plan(&["g"])).starts_with(&["coordinator-down"]));
    let run = Run::new();
    run.client.state().topic_error = Some(ErrorCode::LEADER_NOT_AVAILABLE);
    assert!(codes(&run.plan(&["g"])).starts_with(&["topic-unavailable"]));
}
