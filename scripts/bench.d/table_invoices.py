"""Rows for the invoice line, starting and memory; their alternatives."""

import itertools
import os
import tempfile
import time

import load
import pictures
from box import Box, Client, form
from filled import quick_engine, speck, wait_idle
from peers import Beanstalkd
from table_labels import against

# New pictures.
fresh = itertools.count(10_000_000)


def rows(table, binary, filled, seconds, top):
    starts(table, binary, filled, top)
    engine = quick_engine()
    box = Box(binary, os.path.join(top, "line"), "--engine", engine.word)
    admin = Client(box.port).log_in("admin", box.admin_password())
    admin.json("POST", "/invoice/addModel", pictures.template("invoice", pictures.upload_origin(admin)))
    while not admin.json("GET", "/invoice/getAllModel")["total"]:
        time.sleep(0.01)
    recognise(table, admin, seconds, top)
    queue(table, admin, seconds, top)
    box.stop()
    sizes(table, binary, filled, engine, seconds)
    engine.stop()
    memory(table, binary, filled, seconds, top)


def uploads(cookie, count, picture):
    some = (form([("p.png", picture(next(fresh)))]) for _ in range(count))
    return [load.request("/invoice/recognizeImage", body, cookie, kind) for body, kind in some]


def recognise(table, admin, seconds, top):
    """With the queue paused: the engine's work is the next row."""
    many = max(16, int(160 * seconds))
    admin.json("POST", "/api/queue/pause", {"reason": "bench"})

    def ours():
        some = load.parts(uploads(admin.headers["cookie"], many, lambda n: pictures.png(f"{n:08}")))
        figure = load.ask(admin.port, 16, 0, some)["a_second"]
        os.remove(some)
        return figure

    def files():
        some = load.parts(pictures.png(f"{next(fresh):08}") for _ in range(many))
        with tempfile.TemporaryDirectory(dir=top) as folder:
            figure = load.run("files", folder, 16, some)["a_second"]
        os.remove(some)
        return figure

    beside = [("the same files: write, fsync, rename, fsync of the folder", files, 0.5)]
    table.beside("`recognizeImage`, 100 KB, to acknowledged, 16 connections", "a second", ours, beside)
    admin.json("POST", "/api/queue/resume")
    wait_idle(admin)


def queue(table, admin, seconds, top):
    many = max(30, int(150 * seconds))
    beanstalkd = Beanstalkd(tempfile.mkdtemp(dir=top))
    beanstalkd.consumer.stop()

    def ours():
        """From resuming to the last stored result."""
        admin.json("POST", "/api/queue/pause", {"reason": "bench"})
        for start in range(0, many, 100):
            admin.upload("/invoice/recognizeImage", [("p.png", speck(next(fresh))) for _ in range(min(100, many - start))])
        before = admin.json("GET", "/api/invoices?limit=1")["total"]
        began = time.perf_counter()
        admin.json("POST", "/api/queue/resume")
        while admin.json("GET", "/api/invoices?limit=1")["total"] < before + many:
            time.sleep(0.005)
        return many / (time.perf_counter() - began)

    theirs = lambda: load.run("tubes", f"127.0.0.1:{beanstalkd.port}", many, 64)["a_second"]
    table.beside("queue → engine of 0 ms → stored result", "a second", ours, [("beanstalkd -f0: put, reserve, delete", theirs, 1)])
    beanstalkd.process.terminate()
    beanstalkd.process.wait()


def starts(table, binary, filled, top):
    def start(directory):
        box = Box(binary, directory)
        took = box.started_in
        box.stop()
        return took

    empty = lambda: start(tempfile.mkdtemp(dir=top))
    table.bound("start to `/readyz`", "empty", [empty() for _ in range(table.rounds)], 0.3, "s", "with the making of its keys and first users")
    large = filled[-1]
    kept = [start(large.directory) for _ in range(table.rounds)]
    table.bound("start to `/readyz`", f"{large.devices:,} devices, {large.invoices:,} invoices", kept, 3, "s")


def sizes(table, binary, filled, engine, seconds):
    boxes = [Box(binary, each.directory, "--engine", engine.word) for each in filled]
    admins = [Client(box.port).log_in("admin", box.admin_password()) for box in boxes]

    def ways(admin):
        cookie = admin.headers["cookie"]
        page = lambda path: (load.parts([load.get(path, cookie)]), None)
        return {
            "first page of `/api/invoices`": page("/api/invoices?limit=50"),
            "`/invoice/getFaultQueue`": page("/invoice/getFaultQueue?page=0"),
            "`/invoice/getAllModel`": page("/invoice/getAllModel?page=0"),
            "`recognizeImage`, to acknowledged": (None, lambda: load.parts(uploads(cookie, max(20, int(100 * seconds)), speck))),
        }

    against(table, [each.invoices for each in filled], "invoices", boxes, [ways(admin) for admin in admins], seconds)
    for admin in admins:
        wait_idle(admin)
    for box in boxes:
        box.stop()


def memory(table, binary, filled, seconds, top):
    idle = []
    for _ in range(table.rounds):
        box = Box(binary, tempfile.mkdtemp(dir=top))
        time.sleep(0.2)
        idle.append(box.memory_mb())
        box.stop()
    table.bound("RSS", "idle, empty", idle, 120, "MB", "the nets are not loaded yet")
    large = filled[-1]
    engine = quick_engine()
    box = Box(binary, large.directory, "--engine", engine.word)
    password = box.admin_password()
    after = []
    for _ in range(table.rounds + 1):
        day(box, password, seconds, large)
        time.sleep(1)
        after.append(box.memory_mb())
    each = ", ".join(f"{mb:.0f}" for mb in after)
    growth = [later / earlier for earlier, later in zip(after[1:], after[2:])]
    table.bound("RSS", "after each of some days' work on the largest store", growth, 1.1, "× the day before", f"{each} MB", "bounded")
    box.stop()
    engine.stop()


def day(box, password, seconds, large):
    for _ in range(3):
        admin = Client(box.port).log_in("admin", password)
        cookie = admin.headers["cookie"]
        pages = [f"/api/devices?limit=1000&q={n}" for n in range(10, 15)] + ["/api/invoices?limit=500&fault=1", "/api/invoices?limit=500"]
        load.ask(box.port, 8, 0, load.parts(load.get(path, cookie) for path in pages))
        load.ask(box.port, 32, seconds / 4, load.parts([load.request("/search", large.window, cookie)]))
        load.ask(box.port, 16, 0, load.parts(uploads(cookie, int(60 * seconds) + 1, lambda n: pictures.png(f"{n:08}"))))
        wait_idle(admin)
        admin.ask("POST", "/logout", {})
    admin = Client(box.port).log_in("admin", password)
    assert admin.ask("GET", "/api/devices/export.csv")[0] == 200
