"""A broker killed with -9 in the middle of commits."""

import os
import shutil

from broker import Broker
from harness import Driver, wait_for

from .scene import DRIVER, ENDS, GROUP, SMALL, same, topics

RELEASE = "4.1.2"
WORKERS = ["first", "second", "third"]
# Records between two commits of a worker.
ROUND = 5


def killed(scene):
    home = os.path.join(scene.folder, "broker")
    os.makedirs(home)
    broker = Broker(RELEASE, home, scene.certs, SMALL)
    try:
        driver = Driver(broker.libs, DRIVER, {"bootstrap.servers": broker.bootstrap}, scene.folder)
        topics(driver)
        for worker in WORKERS:
            driver.do("worker", worker, GROUP, "consumer", ROUND, "orders", "payments")
        wait_for(lambda: len(seen(driver)) == 3, 60)
        before = seen(driver)
        wait_for(lambda: all(now[1] > before[p][1] + 100 for p, now in seen(driver).items()), 180, pause=0.05)
        broker.stop()  # SIGKILL
        clients = seen(driver, "halt")
        shutil.copytree(os.path.join(home, "data"), os.path.join(scene.folder, "copy"))
        # The load is not what fails: there is no record, cause or remedy to name.
        scene.examine("copy", "VERDICT Every partition here loads as it lies on every release that knows its records", "No byte is damaged", f"{GROUP} consumer")
        scene.no_playbook("copy", RELEASE, "1", "copy loads as it lies, and no race with the cleaner fails", "take the offsets to a new group")
        from_disk = scene.recover("copy")
        truth = {GROUP: {f"{o['topic']}-{o['partition']}": o["offset"] for o in from_disk["groups"][0]["offsets"]}}
        counted(scene, truth[GROUP], clients)

        broker.processes.clear()
        broker.start()
        # The broker itself, once it has loaded what it finds.
        wait_for(lambda: driver.do("committed", GROUP, fails=True) != "{}", 60)
        assert {partition: value[0] for partition, value in driver.committed(GROUP).items()} == truth[GROUP]
        scene.tell("the broker's own answer, started again", "the recovered offsets")
        scene.capture(broker.bootstrap)
        same(scene.recover("captured", truth, "captured.json"), from_disk)
        new, resumed = scene.to_new_group(driver, broker.bootstrap, truth, fixed=False)
        driver.close()
        return f"read, acknowledged and sent {clients}; {new} read {resumed}"
    finally:
        broker.stop()


def counted(scene, recovered, clients):
    """Against what the clients read, saw acknowledged and sent: no record is left out, and none is read twice but those of a commit under way."""
    assert set(recovered) == set(clients) == set(ENDS), (recovered, clients)
    for partition, (last, acknowledged, sent) in clients.items():
        # A commit that was sent and not acknowledged may be in the log, or not.
        assert recovered[partition] in (acknowledged, sent), (partition, recovered, clients)
        assert sent < ENDS[partition], f"{partition} was read to its end before the kill"
        assert sent <= last + 1 <= sent + ROUND and 0 <= last + 1 - recovered[partition] <= 2 * ROUND, (partition, recovered, clients)
    scene.tell("recovered, against what the clients saw",
               "\n".join(f"{partition} the commit acknowledged last, or the one under way" for partition in sorted(clients)))


def seen(driver, command="acked"):
    """{partition: (record read last, offset acknowledged last, offset sent last)} of the group's members together, who read from the beginning on
    without a gap."""
    told = [entry for worker in WORKERS for entry in driver.acked(worker, command).items()]
    together = {}
    for partition, (first, last, count, acknowledged, sent) in sorted(told, key=lambda entry: entry[1][0]):
        before = together.get(partition, (-1, -1, -1))
        assert first <= before[0] + 1 and count == last - first + 1, told
        together[partition] = max(before[0], last), max(before[1], acknowledged), max(before[2], sent)
    return together
