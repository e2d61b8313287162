"""From upload to engine: pictures a second, and the delay after the answer; beside beanstalkd and Redis in the same run with the
same durability."""

import hashlib
import http.client
import itertools
import statistics
import sys
import tempfile
import threading
import time

import pictures
from box import Box, Client, form, free_port
from simulated import Engine
from peers import Beanstalkd, Files, Redis

BINARY, SIZE = sys.argv[1], sys.argv[2]
ROUNDS, UPLOADS, SINGLE = (3, 96, 30) if SIZE == "small" else (7, 480, 150)
CONNECTIONS = 16
number = itertools.count()


class Picture:
    def __init__(self):
        self.bytes = pictures.png(f"{next(number):08}")
        self.name = hashlib.sha256(self.bytes).hexdigest()
        self.form, self.kind = form([("p.png", self.bytes)])


class Paperline:
    """HTTP, multipart, checking and storing the picture, action and log, queue, engine over TCP."""

    name = "paperline"

    def __init__(self, directory):
        self.consumer = Engine(free_port(), 0)
        self.box = Box(BINARY, directory, "--engine", self.consumer.address)
        client = Client(self.box.port).log_in("admin", self.box.admin_password())
        self.headers = client.headers
        client.json("POST", "/invoice/addModel", pictures.template("invoice", pictures.upload_origin(client)))
        self.consumer.wait_for(1)
        self.consumer.requests.clear()

    def connect(self):
        client = http.client.HTTPConnection("127.0.0.1", self.box.port)
        client.connect()
        return client

    def put(self, connection, picture):
        connection.request("POST", "/invoice/recognizeImage", picture.form, {**self.headers, "content-type": picture.kind})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body

    def stop(self):
        self.box.stop()
        self.consumer.stop()


class Beside:
    """The picture is a durable file before its name is queued."""

    def __init__(self, name, queue, files):
        self.name, self.queue, self.files = name, queue, files
        self.consumer, self.connect, self.stop = queue.consumer, queue.connect, queue.stop

    def put(self, connection, picture):
        self.files.keep(picture.name, picture.bytes)
        self.queue.put(connection, picture.name.encode())


class Bare(Beside):
    """Only names, no pictures."""

    def put(self, connection, picture):
        self.queue.put(connection, picture.name.encode())


class Within(Beside):
    """Preceded by its name."""

    def put(self, connection, picture):
        self.queue.put(connection, picture.name.encode() + picture.bytes)


class Alone:
    name = "file + fsync alone"
    consumer = None

    def __init__(self, files):
        self.files = files

    def connect(self):
        return None

    def put(self, _, picture):
        self.files.keep(picture.name, picture.bytes)

    def stop(self):
        pass


def at_once(contestant):
    """Over 16 connections, each waiting for its answer: answered and consumed per second."""
    waiting = iter([Picture() for _ in range(UPLOADS)])
    before = len(contestant.consumer.requests) if contestant.consumer else 0
    turn, start, lock = [], threading.Barrier(CONNECTIONS + 1), threading.Lock()

    def upload():
        connection = contestant.connect()
        start.wait()
        while True:
            with lock:
                picture = next(waiting, None)
            if picture is None:
                return
            contestant.put(connection, picture)
            turn.append(time.monotonic())

    threads = [threading.Thread(target=upload) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    assert len(turn) == UPLOADS
    result = {"answered a second": UPLOADS / (max(turn) - began)}
    if contestant.consumer:
        contestant.consumer.wait_for(before + UPLOADS)
        result["at the engine a second"] = UPLOADS / (contestant.consumer.requests[-1][0] - began)
    return result


def one_at_a_time(contestant):
    """Idle: milliseconds from answer, and from request, to the engine's receipt."""
    connection, answered, asked = contestant.connect(), [], []
    for picture in [Picture() for _ in range(SINGLE)]:
        before = len(contestant.consumer.requests)
        began = time.monotonic()
        contestant.put(connection, picture)
        done = time.monotonic()
        contestant.consumer.wait_for(before + 1)
        at, _, name = contestant.consumer.requests[-1]
        assert name == picture.name
        answered.append((at - done) * 1000)
        asked.append((at - began) * 1000)
        # Until the result is stored and the engine idle.
        time.sleep(0.015)
    result = {}
    for what, times in (("answer → engine", answered), ("asked → engine", asked)):
        times.sort()
        result[f"{what} p50, ms"] = times[len(times) // 2]
        result[f"{what} p99, ms"] = times[len(times) * 99 // 100]
    return result


def main():
    with tempfile.TemporaryDirectory(prefix="paperline-bench-") as top:
        made = itertools.count()

        def folder():
            return tempfile.mkdtemp(prefix=f"{next(made)}-", dir=top)

        contestants = [
            Paperline(folder()),
            Beside("file, beanstalkd -f0", Beanstalkd(folder()), Files(folder())),
            Beside("file, Redis always", Redis(folder()), Files(folder())),
            Within("in Redis always", Redis(folder()), None),
            Bare("beanstalkd -f0 bare", Beanstalkd(folder()), None),
            Alone(Files(folder())),
        ]
        taken = {contestant.name: {} for contestant in contestants}
        for round in range(ROUNDS):
            first = round % len(contestants)
            for contestant in contestants[first:] + contestants[:first]:
                figures = at_once(contestant)
                time.sleep(0.3)
                if contestant.consumer:
                    figures |= one_at_a_time(contestant)
                for what, figure in figures.items():
                    taken[contestant.name].setdefault(what, []).append(figure)
        for contestant in contestants:
            contestant.stop()

    size = len(pictures.png("00000000")) // 1000
    print(f"Pictures of {size} KB. {UPLOADS} over {CONNECTIONS} connections, then {SINGLE} one at a time; {ROUNDS} rounds in turn.")
    print("Median of the rounds [least – most], and the box's as a share of it.")
    print("  file, …: the client makes the picture a durable file first, then queues its name; in Redis: the picture is the item;")
    print("  bare: the name alone, no picture kept; file + fsync alone: no queue. Consumers: reserve/delete, BLMOVE/DEL. The box's")
    print("  engine is told of a picture after the start is durable too, which no peer writes down.")
    ours = taken["paperline"]
    for what in ours:
        print(f"\n{what}")
        for name, figures in taken.items():
            if what in figures:
                rounds, middle = figures[what], statistics.median(figures[what])
                # A consumer may be faster than the answer.
                share = f"{statistics.median(ours[what]) / middle:8.2f}×" if name != "paperline" and middle > 0 else ""
                print(f"  {name:24}{middle:10.2f}  [{min(rounds):.2f} – {max(rounds):.2f}]{share:>12}")


main()
