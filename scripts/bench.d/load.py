"""Python side of the load tool (load/), and its requests."""

import atexit
import itertools
import json
import os
import struct
import subprocess
import tempfile

TOOL = os.environ["PAPERLINE_LOAD"]
folder = tempfile.TemporaryDirectory(prefix="paperline-load-")
number = itertools.count()


def parts(all_of_them):
    """A file of requests, each preceded by its length."""
    name = os.path.join(folder.name, str(next(number)))
    with open(name, "wb") as file:
        for part in all_of_them:
            file.write(struct.pack("<I", len(part)) + part)
    return name


def request(path, body, cookie, kind="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def get(path, cookie):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()


def upgrade(path, cookie):
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
    ).encode()


def resp(*words):
    words = [word.encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def run(*words):
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return json.loads(done.stdout)


def ask(port, connections, seconds, file, kind="http"):
    """`seconds`: 0 sends each request once."""
    return run(kind, f"127.0.0.1:{port}", connections, seconds, file)


class Server:
    """Prints its ports on its first line."""

    def __init__(self, *command, **environment):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        atexit.register(self.process.kill)
        self.ports = [int(word) for word in self.process.stdout.readline().split()]
        assert self.ports, command

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
