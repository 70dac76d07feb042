"""Every right the seeker needs, one at a time, on a broker with Kafka's own authorizer: what lacks is named before anything is written."""

import os

import capture
from broker import write_properties
from cases import refusal
from harness import Seeker, document, group, offset
from secure import PASSWORD, PLAIN, jaas


def broker_settings(release):
    authorizer = "kafka.security.authorizer.AclAuthorizer" if release.startswith("2.") else "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    return {"authorizer.class.name": authorizer, "super.users": "User:ANONYMOUS"}


def limited(w, sasl_port):
    """The seeker as a user who has no rights but those granted to `admin`."""
    settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.jaas.config": jaas(PLAIN, "admin", PASSWORD)}
    return Seeker(w.seeker.binary, f"localhost:{sasl_port}", w.folder, write_properties(w.folder, "limited.properties", settings))


def each_right(w, ports, certs):
    """Rights on group and topic, the refusal that follows, and the right its sentence names."""
    seeker = limited(w, ports["SASL_PLAINTEXT"])
    every = ["READ", "DELETE"]
    tried = [
        ([], [], {"group-not-allowed", "topic-not-allowed"}, "DESCRIBE on topic"),
        ([], ["READ"], {"group-not-allowed"}, "GROUP_AUTHORIZATION_FAILED"),
        (["DESCRIBE"], ["READ"], {"group-not-allowed"}, "no READ on the group"),
        (["READ"], ["READ"], {"rollback-not-allowed"}, "no DELETE on the group"),
        (every, [], {"topic-not-allowed"}, "no DESCRIBE on topic"),
        (every, ["DESCRIBE"], {"topic-not-allowed"}, "no READ on topic"),
        (every, ["READ"], set(), "")]
    for on_group, on_topic, expected, sentence in tried:
        topic, tid = w.topic(9)
        g = w.name("acl")
        for kind, name, operations in [("group", g, on_group), ("topic", topic, on_topic)]:
            if operations:
                w.driver.do("acl", "admin", kind, name, *operations)
        doc = document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)
        code, plan = seeker.json("plan", doc)
        assert refusal(plan) == expected and sentence in str(plan) and code == (1 if expected else 0), (on_group, on_topic, plan)
        rollback = os.path.join(w.folder, w.name("rollback") + ".json")
        code, answer = seeker.json("apply", doc, "--execute", "--rollback-file", rollback)
        assert code == (1 if expected else 0) and bool(w.driver.committed(g)) == (not expected), (on_group, on_topic, answer)
        if not expected:
            # The way back includes a delete here, so these rights are enough for it.
            assert seeker.json("rollback", rollback, "--execute")[0] == 0 and not w.driver.committed(g)


def an_incomplete_way_back(w, ports, certs):
    """Without DELETE on the group, only by decision; then what was there before still comes back."""
    seeker = limited(w, ports["SASL_PLAINTEXT"])
    topic, tid = w.topic(9, 9)
    g = w.name("acl")
    w.driver.do("commit", g, topic, 0, 1, "-", "")
    w.driver.do("acl", "admin", "topic", topic, "READ")
    w.driver.do("acl", "admin", "group", g, "READ")
    doc = document([group(g, [offset(topic, p, 5, 0, tid) for p in range(2)])], w.cluster)
    rollback = os.path.join(w.folder, w.name("rollback") + ".json")
    assert seeker.json("apply", doc, "--execute", "--rollback-file", rollback, "--allow-incomplete-rollback")[0] == 0
    assert {o for o, _, _ in w.driver.committed(g).values()} == {5}
    code, answer = seeker.json("rollback", rollback, "--execute")
    assert code == 1 and "GROUP_AUTHORIZATION_FAILED" in str(answer), answer
    assert {p: o for p, (o, _, _) in w.driver.committed(g).items()} == {f"{topic}-0": 1, f"{topic}-1": 5}


def client_certificates(w, ports, certs):
    """A certificate of ours in every kind of store is who we are: without rights refused, with rights let in. Without one we're anonymous."""
    pem = {"security.protocol": "SSL", "ssl.truststore.location": f"{certs}/ca.pem"}
    stores = {"client.pem": {}, "broker.p12": {"ssl.keystore.password": "changeit"}, "client.jks": {"ssl.keystore.password": "changeit"}}
    for name, more in stores.items():
        settings = {**pem, "ssl.keystore.location": f"{certs}/{name}", **more}
        seeker = Seeker(w.seeker.binary, f"localhost:{ports['SSL']}", w.folder, write_properties(w.folder, "certificate.properties", settings))
        topic, tid = w.topic(9)
        g = w.name("mtls")
        doc = document([group(g, [offset(topic, 0, 5, 0, tid)])], w.cluster)
        assert "group-not-allowed" in refusal(seeker.json("plan", doc)[1]), name
        w.driver.do("acl", "CN=localhost", "topic", topic, "READ")
        w.driver.do("acl", "CN=localhost", "group", g, "READ", "DELETE")
        assert seeker.json("apply", doc, "--execute")[0] == 0 and w.driver.committed(g), name


def capture_needs_describe_and_read(w, ports, certs):
    return capture.rights(w, limited(w, ports["SASL_PLAINTEXT"]))


CASES = [client_certificates, each_right, an_incomplete_way_back, capture_needs_describe_and_read]
