"""The table: the box beside alternatives and limits. Machinery: rows.py; rows: table_labels.py, table_invoices.py. `table.py
BINARY full|small|check`: `check` only compares answers, small."""

import os
import platform
import subprocess
import sys
import tempfile
import time

import table_invoices
import table_labels
from filled import Filled
from rows import Table

BINARY, SIZE = sys.argv[1], sys.argv[2]
SIZES = {"full": (10_000, 100_000, 1_000_000), "small": (1_000, 10_000, 100_000), "check": (500, 1_000, 2_000)}[SIZE]
ROUNDS = 2 if SIZE == "check" else 5
# Per timed measurement.
SECONDS = {"full": 2.0, "small": 1.0, "check": 0.1}[SIZE]


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="paperline-bench-", dir=os.environ.get("PAPERLINE_BENCH_DIR")) as top:
        table = Table(ROUNDS)
        filled = []
        for devices in SIZES:
            filled.append(Filled(BINARY, devices, top))
            print(f"filled: {devices:,} devices, {devices // 5:,} invoices in {filled[-1].took:.0f} s", file=sys.stderr, flush=True)
        table_labels.rows(table, BINARY, filled, SECONDS, top)
        table_invoices.rows(table, BINARY, filled, SECONDS, top)
        if SIZE == "check":
            print("The box and its peers give the same answers, and every row can be measured.")
            return
        print(f"\n{machine()}; {ROUNDS} rounds in turn; {SIZES[-1]:,} devices, {SIZES[-1] // 5:,} invoices; {(time.monotonic() - began) / 60:.0f} min.\n")
        table.print()
        engine()


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def engine():
    """Has its own measurement and table."""
    if SIZE == "full" and os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), "engine.py")):
        print("\nThe built-in engine, asked: ≥ 1.3 × RapidOCR's pictures a second, ≤ 0.5 × its memory.\n", flush=True)
        subprocess.run(["scripts/bench", "engine", "small"], check=True)


main()
