"""Values that could stand on a paper and agree with each other: sums and their words, taxes, numbers with check digits, dates."""

import names

PROVINCE_NAMES = tuple(names.PROVINCES.values())


def pick(r, choices):
    return choices[int(r.integers(len(choices)))]


def chance(r, share):
    return r.random() < share


def digits(r, count):
    return "".join(str(d) for d in r.integers(0, 10, count))


def letters(r, count):
    return "".join(pick(r, "ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))


def small(r, count):
    """Small letters; l and o could be figures."""
    return "".join(pick(r, "abcdefghjkmnpqrstuvwxyz") for _ in range(count))


def credit_code(r, region=None):
    """The 18 signs of GB 32100, both check digits right."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = pick(r, ("MA", "MA", "")) + "".join(pick(r, signs[:10] if chance(r, 0.7) else signs) for _ in range(8))
    body = body[:8]
    total = sum((ord(c) - 48 if c.isdigit() else ord(c) - 55) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2)))
    organ = body + "0123456789X0"[(11 - total % 11) % 11]
    code = "91" + (region or pick(r, list(names.CITIES.values()))[0]) + organ
    total = sum(signs.index(c) * pow(3, i, 31) for i, c in enumerate(code))
    return code + signs[(31 - total % 31) % 31]


def city(r):
    return pick(r, list(names.CITIES))


class Company:
    def __init__(self, r, trade=None, place=None, long=0.12):
        self.city = place or city(r)
        region, area_code, streets = names.CITIES[self.city]
        self.province = names.PROVINCES[region[:2]]
        stem, what, legal = pick(r, names.STEMS), trade or pick(r, names.TRADES), pick(r, names.LEGAL)
        if what == "会计师事务所":
            legal = pick(r, ("（特殊普通合伙）", "有限公司"))
        form = r.random()
        if form < 0.12:
            self.name = f"{stem}{what}（{self.city}）{legal.replace('（集团）', '')}"
        elif form < 0.22:
            self.name = f"{self.province}{pick(r, ('省', '')) if self.province not in ('北京', '上海', '天津', '重庆', '内蒙古', '广西', '新疆') else ''}{stem}{what}{legal}"
        else:
            self.name = f"{self.city}{pick(r, ('市', '', ''))}{stem}{what}{legal}"
        if chance(r, long):
            self.name = f"{self.city}市{pick(r, names.STEMS)}{what}{pick(r, ('技术研究院', '产业发展', '投资控股'))}有限公司{pick(r, PROVINCE_NAMES)}分公司"
        self.code = credit_code(r, region)
        self.address = f"{self.city}{'' if self.city == '义乌' else '市'}{pick(r, streets.split())}{r.integers(1, 1200)}号"
        self.phone = f"{area_code}-{r.integers(2, 9)}{digits(r, 7 if len(area_code) < 4 or area_code[1] in '3457' else 6)}"
        self.bank = f"{pick(r, names.BANKS)}{self.city}{pick(r, ('高新支行', '城东支行', '分行营业部', '开发区支行'))}"
        self.account = pick(r, ("6222", "1202", "4403", "3100")) + digits(r, int(r.integers(11, 16)))


def person(r):
    surname = pick(r, names.SURNAMES[:-2])
    return surname + pick(r, names.GIVEN)


def words(cents, yuan="圆", whole="整"):
    """The sum as it is written against forging: 壹仟零伍圆整. Cents."""
    figures, units, groups = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"), ("", "万", "亿")
    cents = abs(int(cents))
    value, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    out, gap = "", False
    for position in range(len(str(value)) - 1, -1, -1):
        digit = value // 10**position % 10
        if digit:
            out += ("零" if gap and out else "") + figures[digit] + units[position % 4]
            gap = False
        else:
            gap = True
        if position % 4 == 0 and position and value // 10**position % 10000:
            out += groups[position // 4]
    out = out + yuan if value else ""
    if not jiao and not fen:
        return (out or "零" + yuan) + whole
    if jiao:
        return out + figures[jiao] + "角" + (figures[fen] + "分" if fen else whole)
    return out + ("零" if out else "") + figures[fen] + "分"


def money(cents, comma=False):
    text = f"{abs(cents) / 100:,.2f}" if comma else f"{abs(cents) / 100:.2f}"
    return ("-" if cents < 0 else "") + text


class Day:
    def __init__(self, r, first=2017, last=2025):
        self.y, self.m, self.d = int(r.integers(first, last + 1)), int(r.integers(1, 13)), int(r.integers(1, 29))
        self.h, self.min, self.s = int(r.integers(6, 24)), int(r.integers(60)), int(r.integers(60))
        self.cn = f"{self.y}年{self.m:02}月{self.d:02}日"
        self.iso = f"{self.y}-{self.m:02}-{self.d:02}"
        self.plain = f"{self.y}{self.m:02}{self.d:02}"
        self.dots = f"{self.y}.{self.m:02}.{self.d:02}"
        self.slash = f"{self.y}/{self.m:02}/{self.d:02}"
        self.hm, self.hms = f"{self.h:02}:{self.min:02}", f"{self.h:02}:{self.min:02}:{self.s:02}"


class Item:
    """A row of a bill, in cents."""

    def __init__(self, r, most=None, sign=1, kinds=None):
        rows = [g for g in names.GOODS if (not kinds or g[0] in kinds) and (not most or float(g[4]) * 100 <= most)]
        self.kind, self.name, self.spec, self.unit, low, high, rate = pick(r, rows)
        self.full = f"*{self.kind}*{self.name}"
        low, high = float(low), float(high)
        self.count = sign * int(pick(r, (1, 1, 1, 2, 3, 5, 10, 20, 50)) if high < 1000 else pick(r, (1, 1, 2)))
        self.price = round(low + (high - low) * r.random(), 2)
        self.rate, self.amount = rate, round(self.price * 100) * self.count
        self.tax = round(self.amount * int(rate) / 100) if rate.isdigit() else 0
        self.rate_text = rate + "%" if rate.isdigit() else rate
        self.tax_text = money(self.tax) if rate.isdigit() else "***"


def total_words(cents, yuan="圆", whole="整"):
    return ("（负数）" if cents < 0 else "") + words(cents, yuan, whole)


def crc16(text):
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return f"{crc:04X}"


def vat_qr(kind, code, number, cents, day, check):
    text = f"01,{kind},{code},{number},{money(cents)},{day.plain},{check},"
    return text + crc16(text)


def plate(r):
    return pick(r, "京沪粤浙苏川鄂湘鲁豫闽皖") + pick(r, "ABCDEFG") + pick(r, ("", "·")) + "".join(pick(r,
            "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"[: 10 if i > 1 else 33]) for i in range(5))


def masked_id(r):
    return pick(r, list(names.CITIES.values()))[0] + f"{r.integers(1962, 2004)}****{digits(r, 3)}{pick(r, '0123456789X')}"
