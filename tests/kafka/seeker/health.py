"""Group coordinators that don't serve: one shard whose load failed, and a cluster without any."""

import glob
import os
import shutil
import time

from cases import refusal
from harness import Seeker, document, group, offset

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
# A broker's log dir in the middle of KAFKA-19862: 4.1.0 fails to load this partition. See fixtures/incident/README.md.
TORN = os.path.join(ROOT, "fixtures", "incident", "kafka-19862", "__consumer_offsets-28")
BROKEN_GROUP, SHARD = "my-broken-group", 28


def patience(w, ms):
    """The seeker with less time to wait for coordinators."""
    config = os.path.join(w.folder, f"patience-{ms}.properties")
    with open(config, "w") as f:
        f.write(f"default.api.timeout.ms={ms}\n")
    return Seeker(w.seeker.binary, w.seeker.bootstrap, w.folder, config)


def failed_shard(w, broker):
    """NOT_COORDINATOR that persists: the shard and broker are named, and names that land on shards that work are offered and do work."""
    topic, tid = w.topic(9)
    w.driver.do("commit", "anyone", topic, 0, 1, "-", "")
    broker.shut_down()
    shard = os.path.join(broker.folder, "data", f"__consumer_offsets-{SHARD}")
    for path in glob.glob(shard + "/0*"):
        os.remove(path)
    for path in glob.glob(TORN + "/*.log"):
        shutil.copy(path, shard)
    broker.start()
    seeker = patience(w, 3000)
    healthy = next(n for n in (w.name("healthy") for _ in range(99)) if group(n, [])["maps_to"] != SHARD)
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)]) for g in (BROKEN_GROUP, healthy)], w.cluster)
    started = time.time()
    code, plan = seeker.json("plan", doc)
    assert time.time() - started < 15, "patience of 3 s"
    broken = next(g for g in plan["groups"] if g["group_id"] == BROKEN_GROUP)
    text = broken["refusals"][0]["text"]
    assert code == 1 and [r["code"] for r in broken["refusals"]] == ["coordinator-down"], plan
    for needed in [f"__consumer_offsets-{SHARD}", "led by broker 1", "NOT_COORDINATOR (16)", "Failed to load", "--to-group"]:
        assert needed in text, text
    names = text.split("work: ")[1].split(" (--to-group")[0].split(", ")
    assert len(names) == 3 and all(group(n, [])["maps_to"] != SHARD for n in names), names
    # The other group of the document isn't held up, and the offered name takes the offsets.
    code, answer = seeker.json("apply", doc, "--execute")
    assert code == 1 and w.driver.committed(healthy), answer
    assert [g["group_id"] for g in answer["groups"]] == [healthy], answer
    code, answer = seeker.json("apply", doc, "--execute", "--group", BROKEN_GROUP, "--to-group", names[0])
    assert code == 0 and w.driver.committed(names[0])[f"{topic}-0"][0] == 5, answer
    return f"{SHARD} down, offered {', '.join(names)}"


def no_coordinator(w):
    """Broker with offsets.topic.replication.factor=3 and no peers: FindCoordinator answers 15 for ever."""
    name = w.name("t")
    w.driver.do("topic", name, 1)
    w.driver.do("produce", name, 0, 9)
    groups = [group(w.name("g"), [offset(name, 0, 5)]) for _ in range(3)]
    code, plan = patience(w, 2000).json("plan", document(groups, w.cluster))
    assert code == 1 and refusal(plan) == {"coordinator-down"} and "COORDINATOR_NOT_AVAILABLE" in str(plan), plan
