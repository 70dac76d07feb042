"""Real applications whose group is more than its offsets: Kafka Streams in both protocols, Connect, MirrorMaker 2, static members."""

import os
import time

from broker import jars, java, write_properties
from cases import refusal
from harness import Driver, document, group, offset, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))


def release_of(broker):
    return os.path.basename(os.path.dirname(os.path.dirname(broker.libs)))


class Applications:
    """A second driver whose class path has Kafka Streams."""

    def __init__(self, w, broker):
        folder = os.path.join(w.folder, w.name("streams"))
        os.makedirs(folder)
        self.folder, self.driver = folder, Driver(jars(release_of(broker), "kafka-streams"), os.path.join(HERE, "Driver.java"), {"bootstrap.servers": broker.bootstrap}, folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.close()

    def run(self, application, topic, out, protocol, stateful):
        self.driver.do("streams", "s", application, topic, out, protocol, str(stateful).lower(), self.folder)

    def stop(self):
        self.driver.do("stop", "s")


def as_recovered(w, g, topic, tid, **more):
    """The document that the evidence of an emptied group gives: its last record holds no protocol any more."""
    offsets = [offset(p.rsplit("-", 1)[0], int(p.rsplit("-", 1)[1]), o, None, None, m) for p, (o, _, m) in w.driver.committed(g).items()]
    return document([group(g, offsets or [offset(topic, 0, 1, 0, tid)], **more)], w.cluster)


def classic_streams(w, broker):
    """A real application: refused while it runs, its rename refused by every sign it leaves; the original can be healed."""
    if w.release < (3, 9):
        return "asked of one release of each coordinator"
    topic, tid = w.topic(20)
    w.driver.do("topic", topic + "-out", 1)
    signs = {}
    with Applications(w, broker) as apps:
        for stateful in [False, True]:
            app = w.name("app")
            apps.run(app, topic, topic + "-out", "classic", stateful)
            wait_for(lambda: w.driver.committed(app))
            running = as_recovered(w, app, topic, tid, protocol="stream")
            assert refusal(w.plan(running)[1]) == {"active-members"}
            # While it runs the cluster itself says what it is, whatever the document holds.
            bare = document([group(app, [offset(topic, 0, 1, 0, tid)])], w.cluster)
            codes = refusal(w.plan(bare, "--to-group", w.name("new"))[1])
            assert codes == {"rename-streams"}, codes
            apps.stop()
            doc = as_recovered(w, app, topic, tid)
            _, plan = w.plan(doc, "--to-group", w.name("new"))
            assert refusal(plan) == {"rename-streams"} and "heal the original" in str(plan), plan
            wait_for(lambda: w.plan(doc)[0] == 0, 60)  # the original itself can be healed
            # Emptied, neither its last record nor the cluster says `stream` any more.
            _, plan = w.plan(doc, "--to-group", w.name("new"))
            assert refusal(plan) == {"rename-streams"}, plan
            signs[stateful] = plan["groups"][0]["refusals"][0]["text"].split("(")[1].split(")")[0]
        assert "internal topic" in signs[True] and "metadata" in signs[False], signs
    return str(signs)


def modern_streams(w, broker):
    """KIP-1071: refused active and empty, with the tool that is made for it."""
    if w.release < (4, 2):
        return "streams groups are early access before 4.2"
    topic, tid = w.topic(20)
    w.driver.do("topic", topic + "-out", 1)
    app = w.name("app")
    doc = document([group(app, [offset(topic, 0, 1, 0, tid)])], w.cluster)
    with Applications(w, broker) as apps:
        apps.run(app, topic, topic + "-out", "streams", False)
        wait_for(lambda: w.driver.committed(app))
        before = w.driver.committed(app)
        for state in ["active", "empty"]:
            code, plan = w.plan(doc)
            assert code == 1 and plan["groups"][0]["type"] == "streams" and refusal(plan) == {"streams-group"}, (state, plan)
            assert "kafka-streams-groups.sh" in str(plan), plan
            assert w.apply(doc)[0] == 1 and w.driver.committed(app) == before, state
            # The same from another group's offsets: a target of this kind is never written.
            other = document([group(w.name("g"), [offset(topic, 0, 1, 0, tid)])], w.cluster)
            assert "streams-group" in refusal(w.plan(other, "--to-group", app)[1])
            if state == "active":
                apps.stop()


def the_abort_that_is_printed(w, broker):
    """A producer that hangs: the abort that the refusal shows is given to Kafka's own tool, and then the offsets go in."""
    if w.release < (3, 9):
        return "the tool came with 3.0"
    topic, tid = w.topic(20)
    g = w.name("g")
    w.driver.do("txn", "hanging", g, topic, 0, 9)
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)
    _, plan = w.plan(doc)
    assert refusal(plan) == {"open-transaction"}, plan
    words = plan["groups"][0]["partitions"][0]["reason"]["text"].split("kafka-transactions.sh ")[1].split(". An older")[0].split("; ")[0].split()
    tool = java(w.folder, jars(release_of(broker), "kafka-tools"), "org.apache.kafka.tools.TransactionsCommand", "--bootstrap-server", broker.bootstrap, *words)
    assert tool.wait(60) == 0, words
    wait_for(lambda: w.plan(doc)[0] == 0)
    assert w.apply(doc)[0] == 0 and w.driver.committed(g)[f"{topic}-0"][0] == 5
    w.driver.do("stop", "hanging", fails=True)
    return " ".join(words)


def connect_and_mirror_maker(w, broker):
    """A worker group, a sink connector's group and MirrorMaker's own: none can get another name."""
    if w.release < (4, 0):
        return "asked of 4.x"
    libs = jars(release_of(broker), "connect-runtime", "connect-mirror", "connect-file")
    topic, tid = w.topic(20)
    workers, sink = w.name("workers"), w.name("sink")
    plain = {"bootstrap.servers": broker.bootstrap, "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
             "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter", "listeners": "http://localhost:0"}
    topics = {f"{kind}.storage.{key}": value for kind in ["config", "offset", "status"]
              for key, value in [("topic", f"{workers}-{kind}"), ("replication.factor", 1)]}
    distributed = write_properties(w.folder, "workers.properties", {**plain, **topics, "group.id": workers})
    standalone = write_properties(w.folder, "standalone.properties", {**plain, "offset.storage.file.filename": os.path.join(w.folder, "offsets"), "offset.flush.interval.ms": 1000})
    connector = write_properties(w.folder, "sink.properties", {"name": sink, "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
                                                                "tasks.max": 1, "topics": topic, "file": os.path.join(w.folder, "sink.txt")})
    mirror = write_properties(w.folder, "mirror.properties", {
        "clusters": "a, b", "a.bootstrap.servers": broker.bootstrap, "b.bootstrap.servers": broker.bootstrap, "a->b.enabled": "true",
        "b->a.enabled": "false", "a->b.topics": topic, "replication.factor": 1, "checkpoints.topic.replication.factor": 1,
        "heartbeats.topic.replication.factor": 1, "offset-syncs.topic.replication.factor": 1, "config.storage.replication.factor": 1,
        "offset.storage.replication.factor": 1, "status.storage.replication.factor": 1})
    running = [java(w.folder, libs, "org.apache.kafka.connect.cli.ConnectDistributed", distributed),
               java(w.folder, libs, "org.apache.kafka.connect.cli.ConnectStandalone", standalone, connector),
               java(w.folder, libs, "org.apache.kafka.connect.mirror.MirrorMaker", mirror)]
    names = {workers: "protocol type connect", f"connect-{sink}": "named connect-", "a-mm2": "protocol type connect"}
    try:
        for name in names:
            probe = document([group(name, [offset(topic, 0, 1, 0, tid)])], w.cluster)
            wait_for(lambda: w.plan(probe)[1]["groups"][0]["state"] == "Stable", 90)
            assert refusal(w.plan(probe)[1]) == {"active-members"}
            codes = refusal(w.plan(probe, "--to-group", w.name("new"))[1])
            assert codes == {"rename-connect"}, (name, codes)
        wait_for(lambda: w.driver.committed(f"connect-{sink}"), 60)
    finally:
        for process in running:
            process.kill()
            process.wait()
    # Killed workers leave when their session is over; until then they're members.
    for name, sign in names.items():
        probe = document([group(name, [offset(topic, 0, 1, 0, tid)])], w.cluster)
        _, plan = w.plan(probe, "--to-group", w.name("new"))
        assert refusal(plan) == {"rename-connect"} and "heal the original" in str(plan), plan
    # What the document alone says, when the group is gone from the cluster.
    for more in [{"protocol_type": "connect"}, {}]:
        gone = document([group(w.name("gone") if more else "gone-mm2", [offset(topic, 0, 1, 0, tid)], **more)], w.cluster)
        assert refusal(w.plan(gone, "--to-group", w.name("new"))[1]) == {"rename-connect"}
    return ", ".join(names)


def static_members(w, broker):
    """A stopped static member stays: instance id, how long at most, and a call that does remove it."""
    topic, tid = w.topic(5)
    told = []
    for protocol in ["classic"] + (["consumer"] if w.release >= (4, 0) else []):
        g = w.name("g")
        doc = document([group(g, [offset(topic, 0, 3, 0, tid)])], w.cluster)
        w.driver.do("consumer", "s1", g, protocol, topic, "instance-7")
        w.driver.do("stop", "s1")
        code, plan = w.plan(doc)
        text = plan["groups"][0]["refusals"][0]["text"]
        assert code == 1 and refusal(plan) == {"active-members"} and "instance-7" in text and "at most" in text, plan
        assert "removeMembersFromConsumerGroup" in text, text
        answer = w.driver.do("remove", g, "instance-7", fails=True)
        told.append(f"{protocol}: {answer or 'removed'}: {text}")
        assert not answer, told
        wait_for(lambda: w.plan(doc)[0] == 0)
        assert w.apply(doc)[0] == 0 and w.driver.committed(g)
    return ""


CASES = [the_abort_that_is_printed, classic_streams, modern_streams, connect_and_mirror_maker, static_members]
