"""Papers with their truth (`MANIFEST.tsv` beside them: file, …, truth as JSON in the fourth column) through the box: of each kind of file and
form, how many fields came out exact, missing, wrong, and wrong though sure. Usage: papers.py BINARY FOLDER"""

import collections
import csv
import json
import os
import re
import sys
import tempfile
import time
import unicodedata

from box import Box, Client, form

BINARY, FOLDER = sys.argv[1], sys.argv[2]
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


def main():
    rows = [row for row in csv.reader(open(os.path.join(FOLDER, "MANIFEST.tsv"), encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
    rows = [(row[0], json.loads(row[3]) if row[3] else None) for row in rows]
    box = Box(BINARY, tempfile.mkdtemp(prefix="paperline-papers-"))
    client = Client(box.port).log_in("admin", box.admin_password())
    table = collections.defaultdict(collections.Counter)
    for name, truth in rows:
        with open(os.path.join(FOLDER, name), "rb") as file:
            body, kind = form([(os.path.basename(name), file.read())])
        began = time.monotonic()
        status, answer, _ = client.ask("POST", "/invoice/recognizeImage", body, kind)
        answer = json.loads(answer)
        if status != 200:
            print(f"{name}: refused: {answer.get('failed', answer)}")
            if truth:
                table[(os.path.dirname(name), "refused")]["missing"] += len(truth)
            continue
        invoices = []
        while not invoices:
            time.sleep(0.02)
            invoices = client.json("GET", f"/api/invoices?action_id={answer['action_id_list'][0]}")["invoices"][::-1]
        took = time.monotonic() - began
        verdicts = list(judged(truth or {}, invoices))
        counts = collections.Counter(verdict for _, verdict, _ in verdicts)
        kinds = ", ".join(sorted({invoice["kind"] for invoice in invoices}))
        table[(os.path.dirname(name), kinds)].update(counts)
        print(f"{name}: {kinds}, {took:.2f} s, {dict(counts)}; {'; '.join(i['reason'] for i in invoices)[:300]}")
        for field, verdict, said in verdicts:
            if verdict != "exact":
                print(f"    {field}: {verdict}: {said!r} for {truth[field] if field in truth else ''}")
    print("\n| files | kind | fields | " + " | ".join(COUNTS) + " |\n|---|---|---|" + "---|" * len(COUNTS))
    for (folder, kind), counts in sorted(table.items()):
        if counts:
            print(f"| {folder} | {kind} | {sum(counts.values())} | " + " | ".join(str(counts[name]) for name in COUNTS) + " |")


main()
