"""The real binary on a data dir, and clients. Not here: what is measured. Standard library only."""

import atexit
import http.client
import json
import os
import signal
import socket
import subprocess
import time


# The box closes connections idle for 30 s.
IDLE_S = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def form(files):
    head = '--paperline\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
    body = b"".join((head % name).encode() + data + b"\r\n" for name, data in files)
    return body + b"--paperline--\r\n", "multipart/form-data; boundary=paperline"


class Box:
    """On a free port if none is given."""

    def __init__(self, binary, data_dir, *arguments, port=0):
        began = time.monotonic()
        command = [binary, "serve", "--data-dir", data_dir, "--http", f"127.0.0.1:{port}", "--https", "off", *arguments]
        self.data_dir = data_dir
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise SystemExit(f"the box did not start on {data_dir}")
        assert Client(self.port).ask("GET", "/readyz")[0] == 200
        self.started_in = time.monotonic() - began

    def memory_mb(self, field="VmRSS"):
        """`VmRSS`: now; `VmHWM`: highest."""
        return memory_mb(self.process.pid, field)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            user, system = stat.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def admin_password(self):
        with open(os.path.join(self.data_dir, "initial-admin-password")) as kept:
            return kept.read().strip()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()
        self.process.stdout.close()


def memory_mb(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


class Client:
    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {}
        self.used = time.monotonic()

    def ask(self, method, path, body=None, kind="application/json"):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        if time.monotonic() - self.used > IDLE_S:
            self.connection.close()
        self.connection.request(method, path, data, {**self.headers, "content-type": kind})
        answer = self.connection.getresponse()
        body = answer.read()
        self.used = time.monotonic()
        return answer.status, body, answer.headers

    def json(self, method, path, body=None, kind="application/json"):
        status, data, _ = self.ask(method, path, body, kind)
        assert status in (200, 201), (status, data)
        return json.loads(data)

    def upload(self, path, files):
        return self.json("POST", path, *form(files))

    def log_in(self, name="prodsys", password="123"):
        status, _, headers = self.ask("POST", "/login", {"username": name, "passwd": password})
        assert status == 200 and "set-cookie" in headers, status
        self.headers["cookie"] = headers["set-cookie"].split(";")[0]
        return self
