"""The built-in engine on made-up papers of two hands: right, and surely wrong, per condition and per form; how far its certainty can be
trusted on forms it was not fitted to; speed and memory beside RapidOCR (the same nets, whole pages) on the same pictures, in turns.
`engine.py BINARY COUNT SEED ROUNDS [KEEP [DIAGRAM]]`; COUNT is of each hand. Runs in scripts/bench's venv.

Seeds below 1000 are for looking at; a form that is held out is never looked at, whatever its seed."""

import json
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from pathlib import Path

import certainty
from office import Office

BINARY, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# RapidOCR reads the first rounds' pictures of each hand.
ROUND, ROUNDS = 24, int(sys.argv[4])
KEEP = Path(sys.argv[5]) if len(sys.argv) > 5 else Path(tempfile.mkdtemp(prefix="paperline-engine-"))
DIAGRAM = Path(sys.argv[6]) if len(sys.argv) > 6 else KEEP / "reliability.svg"
HANDS = ("invoices", "scans")
SURE = certainty.SURE
HERE = Path(__file__).parent


def same(read, truth):
    """Ignoring blanks and character width."""
    plain = lambda text: "".join(unicodedata.normalize("NFKC", text).split())
    return plain(read) == plain(truth)


class Rapid:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, HERE / "rapid.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


class Speed:
    def __init__(self):
        self.ours = self.theirs = self.all_ours = 0.0
        self.compared = self.pictures = 0

    def print(self, rss, rapid_rss):
        print(f"\npaperline {self.pictures / self.all_ours:.2f} pictures/s over all, peak RSS {rss:.0f} MB")
        if self.compared:
            print(f"{self.compared} of them in turns of {ROUND}: paperline {self.compared / self.ours:.2f} pictures/s, RapidOCR {self.compared / self.theirs:.2f}: "
                  f"{self.theirs / self.ours:.2f} ×; peak RSS of RapidOCR {rapid_rss:.0f} MB: {rss / rapid_rss:.2f} ×")


def judged(hand, held_out, name, picture, invoice):
    """A row for each area that is on the paper, and one for the picture."""
    template, regions = picture["template"], invoice["region_list"] or {}
    about = {"hand": hand, "file": picture["file"], "kind": picture["kind"], "form": template or picture.get("sister_of"), "known": bool(template),
             "held_out": (template or picture.get("sister_of")) in held_out, "fits": name == template}
    rows = []
    wanted = picture["areas"] if template else {area: None for area in regions if area != "发票类型" and name}
    for area, text in wanted.items():
        region = regions.get(area, {"ocr_result": "", "probability": 0, "doubts": []})
        right = name == template and text is not None and same(region["ocr_result"], text)
        rows.append({**about, "area": area, "truth": text, "read": region["ocr_result"], "probability": region["probability"],
                     "doubts": {one["doubt"]: one["by"] for one in region.get("doubts", [])}, "right": right})
    wrong = not (name == template and all(row["right"] for row in rows))
    return rows, {**about, "named": name, "passed": not invoice["is_fault"], "wrong": wrong}


class Tally:
    def __init__(self):
        self.pictures, self.rows = [], []

    def row(self, name):
        share = lambda part, all: f"{100 * part / all:8.2f}%" if all else "        –"
        fits, areas = sum(p["fits"] for p in self.pictures), len(self.rows)
        sure = [row for row in self.rows if row["probability"] >= SURE]
        wrong = sum(not row["right"] for row in sure)
        exact = share(sum(row["right"] for row in self.rows), areas)
        passed = [p for p in self.pictures if p["passed"]]
        return (f"{name:26}{len(self.pictures):5}{share(fits, len(self.pictures))}{areas:7}{exact}{share(len(sure), areas)}{wrong:6} ={share(wrong, areas)}"
                f"{share(len(passed), len(self.pictures))}{sum(p['wrong'] for p in passed):6}")


def tables(rows, pictures):
    tallies = defaultdict(Tally)
    def groups(one):
        yield one["kind"]
        if not one["known"]:
            yield "all unknown"
            return
        yield from ("all known", f"hand {one['hand']}", f"form {one['hand'][0]} {one['form']}" + (" (held out)" if one["held_out"] else ""))
        yield "forms held out" if one["held_out"] else "forms looked at"
    for picture in pictures:
        for group in groups(picture):
            tallies[group].pictures.append(picture)
    for row in rows:
        for group in groups(row):
            tallies[group].rows.append(row)
    print(f"forms: i of the first hand (invoices), s of the second (scans)\n\n{'':26}{'':5}{'template':>9}{'areas':>7}{'exact':>9}{'sure':>9}{'sure but wrong':>17}{'passed':>9}{'wrong':>6}")
    unknown = [name for name in ("stranger", "sister", "all unknown") if name in tallies]
    whole = [name for name in ("all known", *(f"hand {hand}" for hand in HANDS), "forms looked at", "forms held out") if name in tallies]
    forms = sorted(name for name in tallies if name.startswith("form "))
    conditions = sorted(name for name in tallies if name not in (*unknown, *whole, *forms))
    for group in (whole, conditions, forms, unknown):
        for name in group:
            print(tallies[name].row(name))
        print()
    for what, names in (("form", forms), ("condition", conditions)):
        worst = min(names, key=lambda name: sum(row["right"] for row in tallies[name].rows) / max(1, len(tallies[name].rows)))
        print(f"the worst {what}:\n{tallies[worst].row(worst)}")


def failures(rows, pictures):
    """What may be looked at."""
    lines = [f"{p['hand']} {p['file']} {p['form']} {p['kind']}: template {p['named']}" for p in pictures if not p["fits"] and not p["held_out"]]
    for row in rows:
        if row["fits"] and not row["right"] and not row["held_out"]:
            sure = "SURE " if row["probability"] >= SURE else ""
            lines.append(f"{row['hand']} {row['file']} {row['form']} {row['kind']}: {sure}{row['area']} “{row['read']}” for “{row['truth']}” {row['probability']:.2f} {' '.join(row['doubts'])}")
    (KEEP / "failures.txt").write_text("\n".join(lines))


def drawn(hand):
    folder = KEEP / hand
    if not (folder / "truth.json").exists():
        subprocess.run([sys.executable, "-B", HERE / hand, str(folder), str(SEED), str(COUNT)], check=True)
    return folder, json.loads((folder / "truth.json").read_text())


def main():
    rows, pictures, speed, rss = [], [], Speed(), 0.0
    rapid = Rapid() if ROUNDS else None
    for hand in HANDS:
        folder, truth = drawn(hand)
        held_out = {t["name"] for t in truth["templates"] if t["held_out"]}
        office = Office(BINARY, folder, truth["templates"])
        for start in range(0, len(truth["pictures"]), ROUND):
            batch = truth["pictures"][start : start + ROUND]
            seconds, invoices = office.read(batch)
            speed.all_ours, speed.pictures = speed.all_ours + seconds, speed.pictures + len(batch)
            if start // ROUND < ROUNDS:
                speed.ours, speed.compared = speed.ours + seconds, speed.compared + len(batch)
                speed.theirs += sum(rapid.ask(folder / "pictures" / p["file"]) for p in batch)
            for picture, invoice in zip(batch, invoices):
                of_areas, of_picture = judged(hand, held_out, office.names.get(invoice["model_id"]), picture, invoice)
                rows.extend(of_areas)
                pictures.append(of_picture)
        rss = max(rss, office.box.memory_mb("VmHWM"))
        office.box.stop()
    (KEEP / "rows.json").write_text(json.dumps({"rows": rows, "pictures": pictures}, ensure_ascii=False))
    failures(rows, pictures)
    print(f"\nseed {SEED}, {len(pictures)} pictures of {len({(p['hand'], p['form']) for p in pictures if p['known']})} forms; sure: ≥ {SURE}; passed: no fault")
    tables(rows, pictures)
    certainty.report([row for row in rows if row["known"] and row["fits"]], DIAGRAM)
    speed.print(rss, rapid.ask("") if rapid else 0)
    print(f"what went wrong on forms that may be looked at stands in {KEEP}/failures.txt")


main()
