"""Values of made-up invoices. Not here: their places (layouts.py)."""

PLACES = ["北京", "上海", "广东", "浙江", "江苏", "四川", "湖北", "山东", "福建", "陕西", "重庆", "天津", "河南", "辽宁"]
CITIES = ["广州", "深圳", "杭州", "南京", "成都", "武汉", "济南", "厦门", "西安", "沈阳", "长沙", "郑州", "苏州", "青岛"]
NAMES = ["宏远", "华信", "天成", "瑞丰", "金桥", "博雅", "中科", "远大", "恒通", "新源", "嘉禾", "明德", "东升", "海博", "万联"]
TRADES = ["电子科技", "商贸", "建筑工程", "物流", "餐饮管理", "信息技术", "机械制造", "文化传播", "医疗器械", "酒店管理", "汽车服务"]
GOODS = ["办公用品", "餐费", "住宿费", "打印机耗材", "技术服务费", "会议费", "汽油", "图书资料", "劳保用品", "维修费", "咨询费", "运输服务"]
PEOPLE = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨帆", "赵磊", "黄丽", "周杰", "吴敏", "徐强", "孙悦", "马超", "朱琳"]
STATIONS = ["北京南", "上海虹桥", "广州南", "深圳北", "杭州东", "南京南", "武汉", "郑州东", "长沙南", "西安北", "济南西", "天津"]
STREETS = ["中山路", "解放大道", "人民路", "科技园南区", "建设街", "长江路", "文化西路"]
DIGITS, UNITS = "零壹贰叁肆伍陆柒捌玖", ["", "拾", "佰", "仟"]


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def digits(rng, count):
    return "".join(str(d) for d in rng.integers(0, 10, count))


def company(rng, most=99):
    """At most so many characters: it is printed whole."""
    while len(name := any_company(rng)) > most:
        pass
    return name


def any_company(rng):
    kind = pick(rng, ["有限公司", "有限责任公司", "股份有限公司", "有限公司"])
    branch = pick(rng, ["", "", "", pick(rng, CITIES) + "分公司"])
    return pick(rng, PLACES + CITIES) + pick(rng, ["", "市", "省"][:2]) + pick(rng, NAMES) + pick(rng, TRADES) + kind + branch


def fen(rng, most=1_000_000):
    """Sums of all lengths, some round."""
    value = int(10 ** rng.uniform(2.7, len(str(most))))
    return min(most, value) if rng.random() < 0.8 else min(most, max(1, value // 10000)) * 10000


def figures(value, commas=False):
    whole = f"{value // 100:,}" if commas else str(value // 100)
    return f"{whole}.{value % 100:02d}"


def in_words(value):
    whole, jiao, cents = value // 100, value // 10 % 10, value % 10
    text = ""
    for place, group in [("亿", whole // 10**8), ("万", whole // 10**4 % 10**4), ("", whole % 10**4)]:
        if not group:
            continue
        part, gap = "", False
        for i, d in enumerate(f"{group:04d}"):
            if d == "0":
                gap = gap or bool(part) or bool(text)
            else:
                part += ("零" if gap else "") + DIGITS[int(d)] + UNITS[3 - i]
                gap = False
        text += part + place
    text = text + YUAN if text else ""
    if not jiao and not cents:
        return (text or "零" + YUAN) + "整"
    text += DIGITS[jiao] + "角" if jiao else ("零" if text else "")
    return text + (DIGITS[cents] + "分" if cents else "整" if YUAN == "圆" else "")


# VAT invoices write 圆 where others write 元.
YUAN = "圆"


def date(rng):
    return int(rng.integers(2016, 2025)), int(rng.integers(1, 13)), int(rng.integers(1, 29))


def dated(ymd, style):
    y, m, d = ymd
    return {
        "cn": f"{y}年{m:02d}月{d:02d}日",
        "dash": f"{y}-{m:02d}-{d:02d}",
        "dot": f"{y}.{m:02d}.{d:02d}",
        "slash": f"{y}/{m:02d}/{d:02d}",
        "plain": f"{y}{m:02d}{d:02d}",
    }[style]


def clock(rng, seconds=False):
    return f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}" + (f":{rng.integers(0, 60):02d}" if seconds else "")


def tax_number(rng):
    """18 characters, the last a check character (GB 32100)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91" + digits(rng, 6) + "".join(alphabet[int(i)] for i in rng.integers(0, 31, 9))
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def person_id(rng):
    return digits(rng, 6) + str(rng.integers(1950, 2000)) + "****" + digits(rng, 4)
