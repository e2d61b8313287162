"""Rows for the production line; their alternatives."""

import atexit
import base64
import io
import itertools
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time

import load
import web_peer
from box import Box, Client, free_port
from filled import WINDOW, cpuid, sn
from peers import Redis

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "a-session-of-the-peer"
LABELS = 50
# One new serial per registration.
fresh = itertools.count(50_000_000)


class Web:

    def __init__(self, filled, top):
        self.file = os.path.join(top, "peer.sqlite")
        web_peer.make(self.file, filled.rows(), SECRET)
        self.port, self.cookie = free_port(), f"sid={SECRET}"
        command = [sys.executable, "-B", os.path.join(HERE, "web_peer.py"), str(self.port)]
        self.process = subprocess.Popen(command, env={**os.environ, "PEER_DATABASE": self.file})
        atexit.register(self.process.kill)
        for _ in range(200):
            try:
                self.client = Client(self.port)
                self.client.headers["cookie"] = self.cookie
                self.client.json("POST", "/search", {"condition": "DeviceSN", "DeviceSN": sn(1)})
                return
            except ConnectionError:
                time.sleep(0.05)
        raise SystemExit("Sanic did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def rows(table, binary, filled, seconds, top):
    large = filled[-1]
    box = Box(binary, large.directory)
    client = Client(box.port).log_in()
    web = Web(large, top)
    same_answers(client, web, large)
    search(table, client, web, large, seconds)
    window(table, client, web, large, seconds)
    register(table, client, web, seconds, top)
    labels(table, client, large, seconds)
    web.stop()
    box.stop()
    watchers(table, binary, top, 1_000 if seconds >= 1 else 20)
    sizes(table, binary, filled, seconds)


def same_answers(client, web, large):
    for n in (0, 7, large.devices // 2, large.devices - 1):
        asked = {"condition": "DeviceSN", "DeviceSN": sn(n)}
        ours = client.json("POST", "/search", asked)
        assert ours == web.client.json("POST", "/search", asked) == {"CPUID": cpuid(n), "DeviceSN": sn(n)}, ours
    ours = client.json("POST", "/search", large.window)
    assert ours == web.client.json("POST", "/search", web_window(large)) and len(ours) == WINDOW, ours
    assert ours == json.loads(web_peer.window(web_peer.connect(web.file), *large.rows_window()))
    for n, word in ((next(fresh), "created"), (0, "exists")):
        asked = {"DeviceSN": sn(n), "CPUID": cpuid(n)}
        ours = client.json("POST", "/registerDevice", asked)
        assert ours == web.client.json("POST", "/registerDevice", asked), ours
        assert ours["devices"][0]["status"] == word, ours
    taken = {"DeviceSN": sn(0), "CPUID": "another"}
    assert client.json("POST", "/registerDevice", taken) == web.client.json("POST", "/registerDevice", taken)
    for port in (client.port, web.port):
        assert Client(port).ask("POST", "/search", {"condition": "DeviceSN", "DeviceSN": sn(0)})[0] == 401


def searches(cookie, devices):
    asked = ({"condition": "DeviceSN", "DeviceSN": sn(n * 7919 % devices)} for n in range(min(devices, 20_000)))
    return load.parts(load.request("/search", body, cookie) for body in asked)


def search(table, client, web, large, seconds):
    hello = load.Server(load.TOOL, "hello")
    ours, theirs = searches(client.headers["cookie"], large.devices), searches(web.cookie, large.devices)
    a_second = lambda port, file: load.ask(port, 64, seconds, file)["a_second"]
    beside = [
        ("bare hyper hello, the limit", lambda: a_second(hello.ports[0], ours), 0.6),
        ("Sanic + SQLite", lambda: a_second(web.port, theirs), 6),
    ]
    table.beside("`/search` by SN, 64 connections", "a second", lambda: a_second(client.port, ours), beside)
    hello.stop()


def web_window(large):
    first, last = (time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at // 1000)) for at in large.rows_window())
    return {"condition": "Time", "startTime": first, "endTime": last}


def window(table, client, web, large, seconds):
    ours = load.parts([load.request("/search", large.window, client.headers["cookie"])])
    theirs = load.parts([load.request("/search", web_window(large), web.cookie)])
    database = web_peer.connect(web.file)
    first, last = large.rows_window()

    def in_process():
        """The statement and its rows as JSON, one thread, no HTTP."""
        began, done = time.perf_counter(), 0
        while time.perf_counter() < began + seconds:
            web_peer.window(database, first, last)
            done += 1
        return done / (time.perf_counter() - began)

    beside = [
        ("SQLite in process, without HTTP", in_process, 1),
        ("Sanic + SQLite", lambda: load.ask(web.port, 16, seconds, theirs)["a_second"], 6),
    ]
    table.beside("a 100-device time window, 16 connections", "a second", lambda: load.ask(client.port, 16, seconds, ours)["a_second"], beside)
    database.close()


def registrations(cookie, count):
    some = ({"DeviceSN": sn(n), "CPUID": cpuid(n)} for n in itertools.islice(fresh, count))
    return load.parts(load.request("/registerDevice", body, cookie) for body in some)


def register(table, client, web, seconds, top):
    redis = Redis(os.path.join(top))
    # Some tenths of a second on an idle disk.
    many = max(100, int(5_000 * seconds))

    def to_redis():
        commands = load.parts(load.resp("SET", sn(n), cpuid(n)) for n in itertools.islice(fresh, many))
        return load.ask(redis.port, 64, 0, commands, "resp")["a_second"]

    a_second = lambda port, cookie, count: load.ask(port, 64, 0, registrations(cookie, count))["a_second"]
    beside = [
        ("Redis SET, appendfsync always", to_redis, 0.5),
        ("Sanic + SQLite, synchronous=FULL", lambda: a_second(web.port, web.cookie, max(64, many // 8)), 5),
    ]
    table.beside("`registerDevice`, one a request, durable, 64 connections", "a second", lambda: a_second(client.port, client.headers["cookie"], many), beside)
    redis.stop()


def png_side(data):
    return struct.unpack(">II", data[16:24])


def labels(table, client, large, seconds):
    import qrcode
    import segno

    devices = [(sn(n), cpuid(n)) for n in range(LABELS)]
    asked = load.parts([load.request("/printQRCode", {"DeviceSNList": [s for s, _ in devices]}, client.headers["cookie"])])
    drawn = {s: base64.b64decode(png) for s, png in client.json("POST", "/printQRCode", {"DeviceSNList": [s for s, _ in devices]}).items()}

    def with_qrcode():
        pictures = {}
        for s, c in devices:
            code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
            code.add_data(f"{s} {c}")
            out = io.BytesIO()
            code.make_image().save(out, "PNG")
            pictures[s] = out.getvalue()
        return pictures

    def with_segno():
        pictures = {}
        for s, c in devices:
            out = io.BytesIO()
            segno.make(f"{s} {c}", error="m", micro=False, boost_error=False).save(out, kind="png", scale=8, border=4)
            pictures[s] = out.getvalue()
        return pictures

    # Equal margin and scale. The box may take the next version: 4 modules more, no less work.
    for others in (with_qrcode(), with_segno()):
        for s, png in others.items():
            assert png_side(drawn[s])[0] - png_side(png)[0] in (0, 4 * 8), (s, png_side(png), png_side(drawn[s]))

    def rate(draw):
        def measured():
            began, done = time.perf_counter(), 0
            while time.perf_counter() < began + seconds:
                json.dumps({s: base64.b64encode(png).decode() for s, png in draw().items()})
                done += LABELS
            return done / (time.perf_counter() - began)

        return measured

    ours = lambda: load.ask(client.port, 1, seconds, asked)["a_second"] * LABELS
    beside = [("python-qrcode", rate(with_qrcode), 20), ("segno", rate(with_segno), 5)]
    table.beside("`printQRCode`, 50 labels a request, one connection", "labels a second", ours, beside)


def watchers(table, binary, top, many):
    directory = os.path.join(top, "watched")
    box = Box(binary, directory)
    client = Client(box.port).log_in()
    cookie = client.headers["cookie"]
    hello = load.parts([load.upgrade("/socketNoPrint", cookie)])
    changes = 8
    # Of some ten serials.
    size = 120
    python = load.Server(sys.executable, "-B", os.path.join(HERE, "broadcast_peer.py"), str(size), os.path.join(top, "kept"))
    fan = load.Server(load.TOOL, "fan", str(size))
    lines = load.parts([b"change\n"] * changes)

    def watched(address, trigger, triggers, every=250, count=changes):
        return load.run("watch", f"127.0.0.1:{address}", many, hello, f"127.0.0.1:{trigger}", triggers, every)

    def ours(every=250, count=changes):
        some = load.parts(
            load.request("/registerDevice", {"DeviceSN": sn(n), "CPUID": cpuid(n)}, cookie) for n in itertools.islice(fresh, count)
        )
        measured = watched(box.port, box.port, some, every)
        listed = client.json("GET", "/searchNoPrint")["DeviceSNList"]
        client.json("POST", "/switchPrintStatus", {"DeviceSNList": listed})
        return measured

    rate = lambda measured: 1000 / measured["all_ms"]
    beside = [
        ("Python websockets broadcast", lambda: rate(watched(*python.ports, lines)), 4),
        ("bytes through loopback, the limit (nothing made durable)", lambda: rate(watched(*fan.ports, lines)), 0),
    ]
    table.beside(f"one change to {many:,} watchers, all of them told", "a second", lambda: rate(ours()), beside)
    tails = [ours(1000, 6)["p99_ms"] for _ in range(table.rounds)]
    table.bound(f"one change a second, {many:,} watchers: from the request to each", "p99", tails, 50, "ms")
    for process in (python, fan):
        process.stop()
    box.stop()


def sizes(table, binary, filled, seconds):
    """One request with few and many devices."""
    boxes = [Box(binary, each.directory) for each in filled]
    clients = [Client(box.port).log_in() for box in boxes]

    def ways(each, client):
        cookie = client.headers["cookie"]
        page = [load.get("/api/devices?limit=100", cookie)]
        fifty = load.request("/printQRCode", {"DeviceSNList": [sn(n) for n in range(LABELS)]}, cookie)
        return {
            "`/search` by SN": (searches(cookie, each.devices), None),
            "100-device window": (load.parts([load.request("/search", each.window, cookie)]), None),
            "first page of `/api/devices`": (load.parts(page), None),
            "`printQRCode`": (load.parts([fifty]), None),
            "`registerDevice`": (None, lambda: registrations(cookie, max(20, int(1_000 * seconds)))),
        }

    against(table, [each.devices for each in filled], "devices", boxes, [ways(*pair) for pair in zip(filled, clients)], seconds)
    for box in boxes:
        box.stop()


def against(table, counts, what, boxes, ways, seconds):
    """In turns; required: flat within 1.5×. Several connections, so that no core sleeps: with one, half the figure is wake-up
    time, 30 or 60 µs."""
    for way in ways[0]:
        taken = [[] for _ in boxes]
        # Disk reads are the start's cost, not the request's.
        for box, asked in zip(boxes, ways):
            if asked[way][0]:
                load.ask(box.port, 8, seconds / 2, asked[way][0])
        for _ in range(table.rounds):
            for times, box, asked in zip(taken, boxes, ways):
                file, make = asked[way]
                measured = load.ask(box.port, 8, 0 if make else seconds / 4, make() if make else file)
                times.append(1000 / measured["a_second"])
        each = ", ".join(f"{sorted(times)[len(times) // 2]:.3g}" for times in taken)
        ratios = [many / few for few, many in zip(taken[0], taken[-1])]
        name = " – ".join(f"{count:,}" for count in (counts[0], counts[-1]))
        table.bound(f"cost against size: {way}", f"{name} {what}", ratios, 1.5, "×", f"{each} ms of the whole box a request", "≤ 1.5 ×")
