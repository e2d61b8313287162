"""The built-in engine on made-up invoices: correct and surely wrong per condition; speed and memory beside RapidOCR (same nets,
whole pages) on the same pictures, in turns. Runs in scripts/bench's venv."""

import json
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from pathlib import Path

from box import Box, Client

BINARY, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# RapidOCR reads the first rounds' pictures.
ROUND, ROUNDS = 24, int(sys.argv[4])
KEEP = Path(sys.argv[5]) if len(sys.argv) > 5 else Path(tempfile.mkdtemp(prefix="paperline-invoices-"))
SURE = 0.9
HERE = Path(__file__).parent


def same(read, truth):
    """Ignoring blanks and character width."""
    plain = lambda text: "".join(unicodedata.normalize("NFKC", text).split())
    return plain(read) == plain(truth)


class Office:

    def __init__(self, truth):
        data = tempfile.mkdtemp(prefix="paperline-bench-")
        self.box = Box(BINARY, data)
        self.client = Client(self.box.port).log_in("admin", Path(data, "initial-admin-password").read_text().strip())
        me = self.client.json("GET", "/me")
        began = time.monotonic()
        for template in truth["templates"]:
            name = template["name"] + ".png"
            origin = self.client.upload("/invoice/uploadModelOrigin", [(name, (KEEP / "templates" / name).read_bytes())])["file_name"]
            action = {"user_id": me["user_id"], "json_model": template["json_model"], "company_id": me["company_id"]}
            self.client.json("POST", "/invoice/addModel", {"modelAction": action, "file_name": origin, "type": 0})
        self.wait()
        models = self.client.json("GET", "/invoice/getAllModel?page=0")
        assert models["total"] == len(truth["templates"]), models["total"]
        print(f"{models['total']} templates learnt in {time.monotonic() - began:.1f} s")
        by_label = {t["json_model"]["global_setting"]["label"]: t["name"] for t in truth["templates"]}
        self.names = {}
        for page in range(0, models["total"], 12):
            for model in self.client.json("GET", f"/invoice/getAllModel?page={page // 12}")["model_list"]:
                self.names[model["model_id"]] = by_label[model["model_label"]]

    def wait(self):
        while True:
            queue = self.client.json("GET", "/api/queue")
            if not queue["running"] and not queue["manage_size"] and (queue["paused"] or not queue["recognize_size"]):
                return
            time.sleep(0.05)

    def read(self, pictures):
        """Seconds, and the result per picture."""
        self.client.json("POST", "/api/queue/pause", {})
        files = [(p["file"], (KEEP / "pictures" / p["file"]).read_bytes()) for p in pictures]
        actions = self.client.upload("/invoice/recognizeImage", files)["action_id_list"]
        began = time.monotonic()
        self.client.json("POST", "/api/queue/resume", {})
        self.wait()
        seconds = time.monotonic() - began
        invoices = self.client.json("GET", f"/api/invoices?limit={len(pictures)}")["invoices"]
        by_action = {invoice["action_id"]: invoice for invoice in invoices}
        return seconds, [by_action[action] for action in actions]


class Rapid:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, HERE / "rapid.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


class Calibration:
    """How often each probability is right."""

    EDGES = [0.0, 0.5, 0.8, 0.9, 0.97, 0.99, 1.01]

    def __init__(self):
        self.said = defaultdict(list)

    def add(self, probability, right):
        self.said[max(edge for edge in self.EDGES if edge <= probability)].append((probability, right))

    def print(self):
        print("\nof areas said to be right with a probability    areas   said on average   right")
        for low, high in zip(self.EDGES, self.EDGES[1:]):
            if areas := self.said.get(low):
                mean = lambda values: 100 * sum(values) / len(areas)
                print(f"{low:17.2f} to {min(high, 1):.2f}{len(areas):26}{mean(p for p, _ in areas):17.2f}%{mean(r for _, r in areas):8.2f}%")


class Tally:
    def __init__(self):
        self.pictures = self.templates = self.areas = self.exact = self.sure = self.sure_wrong = self.passed = self.passed_wrong = 0

    def add(self, picture, name, invoice, log, calibration=None):
        self.pictures += 1
        self.templates += name == picture["template"]
        if name != picture["template"]:
            log(f"template {name} for {picture['template']}")
        regions, good = invoice["region_list"] or {}, name == picture["template"]
        wanted = picture["areas"] if picture["template"] else {area: None for area in regions if area != "发票类型"}
        for area, text in wanted.items():
            region = regions.get(area, {"ocr_result": "", "probability": 0})
            right = name == picture["template"] and text is not None and same(region["ocr_result"], text)
            good = good and right
            self.areas += 1
            if calibration and picture["template"]:
                calibration.add(region["probability"], right)
            self.exact += right
            self.sure += region["probability"] >= SURE
            self.sure_wrong += region["probability"] >= SURE and not right
            if not right and name == picture["template"]:
                log(f"{'SURE ' if region['probability'] >= SURE else ''}{area} “{region['ocr_result']}” for “{text}” {region['probability']:.2f}")
        self.passed += not invoice["is_fault"]
        self.passed_wrong += not invoice["is_fault"] and not good

    def row(self, name):
        share = lambda part, all: f"{100 * part / all:7.2f}%" if all else "       –"
        known = share(self.exact, self.areas) if self.areas else share(0, 0)
        return (f"{name:22}{self.pictures:5}{share(self.templates, self.pictures)}{known}{share(self.sure, self.areas)}"
                f"{self.sure_wrong:6} ={share(self.sure_wrong, self.sure)}{share(self.passed, self.pictures)}{self.passed_wrong:6}")


def main():
    if not (KEEP / "truth.json").exists():
        subprocess.run([sys.executable, HERE / "invoices", str(KEEP), str(SEED), str(COUNT)], check=True)
    truth = json.loads((KEEP / "truth.json").read_text())
    held_out = {t["name"] for t in truth["templates"] if t["held_out"]}
    office, rapid = Office(truth), Rapid() if ROUNDS else None
    tallies, calibration, lines = defaultdict(Tally), Calibration(), []
    ours = theirs = all_ours = 0.0
    compared = 0
    for start in range(0, len(truth["pictures"]), ROUND):
        pictures = truth["pictures"][start : start + ROUND]
        seconds, invoices = office.read(pictures)
        all_ours += seconds
        if start // ROUND < ROUNDS:
            ours, compared = ours + seconds, compared + len(pictures)
            theirs += sum(rapid.ask(KEEP / "pictures" / p["file"]) for p in pictures)
        for picture, invoice in zip(pictures, invoices):
            name = office.names.get(invoice["model_id"])
            groups = [picture["kind"]]
            if picture["template"]:
                groups += ["all known", "forms held out" if picture["template"] in held_out else "forms tuned on", "form " + picture["template"]]
            else:
                groups += ["all unknown"]
            for i, group in enumerate(groups):
                log = (lambda text: lines.append(f"{picture['file']} {picture['template'] or picture.get('sister_of')} {picture['kind']}: {text}")) if i == 0 else (lambda text: None)
                tallies[group].add(picture, name, invoice, log, calibration if i == 0 else None)
    (KEEP / "failures.txt").write_text("\n".join(lines))
    print(f"\nseed {truth['seed']}, {len(truth['pictures'])} pictures; sure: ≥ {SURE}; passed: no fault\n")
    print(f"{'':22}{'':5}{'template':>8}{'exact':>8}{'sure':>8}{'sure but wrong':>16}{'passed':>8}{'wrong':>6}")
    order = ["clean", "misprint", "seal", "skew", "turned", "photo", "faded", "noise", "all known", "forms tuned on", "forms held out"]
    for group in order + sorted(g for g in tallies if g.startswith("form ")) + ["stranger", "sister", "all unknown"]:
        if group in tallies:
            print(tallies[group].row(group))
    calibration.print()
    print(f"\npaperline {len(truth['pictures']) / all_ours:.2f} pictures/s over all, peak RSS {office.box.memory_mb('VmHWM'):.0f} MB")
    if compared:
        print(f"the first {compared}, in turns of {ROUND}: paperline {compared / ours:.2f} pictures/s, RapidOCR {compared / theirs:.2f}: {theirs / ours:.2f} ×")
        print(f"peak RSS of RapidOCR {rapid.ask(''):.0f} MB")
    print(f"what went wrong stands in {KEEP}/failures.txt")
    office.box.stop()


main()
