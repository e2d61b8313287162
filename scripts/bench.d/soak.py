"""The box under mixed load, killed with -9 at random points, also while starting. After each kill, `paperline check` reads the
data dir and acknowledged things are looked for; at the end all, once, in order. With `steady` it is left to work: in eight
measurements memory, threads, files and store must not outgrow what was written.

soak.py BINARY MINUTES kills|steady [SEED]"""

import collections
import glob
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pictures
from box import Box, Client, free_port
from simulated import Engine

BINARY, MINUTES, HOW = sys.argv[1], float(sys.argv[2]), sys.argv[3]
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
STATIONS, UPLOADERS = 3, 2
# So that pictures end in every cycle.
WAITING_MAX = 300
# In steady mode.
LOOKS = 8


class Gone(Exception):
    """Unanswered: the request may have been carried out."""


def check(holds, *what):
    if not holds:
        raise AssertionError(*what)


class Actor(threading.Thread):
    """Works until the box goes; its knowledge outlives the box."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak, self.random = soak, random.Random(f"{SEED} {type(self).__name__} {number} {soak.cycle}")
        self.number, self.trouble = number, None

    def ask(self, method, path, body=None, kind="application/json", headers=None):
        try:
            self.client.headers.update(headers or {})
            status, data, _ = self.client.ask(method, path, body, kind)
        except (OSError, Exception) as e:
            raise Gone from e
        return status, json.loads(data or b"null")

    def run(self):
        try:
            self.client = Client(self.soak.port)
            self.client.headers["cookie"] = self.soak.cookie
            while True:
                self.work()
        except Gone:
            pass
        except Exception as e:
            self.trouble = e


class Station(Actor):
    def work(self):
        soak = self.soak
        if self.random.random() < 0.6 or not soak.devices:
            new = [soak.next() for _ in range(self.random.choice([1, 1, 1, 20]))]
            devices = [{"DeviceSN": f"{number:08}", "CPUID": f"CPU-{number}"} for number in new]
            soak.asked.update(device["CPUID"] for device in devices)
            status, body = self.ask("POST", "/registerDevice", {"devices": devices})
            check(status == 200, status, body)
            for device in body["devices"]:
                check(device["status"] in ("created", "exists"), device)
                with soak.lock:
                    soak.devices[device["DeviceSN"]] = [device["CPUID"], 0]
        else:
            with soak.lock:
                mine = [sn for sn in self.random.sample(list(soak.devices), min(5, len(soak.devices))) if hash(sn) % STATIONS == self.number]
            state = self.random.choice([0, 1])
            for sn in mine:
                soak.devices[sn][1] = None
            if mine:
                status, body = self.ask("POST", "/switchPrintStatus", {"DeviceSNList": mine, "status": state})
                check((status, body) == (200, {"reqStatus": "sucess"}), status, body)
                soak.prints += len(mine)
            for sn in mine:
                soak.devices[sn][1] = state


class Uploader(Actor):
    def work(self):
        soak = self.soak
        status, body = self.ask("GET", "/api/queue")
        check(status == 200, status, body)
        if body["recognize_size"] > WAITING_MAX:
            return time.sleep(0.05)
        # Under the same key.
        if self.number not in soak.pending:
            soak.pending[self.number] = (f"upload-{soak.next()}", [pictures.png(f"soak {soak.next()}") for _ in range(self.random.choice([1, 2, 4]))])
        key, files = soak.pending[self.number]
        from box import form

        data, kind = form([("p.png", one) for one in files])
        status, body = self.ask("POST", "/invoice/recognizeImage", data, kind, {"Idempotency-Key": key})
        check(status == 200 and len(body["action_id_list"]) == len(files), status, body)
        with soak.lock:
            for action, file in zip(body["action_id_list"], files):
                check(action not in soak.actions, "given twice", action)
                soak.actions[action] = hashlib.sha256(file).hexdigest()
        del soak.pending[self.number]


class Designer(Actor):
    def work(self):
        status, body = self.ask("POST", "/invoice/addModel", pictures.template(f"票{self.soak.next()}", self.soak.origin))
        check(status == 200, status, body)
        self.soak.changes += 1
        time.sleep(0.2)
        status, body = self.ask("GET", "/invoice/getAllModel?page=0")
        check(status == 200, status, body)
        if body["total"] > 5:
            oldest = body["model_list"][-1]["model_id"]
            status, body = self.ask("POST", "/invoice/deleteModel", {"model_id": oldest})
            check(status in (200, 404), status, body)


class Manager(Actor):
    def work(self):
        soak = self.soak
        if len(soak.users) < 5:
            name = f"用户{soak.next()}"
            status, body = self.ask("POST", "/api/users", {"user_name": name, "passwd": "a long enough one", "permissions": [5]})
            check(status == 201, status, body)
            soak.users[body["user_id"]] = {5}
        else:
            user, right = self.random.choice(list(soak.users)), self.random.choice([1, 5, 9, 101])
            rights = soak.users[user]
            soak.users[user] = None
            if rights is None:
                status, body = self.ask("GET", "/api/users")
                rights = {p["permission_id"] for u in body["users"] if u["user_id"] == user for p in u["permissions"]}
            wanted = rights ^ {right}
            tick = {"permission_id": right, "is_checked": int(right in wanted)}
            status, body = self.ask("POST", "/invoice/updateUsersPermission", {"user_list": [{"user_id": user, "update_permissions": [tick]}]})
            check(status == 200, status, body)
            soak.users[user] = wanted
            soak.rights += 1
        time.sleep(0.02)


class Soak:
    def __init__(self, folder):
        self.dir, self.random = os.path.join(folder, "data"), random.Random(SEED)
        self.lock, self.numbers = threading.Lock(), iter(range(1, 1 << 60))
        self.devices, self.asked, self.actions, self.pending, self.users = {}, set(), {}, {}, {}
        self.prints = self.changes = self.rights = self.cycle = self.cut_short = 0
        self.usage = []
        self.engine = Engine(free_port(), 2)
        self.start()
        self.password = self.box.admin_password()
        admin = Client(self.port).log_in("admin", self.password)
        self.cookie, self.origin = admin.headers["cookie"], pictures.upload_origin(admin)

    def next(self):
        with self.lock:
            return next(self.numbers)

    def start(self):
        self.box = Box(BINARY, self.dir, "--engine", self.engine.address, "--set", "engine_backoff_ms=20")
        self.port = self.box.port

    def start_and_kill(self, after):
        arguments = ["serve", "--data-dir", self.dir, "--http", "127.0.0.1:0", "--https", "off", "--engine", self.engine.address]
        starting = subprocess.Popen([BINARY, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        check(starting.poll() is None, "it ended by itself while it started")
        starting.kill()
        starting.wait()
        self.cut_short += 1

    def client(self):
        client = Client(self.port)
        client.headers["cookie"] = self.cookie
        return client

    def actors(self):
        self.cycle += 1
        actors = [Station(self, n) for n in range(STATIONS)] + [Uploader(self, n) for n in range(UPLOADERS)]
        actors += [Designer(self, 0), Manager(self, 0)]
        for actor in actors:
            actor.start()
        return actors

    def look(self):
        """Resident MB, threads, open files, store MB, acknowledged things."""
        process = f"/proc/{self.box.process.pid}"
        size = sum(os.path.getsize(f) for f in glob.glob(f"{self.dir}/db/*") if os.path.isfile(f))
        threads, files = (len(os.listdir(f"{process}/{what}")) for what in ("task", "fd"))
        self.usage.append((self.box.memory_mb(), threads, files, size / (1 << 20), len(self.actions), len(self.devices)))

    def one_cycle(self):
        actors = self.actors()
        time.sleep(self.random.uniform(0.2, 6))
        self.look()
        self.take_down(actors)

    def steady(self):
        actors = self.actors()
        for _ in range(LOOKS):
            time.sleep(MINUTES * 60 / LOOKS)
            self.look()
            memory, threads, files, size, pictures, devices = self.usage[-1]
            print(f"{pictures:,} pictures, {devices:,} devices: {memory:.0f} MB resident, {threads} threads, {files} files, "
                  f"store {size:.0f} MB", flush=True)
            check(all(actor.is_alive() for actor in actors), [actor.trouble for actor in actors])
        self.take_down(actors)
        half, last = self.usage[LOOKS // 2 - 1], self.usage[-1]
        grown = [after / before for before, after in zip(half, last)]
        print("from half of the time to all of it: memory {:.2f} ×, threads {:.2f} ×, files {:.2f} ×, store {:.2f} ×, "
              "pictures {:.2f} ×, devices {:.2f} ×".format(*grown))
        data = max(grown[4], grown[5])
        check(grown[0] < data and grown[1] < 1.3 and grown[2] < 1.3 and grown[3] < 1.2 * data, "grew beyond its data", grown)

    def take_down(self, actors):
        self.box.stop(signal.SIGKILL)
        # A flickering power supply.
        for _ in range(self.random.choice([0, 1, 3, 6])):
            self.start_and_kill(self.random.uniform(0, 0.4))
        for actor in actors:
            actor.join()
            if actor.trouble:
                raise actor.trouble
        read = subprocess.run([BINARY, "check", "--data-dir", self.dir], capture_output=True, text=True)
        check(read.returncode == 0, read.stdout, read.stderr)
        self.start()
        self.check_devices()
        self.check_users()

    def check_devices(self):
        there = self.client().json("GET", "/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01")
        unprinted = set(self.client().json("GET", "/searchNoPrint")["DeviceSNList"])
        check(len(set(there.values())) == len(there), "a CPUID is there twice")
        for sn, (cpuid, printed) in self.devices.items():
            check(there.get(sn) == cpuid, "lost", sn, cpuid, there.get(sn))
            check(printed is None or (sn in unprinted) != bool(printed), "label", sn, printed)
        strangers = set(there.values()) - self.asked
        check(not strangers, "never asked for", strangers)

    def check_users(self):
        there = {u["user_id"]: {p["permission_id"] for p in u["permissions"]} for u in self.client().json("GET", "/api/users")["users"]}
        for user, rights in self.users.items():
            check(user in there and (rights is None or there[user] == rights), "rights", user, rights, there.get(user))

    def finish(self):
        """Each action once, in order, with its own picture."""
        client = self.client()
        for number in list(self.pending):
            uploader = Uploader(self, number)
            uploader.client = client
            uploader.work()
        while True:
            queue = client.json("GET", "/api/queue")
            if not queue["running"] and not queue["recognize_size"] and not queue["manage_size"]:
                break
            time.sleep(0.2)
        invoices, cursor = [], ""
        while True:
            page = client.json("GET", f"/api/invoices?limit=500{cursor}")
            invoices += page["invoices"]
            if not page["next_cursor"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        ended = [i["action_id"] for i in reversed(invoices)]
        times = collections.Counter(ended)
        check(max(times.values(), default=1) == 1, "ended twice", [a for a, n in times.items() if n > 1])
        check(ended == sorted(ended), "out of order")
        lost = set(self.actions) - set(ended)
        check(not lost, "lost", sorted(lost)[:10])
        urls = {i["action_id"]: i["invoice_url"] for i in invoices}
        for action, sha in self.actions.items():
            check(hashlib.sha256(client.ask("GET", urls[action])[1]).hexdigest() == sha, "another picture", action)
        twice = sum("两次中断" in i["reason"] for i in invoices)
        self.box.stop()
        read = subprocess.run([BINARY, "check", "--data-dir", self.dir], capture_output=True, text=True)
        check(read.returncode == 0, read.stdout, read.stderr)
        return len(ended), twice, read.stdout.strip().splitlines()[-1]


def main():
    print(f"seed {SEED}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(folder)
        until = time.monotonic() + MINUTES * 60
        if HOW == "steady":
            soak.steady()
        while HOW == "kills" and time.monotonic() < until:
            soak.one_cycle()
        ended, twice, read = soak.finish()
        print(f"{soak.cycle} kills, and {soak.cut_short} more while it started; after them, check found nothing wrong and everything acknowledged was there")
        print(f"acknowledged: {len(soak.devices):,} devices, {soak.prints:,} labels, {len(soak.actions):,} pictures, "
              f"{soak.changes:,} template changes, {soak.rights:,} changes of rights")
        print(f"{ended:,} recognitions ended, each once and in order, each with its picture; {twice} set aside after bringing the box down twice")
        for name, (memory, threads, files, size, *_) in (("first look", soak.usage[0]), ("last look", soak.usage[-1])):
            print(f"{name}: {memory:.0f} MB resident, {threads} threads, {files} files, store {size:.0f} MB")
        print(f"at the end: {read}")


if __name__ == "__main__":
    main()
