"""Tickets and slips of the road, the rails and the air."""

import seals
import values as v
from seals import pressed
from values import chance, pick

ROUTES = ("南昌西|Nanchangxi 杭州东|Hangzhoudong 株洲|Zhuzhou 呼和浩特东|Huhehaotedong 义乌|Yiwu 石家庄|Shijiazhuang 重庆北|Chongqingbei 哈尔滨西|Haerbinxi "
          "衢州|Quzhou 鄂尔多斯|Eerduosi 漯河西|Luohexi 郴州西|Chenzhouxi 深圳坪山|Shenzhenpingshan 亳州南|Bozhounan 苏州园区|Suzhouyuanqu 泸州|Luzhou").split()


def taxi(s, r, sister):
    """A narrow strip; the meter's nine needles."""
    c, day = (186, 54, 60), v.Day(r, 2014, 2022)
    s.guilloche((238, 206, 204), 0.45)
    place = ("杭州市", "成都市", "武汉市")[sister]
    s.text(28, 8, place + "出租汽车专用发票" if sister != 2 else "", 4.1, "serif-bold", c, "m", fit=52)
    s.text(28, 14, "发 票 联", 3.6, "serif", c, "m")
    pressed(r, s, seals.supervision(s.k, "浙江省税务局"), 28, 11, c, 0, 0.7, 0.2)
    code, number = "133011" + v.digits(r, 6), v.digits(r, 8)
    if sister != 2:
        s.text(7, 22, "发票代码", 3, "serif", c)
        s.text(22, 22, code, 3.6, "songhack", (70, 60, 110), area="发票代码", slot=(21.5, 52))
        s.text(7, 27, "发票号码", 3, "serif", c)
        s.text(22, 27, number, 3.9, "songhack", (70, 60, 110), area="发票号码", slot=(21.5, 44))
    km, wait = r.uniform(1.4, 38), int(r.integers(0, 900))
    cents = int(1100 + km * 250) // 100 * 100
    left = (day.h * 60 + day.min + int(km * 3) + 2) % 1440
    rows = [("电话", "0571-" + v.digits(r, 8), None), ("车号", v.plate(r)[1:].replace("·", "-"), "车号"), ("证号", v.digits(r, 6), None), ("日期", day.iso, "日期"),
            ("上车", day.hm, "时间"), ("下车", f"{left // 60:02}:{left % 60:02}", None), ("单价", "2.50元/km", None), ("里程", f"{km:.1f}km", "里程"),
            ("等候", f"00:{wait // 60:02}:{wait % 60:02}", None), ("状态", pick(r, ("单程", "双程")), None), ("金额", v.money(cents) + "元", "金额")]
    order = range(len(rows)) if not sister else [3, 1, 2, 4, 5, 7, 6, 8, 10]
    for i, j in enumerate(order):
        label, text, area = rows[j]
        y = 35 + i * (6.1 if not sister else 7.4)
        s.text(7, y, label, 3.4, "serif", c)
        s.fill(49, y + 0.6, text, 4.2, at="r", area=None if sister else area, slot=(20, 50))
    s.text(28, 108, "手写无效   " + pick(r, ("遗失不补", "")), 3, "serif", c, "m")
    s.text(28, 114, "服务监督电话 12345", 2.8, "serif", c, "m")


def train(s, r, sister):
    """Blue magnetic ticket; the older, red, soft one and a suburban line's are others."""
    if sister == 2:
        return suburban(s, r)
    red = sister == 1
    s.box(0, 0, 86, 54, (226, 238, 244) if not red else (250, 226, 224), 0, (222, 237, 244) if not red else (250, 228, 226))
    s.guilloche((188, 216, 232) if not red else (240, 190, 190), 0.5)
    s.box(0, 47, 86, 54, (150, 205, 224), 0, (158, 208, 226)) if not red else None
    day, (a, b) = v.Day(r, 2012, 2024), [ROUTES[int(i)].split("|") for i in r.choice(len(ROUTES), 2, False)]
    number = pick(r, "ABCDEFGHJKLMNPRSTUVWXYZ") + v.digits(r, 6)
    s.fill(6, 5, number, 4.6, "digits", area="票号", slot=(5, 27)) if red else s.text(6, 5, number, 4.8, "hei", (226, 72, 110), area=None if sister else "票号",
            slot=(5, 27))
    if red:
        s.fill(60, 5, b[0] + "售", 3.4)
    for x, station, area in ((19, a, "出发站"), (64, b, "到达站")):
        s.fill(x, 11.4, station[0], 4.9, "hei", "m", track=max(0, (4 - len(station[0])) * 1.1), area=area, slot=(x - 11.5, x + 10.5), fit=21)
        s.fill(x + 12, 12, "站", 3.4, "hei")
        s.fill(x, 16, station[1], 3.2, "song", "m")
    s.fill(42, 11.6, pick(r, ("G", "D", "K", "Z", "T", "C")) + str(r.integers(1, 9899)), 4.7, "song", "m", area="车次", slot=(34, 50))
    s.fill(35, 14.4, "→" if red else "———→", 3, "song")
    y = 20.4
    seat = pick(r, ("二等座", "一等座", "新空调硬座", "新空调硬卧", "商务座"))
    s.fill(6, y, f"{day.y}年{day.m:02}月{day.d:02}日", 3.6, "hei", area="日期", slot=(5.5, 32))
    s.fill(34, y, day.hm, 3.6, "hei", area="时间", slot=(33.5, 43.5))
    s.fill(44, y, "开", 3)
    s.fill(53, y, f"{r.integers(1, 18):02}车{r.integers(1, 20):02}{pick(r, 'ABCDF')}号", 3.5, "hei", slot=(52, 72))
    cents = int(r.integers(9, 1800)) * 100 + pick(r, (0, 50))
    s.fill(6.5, 25.2, f"¥{cents / 100:.1f}", 3.8, "hei", area="金额", slot=(5.5, 20))
    s.fill(23, 25.3, "元", 2.8)
    s.fill(37, 25.2, pick(r, ("网", "网折", "孩", "")) or " ", 3.2, "hei")
    s.fill(58, 25.2, seat, 3.4, "hei")
    s.fill(6, 29.6, pick(r, ("限乘当日当次车", "仅供报销使用")), 3.1, "hei")
    s.fill(6, 34.4, v.masked_id(r) + pick(r, (" ", "")) + v.person(r), 3.6, "hei") if red else id_and_name(s, r)
    s.fill(31, 41, "买票请到12306 发货请到95306", 2.9, "song", "m")
    s.fill(31, 44.6, "中国铁路祝您旅途愉快", 2.9, "song", "m")
    s.lines((90, 90, 100), 0.2, (11, 39, 51, 39), (11, 46.4, 51, 46.4), (11, 39, 11, 46.4), (51, 39, 51, 46.4))
    s.qr(62, 29, 16, v.digits(r, 120), printed=True)
    s.fill(6, 50.3, v.digits(r, 14) + number + " " + (a[0] + "售" if not red else ""), 3, "songmono", fit=56)


def suburban(s, r):
    s.box(0, 0, 86, 54, (222, 237, 244), 0, (224, 238, 236))
    s.guilloche((188, 222, 216), 0.5)
    day, (a, b) = v.Day(r, 2016, 2024), [ROUTES[int(i)].split("|")[0] for i in r.choice(len(ROUTES), 2, False)]
    s.text(43, 6, "市域铁路乘车凭证", 4.2, "hei", (40, 110, 110), "m")
    for i, text in enumerate((f"{a} 至 {b}", f"{day.iso}  {day.hm}", f"S{r.integers(1, 9)}{v.digits(r, 3)}次  无座", f"票价 {r.integers(3, 40)}.00元",
            f"票号 {v.letters(r, 2)}{v.digits(r, 8)}")):
        s.fill(30, 14 + i * 6.4, text, 3.7, "hei")
    s.qr(7, 14, 19, v.digits(r, 60), printed=True)
    s.text(43, 49, "当日有效 凭证进站 请妥善保管", 3, "hei", (40, 110, 110), "m")


def id_and_name(s, r):
    s.fill(6, 34.4, v.masked_id(r), 3.4, "hei", area="身份证号码", slot=(5.5, 41))
    s.fill(42.5, 34.4, v.person(r), 3.4, "hei", area="乘车人", slot=(42, 54))


def coach(s, r, sister):
    """汽车客票: preprinted boxes, filled by a counter's printer."""
    c, day = ((40, 96, 150), (60, 128, 80), (160, 80, 60))[sister], v.Day(r, 2013, 2022)
    s.guilloche((206, 224, 240) if not sister else (216, 238, 216), 0.4)
    s.text(62, 6.4, ("湖南省道路客运统一发票", "云南省公路汽车客票", "")[sister], 4.6, "kai", c, "m", track=0.3)
    s.text(62, 12, "（报 销 凭 证）", 3, "kai", c, "m")
    pressed(r, s, seals.supervision(s.k, "湖南省税务局"), 62, 8, (196, 60, 60), 0, 0.6, 0.2)
    s.text(6, 18, "发票代码 ", 2.8, "kai", c)
    s.text(20, 18, "2430" + v.digits(r, 8), 3.2, "songhack", (180, 40, 50), area="发票代码", slot=(19, 46))
    s.text(82, 18, "发票号码 ", 2.8, "kai", c)
    s.text(96, 18, v.digits(r, 8), 3.4, "songhack", (180, 40, 50), area="发票号码", slot=(95, 116))
    places = [pick(r, ("长沙汽车西站", "株洲中心站", "湘潭", "郴州总站", "怀化", "吉首北", "醴陵", "凤凰", "浏阳大瑶", "张家界")) for _ in range(2)]
    cells = [("乘车站", places[0], "乘车站"), ("到达站", places[1], "到达站"), ("乘车日期", day.iso, "日期"), ("发车时间", day.hm, "时间"),
             ("车次", v.letters(r, 1) + v.digits(r, 4), None), ("座号", str(r.integers(1, 54)), None), ("票价", f"{r.integers(8, 260)}.{pick(r, ('00', '50'))}元", "金额"),
             ("票种", pick(r, ("全票", "半票", "优惠票")), None)]
    if sister:
        cells = cells[4:] + cells[:4]
    s.box(5, 22, 119, 54, c, 0.3)
    for i, (label, text, area) in enumerate(cells):
        x, y = 5 + i % 2 * 57, 22 + i // 2 * 8
        s.lines(c, 0.2, (5, y, 119, y), (62, 22, 62, 54), (x + 18, y, x + 18, y + 8))
        s.text(x + 9, y + 4, label, 3.1, "kai", c, "m")
        s.fill(x + 21, y + 4.2, text, 3.7, area=area, slot=(x + 18.6, x + 56))
    s.text(6, 59, "检票口:", 2.8, "kai", c)
    s.fill(18, 59, str(r.integers(1, 12)), 3.4)
    s.fill(40, 59, "身份证:" + v.masked_id(r), 3)
    s.text(6, 64, "当日当次有效，保险自愿，撕角无效", 2.6, "kai", c)
    s.fill(78, 64, "售票员" + v.digits(r, 4) + " " + day.hms, 2.8)


def flight(s, r, sister):
    """航空运输电子客票行程单."""
    c, day = ((60, 100, 160), (90, 90, 90), (60, 100, 160))[sister], v.Day(r, 2016, 2024)
    s.guilloche((206, 220, 240), 0.35) if sister != 1 else None
    s.text(110, 7, ("航空运输电子客票行程单", "旅客订座及付款凭证", "")[sister], 5.2, "kai", c, "m", track=0.6)
    s.text(110, 12.4, "ITINERARY/RECEIPT OF E-TICKET FOR AIR TRANSPORT" if sister != 1 else "BOOKING CONFIRMATION", 2.6, "kai", c, "m")
    if sister == 2:
        s.text(10, 8, "改签换开", 4, "kai", c)
    s.text(172, 8, "印刷序号：", 2.8, "kai", c)
    s.text(188, 8, v.digits(r, 10) + " " + v.digits(r, 1), 3.2, "songmono", (190, 50, 60), area="印刷序号", slot=(187, 214))
    s.box(6, 17, 216, 82, c, 0.3)
    name = pick(r, ("ZHANG/XIAOYANMS", "OUYANG/LINMR")) if chance(r, 0.2) else v.person(r)
    for x, label, text, area, end in ((8, "旅客姓名", name, "旅客姓名", 60), (64, "有效身份证件号码", v.masked_id(r), "身份证号码", 128),
            (134, "签注", pick(r, ("不得签转", "不得签转改期退票", "Q/改退收费")), None, 214)):
        s.text(x, 20, label, 2.7, "kai", c)
        s.fill(x, 25.4, text, 3.5, "songmono", area=area, slot=(x - 1, end), track=0.2)
    s.lines(c, 0.2, (6, 29, 216, 29), (62, 17, 62, 29), (132, 17, 132, 29), (6, 36, 216, 36))
    heads = (("", 8), ("承运人", 44), ("航班号", 62), ("座位等级", 80), ("日期", 98), ("时间", 122), ("客票级别", 138), ("生效日期", 158), ("有效截止", 178), ("免费行李", 198))
    for label, x in heads:
        s.text(x, 32.5, label, 2.7, "kai", c)
    airline, sign = pick(r, (("南航", "CZ"), ("国航", "CA"), ("东航", "MU"), ("川航", "3U"), ("厦航", "MF"), ("海航", "HU")))
    ports = [pick(r, ("长沙 T2 CSX", "北京 T2 PEK", "虹桥 T2 SHA", "宝安 T3 SZX", "双流 T1 CTU", "咸阳 T3 XIY", "地窝堡 URC", "萧山 T4 HGH")) for _ in range(2)]
    s.fill(8, 40, "自FROM " + ports[0], 3.1, "songmono", fit=35)
    row = ((44, airline, None, 60), (62, sign + v.digits(r, 4), "航班号", 78), (84, pick(r, "YBMHKLQ"), None, 92), (98, day.iso, "日期", 120), (122, day.hm, "时间", 135),
            (138, pick(r, "YKL") + v.digits(r, 2), None, 150), (200, "20K", None, 210))
    for x, text, area, end in row:
        s.fill(x, 40, text, 3.1, "songmono", area=area, slot=(x - 1, end))
    s.fill(8, 47, "至TO " + ports[1], 3.1, "songmono", fit=40)
    s.fill(62, 47, "VOID", 3.1, "songmono")
    fare, fuel = int(r.integers(26, 290)) * 1000, pick(r, (0, 1000, 3000, 6000))
    total = fare + 5000 + fuel
    s.lines(c, 0.2, (6, 58, 216, 58), (6, 67, 216, 67))
    for x, label, text, area, end in ((8, "票价", f"CNY {v.money(fare)}", None, 40), (46, "民航发展基金", "CN 50.00", None, 80),
            (84, "燃油附加费", f"YQ {v.money(fuel)}" if fuel else "YQ EXEMPT", None, 116), (122, "其他税费", "", None, 150),
            (156, "合计", f"CNY {v.money(total)}", "金额", 200)):
        s.text(x, 60.4, label, 2.6, "kai", c)
        s.fill(x, 64.4, text, 3.2, "songmono", area=area, slot=(x - 1, end))
    ticket = pick(r, ("784", "999", "781", "876")) + "-" + v.digits(r, 10)
    # Itineraries print XXX where no insurance was bought.
    for x, y, label, text, area, end in ((8, 70, "电子客票号码", ticket, "电子客票号码", 70), (80, 70, "验证码", v.digits(r, 4), None, 100), (112, 70, "提示信息", "", None, 130),
            (176, 70, "保险费", "XXX", None, 200),
                                         (8, 77.5, "销售单位代号", pick(r, ("CSX", "PEK", "SHA")) + v.digits(r, 3) + " 08" + v.digits(r, 6), None, 60),
                                         (80, 77.5, "填开单位", v.Company(r, "国际旅行社").name, "填开单位", 168), (176, 77.5, "填开日期", day.iso, None, 212)):
        s.text(x, y, label, 2.6, "kai", c)
        s.fill(x + 1 + len(label) * 2.7, y, text, 3, "songmono", fit=max(20, end - x - 1 - len(label) * 2.7), area=area, slot=(x + len(label) * 2.7, end))
    if chance(r, 0.5):
        pressed(r, s, seals.round_seal(s.k, v.Company(r, "航空服务").name, "行程单专用章", 36), 198 + r.normal(0, 1.5), 64)


def toll(s, r, sister):
    """A motorway's roll, heat-printed."""
    day = v.Day(r, 2014, 2019)
    s.text(29, 6, ("安徽省高速公路车辆通行费发票", "辽宁省收费公路通行费票据", "通行费收讫凭条")[sister], 3.5, "serif", (170, 50, 60), "m", fit=54)
    s.text(29, 11, "发 票 联", 3.4, "serif", (170, 50, 60), "m") if sister != 2 else None
    pressed(r, s, seals.supervision(s.k, "安徽省税务局"), 29, 9, (200, 50, 50), 0, 0.6, 0.2) if not sister else None
    rows = [("发票代码", "134" + v.digits(r, 9), "发票代码"), ("发票号码", v.digits(r, 8), "发票号码"), ("入口", pick(r, ("合肥西", "芜湖", "滁州", "新桥机场", "六安北")), None),
            ("出口", pick(r, ("金寨", "黄山", "宣城南", "马鞍山", "蚌埠")), None),
            ("车型", pick(r, ("客1", "客2", "货3", "客一型")), None), ("收费员", v.digits(r, 6), None)]
    if sister:
        rows = rows[2:] + rows[:2]
    y = 21.4
    for label, text, area in rows:
        s.fill(5, y, label + "：", 3)
        s.fill(20, y, text, 3.3, area=area, slot=(19.4, 52))
        y += 5.2
    s.fill(5, y + 1, "金额：", 3.4)
    s.fill(20, y + 1, f"{r.integers(5, 430)}.00", 5, "heimono", area="金额", slot=(19.4, 42))
    s.fill(44, y + 1, "元", 3.4)
    s.fill(5, y + 8, day.iso, 3.1, area="日期", slot=(4.4, 25))
    s.fill(27, y + 8, day.hms, 3.1, area="时间", slot=(26.4, 43))
    s.fill(5, y + 13, "车道" + v.digits(r, 3) + " 流水" + v.digits(r, 7), 3)
    s.bars(5, y + 17, 40, 7, v.digits(r, 14), printed=True)
    s.text(29, y + 28, "请妥善保管 24小时服务热线12122", 2.6, "serif", (170, 50, 60), "m", fit=50)


def parking(s, r, sister):
    """A car park's slip."""
    day, place = v.Day(r, 2018, 2025), v.Company(r, "物业管理", long=0)
    hours = int(r.integers(1, 9))
    s.fill(29, 6, ("停车费收费凭证", "机动车停放服务缴费单", "")[sister], 4.6, "hei-bold", "m")
    s.fill(29, 12.5, place.name, 2.9, "hei", "m", fit=52, area="收费单位", slot=(3, 55))
    s.fill(4, 16.6, "-" * 34, 3, "heimono", fit=50)
    hours = min(hours, 23 - day.h) or 1
    leave = f"{(day.h + hours) % 24:02}:{r.integers(60):02}:{r.integers(60):02}"
    rows = [("票号", "PK-" + v.digits(r, 4) + "-" + v.digits(r, 6), "票号"), ("车牌", v.plate(r), "车牌"), ("车型", pick(r, ("小型车", "大型车", "临时车")), None),
            ("入场", f"{day.slash} {day.hms}", None),
            ("出场", day.slash, "日期"), ("时长", f"{hours}小时{r.integers(1, 59)}分", None), ("应收", f"{hours * 5}.00元", None), ("优惠", "0.00元", None)]
    if sister:
        rows = [rows[i] for i in (1, 3, 4, 5, 0, 2)]
    y = 21.0
    for label, text, area in rows:
        s.fill(5, y, label + ":", 3.2, "hei")
        s.fill(16, y, text, 3.2, "heimono", area=area, slot=(15.5, 35.8 if area == "日期" else 54))
        if area == "日期":
            s.fill(37.4, y, leave, 3.2, "heimono", area="时间", slot=(36.6, 54))
        y += 5.4
    s.fill(5, y + 1, "实收金额:", 3.4, "hei-bold")
    s.fill(23, y + 0.8, f"￥{hours * 5}.00", 5, "heimono", area="金额", slot=(22, 50))
    s.fill(5, y + 7, "支付方式:" + pick(r, ("微信", "支付宝", "现金", "ETC")), 3.1, "hei")
    s.fill(29, y + 14, "谢谢惠顾，一路平安", 3.1, "hei", "m")
    if sister != 1:
        s.qr(20, y + 18, 17, "https://kp.tingche.cn/t?n=" + v.digits(r, 12), printed=True)
        s.fill(29, y + 38, "扫码开票 三十日内有效", 2.6, "hei", "m")


def fuel(s, r, sister):
    """加油站小票."""
    day, litres, price = v.Day(r, 2017, 2025), round(r.uniform(8, 68), 2), round(r.uniform(6.6, 8.9), 2)
    oil = pick(r, ("92号 车用汽油(ⅥB)", "95号 车用汽油(ⅥB)", "0号 车用柴油(Ⅵ)", "98号 车用汽油(ⅥB)"))
    cents = round(litres * price * 100)
    s.fill(29, 6, ("中国石化加油凭条", "中国石油加油站小票", "加油卡充值凭证")[sister], 4.4, "hei-bold", "m")
    station = f"{v.city(r)}{pick(r, ('城北', '机场路', '迎宾大道', '高速服务区', '滨河'))}加油站"
    rows = [("站名", station, "站名"), ("站号", v.digits(r, 8), None), ("交易号", f"{v.letters(r, 2)}{v.digits(r, 3)}.{v.digits(r, 4)}.{v.digits(r, 6)}", "交易号"),
            ("枪号", f"{r.integers(1, 16):02}", None),
            ("油品", oil, "具体信息"), ("单价", f"{price:.2f} 元/升", None), ("数量", f"{litres:.2f}", "数量"), ("金额", f"{v.money(cents)}", "金额")]
    if sister == 1:
        rows = [rows[i] for i in (2, 0, 7, 4, 6, 5, 3)]
    if sister == 2:
        rows = [rows[i] for i in (0, 2, 7)]
    y = 14.0
    for label, text, area in rows:
        s.fill(4, y, label + "：", 3.2, "hei")
        kw = "交易号：" if area == "交易号" and not sister else None
        s.fill(18, y, text, 3.2, "heimono", fit=37, area=area, slot=(3.6 if kw else 17.4, 32 if area in ("数量", "金额") else 55), kw=kw)
        if label in ("数量", "金额"):
            s.fill(35, y, "升" if label == "数量" else "元", 3.2, "hei")
        y += 5
    s.fill(4, y, "时间：", 3.2, "hei")
    s.fill(18, y, day.iso, 3.2, "heimono", area="日期", slot=(17.4, 37))
    s.fill(39, y, day.hms, 3.2, "heimono", area="时间", slot=(38.4, 55))
    s.fill(4, y + 5, "卡号：9030****" + v.digits(r, 4), 3.2, "hei")
    s.fill(4, y + 10, "余额：" + v.money(int(r.integers(0, 300000))) + "元", 3.2, "hei")
    s.bars(6, y + 14, 44, 8, v.digits(r, 16), printed=True)
    s.fill(29, y + 25, "客服热线95105888 欢迎再次光临", 2.8, "hei", "m")
