"""Real brokers: one with a listener of every kind, or three that share the work. Jars come from Maven Central into target/seeker."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time

import secure

TARGET = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "target", "seeker")

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>lastwrites</groupId><artifactId>seeker-broker</artifactId><version>1</version><dependencies>
{0}<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>"""
DEPENDENCY = "<dependency><groupId>org.apache.kafka</groupId><artifactId>{0}</artifactId><version>{1}</version></dependency>\n"

LISTENERS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


def version(release):
    return tuple(int(n) for n in release.split(".")[:2])


def jars(release, *artifacts):
    """Class path of a release's broker, or of other artifacts of it with all they need."""
    artifacts = artifacts or ("kafka_2.13",)
    folder = os.path.join(TARGET, "-".join([release, *(a for a in artifacts if a != "kafka_2.13")]))
    libs = os.path.join(folder, "libs")
    if not os.path.isdir(libs):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "pom.xml"), "w") as f:
            f.write(POM.format("".join(DEPENDENCY.format(a, release) for a in artifacts)))
        try:
            subprocess.run(["mvn", "-q", "-B", "-ntp", "dependency:copy-dependencies", "-DoutputDirectory=libs"], cwd=folder, check=True)
        except BaseException:
            shutil.rmtree(libs, ignore_errors=True)
            raise
    return libs + "/*"


def certificates(folder):
    """A private CA, a broker certificate for localhost, and both in every kind of store."""
    def sh(line):
        subprocess.run(line, shell=True, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sh('openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Test CA" -keyout ca.key -out ca.pem')
    sh('openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout b.key -out b.csr')
    sh('echo subjectAltName=DNS:localhost > ext; openssl x509 -req -in b.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out b.pem')
    sh("openssl pkcs12 -export -in b.pem -inkey b.key -certfile ca.pem -passout pass:changeit -out broker.p12")
    for kind, name in [("PKCS12", "trust.p12"), ("JKS", "trust.jks")]:
        sh(f"keytool -importcert -noprompt -file ca.pem -alias ca -keystore {name} -storetype {kind} -storepass changeit")
    sh("keytool -importkeystore -noprompt -srckeystore broker.p12 -srcstorepass changeit -destkeystore client.jks -deststoretype JKS -deststorepass changeit")
    sh("cat b.key b.pem > client.pem")


def free_ports(count):
    """Below the ports that the system gives to outgoing connections (net.ipv4.ip_local_port_range): while a broker is down, one
    of these could take its port, even a client's own attempt to reach it."""
    sockets = []
    while len(sockets) < count:
        s = socket.socket()
        try:
            s.bind(("localhost", random.randrange(15_000, 32_768)))
            sockets.append(s)
        except OSError:
            s.close()  # taken
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for_port(port):
    # Three brokers that start at once on a busy machine take more than a minute.
    for _ in range(720):
        try:
            socket.create_connection(("localhost", port), 1).close()
            return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"nothing listens on {port}")


def java(folder, libs, main, *arguments):
    """A Java process whose output goes to a log in the folder."""
    log = open(os.path.join(folder, main.rsplit(".", 1)[-1] + ".log"), "a")
    command = ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", libs, main, *arguments]
    return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)


def write_properties(folder, name, settings):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.writelines(f"{k}={v}\n" for k, v in settings.items())
    return path


def common(folder):
    return {"log.dirs": os.path.join(folder, "data"), "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 50,
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1, "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false"}


def security(certs):
    settings = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER", "connections.max.reauth.ms": 0,
        "ssl.keystore.location": f"{certs}/broker.p12", "ssl.keystore.password": "changeit", "ssl.keystore.type": "PKCS12",
        "ssl.truststore.location": f"{certs}/trust.p12", "ssl.truststore.password": "changeit", "ssl.truststore.type": "PKCS12",
        "ssl.client.auth": "requested"}
    for n in ["sasl_plaintext", "sasl_ssl"]:
        settings[f"listener.name.{n}.plain.sasl.jaas.config"] = secure.jaas(secure.PLAIN)[:-1] + f' user_admin="{secure.PASSWORD}";'
        # Kafka's own validator for tokens nobody signed.
        settings[f"listener.name.{n}.oauthbearer.sasl.jaas.config"] = secure.OAUTH + ' required unsecuredLoginStringClaim_sub="broker";'
        for bits in [256, 512]:
            settings[f"listener.name.{n}.scram-sha-{bits}.sasl.jaas.config"] = secure.SCRAM + " required;"
    return settings


def format_storage(libs, properties, cluster, *more):
    command = ["java", "-cp", libs, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", properties, *more]
    subprocess.run(command, check=True, capture_output=True)


class Broker:
    """One broker of a release with a listener of every kind. `prepare` may fill the log dir before it starts;
    `proxy_port` is what the listener PROXIED calls itself, so that a proxy there sees all of a client's requests."""

    def __init__(self, release, folder, certs, extra=None, prepare=None, proxy_port=None):
        self.libs, self.folder = jars(release), folder
        kraft = not release.startswith("2.")
        self.processes = []
        *listeners, controller, proxied = free_ports(len(LISTENERS) + 2)
        self.ports = dict(zip(LISTENERS, listeners))
        on = ",".join(f"{n}://localhost:{p}" for n, p in self.ports.items())
        advertised, names = on, list(LISTENERS)
        if proxy_port:
            self.ports["PROXIED"] = proxied
            names.append("PROXIED")
            on, advertised = f"{on},PROXIED://localhost:{proxied}", f"{advertised},PROXIED://localhost:{proxy_port}"
        protocols = ",".join(f"{n}:{'PLAINTEXT' if n == 'PROXIED' else n}" for n in names)
        settings = {
            **common(folder), **security(certs), "listeners": on + (f",CONTROLLER://localhost:{controller}" if kraft else ""),
            "advertised.listeners": advertised, "listener.security.protocol.map": protocols + (",CONTROLLER:PLAINTEXT" if kraft else "")}
        if kraft:
            settings.update({"process.roles": "broker,controller", "node.id": 1, "controller.listener.names": "CONTROLLER"})
            settings["controller.quorum.bootstrap.servers" if release.startswith("4.") else "controller.quorum.voters"] = \
                ("" if release.startswith("4.") else "1@") + f"localhost:{controller}"
        else:
            settings.update({"broker.id": 1, "zookeeper.connect": f"localhost:{controller}"})
            zookeeper = write_properties(folder, "zk.properties", {"dataDir": os.path.join(folder, "zk"), "clientPort": controller, "admin.enableServer": "false"})
            self.processes.append(java(folder, self.libs, "org.apache.zookeeper.server.quorum.QuorumPeerMain", zookeeper))
            wait_for_port(controller)
        self.properties = write_properties(folder, "server.properties", {**settings, **(extra or {})})
        if kraft:
            format_storage(self.libs, self.properties, "bGFzdHdyaXRlcy10ZXN0cw", *(["--standalone"] if release.startswith("4.") else []))
        self.start()
        if prepare:
            prepare(self)

    def start(self):
        self.processes.append(java(self.folder, self.libs, "kafka.Kafka", self.properties))
        wait_for_port(self.ports["PLAINTEXT"])

    def shut_down(self):
        """An orderly end of the broker alone; `start` goes on from there."""
        process = self.processes.pop()
        process.send_signal(signal.SIGTERM)
        process.wait(60)

    @property
    def bootstrap(self):
        return f"localhost:{self.ports['PLAINTEXT']}"

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


class Cluster:
    """Three brokers (KRaft) on PLAINTEXT, each also a controller, so that any one of them may die."""

    def __init__(self, release, folder, extra=None):
        self.libs, self.processes = jars(release), {}
        ports = free_ports(6)
        self.ports = dict(zip([1, 2, 3], ports))
        controllers = dict(zip([1, 2, 3], ports[3:]))
        voters = ",".join(f"{n}@localhost:{p}" for n, p in controllers.items())
        self.folders, self.properties = {}, {}
        for node in [1, 2, 3]:
            home = os.path.join(folder, f"node{node}")
            os.makedirs(home)
            settings = {
                **common(home), "process.roles": "broker,controller", "node.id": node, "controller.listener.names": "CONTROLLER",
                "listeners": f"PLAINTEXT://localhost:{self.ports[node]},CONTROLLER://localhost:{controllers[node]}",
                "advertised.listeners": f"PLAINTEXT://localhost:{self.ports[node]}", "controller.quorum.voters": voters,
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT", "offsets.topic.replication.factor": 3,
                "min.insync.replicas": 1, "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500, **(extra or {})}
            self.folders[node], self.properties[node] = home, write_properties(home, "server.properties", settings)
            format_storage(self.libs, self.properties[node], "bGFzdHdyaXRlcy10cmlvcw")
            self.start(node, wait=False)
        try:
            for port in self.ports.values():
                wait_for_port(port)
        except BaseException:
            self.stop()
            raise

    def start(self, node, wait=True):
        self.processes[node] = java(self.folders[node], self.libs, "kafka.Kafka", self.properties[node])
        if wait:
            wait_for_port(self.ports[node])

    def kill(self, node):
        process = self.processes.pop(node)
        process.kill()
        process.wait()

    def freeze(self, nodes):
        """They keep their connections, and answer nothing."""
        for node in nodes:
            self.processes[node].send_signal(signal.SIGSTOP)

    def thaw(self, nodes):
        for node in nodes:
            self.processes[node].send_signal(signal.SIGCONT)

    def shut_down(self, node):
        """An orderly end: the broker hands over what it leads first."""
        process = self.processes.pop(node)
        process.send_signal(signal.SIGTERM)
        process.wait(60)

    @property
    def bootstrap(self):
        return ",".join(f"localhost:{p}" for p in self.ports.values())

    def stop(self):
        for node in list(self.processes):
            self.kill(node)
