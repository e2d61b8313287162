"""Labels with years of data: lookup, time window and first page with few and many devices; start time; memory after an export;
how soon 500 open pages get a new device."""

import base64
import json
import os
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time

from box import Box, Client

BINARY, SIZE = sys.argv[1], sys.argv[2]
FEW, MANY = (1_000, 100_000) if SIZE == "small" else (10_000, 1_000_000)
ROUNDS, REQUESTS = 7, 100
WATCHERS, PER_SECOND, SECONDS = 500, 200, 10


def sn(n):
    return f"{n:08d}"


def fill(client, count):
    at_once = 50_000
    for start in range(0, count, at_once):
        lines = "".join(f"{sn(n)},CPU{n:08X}\n" for n in range(start, min(start + at_once, count)))
        status, body, _ = client.ask("POST", "/api/devices/import", ("DeviceSN,CPUID\n" + lines).encode(), "text/csv")
        assert status == 200 and json.loads(body)["errors"] == [], body


def medians(clients_and_asks):
    """In turns, so that slow moments hit all."""
    taken = [[] for _ in clients_and_asks]
    for _ in range(ROUNDS):
        for times, (client, ask) in zip(taken, clients_and_asks):
            for n in range(REQUESTS):
                began = time.perf_counter()
                status, _, _ = ask(client, n)
                times.append((time.perf_counter() - began) * 1000)
                assert status == 200
    return [statistics.median(times) for times in taken]


def sizes():
    boxes = []
    for count in (FEW, MANY):
        directory = tempfile.mkdtemp(prefix="paperline-bench-")
        box = Box(BINARY, directory)
        began = time.monotonic()
        fill(Client(box.port).log_in(), count)
        print(f"imported {count:>9,} devices: {count / (time.monotonic() - began):,.0f} a second")
        box.stop()
        box = Box(BINARY, directory)
        print(f"start to /readyz with {count:>9,}: {box.started_in:.2f} s")
        boxes.append((box, count))
    asks = {}
    for name in ("lookup by SN", "100-device window from the middle", "first page of /api/devices"):
        pairs = []
        for box, count in boxes:
            client = Client(box.port).log_in()
            if name == "lookup by SN":
                ask = lambda c, n, count=count: c.ask("POST", "/search", {"condition": "DeviceSN", "DeviceSN": sn(n * 7919 % count)})
            elif name.startswith("100-device"):
                path = window_in_the_middle(client, count)
                ask = lambda c, n, path=path: c.ask("GET", path)
            else:
                ask = lambda c, n: c.ask("GET", "/api/devices?limit=100")
            pairs.append((client, ask))
        asks[name] = medians(pairs)
    print(f"\n{'':36}{FEW:>12,}{MANY:>12,}   ratio (asked: at most 1.5)")
    for name, (few, many) in asks.items():
        print(f"{name:36}{few:>9.3f} ms{many:>9.3f} ms   {many / few:.2f}")
    box, count = boxes[1]
    before = box.memory_mb()
    _, body, _ = Client(box.port).log_in().ask("GET", "/api/devices/export.csv")
    assert body.count(b"\n") == count + 1
    print(f"\nRSS before an export of all: {before:.0f} MB, after: {box.memory_mb():.0f} MB (asked: under 400)")
    for box, _ in boxes:
        box.stop()


def window_in_the_middle(client, count):
    """100 devices after the middle one."""
    _, body, _ = client.ask("GET", f"/api/devices/{sn(count // 2)}/history")
    second = json.loads(body)["device"]["register_time"].replace(" ", "T")
    _, body, _ = client.ask("GET", f"/api/devices?from={second}&limit=100")
    return f"/api/devices?limit=100&cursor={json.loads(body)['next_cursor']}"


def watch(port, cookie, selector):
    s = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    s.sendall(
        f"GET /socketNoPrint HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    s.setblocking(False)
    selector.register(s, selectors.EVENT_READ, bytearray())
    return s


def watchers():
    """From a registration's answer until every page has the serial."""
    box = Box(BINARY, tempfile.mkdtemp(prefix="paperline-bench-"))
    client = Client(box.port).log_in()
    selector = selectors.DefaultSelector()
    sockets = [watch(box.port, client.headers["cookie"], selector) for _ in range(WATCHERS)]
    acknowledged = {}
    done = threading.Event()

    def register():
        began = time.perf_counter()
        for n in range(PER_SECOND * SECONDS):
            time.sleep(max(0, began + n / PER_SECOND - time.perf_counter()))
            client.ask("POST", "/registerDevice", {"DeviceSN": sn(n), "CPUID": f"C{n}"})
            acknowledged[n] = time.perf_counter()
        done.set()

    registering = threading.Thread(target=register)
    registering.start()
    late, seen, ended = [], {s: -1 for s in sockets}, None
    while ended is None or time.perf_counter() < ended + 2:
        if done.is_set() and ended is None:
            ended = time.perf_counter()
        for key, _ in selector.select(0.05):
            buffer = key.data
            try:
                buffer += key.fileobj.recv(1 << 20)
            except BlockingIOError:
                continue
            # The last serial says how far this page is.
            end = buffer.rfind(b'"]}')
            if end < 0:
                continue
            now = time.perf_counter()
            last = int(buffer[end - 8 : end])
            for n in range(seen[key.fileobj] + 1, last + 1):
                if n in acknowledged:
                    late.append((now - acknowledged[n]) * 1000)
            seen[key.fileobj] = max(seen[key.fileobj], last)
            del buffer[: end + 3]
    registering.join()
    assert all(last == PER_SECOND * SECONDS - 1 for last in seen.values()), "a page missed a device"
    late.sort()
    at = lambda share: late[min(len(late) - 1, int(len(late) * share))]
    print(f"\n{WATCHERS} open pages, {PER_SECOND} devices a second for {SECONDS} s: from the answer to the page,")
    print(f"ms: median {at(0.5):.0f}, p99 {at(0.99):.0f}, longest {late[-1]:.0f} (asked: at most 200)")
    box.stop()


sizes()
watchers()
