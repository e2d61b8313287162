#!/usr/bin/env python3
"""A label printer that is as strict as real ones: `python3 tests/printer.py --language zpl|tspl`.

It prints one JSON object a line on stdout, first {"event":"listening","port":N}, and takes commands as JSON lines on stdin, with whose end
it ends. What real printers refuse without a word it refuses too, and tells it as a fault. Events:

  listening port              connected, closed, second_connection            mode mode
  label number width height bits at      arrived whole; bits is base64 of rows, 1 is ink, the highest bit first, padded to bytes
  out number      has come out           lost number     was switched off before it came out
  cut number bytes                       fault what      not printed, and why

Commands: {"mode":M}, {"at_label":7,"mode":M}, {"ms_per_label":N}, {"quit":true}. A mode for label 7 begins when label 7 has arrived whole,
which then waits in it; hang_up comes in the middle of its bytes (without a number, of the next one's). Modes: see STOPPED and PRINTING.

~HS, when it stays without an answer, and ^GF are the ZPL II Programming Guide's, <ESC>!? is the TSPL manual's (Gprinter prints the same
table). What ~HQES's flags are is that guide's too; how they are laid out, and that a Zebra which stops also says that it is paused, is
what owners of Zebras have recorded."""

import argparse
import base64
import collections
import json
import math
import os
import re
import select
import socket
import struct
import sys
import time

Label = collections.namedtuple("Label", "width height bits")

# Of each mode in which nothing comes out: error flags of ~HQES, whether ~HS is answered, the bit of <ESC>!?. A jam is
# said of kiosk printers only.
STOPPED = {
    "out_of_labels": (0x00010001, False, 0x04),
    "out_of_ribbon": (0x00010002, False, 0x08),
    "open": (0x00010004, False, 0x01),
    "jammed": (0x00001000, True, 0x02),
    "paused": (0x00010000, True, 0x10),
    "off": (0, False, 0),
}
PRINTING = ("ready", "slow", "silent")
PRINTED = "printed the question"
ZPL_QUESTIONS, TSPL_QUESTION = (b"~HQES", b"~HS"), b"\x1b!?"


class Wrong(Exception):
    """What a printer would refuse in silence."""


def shown(sent):
    return sent[:40].decode("ascii", "backslashreplace")


def without_ink_beside(bits, row, width):
    for at in range(0, len(bits), row):
        if int.from_bytes(bits[at : at + row], "big") & ((1 << (row * 8 - width)) - 1):
            raise Wrong("the padding is not white")
    return bits


class Zpl:
    # All take their place in one format; a printer remembers ^PW, ^LL and ^LH of whoever printed before, so each label has to say them.
    KNOWN = ("PW", "LL", "LH", "FO", "GF", "FS", "PQ")
    PICTURE = ["FO", "GF", "FS"]

    job = 0  # a label stays in the buffer until it is whole

    def __init__(self, _dpi):
        self.length = 1225

    def begun(self, buffer):
        return len(buffer) if buffer.startswith(b"^XA"[: len(buffer)]) else 0

    def forget(self):
        """Nothing of a label is kept outside the buffer."""

    def step(self, buffer):
        """How many bytes the first thing in the buffer takes, and what it is; None while it has not come whole."""
        if buffer[:1] in (b"\r", b"\n"):
            return 1, None, None
        for question in ZPL_QUESTIONS:
            if buffer.startswith(question):
                return len(question), "question", question
        if buffer.startswith(TSPL_QUESTION):
            return 3, "fault", PRINTED
        if buffer.startswith(b"^XA"):
            return self.format(buffer)
        if any(start.startswith(buffer) for start in (b"^XA", *ZPL_QUESTIONS, TSPL_QUESTION)):
            return None
        end = re.compile(rb"\^XA|[~\x1b]").search(buffer, 1)
        used = end.start() if end else len(buffer)
        return used, "fault", f"outside of ^XA and ^XZ: {shown(buffer[:used])}"

    def format(self, buffer):
        end = re.compile(rb"\^XZ|\^XA|~").search(buffer, 3)
        if end is None:
            return None
        if end.group() != b"^XZ":
            return end.start(), "fault", f"no ^XZ before {end.group().decode()}"
        try:
            return end.end(), "label", self.label(buffer[3 : end.start()])
        except Wrong as wrong:
            return end.end(), "fault", str(wrong)

    def label(self, inside):
        before, *commands = inside.split(b"^")
        if before.strip(b"\r\n"):
            raise Wrong(f"no command: {shown(before)}")
        names, said, pictures = [], {}, {}
        for command in commands:
            name, value = command[:2].decode("latin-1"), command[2:].strip(b"\r\n")
            if name not in self.KNOWN:
                raise Wrong(f"unknown command: ^{shown(command)}")
            if name in said and name not in self.PICTURE:
                raise Wrong(f"^{name} twice")
            names.append(name)
            said.setdefault(name, value)
            if name in self.PICTURE:
                pictures.setdefault(name, []).append(value)
        for name in self.KNOWN[:-1]:
            if name not in said:
                raise Wrong(f"no ^{name}")
        begin = names.index("FO")
        drawn = names[begin : len(names) - names[::-1].index("FS")]
        if drawn != self.PICTURE * len(pictures["GF"]):
            raise Wrong("not ^FO, ^GF, ^FS in a row")
        if {"PW", "LL", "LH"} & set(names[names.index("FS") :]):
            raise Wrong("^PW, ^LL or ^LH after ^FS, where it counts for the next label only")
        for name, wanted in (("LH", b"0,0"), ("PQ", b"1")):
            if said.get(name, wanted) != wanted:
                raise Wrong(f"^{name}{shown(said[name])}")
        if any(pictures["FS"]):
            raise Wrong("^FS with something behind it")
        return self.whole(self.number("PW", said), self.number("LL", said), list(zip(pictures["FO"], pictures["GF"])))

    def number(self, name, said):
        if not re.fullmatch(rb"[1-9]\d{0,4}", said[name]):
            raise Wrong(f"^{name}{shown(said[name])}")
        return int(said[name])

    def whole(self, width, height, pictures):
        """A large label is of several pictures, each below the one before."""
        bits, row = b"", math.ceil(width / 8)
        for place, graphic in pictures:
            if place != b"0,%d" % (len(bits) // row):
                raise Wrong(f"^FO{shown(place)}, {len(bits) // row} rows down")
            bits += self.picture(row, graphic)
        if len(bits) != row * height:
            raise Wrong(f"^PW{width}^LL{height} is not the graphic's {row} bytes by {len(bits) // row}")
        self.length = height
        return Label(width, height, without_ink_beside(bits, row, width))

    def picture(self, wanted, graphic):
        parts = re.fullmatch(rb"A,(\d+),(\d+),(\d+),(.*)", graphic, re.DOTALL)
        if not parts:
            raise Wrong(f"^GF{shown(graphic)}")
        sent, total, row = (int(part) for part in parts.groups()[:3])
        if not 1 <= total <= 99999 or not row:
            raise Wrong(f"^GFA has {total} bytes, {row} a row; 99999 are the most")
        if sent != total or total % row:
            raise Wrong(f"^GFA says {sent} and {total} bytes, {row} a row")
        if row != wanted:
            raise Wrong(f"^GFA has {row} bytes a row, and ^PW wants {wanted}")
        bits = unpacked(parts.group(4), row)
        if len(bits) != total:
            raise Wrong(f"^GFA says {total} bytes and has {len(bits)}")
        return bits


def unpacked(data, row):
    """^GFA's hex: G-Y repeat the next digit 1-19 times, g-z 20-400 times; `,` and `!` fill a row with 0 and 1, `:` is the row before."""
    done, line, times = bytearray(), "", 0
    for character in data.translate(None, b"\r\n").decode("latin-1"):
        if "G" <= character <= "Y":
            times += ord(character) - ord("F")
        elif "g" <= character <= "z":
            times += 20 * (ord(character) - ord("f"))
        elif times and character in ",!:":
            raise Wrong("^GFA: a count without a digit")
        elif character == ":":
            if line or not done:
                raise Wrong("^GFA: a row like none")
            done += done[-row:]
        elif character in ",!":
            line += ("0" if character == "," else "F") * (row * 2 - len(line))
        elif character in "0123456789ABCDEF":
            line, times = line + character * (times or 1), 0
        else:
            raise Wrong(f"^GFA: {character!r} is no digit")
        if len(line) > row * 2:
            raise Wrong("^GFA: a run leaves its row")
        if len(line) == row * 2:
            done += bytes.fromhex(line)
            line = ""
    if line or times:
        raise Wrong("^GFA: the last row is not whole")
    return bytes(done)


class Tspl:
    """Clones drop a whole job for one command that they don't know, so these are all there are; each ends with CR LF."""

    MILLIMETRES = r" (\d+(?:\.\d+)?) mm, ?(\d+(?:\.\d+)?) mm"
    LINES = {"SIZE": MILLIMETRES, "GAP": MILLIMETRES, "DIRECTION": " 0(?:,0)?", "CLS": "", "PRINT": " 1,1"}
    BITMAP = re.compile(rb"BITMAP 0,0,([1-9]\d{0,3}),([1-9]\d{0,4}),0,")

    def __init__(self, dpi):
        # What a millimetre is by the resolution's name, and by the manual.
        self.dots = {203: (8,), 300: (300 / 25.4, 12), 600: (600 / 25.4, 24)}[dpi]
        self.forget()

    def forget(self):
        self.said, self.size = set(), None
        self.next_label()

    def next_label(self):
        self.job, self.spoilt, self.label = 0, False, None
        self.said -= {"CLS", "BITMAP"}

    def begun(self, buffer):
        return self.job + (0 if buffer[:1] in (b"\x1b", b"~", b"\r") else len(buffer))

    def step(self, buffer):
        if buffer.startswith(TSPL_QUESTION):
            return 3, "question", TSPL_QUESTION
        for question in ZPL_QUESTIONS:
            if buffer.startswith(question):
                return len(question), "fault", PRINTED
        if any(question.startswith(buffer) for question in (TSPL_QUESTION, *ZPL_QUESTIONS)):
            return None
        if buffer.startswith(b"\r\n"):
            return 2, None, None
        # What is in a bitmap is counted and never looked at: CR LF and commands may be dots.
        header = self.BITMAP.match(buffer)
        used = header.end() + int(header[1]) * int(header[2]) + 2 if header else buffer.find(b"\n") + 1
        if not header and not used and len(buffer) > 256:
            used = len(buffer)
        if not used or len(buffer) < used:
            return None
        line = buffer[:used]
        self.job += used
        try:
            if not line.endswith(b"\r\n"):
                raise Wrong(f"no CR LF behind {shown(line)}")
            if header:
                self.bitmap(int(header[1]), int(header[2]), line[header.end() : -2])
            elif self.command(line[:-2].decode("latin-1")) == "PRINT":
                return self.print(used)
        except Wrong as wrong:
            self.spoilt = True
            return used, "fault", str(wrong)
        return used, None, None

    def command(self, line):
        name = line.split(" ")[0]
        if name not in self.LINES:
            raise Wrong(f"unknown command: {line[:40]}")
        parts = re.fullmatch(name + self.LINES[name], line)
        if not parts:
            raise Wrong(line[:40])
        self.said.add(name)
        if name == "SIZE":
            self.size = [float(part) for part in parts.groups()]
        return name

    def print(self, used):
        missing = [name for name in ("SIZE", "GAP", "DIRECTION", "CLS", "BITMAP") if name not in self.said]
        label, spoilt = self.label, self.spoilt
        self.next_label()
        if spoilt:
            return used, None, None
        return (used, "fault", f"no {missing[0]} before PRINT") if missing else (used, "label", label)

    def bitmap(self, row, rows, data):
        if not {"SIZE", "CLS"} <= self.said:
            raise Wrong("BITMAP before SIZE and CLS")
        if "BITMAP" in self.said:
            raise Wrong("BITMAP twice")
        wide, high = self.size
        dots = min(self.dots, key=lambda dots: abs(rows - dots * high))
        least, most = math.floor(dots * wide), math.ceil(dots * wide)
        if abs(rows - dots * high) >= 1 or not math.ceil(least / 8) <= row <= math.ceil(most / 8):
            raise Wrong(f"SIZE {wide:g} mm,{high:g} mm is not the bitmap's {row} bytes by {rows}")
        ink = bytes(byte ^ 0xFF for byte in data)  # 0 burns
        self.label = Label(min(row * 8, round(dots * wide)), rows, without_ink_beside(ink, row, min(row * 8, most)))
        self.said.add("BITMAP")


class Printer:
    def __init__(self, language, port, mode, ms_per_label, dpi):
        self.language = {"zpl": Zpl, "tspl": Tspl}[language](dpi)
        self.started = time.monotonic()
        self.port, self.mode, self.ms = port, "ready", ms_per_label
        self.later = {}  # label's number -> mode
        self.arrived, self.waiting, self.due = 0, collections.deque(), None
        self.last_size = 200
        self.connection, self.commands = None, b""
        self.listen()
        if mode != "ready":
            self.become(mode)

    # Its own state

    def tell(self, event, **more):
        print(json.dumps({"event": event, **more}), flush=True)

    def hear(self):
        heard = os.read(0, 65536)
        if not heard:
            sys.exit()
        *lines, self.commands = (self.commands + heard).split(b"\n")
        for line in filter(None, map(bytes.strip, lines)):
            command = json.loads(line)
            if unknown := set(command) - {"mode", "at_label", "ms_per_label", "quit"}:
                sys.exit(f"no such command: {unknown}")
            if command.get("quit"):
                sys.exit()
            if "ms_per_label" in command:
                self.ms, self.due = command["ms_per_label"], None
            if "at_label" in command:
                if command["at_label"] <= self.arrived:
                    sys.exit(f"label {command['at_label']} has arrived already")
                self.later[command["at_label"]] = checked(command["mode"])
            elif "mode" in command:
                self.become(checked(command["mode"]))

    def become(self, mode):
        if mode == "hang_up":
            self.later[self.arrived + 1] = mode
            return
        before, self.mode, self.due = self.mode, mode, None
        self.tell("mode", mode=mode)
        if mode == "off" and before != "off":
            self.listener.close()
            self.listener = None
            self.drop()
            while self.waiting:
                self.tell("lost", number=self.waiting.popleft())
        elif before == "off" and mode != "off":
            self.listen()
        self.advance()

    def advance(self):
        """Labels come out in order; one that a change interrupts is printed anew, as a Zebra does."""
        while self.waiting and self.mode in PRINTING:
            now = time.monotonic()
            if self.due is None:
                self.due = now + (300 if self.mode == "slow" else self.ms) / 1000
            if self.due > now:
                return
            self.due = None
            self.tell("out", number=self.waiting.popleft())

    # Its one connection

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen()
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.tell("listening", port=self.port)

    def accept(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        if self.connection and self.mode != "slow":
            self.read()  # who closed it and comes back at once is the same one
        self.speak()
        if self.connection:
            connection.close()
            self.tell("second_connection")
            return
        connection.setblocking(False)
        self.connection, self.buffer, self.ended = connection, b"", False
        self.answers, self.speaks_at, self.reads_at = collections.deque(), 0, 0
        self.tell("connected")

    def read(self):
        while self.connection and not self.ended:
            try:
                heard = self.connection.recv(300 if self.mode == "slow" else 65536)
            except BlockingIOError:
                return
            except OSError:
                return self.drop()
            self.buffer += heard
            self.understand()
            if not heard:
                self.ended = True
                self.left_over()
            if self.mode == "slow":
                self.reads_at = time.monotonic() + 0.03
                return

    def understand(self):
        while self.connection and self.buffer:
            begun = self.language.job
            step = self.language.step(self.buffer)
            if step is None:
                break
            used, kind, value = step
            self.buffer = self.buffer[used:]
            if kind == "fault":
                self.tell("fault", what=value)
            elif kind == "question":
                self.answer(value)
            elif kind == "label":
                self.take(value, begun + used)
        half = self.last_size // 2
        if self.connection and self.later.get(self.arrived + 1) == "hang_up" and self.language.begun(self.buffer) >= half:
            self.hang_up(half)

    def take(self, label, size):
        number = self.arrived + 1
        if self.later.get(number) == "hang_up":
            return self.hang_up(size // 2)
        self.arrived, self.last_size = number, size
        at = round(time.monotonic() - self.started, 6)
        self.tell("label", number=number, width=label.width, height=label.height, bits=base64.b64encode(label.bits).decode(), at=at)
        self.waiting.append(number)
        if number in self.later:
            self.become(self.later.pop(number))
        self.advance()

    def hang_up(self, read):
        del self.later[self.arrived + 1]
        self.buffer = b""
        self.language.forget()
        self.tell("cut", number=self.arrived + 1, bytes=read)
        self.drop()

    def left_over(self):
        if begun := self.language.begun(self.buffer):
            self.tell("cut", number=self.arrived + 1, bytes=begun)
        elif self.buffer:
            self.tell("fault", what=f"left over: {shown(self.buffer)}")
        self.buffer = b""
        self.language.forget()

    def drop(self):
        """With RST, as somebody who is gone."""
        if self.connection:
            self.left_over()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close()

    def close(self):
        self.connection.close()
        self.connection = None
        self.tell("closed")

    # What it says

    def answer(self, question):
        errors, speaks, bit = STOPPED.get(self.mode, (0, True, 0x20 if self.waiting else 0))
        if self.mode == "silent" or (question == b"~HS" and not speaks):
            return
        if question == TSPL_QUESTION:
            said = bytes([bit])
        elif question == b"~HQES":
            said = (
                "\x02\r\n\r\n  PRINTER STATUS                            \r\n"
                f"   ERRORS:         {int(errors > 0)} 00000000 {errors:08X}      \r\n"
                "   WARNINGS:       0 00000000 00000000      \r\n\x03"
            ).encode()
        else:
            # One label is being printed, what is behind it are formats in the buffer.
            behind, printing, paused = max(0, len(self.waiting) - 1), int(len(self.waiting) > 0), int(self.mode == "paused")
            said = (
                f"\x02030,0,{paused},{self.language.length:04},{behind:03},0,0,0,000,0,0,0\x03\r\n"
                f"\x02001,0,0,0,1,2,4,0,{printing:08},1,000\x03\r\n"
                "\x020000,0\x03\r\n"
            ).encode()
        step = 7 if self.mode == "slow" else len(said)
        self.answers.extend(said[at : at + step] for at in range(0, len(said), step))
        self.speak()

    def speak(self):
        while self.connection and self.answers and self.speaks_at <= time.monotonic():
            try:
                self.connection.send(self.answers.popleft())
            except OSError:
                return self.drop()
            if self.mode == "slow":
                self.speaks_at = time.monotonic() + 0.02
        if self.connection and self.ended and not self.answers:
            self.close()

    def run(self):
        while True:
            self.advance()
            self.speak()
            now, sources, times = time.monotonic(), [0, *filter(None, [self.listener])], [self.due]
            if self.connection:
                if not self.ended and self.reads_at <= now:
                    sources.append(self.connection)
                times += [self.reads_at if self.reads_at > now else None, self.speaks_at if self.answers else None]
            wait = min((at for at in times if at is not None), default=None)
            ready = select.select(sources, [], [], None if wait is None else max(0, wait - now))[0]
            if 0 in ready:
                self.hear()
            if self.connection in ready:
                self.read()
            if self.listener in ready:
                self.accept()


def checked(mode):
    return mode if mode in (*PRINTING, *STOPPED, "hang_up") else sys.exit(f"no such mode: {mode}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--language", choices=("zpl", "tspl"), required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--mode", type=checked, default="ready")
    arguments.add_argument("--ms-per-label", type=float, default=0)
    arguments.add_argument("--dpi", type=int, choices=(203, 300, 600), default=203, help="by which TSPL's millimetres are dots")
    Printer(**vars(arguments.parse_args())).run()
