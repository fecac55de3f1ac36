"""Google's discovery documents as one OpenAPI document: `openapi.py OUT`, with network the first time.

Made of the whole documents of the package that Google publishes, not of those that `trim.py` cut down, and by other code:
whoever judges by it judges the cutting, too. Each host is a directory. Only requests are described.
"""

import json
import pathlib
import re
import subprocess
import sys
import zipfile

PACKAGE = "google-api-python-client==2.202.0"
ROOT = pathlib.Path(__file__).resolve().parents[2]
WHEELS = ROOT / "target/gcp"
# The package has no document of this interface: it is written by hand, after Google's own client.
BY_HAND = ROOT / "crates/provider-gcp/documents/privilegedaccessmanager.json"
INTERFACES = [
    "artifactregistry.v1",
    "bigquery.v2",
    "billingbudgets.v1",
    "cloudbilling.v1",
    "cloudfunctions.v2",
    "cloudidentity.v1",
    "cloudresourcemanager.v3",
    "cloudscheduler.v1",
    "groupssettings.v1",
    "iam.v1",
    "monitoring.v3",
    "pubsub.v1",
    "run.v2",
    "secretmanager.v1",
    "serviceusage.v1",
    "storage.v1",
]
FORMATS = {
    "int64": "^-?[0-9]+$",
    "uint64": "^[0-9]+$",
    "byte": "^[A-Za-z0-9+/_-]*={0,2}$",
    "google-duration": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
    "google-datetime": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9:]+)$",
}


def documents():
    WHEELS.mkdir(parents=True, exist_ok=True)
    found = sorted(WHEELS.glob("google_api_python_client-*.whl"))
    if not found:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(WHEELS), PACKAGE]
        subprocess.run(download, check=True)
        found = sorted(WHEELS.glob("google_api_python_client-*.whl"))
    archive = zipfile.ZipFile(found[-1])
    for name in INTERFACES:
        yield json.loads(archive.read(f"googleapiclient/discovery_cache/documents/{name}.json"))
    yield whole(json.loads(BY_HAND.read_text()))


def whole(document):
    """A document that was written by hand, in the form of those that Google writes."""
    for name, method in document["methods"].items():
        method["id"] = f"{document['name']}.{name}"
        if "request" in method:
            method["request"] = {"$ref": method["request"]}
    return document


def methods(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def is_required(shape):
    return shape.get("required") is True or shape.get("description", "").startswith("Required.")


def is_told(shape):
    """Whether the vendor says it, and nobody else."""
    return shape.get("readOnly") is True or bool(re.match(r"\[?output[- ]only", shape.get("description", ""), re.I))


class Shapes:
    """The shapes of a document. Where a method changes something, what is not given stays, and what is null goes.

    `by` is the method, of which some properties say that it needs them.
    """

    def __init__(self, document):
        self.of = document["name"]
        self.shapes = document["schemas"]

    def name(self, name, changes):
        return f"{self.of}.{name}" + (".changed" if changes else "")

    def all(self):
        for name, shape in self.shapes.items():
            for changes in [False, True]:
                yield self.name(name, changes), self.value(shape, changes)

    def value(self, shape, changes, by=None):
        if "$ref" in shape:
            out = {"$ref": f"#/components/schemas/{self.name(shape['$ref'], changes)}"}
            return {"anyOf": [out, {"type": "null"}]} if changes else out
        out = {}
        kind = shape.get("type", "any")
        if kind != "any":
            out["type"] = [kind, "null"] if changes else kind
        if "enum" in shape:
            out["enum"] = shape["enum"] + ([None] if changes else [])
        pattern = shape.get("pattern") or FORMATS.get(shape.get("format"))
        if pattern:
            out["pattern"] = anchored(pattern)
        if "items" in shape:
            # An element of a list is given wholly.
            out["items"] = self.value(shape["items"], False, by)
        if kind == "object":
            fields = {name: field for name, field in shape.get("properties", {}).items() if not is_told(field)}
            out["properties"] = {name: self.value(field, changes, by) for name, field in fields.items()}
            more = shape.get("additionalProperties")
            out["additionalProperties"] = False if more is None else self.value(more, changes, by)
            asked = lambda field: is_required(field) or by in field.get("annotations", {}).get("required", [])
            needed = sorted(name for name, field in fields.items() if asked(field))
            if needed and not changes:
                out["required"] = needed
        return out


def anchored(pattern):
    return pattern if pattern.startswith("^") else f"^(?:{pattern})$"


def templates(document, method):
    """The paths of a method, with the patterns of its parameters put in, and the parameters of each."""
    paths = [document.get("servicePath", "") + method["path"]]
    if "mediaUpload" in method:
        paths.append(method["mediaUpload"]["protocols"]["simple"]["path"].lstrip("/"))
    host = document["rootUrl"].removeprefix("https://").rstrip("/")
    for path in paths:
        names = []

        def placed(match):
            name = match.group(1)
            pattern = method["parameters"][name.lstrip("+")].get("pattern", "^[^/]+$")
            pieces = pattern.removeprefix("^").removesuffix("$").replace("[^/]+", "\0").split("/")
            out = []
            for piece in pieces:
                if piece == "\0" or re.search(r"[][.*+^]", piece):
                    names.append(f"{name.lstrip('+')}{len(names)}".replace(".", "_"))
                    piece = "{" + names[-1] + "}"
                out.append(piece)
            return "/".join(out)

        yield f"/{host}/" + re.sub(r"\{(\+?[^}]+)\}", placed, path), names


def operation(document, shapes, method, names):
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    for name, parameter in sorted(method.get("parameters", {}).items()):
        if parameter["location"] != "query":
            continue
        shape = shapes.value({key: part for key, part in parameter.items() if key != "description"}, False)
        if parameter.get("repeated"):
            shape = {"type": "array", "items": shape}
        needed = parameter.get("required", False)
        parameters.append({"name": name, "in": "query", "required": needed, "schema": shape})
    out = {"operationId": method["id"], "parameters": parameters, "responses": {"200": {"description": "It is done."}}}
    if "request" in method:
        shape = shapes.shapes[method["request"]["$ref"]]
        body = shapes.value(shape, method["httpMethod"] == "PATCH", by=method["id"])
        if isinstance(body.get("type"), list):
            body["type"] = "object"
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return out


def main(path):
    out = {"openapi": "3.1.0", "info": {"title": "Google Cloud", "version": PACKAGE}, "paths": {}, "components": {"schemas": {}}}
    for document in documents():
        shapes = Shapes(document)
        out["components"]["schemas"].update(shapes.all())
        for method in methods(document):
            for template, names in templates(document, method):
                # Two paths that differ only in what their places are called are one.
                key = re.sub(r"\{[^}]+\}", "{}", template)
                known = next((known for known in out["paths"] if re.sub(r"\{[^}]+\}", "{}", known) == key), template)
                names = re.findall(r"\{([^}]+)\}", known)
                verb = method["httpMethod"].lower()
                out["paths"].setdefault(known, {}).setdefault(verb, operation(document, shapes, method, names))
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(out))
    print(sum(map(len, out["paths"].values())), "methods,", path.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main(sys.argv[1])
