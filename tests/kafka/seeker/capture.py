"""`capture` against the brokers' own disks: per replica every batch up to the high watermark, byte for byte.

The judge reads `.log` files on its own: 8 bytes base offset, 4 bytes length, that many bytes. How far a copy has to go it takes from Kafka: from the leader
through the Admin API, as kafka-get-offsets does, and from each broker's own `replication-offset-checkpoint`.
"""

import contextlib
import functools
import glob
import json
import os
import struct
import subprocess
import time

from broker import write_properties
from cases import refusal
from harness import Seeker, java_hash, wait_for

OFFSETS = "__consumer_offsets"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
# Segments roll and the cleaner runs all the time, so that replicas differ and logs have gaps.
BUSY = {"log.roll.ms": 1500, "log.cleaner.backoff.ms": 300, "log.cleaner.min.cleanable.ratio": 0.01, "replica.high.watermark.checkpoint.interval.ms": 300}


def shard(group):
    return abs(java_hash(group)) % 50


def places(data):
    """Where whole batches begin."""
    at = 0
    while at + 12 <= len(data):
        _, length = struct.unpack_from(">qi", data, at)
        if length <= 0 or at + 12 + length > len(data):
            break
        yield at
        at += 12 + length


def batches(folder):
    """Whole batches of a folder's `.log` files, in order: (base offset, bytes)."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.log"))):
        with open(path, "rb") as f:
            data = f.read()
        for at in places(data):
            base, length = struct.unpack_from(">qi", data, at)
            found.append((base, data[at:at + 12 + length]))
    return found


def capture(w, out, *arguments, seeker=None, codes=(0,)):
    seeker = seeker or w.seeker
    connect = ["--bootstrap-server", seeker.bootstrap] + (["--command-config", seeker.config] if seeker.config else [])
    done = seeker.bare("capture", "-o", out, "--json", *connect, *arguments)
    assert done.returncode in codes, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else done.stderr


def disk(home, copy):
    return os.path.join(home, "data", f"{copy['topic']}-{copy['partition']}")


def checkpointed(home):
    """{(topic, partition): high watermark} as a broker wrote it down itself."""
    with open(os.path.join(home, "data", "replication-offset-checkpoint")) as f:
        lines = f.read().split("\n")[2:]
    return {(topic, int(partition)): int(offset) for topic, partition, offset in (line.split(" ") for line in lines if line)}


def marks_reaching(copies, cluster, ends):
    """{broker id: what it checkpointed}, as soon as that is at the leader's for each copy: brokers write it down every 300 ms, and captures are quicker."""
    marks = {}

    def there():
        marks.update({broker: checkpointed(cluster.folders[broker]) for broker in {c["broker_id"] for c in copies}})
        return all(marks[c["broker_id"]].get((c["topic"], c["partition"])) == ends[c["partition"]] for c in copies)

    # One that never gets there is the caller's difference to tell.
    with contextlib.suppress(AssertionError):
        wait_for(there, 5)
    return marks


def leaders_ends(w):
    """The high watermark of each partition of the offsets topic."""
    return [int(end) for end in w.driver.do("ends", OFFSETS).split()]


def differences(out, copies, cluster, ends):
    """Copies that don't end where their broker says, or whose batches aren't those of their replica up to there."""
    wrong = []
    marks = marks_reaching(copies, cluster, ends)
    for copy in copies:
        end = ends[copy["partition"]]
        own = marks[copy["broker_id"]].get((copy["topic"], copy["partition"]), 0)
        told = copy["captured_to"], copy["high_watermark"], copy["leader_high_watermark"]
        mine = batches(os.path.join(out, copy["path"]))
        theirs = [b for b in batches(disk(cluster.folders[copy["broker_id"]], copy)) if b[0] < end]
        if mine != theirs or {own, *told} != {end}:
            wrong.append((copy, end, own, [b for b, _ in mine][-3:], [b for b, _ in theirs][-3:], len(mine), len(theirs)))
    return wrong


def not_as_on_disk(out, copies, cluster):
    """Of each copy as far as it goes, whole or not, whose batches aren't byte for byte those of its replica's own log up to there."""
    wrong = []
    for copy in copies:
        mine = batches(os.path.join(out, copy["path"]))
        theirs = [b for b in batches(disk(cluster.folders[copy["broker_id"]], copy)) if b[0] < copy["captured_to"]]
        if mine != theirs or len(mine) != copy["batches"]:
            wrong.append((copy, len(mine), len(theirs)))
    return wrong


@contextlib.contextmanager
def cleaners_rest(w):
    """What lies in the logs stays, so that a copy and a disk can be held against each other later."""
    w.driver.do("config", OFFSETS, "min.compaction.lag.ms", 10**12)
    looks = [None]

    def still():
        """Passes under way have ended, and no broker begins one: no segment was put in place of another between two looks."""
        files = (f for folder in glob.glob(f"{w.folder}/node*/data/{OFFSETS}-*") for f in os.scandir(folder))
        looks.append({f.path: f.inode() for f in files if f.name.endswith((".log", ".cleaned", ".swap"))})
        return looks[-1] == looks[-2]

    try:
        wait_for(still, 60, pause=2)
        yield
    finally:
        w.driver.do("config", OFFSETS, "min.compaction.lag.ms")


def same_as_disks(w, cluster, *arguments, codes=(0,)):
    """A new capture that is byte-equal to the disks up to the high watermark; the cleaner may get in between, so there are some tries."""
    for _ in range(8):
        out = os.path.join(w.folder, w.name("capture"))
        ends = leaders_ends(w)
        answer = capture(w, out, "--from", "replicas", *arguments, codes=codes)
        whole = [c for c in answer["copies"] if c["state"] == "whole"]
        wrong = differences(out, whole, cluster, ends)
        if not wrong:
            return out, answer, whole
        time.sleep(1)
    raise AssertionError(wrong)


def busy(w, topic, groups, rounds):
    """Commits that the cleaner will take, and an aborted transaction."""
    for n in range(rounds):
        for g in groups:
            w.driver.do("commit", g, topic, 0, n % 9, "-", f"{n}." + "x" * 3000)
        if n % 20 == 19:
            time.sleep(0.5)
    aborted = w.name("aborted")
    w.driver.do("txn", aborted, groups[0], topic, 0, 3)
    w.driver.do("stop", aborted)


@functools.cache
def full(w):
    """A topic, 150 groups on one partition of the offsets topic with an offset each that no cleaner takes, 3 KB a piece, and that partition: once
    for all cases that need many bytes."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    groups, number = one_shard(w, 150)
    for g in groups:
        w.driver.do("commit", g, topic, 0, 1, "-", "x" * 3000)
    return topic, groups, number


def all_in_sync(w):
    """Any one broker may go: on a busy machine one may have been fenced before, and another alone in the ISR."""
    wait_for(lambda: set(w.driver.do("insync", OFFSETS).split()) == {"3"}, 60)


def one_shard(w, count):
    """Names of groups on one partition of the offsets topic, and that partition."""
    first = w.name("shard")
    names, n = [first], 0
    while len(names) < count:
        n += 1
        if shard(f"{first}.{n}") == shard(first):
            names.append(f"{first}.{n}")
    return names, shard(first)


def every_replica_is_as_on_its_disk(w, cluster):
    """Three brokers, a partition that cleaners work on and all the others: batches as on each disk, and lastwrites reads the copy."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    groups, number = one_shard(w, 4)
    busy(w, topic, groups, 25)
    out, answer, whole = same_as_disks(w, cluster, "--group", groups[0], "--group", groups[1])
    assert answer["whole"] and [c["broker_id"] for c in whole] == [1, 2, 3] and {c["partition"] for c in whole} == {number}, answer
    assert all(c["batches"] > 0 and c["wrong_checksums"] == 0 and c["log_end_offset"] >= c["high_watermark"] for c in whole), whole
    committed = {g: w.driver.committed(g)[f"{topic}-0"] for g in groups}
    for broker in [1, 2, 3]:
        assert recovered(os.path.join(out, f"broker-{broker}"), topic) == committed, broker
    # Everything at once, then again: there is nothing new, and it stays as it is.
    out, answer, whole = same_as_disks(w, cluster)
    assert answer["whole"] and len(whole) == 150
    again = capture(w, out, "--from", "replicas")
    assert again["whole"] and not differences(out, again["copies"], cluster, leaders_ends(w))
    leaders = {p["partition"]: p["leader"] for p in answer["partitions"]}
    mine = capture(w, os.path.join(w.folder, w.name("leaders")))
    assert {c["partition"]: c["broker_id"] for c in mine["copies"]} == leaders
    return f"150 logs of {sum(c['bytes'] for c in whole)} bytes"


@functools.cache
def offline():
    """The program that reads copies: LASTWRITES names it, else it's built."""
    if "LASTWRITES" in os.environ:
        return os.environ["LASTWRITES"]
    subprocess.run(["cargo", "build", "-q", "-p", "lastwrites", "--no-default-features"], cwd=ROOT, check=True)
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "debug", "lastwrites")


def recovered(copy, topic):
    """{group: (offset, epoch, metadata)} of a topic with one partition, as the offline program reads them from a copy."""
    done = subprocess.run([offline(), "groups", "--json", copy], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    found = {}
    for g in json.loads(done.stdout)["groups"]:
        for o in g["offsets"]:
            if o["topic"] == topic:
                found[g["group_id"]] = (o["offset"], -1 if o["leader_epoch"] is None else o["leader_epoch"], o["metadata"])
    return found


def on_disk(out, number):
    """{folder of a broker's copy: bytes of batches in it}."""
    folders = glob.glob(f"{out}/broker-*/{OFFSETS}-{number}")
    return {folder: sum(os.path.getsize(path) for path in glob.glob(f"{folder}/*.log")) for folder in folders}


def slowly(w, out, number, rate, *more, source="replicas"):
    """A capture that is under way."""
    run = subprocess.Popen([w.seeker.binary, "capture", "-o", out, "--json", "--bootstrap-server", w.seeker.bootstrap, "--from", source,
                            "--partitions", str(number), "--max-bytes-per-second", str(rate), *more],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: sum(on_disk(out, number).values()) > 100000 or run.poll() is not None, pause=0.02)
    assert run.poll() is None, run.communicate()
    return run


def sent(w, cluster):
    """{broker id: bytes of the offsets topic's records it has sent to clients}, as the broker counts them."""
    return {node: int(w.driver.do("bytesout", process.pid, OFFSETS)) for node, process in cluster.processes.items()}


def killed_and_resumed(w, cluster):
    """Killed in the middle: what is there says that it ends early; a cut batch comes off; the rest follows, byte for byte, and nothing is begun anew."""
    topic, groups, number = full(w)
    with cleaners_rest(w):
        return killed_while_cleaners_rest(w, cluster, topic, groups, number)


def killed_while_cleaners_rest(w, cluster, topic, groups, number):
    end = leaders_ends(w)[number]
    out = os.path.join(w.folder, w.name("killed"))
    run = slowly(w, out, number, 200000)
    # So much of each log that what is looked at again can be told from a fresh beginning.
    wait_for(lambda: sorted(on_disk(out, number).values())[-3:-2] > [150000] or run.poll() is not None, pause=0.02)
    assert run.poll() is None, run.communicate()
    other = w.seeker.bare("capture", "-o", out, "--bootstrap-server", w.seeker.bootstrap, "--partitions", str(number))
    assert other.returncode == 2 and "another run" in other.stderr, other
    run.kill()
    run.communicate()
    with open(os.path.join(out, "capture.json")) as f:
        facts = json.load(f)
    begun = [c for c in facts["copies"] if glob.glob(os.path.join(out, c["path"], "*.log"))]
    assert begun and all(c["state"] == "partial" for c in facts["copies"]), facts
    done = subprocess.run([offline(), "groups", os.path.join(out, begun[0]["path"].split("/")[0])], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "LW112" in done.stdout and f"the high watermark is checkpointed at {end}, the log ends at" in " ".join(done.stdout.split()), done
    # A power failure may leave part of a batch.
    newest = sorted(glob.glob(os.path.join(out, begun[0]["path"], "*.log")))[-1]
    with open(newest, "ab") as f:
        f.write(batches(os.path.join(out, begun[0]["path"]))[-1][1][:40])
    w.driver.do("commit", groups[0], topic, 0, 7, "-", "later")
    had = {n: sum(len(data) for _, data in batches(os.path.join(out, f"broker-{n}", f"{OFFSETS}-{number}"))) for n in [1, 2, 3]}
    before = sent(w, cluster)
    answer = capture(w, out, "--from", "replicas", "--partitions", str(number))
    assert answer["whole"], answer
    again = resent(before, sent(w, cluster), had, answer, cluster)
    assert [c["broker_id"] for c in answer["copies"]] == [1, 2, 3] and all(c["captured_to"] == c["high_watermark"] for c in answer["copies"]), answer
    assert all(c["batches"] > 140 for c in answer["copies"]) and not not_as_on_disk(out, answer["copies"], cluster), answer
    committed = {g: w.driver.committed(g)[f"{topic}-0"] for g in groups}
    assert committed[groups[0]] == (7, -1, "later"), committed
    for broker in [1, 2, 3]:
        assert recovered(os.path.join(out, f"broker-{broker}"), topic) == committed, broker
    return f"stopped at {had} bytes, of which {again} were sent again"


def resent(before, after, had, answer, cluster):
    """{broker id: bytes that a resumed run fetched again}. It has to fetch what its folder lacks, and then the whole log once more, to see that nothing
    changed. Beyond that it may look at a few batches: the log's first, which comes with the high watermark, and to see that the folder is of this log at most
    16 that are spread over it, and its last."""
    again = {}
    for copy in answer["copies"]:
        node = copy["broker_id"]
        log = [len(data) for base, data in batches(disk(cluster.folders[node], copy)) if base < copy["captured_to"]]
        again[node] = after[node] - before[node] - (sum(log) - had[node]) - sum(log)
        assert 0 <= again[node] <= 18 * max(log) < had[node] / 2, (again, had, log, before, after)
    return again


def half_failed(w, cluster):
    """A leader dies while its log is copied: that copy stays partial with the reason, the others are whole. While it's down a new capture has the
    others' logs and names it. As soon as it's back the same command brings the rest, and never calls whole what is behind its leader."""
    topic, groups, number = full(w)
    with cleaners_rest(w):
        return half_failed_while_cleaners_rest(w, cluster, topic, groups, number)


def half_failed_while_cleaners_rest(w, cluster, topic, groups, number):
    out = os.path.join(w.folder, w.name("vanishing"))
    all_in_sync(w)
    config = write_properties(w.folder, "impatient.properties", {"default.api.timeout.ms": 3000, "request.timeout.ms": 3000})
    victim = capture(w, os.path.join(w.folder, w.name("look")), "--partitions", str(number))["partitions"][0]["leader"]
    run = slowly(w, out, number, 150000, "--command-config", config)
    cluster.kill(victim)
    others = [n for n in [1, 2, 3] if n != victim]
    try:
        said, error = run.communicate(timeout=120)
        answer = json.loads(said)
        states = {c["broker_id"]: c["state"] for c in answer["copies"]}
        assert run.returncode == 1 and states == {n: "partial" if n == victim else "whole" for n in [1, 2, 3]}, (states, answer, error)
        [vanished] = [c for c in answer["copies"] if c["state"] == "partial"]
        assert "localhost" in vanished["why"] and vanished["captured_to"] < vanished["high_watermark"], vanished
        # Whole or partial, every copy is its replica's own log as far as it goes; the dead broker's disk is still there.
        assert vanished["batches"] > 0 and not not_as_on_disk(out, answer["copies"], cluster), answer
        wait_for(lambda: str(victim) not in w.driver.do("isr", OFFSETS, number).split(","), 60)
        for n in range(3):
            w.driver.do("commit", groups[0], topic, 0, n, "-", "meanwhile")
        new, answer, whole = same_as_disks(w, cluster, "--partitions", str(number), codes=(1,))
        assert [c["broker_id"] for c in whole] == others and not answer["whole"], answer
        [missing] = [c for c in answer["copies"] if c["state"] != "whole"]
        assert missing["broker_id"] == victim and "down" in missing["why"], missing
        [led] = capture(w, os.path.join(w.folder, w.name("leader")), "--partitions", str(number))["copies"]
        assert led["broker_id"] in others and led["state"] == "whole", led
    finally:
        cluster.start(victim)
    end, tries = leaders_ends(w)[number], 0
    until = time.time() + 60
    while True:
        tries += 1
        for folder in [out, new]:
            answer = capture(w, folder, "--from", "replicas", "--partitions", str(number), codes=(0, 1))
            assert all(c["captured_to"] == end for c in answer["copies"] if c["state"] == "whole"), (end, answer)
        if answer["whole"]:
            break
        assert time.time() < until, answer
    for folder in [out, new]:
        answer = capture(w, folder, "--from", "replicas", "--partitions", str(number))
        assert answer["whole"] and not differences(folder, answer["copies"], cluster, leaders_ends(w)), answer
    return f"{vanished['why']}; {missing['why']}; whole at try {tries}"


def a_leader_moves(w, cluster):
    """Another broker is made the leader while the former one's log is copied: it goes on serving its own, and the copy is that log."""
    _, _, number = full(w)
    with cleaners_rest(w):
        return a_leader_moves_while_cleaners_rest(w, cluster, number)


def a_leader_moves_while_cleaners_rest(w, cluster, number):
    look = capture(w, os.path.join(w.folder, w.name("look")), "--partitions", str(number))["partitions"][0]
    order = sorted(look["replicas"], key=lambda n: n == look["leader"])
    out = os.path.join(w.folder, w.name("moving"))
    end = leaders_ends(w)[number]
    run = slowly(w, out, number, 60000, source="leader")
    w.driver.do("lead", OFFSETS, number, ",".join(map(str, order)))
    assert run.poll() is None, "the capture ended before the leader moved"
    said, error = run.communicate(timeout=120)
    [copy] = json.loads(said)["copies"]
    assert run.returncode == 0 and (copy["broker_id"], copy["state"], copy["captured_to"]) == (look["leader"], "whole", end), (said, error)
    assert not not_as_on_disk(out, [copy], cluster), copy
    [new] = capture(w, os.path.join(w.folder, w.name("look")), "--partitions", str(number))["copies"]
    assert new["broker_id"] == order[0] and new["state"] == "whole", new
    return f"from {look['leader']} to {order[0]}"


def cleaned_between_two_runs(w, cluster):
    """Committed, captured, deleted, and the cleaner takes the commit and what took it back: the same command brings no ghost, and keeps what the
    first one copied, byte for byte."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    (kept, ghost, filler), number = one_shard(w, 3)
    for g in [ghost, kept]:
        w.driver.do("commit", g, topic, 0, 5, "-", "")
    out = os.path.join(w.folder, w.name("ghost"))
    asked = ["--partitions", str(number)]
    all_in_sync(w)
    with cleaners_rest(w):
        [copy] = capture(w, out, *asked)["copies"]
    folder = os.path.join(out, f"broker-{copy['broker_id']}")
    assert copy["state"] == "whole" and {kept, ghost} <= set(recovered(folder, topic)), copy
    first = batches(os.path.join(out, copy["path"]))
    w.driver.do("config", OFFSETS, "delete.retention.ms", 0)
    try:
        w.driver.do("forget", ghost)
        key = struct.pack(">h", len(ghost)) + ghost.encode()

        def cleaned():
            w.driver.do("commit", filler, topic, 0, 1, "-", "x")
            return not any(key in data for _, data in batches(disk(cluster.folders[copy["broker_id"]], copy)))

        wait_for(cleaned, 240, pause=0.5)
    finally:
        w.driver.do("config", OFFSETS, "delete.retention.ms")
    with cleaners_rest(w):
        answer = capture(w, out, *asked, "--from", str(copy["broker_id"]))
        assert answer["whole"] and not not_as_on_disk(out, answer["copies"], cluster), answer
    found = recovered(folder, topic)
    assert ghost not in found and found[kept] == (5, -1, ""), found
    [kept_in] = answer["copies"][0]["earlier"]
    earlier = os.path.join(out, kept_in)
    assert batches(earlier)[:len(first)] == first and {kept, ghost} <= set(recovered(os.path.dirname(earlier), topic)), kept_in
    return f"{copy['batches']} batches, then {answer['copies'][0]['batches']}"


def only_followers_hold_it(w, cluster):
    """The leader's cleaner has taken a deleted group's commits and the tombstones that deleted it; the followers' cleaners slept. Their captures have
    all of it, byte for byte, and the offline program gives it back."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    (kept, ghost, filler), number = one_shard(w, 3)
    out, asked = os.path.join(w.folder, w.name("followers")), ["--partitions", str(number)]
    # The coordinator's broker may hear of the topic later than its creator.
    wait_for(lambda: not w.driver.do("commit", kept, topic, 0, 5, "-", "", fails=True).startswith("err"))
    look = capture(w, os.path.join(w.folder, w.name("look")), *asked)["partitions"][0]
    leader, followers = look["leader"], [n for n in look["replicas"] if n != look["leader"]]
    key = struct.pack(">h", len(ghost)) + ghost.encode()
    all_in_sync(w)
    with cleaners_rest(w):
        # A cleaner that finds nothing to do sleeps for so long: on these brokers from now on for good.
        for node in followers:
            w.driver.do("brokerconfig", node, "log.cleaner.backoff.ms", 10**9)
        time.sleep(2)
    w.driver.do("config", OFFSETS, "delete.retention.ms", 0)
    try:
        for offset, note in [(3, "first"), (7, "last")]:
            w.driver.do("commit", ghost, topic, 0, offset, "-", note)
        w.driver.do("forget", ghost)

        def held(node):
            return any(key in data for _, data in batches(disk(cluster.folders[node], {"topic": OFFSETS, "partition": number})))

        def cleaned():
            w.driver.do("commit", filler, topic, 0, 1, "-", "x")
            return not held(leader)

        wait_for(cleaned, 240, pause=0.5)
        all_in_sync(w)
        with cleaners_rest(w):
            assert all(held(node) for node in followers), "a follower's cleaner was at work"
            answer = capture(w, out, *asked, "--from", "replicas")
            assert answer["whole"] and len(answer["copies"]) == 3 and not not_as_on_disk(out, answer["copies"], cluster), answer
    finally:
        w.driver.do("config", OFFSETS, "delete.retention.ms")
        for node in followers:
            w.driver.do("brokerconfig", node, "log.cleaner.backoff.ms")
    of = {c["broker_id"]: os.path.join(out, c["path"].split("/")[0]) for c in answer["copies"]}
    captured = {node: any(key in data for _, data in batches(os.path.join(of[node], f"{OFFSETS}-{number}"))) for node in of}
    assert captured == {node: node != leader for node in of}, captured
    # Of the leader's alone nothing of the group is left; each follower's, and the three together, give its last commit.
    assert gone(of[leader], ghost) is None and history(of[leader], ghost) == []
    for folder in [*(of[node] for node in followers), out]:
        assert gone(folder, ghost) == (7, "last") and recovered(folder, topic)[kept] == (5, -1, ""), folder
    for node in followers:
        assert history(of[node], ghost) == [("commit", 3), ("commit", 7), ("offset-deleted", 7)], history(of[node], ghost)
    path = os.path.join(w.folder, w.name("document"))
    done = subprocess.run([offline(), "recover", out, "--group", ghost, "--deleted", "-o", path], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done
    with open(path) as f:
        [entry] = json.load(f)["groups"][0]["offsets"]
    assert (entry["topic"], entry["offset"], entry["metadata"], entry["flags"]) == (topic, 7, "last", ["deleted"]), entry
    assert not w.driver.committed(ghost), "the cluster itself knows nothing of it"
    return f"broker {leader} cleaned it, {followers} have it"


def gone(copy, group):
    """(offset, metadata) of a deleted group's only offset, as the offline program reads it from a copy; `None` where it knows no such group."""
    done = subprocess.run([offline(), "groups", "--deleted", "--json", copy], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    offsets = [o for g in json.loads(done.stdout)["groups"] if g["group_id"] == group for o in g["offsets"]]
    assert all("deleted" in o["flags"] for o in offsets) and len(offsets) <= 1, offsets
    return next(((o["offset"], o["metadata"]) for o in offsets), None)


def history(copy, group):
    """What happened to a group's offsets: (event, what was committed or deleted)."""
    done = subprocess.run([offline(), "history", "--json", "--group", group, copy], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [(e["event"], e["previous_offset"] if e["event"] == "offset-deleted" else e["committed_offset"]) for e in events
            if e["event"] in ("commit", "offset-deleted")]


def above_the_high_watermark(w, cluster):
    """Both followers stand still: the leader's log goes on, its high watermark doesn't. The copy ends there and says so; later the rest comes."""
    topic, groups, number = full(w)
    look = capture(w, os.path.join(w.folder, w.name("look")), "--partitions", str(number))["partitions"][0]
    leader, out = look["leader"], os.path.join(w.folder, w.name("above"))
    followers = [n for n in [1, 2, 3] if n != leader]
    asked = ["--partitions", str(number), "--from", str(leader)]
    all_in_sync(w)
    # The others would let every client wait.
    alone = Seeker(w.seeker.binary, f"localhost:{cluster.ports[leader]}", w.folder)
    attached = w.name("attached")
    w.driver.do("attach", attached, groups[0], topic, 0, 2)
    with cleaners_rest(w):
        end = leaders_ends(w)[number]
        cluster.freeze(followers)
        try:
            w.driver.do("send", attached, 3)
            answer = capture(w, out, *asked, seeker=alone)
            said = alone.bare("capture", "-o", out, "--bootstrap-server", alone.bootstrap, *asked)
        finally:
            cluster.thaw(followers)
        [copy] = answer["copies"]
        assert (copy["state"], copy["captured_to"], copy["high_watermark"], copy["leader_high_watermark"]) == ("whole", end, end, end), copy
        logged = batches(disk(cluster.folders[leader], copy))
        assert logged[-1][0] >= end and copy["log_end_offset"] > end, (copy, logged[-1][0])
        assert not not_as_on_disk(out, [copy], cluster), copy
        sentence = f"its log goes on to {copy['log_end_offset']:,}, above its high watermark {end:,}, and can't be fetched from there on"
        assert said.returncode == 0 and sentence in " ".join(said.stdout.split()), said
        wait_for(lambda: w.driver.do("isr", OFFSETS, number, fails=True).count(",") == 2 and leaders_ends(w)[number] >= copy["log_end_offset"], 90)
        answer = capture(w, out, *asked)
        assert not differences(out, answer["copies"], cluster, leaders_ends(w)) and len(logged) <= answer["copies"][0]["batches"], answer
    w.driver.do("stop", attached)
    return f"{end} of {copy['log_end_offset']}"


def throttled(w, cluster):
    """A consumer quota on the brokers: the capture waits as it's told, and is whole."""
    _, _, number = full(w)
    w.driver.do("quota", "lastwrites-seek", 30000)
    try:
        started = time.time()
        answer = capture(w, os.path.join(w.folder, w.name("quota")), "--partitions", str(number))
        seconds = time.time() - started
    finally:
        w.driver.do("quota", "lastwrites-seek", -1)
    [copy] = answer["copies"]
    assert answer["whole"] and copy["captured_to"] == leaders_ends(w)[number], answer
    assert copy["bytes"] > 400000 and seconds > 2, (copy, seconds)
    return f"{copy['bytes']} bytes in {seconds:.1f} s"


def folders_of_others(w, cluster):
    """What capture didn't make it never writes to; what it made for another cluster or topic it refuses."""
    number = shard("anything")
    disks = os.path.join(w.folder, w.name("disks"))
    kept = os.path.join(disks, "broker-1", f"{OFFSETS}-{number}", "00000000000000000000.log")
    os.makedirs(os.path.dirname(kept))
    open(kept, "wb").write(b"evidence")
    connect = ["--bootstrap-server", w.seeker.bootstrap, "--partitions", str(number)]
    done = w.seeker.bare("capture", "-o", disks, *connect)
    assert done.returncode == 2 and "wasn't made by capture" in done.stderr and os.listdir(disks) == ["broker-1"], done
    out = os.path.join(w.folder, w.name("capture"))
    capture(w, out, "--partitions", str(number), "--from", "1")
    os.makedirs(os.path.join(out, "broker-2"))
    open(os.path.join(out, "broker-2", "meta.properties"), "w").write("node.id=2\n")
    done = w.seeker.bare("capture", "-o", out, "--from", "2", *connect)
    assert done.returncode == 2 and "broker-2" in done.stderr, done
    path = os.path.join(out, "capture.json")
    facts = json.load(open(path))
    json.dump({**facts, "cluster_id": "another"}, open(path, "w"))
    done = w.seeker.bare("capture", "-o", out, "--from", "1", *connect)
    assert done.returncode == 2 and "of cluster another" in done.stderr, done
    done = w.seeker.bare("capture", "-o", os.path.join(w.folder, "never"), "--bootstrap-server", w.seeker.bootstrap, "--partitions", "50")
    assert done.returncode == 2 and "doesn't exist: 50 partitions" in done.stderr, done
    done = w.seeker.bare("capture", "-o", os.path.join(w.folder, "never"), "--bootstrap-server", w.seeker.bootstrap, "--topic", "nothing")
    assert done.returncode == 2 and "no topic nothing" in done.stderr, done
    assert not os.path.exists(os.path.join(w.folder, "never"))


CASES = [every_replica_is_as_on_its_disk, killed_and_resumed, a_leader_moves, half_failed, throttled, folders_of_others, cleaned_between_two_runs, above_the_high_watermark,
         only_followers_hold_it]


def rights(w, limited):
    """READ on the topic (which implies DESCRIBE) is enough, and what lacks is named."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1)
    g = w.name("acl")
    w.driver.do("commit", g, topic, 0, 1, "-", "")
    out = os.path.join(w.folder, w.name("rights"))
    number = ["--partitions", str(shard(g))]
    said = capture(w, out, *number, seeker=limited, codes=(2,))
    assert "no DESCRIBE on topic __consumer_offsets" in said and not os.path.exists(out), said
    w.driver.do("acl", "admin", "topic", OFFSETS, "DESCRIBE")
    said = capture(w, out, *number, seeker=limited, codes=(1,))
    assert "no READ on topic __consumer_offsets" in said["copies"][0]["why"], said
    w.driver.do("acl", "admin", "topic", OFFSETS, "READ")
    said = capture(w, out, *number, seeker=limited)
    assert said["whole"] and said["copies"][0]["batches"] > 0, said
    return said["copies"][0]["path"]


def one_broker(w, broker):
    """The same on one broker of any release, with its transaction log into the same folder."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1)
    g = w.name("g")
    w.driver.do("commit", g, topic, 0, 1, "-", "m")
    aborted = w.name("aborted")
    w.driver.do("txn", aborted, g, topic, 0, 3)
    w.driver.do("stop", aborted)
    out = os.path.join(w.folder, w.name("capture"))
    copies = capture(w, out, "--partitions", str(shard(g)))["copies"] + capture(w, out, "--topic", "__transaction_state")["copies"]
    assert all(c["state"] == "whole" for c in copies) and len(copies) == 51
    for copy in copies:
        mine, theirs = batches(os.path.join(out, copy["path"])), batches(disk(broker.folder, copy))
        # The transaction's marker may be written while its partition is captured: it lies above that run's high watermark.
        assert mine == [b for b in theirs if b[0] < copy["high_watermark"]] and len(theirs) - len(mine) <= 1, copy
    return f"{sum(c['batches'] for c in copies)} batches"


def damaged_on_disk(w, broker):
    """Batches whose checksums are wrong on the broker's disk: they come as they are, and what their headers claim ends nothing."""
    topic = w.name("damaged")
    w.driver.do("topic", topic, 1)
    w.driver.do("produce", topic, 0, 300)
    broker.shut_down()
    home = disk(broker.folder, {"topic": topic, "partition": 0})
    [path] = glob.glob(os.path.join(home, "*.log"))
    with open(path, "r+b") as f:
        data = f.read()
        at = {struct.unpack_from(">q", data, at)[0]: at for at in places(data)}
        assert len(at) == 300, len(at)
        # Last offset delta: offsets nobody has, and one below the batch; and a bit of a record.
        for offset, within, value in [(100, 23, b"\x7f\xff\xff\xff"), (200, 23, b"\x80"), (250, 65, bytes([data[at[250] + 65] ^ 1]))]:
            f.seek(at[offset] + within)
            f.write(value)
    broker.start()
    wait_for(lambda: w.driver.do("ends", topic, fails=True) == "300", 60)
    out = os.path.join(w.folder, w.name("capture"))
    answer = capture(w, out, "--topic", topic)
    [copy] = answer["copies"]
    assert (copy["state"], copy["captured_to"], copy["wrong_checksums"]) == ("whole", 300, 3), copy
    assert batches(os.path.join(out, copy["path"])) == batches(home) and len(batches(home)) == 300
    w.driver.do("produce", topic, 0, 20)
    answer = capture(w, out, "--topic", topic)
    assert answer["copies"][0]["captured_to"] == 320 and batches(os.path.join(out, copy["path"])) == batches(home), answer
    said = w.seeker.bare("capture", "-o", out, "--bootstrap-server", w.seeker.bootstrap, "--topic", topic)
    assert "batches with a wrong checksum: 3, kept as the broker sent them" in " ".join(said.stdout.split()), said
    return "300 batches, 3 of them wrong"


def from_capture_to_another_group(w, _):
    """What a capture gives goes the whole way to a new group; a topic that was made anew since is refused, as the capture knew its id."""
    topic, tid = w.topic(9, 9)
    g, new = w.name("captured"), w.name("new")
    w.driver.do("commit", g, topic, 0, 7, 0, "note")
    out = os.path.join(w.folder, w.name("capture"))
    capture(w, out, "--group", g)
    path = os.path.join(w.folder, w.name("document"))
    done = subprocess.run([offline(), "recover", out, "--group", g, "-o", path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    with open(path) as f:
        doc = json.load(f)
    [entry] = doc["groups"][0]["offsets"]
    assert (entry["offset"], entry["leader_epoch"], entry["metadata"], entry["topic_id_at_copy"]) == (7, 0, "note", tid), entry
    # The capture counts the topic's partitions: the one that the group never committed isn't left to auto.offset.reset.
    assert [(m["topic"], m["partition"]) for m in doc["groups"][0]["missing"]] == ([(topic, 1)] if tid else []), doc
    assert not any("higher ones" in warning for warning in doc["groups"][0]["warnings"]) or not tid, doc
    moved = ["--group", g, "--to-group", new]
    assert not tid or refusal(w.plan(doc, *moved)[1]) == {"missing"}
    moved += ["--missing", "leave"]
    assert w.apply(doc, *moved)[0] == 0 and w.driver.committed(new) == {f"{topic}-0": (7, 0, "note")}
    if not tid:
        return "this broker tells no topic ids"
    w.driver.do("drop", topic)
    wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
    wait_for(lambda: not w.driver.do("topic", topic, 2, fails=True).startswith("err"))
    w.driver.do("produce", topic, 0, 9)
    assert refusal(w.plan(doc, "--group", g, "--to-group", w.name("new"), "--missing", "leave")[1]) == {"topic-recreated"}
    # A later run doesn't take the new topic for the one of before: copies may be as old.
    capture(w, out, "--group", g)
    with open(os.path.join(out, "capture.json")) as f:
        assert [(t["topic_id"], t["partitions"]) for t in json.load(f)["topics"] if t["topic"] == topic] == [(tid, 2)]
    return "as far as the refusal"


ONE_BROKER = [one_broker, damaged_on_disk, from_capture_to_another_group]
