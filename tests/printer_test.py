"""What the strict printer of the other tests does itself: `python3 -B tests/printer_test.py`."""

import base64
import json
import os
import socket
import subprocess
import sys
import unittest

PRINTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "printer.py")
# 20 dots wide, 3 high: a row of its own, the same again, a white one.
ZPL = b"^XA^PW20^LL3^LH0,0^FO0,0^GFA,9,9,3,FK0:,^FS^PQ1^XZ"
INK = bytes.fromhex("F00000 F00000 000000")
# 1.5 mm by 0.25 mm are 12 dots by 2; the dots of the first row are CR LF, 0 burns.
SIZES = b"SIZE 1.5 mm,0.25 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 0,0\r\n"
TSPL = SIZES + b"CLS\r\nBITMAP 0,0,2,2,0,\r\x1f\x0f\xff\r\nPRINT 1,1\r\n"
TSPL_INK = bytes.fromhex("F2E0 F000")
HQES = (
    b"\x02\r\n\r\n  PRINTER STATUS                            \r\n"
    b"   ERRORS:         %d 00000000 %08X      \r\n   WARNINGS:       0 00000000 00000000      \r\n\x03"
)
HS = b"\x02030,0,%d,0003,%03d,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,4,0,%08d,1,000\x03\r\n\x020000,0\x03\r\n"


class Printed(unittest.TestCase):
    def printer(self, language, *more):
        process = subprocess.Popen(
            [sys.executable, "-B", PRINTER, "--language", language, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(lambda: (process.stdin.close(), process.wait(), process.stdout.close()))
        self.process = process
        self.port = self.told("listening")["port"]

    def next(self):
        return json.loads(self.process.stdout.readline())

    def told(self, event):
        """The next such event; none before it may be a fault."""
        while (told := self.next())["event"] != event:
            self.assertNotEqual(told["event"], "fault", told)
        return told

    def command(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        if "mode" in command and "at_label" not in command and command["mode"] != "hang_up":
            self.told("mode")

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(10)
        self.addCleanup(connection.close)
        return connection

    def send(self, sent):
        """Over a connection of its own; what was answered until the printer closed it."""
        connection = self.connect()
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while heard := connection.recv(4096):
            answer += heard
        return answer

    def refused(self, language, good, cases):
        """Each case is told and not printed, and the good label behind it is."""
        self.printer(language)
        for number, (bad, what) in enumerate(cases, 1):
            self.assertEqual(self.send(bad), b"", bad)
            self.told("connected")
            events = []
            while not events or events[-1]["event"] != "closed":
                events.append(self.next())
            self.assertIn(what, events[0].get("what", ""), (bad, events))
            self.assertFalse([told for told in events if told["event"] == "label"], bad)
            self.send(good)
            self.assertEqual(self.told("label")["number"], number, bad)
            self.told("closed")

    def test_a_zpl_label_comes_out_with_its_bits(self):
        self.printer("zpl")
        self.send(ZPL + b"\r\n" + ZPL)
        label = self.told("label")
        self.assertEqual((label["number"], label["width"], label["height"]), (1, 20, 3))
        self.assertEqual(base64.b64decode(label["bits"]), INK)
        self.assertEqual(self.told("out")["number"], 1)
        self.assertEqual(self.told("out")["number"], 2)

    def test_each_way_to_shorten_is_understood(self):
        self.printer("zpl")
        # 40 + 1 times A and 20 + 3 times B, a row of ink, the same again, an 8 and the rest white.
        self.send(b"^XA^PW256^LL4^LH0,0^FO0,0^GFA,128,128,32,hGAgIB!:8,^FS^XZ")
        rows = bytes.fromhex("A" * 41 + "B" * 23) + b"\xff" * 64 + b"\x80" + bytes(31)
        self.assertEqual(base64.b64decode(self.told("label")["bits"]), rows)

    def test_a_tspl_label_comes_out_with_its_bits(self):
        self.printer("tspl")
        self.send(TSPL + TSPL.removeprefix(SIZES))
        label = self.told("label")
        self.assertEqual((label["width"], label["height"]), (12, 2))
        self.assertEqual(base64.b64decode(label["bits"]), TSPL_INK)
        self.assertEqual(self.told("out")["number"], 1)
        self.assertEqual(self.told("out")["number"], 2)

    def test_what_a_zebra_refuses_is_told(self):
        changes = [
            (b"9,9,", b"12,12,", "12 bytes and has 9"),
            (b"9,9,", b"9,12,", "says 9 and 12"),
            (b"K0:,", b"K0:", "9 bytes and has 6"),
            (b"K0:,", b"K0:,,", "9 bytes and has 12"),
            (b"K0", b"L0", "leaves its row"),
            (b"FK0:", b"FJ0:", "a row like none"),
            (b"FK0", b"fK0", "no digit"),
            (b"FK0", b"K0F", "padding"),
            (b"^PW20", b"", "no ^PW"),
            (b"^LL3", b"", "no ^LL"),
            (b"^LL3", b"^LL4", "not the graphic's"),
            (b"^PW20", b"^PW32", "^PW wants 4"),
            (b"^FS^PQ1", b"^FS^FO0,2^GFA,3,3,3,,^FS^PQ1", "^FO0,2, 3 rows down"),
            (b"^FS^PQ1", b"^FS^FO0,3^GFA,3,3,3,,^FS^PQ1", "not the graphic's"),
            (b"^FO0,0", b"^FO8,0", "^FO8,0"),
            (b"^PQ1", b"^PQ2", "^PQ2"),
            (b"^PQ1", b"^FDtext", "unknown command"),
            (b"^XA", b"", "outside of ^XA"),
            (b"^XZ", b"~JA", "no ^XZ"),
        ]
        cases = [(ZPL.replace(was, now), what) for was, now, what in changes]
        self.refused("zpl", ZPL, cases + [(b"\x1b!?", "printed the question"), (b"~JA", "outside of ^XA"), (b"~HQ", "left over")])

    def test_what_a_tsc_refuses_is_told(self):
        changes = [
            (b"CLS", b"DENSITY 8\r\nCLS", "unknown command: DENSITY"),
            (b"CLS\r\n", b"CLS\n", "no CR LF"),
            (b"2,2,0,", b"2,3,0,", "no CR LF"),
            (b"\x0f\xff", b"\x0f\xfe", "padding"),
            (b"1.5 mm", b"3 mm", "not the bitmap's"),
            (b"0.25 mm", b"0.5 mm", "not the bitmap's"),
            (b"PRINT 1,1", b"PRINT 2,1", "PRINT 2,1"),
            (b"CLS\r\n", b"", "before SIZE and CLS"),
            (b"GAP 2 mm,0 mm\r\n", b"", "no GAP"),
        ]
        cases = [(TSPL.replace(was, now), what) for was, now, what in changes]
        self.refused("tspl", TSPL, cases + [(b"~HS", "printed the question"), (b"~HQES", "printed the question"), (b"\r", "left over")])

    def test_what_a_zebra_answers(self):
        self.printer("zpl", "--ms-per-label", "600000")
        self.assertEqual(self.send(b"~HQES~HS"), HQES % (0, 0) + HS.replace(b"0003", b"1225") % (0, 0, 0))
        self.send(ZPL * 3)
        self.assertEqual(self.send(b"~HS"), HS % (0, 2, 1))
        for mode, flags, status in [
            ("paused", 0x10000, HS % (1, 2, 1)),
            ("jammed", 0x1000, HS % (0, 2, 1)),
            ("out_of_labels", 0x10001, b""),
            ("out_of_ribbon", 0x10002, b""),
            ("open", 0x10004, b""),
        ]:
            self.command(mode=mode)
            self.assertEqual(self.send(b"~HQES\r\n~HS\r\n"), HQES % (1, flags) + status, mode)
        self.command(mode="silent")
        self.assertEqual(self.send(b"~HQES~HS"), b"")
        self.command(ms_per_label=0, mode="ready")
        self.assertEqual(self.send(b"~HS"), HS % (0, 0, 0))

    def test_what_a_tsc_answers(self):
        self.printer("tspl", "--ms-per-label", "600000")
        self.assertEqual(self.send(b"\x1b!?"), b"\x00")
        self.assertEqual(self.send(TSPL + b"\x1b!?"), b"\x20")
        for mode, status in [("open", 1), ("jammed", 2), ("out_of_labels", 4), ("out_of_ribbon", 8), ("paused", 0x10)]:
            self.command(mode=mode)
            self.assertEqual(self.send(b"\x1b!?"), bytes([status]), mode)
        self.command(mode="silent")
        self.assertEqual(self.send(b"\x1b!?"), b"")

    def test_a_slow_one_answers_in_pieces_and_loses_nothing(self):
        self.printer("zpl", "--mode", "slow")
        self.assertEqual(self.send(ZPL * 8 + b"~HQES"), HQES % (0, 0))
        self.assertEqual(self.told("label")["number"], 1)
        self.command(mode="ready")
        while self.told("out")["number"] < 8:
            pass

    def test_labels_run_out_at_one_and_it_comes_out_later(self):
        self.printer("zpl")
        self.command(at_label=2, mode="out_of_labels")
        self.send(ZPL * 3)
        seen = [self.told(event)["event"] for event in ("connected", "label", "out", "label", "mode", "label", "closed")]
        self.assertEqual(len(seen), 7)
        self.command(mode="ready")
        self.assertEqual([self.told("out")["number"] for _ in range(2)], [2, 3])

    def test_it_hangs_up_in_the_middle_of_a_label(self):
        for language, label in (("zpl", ZPL), ("tspl", TSPL)):
            with self.subTest(language):
                self.printer(language)
                self.command(at_label=2, mode="hang_up")
                connection = self.connect()
                connection.sendall(label)
                self.told("out")
                connection.sendall(label[:-6])
                self.assertEqual(self.told("cut"), {"event": "cut", "number": 2, "bytes": len(label) // 2})
                with self.assertRaises(ConnectionResetError):
                    connection.recv(1)
                # It goes on with whoever comes next.
                self.send(label)
                self.assertEqual(self.told("label")["number"], 2)

    def test_a_label_cut_off_is_none(self):
        for language, label in (("zpl", ZPL), ("tspl", TSPL)):
            with self.subTest(language):
                self.printer(language)
                self.send(label + label[:-3])
                self.assertEqual(self.told("cut"), {"event": "cut", "number": 2, "bytes": len(label) - 3})
                self.send(label)
                self.assertEqual(self.told("label")["number"], 2)

    def test_a_second_connection_is_refused(self):
        self.printer("zpl")
        first = self.connect()
        self.told("connected")
        first.sendall(ZPL[:9])
        self.assertEqual(self.connect().recv(1), b"")
        self.told("second_connection")
        first.sendall(ZPL[9:])
        self.assertEqual(self.told("label")["number"], 1)
        # Who closes and comes back at once is no second one.
        for _ in range(100):
            first.close()
            first = self.connect()
            first.sendall(b"~HS")
            self.assertEqual(first.recv(4096), HS % (0, 0, 0))

    def test_switched_off_it_forgets_and_comes_back_at_its_port(self):
        self.printer("zpl", "--mode", "paused")
        connection = self.connect()
        connection.sendall(ZPL)
        self.told("label")
        self.command(mode="off")
        self.assertEqual(self.told("lost")["number"], 1)
        with self.assertRaises(ConnectionResetError):
            connection.recv(1)
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.command(mode="ready")
        self.assertEqual(self.told("listening")["port"], self.port)
        self.send(ZPL)
        self.assertEqual(self.told("out")["number"], 2)


if __name__ == "__main__":
    unittest.main()
