"""Completes the schemas of Google's types from Google's own documents: `schemas.py [--check]`, with network the first time.

What stands in a schema by hand stays: what a type is made of that is no property of Google's (the parent in a path), which
properties are the vendor's or cannot change, and what it all means. Everything else that the request of the method which
makes an object takes is added, with its type, its values and the first sentence that Google says of it; a hand that says
another type than Google is an error. Attributes are not added: how each moves is a fact of the overlay.
"""

import json
import pathlib
import re
import sys
import tomllib

from openapi import ROOT, documents

CRATE = ROOT / "crates/schemas-gcp"
# What Google takes and a program is not to say, with the reason.
THE_VENDORS = "the vendor says it, though its document does not"
LEFT_OUT = {
    "bigquery.googleapis.com/Dataset": {
        "access": "each one who has access is a resource of its own",
        "datasetReference": "the project and the name say it",
    },
    "bigquery.googleapis.com/Table": {"tableReference": "the project, the dataset and the name say it"},
    "billingbudgets.googleapis.com/Budget": {"ownershipScope": "a budget of whoever has the billing account"},
    "cloudidentity.googleapis.com/Membership": {"roles": "whoever is in a group is a member; owners are made elsewhere"},
    "groupssettings.googleapis.com/Group": dict.fromkeys(
        ["name", "description", "email"], "what the group itself says, a resource of its own"
    ),
    "iam.googleapis.com/ServiceAccountKey": {"privateKeyType": "the key is read in one form"},
    "monitoring.googleapis.com/AlertPolicy": dict.fromkeys(
        ["creationRecord", "mutationRecord", "validity"], THE_VENDORS
    ),
    "monitoring.googleapis.com/NotificationChannel": dict.fromkeys(
        ["creationRecord", "mutationRecords", "verificationStatus"], THE_VENDORS
    ),
    "pubsub.googleapis.com/Subscription": {"detached": "a subscription is detached by a call of its own"},
    "pubsub.googleapis.com/Topic": {"satisfiesPzs": THE_VENDORS},
    "storage.googleapis.com/Bucket": {
        **dict.fromkeys(["acl", "defaultObjectAcl"], "access is given by policies, each member a resource of its own"),
        **dict.fromkeys(
            [
                *["generation", "hardDeleteTime", "locationType", "metageneration", "owner", "projectNumber"],
                *["satisfiesPZI", "satisfiesPZS", "softDeleteTime", "timeCreated", "updated"],
            ],
            THE_VENDORS,
        ),
    },
}
EVERYWHERE = {"kind", "etag"}
# What a document calls unchanging and changes, or the other way round, stands in the overlay.
IMMUTABLE = re.compile(r"\b[Ii]mmutable\b")
NOT_SAID = re.compile(r"\b[Oo]utput[ -][Oo]nly\b|^Deprecated\b")


def methods(resource, before=""):
    for name, method in resource.get("methods", {}).items():
        yield before + name, method
    for name, inner in resource.get("resources", {}).items():
        yield from methods(inner, f"{before}{name}.")


def said(source):
    """The first sentence of a description, without marks."""
    text = re.sub(r"\s+", " ", source.get("description", "")).strip()
    text = re.sub(r"^((Optional|Required|Immutable|Input only|Output only|Identifier)\. ?)+", "", text)
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z(`])", text)[0]
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", sentence)


def is_vendors(source):
    return source.get("readOnly") or source.get("deprecated") or NOT_SAID.search(source.get("description", ""))


class Shapes:
    """One document's shapes as those of a schema; what is named there is a definition here."""

    def __init__(self, document):
        self.schemas = document["schemas"]
        self.definitions = {}

    def of(self, source):
        if "$ref" in source:
            name = source["$ref"]
            if name not in self.definitions:
                # It may hold itself.
                self.definitions[name] = {}
                self.definitions[name] = self.of(self.schemas[name])
            return {"$ref": f"#/definitions/{name}"}
        kind = source.get("type", "object")
        if kind == "any":
            return {}
        if kind == "array":
            return {"items": self.of(source["items"]), "type": "array"}
        if kind != "object":
            values = [value for value in source.get("enum", []) if not value.endswith("_UNSPECIFIED")]
            return {"type": kind, **({"enum": values} if values else {})}
        if "additionalProperties" in source:
            return {"additionalProperties": self.of(source["additionalProperties"]), "type": "object"}
        settable = self.settable(source)
        properties = {name: self.property(inner) for name, inner in settable}
        needed = sorted(name for name, inner in settable if inner.get("description", "").startswith("Required. "))
        shape = {"additionalProperties": False, "properties": properties, "type": "object"}
        return {**shape, **({"required": needed} if needed else {})}

    def property(self, source):
        text = said(source)
        return {**({"description": text} if text else {}), **self.of(source)}

    def settable(self, source):
        inner = source.get("properties", {}).items()
        return [(name, value) for name, value in inner if name not in EVERYWHERE and not is_vendors(value)]

    def complete(self, hand, source, place, wrong):
        """What the document says of a value, put where a schema that was written by hand lacks it."""
        if "$ref" in hand:
            self.of({"$ref": hand["$ref"].rsplit("/", 1)[1]})
            return
        while "$ref" in source:
            source = self.schemas[source["$ref"]]
        if "type" not in hand:
            return
        kind = source.get("type", "object")
        if kind not in (hand["type"], "any") and {kind, hand["type"]} != {"integer", "number"}:
            wrong.append(f"{place}: by hand it is {hand['type']}, Google says {kind}")
        elif kind == "array" and "items" in hand:
            self.complete(hand["items"], source["items"], f"{place}[]", wrong)
        elif isinstance(hand.get("additionalProperties"), dict):
            self.complete(hand["additionalProperties"], source.get("additionalProperties", {}), f"{place}.*", wrong)
        elif "properties" in hand:
            known = source.get("properties", {})
            for name, inner in hand["properties"].items():
                if name not in known:
                    wrong.append(f"{place}.{name}: Google knows no such property")
                else:
                    self.complete(inner, known[name], f"{place}.{name}", wrong)
            for name, inner in self.settable(source):
                if name not in hand["properties"]:
                    hand["properties"][name] = self.property(inner)
        if "enum" in hand and "enum" in source:
            unknown = [value for value in hand["enum"] if value not in source["enum"]]
            wrong.extend(f"{place}: Google knows no value {value}" for value in unknown)


def completed(ty, kind, document, hand, wrong):
    create = kind["create"]
    request = dict(methods(document)).get(create["call"]) or document["methods"][create["call"]]
    shapes = Shapes(document)
    # Those that an earlier run made are made anew; no hand writes any.
    hand.pop("definitions", None)
    bodies = []
    if "request" in request:
        body = document["schemas"][request["request"]["$ref"]]
        within = create.get("within")
        bodies.append({**body, "properties": {name: of for name, of in body["properties"].items() if name != within}})
        if within:
            bodies.append(document["schemas"][body["properties"][within]["$ref"]])
    left_out = LEFT_OUT.get(ty, {})
    for body in bodies:
        known = body.get("properties", {})
        for name, inner in hand["properties"].items():
            if name in known:
                shapes.complete(inner, known[name], f"{ty} {name}", wrong)
        for name, inner in shapes.settable(body):
            if name in hand["properties"] or name in left_out:
                continue
            hand["properties"][name] = shapes.property(inner)
            if IMMUTABLE.search(inner.get("description", "")):
                hand["createOnlyProperties"] = sorted({*hand.get("createOnlyProperties", []), f"/properties/{name}"})
    if shapes.definitions:
        hand["definitions"] = shapes.definitions
    return hand


def main():
    known = {document["name"]: document for document in documents()}
    kinds = tomllib.loads((ROOT / "crates/provider-gcp/src/kinds.toml").read_text())
    files = dict(re.findall(r'"([a-z.]+/[A-Za-z]+)" = "([a-z0-9-]+)"', (CRATE / "src/lib.rs").read_text()))
    wrong, stale = [], []
    for ty, kind in kinds.items():
        if "create" not in kind or kind.get("media"):
            continue
        path = CRATE / "schemas" / f"{files[ty]}.json"
        before = path.read_text()
        schema = completed(ty, kind, known[kind["api"]], json.loads(before), wrong)
        after = json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        if after != before:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(after)
    for line in wrong:
        print(line, file=sys.stderr)
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path}: Google's documents say more; run python3 ci/gcp/schemas.py", file=sys.stderr)
        return 1 if wrong or stale else 0
    print(f"{len(stale)} schemas completed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
