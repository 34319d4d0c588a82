#!/usr/bin/python3
"""Makes docs/reference.md: the fields from the schemas, everything else from the program itself.

    docs/reference.py build/controller/sluice            writes the page
    docs/reference.py build/controller/sluice --check    fails when the page differs, or a field lacks words
"""
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference.md"
KINDS = ("releasechannels", "promotions", "channelstops")


def type_of(schema):
    """The type as a reader wants it: "string", "list of objects", "integer"."""
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or string"
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {type_of(schema['items'])}s"
    if kind == "object" and "additionalProperties" in schema:
        return f"map of {type_of(schema['additionalProperties'])}s"
    return kind


def bounds_of(schema):
    """Limits, defaults and choices, in short."""
    words = []
    if "enum" in schema:
        words.append(", ".join(f"`{value}`" for value in schema["enum"]))
    for low, high, unit in (("minItems", "maxItems", " items"), ("minProperties", "maxProperties", " entries"),
                            ("minLength", "maxLength", " characters"), ("minimum", "maximum", "")):
        if high in schema:
            words.append(f"{schema.get(low, 0)} to {schema[high]}{unit}")
        elif low in schema:
            words.append(f"at least {schema[low]}{unit}")
    if "default" in schema and schema["default"] != {}:
        words.append(f"default `{schema['default']}`".replace("True", "true").replace("False", "false"))
    return "; ".join(words)


def rows_of(schema, path):
    """One row for each field below schema, depth first."""
    required = set(schema.get("required", []))
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        inner = field
        while inner.get("type") == "array":
            inner, here = inner["items"], here + "[]"
        words = " ".join(field.get("description", inner.get("description", "")).split())
        if name in required:
            words = ("Required. " + words).strip()
        yield here, type_of(field), bounds_of(field) or bounds_of(inner), words
        yield from rows_of(inner, here)


def fields_page():
    """The sections on the fields of all kinds, and a list of fields without words."""
    text, silent = "", []
    for kind in KINDS:
        crd = yaml.safe_load((ROOT / "crds" / f"{kind}.yaml").read_text())
        name = crd["spec"]["names"]["kind"]
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for part in ("spec", "status") if "status" in schema["properties"] else ("spec",):
            text += f"\n## {name}: {part}\n\n| field | type | limits | meaning |\n|---|---|---|---|\n"
            for path, kind_of, limits, words in rows_of(schema["properties"][part], ""):
                text += f"| `{path}` | {kind_of} | {limits} | {words} |\n"
                if part == "spec" and not words.removeprefix("Required. ").removeprefix("Required."):
                    silent.append(f"{name} spec.{path}")
    return text, silent


def unused_words(spoken):
    """Words of the vocabulary that no rule ever says. Some are put together: WaitingFor and a gate, Promotion and a phase."""
    rules = "".join(path.read_text() for path in sorted((ROOT / "controller" / "domain").glob("*.c")) if path.name != "vocabulary.c")
    words = {line.split("`")[1] for line in spoken.split("\n## Metrics")[0].splitlines() if line.startswith("| `")}
    return sorted(word for word in words
                  if not {f'"{word}"', f'"{word.removeprefix("WaitingFor")}"', f'"{word.removeprefix("Promotion")}"'} & set(
                      re.findall(r'"[A-Za-z]+"', rules)))


def main():
    binary = sys.argv[1]
    fields, silent = fields_page()
    spoken = subprocess.run([binary, "--reference"], check=True, capture_output=True, text=True).stdout
    page = ("# Reference\n\nMade by `docs/reference.py` from the schemas in `crds/` and from `sluice --reference`; "
            "`make check` holds it to both.\n" + fields + spoken)
    if "--check" not in sys.argv:
        PAGE.write_text(page)
        return 0
    unused = unused_words(spoken)
    for field in silent:
        print(f"{field}: the schema has no description")
    for word in unused:
        print(f"{word}: in the vocabulary, and no rule says it")
    if not PAGE.exists() or PAGE.read_text() != page:
        print(f"{PAGE.name} differs: run docs/reference.py {binary}")
        return 1
    return 1 if silent or unused else 0


if __name__ == "__main__":
    sys.exit(main())
