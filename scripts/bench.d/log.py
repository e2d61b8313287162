"""The log with years of data: a page of twenty with 20,000 and 2,000,000 rows, by time, user and otherwise. Rows are made by
changing rights and templates, as people do."""

import itertools
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

import pictures
from box import Box, Client, free_port
from simulated import Engine

BINARY, SIZE = sys.argv[1], sys.argv[2]
FEW, MANY = (2_000, 200_000) if SIZE == "small" else (20_000, 2_000_000)
ROUNDS, REQUESTS = 7, 60
PEOPLE = 8
# One row in so many is the invoice line's, the others are administration.
ACTIONS_IN = 20
CHANGES_A_REQUEST, CONNECTIONS = 95, 4
PIPELINES = 10
USER_RW, MODEL_RW, LOG_R, QUEUE_RW = 14, 2, 8, 17


def actor(n):
    return f"worker-{n}"


def fill(port, admin, count):
    """Equally at all times."""
    rights = [USER_RW, MODEL_RW, LOG_R, QUEUE_RW]
    target = admin.json("POST", "/api/users", {"user_name": "target", "passwd": "long enough", "permissions": []})["user_id"]
    people = []
    for n in range(PEOPLE):
        admin.json("POST", "/api/users", {"user_name": actor(n), "passwd": "long enough", "permissions": rights})
        people.append(Client(port).log_in(actor(n), "secret").headers["cookie"])
    origin = pictures.upload_origin(admin)
    # Only waiting, not its execution, counts here.
    admin.json("POST", "/invoice/addModel", pictures.template("invoice", origin))
    while not admin.json("GET", "/invoice/getAllModel")["total"]:
        time.sleep(0.01)
    admin.json("POST", "/api/queue/pause", {"reason": "bench"})

    one = {"user_id": target, "update_permissions": [{"permission_id": LOG_R, "is_checked": 1}]}
    change = json.dumps({"user_list": [one] * CHANGES_A_REQUEST}).encode()
    changes = count // ACTIONS_IN * (ACTIONS_IN - 1) // CHANGES_A_REQUEST
    wrong, turn = [], itertools.count()

    def work(much, do):
        times = itertools.count()

        def run():
            try:
                while next(times) < much:
                    do(people[next(turn) % PEOPLE])
            except Exception as e:
                wrong.append(e)

        threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong, wrong

    local = threading.local()

    def change_rights(cookie):
        if not hasattr(local, "client"):
            local.client = Client(port)
        local.client.headers["cookie"] = cookie
        answer = local.client.json("POST", "/invoice/updateUsersPermission", change)
        assert answer == {"sucess": "修改成功"}, answer

    def delete(cookie):
        """Pipelines requests on one connection."""
        body = b'{"model_id":1}'
        head = f"POST /invoice/deleteModel HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall((head.encode() + body) * PIPELINES)
            answers = b""
            while answers.count(b'"action_id"') < PIPELINES:
                more = s.recv(1 << 16)
                assert more and b'"err"' not in more, (answers, more)
                answers += more

    parts = 10
    for _ in range(parts):
        work(changes // parts, change_rights)
        work(count // ACTIONS_IN // PIPELINES // parts, delete)


def middle(client):
    """Times at a quarter and three quarters of the log."""
    pages = client.json("GET", "/api/log")["page_sum"]
    at = [client.json("GET", f"/api/log?page={pages * n // 4}")["action_list"][0]["action_time"] for n in (3, 1)]
    return at, pages


def main():
    with tempfile.TemporaryDirectory(prefix="paperline-bench-") as few, tempfile.TemporaryDirectory(prefix="paperline-bench-") as many:
        boxes = []
        for directory, count in ((few, FEW), (many, MANY)):
            # Only to accept one template.
            engine = Engine(free_port(), 0)
            box = Box(BINARY, directory, "--engine", engine.address)
            admin = Client(box.port).log_in("admin", box.admin_password())
            began = time.monotonic()
            fill(box.port, admin, count)
            took = time.monotonic() - began
            window, pages = middle(admin)
            print(f"{pages * 20:>9,} rows written in {took:.0f} s: {pages * 20 / took:,.0f} a second; RSS {box.memory_mb():.0f} MB", flush=True)
            engine.stop()
            boxes.append((box, admin, window, pages))

        def asks(path, keyword, facet, page):
            """`page`: as a share of all pages."""
            made = []
            for _, client, window, _ in boxes:
                query = {"startTime": window[0], "endTime": window[1]}
                if keyword:
                    query |= {"keyword": keyword}
                if facet is not None:
                    query |= {"type": facet}
                url = f"{path}?{urllib.parse.urlencode(query)}"
                pages = client.json("GET", url)["page_sum"]
                made.append((client, f"{url}&page={int(pages * page)}", pages))
            return made

        cases = [
            ("all, by time + user name, first page", asks("/api/log", actor(3), 1, 0)),
            ("all, by time + user name, middle page", asks("/api/log", actor(3), 1, 0.5)),
            ("actions, by time + user name, first page", asks("/invoice/getTwentyAction", actor(3), 1, 0)),
            ("actions, by time + user name, middle page", asks("/invoice/getTwentyAction", actor(3), 1, 0.5)),
            ("all, by time + part of all names, middle page", asks("/api/log", "worker", 1, 0.5)),
            ("all, by time, first page", asks("/api/log", None, None, 0)),
            ("all, by time, middle page", asks("/api/log", None, None, 0.5)),
        ]
        print(f"\n{'page of 20, ms, median':50}{FEW:>12,}{MANY:>12,}   ratio (asked: at most 2)")
        for name, pair in cases:
            taken = [[], []]
            for _ in range(ROUNDS):
                for times, (client, url, _) in zip(taken, pair):
                    for _ in range(REQUESTS):
                        began = time.perf_counter()
                        answer = client.json("GET", url)
                        times.append((time.perf_counter() - began) * 1000)
                    assert 0 < len(answer["action_list"]) <= 20, (url, answer)
            small, large = map(statistics.median, taken)
            print(f"{name:50}{small:>12.3f}{large:>12.3f}   {large / small:.2f}", flush=True)
        for box, admin, _, pages in boxes:
            began = time.monotonic()
            _, body, _ = admin.ask("GET", "/api/log/export.csv")
            lines = body.count(b"\r\n") or body.count(b"\n")
            assert abs(lines - 1 - pages * 20) <= 20, (lines, pages)
            print(f"export of {lines - 1:,} rows: {time.monotonic() - began:.1f} s; RSS {box.memory_mb():.0f} MB", flush=True)
            box.stop()


main()
