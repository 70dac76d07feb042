"""What the seeker has to do against a real broker: one function a rule. Each gets a fresh topic and group name."""

import json
import os
import resource
import subprocess
import time

from harness import document, group, offset, wait_for


class World:
    """One broker with its clients, and the seeker. `release` is a tuple such as (4, 1)."""

    def __init__(self, driver, seeker, release, folder):
        self.driver, self.seeker, self.release, self.folder = driver, seeker, release, folder
        self.cluster = driver.do("cluster")
        self.count = 0

    def name(self, what):
        self.count += 1
        return f"{what}-{self.count}"

    def topic(self, *records):
        """A new topic with so many records in each partition; its name and id as the seeker sees it."""
        name = self.name("t")
        self.driver.do("topic", name, len(records))
        for partition, count in enumerate(records):
            self.driver.do("produce", name, partition, count)
        _, plan = self.seeker.json("plan", document([group("probe", [offset(name, p, 0) for p in range(len(records))])], self.cluster))
        return name, plan["groups"][0]["partitions"][0]["topic_id"]

    def plan(self, doc, *args):
        return self.seeker.json("plan", doc, *args)

    def apply(self, doc, *args):
        rollback = os.path.join(self.folder, self.name("rollback") + ".json")
        code, answer = self.seeker.json("apply", doc, "--execute", "--rollback-file", rollback, *args)
        return code, answer, rollback


def refusal(plan):
    """Codes of every refusal of group and partitions, without the ones that follow from another."""
    codes = set()
    for g in plan["groups"]:
        codes |= {r["code"] for r in g["refusals"]}
        codes |= {p["reason"]["code"] for p in g["partitions"] if p["verdict"] == "refuse"}
    return codes - {"group-refused", "group-incomplete"}


def warnings(plan):
    return {w["code"] for g in plan["groups"] for p in g["partitions"] for w in p["warnings"]}


def commit_verify_rollback(w):
    topic, tid = w.topic(20, 10)
    g = w.name("g")
    w.driver.do("commit", g, topic, 0, 3, "-", "before")
    doc = document([group(g, [offset(topic, 0, 5, 0, tid, "hello"), offset(topic, 1, 10, 0, tid)])], w.cluster)
    code, plan = w.plan(doc)
    assert code == 0 and plan["totals"]["commit"] == 2, plan
    assert w.seeker.run("apply", w.seeker.file(doc)).returncode == 0
    assert w.driver.committed(g) == {f"{topic}-0": (3, -1, "before")}, "plan, or apply without --execute, wrote"
    code, _, rollback = w.apply(doc)
    epoch = 0 if tid else -1
    assert code == 0 and w.driver.committed(g) == {f"{topic}-0": (5, epoch, "hello"), f"{topic}-1": (10, epoch, "")}
    assert w.seeker.json("verify", rollback)[0] == 0
    logged = [json.loads(line) for line in open(rollback + ".requests.jsonl")]
    assert [(o["partition"], o["offset"]) for o in logged[0]["offsets"]] == [(0, 5), (1, 10)] and logged[0]["request"] == "OffsetCommit", logged
    assert logged[1]["answer"] == {"accepted": 2, "refused": []} and len(logged) == 2, logged
    assert w.apply(doc)[1]["plan"]["totals"] == {"commit": 0, "already_there": 2, "leave": 0, "refuse": 0}
    assert w.driver.do("read", g, topic).startswith("{" + f"{topic}-0=5")
    code, _ = w.seeker.json("rollback", rollback)
    assert code == 0 and w.driver.committed(g)[f"{topic}-0"][0] == 5, "rollback without --execute wrote"
    assert w.seeker.json("rollback", rollback, "--execute")[0] == 0
    assert w.driver.committed(g) == {f"{topic}-0": (3, -1, "before")}


def selection(w):
    """--group and --topic narrow it down; what isn't in the document is said at once."""
    one, one_id = w.topic(9)
    two, two_id = w.topic(9)
    a, b = w.name("a"), w.name("b")
    doc = document([group(g, [offset(one, 0, 5, 0, one_id), offset(two, 0, 6, 0, two_id)]) for g in (a, b)], w.cluster)
    assert w.apply(doc, "--group", a, "--topic", two)[0] == 0
    assert set(w.driver.committed(a)) == {f"{two}-0"} and not w.driver.committed(b)
    for words in [["--group", a, "--map", f"{b}=x"], ["--map", f"{a}=x", "--map", f"{a}=y"]]:
        done = w.seeker.run("plan", w.seeker.file(doc), *words)
        assert done.returncode == 2 and "--map gives" in done.stderr, done.stderr
    for words in [["--group", "nobody"], ["--topic", "nothing"], ["--to-group", "both"]]:
        done = w.seeker.run("plan", w.seeker.file(doc), *words)
        assert done.returncode == 2 and words[1] in done.stderr or "--to-group names one group" in done.stderr, done.stderr


def seeds(w):
    """Starting positions for `assign`: Java's own Properties read them, and JSON says the same. No connection is opened."""
    g = "g: ä=#!\\ x"
    path = w.seeker.file(document([group(g, [offset("t.a", 0, 5), offset("t.a", 1, 7), offset("t-b", 0, 9)])]))
    properties = os.path.join(w.folder, "seeds.properties")
    with open(properties, "w") as f:
        f.write(w.seeker.run("offsets", path, "--format", "java-properties").stdout)
    read = json.loads(w.driver.do("properties", properties))
    assert read == {f"{g}/t.a/0": "5", f"{g}/t.a/1": "7", f"{g}/t-b/0": "9"}, read
    listed = json.loads(w.seeker.run("offsets", path, "--format", "json").stdout)
    assert {f"{o['group_id']}/{o['topic']}/{o['partition']}": str(o["offset"]) for o in listed} == read, listed
    karafka = w.seeker.run("offsets", path, "--format", "karafka").stdout
    assert "'t.a' => { 0 => 5, 1 => 7 }" in karafka and "'t-b' => { 0 => 9 }" in karafka, karafka


def rename(w):
    topic, tid = w.topic(9)
    old, new = w.name("old"), w.name("new")
    doc = document([group(old, [offset(topic, 0, 5, 0, tid)])], w.cluster)
    assert w.apply(doc, "--to-group", new)[0] == 0
    assert w.driver.committed(new) and not w.driver.committed(old)
    other = w.name("other")
    assert w.apply(doc, "--map", f"{old}={other}")[0] == 0 and w.driver.committed(other)


def out_of_range(w):
    topic, tid = w.topic(100)
    w.driver.do("cut", topic, 0, 10)
    for wanted, code, end in [(999999, "beyond-log-end", 100), (4, "below-log-start", 10)]:
        g = w.name("g")
        doc = document([group(g, [offset(topic, 0, wanted, 0, tid)])], w.cluster)
        exit_code, plan = w.plan(doc)
        assert exit_code == 1 and refusal(plan) == {code}, plan
        assert w.apply(doc)[0] == 1 and not w.driver.committed(g)
        assert w.apply(doc, "--out-of-range", "skip")[0] == 0 and not w.driver.committed(g)
        assert w.apply(doc, "--out-of-range", "clamp")[0] == 0
        assert w.driver.committed(g) == {f"{topic}-0": (end, -1, "")}


def negative_offset(w):
    topic, tid = w.topic(5)
    path = w.seeker.file(document([group(w.name("g"), [offset(topic, 0, -5, 0, tid)])], w.cluster))
    done = w.seeker.run("apply", path, "--execute")
    assert done.returncode == 2 and "-5" in done.stderr, done.stderr


def leader_epoch(w):
    topic, tid = w.topic(20)
    for epoch, topic_id, warning in [(77, tid, "epoch-too-high"), (0, None, "topic-id-unknown")]:
        g = w.name("g")
        doc = document([group(g, [offset(topic, 0, 5, epoch, topic_id)])], w.cluster)
        code, plan = w.plan(doc)
        assert code == 0 and (warning in warnings(plan) or not tid), plan
        assert w.apply(doc)[0] == 0
        assert w.driver.committed(g) == {f"{topic}-0": (5, -1, "")}
        assert w.driver.do("read", g, topic) == "{" + f"{topic}-0=5" + "}"


def active_members(w):
    topic, tid = w.topic(5)
    for protocol in ["classic"] + (["consumer"] if w.release >= (4, 0) else []):
        g = w.name("g")
        doc = document([group(g, [offset(topic, 0, 3, 0, tid)])], w.cluster)
        w.driver.do("consumer", "c1", g, protocol, topic)
        try:
            code, plan = w.plan(doc)
            assert code == 1 and refusal(plan) == {"active-members"}, plan
            assert "consumer-" in plan["groups"][0]["refusals"][0]["text"]
            assert plan["groups"][0]["type"] == protocol or w.release < (3, 8), plan["groups"][0]["type"]
            assert w.apply(doc)[0] == 1 and not w.driver.committed(g)
        finally:
            w.driver.do("stop", "c1")
        wait_for(lambda: w.plan(doc)[0] == 0)
        assert w.apply(doc)[0] == 0 and w.driver.committed(g)[f"{topic}-0"][0] == 3


def share_group(w):
    if w.release < (4, 2):
        return "share groups are early access before 4.2"
    topic, tid = w.topic(5)
    g = w.name("share")
    doc = document([group(g, [offset(topic, 0, 3, 0, tid)])], w.cluster)
    w.driver.do("share", "sh", g, topic)
    code, plan = w.plan(doc)
    assert code == 1 and refusal(plan) == {"share-group"} and "kafka-share-groups" in str(plan), plan
    w.driver.do("stop", "sh")
    code, plan = w.plan(doc)
    assert code == 1 and refusal(plan) == {"share-group"}, plan


def recovered_type(w):
    topic, tid = w.topic(5)
    for kind, code in [("share", "share-group"), ("streams", "streams-group")]:
        doc = document([group(w.name("g"), [offset(topic, 0, 3, 0, tid)], type=kind)], w.cluster)
        assert refusal(w.plan(doc)[1]) == {code}


def renames_that_break(w):
    topic, tid = w.topic(5)
    app = w.name("app")
    w.driver.do("topic", f"{app}-counts-repartition", 1)
    for source, more in [(w.name("g"), {"protocol": "stream"}), (app, {}), (w.name("g"), {"protocol_type": "connect"}), ("connect-sink", {}), ("a-mm2", {})]:
        doc = document([group(source, [offset(topic, 0, 3, 0, tid)], **more)], w.cluster)
        codes = refusal(w.plan(doc, "--to-group", w.name("new"))[1])
        assert codes in ({"rename-streams"}, {"rename-connect"}), (source, more, codes)
        assert not {"rename-streams", "rename-connect"} & refusal(w.plan(doc)[1])
        assert not refusal(w.plan(doc, "--to-group", w.name("new"), "--allow-application-renamed")[1])


def missing(w):
    topic, tid = w.topic(20, 10, 5)
    g = w.name("g")
    # Partition 1 is listed as missing, 2 isn't mentioned at all: both would fall to auto.offset.reset.
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)], [(topic, 1)])], w.cluster)
    code, plan = w.plan(doc)
    assert code == 1 and refusal(plan) == {"missing"}, plan
    assert w.apply(doc)[0] == 1 and not w.driver.committed(g)
    assert w.apply(doc, "--missing", "leave")[0] == 0
    assert set(w.driver.committed(g)) == {f"{topic}-0"}
    for policy, ends in [("earliest", (0, 0)), ("latest", (10, 5))]:
        g = w.name("g")
        doc = document([group(g, [offset(topic, 0, 5, 0, tid)], [(topic, 1)])], w.cluster)
        assert w.apply(doc, "--missing", policy)[0] == 0
        found = w.driver.committed(g)
        assert (found[f"{topic}-1"][0], found[f"{topic}-2"][0]) == ends, found


def missing_but_its_own(w):
    """A partition listed as missing where the group has an offset outside the log: --missing never overwrites it, --out-of-range decides."""
    topic, tid = w.topic(20, 20)
    w.driver.do("cut", topic, 1, 10)
    g = w.name("g")
    w.driver.do("commit", g, topic, 1, 4, "-", "own")
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)], [(topic, 1)])], w.cluster)
    assert refusal(w.plan(doc, "--missing", "latest")[1]) == {"below-log-start"}
    assert w.apply(doc, "--missing", "latest", "--out-of-range", "skip")[0] == 0
    assert w.driver.committed(g)[f"{topic}-1"] == (4, -1, "own")
    assert w.apply(doc, "--missing", "latest", "--out-of-range", "clamp")[0] == 0
    assert w.driver.committed(g)[f"{topic}-1"] == (10, -1, "own")


def only_missing(w):
    """A topic of which nothing was recovered is looked at whole: its other partitions would fall to auto.offset.reset too."""
    topic, tid = w.topic(9)
    lost, _ = w.topic(9, 9, 9)
    doc = document([group(w.name("g"), [offset(topic, 0, 5, 0, tid)], [(lost, 1)])], w.cluster)
    _, plan = w.plan(doc)
    seen = {(p["topic"], p["partition"]) for p in plan["groups"][0]["partitions"]}
    assert seen == {(topic, 0), (lost, 0), (lost, 1), (lost, 2)}, seen


def full_disk(w):
    """Where the report can't be printed after writing, the exit code still tells of the writing, and the report goes to standard error."""
    topic, tid = w.topic(9)
    g = w.name("full")
    path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
    with open("/dev/full", "w") as full:
        for args in (["--json"], []):
            done = subprocess.run([w.seeker.binary, "apply", path, "--bootstrap-server", w.seeker.bootstrap, "--execute", *args],
                                  stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            if args:
                assert done.returncode == 0 and '"outcome": "done"' in done.stderr, (done.returncode, done.stderr)
            else:
                assert done.returncode == 2 and "No space left" in done.stderr, "nothing was to be written any more"
    assert w.driver.committed(g)[f"{topic}-0"][0] == 5


def open_transaction(w):
    topic, tid = w.topic(20)
    g = w.name("g")
    w.driver.do("commit", g, topic, 0, 1, "-", "")
    w.driver.do("txn", "tx", g, topic, 0, 9)
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)
    try:
        code, plan = w.plan(doc)
        text = str(plan)
        assert code == 1 and refusal(plan) == {"open-transaction"}, plan
        assert "kafka-transactions.sh abort" in text and "producer id" in text and "twice" in text, plan
        assert w.apply(doc)[0] == 1
    finally:
        w.driver.do("stop", "tx")
    wait_for(lambda: w.plan(doc)[0] == 0)


def gone_topics(w):
    topic, tid = w.topic(5)
    here, hid = w.topic(5)
    w.driver.do("drop", topic)
    wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
    doc = document([group(w.name("g"), [offset(topic, 0, 3, 0, tid), offset(here, 0, 3, 0, hid)])], w.cluster)
    assert refusal(w.plan(doc)[1]) == {"topic-gone"}
    assert w.apply(doc, "--allow-topic-gone")[0] == 0


def topics_that_cannot_be(w):
    """A name that the broker answers with something else than "unknown"."""
    doc = document([group(w.name("g"), [offset("no such/topic", 0, 3)])], w.cluster)
    _, plan = w.plan(doc)
    assert refusal(plan) == {"topic-unavailable"} and "INVALID_TOPIC" in str(plan), plan


def recreated_topics(w):
    topic, tid = w.topic(5, 5)
    if not tid:
        return "this broker tells no topic ids"
    w.driver.do("drop", topic)
    wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
    wait_for(lambda: not w.driver.do("topic", topic, 1, fails=True).startswith("err"))
    w.driver.do("produce", topic, 0, 5)
    g = w.name("g")
    doc = document([group(g, [offset(topic, 0, 3, 0, tid), offset(topic, 1, 3, 0, tid)])], w.cluster)
    assert refusal(w.plan(doc)[1]) == {"topic-recreated", "partition-gone"}
    assert refusal(w.plan(doc, "--allow-topic-recreated")[1]) == {"partition-gone"}
    assert w.apply(doc, "--allow-topic-recreated", "--allow-partition-gone")[0] == 0
    assert w.driver.committed(g) == {f"{topic}-0": (3, -1, "")}


def other_cluster(w):
    topic, tid = w.topic(5)
    g = w.name("g")
    doc = document([group(g, [offset(topic, 0, 3, 0, tid)])], "AnotherClusterAltogether")
    assert refusal(w.plan(doc)[1]) == {"other-cluster"} and w.apply(doc)[0] == 1
    assert w.apply(doc, "--allow-other-cluster")[0] == 0


def metadata_too_large(w):
    topic, tid = w.topic(5)
    doc = document([group(w.name("g"), [offset(topic, 0, 3, 0, tid, "m" * 5000)])], w.cluster)
    assert refusal(w.plan(doc)[1]) == {"metadata-too-large"}


def rollback_leaves_a_running_consumer_alone(w):
    topic, tid = w.topic(20, 20)
    g = w.name("g")
    doc = document([group(g, [offset(topic, 0, 5, 0, tid), offset(topic, 1, 5, 0, tid)])], w.cluster)
    _, _, rollback = w.apply(doc)
    w.driver.do("commit", g, topic, 0, 9, "-", "")
    code, answer = w.seeker.json("rollback", rollback, "--execute")
    assert code == 1 and "moved-on" in str(answer), answer
    assert w.driver.committed(g) == {f"{topic}-0": (9, -1, "")}
    code, compared = w.seeker.json("verify", rollback)
    assert code == 1 and [c["verdict"] for c in compared] == ["moved on", "gone"], compared


def rollback_goes_through_the_same_doors(w):
    """The old offset is as dangerous as any other: members, another cluster, a log that moved on, a topic created again."""
    topic, tid = w.topic(20)
    g = w.name("g")
    w.driver.do("commit", g, topic, 0, 2, "-", "old")
    _, _, rollback = w.apply(document([group(g, [offset(topic, 0, 15, 0, tid)])], w.cluster))

    def back(*args, path=rollback):
        code, answer = w.seeker.json("rollback", path, "--execute", *args)
        found = answer["groups"][0]
        return code, {r["code"] for r in found["refusals"]} | {p["reason"]["code"] for p in found["partitions"] if p["reason"]}

    w.driver.do("consumer", "c1", g, "classic", topic)
    try:
        assert back() == (1, {"active-members", "group-refused"})
    finally:
        w.driver.do("stop", "c1")
    elsewhere = json.load(open(rollback)) | {"cluster_id": "AnotherClusterAltogether"}
    assert back(path=w.seeker.file(elsewhere)) == (1, {"other-cluster", "group-refused"})
    w.driver.do("cut", topic, 0, 10)
    assert back() == (1, {"out-of-range"}) and w.driver.committed(g)[f"{topic}-0"][0] == 15
    said = w.seeker.run("rollback", rollback, "--execute", "--out-of-range", "skip")
    assert said.returncode == 0 and "don't have all again" in said.stdout and w.driver.committed(g)[f"{topic}-0"][0] == 15, said.stdout
    assert back("--out-of-range", "clamp")[0] == 0 and w.driver.committed(g)[f"{topic}-0"] == (10, -1, "old")
    assert back("--out-of-range", "clamp")[0] == 0, "taken back already"
    if not tid:
        return
    _, _, rollback = w.apply(document([group(g, [offset(topic, 0, 12, 0, tid)])], w.cluster))
    w.driver.do("drop", topic)
    wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
    wait_for(lambda: not w.driver.do("topic", topic, 1, fails=True).startswith("err"))
    w.driver.do("produce", topic, 0, 20)
    # A deleted topic takes its offsets along; someone committed the same number for the new one.
    w.driver.do("commit", g, topic, 0, 12, 0, "")
    assert back(path=rollback) == (1, {"topic-recreated"}) and w.driver.committed(g)[f"{topic}-0"][0] == 12
    assert back("--allow-topic-recreated", path=rollback)[0] == 0 and not w.driver.committed(g)


def watch(w):
    """`verify --watch` shows a consumer that no describe shows: one that assigned its partition itself and commits."""
    topic, tid = w.topic(20)
    g = w.name("g")
    _, _, rollback = w.apply(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
    run = subprocess.Popen([w.seeker.binary, "verify", rollback, "--bootstrap-server", w.seeker.bootstrap, "--watch", "--every", "1", "--looks", "6", "--json"],
                           stdout=subprocess.PIPE, text=True)
    first = json.loads(run.stdout.readline())
    assert (first["verdict"], first["present"]) == ("same", 5), first
    w.driver.do("assign", g, topic, 0, 9)
    assert not w.plan(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))[1]["groups"][0]["refusals"], "it's invisible otherwise"
    second = json.loads(run.stdout.readline())
    assert (second["verdict"], second["present"]) == ("moved on", 9), second
    assert run.wait(30) == 1 and run.stdout.read() == "", "only what moves is told"


def many_groups(w):
    topic = w.name("wide")
    w.driver.do("bulk", topic, 100, 10)
    _, plan = w.seeker.json("plan", document([group("probe", [offset(topic, 0, 0)])], w.cluster), "--missing", "leave")
    tid = plan["groups"][0]["partitions"][0]["topic_id"]
    doc = document([group(f"many-{i}", [offset(topic, p, 7, 0, tid) for p in range(100)]) for i in range(1000)], w.cluster)
    path = w.seeker.file(doc)
    rollback = os.path.join(w.folder, "many.json")
    told = []
    for words in (["plan", path], ["apply", path, "--execute", "--rollback-file", rollback], ["verify", rollback], ["rollback", rollback, "--execute"]):
        started, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = w.seeker.run(*words, timeout=600)
        seconds, after = time.time() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, (done.stdout[-500:], done.stderr)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert seconds < 60, (words[0], seconds)
        told.append(f"{words[0]} {seconds:.1f} s ({cpu:.1f} s of CPU)")
        assert len(w.driver.committed("many-999")) == (100 if words[0] in ("apply", "verify") else 0)
    return f"1,000 groups x 100 partitions: {', '.join(told)}; load {os.getloadavg()[0]:.1f}"


CASES = [commit_verify_rollback, selection, seeds, rename, out_of_range, negative_offset, leader_epoch, active_members, share_group,
         recovered_type, renames_that_break, missing, missing_but_its_own, only_missing, full_disk, open_transaction, gone_topics,
         topics_that_cannot_be, recreated_topics, other_cluster, metadata_too_large, rollback_leaves_a_running_consumer_alone, rollback_goes_through_the_same_doors, watch, many_groups]
