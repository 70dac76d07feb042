"""The playbook's steps, carried out as a reader has them: from the printed text, every command of every step that applies."""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from harness import wait_for

from .scene import GROUP, said

# What kafka-consumer-groups --describe prints of a FAILED shard: nobody who answers for the group, until its time is over.
NOBODY = re.compile(r"^Error: Executing consumer group command failed due to org\.apache\.kafka\.common\.errors\."
                    r"(TimeoutException: .*describeConsumerGroups|CoordinatorNotAvailableException: )", re.MULTILINE)
STATE = re.compile(r"^GROUP +COORDINATOR \(ID\)", re.MULTILINE)


def printed_steps(text):
    """{title: (commands, the step's prose in one line)} of a playbook's text."""
    steps = {}
    for line in text.splitlines():
        if title := re.match(r"\d+\. (.*)", line):
            commands, prose = steps.setdefault(title[1], ([], []))
        elif not line.startswith("   "):
            # Before the first step, and what follows the last.
            commands, prose = [], []
        elif line.startswith("     ") and prose[-1:] and not prose[-1].startswith(("   STOP", "   Go on", "     ")):
            commands.append(line.strip())
        else:
            prose.append(line)
    return {title: (commands, " ".join(" ".join(prose).split())) for title, (commands, prose) in steps.items()}


def follow(scene, driver, shell, leader, made, printed, truth):
    """Heals the groups, goes back, and heals them again. `leader` is the folder of the broker with the torn copy."""
    steps = printed_steps(printed)
    assert [(title, commands) for title, (commands, _) in steps.items()] == [(s["title"], s["commands"]) for s in made["steps"]], steps
    shutil.copy(os.path.join(scene.folder, "client.properties"), os.path.join(scene.folder, "repair"))

    def step(start):
        title = next(title for title in steps if title.startswith(start))
        return ["cd repair && " + command for command in steps[title][0]], steps[title][1]

    def checks(commands):
        """What the state commands print, side by side: each waits for its own timeout. One for each group of the shard."""
        assert len(commands) == len(truth) > 1 and all(any(f"--group {group}" in c for c in commands) for group in truth), commands
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda command: shell(command, (0, 1)), commands))

    def fails(commands, loads):
        """No group can be described, and the broker has logged one more load that failed."""
        assert all(NOBODY.search(text) and not STATE.search(text) for text in checks(commands))
        wait_for(lambda: len(said(leader, "Failed to load metadata from")) >= loads, 10)

    def reloads(broker):
        commands, prose = step(f"Reload on broker {broker}")
        move, state = commands[:-len(truth)], commands[-len(truth):]
        for command in move:
            shell(command)
        for text in checks(state):
            assert STATE.search(text) and f"({broker})" in text and not NOBODY.search(text), text
        whole(driver, truth)
        # The comparison that the step's last lines give.
        compare = re.search(r'Compare: (lastwrites-seek verify .* client\.properties)\. ', prose)[1]
        assert f"all {sum(map(len, truth.values()))} offsets as written" in shell("cd repair && " + compare)

    [in_sync], _ = step("Every replica in sync")

    def ready():
        """On a busy machine a replica may be out for a moment."""
        line = shell(in_sync)
        return "Leader: 1" in line and sorted(re.search(r"Isr: ([\d,]+)", line)[1].split(",")) == ["1", "2", "3"]

    wait_for(ready, 60, pause=2)
    [saved], _ = step("The offsets are saved")
    offsets = {}
    for entry in json.loads(shell(saved)):
        offsets.setdefault(entry["group_id"], {})[f"{entry['topic']}-{entry['partition']}"] = entry["offset"]
    assert offsets == truth, offsets
    failed = len(said(leader, "Failed to load metadata from"))
    assert failed > 0
    fails(step("Still FAILED")[0], failed)

    first, second = sorted((b for b in made["brokers"] if b["place"]), key=lambda b: b["place"])
    assert 1 not in (first["broker_id"], second["broker_id"]) and first["verdict"] == second["verdict"] == "loads", made["brokers"]
    reloads(first["broker_id"])
    # The way back: broker 1's copy is still torn, and the playbook said so; then forward, this time to the other broker.
    commands, _ = step("Rollback")
    for command in commands[:-len(truth)]:
        shell(command)
    fails(commands[-len(truth):], failed + 1)
    assert "Leader: 1" in shell(in_sync)
    reloads(second["broker_id"])
    restored(scene, driver, shell, truth)
    # The members in the log are gone; their session ends before the new one gets everything.
    resumed = scene.resumes(driver, GROUP, truth)
    return f"healed on broker {first['broker_id']}, back, and on {second['broker_id']}; restored, {GROUP} read {resumed}"


def restored(scene, driver, shell, truth):
    """Offsets that somebody took from the healed group meanwhile come back from the playbook's own document."""
    [moved, gone], admin = ["orders", "payments"], 'kafka-consumer-groups.sh --bootstrap-server "$BOOTSTRAP" --command-config client.properties'
    reset = f"cd repair && {admin} --reset-offsets --to-earliest --execute --group {GROUP} --topic {moved}"
    # Kafka does neither as long as a member that is in the log counts.
    wait_for(lambda: len(re.findall(rf"^{GROUP} +{moved} +\d +0 *$", shell(reset, (0, 1)), re.MULTILINE)) == 2, 90, pause=2)
    wait_for(lambda: driver.do("forget", GROUP, gone, 0, fails=True) == "", 60)
    left = " ".join(f"{partition}={value[0]}" for partition, value in sorted(driver.committed(GROUP).items()))
    assert left == f"{moved}-0=0 {moved}-1=0", left
    scene.tell(f"an admin has deleted the group's offset of {gone}, too: what it has left", left)
    connect = 'offsets.json --bootstrap-server "$BOOTSTRAP" --command-config client.properties'
    assert "moved back" in shell(f"cd repair && lastwrites-seek verify {connect} --group {GROUP}", (1,))
    shell(f"cd repair && lastwrites-seek apply {connect} --execute --group {GROUP}")
    whole(driver, truth)


def whole(driver, truth):
    for group in truth:
        found = {partition: value[0] for partition, value in driver.committed(group).items()}
        assert found == truth[group], (group, found)
