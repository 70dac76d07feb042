"""KAFKA-19862 on one broker and on three: a shard goes FAILED."""

import json
import os
import re
import shutil
import stat

from broker import Broker, Cluster, jars
from capture import batches, differences
from harness import Driver, wait_for

from . import steps
from .scene import DRIVER, GROUP, NAME, NO_CLEANER, OFFSETS_TOPIC, RECORDS, SHARD, Another, diagnosis, put, said, same, topics

RELEASE = "4.1.0"
# Leaders move when told to. Members that the log still has are gone soon.
QUIET = {**NO_CLEANER, "auto.leader.rebalance.enable": "false", "group.consumer.min.session.timeout.ms": 6000,
         "group.consumer.session.timeout.ms": 6000, "group.consumer.min.heartbeat.interval.ms": 1000, "group.consumer.heartbeat.interval.ms": 1000}
TOOLS = {
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-leader-election.sh": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
}


def stuck(scene, driver):
    """A consumer of the group gets nothing, and NOT_COORDINATOR (16) is what its broker answers."""
    read = driver.do("drain", GROUP, "consumer", 8, "orders", "payments")
    assert read == "", f"a consumer of a FAILED shard read {read}"
    with open(driver.log, errors="replace") as f:
        answers = [line for line in f if f"groupId={GROUP}]" in line and "Received CONSUMER_GROUP_HEARTBEAT response" in line]
    errors = [re.search(r"errorCode=(\d+)", line)[1] for line in answers]
    # COORDINATOR_LOAD_IN_PROGRESS (14) until the load has failed.
    failed = errors[len(errors) - errors[::-1].index("14"):] if "14" in errors else errors
    assert set(errors) <= {"14", "16"} and set(failed) == {"16"} and len(failed) > 2, errors
    scene.tell(f"a Java consumer of {GROUP}, for 8 seconds", "no partition, no record; each CONSUMER_GROUP_HEARTBEAT is answered: errorCode=16 (NOT_COORDINATOR)")


def logged(scene, folder):
    """What the broker says of the load that failed: the line that names the record."""
    wait_for(lambda: said(folder, "Failed to load metadata from"), 60)
    line = said(folder, "Replaying record")[0]
    scene.tell("the broker's log", "... " + line[line.index("from " + NAME):])
    line_after = said(folder, "Failed to load metadata from")[0]
    scene.tell("the broker's log, then", re.search(r"\[GroupCoordinator id=\d+\] Failed to load metadata from " + NAME, line_after)[0])
    return line


def must_fail(scene, line, copy, as_before=None):
    """`diagnose` names the record and the reason that the broker logged."""
    verdict = next(v for v in diagnosis(scene, copy, RELEASE) if v["view"] == "as-found")
    assert verdict["verdict"] == "fails" and verdict["group_id"] == GROUP, verdict
    assert f"at offset {verdict['offset']} " in line and verdict["error"] in line, (verdict, line)
    # Of the same record; a capture has files of its own.
    del verdict["record"]
    assert as_before in (None, verdict), (as_before, verdict)
    return verdict


def examined(scene, copy, verdict):
    """Record, cause and remedy."""
    scene.examine(copy, f"WHY offset {verdict['offset']}: group {GROUP}", verdict["error"].rstrip("."), "(KAFKA-19862)", "raced the log cleaner",
                  "HELPS Let the cleaner's pass over this partition end, then force one reload", "HELPS NOT Deleting the group")


def one(scene):
    home = os.path.join(scene.folder, "broker")
    os.makedirs(home)
    incident, truth = scene.incident("kafka-19862")
    broker = Broker(RELEASE, home, scene.certs, NO_CLEANER)
    try:
        driver = Driver(broker.libs, DRIVER, {"bootstrap.servers": broker.bootstrap}, scene.folder, answers=True)
        topics(driver)
        another = Another(driver, 1)
        driver.do("commit", "healthy", "orders", 0, 5, "-", "")
        broker.shut_down()
        put(os.path.join(incident, "broker", NAME), os.path.join(home, "data"))
        broker.start()

        line = logged(scene, home)
        stuck(scene, driver)
        another.goes_on()
        assert driver.committed("healthy") == {"orders-0": (5, -1, "")}
        shutil.copytree(os.path.join(home, "data"), os.path.join(scene.folder, "copy"))
        verdict = must_fail(scene, line, "copy")
        examined(scene, "copy", verdict)
        scene.no_playbook("copy", RELEASE, "1", "only replica", "Restart broker 1 once its cleaner is done", "take the offsets to a new group")

        from_disk = scene.recover("copy", truth)
        new, resumed = scene.to_new_group(driver, broker.bootstrap, truth)
        scene.capture(broker.bootstrap)
        must_fail(scene, line, "captured", verdict)
        same(scene.recover("captured", truth, "captured.json"), from_disk)
        # The same with nothing but what was captured, to the next free name.
        from_capture, read = scene.to_new_group(driver, broker.bootstrap, truth, "captured.json", place=1)
        another.untouched(scene)
        driver.close()
        return f"{new} read {resumed}; {from_capture}, from the capture, read {read}"
    finally:
        broker.stop()


def tools(scene, release):
    """Kafka's own command-line tools of this release, as its bin folder has them, and ours."""
    libs = jars(release, "kafka_2.13", "kafka-tools")
    folder = os.path.join(scene.folder, "bin")
    os.makedirs(folder)
    for name, main in TOOLS.items():
        path = os.path.join(folder, name)
        with open(path, "w") as f:
            f.write(f'#!/bin/sh\nexec java -Xmx256m -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "{libs}" {main} "$@"\n')
        os.chmod(path, os.stat(path).st_mode | stat.S_IEXEC)
    for name, program in scene.programs.items():
        os.symlink(os.path.abspath(program), os.path.join(folder, name))
    return folder


def three(scene):
    home = os.path.join(scene.folder, "cluster")
    os.makedirs(home)
    incident, truth = scene.incident("kafka-19862")
    cluster = Cluster(RELEASE, home, QUIET)
    try:
        driver = Driver(cluster.libs, DRIVER, {"bootstrap.servers": cluster.bootstrap}, scene.folder, answers=True)
        topics(driver)
        # The incident's commits carry leader epoch 7: a consumer would wait for a leader that has got so far, as the group's own did.
        for topic in RECORDS:
            driver.do("raise", topic, 9)
        driver.do("commit", "healthy", "orders", 0, 5, "-", "")
        another = Another(driver, 3)
        for node in [1, 2, 3]:
            cluster.kill(node)
        for node in [1, 2, 3]:
            put(os.path.join(incident, "broker" if node == 1 else "raw", NAME), os.path.join(cluster.folders[node], "data"))
        for node in [1, 2, 3]:
            cluster.start(node, wait=False)
        environment = {"BOOTSTRAP": cluster.bootstrap, "PATH": tools(scene, RELEASE) + ":" + os.environ["PATH"]}
        open(os.path.join(scene.folder, "client.properties"), "w").close()

        def shell(command, code=(0,)):
            return scene.shell(command, code, environment)

        # Three brokers on a busy machine take their time.
        wait_for(lambda: driver.do("insync", OFFSETS_TOPIC, fails=True).split()[SHARD:SHARD + 1] == ["3"], 240)
        replicas = torn_leads(scene, shell)
        line = logged(scene, cluster.folders[1])
        stuck(scene, driver)
        another.goes_on()
        for node in [1, 2, 3]:
            # Replicas that moved away are deleted meanwhile.
            shutil.copytree(os.path.join(cluster.folders[node], "data"), os.path.join(scene.folder, "copies", f"broker-{node}"),
                            ignore=shutil.ignore_patterns("*-delete"))
        scene.capture(cluster.bootstrap, "--from", "replicas")
        as_on_disks(scene, driver, cluster)
        verdict = must_fail(scene, line, "copies/broker-1")
        examined(scene, "copies", verdict)
        asked = ["--partition", str(SHARD), "--kafka", RELEASE, "--leader", "1", "--brokers", replicas]
        # As a reader has it: which of the copies load.
        scene.run("lastwrites", "diagnose", "--kafka", f"{RELEASE},4.1.2", "--partition", str(SHARD), "copies")
        must_fail(scene, line, "captured/broker-1", verdict)
        for node in [1, 2, 3]:
            from_disk = scene.recover(f"copies/broker-{node}", truth, f"disk-{node}.json")
            same(scene.recover(f"captured/broker-{node}", truth, f"captured-{node}.json"), from_disk)
        new, read = scene.to_new_group(driver, cluster.bootstrap, truth, "disk-1.json")
        scene.run("lastwrites", "playbook", "copies", *asked, "--out", "repair")
        # Its steps name the files that --out makes.
        made = json.loads(scene.run("lastwrites", "playbook", "copies", *asked, "--out", "repair-as-json", "--json"))
        assert made["possible"] and not made["deletion"]["needed"], made
        printed = scene.shell("cat repair/playbook.txt")
        again = json.loads(scene.run("lastwrites", "playbook", "captured", *asked, "--json"))
        assert [(b["broker_id"], b["place"], b["verdict"]) for b in again["brokers"]] == [(b["broker_id"], b["place"], b["verdict"]) for b in made["brokers"]]
        another.goes_on()
        result = steps.follow(scene, driver, shell, cluster.folders[1], made, printed, truth)
        another.untouched(scene)
        driver.close()
        return f"{new} read {read}; {result}"
    finally:
        cluster.stop()


def as_on_disks(scene, driver, cluster):
    """What a FAILED coordinator's cluster serves of each replica is byte for byte that replica's own log: as it lies, and as it was copied before."""
    home = os.path.join(scene.folder, "captured")
    with open(os.path.join(home, "capture.json")) as f:
        copies = json.load(f)["copies"]
    assert [(c["broker_id"], c["state"]) for c in copies] == [(node, "whole") for node in [1, 2, 3]], copies
    wrong = differences(home, copies, cluster, [int(end) for end in driver.do("ends", OFFSETS_TOPIC).split()])
    assert not wrong, wrong
    found = {}
    for copy in copies:
        found[copy["broker_id"]] = mine = batches(os.path.join(home, copy["path"]))
        copied = batches(os.path.join(scene.folder, "copies", f"broker-{copy['broker_id']}", NAME))
        assert mine and mine == [batch for batch in copied if batch[0] < copy["captured_to"]], (copy, len(mine), len(copied))
    # The torn one is told apart.
    assert found[1] != found[2] == found[3]
    scene.tell("what was captured, against each broker's own disk",
               "\n".join(f"broker {node}: every batch up to the high watermark is the same, byte for byte" for node in found))


def torn_leads(scene, shell):
    """Makes the broker with the torn copy the leader; the replica list, in an order of its own each time, is as here from then on."""
    describe = f"kafka-topics.sh --bootstrap-server $BOOTSTRAP --describe --topic {OFFSETS_TOPIC} | grep -w 'Partition: {SHARD}'"
    order = [1, 2, 3]
    # Once away and back: whoever leads now, broker 1 loads the partition anew.
    for first in [order[1:] + [1], order]:
        for name, content in [("lead.json", {"version": 1, "partitions": [{"topic": OFFSETS_TOPIC, "partition": SHARD, "replicas": first}]}),
                              ("elect.json", {"partitions": [{"topic": OFFSETS_TOPIC, "partition": SHARD}]})]:
            with open(os.path.join(scene.folder, name), "w") as f:
                json.dump(content, f)
        shell("kafka-reassign-partitions.sh --bootstrap-server $BOOTSTRAP --execute --reassignment-json-file lead.json")

        def leads():
            shell("kafka-leader-election.sh --bootstrap-server $BOOTSTRAP --election-type preferred --path-to-json-file elect.json", (0, 1))
            return f"Leader: {first[0]}" in shell(describe)

        wait_for(leads, 120, pause=1)
    return ",".join(map(str, order))
