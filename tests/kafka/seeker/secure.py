"""TLS with a private CA and SASL against one broker with all listeners: what gets in, what is refused, and that no secret is ever printed."""

import base64
import glob
import json
import os
import time

from harness import document, group, offset

PASSWORD = "s3cretword"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
# Stands wherever a secret can stand, in settings that fail in every way; must come out nowhere.
CANARY = "canary-7Zk2q"
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
        good = {**store, "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": f"file://{certs}/token"}
        yield f"{protocol} OAUTHBEARER", protocol, good, None
        for wrong in ["expired", "garbage"]:
            other = {**good, "sasl.oauthbearer.token.endpoint.url": f"file://{certs}/token-{wrong}"}
            yield f"{protocol} OAUTHBEARER {wrong}", protocol, other, "refused to authenticate"
    for mechanism in ["GSSAPI", "AWS_MSK_IAM"]:
        yield mechanism, "SASL_PLAINTEXT", {"sasl.mechanism": mechanism, "sasl.jaas.config": jaas(PLAIN)}, f"sasl.mechanism {mechanism} isn't spoken here"
        for lost in ["kafka-consumer-groups.sh", "leader epochs", "metadata", "topic id check", "rollback", "mere warning"]:
            yield f"{mechanism} names {lost}", "SASL_PLAINTEXT", {"sasl.mechanism": mechanism}, lost
    yield "plain client on a TLS port", "SSL as PLAINTEXT", {}, "TLS"
    yield "TLS client on a plain port", "PLAINTEXT as SSL", pem, "TLS with"


def token(lifetime_s, subject="admin", **more):
    """A JSON web token that nobody signed."""
    now = int(time.time())
    parts = [{"alg": "none"}, {"sub": subject, "iat": now, "exp": now + lifetime_s, **more}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def reaches_or_says_why(world, ports, certs):
    """All of `configs`; ports by listener name. World is on the PLAINTEXT listener."""
    for name, text in [("token", token(3600)), ("token-expired", token(-3600)), ("token-garbage", PASSWORD)]:
        with open(f"{certs}/{name}", "w") as f:
            f.write(text + "\n")
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
        for secret in [PASSWORD, "changeit", "eyJ"]:
            assert secret not in done.stdout + done.stderr, name
        count += 1
    seeker.bootstrap, seeker.config = plaintext
    return f"{count} settings"


def settings_with_a_canary(certs):
    """Ways to fail with a secret at hand: name, lines of client.properties."""
    sasl = ["security.protocol=SASL_PLAINTEXT"]
    for mechanism, module in [("PLAIN", PLAIN), ("SCRAM-SHA-256", SCRAM), ("SCRAM-SHA-512", SCRAM), ("GSSAPI", PLAIN), ("OAUTHBEARER", OAUTH)]:
        yield f"{mechanism} wrong password", sasl + [f"sasl.mechanism={mechanism}", f"sasl.jaas.config={jaas(module, password=CANARY)}"]
        yield f"{mechanism} as user", sasl + [f"sasl.mechanism={mechanism}", f"sasl.jaas.config={jaas(module, CANARY, CANARY)}"]
    for wrong in [f'X required password="{CANARY}', f"X {CANARY} a=b;", f"X required {CANARY};", CANARY, f'X required username="{CANARY}" password={CANARY}']:
        yield f"jaas {wrong}", sasl + ["sasl.mechanism=PLAIN", f"sasl.jaas.config={wrong}"]
    broken = ["sasl.mechanism=PLAIN", "sasl.jaas.config=X required", '  username="u"', f'  password="{CANARY}";', f"{CANARY}", f"{CANARY}=="]
    yield "jaas over lines", sasl + broken
    for kind in ["https://user:" + CANARY + "@host/token", f"file://{certs}/token-canary"]:
        yield f"token {kind}", sasl + ["sasl.mechanism=OAUTHBEARER", f"sasl.oauthbearer.token.endpoint.url={kind}"]
    for store, name in [("trust.p12", "truststore"), ("trust.jks", "truststore"), ("broker.p12", "keystore"), ("client.jks", "keystore")]:
        trust = [] if name == "truststore" else [f"ssl.truststore.location={certs}/ca.pem"]
        yield f"{store} wrong password", ["security.protocol=SSL", *trust, f"ssl.{name}.location={certs}/{store}", f"ssl.{name}.password={CANARY}"]
    yield "key password", ["security.protocol=SSL", f"ssl.truststore.location={certs}/ca.pem", f"ssl.keystore.location={certs}/client.jks",
                           "ssl.keystore.password=changeit", f"ssl.key.password={CANARY}"]
    yield "inline key", ["security.protocol=SSL", f"ssl.truststore.location={certs}/ca.pem", "ssl.keystore.type=PEM",
                         f"ssl.keystore.key=-----BEGIN PRIVATE KEY-----\\n{CANARY}\\n-----END PRIVATE KEY-----", "ssl.keystore.certificate.chain=" + CANARY]
    yield "other keys", [f"my.secret={CANARY}", f"sasl.login.class={CANARY}", f"ssl.keystore.password={CANARY}"]


def no_secret_comes_out(world, ports, certs):
    """Every command with every setting: neither stdout nor stderr nor any file it writes holds the secret."""
    with open(f"{certs}/token-canary", "w") as f:
        f.write(token(3600, canary=CANARY) + CANARY)
    secrets = [CANARY, base64.b64encode(CANARY.encode()).decode()[:-3], "eyJ"]
    topic, tid = world.topic(9)
    count = 0
    folder = os.path.join(world.folder, "canary")
    os.makedirs(folder)
    for name, lines in settings_with_a_canary(certs):
        listener = "SSL" if "security.protocol=SSL" in lines else "SASL_PLAINTEXT" if len(lines) > 3 or "security.protocol=SASL_PLAINTEXT" in lines else "PLAINTEXT"
        config = os.path.join(folder, "client.properties")
        with open(config, "w") as f:
            f.write("\n".join([*lines, "request.timeout.ms=3000", "default.api.timeout.ms=2000"]) + "\n")
        doc = world.seeker.file(document([group(world.name("c"), [offset(topic, 0, 5, 0, tid)])], world.cluster))
        rollback = os.path.join(folder, world.name("r") + ".json")
        connect = ["--bootstrap-server", f"localhost:{ports[listener]}", "--command-config", config]
        errors = ""
        for command in (["plan", doc], ["apply", doc, "--execute", "--rollback-file", rollback], ["verify", doc], ["rollback", rollback, "--execute"]):
            done = world.seeker.bare(*command, *connect)
            for secret in secrets:
                assert secret not in done.stdout + done.stderr, (name, command[0], done.stdout, done.stderr)
            errors += done.stderr
            count += 1
        if name == "other keys":
            assert done.returncode == 0 and "ignored: my.secret, sasl.login.class" in done.stderr, done.stderr
        if name == "jaas over lines":
            assert "sasl.jaas.config: no `;` at the end" in errors, errors
    for path in glob.glob(folder + "/r*"):
        text = open(path).read()
        assert not any(secret in text for secret in secrets), path
    return f"{count} runs"


def the_systems_trust(world, ports, certs):
    """Without a trust store the system's is used, which this variable replaces."""
    config = os.path.join(world.folder, "system.properties")
    with open(config, "w") as f:
        f.write("security.protocol=SSL\n")
    topic, tid = world.topic(9)
    doc = world.seeker.file(document([group(world.name("g"), [offset(topic, 0, 5, 0, tid)])], world.cluster))
    for environment, code in [({"SSL_CERT_FILE": f"{certs}/ca.pem"}, 0), ({}, 2)]:
        done = world.seeker.bare("plan", doc, "--bootstrap-server", f"localhost:{ports['SSL']}", "--command-config", config, environment=environment)
        assert done.returncode == code, done.stderr


CASES = [the_systems_trust, reaches_or_says_why, no_secret_comes_out]
