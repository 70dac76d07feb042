"""What every scene does: a folder, the programs, a transcript that the page is held against, and what Kafka's own clients read."""

import copy
import glob
import json
import os
import re
import shutil
import subprocess

from harness import java_hash, wait_for

from . import page

KAFKA = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DRIVER = os.path.join(KAFKA, "seeker", "Driver.java")
SHARD, GROUP = 28, "my-broken-group"
OFFSETS_TOPIC = "__consumer_offsets"
NAME = f"{OFFSETS_TOPIC}-{SHARD}"
# More records than the truth's offsets, so that something is left to read.
RECORDS = {"orders": (2, 15010), "payments": (1, 8840)}
# A running broker keeps two index files of this size ready for each log; 10 MiB otherwise, which every reading of a copy would go through.
SMALL = {"log.index.size.max.bytes": 65536}
# What the incidents' files tell stays in them. The cleaner would begin 15 seconds after there is something to clean: a torn copy is whole then, and what
# was current before the restart may be gone from the log.
NO_CLEANER = {**SMALL, "log.cleaner.enable": "false"}
ENDS = {f"{topic}-{partition}": count for topic, (partitions, count) in RECORDS.items() for partition in range(partitions)}


class Scene:
    """A folder, the programs, and a transcript of what they print: (command, output)."""

    def __init__(self, name, programs, folder, certs):
        self.programs, self.folder, self.name, self.certs = programs, folder, name, certs
        self.transcript = []
        # The scene's own clock before it broke anything, where a command names that.
        self.before = None

    def run(self, program, *arguments, code=(0, 1)):
        return self.carry_out(" ".join([program, *arguments]), [self.programs[program], *arguments], code)

    def shell(self, line, code=(0,), environment=None):
        return self.carry_out(line, ["sh", "-c", f"({line}) 2>&1"], code, environment)

    def carry_out(self, shown, command, code, environment=None):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=180, env={**os.environ, **(environment or {})})
        self.transcript.append((f"$ {shown}", done.stdout))
        assert done.returncode in code, f"{shown}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def tell(self, what, said):
        self.transcript.append((f"# {what}", said + "\n"))

    def incident(self, name):
        """The incident's files, as lastwrites-synth writes them, and the offsets they hold: {group: {partition: offset}}."""
        folder = os.path.join(self.folder, name)
        self.run("lastwrites-synth", name, "--out", folder, code=(0,))
        with open(os.path.join(folder, "truth.json")) as f:
            committed = json.load(f)["offsets_by_partition"][str(SHARD)]["committed"]
        truth = {}
        for entry in committed:
            truth.setdefault(entry["group"], {})[f"{entry['topic']}-{entry['partition']}"] = entry["offset"]
        return folder, truth

    def recover(self, folder, truth=None, to="offsets.json", more=()):
        """`recover` gives exactly what was committed. The document, to compare copies."""
        self.run("lastwrites", "recover", folder, "--group", GROUP, "-o", to, *more)
        with open(os.path.join(self.folder, to)) as f:
            document = json.load(f)
        [group] = document["groups"]
        found = {f"{o['topic']}-{o['partition']}": o["offset"] for o in group["offsets"]}
        assert truth is None or found == truth[GROUP], found
        return document

    def examine(self, copy, *parts):
        """The first screen says all of this."""
        story = " ".join(self.run("lastwrites", "examine", copy).split())
        for part in parts:
            assert part in story, (part, story)

    def no_playbook(self, copy, release, brokers, *parts):
        """`playbook` says that a move can't help, and why."""
        plan = " ".join(self.run("lastwrites", "playbook", copy, "--partition", str(SHARD), "--brokers", brokers, "--kafka", release).split())
        for part in ["CANNOT BE HEALED BY A MOVE", *parts]:
            assert part in plan, (part, plan)
        assert "kafka-reassign-partitions" not in plan, plan

    def capture(self, bootstrap, *more):
        """The third road: what the broken brokers still serve over the network."""
        self.run("lastwrites-seek", "capture", "--group", GROUP, *more, "-o", "captured", "--bootstrap-server", bootstrap, code=(0,))

    def elsewhere(self, place=0):
        """A new name that `partition-for --avoid` offers; its partition by Java's own formula is another one."""
        asked = ["partition-for", "--avoid", str(SHARD), GROUP, "--partitions", "50"]
        said = json.loads(self.run("lastwrites", *asked, "--json"))
        [group] = said["groups"]
        assert group["partition"] == shard(GROUP) == SHARD and group["avoided"], said
        new = group["suggestions"][place]
        assert new["partition"] == shard(new["group_id"]) != SHARD, said
        # What a reader sees first is the same.
        assert re.findall(r"free: (\S+)", self.run("lastwrites", *asked))[place] == new["group_id"]
        return new["group_id"]

    def to_new_group(self, driver, bootstrap, truth, document="offsets.json", protocol="consumer", ends=None, fixed=True, place=0):
        """The first road: the offsets go to a group on a healthy partition, whose consumers read on from there."""
        new = self.elsewhere(place)
        self.run("lastwrites-seek", "plan", document, "--bootstrap-server", bootstrap, "--group", GROUP, "--to-group", new, code=(0,))
        self.apply(bootstrap, "--group", GROUP, "--to-group", new, document=document)
        return new, self.resumes(driver, new, truth, protocol, ends, fixed)

    def resumes(self, driver, group, truth, protocol="consumer", ends=None, fixed=True):
        """A Java consumer reads from the next record to the last, nothing twice and nothing left out."""
        read = driver.do("drain", group, protocol, 120, "orders", "payments")
        wanted = expected(truth[GROUP], ends or ENDS)
        assert read == wanted, f"resumed {read}, expected {wanted}"
        self.tell(f"a Java consumer of {group} reads", read if fixed else "from the recovered offset to the last record of each partition, each once")
        return read

    def apply(self, bootstrap, *more, document="offsets.json"):
        self.run("lastwrites-seek", "apply", document, "--bootstrap-server", bootstrap, "--execute", *more, code=(0,))

    def keep(self):
        """Leaves the transcript where a person finds it, and holds the page's blocks of this scene against it."""
        folder = os.path.join(KAFKA, "target", "incident")
        os.makedirs(folder, exist_ok=True)
        told = [(self.plain(command), self.plain(output)) for command, output in self.transcript]
        with open(os.path.join(folder, self.name + ".txt"), "w") as f:
            f.write("\n".join(f"{command}\n{output}" for command, output in told))
        page.hold(page.blocks(self.name), told)

    def plain(self, text):
        """Without what is another one each time: folder, ports, times, the order in which brokers came into the ISR."""
        if self.before:
            text = text.replace(self.before, "2026-02-01T00:00:00Z")
        text = re.sub(r"Isr: ([\d,]+)", lambda found: "Isr: " + ",".join(sorted(found[1].split(","))), text)
        text = text.replace(self.folder + "/", "")
        text = re.sub(r"localhost:\d+(,localhost:\d+)*", "localhost:9092", text)
        return re.sub(r"rollback-\d+", "rollback-1700000000000", text)


def comparable(document):
    """A recovered document without what is another one in each copy of the same log: when it was made and from which files (a capture's segments are
    its own, so are names, sizes, digests and places in them), the other partitions of a disk, and how much is read again at most, which the topics'
    own logs tell and no capture has."""
    document = copy.deepcopy(document)
    del document["created_at_ms"]
    source = document["source"]
    source["copies"] = [{name: c[name] for name in ("broker_id", "partition", "log_start_offset")} for c in source["copies"] if c["partition"] == SHARD]
    for offset in (o for group in document["groups"] for o in group["offsets"]):
        del offset["topic_id_at_copy"]
        offset["bound"] = offset["bound"]["skipped_at_most"]
        for commit in [offset, *offset["alternatives"]]:
            commit["record"] = commit["record"]["offset"]
            # A disk has the high watermark of its last checkpoint, seconds behind; a capture has the broker's own.
            commit["flags"] = [flag for flag in commit["flags"] if flag != "above-high-watermark"]
    return document


def same(captured, disk):
    """A capture gives the document that the disk gave, and has all of the log that lay there then."""
    assert comparable(captured) == comparable(disk), (captured, disk)
    [ours], [theirs] = [[c for c in d["source"]["copies"] if c["partition"] == SHARD] for d in (captured, disk)]
    assert ours["high_watermark"] == ours["log_end_offset"] >= theirs["log_end_offset"], (ours, theirs)
    # From the cluster (capture.json above each broker's folder), or from a replica of the topic where the disk has one.
    known = [[o["topic_id_at_copy"] for g in d["groups"] for o in g["offsets"]] for d in (captured, disk)]
    assert all(ours and theirs in (ours, None) for ours, theirs in zip(*known)), known


def expected(truth, ends):
    """What a consumer must read that resumes at these offsets, to the records' ends: nothing lost, nothing twice."""
    return " ".join(f"{partition}={first}..{ends[partition] - 1}/{ends[partition] - first}" for partition, first in sorted(truth.items()))


def topics(driver):
    for topic, (partitions, count) in RECORDS.items():
        driver.do("bulk", topic, partitions, count)


def put(segments, data):
    """The given segments in place of the shard's; the broker is down."""
    shard = os.path.join(data, NAME)
    for path in glob.glob(shard + "/0*"):
        os.remove(path)
    for path in glob.glob(segments + "/*.log"):
        shutil.copy(path, shard)
    shutil.copy(os.path.join(segments, "leader-epoch-checkpoint"), shard)


def shard(group):
    return abs(java_hash(group)) % 50


def said(folder, words):
    """The broker's log lines with these words."""
    with open(os.path.join(folder, "Kafka.log"), errors="replace") as f:
        return [line for line in f.read().splitlines() if words in line and NAME in line]


class Another:
    """A group on a healthy partition, at work before, while this went on and after: every record is read once, every commit stays."""

    def __init__(self, driver, replicas, protocol="consumer"):
        assert shard("another") != SHARD
        self.driver, self.protocol, self.written = driver, protocol, 0
        driver.do("topic", "live", 1, replicas)
        self.goes_on(start=True)

    def goes_on(self, start=False):
        self.written += 200
        self.driver.do("produce", "live", 0, 200)
        if start:
            self.driver.do("worker", "another", "another", self.protocol, 50, "live")
        wait_for(lambda: self.driver.acked("another")["live-0"][3] == self.written, 60)

    def untouched(self, scene):
        self.goes_on()
        first, last, count, acknowledged, _ = self.driver.acked("another", "halt")["live-0"]
        assert (first, last, count, acknowledged) == (0, self.written - 1, self.written, self.written)
        assert self.driver.committed("another")["live-0"][0] == self.written
        scene.tell("another group, on a healthy partition, at work while this went on", f"read {first}..{last}, {count} records; {acknowledged} acknowledged")


def diagnosis(scene, copy, release):
    text = scene.run("lastwrites", "diagnose", "--json", "--kafka", release, "--partition", str(SHARD), copy)
    return json.loads(text)["partitions"][0]["verdicts"]
