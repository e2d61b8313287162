"""RapidOCR as a process: a path per line in, seconds out. An empty line returns peak memory in MB."""

import logging
import os
import sys
import time

from rapidocr import RapidOCR

from box import memory_mb

logging.disable(logging.CRITICAL)
answers, sys.stdout = sys.stdout, sys.stderr
engine = RapidOCR()
print("ready", file=answers, flush=True)
for line in sys.stdin:
    path = line.strip()
    if path:
        began = time.perf_counter()
        engine(path)
        print(time.perf_counter() - began, file=answers, flush=True)
    else:
        print(memory_mb(os.getpid(), "VmHWM"), file=answers, flush=True)
