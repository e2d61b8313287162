"""Made-up papers with their truth, drawn by another hand than `invoices`: `scans OUT SEED COUNT [--debug]`.

The measure, not the trainer: nothing here was fitted to an engine, and no engine may be fitted to the forms held out (`forms.py` says
which). Three quarters are known forms, in turns so that each form meets each condition; an eighth are strangers, an eighth sisters.
Needs pillow, numpy, opencv-python-headless, qrcode, and the faces that `scans_tools` in `scripts/bench` installs."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

import camera
import damage
import strangers
from forms import FORMS
from sheet import Press, Sheet
from values import chance, pick

CONDITIONS = ("clean", "needle", "seal", "phone", "thermal", "clean", "copy", "crease", "lowres", "stain", "turned", "motion")
KEYS = {"金额": "money", "客户名称": "head", "日期": "date", "时间": "time", "身份证号码": "id_card", "具体信息": "detail", "中文金额": "money_cn", "发票号码": "invoice_id",
        "发票代码": "invoice_code"}


def filled(r, form, condition, hard, sister=0, dpi=None):
    dpi = dpi or pick(r, form.dpis)
    press = damage.needle_press(r, hard) if condition == "needle" else Press(form.press, r, tired=r.uniform(0, 0.18),
            colour=pick(r, ((38, 36, 40), (50, 46, 62), (30, 30, 34))))
    tint = r.normal(0, 1.5, 3)
    sheet = Sheet(r, form.width, form.height, dpi, tuple(int(min(255, c + t)) for c, t in zip(form.paper, tint)), press)
    sheet.style = form.style
    # A form with a first print run is fed by hand: its values never lie twice on the same spot.
    if press.kind == "needle":
        off = r.normal(0, (0.9 + 0.6 * hard) if condition == "needle" else 0.45, 2) * (1, 0.6)
        sheet.offset = tuple(np.clip(off, (-2, -1), (2, 1)))
    form.draw(sheet, r, sister)
    return sheet


def spoilt(r, sheet, condition, hard):
    """The sheet under its condition, as a picture, and how it is saved."""
    if condition == "thermal":
        damage.thermal_fade(r, sheet, hard)
    if condition == "seal":
        damage.sealed(r, sheet, hard)
    px, k = sheet.flat(), sheet.k
    least = min(sheet.least, 3.4)
    if condition == "crease":
        px = damage.creased(r, px, k, hard)
    if condition == "stain":
        px = damage.stained(r, px, k, hard, list(sheet.boxes.values()) or [(20, 20, 80, 26)])
    save = {"quality": int(r.integers(78, 93))}
    if condition in ("phone", "motion"):
        px = camera.photographed(r, px, least * k, hard, condition == "motion")
        save = {"quality": int(r.integers(68, 88)), "exif": condition == "phone" and chance(r, 0.35), "twice": True}
        if condition == "motion" and chance(r, 0.15):
            px = np.rot90(px, 2)
        return px, save
    if condition == "copy":
        px = damage.copied(r, px, k, hard, any(meets(a, b) for a in sheet.stamped for b in sheet.boxes.values()))
    px, _ = damage.scanned(r, px, k, skew=4.0 if condition == "turned" else 0.35)
    if condition == "turned":
        px = np.rot90(px, int(r.choice([0, 1, 1, 2, 3, 3])))
    if condition == "lowres":
        px = damage.shrunk(r, px, k, least, hard)
        save = {"quality": int(r.integers(36, 48))}
    return px, save


def write(r, px, save, path):
    image = Image.fromarray(np.ascontiguousarray(px))
    if save.pop("twice", False):
        _, data = cv2.imencode(".jpg", cv2.cvtColor(px, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(60, 85))])
        image = Image.fromarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
    if save.pop("exif", False):
        orientation, turn = pick(r, ((6, Image.Transpose.ROTATE_90), (8, Image.Transpose.ROTATE_270), (3, Image.Transpose.ROTATE_180)))
        image, exif = image.transpose(turn), Image.Exif()
        exif[0x0112] = orientation
        save["exif"] = exif
    if save["quality"] > 88 and max(image.size) < 1700:
        path = path.with_suffix(".png")
        image.save(path)
    else:
        image.save(path, **save)
    return path.name


def by_hand(r, form, sheet, matrix, size):
    """An area as somebody draws it who has this one specimen before him: tight or loose, and not over what is printed beside it."""
    model, own = {"global_setting": {"label": form.label, "quota": ""}}, 0
    for area, box in sheet.boxes.items():
        grown = list(box)
        tight = chance(r, 0.4)
        for side in range(4):
            wish = r.uniform(0.12, 0.25) if tight else r.uniform(0.3, 0.9 if side % 2 else 1.6)
            for step in np.arange(0, wish, 0.1):
                tried = list(box if step == 0 else grown)
                tried[side] = box[side] + (-step if side < 2 else step)
                if any(meets(tried, other) and not meets(box, other) for other in sheet.prints):
                    break
                grown[side] = tried[side]
            if tight:
                grown[side] = box[side] + (-wish if side < 2 else wish)
        corners = np.array([(x * sheet.k, y * sheet.k, 1) for x in grown[::2] for y in grown[1::2]]) @ matrix.T
        x0, y0 = np.maximum(0, np.floor(corners.min(0))).astype(int)
        x1, y1 = np.minimum(size, np.ceil(corners.max(0))).astype(int)
        key = KEYS.get(area) or f"own{own}"
        own += area not in KEYS
        model[key] = {"x": int(x0), "y": int(y0), "width": int(x1 - x0), "height": int(y1 - y0), "remove_line": int(form.ruled and chance(r, 0.5)),
                "remove_stamp": int(form.stamped)}
        if area not in KEYS:
            model[key]["name"] = area
        if area in sheet.keywords:
            model[key]["keywords"] = sheet.keywords[area]
    return model


def meets(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def template(seed, i, form, out, debug):
    r = np.random.default_rng([seed, 1_000_000 + i])
    dpi = [d for d in form.dpis if d >= 170][0]
    sheet = filled(r, form, "clean", 0.1, dpi=dpi)
    assert 4 <= len(sheet.areas) <= 9, (form.name, list(sheet.areas))
    px, matrix = damage.scanned(r, sheet.flat(), sheet.k, skew=0.12, plain=True)
    image = Image.fromarray(px)
    image.save(out / "templates" / f"{form.name}.png")
    model = by_hand(r, form, sheet, matrix, image.size)
    if debug:
        draw = ImageDraw.Draw(image)
        for key, area in model.items():
            if key != "global_setting":
                draw.rectangle([area["x"], area["y"], area["x"] + area["width"], area["y"] + area["height"]], outline=(0, 90, 255), width=1)
        image.save(out / "debug" / f"{form.name}.png")
    return {"name": form.name, "held_out": form.held_out, "json_model": model}


def picture(seed, i, out):
    """Of eight, the fourth is a stranger, the eighth a sister."""
    r = np.random.default_rng([seed, i])
    group, place = divmod(i, 8)
    hard = float(r.random())
    if place == 3:
        maker = strangers.ALL[(group + seed) % len(strangers.ALL)]
        sheet, condition = maker(r, pick(r, (150, 180, 200))), pick(r, ("clean", "clean", "phone", "copy", "crease", "lowres", "turned", "seal"))
        row = {"template": None, "kind": "stranger"}
        if maker is strangers.chat:
            condition = pick(r, ("clean", "lowres"))
    elif place == 7:
        form = FORMS[(group * 7 + seed) % len(FORMS)]
        condition = pick(r, CONDITIONS)
        sheet = filled(r, form, condition, hard, sister=int(r.integers(1, 3)))
        row = {"template": None, "kind": "sister", "sister_of": form.name}
    else:
        known = group * 6 + (place if place < 3 else place - 1)
        form = FORMS[known % len(FORMS)]
        condition = CONDITIONS[(known // len(FORMS) + known * 5) % len(CONDITIONS)]
        sheet = filled(r, form, condition, hard)
        row = {"template": form.name, "kind": condition}
    px, save = spoilt(r, sheet, condition, hard)
    file = write(r, px, save, out / "pictures" / f"{i:04}.jpg")
    return {"file": file, **row, "condition": condition, "areas": sheet.areas if row["template"] else {}}


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("-")]
    out, seed, count, debug = Path(arguments[0]), int(arguments[1]), int(arguments[2]), "--debug" in sys.argv
    for folder in ("templates", "pictures", *(["debug"] if debug else [])):
        (out / folder).mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    templates = [template(seed, i, form, out, debug) for i, form in enumerate(FORMS)]
    pictures = [picture(seed, i, out) for i in range(count)]
    (out / "truth.json").write_text(json.dumps({"seed": seed, "templates": templates, "pictures": pictures}, ensure_ascii=False, indent=1))


main()
