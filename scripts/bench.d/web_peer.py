"""The production line's endpoints as an afternoon's work on Sanic and SQLite: indexed, WAL, durable registrations
(synchronous=FULL), sessions looked up. Not here: the box's other features. `make` fills the database."""

import hashlib
import json
import os
import sqlite3
import sys

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, may_read INTEGER, may_write INTEGER, locked INTEGER);
CREATE TABLE sessions (hash BLOB PRIMARY KEY, user INTEGER REFERENCES users, seen INTEGER) WITHOUT ROWID;
CREATE TABLE devices (sn TEXT PRIMARY KEY, cpuid TEXT UNIQUE NOT NULL, registered INTEGER NOT NULL, printed INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX devices_by_time ON devices (registered, sn, cpuid);
"""
BY_SN = "SELECT sn, cpuid FROM devices WHERE sn = ?"
# From the index alone.
BY_TIME = "SELECT sn, cpuid FROM devices WHERE registered BETWEEN ? AND ? ORDER BY registered, sn"
SESSION = "SELECT u.may_read, u.may_write FROM sessions s JOIN users u ON u.id = s.user WHERE s.hash = ? AND u.locked = 0"


def connect(file):
    database = sqlite3.connect(file, isolation_level=None, timeout=30)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;")
    return database


def make(file, devices, secret):
    """`devices`: serial, CPU id, milliseconds."""
    database = connect(file)
    database.executescript(SCHEMA)
    database.execute("BEGIN")
    database.execute("INSERT INTO users VALUES (1, 'prodsys', 1, 1, 0)")
    database.execute("INSERT INTO sessions VALUES (?, 1, 0)", (hashlib.sha256(secret.encode()).digest(),))
    database.executemany("INSERT INTO devices VALUES (?, ?, ?, 1)", devices)
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def window(database, first, last):
    return json.dumps(dict(database.execute(BY_TIME, (first, last)).fetchall()), separators=(",", ":"))


def serve():
    import datetime

    from sanic import Sanic, response
    app = Sanic("peer", configure_logging=False)

    @app.before_server_start
    async def open_database(app):
        app.ctx.database = connect(os.environ["PEER_DATABASE"])

    def permitted(request, right):
        secret = request.cookies.get("sid")
        row = secret and app.ctx.database.execute(SESSION, (hashlib.sha256(secret.encode()).digest(),)).fetchone()
        return bool(row and row[right])

    def milliseconds(text):
        return int(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").timestamp() * 1000)

    refused = lambda: response.json({"err": "请先登录", "code": "unauthenticated"}, status=401)

    @app.post("/search")
    async def search(request):
        if not permitted(request, 0):
            return refused()
        asked = request.json
        if asked["condition"] == "DeviceSN":
            row = app.ctx.database.execute(BY_SN, (asked["DeviceSN"],)).fetchone()
            if row is None:
                return response.json({"err": "没有这些设备", "code": "not_found"}, status=404)
            return response.json({"CPUID": row[1], "DeviceSN": row[0]})
        first, last = milliseconds(asked["startTime"]), milliseconds(asked["endTime"]) + 999
        return response.json(dict(app.ctx.database.execute(BY_TIME, (first, last)).fetchall()))

    @app.post("/registerDevice")
    async def register(request):
        if not permitted(request, 1):
            return refused()
        sn, cpuid = request.json["DeviceSN"], request.json["CPUID"]
        status, word = "created", "sucess"
        try:
            now = int(datetime.datetime.now().timestamp() * 1000)
            app.ctx.database.execute("INSERT INTO devices VALUES (?, ?, ?, 0)", (sn, cpuid, now))
        except sqlite3.IntegrityError:
            known = app.ctx.database.execute("SELECT sn FROM devices WHERE cpuid = ?", (cpuid,)).fetchone()
            status, word = ("exists", "sucess") if known == (sn,) else ("conflict", "error")
        return response.json({"reqStatus": word, "devices": [{"DeviceSN": sn, "CPUID": cpuid, "status": status}]})

    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, debug=False, motd=False)


if __name__ == "__main__":
    serve()
