"""The smallest algorithm server that paperline can talk to. It reads nothing: it answers with what it was told of each area.

    python3 docs/algorithm_server.py 8889
    paperline serve --engine tcp://127.0.0.1:8889
"""

import json
import socket
import struct
import sys

ENCODING = "gbk"  # paperline's setting engine_encoding
templates = {}  # our number: the json_model that paperline sent


def receive(connection):
    """One frame, however it arrives; None when paperline has hung up."""
    head = connection.recv(8, socket.MSG_WAITALL)
    if len(head) < 8:
        return None
    number, length = struct.unpack("<ii", head)
    return number, json.loads(connection.recv(length, socket.MSG_WAITALL).decode(ENCODING))


def send(connection, number, body):
    data = json.dumps(body).encode(ENCODING)  # what GBK lacks goes as \uXXXX
    connection.sendall(struct.pack("<ii", number, len(data)) + data)


def recognise(connection, picture):
    if not templates:
        return send(connection, 1, {"status": -1})  # no template fits
    number, model = max(templates.items())
    send(connection, 100, {"status": 0, "id": number})
    for key, area in model.items():
        if isinstance(area, dict) and "width" in area:
            name = {"head": "客户名称", "money": "金额"}.get(key, area.get("name", key))
            place = {"x": area["x"], "y": area["y"], "w": area["width"], "h": area["height"]}
            send(connection, 101, {"status": 0, "pos_id": name, "position": place})
            send(connection, 102, {"status": 0, "pos_id": name, "ocr_result": picture[-4:], "probability": 0.95})
    send(connection, 1, {"status": 0})


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    while (frame := receive(connection)) is not None:
        number, body = frame
        if number == 1:
            recognise(connection, body["url"])
        elif number == 2:
            templates[len(templates) + 1] = body["json_model"]
            send(connection, 2, {"status": 0, "id": len(templates)})
        elif number == 3:
            templates.pop(body["id"], None)
            send(connection, 3, {"status": 0})
        elif number == 4:
            templates[body["json_model"]["id"]] = body["json_model"]
            send(connection, 4, {"status": 0})
