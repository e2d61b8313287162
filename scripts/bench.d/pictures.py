"""Unique PNGs of about 100 KB; templates for a simulated engine."""

import os
import struct
import zlib

WIDTH, HEIGHT = 400, 250


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ROWS = b"".join(b"\0" + os.urandom(WIDTH) for _ in range(HEIGHT))
PIXELS = chunk(b"IDAT", zlib.compress(ROWS, 1))


def png(comment):
    """The box hashes all bytes, so pixels may be equal."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"tEXt", b"Comment\0" + comment.encode()) + PIXELS + chunk(b"IEND", b"")


def template(label, origin, model_id=None):
    model = {"global_setting": {"label": label}, "head": {"x": 10, "y": 10, "width": 100, "height": 30}}
    action = {"json_model": model} if model_id is None else {"json_model": model, "model_id": model_id}
    return {"modelAction": action, "file_name": origin, "type": int(model_id is not None)}


def upload_origin(client):
    return client.upload("/invoice/uploadModelOrigin", [("origin.png", png("origin"))])["file_name"]
