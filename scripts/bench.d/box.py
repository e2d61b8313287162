"""The real binary on a data dir, and a client of it. Standard library only. Not here: what is measured."""

import http.client
import json
import subprocess
import time


class Box:
    def __init__(self, binary, data_dir, *flags):
        began = time.monotonic()
        command = [binary, "serve", "--data-dir", data_dir, "--http", "127.0.0.1:0", "--https", "off", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                self.port = int(line.rsplit(":", 1)[1])
                break
        client = Client(self.port)
        assert client.ask("GET", "/readyz")[0] == 200
        self.started_in = time.monotonic() - began

    def memory_mb(self, field):
        """`VmRSS` now, `VmHWM` at its highest."""
        return memory_mb(self.process.pid, field)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def memory_mb(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


class Client:
    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {}

    def ask(self, method, path, body=None, kind="application/json"):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        self.connection.request(method, path, data, {**self.headers, "content-type": kind})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def json(self, method, path, body=None):
        status, answer, _ = self.ask(method, path, body)
        assert status < 300, (path, status, answer)
        return json.loads(answer)

    def upload(self, path, files):
        """`files`: `(name, bytes)`."""
        mark = b"----paperline-bench"
        head = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n'
        body = b"".join(head % (mark, name.encode(), data) for name, data in files) + b"--" + mark + b"--\r\n"
        status, answer, _ = self.ask("POST", path, body, "multipart/form-data; boundary=" + mark.decode())
        assert status < 300, (path, status, answer)
        return json.loads(answer)

    def log_in(self, name="prodsys", password="123"):
        _, _, headers = self.ask("POST", "/login", {"username": name, "passwd": password})
        self.headers["cookie"] = headers["set-cookie"].split(";")[0]
        return self
