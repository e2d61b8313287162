"""Papers with their truth (`MANIFEST.tsv` beside them: file, …, truth as JSON in the fourth column): how many fields come out exact, missing,
wrong, and wrong though sure. First all of them through the box, by kind; then, in the same run, the box beside what users would take today; then
the documents' first pages as scanners and telephones show them. Usage: papers.py BINARY FOLDER [SEED]"""

import collections
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata

from box import Box, Client, form

BINARY, FOLDER = sys.argv[1], sys.argv[2]
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
#: Files of a throughput run: copies that differ in their last bytes, as no two files of an office are the same.
MANY = 176
DOCUMENTS = (".pdf", ".ofd", ".xml")
PICTURES = (".png", ".jpg", ".jpeg")
#: The box's default `confidence_threshold`.
SURE = 0.9
COUNTS = ["exact", "missing", "unsure and wrong", "sure and wrong"]


def plain(name, text):
    """Values are compared, not spellings: dates, sums, and names without blanks."""
    text = unicodedata.normalize("NFKC", str(text)).strip()
    if "日期" in name:
        digits = re.findall(r"\d+", text)
        return "-".join(f"{int(d):02}" for d in digits[:3])
    if re.fullmatch(r"[-¥￥(]*[\d,]+(\.\d+)?\)?", text) and ("额" in name):
        return f"{float(re.sub(r'[^0-9.]', '', text)) * (-1 if '-' in text or '(' in text else 1):.2f}"
    return text.replace(" ", "").replace("元", "圆").replace("圆", "") if name == "中文金额" else text.replace(" ", "")


def judged(truth, invoices):
    """`(field, verdict, said)` of a file. A truth of several invoices has lists."""
    wanted = {name: value for name, value in truth.items() if name not in ("invoices", "pages", "原发票")}
    if "invoices" in truth and truth["invoices"] != len(invoices):
        yield "invoices", "missing" if len(invoices) < truth["invoices"] else "sure and wrong", str(len(invoices))
    for name, value in wanted.items():
        values = value if isinstance(value, list) else [value]
        for number, one in enumerate(values):
            regions = invoices[number]["region_list"] if number < len(invoices) else {}
            region = regions.get(name)
            said = region["ocr_result"] if region else ""
            if not said:
                yield name, "missing", ""
            elif plain(name, said) == plain(name, one):
                yield name, "exact", said
            else:
                sure = region["probability"] >= SURE and invoices[number]["is_fault"] == 0
                yield name, "sure and wrong" if sure else "unsure and wrong", said


class Work:
    """A box of its own, and what it says of files."""

    def __init__(self):
        self.box = Box(BINARY, tempfile.mkdtemp(prefix="paperline-papers-"))
        self.client = Client(self.box.port).log_in("admin", self.box.admin_password())

    def read(self, name, data):
        """Its invoices, or what it was refused with."""
        status, answer, _ = self.client.ask("POST", "/invoice/recognizeImage", *form([(name, data)]))
        answer = json.loads(answer)
        if status != 200:
            return None, answer.get("failed", answer)
        return self.wait(answer["action_id_list"])[0], ""

    def wait(self, actions):
        found = []
        for action in actions:
            invoices = []
            while not invoices:
                invoices = self.client.json("GET", f"/api/invoices?action_id={action}")["invoices"][::-1]
                time.sleep(0 if invoices else 0.01)
            found.append(invoices)
        return found


def content(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        return file.read()


def by_kind(rows):
    work, table = Work(), collections.defaultdict(collections.Counter)
    for name, truth in rows:
        began = time.monotonic()
        invoices, refused = work.read(os.path.basename(name), content(name))
        if invoices is None:
            print(f"{name}: refused: {refused}")
            table[(os.path.dirname(name), "refused")]["missing"] += len(truth or {})
            continue
        took = time.monotonic() - began
        verdicts = list(judged(truth or {}, invoices))
        counts = collections.Counter(verdict for _, verdict, _ in verdicts)
        kinds = ", ".join(sorted({invoice["kind"] for invoice in invoices}))
        table[(os.path.dirname(name), kinds)].update(counts)
        print(f"{name}: {kinds}, {took:.2f} s, {dict(counts)}; {'; '.join(i['reason'] for i in invoices)[:300]}")
        for field, verdict, said in verdicts:
            if verdict != "exact":
                print(f"    {field}: {verdict}: {said!r} for {truth[field] if field in truth else ''}")
    work.box.stop()
    print_table(["files", "kind"], {key: counts for key, counts in table.items() if counts})


def print_table(heads, table, more=()):
    heads, names = [*heads, "fields", *COUNTS, *more], [*COUNTS, *more]
    print("\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for key, counts in table.items():
        print("| " + " | ".join([*key, *map(str, [sum(counts[name] for name in COUNTS), *(counts[name] for name in names)])]) + " |")
    print()


def said_by(fields):
    """A peer's fields as an invoice that is sure of all: they know no doubt."""
    regions = {name: {"ocr_result": text, "probability": 1.0} for name, text in fields.items()}
    return [{"region_list": regions, "is_fault": 0, "kind": ""}]


def counted(rows, read):
    counts = collections.Counter()
    for name, truth in rows:
        counts.update(verdict for _, verdict, _ in judged(truth, read(name)))
    return counts


def beside_peers(rows):
    """Of one run: the box, and each peer that reads such files. A peer gets every file alone, and all copies for its speed."""
    table = {}
    for what, endings, peers in [("documents", DOCUMENTS, ["pdfplumber", "pymupdf"]), ("pictures", PICTURES, ["rapidocr"])]:
        all_of = [(name, truth) for name, truth in rows if truth and name.endswith(endings)]
        work = Work()
        names = [name for name, _ in all_of]
        began = time.monotonic()
        read = {name: work.read(os.path.basename(name), content(name))[0] or [] for name in names}
        took = time.monotonic() - began
        if what == "documents":
            # Scans are pictures.
            said = lambda invoices: {region["source"] for invoice in invoices for region in invoice["region_list"].values()}
            texts = [name for name in names if read[name] and "ocr" not in said(read[name])]
            turns = [(n, texts[n % len(texts)]) for n in range(MANY)]
            files = [(f"{n:03}-{os.path.basename(name)}", content(name) + b"\n" * (1 + n // len(texts))) for n, name in turns]
            began = time.monotonic()
            _, answer, _ = work.client.ask("POST", "/invoice/recognizeImage", *form(files))
            done = work.wait(json.loads(answer)["action_id_list"])
            rate = len(done) / (time.monotonic() - began)
        else:
            rate = len(names) / took
        table[("paperline", what, f"{rate:.1f}", f"{work.box.memory_mb('VmHWM'):.0f}")] = counted(all_of, read.get)
        work.box.stop()
        for peer in peers:
            # What it can't open counts as missing.
            answers = Peer(peer)
            began = time.monotonic()
            found = {name: answers.ask(os.path.join(FOLDER, name)) for name in names}
            rate = len(names) / (time.monotonic() - began)
            table[(peer + " + regex", what, f"{rate:.1f}", answers.memory())] = counted(all_of, lambda name: said_by(found[name]))
    print_table(["", "", "files/s", "MB"], table)


class Peer:
    def __init__(self, name):
        command = [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "papers_peers.py"), name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def line(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def ask(self, path):
        return {name: text for name, text in json.loads(self.line(path)).items() if name != "error"}

    def memory(self):
        return f"{float(self.line('')):.0f}"


def as_pictures(rows):
    """Each PDF's first page under each condition: by condition, the worst form last."""
    import numpy as np
    from papers_pictures import CONDITIONS, drawn, shot

    work, table, forms, wrong = Work(), collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter), []
    peer, peers = Peer("rapidocr"), collections.Counter()
    for number, (name, truth) in enumerate(rows):
        page = drawn(os.path.join(FOLDER, name))
        for at, condition in enumerate(CONDITIONS):
            picture = shot(page, condition, np.random.default_rng([SEED, number, at]))
            invoices = work.read(f"{number}-{condition}.jpg", picture)[0] or []
            verdicts = list(judged(truth, invoices))
            with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
                file.write(picture)
                file.flush()
                peers.update(verdict for _, verdict, _ in judged(truth, said_by(peer.ask(file.name))))
            for counts in (table[(condition,)], forms[(name,)]):
                counts.update(verdict for _, verdict, _ in verdicts)
                counts["passed"] += sum(invoice["is_fault"] == 0 for invoice in invoices)
            wrong += [f"{name} {condition}: {field} {said!r}" for field, verdict, said in verdicts if verdict == "sure and wrong"]
    worst = max(forms.items(), key=lambda form: sum(form[1][name] for name in COUNTS if name != "exact"))
    whole = sum(table.values(), collections.Counter())
    rows = {**table, ("all",): whole, (f"worst form: {worst[0][0]}",): worst[1], ("rapidocr + regex",): peers}
    print_table(["pictures"], rows, ["passed"])
    print("\n".join(wrong))


def main():
    rows = [row for row in csv.reader(open(os.path.join(FOLDER, "MANIFEST.tsv"), encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
    rows = [(row[0], json.loads(row[3]) if row[3] else None) for row in rows]
    by_kind(rows)
    beside_peers(rows)
    # Those that a library opens, hold one invoice, and are not made of another.
    as_pictures([(name, truth) for name, truth in rows if name.endswith(".pdf") and truth and "invoices" not in truth and "var_" not in name])


main()
