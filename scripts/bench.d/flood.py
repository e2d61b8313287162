"""A minute of overload: 1,000 open consoles, 200 small uploads and 50 log-ins a second; answers, read times before, during and
after, memory. Then each abuse alone (abuses.py); only that with `PAPERLINE_BENCH_ONLY=abuses`."""

import asyncio
import collections
import os
import resource
import statistics
import sys
import tempfile
import threading
import time

import abuses
from abuses import small_png
from box import Box, Client, form, free_port
from simulated import Engine

BINARY, SIZE = sys.argv[1], sys.argv[2]
SOCKETS, UPLOADS, LOG_INS, SECONDS = (100, 40, 10, 10) if SIZE == "small" else (1_000, 200, 50, 60)


class Quiet(asyncio.Protocol):
    """Ignores all messages."""

    lost = 0

    def __init__(self, cookie):
        self.cookie = cookie

    def connection_made(self, transport):
        transport.write(
            f"GET /invoice/webSocketServer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {self.cookie}\r\n\r\n".encode()
        )
        text = b'{"code":"001","console_status":2}'
        transport.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)

    def connection_lost(self, e):
        Quiet.lost += 1


class Paced(threading.Thread):
    """One of several that share the rate."""

    answered = collections.Counter()

    def __init__(self, port, cookie, of, rate, what):
        super().__init__(daemon=True)
        self.client, self.every, self.what = Client(port), of / rate, what
        self.client.headers["cookie"] = cookie

    def run(self):
        due = time.monotonic()
        until = due + SECONDS
        while due < until:
            time.sleep(max(0, due - time.monotonic()))
            due += self.every
            try:
                status, body, _ = self.client.ask(*self.what())
            except OSError as e:
                status, body = type(e).__name__, b""
            Paced.answered[self.what.__name__, status] += 1


def looks(client, seconds):
    """In ms: median and longest."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        assert client.ask("POST", "/search", {"condition": "DeviceSN", "DeviceSN": "18470001"})[0] == 200
        took.append((time.monotonic() - began) * 1000)
        time.sleep(0.02)
    return f"{statistics.median(took):7.2f} ms, longest {max(took):7.1f}"


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    numbers = iter(range(1 << 60))
    engine = Engine(free_port(), 0)
    with tempfile.TemporaryDirectory() as folder:
        box = Box(BINARY, os.path.join(folder, "data"), "--engine", engine.address)
        admin = Client(box.port).log_in("admin", box.admin_password())
        admin.json("POST", "/registerDevice", {"DeviceSN": "18470001", "CPUID": "A1"})
        cookie = admin.headers["cookie"]

        def upload():
            body, kind = form([("p.png", small_png(next(numbers)))])
            return "POST", "/invoice/recognizeImage", body, kind

        def log_in():
            return "POST", "/login", {"username": f"nobody{next(numbers)}", "passwd": "a wrong one"}

        def right_log_in():
            return "POST", "/login", {"username": "prodsys", "passwd": "123"}

        print(f"{SOCKETS:,} consoles, {UPLOADS} uploads/s, {LOG_INS} log-ins/s for {SECONDS} s")
        print(f"a look before   {looks(admin, 3)}; {box.memory_mb():.0f} MB")
        watching = threading.Event()

        def watch():
            async def all_of_them():
                loop = asyncio.get_running_loop()
                for _ in range(SOCKETS):
                    await loop.create_connection(lambda: Quiet(cookie), "127.0.0.1", box.port)
                watching.set()
                await asyncio.sleep(SECONDS + 20)

            asyncio.run(all_of_them())

        threading.Thread(target=watch, daemon=True).start()
        watching.wait()
        crowd = [Paced(box.port, cookie, 20, UPLOADS, upload) for _ in range(20)]
        crowd += [Paced(box.port, "", 10, LOG_INS / 2, log_in) for _ in range(10)]
        crowd += [Paced(box.port, "", 10, LOG_INS / 2, right_log_in) for _ in range(10)]
        for one in crowd:
            one.start()
        print(f"a look while    {looks(admin, SECONDS)}; {box.memory_mb():.0f} MB")
        for one in crowd:
            one.join()
        print(f"a look after    {looks(admin, 5)}; {box.memory_mb():.0f} MB, at most {box.memory_mb('VmHWM'):.0f}")
        for (what, status), number in sorted(Paced.answered.items(), key=str):
            print(f"{what} {status}: {number:,}")
        print(f"open consoles cut: {Quiet.lost}")
        strangers = {key for key in Paced.answered if key[1] not in (200, 429, 503)}
        assert not strangers, strangers


if __name__ == "__main__":
    if os.environ.get("PAPERLINE_BENCH_ONLY") != "abuses":
        main()
    abuses.table(BINARY, SIZE == "small")
