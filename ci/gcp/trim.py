"""Cuts Google's discovery documents down to the methods that are used: `trim.py`, with network.

Reads the package `google-api-python-client`, which carries them (Apache-2.0), and writes `crates/provider-gcp/documents`.
What only the prose of a document says, that a property must be given or is the vendor's to say, becomes a mark.
"""

import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "google-api-python-client==2.202.0"
OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/provider-gcp/documents"
ANY_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

POLICIES = ["getIamPolicy", "setIamPolicy"]
USED = {
    "artifactregistry.v1": [
        *(f"projects.locations.repositories.{m}" for m in ["create", "get", "patch", "delete", *POLICIES]),
        "projects.locations.operations.get",
    ],
    "bigquery.v2": [f"{of}.{m}" for of in ["datasets", "tables"] for m in ["insert", "get", "patch", "delete"]],
    "billingbudgets.v1": [f"billingAccounts.budgets.{m}" for m in ["create", "get", "patch", "delete", "list"]],
    "cloudbilling.v1": ["projects.getBillingInfo", "projects.updateBillingInfo"],
    "cloudfunctions.v2": [
        *(f"projects.locations.functions.{m}" for m in ["create", "get", "patch", "delete", *POLICIES]),
        "projects.locations.operations.get",
    ],
    "cloudidentity.v1": [
        *(f"groups.{m}" for m in ["create", "get", "patch", "delete", "lookup"]),
        *(f"groups.memberships.{m}" for m in ["create", "get", "delete", "lookup"]),
    ],
    "cloudresourcemanager.v3": [
        *(f"projects.{m}" for m in ["create", "get", "patch", "delete", "undelete", "move", *POLICIES]),
        "operations.get",
    ],
    "cloudscheduler.v1": [f"projects.locations.jobs.{m}" for m in ["create", "get", "patch", "delete"]],
    "groupssettings.v1": ["groups.get", "groups.patch"],
    "iam.v1": [
        *(f"projects.serviceAccounts.{m}" for m in ["create", "get", "patch", "delete", *POLICIES]),
        *(f"projects.serviceAccounts.keys.{m}" for m in ["create", "get", "delete", "list"]),
        *(
            f"projects.locations.workloadIdentityPools.{of}{m}"
            for of in ["", "providers."]
            for m in ["create", "get", "patch", "delete", "undelete", "operations.get"]
        ),
    ],
    "monitoring.v3": [
        f"projects.{of}.{m}"
        for of in ["alertPolicies", "notificationChannels"]
        for m in ["create", "get", "patch", "delete", "list"]
    ],
    "pubsub.v1": [
        f"projects.{of}.{m}"
        for of in ["topics", "subscriptions"]
        for m in ["create", "get", "patch", "delete", *POLICIES]
    ],
    "run.v2": [
        *(f"projects.locations.services.{m}" for m in ["create", "get", "patch", "delete", *POLICIES]),
        "projects.locations.operations.get",
    ],
    "secretmanager.v1": [
        *(f"projects.secrets.{m}" for m in ["create", "get", "patch", "delete", "addVersion", *POLICIES]),
        *(f"projects.secrets.versions.{m}" for m in ["access", "get", "destroy"]),
    ],
    "serviceusage.v1": ["services.enable", "services.disable", "services.get", "operations.get"],
    "storage.v1": [
        *(f"buckets.{m}" for m in ["insert", "get", "patch", "delete", *POLICIES]),
        *(f"objects.{m}" for m in ["insert", "get", "delete"]),
    ],
}


def wheel():
    with tempfile.TemporaryDirectory() as directory:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, PACKAGE]
        subprocess.run(pip, check=True)
        [path] = pathlib.Path(directory).glob("*.whl")
        return zipfile.ZipFile(io.BytesIO(path.read_bytes()))


def methods(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def kept(source, keys):
    return {key: source[key] for key in keys if key in source}


def parameter(source):
    return kept(source, ["location", "required", "pattern", "type", "repeated", "enum", "format"])


def scope(method):
    scopes = method.get("scopes", [ANY_SCOPE])
    return ANY_SCOPE if ANY_SCOPE in scopes else scopes[0]


def method_of(source):
    out = kept(source, ["httpMethod", "path"])
    out["parameters"] = {name: parameter(p) for name, p in sorted(source.get("parameters", {}).items())}
    for way in ["request", "response"]:
        if way in source:
            out[way] = source[way]["$ref"]
    if "mediaUpload" in source:
        out["upload"] = source["mediaUpload"]["protocols"]["simple"]["path"].lstrip("/")
    out["scope"] = scope(source)
    return out


def shape(source):
    out = kept(source, ["type", "format", "$ref", "pattern"])
    # A value that is not known may be one that Google has added since.
    values = [value for value in source.get("enum", []) if not value.endswith("_UNSPECIFIED")]
    if values:
        out["enum"] = values
    said = source.get("description", "")
    if source.get("readOnly") or re.match(r"\[?Output[- ]only", said, re.IGNORECASE):
        out["readOnly"] = True
    elif said.startswith("Required."):
        out["required"] = True
    elif "required" in source.get("annotations", {}):
        # By some methods only.
        out["requiredBy"] = [method.split(".", 1)[1] for method in source["annotations"]["required"]]
    if "properties" in source:
        out["properties"] = {name: shape(p) for name, p in sorted(source["properties"].items())}
    for part in ["items", "additionalProperties"]:
        if part in source:
            out[part] = shape(source[part])
    return out


def references(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from references(part)


def trimmed(document, used):
    prefix = document["name"] if document["name"] != "groupssettings" else "groupsSettings"
    all_methods = {method["id"].removeprefix(f"{prefix}."): method for method in methods(document)}
    chosen = {name: method_of(all_methods[name]) for name in sorted(used)}
    wanted = [method["request"] for method in chosen.values() if "request" in method]
    schemas = {}
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = shape(document["schemas"][name])
            wanted.extend(references(schemas[name]))
    head = kept(document, ["name", "version", "revision", "rootUrl", "servicePath"])
    return {**head, "methods": chosen, "schemas": dict(sorted(schemas.items()))}


def main():
    archive = wheel()
    for name, used in USED.items():
        document = json.loads(archive.read(f"googleapiclient/discovery_cache/documents/{name}.json"))
        path = OUT / f"{document['name']}.json"
        path.write_text(json.dumps(trimmed(document, used), indent=1) + "\n")
        print(path.name, path.stat().st_size)


main()
