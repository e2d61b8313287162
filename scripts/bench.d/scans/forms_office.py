"""Papers of the counter: fixed sums, hospitals, the treasury, customs, banks, hotels, parcels."""

import seals
import values as v
from seals import pressed
from values import chance, pick


def quota(s, r, sister):
    """定额发票: a fixed sum, printed in advance."""
    value = pick(r, (10, 20, 50, 100)) if not sister else pick(r, (5, 10, 50))
    c = {5: (120, 70, 60), 10: (60, 90, 160), 20: (50, 120, 70), 50: (150, 60, 80), 100: (140, 80, 40)}[value]
    pale = tuple(200 + x // 6 for x in c)
    s.box(0, 0, s.w, s.h, pale, 0, pale)
    s.guilloche(tuple(min(255, x + 90) for x in c), 0.5)
    province, office = (("陕西省", "国家税务局"), ("湖北省", "地方税务局"), ("", ""))[sister]
    s.text(60, 12, province + office + ("通用定额发票" if not sister else "餐饮娱乐业定额专用发票"), 5, "kai", c, "m", track=0.3, fit=104) if sister != 2 else None
    s.text(60, 20.5, "发 票 联", 5, "kai", c, "m")
    pressed(r, s, seals.supervision(s.k, (province or "全国") + "税务局"), 60, 16, (196, 44, 50), 0, 0.75, 0.15)
    dark = (86, 40, 44)
    for i, (label, text, area) in enumerate((("发票代码", "161001" + v.digits(r, 6), "发票代码"), ("发票号码", v.digits(r, 8), "发票号码"))):
        y = 31 + i * 7.4 if sister != 2 else 68 + i * 6
        s.text(22, y, label, 3.8, "kai", c)
        s.fill(41, y, text, 4.4, "ocrb", track=0.4, area=area, slot=(40, 84))
    s.text(90 if sister != 2 else 30, 35, str(value), 12, "digits", (40, 40, 40), bold=1, area="金额", slot=(87, 114))
    s.text(52, 54, v.words(value * 100, "元"), 7, "serif-bold", dark, "m", track=1.2, area="中文金额", slot=(26, 78))
    s.text(52, 61, "（加盖发票专用章有效）", 3.2, "kai", c, "m")
    day, seller = v.Day(r, 2014, 2021), v.Company(r, "餐饮管理", long=0)
    if sister != 2:
        s.text(22, 69, "开票日期", 3.4, "kai", c)
        s.fill(38, 69, day.dots, 3.8, "songhack", area="日期", slot=(37, 62))
    s.down(7, 22, "陕税印字第" + v.digits(r, 3) + "号", 2.4, 3.2, "kai", c)
    pressed(r, s, seals.oval_seal(s.k, seller.name, seller.code), 96 + r.normal(0, 2), 58 + r.normal(0, 2))


def medical(s, r, sister):
    """医疗门诊收费票据（电子）, and its kin."""
    c, day = (170, 52, 56), v.Day(r, 2019, 2025)
    place = ("湖北省", "山东省", "")[sister]
    hospital = v.city(r) + "市" + pick(r, ("第一人民医院", "中心医院", "妇幼保健院", "中医医院", "第三人民医院（眼科分院）"))
    s.text(105, 9, place + (("医疗门诊收费票据（电子）", "医疗住院收费票据（电子）", "门诊费用明细清单")[sister]), 6, "kai", c, "m")
    pressed(r, s, seals.supervision(s.k, "财政部监制"), 105, 9, c, 0, 0.7, 0.1) if sister != 2 else None
    s.qr(8, 4, 17, v.digits(r, 40)) if sister != 2 else None
    for x, y, label, text, area, end in ((10, 23, "票据代码：", "4206" + v.digits(r, 4), "票据代码", 62), (140, 23, "票据号码：", v.digits(r, 10), "票据号码", 196),
                                         (10, 29, "交款人统一社会信用代码：", v.masked_id(r), None, 90),
                                         (140, 29, "校验码：", v.digits(r, 2) + v.small(r, 1) + v.digits(r, 1) + v.small(r, 2), "校验码", 196),
                                         (10, 35, "交款人：", v.person(r), "客户名称", 62), (140, 35, "开票日期：", day.iso, "日期", 196)):
        s.text(x, y, label, 3.1, "kai", c)
        s.fill(x + len(label) * 3.1 + 0.5, y, text, 3.3, area=area, slot=(x + len(label) * 3.1, end))
    s.box(8, 40, 202, 92, c, 0.3)
    s.lines(c, 0.2, (8, 47, 202, 47), (8, 84, 202, 84), (105, 40, 105, 84))
    for x in (8, 105):
        for dx, label in ((4, "项目名称"), (36, "数量/单位"), (62, "金额（元）")):
            s.text(x + dx, 43.6, label, 3, "kai", c)
    items = ("诊察费", "化验费", "西药费", "中成药费", "CT检查费", "治疗费", "彩色超声", "卫生材料费", "挂号费", "手术费")
    count, total = int(r.integers(2, 9)), 0
    for i, j in enumerate(r.permutation(len(items))[:count]):
        x, y, cents = 8 + 97 * (i % 2), 51 + 5 * (i // 2), int(r.integers(100, 68000))
        total += cents
        s.fill(x + 4, y, items[int(j)], 3.2, area="具体信息" if i == 0 else None, slot=(11, 42))
        s.fill(x + 40, y, f"{r.integers(1, 4)}/{pick(r, '次项盒')}", 3.1)
        s.fill(x + 88, y, v.money(cents), 3.2, at="r")
    s.text(12, 88, "金额合计（大写）", 3.1, "kai", c)
    s.fill(38, 88, v.words(total, "元"), 3.3, area="中文金额", slot=(37, 112))
    s.text(128, 88, "（小写）", 3.1, "kai", c)
    s.fill(143, 88, v.money(total, True), 3.5, area="金额", slot=(141, 180))
    s.box(8, 92, 202, 116, c, 0.3)
    s.down(11, 98, "其他信息", 2.8, 4.4, "kai", c)
    for i, text in enumerate((f"业务流水号：{v.digits(r, 12)}   门诊号：{v.digits(r, 8)}   就诊日期：{day.plain}",
            f"医保类型：{pick(r, ('职工医保', '居民医保', '自费'))}   个人账户支付：{v.money(total // 3)}   个人现金支付：{v.money(total - total // 3)}",
            f"性别：{pick(r, '男女')}   医疗机构类型：三级综合医院")):
        s.fill(16, 97 + i * 6, text, 3, fit=180)
    s.text(10, 121, "收款单位（章）：", 3.1, "kai", c)
    s.fill(35, 121, hospital, 3.3, area="收款单位", slot=(34, 100))
    s.text(140, 121, "收款人：", 3.1, "kai", c)
    s.fill(154, 121, v.person(r), 3.2)
    pressed(r, s, seals.round_seal(s.k, hospital, "收费专用章", 36), 62 + r.normal(0, 3), 112) if chance(r, 0.7) else None


def nontax(s, r, sister):
    """非税收入一般缴款书: payer left, payee right."""
    c, day, payer = (44, 44, 52), v.Day(r, 2014, 2023), v.Company(r)
    s.text(105, 10, ("福建省非税收入一般缴款书", "社会保险费专用缴款书", "江西省罚没收入收据")[sister], 6, "serif", c, "m", track=0.8)
    s.text(148, 19, "No.", 4, "times", (190, 40, 50))
    s.text(158, 19, v.digits(r, 4) + " " + v.digits(r, 6) if sister else v.digits(r, 10), 4.4, "songmono", (190, 40, 50), area="缴款书号码", slot=(157, 200))
    s.text(10, 24.5, "填制日期：", 3.2, "serif", c)
    s.fill(28, 24.5, f"{day.y} 年 {day.m} 月 {day.d} 日", 3.3, "kai", area="日期", slot=(26, 62))
    s.text(78, 24.5, "执收单位编码：", 3.2, "serif", c)
    s.fill(102, 24.5, v.digits(r, 6) + "-" + v.digits(r, 3), 3.4, area="执收单位编码", slot=(101, 130))
    s.box(8, 28, 202, 96, c, 0.35)
    s.lines(c, 0.25, *[(8, y, 202, y) for y in (49, 56, 77, 84)], (105, 28, 105, 49), (15, 28, 15, 49), (112, 28, 112, 49), (36, 28, 36, 49), (133, 28, 133, 49),
            (15, 35, 105, 35), (112, 35, 202, 35), (15, 42, 105, 42), (112, 42, 202, 42))
    s.down(11.5, 32, "付款人", 3, 6, "serif", c)
    s.down(108.5, 32, "收款人", 3, 6, "serif", c)
    office = v.city(r) + pick(r, ("市财政局（国库）", "市住房和城乡建设局", "市交通运输局", "市自然资源和规划局"))
    for x, rows in ((17, (("全  称", payer.name, "客户名称"), ("账  号", payer.account, "付款账号"), ("开户银行", payer.bank, None))),
            (114, (("全  称", office, "收款人"), ("账  号", v.digits(r, 17), None), ("开户银行", pick(r, v.names.BANKS) + "营业部", None)))):
        for i, (label, text, area) in enumerate(rows):
            s.text(x + 9, 31.6 + i * 7, label, 3, "serif", c, "m")
            s.fill(x + 20.5, 31.7 + i * 7, text, 3.2, fit=66, area=area, slot=(x + 19.6, x + 87.5))
    cents = int(r.integers(20, 9_000_000)) * pick(r, (1, 100, 100))
    s.text(10, 52.6, "币种：人民币  金额（大写）", 3.1, "serif", c)
    s.fill(50, 52.6, v.words(cents, "元", pick(r, "整正")), 3.4, area="中文金额", slot=(49, 140))
    s.text(144, 52.6, "（小写）", 3.1, "serif", c)
    s.fill(158, 52.6, "￥" + v.money(cents, True), 3.4, area="金额", slot=(157, 201))
    for x, label in ((24, "项目编码"), (70, "收入项目名称"), (112, "单 位"), (134, "数 量"), (158, "收缴标准"), (186, "金 额")):
        s.text(x, 59, label, 3, "serif", c, "m")
    item = pick(r, ("土地复垦费", "城镇垃圾处理费", "水土保持补偿费", "考试考务费", "不动产登记费", "残疾人就业保障金", "防空地下室易地建设费"))
    s.fill(24, 65, v.digits(r, 9), 3.1, at="m")
    s.fill(50, 65, item, 3.2, area="具体信息", slot=(46, 98))
    s.fill(112, 65, "元", 3.1, at="m")
    s.fill(134, 65, "1", 3.1, at="m")
    s.fill(200, 65, v.money(cents), 3.1, at="r")
    s.text(10, 80.6, "执收单位（盖章）", 3.1, "serif", c)
    s.text(108, 80.6, "备注：", 3.1, "serif", c)
    s.text(10, 90, "经办人（盖章）", 3.1, "serif", c)
    s.fill(38, 90, v.person(r), 3.4, "kai")
    pressed(r, s, seals.round_seal(s.k, office.split("（")[0], pick(r, ("票据专用章", "财务专用章")), 38), 70 + r.normal(0, 5), 87 + r.normal(0, 3))
    s.bars(140, 100, 52, 7, v.digits(r, 16))


def customs(s, r, sister):
    """海关进口增值税专用缴款书."""
    c, day, payer = (40, 46, 66), v.Day(r, 2015, 2024), v.Company(r, pick(r, ("进出口", "国际贸易", "供应链管理")))
    port = pick(r, ("宁波海关", "黄埔老港海关", "洋山海关", "青岛大港海关", "厦门东渡海关"))
    s.text(105, 9, ("海关  进口增值税  专用缴款书", "海关  进口关税  专用缴款书", "税 收 完 税 证 明")[sister], 6.2, "kai", c, "m")
    s.fill(48, 17, port if sister != 2 else "国家税务总局", 3.6, at="m")
    s.text(10, 23, "收入系统：税务系统", 3, "kai", c)
    s.text(80, 23, "填发日期：", 3, "kai", c)
    s.fill(96, 23, f"{day.y}年{day.m}月{day.d}日", 3.3, area="日期", slot=(95, 126))
    s.text(138, 23, "号码No.", 3, "kai", c)
    number = f"{r.integers(20, 90)}{v.digits(r, 16)}-{pick(r, ('L02', 'A01', 'L03'))}"
    s.fill(152, 23, number, 3.4, "songmono", fit=52, area="缴款书号码", slot=(150, 205))
    s.box(8, 27, 205, 124, c, 0.35)
    ys = (34, 41, 48, 55, 82, 89, 96, 103)
    s.lines(c, 0.22, *[(8, y, 205, y) for y in ys], (106, 27, 106, 48), (15, 27, 15, 48), (34, 27, 34, 48), (113, 27, 113, 48), (136, 27, 136, 48))
    s.down(11.5, 31, "收款单位", 2.8, 4.9, "kai", c)
    s.down(109.5, 31, "缴款单位", 2.8, 4.9, "kai", c)
    for x, w, rows in ((17, 18, (("收入机关", "中央金库", None), ("科  目", "进口增值税", None), ("收款国库", "中国人民银行" + pick(r, ("宁波", "青岛", "上海")) + "中心支行", None))),
            (115, 22.5, (("名    称", payer.name, "客户名称"), ("账    号", payer.account, None), ("开户银行", payer.bank, None)))):
        for i, (label, text, area) in enumerate(rows):
            s.text(x, 30.6 + 7 * i, label, 2.9, "kai", c)
            s.fill(x + w, 30.6 + 7 * i, text, 3.1, fit=65, area=area, slot=(x + w - 1, x + w + 66))
    heads = (("税 号", 20), ("货 物 名 称", 56), ("数 量", 94), ("单位", 110), ("完税价格（¥）", 134), ("税率（%）", 163), ("税款金额（¥）", 188))
    for label, x in heads:
        s.text(x, 51.6, label, 2.9, "kai", c, "m")
    s.lines(c, 0.2, *[(x, 48, x, 82) for x in (34, 82, 104, 116, 150, 172)])
    base = int(r.integers(80000, 90_000_000))
    tax = round(base * 0.13)
    goods = pick(r, ("涤纶短纤维", "滚珠轴承", "葡萄酒（2升以下容器装）", "聚乙烯粒子", "阿拉比卡咖啡豆", "医用内窥镜", "松木原木", "自动数据处理设备部件", "冻猪肋排"))
    for x, text, at, area, slot in ((20, v.digits(r, 10), "m", None, None), (36, goods, "l", "具体信息", (34.6, 81)),
            (102, f"{r.integers(100, 99999)}.{v.digits(r, 2)}", "r", None, None), (110, pick(r, ("千克", "个", "升")), "m", None, None),
            (148, v.money(base), "r", "完税价格", (118, 149)), (163, "13.0000", "m", None, None), (203, v.money(tax), "r", "金额", (174, 204))):
        s.fill(x, 60, text, 3.1, at=at, area=area, slot=slot, fit=45 if area == "具体信息" else None)
    s.text(10, 85.6, "金额人民币（大写）", 3, "kai", c)
    s.fill(40, 85.6, v.words(tax, "元"), 3.3, area="中文金额", slot=(39, 136))
    s.text(140, 85.6, "合计（¥）", 3, "kai", c)
    s.fill(203, 85.6, v.money(tax), 3.2, at="r")
    for x, y, label, text, area, end in ((10, 92.6, "申请单位编号", v.digits(r, 10), None, 60), (74, 92.6, "报关单编号", v.digits(r, 18), "报关单编号", 140),
            (10, 99.6, "合同（批文）号", v.letters(r, 2) + "-" + v.digits(r, 4) + v.small(r, 1) + "/" + v.digits(r, 2), "合同号", 70),
            (74, 99.6, "运输工具（号）", pick(r, ("COSCO ROTTERDAM/068W", "EVER GIVEN 0127-045E", "CZ3042", "MSC ANNA/FJ942R")), None, 140),
            (144, 99.6, "提/装货单号", v.letters(r, 4) + v.digits(r, 8), None, 204)):
        s.text(x, y, label, 2.8, "kai", c)
        s.fill(x + len(label) * 2.8 + 1, y, text, 3, "songmono", area=area, slot=(x + len(label) * 2.8 + 0.5, end), fit=end - x - len(label) * 2.8 - 1)
    s.fill(10, 108, "备注：一般贸易 照章征税 " + day.dots, 3)
    s.fill(10, 113, "NM" + v.digits(r, 7) + " 国际代码 " + payer.code, 3)
    pressed(r, s, seals.round_seal(s.k, "中华人民共和国" + port, "单证专用章（" + str(r.integers(1, 9)) + "）", 38), 176 + r.normal(0, 3), 110)


def bank(s, r, sister):
    """银行回单, of one bank; the other banks' look otherwise."""
    c, day = ((176, 40, 52), (28, 92, 150), (0, 110, 90))[sister], v.Day(r, 2018, 2025)
    payer, payee = v.Company(r), v.Company(r)
    cents = int(r.integers(100, 300_000_000))
    s.text(14, 10, ("招商银行", "交通银行", "中国农业银行")[sister], 5.4, "serif-bold", c)
    s.text(105, 11, ("收款回单", "网上银行电子回单", "")[sister], 5.6, "serif", (40, 40, 44), "m")
    serial = f"{v.letters(r, 2)}-{day.y}-{v.digits(r, 5)}" if chance(r,
            0.6) else f"{v.letters(r, 1)}{v.digits(r, 3)}{v.small(r, 1)}.{v.digits(r, 4)}-{v.digits(r, 2)}"
    flow = f"{v.letters(r, 1)}{v.digits(r, 4)} {v.digits(r, 4)} {v.digits(r, 3)}{v.letters(r, 1)}"
    left = [("交易日期", day.cn, "日期"), ("回单编号", serial, "回单编号"), ("业务类型", pick(r, ("网银转账", "客户转账-跨行", "代发工资", "利息收入")), None), ("付款账号", payer.account, None),
            ("付款人", payer.name, "付款人"), ("付款开户行", payer.bank, None), ("交易金额(小写)", "CNY " + v.money(cents, True), "金额"),
            ("交易金额(大写)", "人民币" + v.words(cents, "元"), "中文金额"), ("收款账号", payee.account, None), ("收款人", payee.name, "客户名称"), ("收款开户行", payee.bank, None),
            ("交易流水", flow, "交易流水"), ("摘要", pick(r, ("货款", "服务费（二季度）", "退投标保证金", "工程进度款")), "具体信息")]
    if sister == 0:
        for i, (label, text, area) in enumerate(left):
            y = 22 + i * 6.4
            s.text(14, y, label + "：", 3.3, "hei", (60, 60, 66))
            kw = "回单编号：" if area == "回单编号" else None
            s.fill(44, y, text, 3.4, "hei", fit=104, area=area, slot=(13.5 if kw else 43.4, 90 if area in ("日期", "回单编号", "交易流水") else 150), kw=kw)
    else:
        s.box(12, 18, 198, 18 + 12 * 7, c, 0.3)
        for i, (label, text, area) in enumerate(left[:12]):
            column, row = i % 2, i // 2
            s.lines(c, 0.2, (12, 18 + row * 14, 198, 18 + row * 14), (105, 18, 105, 102))
            s.text(14 + 93 * column, 25 + row * 14, label, 3.2, "serif", c)
            s.fill(41 + 93 * column, 25 + row * 14, text, 3.2, "serif", fit=62)
    s.text(14, 108, "重要提示：银行受理成功，本回单不作为收款方发货依据，请勿重复记账", 2.6, "hei", (120, 120, 124))
    s.fill(14, 114, f"打印时间：{day.iso} {day.hms}   打印次数：{r.integers(1, 4)}   验证码：{v.letters(r, 3)}{v.digits(r, 4)}{v.small(r, 2)}", 2.8, "hei")
    seal = seals.round_seal(s.k, ("招商银行股份有限公司", "交通银行股份有限公司", "中国农业银行")[sister] + v.city(r) + "分行", "回单专用章", 36) if chance(r, 0.6) else seals.oval_seal(s.k,
            "电子回单专用章", day.plain, "业务专用章")
    pressed(r, s, seal, 166 + r.normal(0, 4), 84 + r.normal(0, 10))


def hotel(s, r, sister):
    """A hotel's folio, an A4 sheet with many like rows."""
    c, day = ((96, 70, 30), (30, 60, 90), (60, 60, 60))[sister], v.Day(r, 2017, 2025)
    house = ("锦澜湾国际大酒店", "维也纳好眠酒店（火车站店）", "云水谣精品民宿")[sister]
    s.text(105, 16, house, 7.6, "wenkai-bold", c, "m", track=0.6)
    s.text(105, 25, ("宾客账单 GUEST FOLIO", "住宿费用结算清单", "")[sister], 4.4, "wenkai", c, "m")
    s.lines(c, 0.4, (14, 30, 196, 30))
    nights, rate = int(r.integers(1, 6)), int(r.integers(198, 1180)) * 100
    out = f"{day.y}-{day.m:02}-{min(28, day.d + nights):02}"
    nights = max(1, min(28, day.d + nights) - day.d)
    fields = [(14, 37, "宾客姓名 Name", v.person(r), "客户名称", 96), (112, 37, "账单编号 Folio", f"{v.letters(r, 1)}{v.digits(r, 2)}-{v.digits(r, 6)}.{r.integers(1, 9)}",
            "账单编号", 196), (14, 44, "房号 Room", str(r.integers(3, 28)) + f"{r.integers(1, 30):02}", "房号", 96), (112, 44, "房价 Rate", v.money(rate), None, 196),
            (14, 51, "到店 Arrival", day.iso + " " + day.hms, None, 96), (112, 51, "离店 Departure", out, "日期", 196),
            (14, 58, "单位 Company", v.Company(r).name, "单位", 110)]
    if sister:
        fields = [(x, y + (58 - y) * 1.6 - 8 if sister == 1 else y, *rest) for x, y, *rest in fields]
    for x, y, label, text, area, end in fields:
        s.text(x, y, label, 3.2, "wenkai", (90, 90, 90))
        s.fill(x + 30, y, text, 3.5, "serif", fit=end - x - 31, area=area, slot=(x + 29, end))
    s.lines(c, 0.3, (14, 64, 196, 64), (14, 71, 196, 71))
    for x, label in ((16, "日期 Date"), (50, "项目 Description"), (112, "单号 Ref."), (150, "消费 Debit"), (176, "付款 Credit")):
        s.text(x, 67.6, label, 3.2, "wenkai", c)
    total, y = 0, 75.5
    for night in range(nights):
        for name, cents in [("房费 Room Charge", rate)] + ([(pick(r, ("洗衣 Laundry", "迷你吧 Mini-bar", "早餐 Breakfast", "客房送餐")),
                int(r.integers(1200, 16000)))] if chance(r, 0.5) else []):
            s.fill(16, y, f"{day.m:02}-{day.d + night:02}", 3.3, "serif")
            s.fill(50, y, name, 3.3, "serif")
            s.fill(112, y, v.digits(r, 6), 3.3, "serif")
            s.fill(166, y, v.money(cents, True), 3.3, "serif", at="r")
            total, y = total + cents, y + 6
    s.fill(16, y, out[5:], 3.3, "serif")
    s.fill(50, y, pick(r, ("微信支付", "银联卡", "Alipay 支付宝", "现金 Cash")), 3.3, "serif")
    s.fill(193, y, v.money(total, True), 3.3, "serif", at="r")
    s.lines(c, 0.3, (14, 160, 196, 160))
    s.text(118, 166, "合计 Total", 3.6, "wenkai", c)
    s.fill(193, 166, "￥" + v.money(total, True), 4, "serif-bold", at="r", area="金额", slot=(150, 195))
    s.text(14, 166, "大写", 3.4, "wenkai", c)
    s.fill(26, 166, v.words(total, "元"), 3.6, "serif", area="中文金额", slot=(25, 112))
    s.text(14, 180, "宾客签名 Signature: ________________", 3.3, "wenkai", (90, 90, 90))
    s.text(105, 196, "地址：滨江中路268号   电话 Tel: 400-820-" + v.digits(r, 4), 3, "wenkai", (120, 120, 120), "m")
    pressed(r, s, seals.round_seal(s.k, v.city(r) + house, "前台收银", 38), 150, 184) if chance(r, 0.5) else None


def express(s, r, sister):
    """快递运单: a heat-printed label."""
    day, to = v.Day(r, 2018, 2025), v.Company(r)
    s.text(6, 8, ("顺通速运", "韵捷快递", "中邮物流")[sister], 6.4, "smiley", (20, 20, 20))
    s.fill(60, 7, ("电子运单", "标准快件", "")[sister], 4.2, "hei-bold")
    number = pick(r, ("SF", "ST", "YD")) + v.digits(r, 4) + " " + v.digits(r, 4) + " " + v.digits(r, 5)
    s.bars(12, 13, 74, 12, number[2:].replace(" ", ""), printed=True)
    s.fill(49, 28, number, 4, "heimono", at="m", area="运单号", slot=(20, 78))
    ys = (32, 44, 62, 80, 98) if not sister else (32, 50, 72, 92, 104)
    s.lines((20, 20, 20), 0.35, *[(3, y, 95, y) for y in ys], (3, 32, 3, 132), (95, 32, 95, 132), (3, 132, 95, 132))
    s.fill(49, 38, f"{v.digits(r, 3)}{v.letters(r, 1)}-{v.letters(r, 2)}{v.digits(r, 2)}-{v.digits(r, 3)}", 7, "hei-bold", at="m", area="路由码", slot=(8, 90))
    for i, (sign, who, area) in enumerate((("收", to, "收件人"), ("寄", v.Company(r), None))):
        y = ys[1 + i] + 4.5
        s.text(8, y + 5, sign, 5.5, "hei", (20, 20, 20), "m")
        s.fill(14, y, v.person(r), 3.7, "hei", area=area, slot=(13.4, 28))
        s.fill(32, y, f"1{pick(r, '35789')}{v.digits(r, 1)}****{v.digits(r, 4)}", 3.5, "hei")
        s.fill(14, y + 5, who.name, 3.1, "hei", fit=78, area="客户名称" if not i else None, slot=(13.4, 93))
        s.fill(14, y + 9.4, who.address, 3.1, "hei", fit=78)
    y = ys[3] + 4
    kg = r.uniform(0.2, 28)
    fee = int(800 + kg * 300) // 100 * 100
    cells = ((6, "计费重量", f"{kg:.2f}", "重量", 36, "kg"), (50, "件数", "1/1", None, 80, ""), (6, "运费", v.money(fee), "金额", 36, "元"),
            (50, "付款方式", pick(r, ("寄付月结", "到付", "寄付现结")), None, 90, ""), (6, "月结账号", v.digits(r, 10), None, 46, ""),
            (50, "托寄物", pick(r, ("文件", "样品", "电子配件", "服装", "*日用品*")), "具体信息", 92, ""))
    for i, (x, label, text, area, end, unit) in enumerate(cells):
        yy = y + i // 2 * 5
        s.fill(x, yy, label + ":", 3, "hei")
        s.fill(x + 15, yy, text, 3.2, "heimono", area=area, slot=(x + 14.4, end - 3))
        if unit:
            s.fill(end, yy, unit, 3, "hei")
    s.fill(6, 103 if not sister else 110, "寄件时间:", 3, "hei")
    s.fill(21, 103 if not sister else 110, day.iso, 3.2, "heimono", area="日期", slot=(20.4, 41))
    s.fill(43, 103 if not sister else 110, day.hms, 3.2, "heimono", area="时间", slot=(42.4, 60))
    s.qr(72, 104.5, 20, number.replace(" ", "") + "," + day.plain, printed=True)
    s.fill(6, 128, "签收人/时间：____________   您对此单的签收代表您已验收", 2.6, "hei")
    s.text(6, 116, "打印时间 " + day.iso + " " + v.Day(r).hms, 2.8, "hei", (20, 20, 20))
