"""Three brokers: coordinators everywhere, one that dies while offsets are written, a log that lost records and went another way."""

import json
import os
import subprocess
import time

from harness import Seeker, document, group, offset, wait_for


def groups_of(w, count, topic, tid, old=()):
    """So many groups that shall have offset 7 on partitions 0 to 2; those in `old` have 2 on partition 0 now."""
    names = [w.name("m") for _ in range(count)]
    for i in old:
        w.driver.do("commit", names[i], topic, 0, 2, "-", "old")
    return names, document([group(g, [offset(topic, p, 7, 0, tid) for p in range(3)]) for g in names], w.cluster)


def replicated_topic(w, *records):
    name = w.name("t")
    w.driver.do("topic", name, len(records), 3)
    for partition, count in enumerate(records):
        w.driver.do("produce", name, partition, count)
    _, plan = w.plan(document([group("probe", [offset(name, p, 0) for p in range(len(records))])], w.cluster))
    return name, plan["groups"][0]["partitions"][0]["topic_id"]


def coordinators_everywhere(w, cluster):
    topic, tid = replicated_topic(w, 30, 30, 30)
    names, doc = groups_of(w, 30, topic, tid)
    code, answer, rollback = w.apply(doc)
    used = {g["coordinator"]["broker_id"] for g in answer["plan"]["groups"]}
    assert code == 0 and used == {1, 2, 3}, (code, used)
    assert all(len(w.driver.committed(g)) == 3 for g in names)
    assert w.seeker.json("verify", rollback)[0] == 0 and w.seeker.json("rollback", rollback, "--execute")[0] == 0
    assert not any(w.driver.committed(g) for g in names)
    return "30 groups on three brokers"


def a_bootstrap_server_that_is_gone(w, cluster):
    """The first address of the list is dead; nothing suffers."""
    topic, tid = replicated_topic(w, 9, 9, 9)
    _, doc = groups_of(w, 3, topic, tid)
    seeker = Seeker(w.seeker.binary, f"localhost:1,{cluster.bootstrap}", w.folder)
    assert seeker.json("plan", doc)[0] == 0


def a_coordinator_dies_while_applying(w, cluster):
    """A broker is killed, another shut down in order (its coordinators move) as soon as the first commit is logged: the report is true,
    no offset is but old or new, and it goes on."""
    topic, tid = replicated_topic(w, 30, 30, 30)
    told = []
    for victim, end in [(1, cluster.kill), (2, cluster.shut_down)]:
        names, doc = groups_of(w, 60, topic, tid, old=range(0, 60, 2))
        before = {g: w.driver.committed(g) for g in names}
        path, rollback = w.seeker.file(doc), os.path.join(w.folder, w.name("dying") + ".json")
        log = rollback + ".requests.jsonl"
        run = subprocess.Popen([w.seeker.binary, "apply", path, "--execute", "--json", "--rollback-file", rollback, "--bootstrap-server", cluster.bootstrap],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: run.poll() is not None or (os.path.exists(log) and os.path.getsize(log)), pause=0.002)
        end(victim)
        started = time.time()
        out, error = run.communicate(timeout=120)
        seconds = time.time() - started
        assert run.returncode in (0, 1), (run.returncode, error)
        wait_for(lambda: not w.driver.do("committed", names[0], fails=True).startswith("err"))
        reported = {(g["group_id"], p["partition"]): p["outcome"] for g in json.loads(out)["groups"] for p in g["partitions"]}
        done = 0
        for g in names:
            found = w.driver.committed(g)
            for p in range(3):
                name = f"{topic}-{p}"
                new = found.get(name, (None,))[0] == 7
                assert new or found.get(name) == before[g].get(name), (g, found)
                assert reported[g, p] == "unknown" or (reported[g, p] == "done") == new, (g, p, reported[g, p], found)
                done += new
        again = rollback.replace(".json", "-2.json")
        code, answer = w.seeker.json("apply", path, "--execute", "--rollback-file", again)
        assert code == 0, answer
        assert all(len(w.driver.committed(g)) == 3 for g in names)
        for file in [again, rollback]:
            if os.path.exists(file):
                code, answer = w.seeker.json("rollback", file, "--execute")
                assert code == 0, answer
        assert {g: w.driver.committed(g) for g in names} == before
        told.append(f"broker {victim} left: {done} of 180 written, exit {run.returncode} after {seconds:.1f} s, rest the second time")
        cluster.start(victim)
        wait_for(lambda: w.driver.do("insync", topic) == "3 3 3")
    return "; ".join(told)


def a_log_that_went_another_way(w, cluster):
    """Unclean election: the new leader lacks records the group had read. OffsetForLeaderEpoch shows it, so the epoch isn't written."""
    topic = w.name("cut")
    w.driver.do("topicon", topic, "1,2")
    w.driver.do("produce", topic, 0, 10)
    cluster.kill(2)
    wait_for(lambda: w.driver.do("insync", topic) == "1")
    w.driver.do("produce", topic, 0, 20)
    _, plan = w.plan(document([group("probe", [offset(topic, 0, 0)])], w.cluster))
    seen = plan["groups"][0]["partitions"][0]
    epoch, tid = seen["leader_epoch"], seen["topic_id"]
    g = w.name("g")
    doc = document([group(g, [offset(topic, 0, 25, epoch, tid)])], w.cluster)
    _, plan = w.plan(doc)
    assert plan["groups"][0]["partitions"][0]["set_to"]["leader_epoch"] == epoch, plan
    cluster.kill(1)
    cluster.start(2)
    wait_for(lambda: w.driver.do("leader", topic) == "2", 60)
    w.driver.do("produce", topic, 0, 40)
    code, plan = w.plan(doc)
    p = plan["groups"][0]["partitions"][0]
    noted = {n["code"]: n["text"] for n in p["warnings"]}
    assert code == 0 and p["set_to"]["leader_epoch"] is None and "log-diverged" in noted, plan
    assert "at 10" in noted["log-diverged"], noted
    assert w.apply(doc)[0] == 0 and w.driver.committed(g) == {f"{topic}-0": (25, -1, "")}
    # Below the cut the epoch still holds.
    below = document([group(w.name("g"), [offset(topic, 0, 10, epoch, tid)])], w.cluster)
    assert w.plan(below)[1]["groups"][0]["partitions"][0]["set_to"]["leader_epoch"] == epoch
    cluster.start(1)
    return noted["log-diverged"]


def a_leader_that_is_gone(w, cluster):
    """A partition without leader: its log can't be checked, so nothing is written there; the rest is."""
    topic = w.name("alone")
    w.driver.do("topicon", topic, "3", "1")
    w.driver.do("produce", topic, 0, 9)
    w.driver.do("produce", topic, 1, 9)
    g = w.name("g")
    doc = document([group(g, [offset(topic, p, 5) for p in range(2)])], w.cluster)
    cluster.kill(3)
    try:
        wait_for(lambda: w.driver.do("leader", topic) == "none", 30)
        code, plan = w.plan(doc)
        reasons = [p["reason"] and p["reason"]["code"] for p in plan["groups"][0]["partitions"]]
        assert code == 1 and reasons == ["log-range-unknown", "group-incomplete"], plan
        assert w.apply(doc, "--partial")[0] == 1 and set(w.driver.committed(g)) == {f"{topic}-1"}
    finally:
        cluster.start(3)


CASES = [coordinators_everywhere, a_bootstrap_server_that_is_gone, a_coordinator_dies_while_applying, a_log_that_went_another_way,
         a_leader_that_is_gone]
