"""Consumes the queue in its own process, sharing no interpreter with producers."""

import atexit
import subprocess
import sys
import threading


class Consumer:
    """Its script prints a line per item: monotonic time, number, name. `requests` grows as they come."""

    def __init__(self, script, *arguments):
        command = [sys.executable, "-B", script, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.requests = []
        self.came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            at, number, what = line.split()
            with self.came:
                self.requests.append((float(at), int(number), what))
                self.came.notify_all()

    def wait_for(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.requests) >= count, 120), f"{len(self.requests)} of {count} came"

    def stop(self):
        self.process.kill()
        self.process.wait()
