"""What each abuse costs: memory over idle, and other users' longest wait for `/healthz` and the list of devices. Each on a fresh
box with the same data."""

import collections
import os
import resource
import shutil
import socket
import struct
import tempfile
import threading
import time
import zlib

from box import Box, Client, form
from pictures import chunk


class Beside(threading.Thread):
    """Keeps asking on an existing connection."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.client = Client(port).log_in()
        self.slowest, self.asked, self.failed = {}, 0, collections.Counter()
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            for path in ("/healthz", "/api/devices"):
                began = time.monotonic()
                try:
                    status = self.client.ask("GET", path)[0]
                except OSError as e:
                    status = type(e).__name__
                    self.client.connection.close()
                took = time.monotonic() - began
                self.slowest[path] = max(self.slowest.get(path, 0), took)
                self.asked += 1
                if status != 200:
                    self.failed[f"{path} {status}"] += 1
            time.sleep(0.01)


class Memory(threading.Thread):

    def __init__(self, box):
        super().__init__(daemon=True)
        self.box, self.most, self.over = box, box.memory_mb(), threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, self.box.memory_mb())


class Site:
    def __init__(self, box, admin, picture, seconds):
        self.box, self.port, self.seconds, self.picture = box, box.port, seconds, picture
        self.cookie = admin.headers["cookie"]
        self.answered = collections.Counter()

    def until(self):
        return time.monotonic() + self.seconds

    def say(self, head, *parts):
        """Sends as far as accepted; returns the connection."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        try:
            s.sendall(head.encode())
            for part in parts:
                s.sendall(part)
        except OSError:
            pass
        return s

    def head(self, method, path, kind="application/json", length=0, more=""):
        return (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {self.cookie}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {length}\r\n{more}\r\n"
        )

    def hear(self, s, within=60):
        """The status, or why there is none."""
        try:
            s.settimeout(within)
            line = s.recv(64)
            status = line.split()[1].decode() if line else "closed"
        except socket.timeout:
            status = "no answer"
        except OSError as e:
            status = type(e).__name__
        self.answered[status] += 1

    def each(self, number, what):
        threads = [threading.Thread(target=what, args=(n,), daemon=True) for n in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def hold(self, connections):
        time.sleep(self.seconds)
        for s in connections:
            s.close()


def nasty_log_ins(site):
    def body(length):
        return b'{"a":[' + b'{"":0},' * (length // 7) + b"0]}"

    large, small = body((32 << 20) - 64), body(60 << 10)
    pieces = [large[start : start + (1 << 20)] for start in range(0, len(large), 1 << 20)]
    in_pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)

    def one(n):
        until = site.until()
        while time.monotonic() < until:
            for head, sent in (
                (site.head("POST", "/login", length=len(large)), large),
                (site.head("POST", "/login", length=len(small)), small),
                ("POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", in_pieces + b"0\r\n\r\n"),
            ):
                s = site.say(head, sent)
                site.hear(s)
                s.close()

    site.each(8, one)


def made_up_names(site):
    def one(n):
        client, until, number = Client(site.port), site.until(), 0
        while time.monotonic() < until:
            number += 1
            status = client.ask("POST", "/login", {"username": f"nobody {n} {number}" + "x" * 40, "passwd": "wrong"})[0]
            site.answered[str(status)] += 1

    site.each(8, one)


def endless_part_headers(site):
    piece = b"n" * (1 << 20)

    def one(n):
        until = site.until()
        while time.monotonic() < until:
            for path in ("/login", "/invoice/recognizeImage"):
                head = site.head("POST", path, "multipart/form-data; boundary=f", 400 << 20)
                s = site.say(head, b"--f\r\nX: ", *[piece] * 64)
                site.hear(s)
                s.close()

    site.each(8, one)


def unread_exports(site):
    site.hold([site.say(site.head("GET", "/api/devices/export.csv")) for _ in range(520)])


def unread_pictures(site):
    site.hold([site.say(site.head("GET", f"/invoice/getImgStr?url={site.picture}")) for _ in range(40)])


def unread_backup(site):
    site.hold([site.say(site.head("POST", "/api/backup")) for _ in range(4)])


def connections(site):
    site.hold([site.say("") for _ in range(8192 - 8)])


def refused_bodies(site):
    """Bodies without their ends, more than there is room for; what the box buffers is counted."""
    head = site.head("POST", "/login", length=60 << 10)
    site.hold([site.say(head, b" " * (59 << 10)) for _ in range(7_500)])


def sockets(site):
    hello = (
        f"GET /invoice/webSocketServer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {site.cookie}\r\n\r\n"
    )
    text = b'{"code":"001","console_status":2}'
    watch = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
    open_ones = [site.say(hello, watch) for _ in range(1000)]
    for s in open_ones[:20] + [site.say(hello)]:
        site.hear(s)
    number, until = 0, site.until()
    admin = Client(site.port)
    admin.headers["cookie"] = site.cookie
    while time.monotonic() < until:
        number += 1
        body, kind = form([("p.png", small_png(number))])
        site.answered[f"uploads {admin.ask('POST', '/invoice/recognizeImage', body, kind)[0]}"] += 1
        time.sleep(0.02)
    for s in open_ones:
        s.close()


def slow_uploads(site):
    def one(n):
        head = site.head("POST", "/invoice/recognizeImage", "multipart/form-data; boundary=f", 20 << 20)
        s = site.say(head, b'--f\r\nContent-Disposition: form-data; name="file"; filename="p"\r\n\r\n')
        until = site.until()
        try:
            while time.monotonic() < until:
                s.sendall(b"x" * 4096)
                time.sleep(1)
        except OSError:
            pass
        site.hear(s, 0.05)
        s.close()

    site.each(200, one)


ABUSES = [
    ("nothing", lambda site: time.sleep(site.seconds)),
    ("log-in bodies of 32 MiB and 60 KiB, small on the wire and large in memory, 8 at once", nasty_log_ins),
    ("log-ins by made-up names, 8 at once", made_up_names),
    ("part headers without an end, 8 at once", endless_part_headers),
    ("520 exports that nobody reads", unread_exports),
    ("40 pictures of 19 MB that nobody reads", unread_pictures),
    ("4 backups that nobody reads", unread_backup),
    ("8,184 silent connections", connections),
    ("7,500 log-ins of 60 KB whose end never comes", refused_bodies),
    ("1,000 sockets that nobody reads, and news", sockets),
    ("200 slow uploads", slow_uploads),
]


def small_png(number):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 72, 1))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"tEXt", b"Comment\0%d" % number) + rows + chunk(b"IEND", b"")


def noise_png(side):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + os.urandom(side) for _ in range(side)), 0))
    return b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"")


def filled(binary, folder, devices):
    """Returns the picture's address and the password."""
    box = Box(binary, os.path.join(folder, "filled"))
    password = box.admin_password()
    admin = Client(box.port).log_in("admin", password)
    for start in range(0, devices, 10_000):
        rows = [{"DeviceSN": f"{n:08}", "CPUID": f"{n:040}"} for n in range(start, start + 10_000)]
        admin.json("POST", "/registerDevice", {"devices": rows})
    picture = admin.upload("/invoice/uploadModelOrigin", [("n.png", noise_png(4_400))])["file_name"]
    box.stop()
    return picture, password


def measure(binary, folder, name, abuse, picture, password, seconds):
    data = os.path.join(folder, "data")
    shutil.copytree(os.path.join(folder, "filled"), data)
    box = Box(binary, data)
    admin = Client(box.port).log_in("admin", password)
    beside = Beside(box.port)
    beside.client.json("GET", "/api/devices")
    time.sleep(1)
    idle = box.memory_mb()
    memory = Memory(box)
    site = Site(box, admin, picture, seconds)
    memory.start()
    beside.start()
    abuse(site)
    beside.over.set()
    memory.over.set()
    beside.join()
    memory.join()
    assert Client(box.port).log_in("admin", password).ask("GET", "/readyz")[0] == 200
    box.stop()
    shutil.rmtree(data)
    answered = ", ".join(f"{status} × {number:,}" for status, number in sorted(site.answered.items())) or "–"
    slowest = [beside.slowest.get(path, 0) for path in ("/healthz", "/api/devices")]
    failed = f"; beside: {dict(beside.failed)}" if beside.failed else ""
    figures = f"{idle:.0f} MB + {memory.most - idle:.0f} | {slowest[0]:.2f} s | {slowest[1]:.2f} s | {beside.asked:,}"
    print(f"| {name} | {figures} | {answered}{failed} |", flush=True)


def table(binary, is_small):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    seconds, devices = (3, 20_000) if is_small else (15, 300_000)
    print(f"\neach for {seconds} s or as long as it takes, on a box with {devices:,} devices\n")
    print("| abuse | memory, idle + at most | slowest /healthz | slowest list | asked | abusers were answered |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        picture, password = filled(binary, folder, devices)
        for name, abuse in ABUSES:
            measure(binary, folder, name, abuse, picture, password, seconds)
