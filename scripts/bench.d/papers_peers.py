"""What users would take today, as a process: text by pdfplumber, PyMuPDF or RapidOCR, then the expressions that public invoice readers use
(Invoice2Excel, invoice-ocr scripts). A path per line in, fields as JSON out; an empty line returns peak memory in MB.
Usage: papers_peers.py pdfplumber|pymupdf|rapidocr"""

import json
import logging
import os
import re
import sys
import unicodedata

from box import memory_mb

logging.disable(logging.CRITICAL)

FIELDS = {
    "发票代码": r"发票代码[::]?(\d{10,12})",
    "发票号码": r"(?:发票号码|No|№)[::.]?(\d{20}|\d{8})",
    "日期": r"开票日期[::]?(\d{4}年\d{1,2}月\d{1,2}日)",
    "校验码": r"校验码[::]?(\d{20})",
    "中文金额": r"大写\)?[⊗ⓧ]?([零壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整正]+)",
    "金额": r"小写\)?[¥Y]?(-?[\d,]+\.\d\d)",
    "不含税金额": r"合计[¥Y](-?[\d,]+\.\d\d)",
    "税额": r"合计[¥Y]-?[\d,]+\.\d\d[¥Y](-?[\d,]+\.\d\d)",
}
#: The buyer's first, then the seller's.
PARTIES = [("客户名称", "销方名称", r"名称[::]([^::¥]{2,40}?(?:公司|单位|大学|中心|部|厅|店|个人|行|院|所|站))"),
           ("购方税号", "销方税号", r"识别号[::]?([0-9A-Z]{15,20})")]


def fields(text):
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    found = {name: match.group(1) for name, pattern in FIELDS.items() if (match := re.search(pattern, plain))}
    for buyer, seller, pattern in PARTIES:
        found |= dict(zip((buyer, seller), re.findall(pattern, plain)))
    return found


def pdfplumber_text():
    import pdfplumber

    def text(path):
        with pdfplumber.open(path) as pdf:
            return "\n".join(page.extract_text() or "" for page in pdf.pages)

    return text


def pymupdf_text():
    import pymupdf

    def text(path):
        with pymupdf.open(path) as pdf:
            return "\n".join(page.get_text(sort=True) for page in pdf)

    return text


def rapidocr_text():
    from rapidocr import RapidOCR

    engine = RapidOCR()
    return lambda path: "\n".join(engine(path).txts or [])


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    text = {"pdfplumber": pdfplumber_text, "pymupdf": pymupdf_text, "rapidocr": rapidocr_text}[sys.argv[1]]()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        path = line.rstrip("\n")
        if not path:
            print(memory_mb(os.getpid(), "VmHWM"), file=answers, flush=True)
            continue
        try:
            found = fields(text(path))
        except Exception as e:
            found = {"error": str(e)[:100]}
        print(json.dumps(found, ensure_ascii=False), file=answers, flush=True)


if __name__ == "__main__":
    main()
