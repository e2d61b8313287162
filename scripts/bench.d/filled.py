"""Boxes with years of data, made through the interface. Filled in memory, measured on disk."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import time
import zlib

import load
import pictures
from box import Box, Client, free_port

# In a second of their own, for windows of whole seconds.
WINDOW = 100
AT_ONCE = 10_000
FILES_A_REQUEST = 200


def sn(n):
    return f"{n:08d}"


def cpuid(n):
    return f"CPU{n:08X}"


def speck(n):
    """Unique, of one pixel: only the number matters."""
    body = pictures.chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + pictures.chunk(b"tEXt", b"Comment\0%d" % n)
    return b"\x89PNG\r\n\x1a\n" + body + pictures.chunk(b"IDAT", zlib.compress(b"\0\0")) + pictures.chunk(b"IEND", b"")


def memory_folder(needed):
    """In memory, if there is room."""
    try:
        disk = os.statvfs("/dev/shm")
        return "/dev/shm" if disk.f_bavail * disk.f_frsize > needed else None
    except OSError:
        return None


def quick_engine():
    """Template numbers are stored under the engine's name, whatever its port."""
    engine = load.Server(load.TOOL, "engine", str(free_port()))
    engine.word = f"quick=tcp://127.0.0.1:{engine.ports[0]}"
    return engine


def copy(source, target):
    """Links pictures: they are never rewritten, and many."""
    (os.link if "/pictures/" in source else shutil.copy2)(source, target)


class Filled:
    """So many devices, all labelled; a fifth as many invoices, one in twenty a fault."""

    def __init__(self, binary, devices, top):
        self.devices, self.invoices = devices, devices // 5
        self.directory = os.path.join(top, f"box-{devices}")
        began = time.monotonic()
        # Filling takes longest; can be kept for the next run.
        kept = os.environ.get("PAPERLINE_BENCH_FILLED")
        kept = kept and os.path.join(kept, f"box-{devices}")
        if kept and os.path.exists(f"{kept}.json"):
            with open(f"{kept}.json") as said:
                self.window = json.load(said)
            shutil.copytree(kept, self.directory, copy_function=copy)
        else:
            self.make(binary, top)
            if kept:
                shutil.copytree(self.directory, kept)
                with open(f"{kept}.json", "w") as said:
                    json.dump(self.window, said)
        subprocess.run(["sync"], check=True)
        self.took = time.monotonic() - began

    def make(self, binary, top):
        where = tempfile.mkdtemp(prefix="paperline-fill-", dir=memory_folder(8 << 30) or top)
        try:
            self.fill(binary, where)
            shutil.copytree(where, self.directory, ignore=shutil.ignore_patterns("*.sock"))
        finally:
            shutil.rmtree(where, ignore_errors=True)

    def fill(self, binary, where):
        engine = quick_engine()
        box = Box(binary, where, "--engine", engine.word)
        admin = Client(box.port).log_in("admin", box.admin_password())
        self.fill_devices(admin)
        self.fill_invoices(admin)
        box.stop()
        engine.stop()

    def fill_devices(self, client):
        middle = self.devices // 2
        for start in range(0, self.devices, AT_ONCE):
            if start <= middle < start + AT_ONCE:
                self.register_window(client, middle)
            rows = [n for n in range(start, min(start + AT_ONCE, self.devices)) if not middle <= n < middle + WINDOW]
            lines = "".join(f"{sn(n)},{cpuid(n)}\n" for n in rows)
            answer = client.json("POST", "/api/devices/import", ("DeviceSN,CPUID\n" + lines).encode(), "text/csv")
            assert answer["errors"] == [] and answer["created"] == len(rows), answer
            done = client.json("POST", "/switchPrintStatus", {"DeviceSNList": [sn(n) for n in rows]})
            assert done == {"reqStatus": "sucess"}, done

    def register_window(self, client, middle):
        time.sleep(1.1)
        devices = [{"DeviceSN": sn(n), "CPUID": cpuid(n)} for n in range(middle, middle + WINDOW)]
        # If a second ends in between, both are asked for.
        client.json("POST", "/registerDevice", {"devices": devices})
        time.sleep(1.1)
        times = [client.json("GET", f"/api/devices/{sn(n)}/history")["device"]["register_time"] for n in (middle, middle + WINDOW - 1)]
        self.window = {"condition": "Time", "startTime": times[0], "endTime": times[1]}
        client.json("POST", "/switchPrintStatus", {"DeviceSNList": [device["DeviceSN"] for device in devices]})

    def fill_invoices(self, client):
        client.json("POST", "/invoice/addModel", pictures.template("invoice", pictures.upload_origin(client)))
        while not client.json("GET", "/invoice/getAllModel")["total"]:
            time.sleep(0.01)
        for start in range(0, self.invoices, FILES_A_REQUEST):
            some = [("p.png", speck(n)) for n in range(start, min(start + FILES_A_REQUEST, self.invoices))]
            answer = client.upload("/invoice/recognizeImage", some)
            assert len(answer["action_id_list"]) == len(some), answer
            while answer["recognize_size"] > 5_000:
                time.sleep(0.2)
                answer = client.json("GET", "/api/queue")
        wait_idle(client)

    def rows(self):
        """For another store: serial, CPU id, milliseconds. The window has its own second."""
        middle = self.devices // 2
        for n in range(self.devices):
            second = n // 20_000 + (n >= middle) * 2 + (n >= middle + WINDOW) * 2
            yield sn(n), cpuid(n), (1_700_000_000 + second) * 1000

    def rows_window(self):
        second = 1_700_000_000 + (self.devices // 2) // 20_000 + 2
        return second * 1000, second * 1000 + 999


def wait_idle(client):
    while True:
        queue = client.json("GET", "/api/queue")
        if not queue["running"] and not queue["manage_size"] and not queue["recognize_size"]:
            return
        time.sleep(0.02)
