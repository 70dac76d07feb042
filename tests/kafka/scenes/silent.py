"""KAFKA-20570 on 3.6: the old coordinator swallows the error and serves the partition empty; consumers read everything again, or never read what came."""

import os
import re
import shutil
import time

from broker import Broker
from harness import Driver, wait_for

from .scene import DRIVER, ENDS, GROUP, NAME, NO_CLEANER, OFFSETS_TOPIC, SHARD, Another, diagnosis, put, said, same, topics

RELEASE = "3.6.2"
LATER = 10


def silent(scene):
    home = os.path.join(scene.folder, "broker")
    os.makedirs(home)
    incident, truth = scene.incident("kafka-20570")
    broker = Broker(RELEASE, home, scene.certs, NO_CLEANER)
    try:
        # Members that don't say goodbye are gone soon.
        driver = Driver(broker.libs, DRIVER, {"bootstrap.servers": broker.bootstrap, "session.timeout.ms": 6000}, scene.folder)
        topics(driver)
        another = Another(driver, 1, "classic")
        driver.do("commit", "healthy", "orders", 0, 5, "-", "")
        broker.shut_down()
        put(os.path.join(incident, "broker", NAME), os.path.join(home, "data"))
        # What the log line of the load tells a reader: nothing before it was lost, and what consumers commit after it is of no use.
        scene.before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        broker.start()
        unnoticed(scene, driver, home)
        ends = hit(scene, driver, truth)
        another.goes_on()
        shutil.copytree(os.path.join(home, "data"), os.path.join(scene.folder, "copy"))
        explained(scene, home)

        # What the consumers committed since is the last word of the log, and the offsets before it are listed beside it.
        [later] = scene.recover("copy", {GROUP: ends}, "later.json")["groups"]
        assert all(o["bound"]["skipped_at_most"] is None for o in later["offsets"]), later
        assert any("LW111" in warning for warning in later["warnings"]), later
        as_of = ["--as-of", scene.before]
        from_disk = scene.recover("copy", truth, more=as_of)
        scene.capture(broker.bootstrap)
        same(scene.recover("captured", truth, "captured.json", as_of), from_disk)
        new, read = scene.to_new_group(driver, broker.bootstrap, truth, protocol="classic", ends=ends)
        # The partition takes commits, so the same group can have its offsets back.
        scene.apply(broker.bootstrap, "--group", GROUP)
        resumed = scene.resumes(driver, GROUP, truth, "classic", ends)
        another.untouched(scene)
        again(scene, driver, broker, home, truth, new)
        driver.close()
        return f"{GROUP} had nothing, then read {resumed}; {new} read {read}"
    finally:
        broker.stop()


def unnoticed(scene, driver, home):
    """An error in the broker's log, and none for anyone else: the groups just have no offsets any more."""
    wait_for(lambda: said(home, "Error loading offsets from"), 60)
    assert driver.committed(GROUP) == {} and driver.committed("healthy") == {"orders-0": (5, -1, "")}
    line = said(home, "Error loading offsets from")[0]
    scene.tell("the broker's log", re.search("Error loading offsets from " + NAME, line)[0])
    scene.tell("what the Admin API tells of the groups", f"{GROUP}: no error, no offset; healthy (another partition): orders-0=5")
    # Nothing of it can be deleted.
    assert "GroupIdNotFound" in driver.do("forget", GROUP, fails=True)


def hit(scene, driver, truth):
    """What real consumers of the group make of it, counted. Where they have committed to by the end."""
    repeated = driver.do("drain", GROUP, "classic:earliest", 120, "orders", "payments")
    assert repeated == " ".join(f"{p}=0..{end - 1}/{end}" for p, end in sorted(ENDS.items())), repeated
    scene.tell(f"a Java consumer of {GROUP} with auto.offset.reset=earliest reads",
               f"{repeated}\nread before, and now again: " + " ".join(f"{p}={first}" for p, first in sorted(truth[GROUP].items())))
    driver.do("worker", "at-the-end", GROUP, "classic:latest", 50, "orders", "payments")
    for partition in ENDS:
        topic, number = partition.rsplit("-", 1)
        driver.do("produce", topic, number, LATER)
    ends = {partition: end + LATER for partition, end in ENDS.items()}
    wait_for(lambda: {p: told[3] for p, told in driver.acked("at-the-end").items()} == ends, 60)
    read = driver.acked("at-the-end", "halt")
    assert {p: told[:3] for p, told in read.items()} == {p: (end, end + LATER - 1, LATER) for p, end in ENDS.items()}, read
    assert {p: value[0] for p, value in driver.committed(GROUP).items()} == ends
    scene.tell(f"one with auto.offset.reset=latest, when {LATER} more records have come to each partition",
               " ".join(f"{p}={first}..{last}/{count}" for p, (first, last, count, *_) in sorted(read.items()))
               + "\nnever read: " + " ".join(f"{p}={read[p][0] - first}" for p, first in sorted(truth[GROUP].items())))
    return ends


def explained(scene, home):
    """`diagnose` and `examine` name the record, the cause, the loss and the way out; `playbook` that no move helps."""
    verdict = next(v for v in diagnosis(scene, "copy", RELEASE) if v["view"] == "as-found")
    assert verdict["verdict"] == "loads-empty" and verdict["group_id"] == GROUP, verdict
    with open(os.path.join(home, "Kafka.log"), errors="replace") as f:
        assert verdict["error"] in f.read(), verdict
    scene.examine("copy", "(KAFKA-20570)", "A classic member's subscription bytes say something impossible",
                  f"WHY offset {verdict['offset']}, GroupMetadata: group {GROUP}", verdict["error"],
                  f"the old coordinator swallows the error and serves {OFFSETS_TOPIC}-{SHARD} without its groups",
                  "HELPS A release with the fix", "swallowed the error: stop the consumers before they commit more", "HELPS NOT Deleting the group")
    scene.no_playbook("copy", RELEASE, "1", "serves the partition without its groups", "LOADS EMPTY at offset 0",
                      "Stop the consumers of these groups before they commit more")


def again(scene, driver, broker, home, truth, new):
    """The record stays: the next load is empty again. The new group is elsewhere."""
    loads = len(said(home, "Error loading offsets from"))
    broker.shut_down()
    broker.start()
    wait_for(lambda: len(said(home, "Error loading offsets from")) > loads, 60)
    kept = {partition: value[0] for partition, value in driver.committed(new).items()}
    assert driver.committed(GROUP) == {} and kept == truth[GROUP], kept
    scene.tell("what the Admin API tells after another restart", f"{GROUP}: no error, no offset; {new}: " + " ".join(f"{p}={o}" for p, o in sorted(kept.items())))
