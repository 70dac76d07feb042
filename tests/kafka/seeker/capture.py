"""`capture` against the brokers' own disks: per replica every batch up to the high watermark, byte for byte.

The judge reads `.log` files on its own: 8 bytes base offset, 4 bytes length, that many bytes.
"""

import functools
import glob
import json
import os
import struct
import subprocess
import time

from broker import write_properties
from harness import java_hash, wait_for

OFFSETS = "__consumer_offsets"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
# Segments roll and the cleaner runs all the time, so that replicas differ and logs have gaps.
BUSY = {"log.roll.ms": 1500, "log.cleaner.backoff.ms": 300, "log.cleaner.min.cleanable.ratio": 0.01}


def shard(group):
    return abs(java_hash(group)) % 50


def batches(folder):
    """Whole batches of a folder's `.log` files, in order: (base offset, bytes)."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.log"))):
        with open(path, "rb") as f:
            data = f.read()
        at = 0
        while at + 12 <= len(data):
            base, length = struct.unpack_from(">qi", data, at)
            if length <= 0 or at + 12 + length > len(data):
                break
            found.append((base, data[at:at + 12 + length]))
            at += 12 + length
    return found


def capture(w, out, *arguments, seeker=None, codes=(0,)):
    seeker = seeker or w.seeker
    connect = ["--bootstrap-server", seeker.bootstrap] + (["--command-config", seeker.config] if seeker.config else [])
    done = seeker.bare("capture", "-o", out, "--json", *connect, *arguments)
    assert done.returncode in codes, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else done.stderr


def disk(home, copy):
    return os.path.join(home, "data", f"{copy['topic']}-{copy['partition']}")


def differences(out, copies, cluster):
    """Copies whose batches aren't those of their replica up to the copy's end."""
    wrong = []
    for copy in copies:
        mine = batches(os.path.join(out, copy["path"]))
        theirs = [b for b in batches(disk(cluster.folders[copy["broker_id"]], copy)) if b[0] < copy["high_watermark"]]
        if mine != theirs:
            wrong.append((copy, [b for b, _ in mine][-3:], [b for b, _ in theirs][-3:], len(mine), len(theirs)))
    return wrong


def same_as_disks(w, cluster, *arguments, codes=(0,)):
    """A new capture that is byte-equal to the disks; the cleaner may get in between, so there are some tries."""
    for _ in range(8):
        out = os.path.join(w.folder, w.name("capture"))
        answer = capture(w, out, "--from", "replicas", *arguments, codes=codes)
        whole = [c for c in answer["copies"] if c["state"] == "whole"]
        wrong = differences(out, whole, cluster)
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


def much(w, count):
    """So many groups on one partition with an offset each that no cleaner takes, 3 KB a piece; and that partition."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    groups, number = one_shard(w, count)
    for g in groups:
        w.driver.do("commit", g, topic, 0, 1, "-", "x" * 3000)
    return topic, groups, number


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
    assert again["whole"] and not differences(out, again["copies"], cluster)
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


def half_failed(w, cluster):
    """One broker of three is down: the others' logs are whole, its own is named; when it's back the same command brings the rest."""
    topic = w.name("t")
    w.driver.do("topic", topic, 1, 3)
    groups, number = one_shard(w, 2)
    busy(w, topic, groups, 20)
    cluster.kill(3)
    try:
        wait_for(lambda: "3" not in w.driver.do("insync", OFFSETS).split(), 60)
        busy(w, topic, groups, 5)
        out, answer, whole = same_as_disks(w, cluster, "--partitions", str(number), codes=(1,))
        assert [c["broker_id"] for c in whole] == [1, 2] and not answer["whole"], answer
        [missing] = [c for c in answer["copies"] if c["state"] != "whole"]
        assert missing["broker_id"] == 3 and "down" in missing["why"], missing
        leader = answer["partitions"][0]["leader"]
        assert capture(w, os.path.join(w.folder, w.name("leader")), "--partitions", str(number))["copies"][0]["broker_id"] == leader
    finally:
        cluster.start(3)
    wait_for(lambda: set(w.driver.do("insync", OFFSETS).split()) == {"3"}, 60)
    answer = capture(w, out, "--from", "replicas", "--partitions", str(number))
    assert answer["whole"] and [c["broker_id"] for c in answer["copies"]] == [1, 2, 3], answer
    return missing["why"]


def slowly(w, out, number, rate, *more):
    """A capture of every replica that is under way."""
    run = subprocess.Popen([w.seeker.binary, "capture", "-o", out, "--json", "--bootstrap-server", w.seeker.bootstrap, "--from", "replicas",
                            "--partitions", str(number), "--max-bytes-per-second", str(rate), *more],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    size = lambda: sum(os.path.getsize(p) for p in glob.glob(f"{out}/broker-*/{OFFSETS}-{number}/*.log"))
    wait_for(lambda: size() > 100000 or run.poll() is not None, pause=0.02)
    assert run.poll() is None, run.communicate()
    return run


def killed_and_resumed(w, cluster):
    """Killed in the middle: what is there says that it ends early; a cut batch comes off; the rest follows, byte for byte."""
    topic, groups, number = much(w, 150)
    out = os.path.join(w.folder, w.name("killed"))
    run = slowly(w, out, number, 200000)
    other = w.seeker.bare("capture", "-o", out, "--bootstrap-server", w.seeker.bootstrap, "--partitions", str(number))
    assert other.returncode == 2 and "another run" in other.stderr, other
    run.kill()
    run.communicate()
    with open(os.path.join(out, "capture.json")) as f:
        facts = json.load(f)
    begun = [c for c in facts["copies"] if glob.glob(os.path.join(out, c["path"], "*.log"))]
    assert begun and all(c["state"] == "partial" for c in facts["copies"]), facts
    done = subprocess.run([offline(), "groups", os.path.join(out, begun[0]["path"].split("/")[0])], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "LW112" in done.stdout and "the high watermark is checkpointed at 150, the log ends at" in " ".join(done.stdout.split()), done
    # A power failure may leave part of a batch.
    newest = sorted(glob.glob(os.path.join(out, begun[0]["path"], "*.log")))[-1]
    with open(newest, "ab") as f:
        f.write(batches(os.path.join(out, begun[0]["path"]))[-1][1][:40])
    w.driver.do("commit", groups[0], topic, 0, 7, "-", "later")
    answer = capture(w, out, "--from", "replicas", "--partitions", str(number))
    assert answer["whole"], answer
    # What was fetched before the cleaner came stays; all that the disks have is there, byte for byte.
    for copy in answer["copies"]:
        mine = set(batches(os.path.join(out, copy["path"])))
        theirs = [b for b in batches(disk(cluster.folders[copy["broker_id"]], copy)) if b[0] < copy["high_watermark"]]
        assert len(theirs) > 140 and set(theirs) <= mine and len(mine) <= len(theirs) + 2, (copy, len(mine), len(theirs))
    committed = {g: w.driver.committed(g)[f"{topic}-0"] for g in groups}
    assert committed[groups[0]] == (7, -1, "later"), committed
    for broker in [1, 2, 3]:
        assert recovered(os.path.join(out, f"broker-{broker}"), topic) == committed, broker
    return f"stopped at {sum(c['bytes'] for c in facts['copies'])} bytes noted"


def a_leader_vanishes(w, cluster):
    """A broker dies while its log is copied: that copy stays partial with the reason, the others are whole; later it goes on."""
    topic, groups, number = much(w, 150)
    out = os.path.join(w.folder, w.name("vanishing"))
    config = write_properties(w.folder, "impatient.properties", {"default.api.timeout.ms": 3000, "request.timeout.ms": 3000})
    [facts] = capture(w, os.path.join(w.folder, w.name("look")), "--partitions", str(number))["partitions"]
    run = slowly(w, out, number, 150000, "--command-config", config)
    cluster.kill(facts["leader"])
    try:
        said, error = run.communicate(timeout=120)
        answer = json.loads(said)
        states = {c["broker_id"]: c["state"] for c in answer["copies"]}
        assert run.returncode == 1 and states == {n: "partial" if n == facts["leader"] else "whole" for n in [1, 2, 3]}, (states, error)
        [partial] = [c for c in answer["copies"] if c["state"] == "partial"]
        assert "localhost" in partial["why"] and partial["captured_to"] < partial["high_watermark"], partial
    finally:
        cluster.start(facts["leader"])
    wait_for(lambda: set(w.driver.do("insync", OFFSETS).split()) == {"3"}, 60)
    assert capture(w, out, "--from", "replicas", "--partitions", str(number))["whole"]
    return partial["why"]


def throttled(w, cluster):
    """A consumer quota on the brokers: the capture waits as it's told, and is whole."""
    _, _, number = much(w, 60)
    w.driver.do("quota", "lastwrites-seek", 10000)
    try:
        started = time.time()
        answer = capture(w, os.path.join(w.folder, w.name("quota")), "--partitions", str(number))
        seconds = time.time() - started
    finally:
        w.driver.do("quota", "lastwrites-seek", -1)
    assert answer["whole"], answer
    count = answer["copies"][0]["bytes"]
    assert count > 180000 and seconds > 2, (count, seconds)
    return f"{count} bytes in {seconds:.1f} s"


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


CASES = [every_replica_is_as_on_its_disk, half_failed, killed_and_resumed, a_leader_vanishes, throttled, folders_of_others]


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
        assert batches(os.path.join(out, copy["path"])) == batches(disk(broker.folder, copy)), copy
    return f"{sum(c['batches'] for c in copies)} batches"
