"""Labels straight to a printer that takes everything: from the click to the label's first byte at the printer, and labels a second;
beside them what the same printer takes from a plain client that writes nothing down, and how often the disk syncs."""

import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time

from box import Box, Client

BINARY, SIZE = sys.argv[1], sys.argv[2]
CLICKS, LABELS = (50, 200) if SIZE == "small" else (300, 1_000)
ERRORS = b"\x02\r\n  PRINTER STATUS\r\n   ERRORS:         0 00000000 00000000\r\n   WARNINGS:       0 00000000 00000000\r\n\x03"
HOST = b"\x02030,0,0,0240,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,4,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n"


class Sink:
    """Takes every label at once, and says when its first byte came."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.came, self.labels, self.last = [], 0, b""
        self.changed = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection:
                self.take(connection)

    def take(self, connection):
        buffer = b""
        while part := connection.recv(65536):
            now = time.perf_counter()
            if b"^XA" not in buffer and b"^XA" in buffer + part:
                with self.changed:
                    self.came.append(now)
                    self.changed.notify_all()
            buffer += part
            while True:
                if buffer.startswith(b"~HQES"):
                    connection.sendall(ERRORS)
                    buffer = buffer[5:].lstrip(b"\r\n")
                elif buffer.startswith(b"~HS"):
                    connection.sendall(HOST)
                    buffer = buffer[3:].lstrip(b"\r\n")
                elif buffer.startswith(b"^XA") and b"^XZ" in buffer:
                    self.last, _, buffer = buffer.partition(b"^XZ")
                    with self.changed:
                        self.labels += 1
                        self.changed.notify_all()
                else:
                    break

    def until(self, labels):
        with self.changed:
            assert self.changed.wait_for(lambda: self.labels >= labels, 120), f"{self.labels} of {labels} labels"


def plain(sink, labels):
    """The same bytes and questions, and nothing written down."""
    before, label = sink.labels, sink.last + b"^XZ"
    with socket.create_connection(("127.0.0.1", sink.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for _ in range(labels):
            connection.sendall(label)
            for question, ends in ((b"~HQES\r\n", 1), (b"~HS\r\n", 3)):
                connection.sendall(question)
                answer = b""
                while answer.count(b"\x03") < ends:
                    answer += connection.recv(4096)
        taken = time.perf_counter() - began
    sink.until(before + labels)
    return labels / taken


def syncs(folder):
    """Of 4 KiB, a second."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        began, times = time.perf_counter(), 200
        for _ in range(times):
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
        return times / (time.perf_counter() - began)


def ask(client, method, path, body=None, wanted=200):
    status, answer, _ = client.ask(method, path, body)
    assert status == wanted, (status, answer)
    return json.loads(answer)


folder = tempfile.mkdtemp(prefix="paperline-bench-")
box, sink = Box(BINARY, folder), Sink()
client = Client(box.port).log_in()
serials = [f"{26_480_000 + n}" for n in range(CLICKS + LABELS)]
devices = [{"DeviceSN": sn, "CPUID": f"39FFD605{n * 7919:08X}"} for n, sn in enumerate(serials)]
ask(client, "POST", "/registerDevice", {"devices": devices})
printer = ask(client, "POST", "/api/printers", {"name": "sink", "language": "zpl", "address": f"127.0.0.1:{sink.port}"}, 201)["printer_id"]
while ask(client, "GET", "/api/printers")["printers"][0]["state"] != "ready":
    time.sleep(0.05)

waits = []
for n in range(CLICKS):
    clicked = time.perf_counter()
    ask(client, "POST", "/api/print", {"printer_id": printer, "DeviceSNList": [serials[n]]}, 202)
    sink.until(n + 1)
    waits.append((sink.came[n] - clicked) * 1000)
    time.sleep(0.02)
waits.sort()
print(f"click to the label's first byte, {CLICKS} single labels: median {statistics.median(waits):.1f} ms, p99 {waits[int(len(waits) * 0.99) - 1]:.1f} ms, worst {waits[-1]:.1f} ms")

began = time.perf_counter()
job = ask(client, "POST", "/api/print", {"printer_id": printer, "DeviceSNList": serials[CLICKS:]}, 202)["job_id"]
sink.until(CLICKS + LABELS)
while not (now := ask(client, "GET", f"/api/print/{job}"))["over"]:
    time.sleep(0.005)
rate = LABELS / (time.perf_counter() - began)
assert now["printed"] == LABELS, now
print(f"{LABELS} labels, each known to be printed: {rate:,.0f} a second")
limit = plain(sink, LABELS)
print(f"a plain client that writes nothing down: {limit:,.0f} a second ({rate / limit:.2f} of it); the disk syncs {syncs(folder):,.0f} times a second")
box.stop()
