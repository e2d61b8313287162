"""A long day of the invoice line with a simulated engine (5 ms a picture): four uploaders, 200 consoles, template changes;
undisturbed, then with random kills. Prints what was checked."""

import asyncio
import base64
import collections
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time

import pictures
from box import Box, Client, form, free_port
from simulated import Engine

BINARY, SIZE = sys.argv[1], sys.argv[2]
PICTURES, WATCHERS, KILLS = (200, 20, 3) if SIZE == "small" else (2_000, 200, 30)
UPLOADERS, CHANGES, ENGINE_MS = 4, 20, 5
# Uploads keep pace with reading, so that kills hit both.
AHEAD_MAX = 100


class Wrong(AssertionError):
    pass


def check(holds, *what):
    if not holds:
        raise Wrong(*what)


class Known(dict):
    """All watchers get the same bytes."""

    def __missing__(self, text):
        message = json.loads(text)
        said = self[text] = (message["msg_id"], message.get("action_id"), message.get("pos_id"))
        return said


KNOWN = Known()


class Watcher(asyncio.Protocol):
    """Expects 203, 100, (101, 102)…, 1 per picture, oldest first, each ending once."""

    def __init__(self, cookie):
        self.cookie, self.ended, self.seen = cookie, set(), 0
        self.last = 0

    def connection_made(self, transport):
        self.transport, self.buffer, self.shaken = transport, bytearray(), False
        # A running picture's beginning may have been missed.
        self.step, self.found, self.fresh = None, set(), True
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /invoice/webSocketServer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: {self.cookie}\r\n\r\n".encode()
        )
        text = b'{"code":"001","console_status":2}'
        transport.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)

    def data_received(self, data):
        buffer = self.buffer
        buffer += data
        if not self.shaken:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            check(buffer.startswith(b"HTTP/1.1 101"), bytes(buffer[:end]))
            del buffer[: end + 4]
            self.shaken = True
        at = 0
        while len(buffer) - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(buffer[at + 2 : at + 4]), 4
            if length == 127 or len(buffer) - at < head + length:
                break
            check(buffer[at] == 0x81, "not a text", buffer[at], bytes(buffer[at + head : at + head + length]))
            self.hear(*KNOWN[bytes(buffer[at + head : at + head + length])])
            at += head + length
        del buffer[:at]

    def hear(self, number, action, pos_id):
        self.seen += 1
        if number in (205, 204):
            return
        if number == 203:
            check(self.step is None or self.fresh, "203 before the end of another", action, self.last)
            check(action >= self.last, "not the oldest first", action, self.last)
            check(action not in self.ended, "starts again after its end", action)
            self.last, self.step, self.found = action, 203, set()
        elif self.fresh and self.step is None:
            # The first message may be somewhere in the middle.
            self.last, self.step = action, number if number != 1 else None
            if number == 1:
                self.end(action)
            self.found.add(pos_id)
            return
        else:
            check(action == self.last and self.step is not None, number, "of another action", action, self.last)
            if number == 100:
                check(self.step == 203, "100 after", self.step)
            elif number == 101:
                check(self.step in (100, 101, 102), "101 after", self.step)
                self.found.add(pos_id)
            elif number == 102:
                check(self.step in (100, 101, 102), "102 after", self.step)
                check(pos_id in self.found or pos_id == "发票类型" or self.fresh, "read before found", pos_id)
            elif number == 1:
                check(self.step in (100, 101, 102), "1 after", self.step)
                self.end(action)
                self.step, self.fresh = None, False
                return
            self.step = number
        if number == 203:
            self.fresh = False

    def end(self, action):
        check(action not in self.ended, "ended twice", action)
        self.ended.add(action)


class Line:
    def __init__(self, directory, kills):
        self.directory, self.kills = directory, kills
        self.engine = Engine(free_port(), ENGINE_MS)
        self.port = free_port()
        self.box = self.start()
        client = self.client = Client(self.port).log_in("admin", self.box.admin_password())
        self.cookie = client.headers["cookie"]
        self.origin = pictures.upload_origin(client)
        self.expected, self.perhaps = set(), set()
        for label in ["invoice", *(f"old {n}" for n in range(CHANGES))]:
            client.json("POST", "/invoice/addModel", pictures.template(label, self.origin))
            self.expected.add(label)
        self.engine.wait_for(1 + CHANGES)
        while client.json("GET", "/api/queue")["running"]:
            time.sleep(0.01)
        self.first_request = len(self.engine.requests)
        self.watchers = [Watcher(self.cookie) for _ in range(WATCHERS)]
        self.acknowledged, self.changes, self.rss = {}, [], []
        self.asked_again = self.restarted_in = 0
        self.up = asyncio.Event()
        self.up.set()
        self.wrong = []

    def start(self):
        return Box(BINARY, self.directory, "--engine", self.engine.address, "--set", "engine_backoff_ms=100", port=self.port)

    def session(self):
        """Its session survives restarts."""
        client = Client(self.port)
        client.headers["cookie"] = self.cookie
        return client

    def read(self):
        return len({what for _, number, what in self.engine.requests[self.first_request :] if number == 1})

    async def ask(self, path, body, kind, key=""):
        """A whole answer, or none."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {self.cookie}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n{key}\r\n".encode() + body
            )
            answer = await reader.read()
            writer.close()
        except ConnectionError:
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), None)
        if length is None or len(body) < length:
            return None
        status = int(head.split()[1])
        check(status == 200 or status >= 500, status, body)
        return json.loads(body) if status == 200 else None

    async def until_answered(self, *what):
        while (answer := await self.ask(*what)) is None:
            self.asked_again += 1
            await asyncio.sleep(0.02)
            await self.up.wait()
        return answer

    async def upload(self, uploader):
        chance, left = random.Random(uploader), PICTURES // UPLOADERS
        while left:
            while self.kills and len(self.acknowledged) > self.read() + AHEAD_MAX:
                await asyncio.sleep(0.01)
            some = [pictures.png(f"{uploader} {left - n}") for n in range(min(left, chance.randint(1, 5)))]
            key = f"Idempotency-Key: {uploader}-{left}\r\n"
            answer = await self.until_answered("/invoice/recognizeImage", *form([("p.png", picture) for picture in some]), key)
            check(len(answer["action_id_list"]) == len(some), answer)
            for action, picture in zip(answer["action_id_list"], some):
                check(action not in self.acknowledged, "given twice", action)
                self.acknowledged[action] = hashlib.sha256(picture).hexdigest()
            left -= len(some)

    async def change(self, n):
        """Adds, changes and deletes in turn. An unanswered addition may exist or not: another is added."""
        json_kind = "application/json"
        if n % 3 == 0:
            label, again = f"new {n}", 0
            while (answer := await self.ask("/invoice/addModel", json.dumps(pictures.template(label, self.origin)).encode(), json_kind)) is None:
                self.perhaps.add(label)
                again += 1
                label = f"new {n} {again}"
                await asyncio.sleep(0.02)
                await self.up.wait()
            self.expected.add(label)
        elif n % 3 == 1:
            # 1 is the pictures' template; "old 0" is number 2.
            body = pictures.template(f"changed {n}", self.origin, 2 + n)
            answer = await self.until_answered("/invoice/addModel", json.dumps(body).encode(), json_kind)
            self.expected ^= {f"old {n}", f"changed {n}"}
        else:
            answer = await self.until_answered("/invoice/deleteModel", json.dumps({"model_id": 2 + n}).encode(), json_kind)
            self.expected.discard(f"old {n}")
        self.changes.append((time.monotonic(), answer["action_id"]))

    async def change_templates(self):
        for n in range(CHANGES):
            while self.read() < (n + 1) * PICTURES // (CHANGES + 2):
                await asyncio.sleep(0.005)
            await self.change(n)

    async def watch(self, watcher):
        loop = asyncio.get_running_loop()
        await self.up.wait()
        await loop.create_connection(lambda: watcher, "127.0.0.1", self.port)

    async def kill(self):
        chance = random.Random(7)
        for after in sorted(chance.randrange(PICTURES * 95 // 100) for _ in range(self.kills)):
            while self.read() < after:
                await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0, 0.05))
            self.up.clear()
            self.box.stop(signal.SIGKILL)
            began = time.monotonic()
            self.box = await asyncio.to_thread(self.start)
            self.restarted_in = max(self.restarted_in, time.monotonic() - began)
            self.up.set()
            await asyncio.gather(*(self.watch(watcher) for watcher in self.watchers))

    async def sample(self):
        while True:
            self.rss.append((self.read(), self.box.memory_mb()))
            await asyncio.sleep(0.1)

    async def run(self):
        # Watchers fail inside the loop's callbacks.
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.wrong.append(context))
        await asyncio.gather(*(self.watch(watcher) for watcher in self.watchers))
        while not all(watcher.seen for watcher in self.watchers):
            await asyncio.sleep(0.01)
        began = time.monotonic()
        sampling = asyncio.create_task(self.sample()) if not self.kills else None
        self.uploaded_in = 0

        async def upload(n):
            await self.upload(n)
            self.uploaded_in = time.monotonic() - began

        work = [*map(upload, range(UPLOADERS)), self.change_templates()]
        await asyncio.gather(*work, *([self.kill()] if self.kills else []))
        while True:
            queue = await asyncio.to_thread(self.session().json, "GET", "/api/queue")
            if not queue["running"] and not queue["manage_size"] and not queue["recognize_size"]:
                break
            await asyncio.sleep(0.1)
        self.took = self.engine.requests[-1][0] - began
        if sampling:
            told = set(self.acknowledged)
            while not all(watcher.ended >= told for watcher in self.watchers):
                check(not self.wrong, self.wrong)
                check(time.monotonic() < began + 300, "a watcher was not told all")
                await asyncio.sleep(0.05)
            sampling.cancel()

    def invoices(self, client):
        found, cursor = [], ""
        while cursor is not None:
            page = client.json("GET", f"/api/invoices?limit=500{cursor and f'&cursor={cursor}'}")
            found += page["invoices"]
            cursor = page["next_cursor"]
        check(page["total"] == len(found), "total", page["total"])
        return found

    def checks(self):
        check(not self.wrong, self.wrong)
        client = self.session()
        invoices = self.invoices(client)
        each = collections.Counter(invoice["action_id"] for invoice in invoices)
        check(set(each.values()) == {1}, "ended twice", [a for a, n in each.items() if n > 1])
        check(set(each) == set(self.acknowledged), "lost or never asked for", set(each) ^ set(self.acknowledged))
        faults = 0
        for invoice in invoices:
            name = self.acknowledged[invoice["action_id"]]
            _, bytes, _ = client.ask("GET", invoice["invoice_url"])
            check(hashlib.sha256(bytes).hexdigest() == name, "another picture", invoice)
            check(invoice["is_fault"] == int(name.endswith("0")), "another result", invoice)
            faults += invoice["is_fault"]
        check(client.json("GET", "/invoice/getFaultQueue")["fault_num"] == faults, "faults")
        total, labels = None, []
        while total is None or len(labels) < total:
            page = client.json("GET", f"/invoice/getAllModel?page={len(labels) // 12}")
            total = page["total"]
            labels += [model["model_label"] for model in page["model_list"]]
        check(len(labels) == len(set(labels)), "a template twice", labels)
        check(self.expected <= set(labels) <= self.expected | self.perhaps, "templates", set(labels) ^ self.expected)
        counter = next(m for m in client.json("GET", "/invoice/searchModelLabel?page=0&keyword=invoice") if m["model_id"] == 1)
        check(counter["model_success_counter"] == len(invoices) - faults, "counted", counter["model_success_counter"])
        self.check_order()
        return invoices, faults

    def check_order(self):
        """In action order; after a template change's answer at most the one picture already started."""
        action_of = {name: action for action, name in self.acknowledged.items()}
        requests = self.engine.requests[self.first_request :]
        order = [action_of[what] for _, number, what in requests if number == 1]
        check(order == sorted(order), "not the oldest first")
        managed = iter([at for at, number, _ in requests if number != 1])
        self.overtaken = 0
        # A killed box may repeat a template change.
        if not self.kills:
            for answered, action in self.changes:
                done = next(managed)
                between = sum(number == 1 and answered < at < done for at, number, _ in requests)
                check(between <= 1, "a template change waited for", between)
                self.overtaken = max(self.overtaken, between)
        self.repeated = len(order) - len(set(order))

    def stop(self):
        self.box.stop()
        self.engine.stop()


def quarters(samples):
    return [next((mb for read, mb in samples if read >= share * PICTURES // 4), samples[-1][1]) for share in range(5)]


def main():
    for kills in (0, KILLS):
        with tempfile.TemporaryDirectory(prefix="paperline-bench-") as directory:
            line = Line(os.path.join(directory, "data"), kills)
            asyncio.run(line.run())
            invoices, faults = line.checks()
            line.stop()
        heads = f"{PICTURES:,} pictures from {UPLOADERS} uploaders, {WATCHERS} consoles, {CHANGES} template changes, {ENGINE_MS} ms a picture"
        print(f"\n{heads}{f', kill -9 at {kills} random points' if kills else ''}")
        print(f"  all answered after {line.uploaded_in:.1f} s, all read after {line.took:.1f} s: {PICTURES / line.took:.0f} a second")
        print(f"  {len(invoices):,} invoices, one an action, each with its own picture; {faults} faults; templates as asked for")
        seen = sum(watcher.seen for watcher in line.watchers)
        if kills:
            told = [len(watcher.ended) for watcher in line.watchers]
            print(f"  {line.asked_again} requests asked again, {line.repeated} pictures read again after a kill, longest restart {line.restarted_in:.2f} s")
            print(f"  {seen:,} messages in order; no end told twice to anybody (told: {min(told):,} – {max(told):,})")
        else:
            print(f"  {seen:,} messages: on each console each picture in order, ended once; at most {line.overtaken} picture before a template change")
            print("  RSS at the start and after each quarter, MB: " + ", ".join(f"{mb:.0f}" for mb in quarters(line.rss)))


main()
