"""Makes invoices and their ground truth: `python3 scripts/bench.d/invoices OUT SEED COUNT`.

Reproducible. Seeds below 1000 are for tuning the engine; measure with others. A sixth have no template: strangers, and known
forms with another title."""

import json
import sys
from pathlib import Path

import numpy as np

from layouts import HELD_OUT, LAYOUTS, QUOTA, SISTERS, named
from scenes import CONDITIONS, shoot
from sheet import Style, render
from strangers import STRANGERS
from values import CITIES, PLACES, pick

NAMES = {"money": "金额", "head": "客户名称", "date": "日期", "time": "时间", "id_card": "身份证号码", "detail": "具体信息", "money_cn": "中文金额",
         "invoice_id": "发票号码", "invoice_code": "发票代码"}


def model(sheet, title, quota, scale, rng):
    """Drawn by an unsteady hand."""
    areas = {}
    for i, (area, (box, keywords)) in enumerate(sheet.slots.items()):
        hand = rng.uniform(-2, 2, 4) * scale
        x, y, w, h = (round(float(v) * scale + float(d)) for v, d in zip(box, hand))
        key = area if area in NAMES else f"own{i}"
        areas[key] = {"x": max(0, x), "y": max(0, y), "width": w, "height": h, "remove_line": int(bool(sheet.rules)), "remove_stamp": 1}
        areas[key] |= {"keywords": keywords} if keywords else {}
        areas[key] |= {"name": area} if area not in NAMES else {}
    return {"global_setting": {"label": title, "quota": quota}, **areas}


def main(out, seed, count):
    out = Path(out)
    (out / "templates").mkdir(parents=True, exist_ok=True)
    (out / "pictures").mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    place, city = pick(rng, PLACES[:6]), pick(rng, CITIES)
    titles, presses, templates, truth = {}, {}, [], []
    for name, (layout, pattern) in LAYOUTS.items():
        titles[name], presses[name] = named(pattern, rng, place, city), Style(rng)
        sheet = layout(titles[name], rng)
        scale = float(rng.uniform(0.9, 1.4)) * max(1.0, 700 / sheet.width)
        image, _ = render(sheet, rng, presses[name], Style(rng, press=False, dots=0), scale)
        image.save(out / "templates" / f"{name}.png")
        templates.append({"name": name, "held_out": name in HELD_OUT, "json_model": model(sheet, titles[name], QUOTA.get(name, ""), scale, rng)})
    known = list(LAYOUTS)
    for i in range(count):
        mine = np.random.default_rng([seed, i])
        # Every sixth is unknown; known forms take turns under each condition.
        turn = i - (i + 1) // 6
        condition, name, areas = CONDITIONS[turn % len(CONDITIONS)], known[turn // len(CONDITIONS) % len(known)], {}
        press = presses[name] if mine.random() < 0.7 else Style(mine)
        if i % 12 == 5:
            condition = pick(mine, CONDITIONS)
            name, kind, sheet = None, "stranger", pick(mine, STRANGERS)(mine)
        elif i % 12 == 11:
            condition = pick(mine, CONDITIONS)
            of = pick(mine, list(SISTERS))
            title = named(pick(mine, SISTERS[of]), mine, place, city)
            name, kind, sheet, press = None, "sister", LAYOUTS[of][0](title, mine), presses[of]
        else:
            kind, sheet = condition, LAYOUTS[name][0](titles[name], mine)
            for area, text, *_ in sheet.values:
                if area:
                    areas[NAMES.get(area, area)] = text
            if QUOTA.get(name):
                areas["金额"] = QUOTA[name]
        picture, ending = shoot(sheet, mine, condition, press)
        file = f"{i:04d}.{ending}"
        (out / "pictures" / file).write_bytes(picture)
        truth.append({"file": file, "template": name, "kind": kind, "condition": condition, "areas": areas,
                      **({"sister_of": of} if kind == "sister" else {})})
    (out / "truth.json").write_text(json.dumps({"seed": seed, "templates": templates, "pictures": truth}, ensure_ascii=False, indent=1))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
