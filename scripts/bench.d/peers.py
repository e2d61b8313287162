"""Alternatives to the box's queue: beanstalkd and Redis, with pictures as files or, in Redis, as items. As a process (`peers.py
beanstalkd|redis PORT`) their consumer."""

import atexit
import os
import socket
import subprocess
import sys
import time

from box import free_port
from consumer import Consumer


def connect(port):
    for _ in range(200):
        try:
            s = socket.create_connection(("127.0.0.1", port))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return s
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


class Files:
    """Named by its hash, like the box's pictures: written, synced, renamed, its folder synced."""

    def __init__(self, directory):
        self.directory = directory
        for shard in range(256):
            os.mkdir(os.path.join(directory, f"{shard:02x}"))

    def keep(self, name, picture):
        incoming, shard = os.path.join(self.directory, name), os.path.join(self.directory, name[:2])
        with open(incoming, "wb", buffering=0) as file:
            file.write(picture)
            os.fsync(file.fileno())
        os.rename(incoming, os.path.join(shard, name))
        folder = os.open(shard, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Beanstalkd:
    def __init__(self, directory):
        self.port = free_port()
        command = ["beanstalkd", "-l", "127.0.0.1", "-p", str(self.port), "-b", directory, "-f0"]
        self.process = subprocess.Popen(command)
        atexit.register(self.process.kill)
        self.connect().close()
        self.consumer = Consumer(__file__, "beanstalkd", self.port)

    def connect(self):
        return connect(self.port)

    def put(self, connection, item):
        connection.sendall(b"put 0 0 60 %d\r\n%b\r\n" % (len(item), item))
        answer = connection.recv(100)
        assert answer.startswith(b"INSERTED"), answer

    def stop(self):
        self.consumer.stop()
        self.process.terminate()
        self.process.wait()


class Redis:
    def __init__(self, directory):
        self.port = free_port()
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        atexit.register(self.process.kill)
        self.connect().close()
        self.consumer = Consumer(__file__, "redis", self.port)

    def connect(self):
        return connect(self.port)

    def put(self, connection, item):
        connection.sendall(b"*3\r\n$5\r\nLPUSH\r\n$5\r\nqueue\r\n$%d\r\n%b\r\n" % (len(item), item))
        answer = connection.recv(100)
        assert answer.startswith(b":"), answer

    def stop(self):
        self.consumer.stop()
        self.process.terminate()
        self.process.wait()


def received(name):
    print(f"{time.monotonic()!r} 1 {name}", flush=True)


def consume_beanstalkd(stream, say):
    while True:
        say(b"reserve\r\n")
        _, number, length = stream.readline().split()
        item = stream.read(int(length) + 2)
        received(item[:64].decode())
        say(b"delete %b\r\n" % number)
        assert stream.readline() == b"DELETED\r\n"


def consume_redis(stream, say):
    """So that a failing consumer loses nothing, as with the others."""
    while True:
        say(b"*6\r\n$6\r\nBLMOVE\r\n$5\r\nqueue\r\n$7\r\nrunning\r\n$5\r\nRIGHT\r\n$4\r\nLEFT\r\n$1\r\n0\r\n")
        length = int(stream.readline()[1:])
        received(stream.read(length + 2)[:64].decode())
        say(b"*2\r\n$3\r\nDEL\r\n$7\r\nrunning\r\n")
        assert stream.readline() == b":1\r\n"


if __name__ == "__main__":
    connection = connect(int(sys.argv[2]))
    consume = {"beanstalkd": consume_beanstalkd, "redis": consume_redis}[sys.argv[1]]
    consume(connection.makefile("rb"), connection.sendall)
