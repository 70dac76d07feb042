"""Drives real brokers and the seeker: a broker process, Kafka's own clients (Driver.java), documents, runs of lastwrites-seek."""

import json
import os
import subprocess
import tempfile
import time


class Driver:
    """Kafka's own clients, one command a line (see Driver.java)."""

    def __init__(self, libs, source, config, folder, answers=False):
        """With `answers` its log has every answer that its clients got."""
        self.log = os.path.join(folder, "driver.log")
        level = ["-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.NetworkClient=debug"] if answers else []
        properties = os.path.join(folder, "driver.properties")
        with open(properties, "w") as f:
            for key, value in config.items():
                f.write(f"{key}={value}\n")
        classes = os.path.join(folder, "classes")
        # Streams.java needs a class path with kafka-streams in it.
        streams = [os.path.join(os.path.dirname(source), "Streams.java")] if "kafka-streams" in libs else []
        subprocess.run(["javac", "-nowarn", "-Xlint:-removal", "-Xlint:-deprecation", "-cp", libs, "-d", classes, source, *streams],
                       check=True, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", *level, "-cp", f"{classes}:{libs}", "Driver", properties],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log, "w"), text=True)

    def do(self, *words, fails=False):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().rstrip("\n")
        kind, _, rest = line.partition(" ")
        assert fails or kind == "ok", f"{words}: {line}"
        return rest if kind == "ok" else line

    def committed(self, group):
        """{'t-0': (offset, epoch, metadata)} as the Java admin reads it."""
        text = self.do("committed", group)[1:-1]
        found = {}
        for item in filter(None, text.split(", ")):
            partition, _, value = item.partition("=")
            offset, epoch, metadata = value.split(",", 2)
            found[partition] = (int(offset), int(epoch), metadata)
        return found

    def acked(self, worker, command="acked"):
        """{'t-0': (first, last, count, acknowledged, sent)} of a worker."""
        told = (item.partition("=")[::2] for item in self.do(command, worker).split())
        return {partition: tuple(int(n) for n in value.replace("..", "/").split("/")) for partition, value in told}

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


def offset(topic, partition, value, epoch=0, topic_id=None, metadata="", **more):
    return {"topic": topic, "topic_id": None, "topic_id_at_copy": topic_id, "partition": partition, "offset": value,
            "leader_epoch": epoch, "metadata": metadata, "committed_at_ms": 0, "trust": "intact", "flags": [],
            "bound": {"repeated_at_most": 0, "skipped_at_most": 0, "why": "test"},
            "record": {"copy": 0, "file": "00000000000000000000.log", "offset": 1, "position": 0}, "alternatives": [], **more}


def java_hash(text):
    raw = text.encode("utf-16-be")
    h = 0
    for i in range(0, len(raw), 2):
        h = (31 * h + int.from_bytes(raw[i:i + 2], "big")) & 0xffffffff
    return h - (1 << 32) if h >= 1 << 31 else h


def group(group_id, offsets, missing=(), **more):
    h = java_hash(group_id)
    maps_to = 0 if h == -(1 << 31) else abs(h) % 50
    return {"group_id": group_id, "type": "consumer", "protocol_type": "consumer", "protocol": None, "found_in": maps_to,
            "maps_to": maps_to, "warnings": [], "offsets": list(offsets),
            "missing": [{"topic": t, "partition": p, "why": "never committed"} for t, p in missing], **more}


def document(groups, cluster_id=None):
    return {"format": "lastwrites/recovered-offsets", "version": 1, "created_by": "test", "created_at_ms": 0,
            "source": {"cluster_id": cluster_id, "offsets_topic_partitions": 50, "view": "as-found", "rules": "4.1.2/new",
                       "copies": [{"path": "x", "broker_id": 1, "log_dir": None, "partition": 0, "log_start_offset": 0,
                                   "log_end_offset": 9, "high_watermark": 9,
                                   "files": [{"name": "00000000000000000000.log", "size_bytes": 1, "sha256": "00" * 32}]}]},
            "selection": {"as_of_ms": None, "as_of_offset": None, "committed_since_ms": None, "deleted": False, "foreign": False},
            "groups": groups}


class Seeker:
    """Runs of lastwrites-seek against one cluster."""

    def __init__(self, binary, bootstrap, folder, config=None):
        self.binary, self.bootstrap, self.folder, self.config = binary, bootstrap, folder, config

    def file(self, value):
        handle, path = tempfile.mkstemp(suffix=".json", dir=self.folder)
        with os.fdopen(handle, "w") as f:
            json.dump(value, f)
        return path

    def run(self, command, path, *args, timeout=120, environment=None):
        connect = [] if command == "offsets" else ["--bootstrap-server", self.bootstrap]
        if connect and self.config:
            connect += ["--command-config", self.config]
        return subprocess.run([self.binary, command, path, *connect, *args], capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, **(environment or {})})

    def bare(self, *args, environment=None):
        """Exactly these arguments."""
        return subprocess.run([self.binary, *args], capture_output=True, text=True, timeout=120, env={**os.environ, **(environment or {})})

    def json(self, command, value, *args):
        """(exit code, parsed answer) of a run with --json; value is a document or a path."""
        path = value if isinstance(value, str) else self.file(value)
        done = self.run(command, path, "--json", *args)
        assert done.returncode in (0, 1), (command, args, done.returncode, done.stderr)
        return done.returncode, json.loads(done.stdout)


def wait_for(check, seconds=30, pause=0.3):
    until = time.time() + seconds
    while time.time() < until:
        if check():
            return
        time.sleep(pause)
    raise AssertionError("did not happen in time")
