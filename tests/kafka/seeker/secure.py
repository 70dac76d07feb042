"""TLS with a private CA and SASL against one broker with all listeners: what gets in, what is refused, and that no secret is ever printed."""

import os

from harness import document, group, offset

PASSWORD = "s3cretword"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


def jaas(module, user="admin", password=PASSWORD):
    return f'{module} required username="{user}" password="{password}";'


def configs(certs):
    """name, listener, properties, what the error says (None: it works)."""
    pem = {"ssl.truststore.type": "PEM", "ssl.truststore.location": f"{certs}/ca.pem"}
    inline = {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": open(f"{certs}/ca.pem").read().replace("\n", "\\n")}
    p12 = {"ssl.truststore.location": f"{certs}/trust.p12", "ssl.truststore.password": "changeit"}
    jks = {"ssl.truststore.location": f"{certs}/trust.jks", "ssl.truststore.password": "changeit", "ssl.truststore.type": "JKS"}
    for name, store in [("pem", pem), ("inline pem", inline), ("p12", p12), ("jks", jks)]:
        yield f"TLS {name}", "SSL", store, None
    yield "TLS client pem", "SSL", {**pem, "ssl.keystore.type": "PEM", "ssl.keystore.location": f"{certs}/client.pem"}, None
    yield "TLS client p12", "SSL", {**p12, "ssl.keystore.location": f"{certs}/broker.p12", "ssl.keystore.password": "changeit"}, None
    yield "TLS client jks", "SSL", {**jks, "ssl.keystore.location": f"{certs}/client.jks", "ssl.keystore.password": "changeit"}, None
    yield "TLS wrong store password", "SSL", {**p12, "ssl.truststore.password": PASSWORD}, "can't be opened"
    yield "TLS without the CA", "SSL", {}, "TLS with"
    yield "TLS by address", "SSL by address", pem, "TLS with"
    yield "TLS by address, name unchecked", "SSL by address", {**pem, "ssl.endpoint.identification.algorithm": ""}, None
    for protocol, store in [("SASL_PLAINTEXT", {}), ("SASL_SSL", pem)]:
        for mechanism, module in [("PLAIN", PLAIN), ("SCRAM-SHA-256", SCRAM), ("SCRAM-SHA-512", SCRAM)]:
            good = {**store, "sasl.mechanism": mechanism, "sasl.jaas.config": jaas(module)}
            yield f"{protocol} {mechanism}", protocol, good, None
            wrong = {**good, "sasl.jaas.config": jaas(module, password=PASSWORD + "x")}
            yield f"{protocol} {mechanism} wrong password", protocol, wrong, "refused to authenticate"
    yield "mechanism not offered", "SASL_PLAINTEXT", {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": f"file://{certs}/ca.srl"}, "the listener offers"
    yield "Kerberos", "SASL_PLAINTEXT", {"sasl.mechanism": "GSSAPI"}, "kafka-consumer-groups.sh"
    yield "plain client on a TLS port", "SSL as PLAINTEXT", {}, "TLS"
    yield "TLS client on a plain port", "PLAINTEXT as SSL", pem, "TLS with"


def run(world, ports, certs):
    """All of them; ports by listener name. World is on the PLAINTEXT listener."""
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"]:
        world.driver.do("scram", "admin", PASSWORD, mechanism)
    topic, tid = world.topic(9)
    seeker = world.seeker
    plaintext = (seeker.bootstrap, seeker.config)
    count = 0
    for name, listener, properties, expected in configs(certs):
        protocol = {"SSL by address": "SSL", "SSL as PLAINTEXT": "PLAINTEXT", "PLAINTEXT as SSL": "SSL"}.get(listener, listener)
        port = ports[{"SSL by address": "SSL", "SSL as PLAINTEXT": "SSL", "PLAINTEXT as SSL": "PLAINTEXT"}.get(listener, listener)]
        config = os.path.join(world.folder, "client.properties")
        with open(config, "w") as f:
            for key, value in {"security.protocol": protocol, "request.timeout.ms": "5000", **properties}.items():
                f.write(f"{key}={value}\n")
        seeker.bootstrap, seeker.config = f"{'127.0.0.1' if 'address' in listener else 'localhost'}:{port}", config
        g = world.name("secure")
        path = seeker.file(document([group(g, [offset(topic, 0, 5, 0, tid)])], world.cluster))
        done = seeker.run("apply", path, "--execute")
        if expected is None:
            assert done.returncode == 0, (name, done.stderr)
            assert world.driver.committed(g), name
        else:
            assert done.returncode == 2 and expected in done.stderr, (name, done.returncode, done.stdout, done.stderr)
        for secret in [PASSWORD, "changeit"]:
            assert secret not in done.stdout + done.stderr, name
        count += 1
    seeker.bootstrap, seeker.config = plaintext
    return f"{count} settings"
