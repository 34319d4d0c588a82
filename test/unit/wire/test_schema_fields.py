"""The samples that the decoders are tested with hold every field that the schema has, and no other.

So a field that is new in crds/ fails here until a sample has it, and then in C until it is decoded.

Usage: test_schema_fields.py CRD SAMPLES [CRD SAMPLES …]
"""

import sys

import yaml


def fields_of_schema(schema, path=()):
    """Every place that the schema names: ("spec", "artifacts", "name"), lists left out."""
    while schema.get("type") == "array":
        schema = schema["items"]
    for name, below in schema.get("properties", {}).items():
        yield path + (name,)
        yield from fields_of_schema(below, path + (name,))


def fields_of_value(value, path=()):
    """Every place that an object has, lists left out."""
    if isinstance(value, list):
        for item in value:
            yield from fields_of_value(item, path)
    elif isinstance(value, dict):
        for name, below in value.items():
            yield path + (name,)
            yield from fields_of_value(below, path + (name,))


def open_places(schema, path=()):
    """The places below which the schema takes any name."""
    while schema.get("type") == "array":
        schema = schema["items"]
    if schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema:
        yield path
    for name, below in schema.get("properties", {}).items():
        yield from open_places(below, path + (name,))


def compare(crd, samples):
    """The schema's fields that no sample has, the samples' that the schema lacks, how many there are."""
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    wanted = {f for f in fields_of_schema(schema) if f[0] in ("spec", "status")}
    given = {f for sample in samples for f in fields_of_value(sample) if f[0] in ("spec", "status")}
    free = tuple(open_places(schema))
    unknown = {f for f in given - wanted if not any(f[:len(p)] == p for p in free)}
    return wanted - given, unknown - {("spec",), ("status",)}, len(wanted)


def main(args):
    failed = 0
    for crd_file, samples_file in zip(args[::2], args[1::2]):
        with open(crd_file, encoding="utf-8") as crd, open(samples_file, encoding="utf-8") as samples:
            lost, unknown, total = compare(yaml.safe_load(crd), list(yaml.safe_load_all(samples)))
        for field in sorted(lost):
            print(f"{samples_file}: no sample has {'.'.join(field)}")
        for field in sorted(unknown):
            print(f"{samples_file}: the schema has no {'.'.join(field)}")
        print(f"{crd_file}: {total} fields, {len(lost)} without a sample, {len(unknown)} unknown")
        failed += len(lost) + len(unknown) + (total == 0)
    return 1 if failed or len(args) < 2 or len(args) % 2 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
