"""What is inside the binaries, and under which licence: licences.py TARGET… prints each crate that is linked into any of them, with
every licence text found in its source (fonts and C code in it, too), and then what is no crate. A crate without a text is a failure,
unless another of its repository has one, or it may be taken under the Apache License, which the archive has anyway."""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

IS_LICENCE = re.compile(r"(un)?licen[sc]e|copying|copyright|notice", re.IGNORECASE)
SOURCES = (".rs", ".c", ".h", ".py", ".a")
LINE = "=" * 100


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def linked(targets):
    """Names and versions, without build scripts' and tests' crates. Proc macros stay: what they write is linked."""
    found = set()
    for target in targets:
        for line in run("cargo", "tree", "--locked", "--target", target, "-e", "normal", "--prefix", "none").splitlines():
            name, version = line.split()[:2]
            found.add((name, version.removeprefix("v")))
    return found - {("paperline", own_version())}


def own_version():
    return re.search(r'^version = "(.+)"', pathlib.Path("Cargo.toml").read_text(), re.MULTILINE)[1]


def texts(folder):
    found = (p for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file() and IS_LICENCE.search(p.name) and p.suffix not in SOURCES)
    return [(str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace").strip()) for path in found]


def crates(targets):
    """What is printed of them: each text once, with all whose it is."""
    wanted = linked(targets)
    packages = [p for p in json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))["packages"] if (p["name"], p["version"]) in wanted]
    of, in_repository = {}, {}
    for package in packages:
        of[package["id"]] = texts(os.path.dirname(package["manifest_path"]))
        if of[package["id"]]:
            in_repository.setdefault(package["repository"], of[package["id"]])
    whose, lines = collections.defaultdict(list), []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        found = of[package["id"]] or in_repository.get(package["repository"], [])
        note = "" if of[package["id"]] else ", whose text is that of its repository" if found else ", taken under the Apache License in LICENSE"
        if not found and "Apache-2.0" not in (package["license"] or ""):
            raise SystemExit(f"licences: {name} ({package['license']}) has no text")
        lines.append(f"{name}: {package['license']}{note}. {package['repository'] or ''}".strip())
        for file, text in found:
            whose[text].append(f"{name}: {file}")
    return sorted(lines), sorted(whose.items(), key=lambda pair: pair[1])


def file_of(path, what):
    return [f"\n{LINE}\n{what}\n{LINE}\n", pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()]


def main():
    targets = sys.argv[1:]
    lines, whose = crates(targets)
    out = ["What is inside paperline beside its own code, and under which licence.\n"]
    out += [f"\n{LINE}\n{len(lines)} Rust crates\n{LINE}\n", *lines]
    for text, names in whose:
        out += [f"\n{LINE}\n" + "\n".join(names) + f"\n{LINE}\n", text]
    out += file_of("web/licences.md", "The packages in the pages")
    out += file_of("models/nets-licence.md", "The OCR nets")
    out += file_of("models/cjk-licence.txt", "The font")
    out += file_of("/usr/share/doc/libc6-dev/copyright", """The C library, linked into the Linux binaries (GNU Lesser General Public License 2.1 or
later: who has another build of it links that one with scripts/build; the whole source is there)""")
    [compiler] = pathlib.Path("/usr/share/doc").glob(f"gcc-{run('gcc', '-dumpversion').strip()}-base/copyright")
    out += file_of(compiler, "The compiler's own library, linked into all binaries (GCC Runtime Library Exception)")
    out += file_of("/usr/share/doc/mingw-w64-common/copyright", "The C library of the Windows binary")
    print("\n".join(out))


main()
