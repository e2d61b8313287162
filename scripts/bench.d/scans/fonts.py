"""Typefaces, and text as a mask. None of these is used by the other made-up invoices, so that no engine knows their taste.

A glyph that a face lacks would be drawn as a box and the truth be wrong: each sign is tried first, and taken from a wider face."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = "/usr/share/fonts/"
FACES = {
    "song": ("truetype/arphic-gbsn00lp/gbsn00lp.ttf", 0),
    "kai": ("truetype/arphic-gkai00mp/gkai00mp.ttf", 0),
    "wenkai": ("truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf", 0),
    "wenkai-bold": ("truetype/lxgw-wenkai/LXGWWenKai-Bold.ttf", 0),
    "wenkai-mono": ("truetype/lxgw-wenkai/LXGWWenKaiMono-Regular.ttf", 0),
    "hei": ("truetype/droid/DroidSansFallbackFull.ttf", 0),
    "serif": ("opentype/noto/NotoSerifCJK-Medium.ttc", 2),
    "serif-bold": ("opentype/noto/NotoSerifCJK-SemiBold.ttc", 2),
    "smiley": ("truetype/smiley-sans/SmileySans-Oblique.ttf", 0),
    "wide": ("truetype/babelstone/BabelStoneHan.ttf", 0),
    "dots16": ("X11/misc/wenquanyi_12pt.pcf", 0),
    "unifont": ("opentype/unifont/unifont.otf", 0),
    "sans": ("truetype/liberation2/LiberationSans-Regular.ttf", 0),
    "sans-bold": ("truetype/liberation2/LiberationSans-Bold.ttf", 0),
    "times": ("truetype/liberation2/LiberationSerif-Regular.ttf", 0),
    "times-bold": ("truetype/liberation2/LiberationSerif-Bold.ttf", 0),
    "mono": ("truetype/liberation2/LiberationMono-Regular.ttf", 0),
    "courier": ("opentype/courier-prime/Courier Prime.otf", 0),
    "hack": ("truetype/hack/Hack-Regular.ttf", 0),
    "ocrb": ("opentype/ocr-b/OCRB.otf", 0),
}
# What is tried for a sign that the wanted face lacks.
WIDER = ("wenkai", "wide", "hei", "unifont")
# A style is a face for Chinese and one for Latin signs.
STYLES = {
    "song": ("song", "song"), "songtimes": ("song", "times"), "songmono": ("song", "courier"), "songhack": ("song", "mono"), "kai": ("kai", "times"),
    "wenkai": ("wenkai", "wenkai"),
    "wenkai-bold": ("wenkai-bold", "wenkai-bold"), "wenkai-mono": ("wenkai-mono", "wenkai-mono"), "hei": ("hei", "sans"),
    "hei-bold": ("hei", "sans-bold"), "heimono": ("hei", "hack"), "serif": ("serif", "serif"), "serif-bold": ("serif-bold", "serif-bold"),
    "smiley": ("smiley", "smiley"), "ocrb": ("song", "ocrb"), "dots16": ("dots16", "dots16"), "unifont": ("unifont", "unifont"),
    "digits": ("hei", "sans-bold"), "times": ("serif", "times"), "times-bold": ("serif-bold", "times-bold"),
}
FIXED = {"dots16": 16, "unifont": 16}


@lru_cache(maxsize=600)
def face(name, px):
    path, index = FACES[name]
    return ImageFont.truetype(ROOT + path, FIXED.get(name, px), index=index, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=20000)
def has(name, sign):
    """Whether the face draws the sign: not blank, and not as it draws what no face has."""
    font = face(name, 32)
    shape = font.getmask(sign)
    if not shape.size[0] or not shape.getbbox():
        return sign.isspace()
    return all(bytes(shape) != bytes(font.getmask(missing)) for missing in ("\U0010fffe", "\uffff", "\ue5e5"))


@lru_cache(maxsize=20000)
def face_of(style, sign):
    chinese, latin = STYLES[style]
    wanted = latin if ord(sign) < 0x2000 and sign != "·" else chinese
    for name in (wanted, chinese, *WIDER):
        if has(name, sign):
            return name
    raise ValueError(f"no face has {sign!r} U+{ord(sign):04X}")


def runs(style, text):
    """The text in runs of one face; a sign of a wider face is a run of its own."""
    out = []
    for sign in text:
        name = face_of(style, sign)
        if out and out[-1][0] == name:
            out[-1][1] += sign
        else:
            out.append([name, sign])
    return out


def width(text, px, style, tracking=0.0):
    """In pixels."""
    return sum(face(name, px).getlength(part) for name, part in runs(style, text)) + tracking * len(text)


def mask(text, px, style, tracking=0.0, one_bit=False, bold=0):
    """Text as an array of 0 to 1, an em high with a quarter of room above and below, and where the em begins in it."""
    px = FIXED.get(style, px)
    room = px // 4 + 2
    wide = int(width(text, px, style, tracking)) + px + 2 * room
    image = Image.new("L", (wide, px + 2 * room))
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1" if one_bit or style in FIXED else "L"
    x, base = float(room), room + round(px * 0.86)
    for name, part in runs(style, text):
        font = face(name, px)
        for piece in part if tracking else (part,):
            draw.text((x if not one_bit else round(x), base), piece, fill=255, font=font, anchor="ls", stroke_width=bold)
            x += font.getlength(piece) + tracking
    return np.asarray(image, np.float32)[:, : int(x) + room + 2] / 255, room
