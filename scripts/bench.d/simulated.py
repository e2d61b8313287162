"""A simulated engine: `simulated.py PORT MILLISECONDS` takes so long per picture, and prints a line per request: monotonic time,
request number, picture file or template number."""

import json
import os
import socket
import struct
import sys
import time

from consumer import Consumer


def receive(connection):
    head = connection.recv(8, socket.MSG_WAITALL)
    if len(head) < 8:
        return None
    number, length = struct.unpack("<ii", head)
    body = connection.recv(length, socket.MSG_WAITALL)
    return None if len(body) < length else (number, json.loads(body.decode("gbk")))


def frame(number, body):
    data = json.dumps(body).encode("gbk")
    return struct.pack("<ii", number, len(data)) + data


PLACE = {"x": 10, "y": 10, "w": 100, "h": 30}


def recognise(connection, file, seconds):
    connection.sendall(frame(100, {"status": 0, "id": 1}))
    time.sleep(seconds)
    # One in sixteen is a fault.
    probability = 0.5 if file.endswith("0") else 0.97
    said = frame(101, {"status": 0, "pos_id": "客户名称", "position": PLACE})
    said += frame(102, {"status": 0, "pos_id": "客户名称", "ocr_result": "中山大学", "probability": probability})
    connection.sendall(said + frame(1, {"status": 0}))


def serve(port, seconds):
    listener = socket.create_server(("127.0.0.1", port))
    templates = 0
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while (request := receive(connection)) is not None:
                now = time.monotonic()
                number, body = request
                if number == 1:
                    what = os.path.basename(body["url"])
                elif number == 2:
                    templates += 1
                    what = templates
                else:
                    what = body["id"] if number == 3 else body["json_model"]["id"]
                print(f"{now!r} {number} {what}", flush=True)
                if number == 1:
                    recognise(connection, what, seconds)
                else:
                    connection.sendall(frame(number, {"status": 0, "id": what}))
        except ConnectionError:
            pass
        connection.close()


class Engine(Consumer):
    def __init__(self, port, milliseconds):
        self.address = f"tcp://127.0.0.1:{port}"
        super().__init__(__file__, port, milliseconds)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]) / 1000)
