"""Rules that need a broker of their own: one with ACLs, one whose group coordinators can't start."""

import os

from cases import refusal
from harness import document, group, offset
from secure import PASSWORD, PLAIN, jaas


def rights(w, sasl_port):
    """A user who may commit but not delete: the way back would be incomplete. Broker with StandardAuthorizer."""
    topic, tid = w.topic(9)
    config = os.path.join(w.folder, "limited.properties")
    with open(config, "w") as f:
        f.write(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={jaas(PLAIN, 'admin', PASSWORD)}\n")
    g = w.name("acl")
    w.driver.do("acl", "admin", "topic", topic, "DESCRIBE")
    w.driver.do("acl", "admin", "group", g, "DESCRIBE")
    full = (w.seeker.bootstrap, w.seeker.config)
    w.seeker.bootstrap, w.seeker.config = f"localhost:{sasl_port}", config
    doc = document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)
    try:
        assert refusal(w.plan(doc)[1]) == {"group-not-allowed", "topic-not-allowed"}
        w.driver.do("acl", "admin", "topic", topic, "READ")
        w.driver.do("acl", "admin", "group", g, "READ")
        assert refusal(w.plan(doc)[1]) == {"rollback-not-allowed"}
        assert w.apply(doc)[0] == 1 and not w.driver.committed(g)
        assert w.apply(doc, "--allow-incomplete-rollback")[0] == 0 and w.driver.committed(g)
        w.driver.do("acl", "admin", "group", g, "DELETE")
        assert w.plan(doc)[0] == 0
        hidden = document([group(w.name("other"), [offset(topic, 0, 5, 0, tid)])], w.cluster)
        assert refusal(w.plan(hidden)[1]) == {"group-not-allowed"}
    finally:
        w.seeker.bootstrap, w.seeker.config = full


def no_coordinator(w):
    """Broker with offsets.topic.replication.factor=3 and no peers: FindCoordinator answers 15 for ever."""
    name = w.name("t")
    w.driver.do("topic", name, 1)
    w.driver.do("produce", name, 0, 9)
    config = os.path.join(w.folder, "patience.properties")
    with open(config, "w") as f:
        f.write("default.api.timeout.ms=2000\n")
    w.seeker.config = config
    groups = [group(w.name("g"), [offset(name, 0, 5)]) for _ in range(3)]
    code, plan = w.plan(document(groups, w.cluster))
    assert code == 1 and refusal(plan) == {"coordinator-down"} and "COORDINATOR_NOT_AVAILABLE" in str(plan), plan
