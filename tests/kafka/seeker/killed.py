"""Stops the seeker, or its connection, at every single request: each partition has its old or its new offset, and there is a way back.

The proxy sits on a listener of its own that advertises the proxy's port, so every request of the seeker passes it.
"""

import json
import os
import struct
import subprocess
import threading
import time

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
                reported_truly(scene, found, code, out, error, json.loads(out).get("groups", []) if code != 2 else [], scene.new)
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


def reported_truly(scene, found, code, out, error, groups, *wanted):
    """What a seeker that lived says about each partition is what the broker has; wanted: by partition, for each group or for all."""
    assert code in (0, 1, 2), (code, error)
    if code == 2:
        assert error.startswith("lastwrites-seek: ") or "\nlastwrites-seek: " in error, error
        assert found in (scene.old, [scene.new] * 2), "stopped with an error after writing"
        return
    wanted = wanted if len(wanted) > 1 else wanted * 2
    said = set()
    for g in groups:
        at = scene.groups.index(g["group_id"])
        for p in g["partitions"]:
            name = f"{p['topic']}-{p['partition']}"
            as_wanted = found[at].get(name) == wanted[at].get(name)
            assert p["outcome"] == "unknown" or (p["outcome"] == "done") == as_wanted, (p, found)
            said.add(p["outcome"])
    # 0 only where all is as wanted; 1 also where the first look already refused what it couldn't see.
    assert code == 1 or said <= {"done"}, (code, said)


def rollback_at_every_request(w, proxy, modes=(BEFORE, AFTER, CUT)):
    topic, tid = w.topic(30, 30, 30)
    told = {}
    for mode in modes:
        number, stopped = 0, True
        while stopped:
            number += 1
            scene = Scene(w, topic, tid)
            assert w.seeker.json("apply", scene.path, "--execute", "--rollback-file", scene.rollback)[0] == 0
            stopped, code, out, error = stopped_run(w, proxy, mode, number, "rollback", scene.rollback)
            found = scene.each_is_old_or_new()
            if mode == CUT or not stopped:
                groups = json.loads(out)["outcomes"] if code != 2 else []
                assert code == 2 or sum(len(g["partitions"]) for g in groups) == 6, "every partition has an outcome"
                reported_truly(scene, found, code, out, error, groups, *scene.old)
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


def a_coordinator_that_moves_for_a_moment(w, proxy):
    """An OffsetCommit answered with NOT_COORDINATOR is sent again, but never over a commit that came meanwhile."""
    topic, tid = w.topic(9)
    for somebody in (False, True):
        g = w.name("moves")
        answered = []

        def hook(_, api_key, forward):
            if api_key != OFFSET_COMMIT or answered:
                return forward()
            answered.append(True)
            if somebody:
                w.driver.do("commit", g, topic, 0, 3, "-", "theirs")
            return NOT_COORDINATOR

        rollback = os.path.join(w.folder, w.name("moves") + ".json")
        path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
        proxy.reset(rewriting(hook, topic))
        try:
            done = through(w, proxy, "apply", path, "--execute", "--rollback-file", rollback)
        finally:
            proxy.reset()
        sent = [line for line in map(json.loads, open(rollback + ".requests.jsonl")) if "request" in line]
        if somebody:
            assert done.returncode == 1 and "changed by others: the group has 3 now" in flat(done.stdout), done.stdout
            assert w.driver.committed(g)[f"{topic}-0"] == (3, -1, "theirs") and len(sent) == 1, sent
        else:
            assert done.returncode == 0 and w.driver.committed(g)[f"{topic}-0"][0] == 5 and len(sent) == 2, (done.stdout, sent)


NOT_COORDINATOR = object()


def rewriting(hook, topic):
    """The hook, with NOT_COORDINATOR made into an answer to OffsetCommit v8/v9 for partition 0 of the topic."""
    def inner(number, api_key, forward):
        answer = hook(number, api_key, forward)
        if answer is not NOT_COORDINATOR:
            return answer
        name = topic.encode()
        body = bytes(4) + bytes([2, len(name) + 1]) + name + bytes([2]) + bytes(4) + struct.pack(">h", 16) + bytes(3)
        answered = forward.request[8:12] + bytes(1) + body
        return struct.pack(">i", len(answered)) + answered
    return inner


def a_rollback_raced(w, proxy):
    """Between the two looks of a rollback someone commits, or joins: it isn't DONE, and says why."""
    topic, tid = w.topic(9)
    for joins in (False, True):
        g = w.name("back")
        rollback = os.path.join(w.folder, w.name("back") + ".json")
        path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
        assert w.seeker.json("apply", path, "--execute", "--rollback-file", rollback)[0] == 0
        fetched = []

        def hook(_, api_key, forward):
            answer = forward()
            if api_key == 9:
                fetched.append(True)
                if len(fetched) == 1:
                    w.driver.do(*(["consumer", "back", g, "classic", topic] if joins else ["commit", g, topic, 0, 7, "-", ""]))
            return answer

        proxy.reset(hook)
        try:
            done = through(w, proxy, "rollback", rollback, "--execute")
        finally:
            proxy.reset()
            if joins:
                w.driver.do("stop", "back")
        said = flat(done.stdout)
        assert done.returncode == 1 and "NOT EVERYTHING WAS TAKEN BACK" in said and "changed since the first look" in said, done.stdout
        if not joins:
            assert w.driver.committed(g)[f"{topic}-0"][0] == 7


def silence_is_no_answer(w, proxy):
    """An OffsetFetch that leaves the partition out must not pass for "no offset": a rollback of that would delete one."""
    topic, tid = w.topic(9)
    g = w.name("silent")
    w.driver.do("commit", g, topic, 0, 4, "-", "")
    proxy.reset(fetching_nothing(g, 0))
    try:
        done = through(w, proxy, "apply", w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)), "--execute", "--json")
    finally:
        proxy.reset()
    plan = (json.loads(done.stdout)["plan"])["groups"][0]
    assert done.returncode == 1 and [r["code"] for r in plan["refusals"]] == ["group-unexamined"], done.stdout
    assert f"says nothing about {topic}-0" in plan["refusals"][0]["text"] and plan["partitions"][0]["present"] is None, plan
    assert w.driver.committed(g)[f"{topic}-0"][0] == 4


def a_coordinator_that_goes_on_loading(w, proxy):
    """COORDINATOR_LOAD_IN_PROGRESS to every OffsetFetch: waited for as long as default.api.timeout.ms says, then refused."""
    topic, tid = w.topic(9)
    g = w.name("loading")
    config = os.path.join(w.folder, "impatient.properties")
    with open(config, "w") as f:
        f.write("default.api.timeout.ms=2000\n")
    proxy.reset(fetching_nothing(g, 14))
    started = time.time()
    try:
        done = through(w, proxy, "apply", w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)), "--execute", "--json", "--command-config", config)
    finally:
        proxy.reset()
    plan = json.loads(done.stdout)["plan"]["groups"][0]
    assert done.returncode == 1 and [r["code"] for r in plan["refusals"]] == ["coordinator-down"], done.stdout
    assert "COORDINATOR_LOAD_IN_PROGRESS (14)" in plan["refusals"][0]["text"] and 1 < time.time() - started < 15, plan
    assert not w.driver.committed(g)


def fetching_nothing(g, code):
    """Answers OffsetFetch v7 to v9 of the group without a partition and with this error."""
    def hook(_, api_key, forward):
        if api_key != 9:
            return forward()
        request = forward.request
        name, version, error = g.encode(), struct.unpack(">h", request[6:8])[0], struct.pack(">h", code)
        body = bytes([1]) + error + bytes(1) if version < 8 else bytes([2, len(name) + 1]) + name + bytes([1]) + error + bytes(2)
        answered = request[8:12] + bytes(5) + body
        return struct.pack(">i", len(answered)) + answered
    return hook


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
    rollback = os.path.join(w.folder, g + ".json")
    done = []

    def hook(number, api_key, forward):
        if api_key == OFFSET_COMMIT and not done:
            done.append(w.driver.do("drop", topic))
            wait_for(lambda: w.driver.do("describe", topic, fails=True).startswith("err"))
            wait_for(lambda: not w.driver.do("topic", topic, 1, fails=True).startswith("err"))
            # The controller has it; the broker that takes the commit hears of it a moment later.
            wait_for(lambda: not w.driver.do("describe", topic, fails=True).startswith("err"))
        return forward()

    proxy.reset(hook)
    try:
        path = w.seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster))
        ended = through(w, proxy, "apply", path, "--execute", "--rollback-file", rollback)
    finally:
        proxy.reset()
    assert ended.returncode == 1 and "deleted or created again at the same moment: rollback --allow-topic-recreated" in flat(ended.stdout), ended.stdout
    # As advised: the offset that the new topic took by accident goes away again.
    code, answer = w.seeker.json("rollback", rollback, "--execute")
    assert code == 1 and "topic-recreated" in str(answer), answer
    code, answer = w.seeker.json("rollback", rollback, "--execute", "--allow-topic-recreated")
    assert code == 0 and not w.driver.committed(g), answer


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
    yield "rollback_killed_at_every_request", lambda: rollback_at_every_request(w, proxy, (CUT,) if quick else (BEFORE, AFTER, CUT))
    yield "a_coordinator_that_moves_for_a_moment", lambda: a_coordinator_that_moves_for_a_moment(w, proxy)
    yield "a_rollback_raced", lambda: a_rollback_raced(w, proxy)
    yield "silence_is_no_answer", lambda: silence_is_no_answer(w, proxy)
    yield "a_coordinator_that_goes_on_loading", lambda: a_coordinator_that_goes_on_loading(w, proxy)
    yield "a_consumer_joins_at_the_last_moment", lambda: a_consumer_joins_at_the_last_moment(w, proxy)
    yield "changed_since_the_plan", lambda: changed_since_the_plan(w, proxy)
    yield "half_of_a_commit", lambda: half_of_a_commit(w, proxy)
    yield "a_topic_created_again_at_the_last_moment", lambda: a_topic_created_again_at_the_last_moment(w, proxy)
    yield "a_busy_topic", lambda: a_busy_topic(w, proxy)
