"""What 200 templates cost a picture over one: the pictures of one form, read by a box that has only its template, and by one that has 199
more, in turns. `templates.py BINARY SEED ROUNDS [KEEP]`.

The others are the forms of both hands, several times each: of the same make, with other words, most of them with nothing in common with
what is read."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from office import Office

BINARY, SEED, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
KEEP = Path(sys.argv[4]) if len(sys.argv) > 4 else Path(tempfile.mkdtemp(prefix="paperline-templates-"))
HERE = Path(__file__).parent
TEMPLATES, PICTURES = 200, 8
FORM = "vat_special"


def drawn(hand):
    folder = KEEP / hand
    if not (folder / "truth.json").exists():
        subprocess.run([sys.executable, "-B", HERE / hand, str(folder), SEED, "336"], check=True)
    truth = json.loads((folder / "truth.json").read_text())
    return folder, truth, [{**template, "folder": str(folder)} for template in truth["templates"]]


def copied(template, copy):
    """Under a label of its own."""
    model = json.loads(json.dumps(template["json_model"]))
    model["global_setting"]["label"] += f" {copy}"
    return {**template, "json_model": model}


def main():
    folder, truth, scans = drawn("scans")
    _, _, invoices = drawn("invoices")
    own = [template for template in scans if template["name"] == FORM]
    others = [template for template in scans + invoices if template["name"] != FORM]
    many = own + [copied(others[n % len(others)], n // len(others)) for n in range(TEMPLATES - 1)]
    pictures = [p for p in truth["pictures"] if p["template"] == FORM][:PICTURES]
    offices = [Office(BINARY, folder, own), Office(BINARY, folder, many)]
    for office in offices:
        office.read(pictures[:1])
    costs = []
    for turn in range(ROUNDS):
        seconds = {}
        for office in offices if turn % 2 else offices[::-1]:
            before = office.box.cpu_seconds()
            office.read(pictures)
            seconds[office] = office.box.cpu_seconds() - before
        one, all_ = (1000 * seconds[office] / len(pictures) for office in offices)
        costs.append(all_ - one)
        print(f"{one:.0f} ms of the processor a picture with one template, {all_:.0f} with {TEMPLATES}", flush=True)
    costs.sort()
    print(f"{TEMPLATES} templates cost {costs[len(costs) // 2]:.1f} ms a picture over one, median of {ROUNDS} [{costs[0]:.1f} – {costs[-1]:.1f}]")
    for office in offices:
        office.box.stop()


main()
