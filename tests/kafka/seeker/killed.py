"""Stops the seeker, or its connection, at every single request: each partition has its old or its new offset, and there is a way back.

The proxy sits on a listener of its own that advertises the proxy's port, so every request of the seeker passes it.
"""

import json
import os
import subprocess
import threading

from harness import document, group, offset, wait_for
from proxy import OFFSET_COMMIT

BEFORE, AFTER, CUT = "killed before request", "killed after request", "connection cut after request"


class Scene:
    """Two groups over one topic: one has an offset on partition 0 and none elsewhere, the other has nothing."""

    def __init__(self, w, topic, tid):
        self.w, self.topic = w, topic
        self.groups = [w.name("k"), w.name("k")]
        w.driver.do("commit", self.groups[0], topic, 0, 2, "-", "old")
        self.old = [{f"{topic}-0": (2, -1, "old")}, {}]
        self.new = {f"{topic}-{p}": (7, 0 if tid else -1, "m") for p in range(3)}
        doc = document([group(g, [offset(topic, p, 7, 0, tid, "m") for p in range(3)]) for g in self.groups], w.cluster)
        self.path = w.seeker.file(doc)
        self.rollback = os.path.join(w.folder, w.name("killed") + ".json")

    def committed(self):
        return [self.w.driver.committed(g) for g in self.groups]

    def each_is_old_or_new(self):
        found = self.committed()
        for have, old in zip(found, self.old):
            for partition, new in self.new.items():
                assert have.get(partition) in (old.get(partition), new), (found, self.old, self.new)
        return found

    def take_back(self, *files):
        for path in files:
            code, answer = self.w.seeker.json("rollback", path, "--execute")
            assert code == 0, answer
        assert self.committed() == self.old


def stopped_run(w, proxy, mode, number, command, path, *args):
    """Runs the seeker through the proxy and stops it at a request. (whether it came to that, how it ended, what it said)"""
    fired = threading.Event()
    started = threading.Event()
    process = None

    def hook(count, _, forward):
        started.wait()
        if count != number:
            # What other threads still send after the end is dropped.
            return None if fired.is_set() and mode != CUT else forward()
        answer = None if mode == BEFORE else forward()
        fired.set()
        if mode != CUT:
            process.kill()
        return None

    proxy.reset(hook)
    process = subprocess.Popen([w.seeker.binary, command, path, "--execute", "--json", *args, "--bootstrap-server", f"localhost:{proxy.port}"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started.set()
    out, error = process.communicate(timeout=60)
    proxy.reset()
    return fired.is_set(), process.returncode, out, error


def apply_at_every_request(w, proxy, modes=(BEFORE, AFTER, CUT)):
    topic, tid = w.topic(30, 30, 30)
    told = {}
    for mode in modes:
        number, stopped = 0, True
        while stopped:
            number += 1
            scene = Scene(w, topic, tid)
            stopped, code, out, error = stopped_run(w, proxy, mode, number, "apply", scene.path, "--rollback-file", scene.rollback)
            found = scene.each_is_old_or_new()
            if found != scene.old:
                assert os.path.exists(scene.rollback), (mode, number, "written without a rollback file")
            if mode == CUT or not stopped:
                reported_truly(scene, found, code, out, error)
            if os.path.exists(scene.rollback):
                json.load(open(scene.rollback))
                again = scene.rollback.replace(".json", "-2.json")
                if number % 2:
                    # It can also be taken forward, and back from there with both files.
                    assert w.seeker.json("apply", scene.path, "--execute", "--rollback-file", again)[0] == 0
                    assert scene.committed() == [scene.new, scene.new]
                scene.take_back(*[path for path in (again, scene.rollback) if os.path.exists(path)])
        told[mode] = number - 1
    return str(told)


def reported_truly(scene, found, code, out, error):
    """What a seeker that lived says about each partition is what the broker has."""
    assert code in (0, 1, 2), (code, error)
    if code == 2:
        assert error.startswith("lastwrites-seek: ") or "\nlastwrites-seek: " in error, error
        assert found == scene.old, "stopped with an error after writing"
        return
    for g, have in zip(json.loads(out).get("groups", []), found):
        for p in g["partitions"]:
            name = f"{p['topic']}-{p['partition']}"
            is_new = have.get(name) == scene.new[name]
            assert p["outcome"] == "unknown" or (p["outcome"] == "done") == is_new, (p, have)


def rollback_at_every_request(w, proxy, modes=(BEFORE, AFTER)):
    topic, tid = w.topic(30, 30, 30)
    told = {}
    for mode in modes:
        number, stopped = 0, True
        while stopped:
            number += 1
            scene = Scene(w, topic, tid)
            assert w.seeker.json("apply", scene.path, "--execute", "--rollback-file", scene.rollback)[0] == 0
            stopped, *_ = stopped_run(w, proxy, mode, number, "rollback", scene.rollback)
            scene.each_is_old_or_new()
            scene.take_back(scene.rollback)
        told[mode] = number - 1
    return str(told)


def a_consumer_joins_at_the_last_moment(w, proxy):
    """Between the second look and the commit: the broker's UNKNOWN_MEMBER_ID is the last guard, and is explained."""
    topic, tid = w.topic(9)
    g = w.name("late")

    def hook(_, api_key, forward):
        if api_key == OFFSET_COMMIT:
            w.driver.do("consumer", "late", g, "classic", topic)
        return forward()

    proxy.reset(hook)
    path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
    try:
        done = through(w, proxy, "apply", path, "--execute")
        assert done.returncode == 1 and "UNKNOWN_MEMBER_ID (25)" in done.stdout and "stop it and run this again" in flat(done.stdout), done.stdout
        assert not w.driver.committed(g)
    finally:
        proxy.reset()
        w.driver.do("stop", "late")
    wait_for(lambda: w.plan(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))[0] == 0)


def half_of_a_commit(w, proxy):
    """Commits are not atomic: a topic that goes between the second look and the commit takes its partition along, the other is written."""
    topic, tid = w.topic(9)
    other, other_id = w.topic(9)
    g = w.name("half")
    dropped = []

    def hook(number, api_key, forward):
        if api_key == OFFSET_COMMIT and not dropped:
            dropped.append(w.driver.do("drop", other))
            wait_for(lambda: w.driver.do("describe", other, fails=True).startswith("err"))
        return forward()

    doc = document([group(g, [offset(topic, 0, 5, 0, tid), offset(other, 0, 5, 0, other_id)])], w.cluster)
    rollback = os.path.join(w.folder, w.name("half") + ".json")
    proxy.reset(hook)
    try:
        done = through(w, proxy, "apply", w.seeker.file(doc), "--execute", "--rollback-file", rollback)
    finally:
        proxy.reset()
    said = flat(done.stdout)
    assert done.returncode == 1 and f"{g}: 1 of 2 offsets written" in said and f"{other} 0: not done: UNKNOWN_TOPIC_OR_PARTITION (3)" in said, done.stdout
    assert set(w.driver.committed(g)) == {f"{topic}-0"}
    w.seeker.json("rollback", rollback, "--execute")
    assert not w.driver.committed(g)


def a_topic_created_again_at_the_last_moment(w, proxy):
    """Commits name topics, not ids: the new topic of the same name takes the offset. The look afterwards tells."""
    topic, tid = w.topic(9)
    if not tid:
        return "this broker tells no topic ids"
    g = w.name("swapped")
    done = []

    def hook(number, api_key, forward):
        if api_key == OFFSET_COMMIT and not done:
            done.append(w.driver.do("drop", topic))
            wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
            wait_for(lambda: not w.driver.do("topic", topic, 1, fails=True).startswith("err"))
        return forward()

    proxy.reset(hook)
    try:
        ended = through(w, proxy, "apply", w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)), "--execute")
    finally:
        proxy.reset()
    assert ended.returncode == 1 and "deleted or created again at the same moment: use rollback" in flat(ended.stdout), ended.stdout


def a_busy_topic(w, proxy):
    """Records arrive between the plan and the commit: an end of the log the operator asked for is still written as planned."""
    topic, tid = w.topic(9, 9)
    g = w.name("busy")

    def hook(number, api_key, forward):
        w.driver.do("produce", topic, 1, 1)
        return forward()

    doc = document([group(g, [offset(topic, 0, 5, 0, tid)], [(topic, 1)])], w.cluster)
    proxy.reset(hook)
    try:
        done = through(w, proxy, "apply", w.seeker.file(doc), "--execute", "--missing", "latest", "--json")
    finally:
        proxy.reset()
    plan = json.loads(done.stdout)["plan"]["groups"][0]["partitions"][1]
    assert done.returncode == 0 and w.driver.committed(g)[f"{topic}-1"][0] == plan["set_to"]["offset"], done.stdout


def changed_since_the_plan(w, proxy):
    """Someone else commits between the plan and the second look: nothing is written over it."""
    topic, tid = w.topic(9)
    g = w.name("raced")
    w.driver.do("commit", g, topic, 0, 1, "-", "")
    path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
    seen = []

    def hook(number, api_key, forward):
        seen.append(api_key)
        if api_key == 9 and seen.count(9) == 2:
            w.driver.do("commit", g, topic, 0, 3, "-", "")
        return forward()

    proxy.reset(hook)
    try:
        done = through(w, proxy, "apply", path, "--execute")
    finally:
        proxy.reset()
    assert done.returncode == 1 and "changed since the plan" in flat(done.stdout), done.stdout
    assert w.driver.committed(g)[f"{topic}-0"][0] == 3


def through(w, proxy, command, path, *args):
    return subprocess.run([w.seeker.binary, command, path, "--bootstrap-server", f"localhost:{proxy.port}", *args],
                          capture_output=True, text=True, timeout=120)


def flat(text):
    return " ".join(text.split())


def run(w, proxy, quick):
    """Name and case of everything here. Quickly: one way to stop instead of three."""
    first = (AFTER,) if quick else (BEFORE, AFTER, CUT)
    yield "killed_at_every_request", lambda: apply_at_every_request(w, proxy, first)
    yield "rollback_killed_at_every_request", lambda: rollback_at_every_request(w, proxy, first[:2])
    yield "a_consumer_joins_at_the_last_moment", lambda: a_consumer_joins_at_the_last_moment(w, proxy)
    yield "changed_since_the_plan", lambda: changed_since_the_plan(w, proxy)
    yield "half_of_a_commit", lambda: half_of_a_commit(w, proxy)
    yield "a_topic_created_again_at_the_last_moment", lambda: a_topic_created_again_at_the_last_moment(w, proxy)
    yield "a_busy_topic", lambda: a_busy_topic(w, proxy)
