"""A TCP proxy that understands where one Kafka request ends and the next begins, and can stop the world between two of them."""

import socket
import struct
import threading

OFFSET_COMMIT = 8


class Proxy:
    """Listens on `port`, forwards to `target` (set later). `hook(number, api_key, forward)` is called for each request from 1 on;
    forward() sends it and returns the broker's answer. The hook returns the answer to pass on, or None to close the connection."""

    def __init__(self):
        self.target, self.hook, self.count = None, None, 0
        self.lock = threading.Lock()
        self.server = socket.create_server(("localhost", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def reset(self, hook=None):
        with self.lock:
            self.hook, self.count = hook, 0

    def accept(self):
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client, socket.create_connection(("localhost", self.target)) as broker:
                while request := frame(client):
                    with self.lock:
                        self.count += 1
                        number, hook = self.count, self.hook

                    def forward():
                        broker.sendall(request)
                        return frame(broker)

                    # For hooks that answer in the broker's place.
                    forward.request = request
                    api_key = struct.unpack(">h", request[4:6])[0]
                    answer = hook(number, api_key, forward) if hook else forward()
                    if answer is None:
                        return
                    client.sendall(answer)
        except OSError:
            pass


def frame(stream):
    """One length-prefixed message with its prefix; b"" at the end of the stream."""
    head = exactly(stream, 4)
    return head and head + exactly(stream, struct.unpack(">i", head)[0])


def exactly(stream, count):
    got = b""
    while len(got) < count:
        part = stream.recv(count - len(got))
        if not part:
            return b""
        got += part
    return got
