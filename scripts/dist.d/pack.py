"""pack.py ARCHIVE FOLDER: a .zip or .tar.gz of a folder, under the folder's name. The same files make the same bytes: they are in order,
have the time SOURCE_DATE_EPOCH, nobody's owner, and are executable if they are so for their owner."""

import gzip
import os
import pathlib
import sys
import tarfile
import time
import zipfile

archive, folder = map(pathlib.Path, sys.argv[1:])
moment = int(os.environ["SOURCE_DATE_EPOCH"])
files = sorted(path for path in folder.rglob("*") if path.is_file())


def mode(path):
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


if archive.suffix == ".zip":
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in files:
            entry = zipfile.ZipInfo(str(path.relative_to(folder.parent)), time.gmtime(moment)[:6])
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, (0o100000 | mode(path)) << 16, 3
            out.writestr(entry, path.read_bytes(), compresslevel=9)
else:
    with open(archive, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as out:
        for path in files:
            entry = tarfile.TarInfo(str(path.relative_to(folder.parent)))
            entry.size, entry.mtime, entry.mode = path.stat().st_size, moment, mode(path)
            with open(path, "rb") as content:
                out.addfile(entry, content)
