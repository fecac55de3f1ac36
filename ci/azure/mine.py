"""Mines the interfaces of Azure that are used out of Microsoft's own clients for Python: `mine.py`, with network.

Microsoft publishes no documents of its interfaces in a package; its clients (MIT) are generated from them, and hold what
they say: addresses with the lengths and patterns of their parts, versions, verbs, answers, and the shapes of bodies with
what must be given, what is the vendor's to say and what can be one of a few. Reads that out of the clients' syntax,
running nothing of them, and writes `crates/provider-azure/documents`.
"""

import ast
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/provider-azure/documents"
MANAGEMENT = "management.azure.com"

# Document: its package, where in it the interface is, its host, and by file of operations those that are used.
USED = {
    "authorization": (
        "azure-mgmt-authorization==4.0.0",
        "azure/mgmt/authorization/v2022_04_01",
        MANAGEMENT,
        {"role_assignments": ["create", "get", "delete"]},
    ),
    "consumption": (
        "azure-mgmt-consumption==11.0.0",
        "azure/mgmt/consumption",
        MANAGEMENT,
        {"": ["budgets_create_or_update", "budgets_get", "budgets_delete"]},
    ),
    "containerregistry": (
        "azure-mgmt-containerregistry==10.3.0",
        "azure/mgmt/containerregistry/v2022_12_01",
        MANAGEMENT,
        {"registries": ["create", "update", "get", "delete", "list"]},
    ),
    "keyvault": (
        "azure-mgmt-keyvault==10.3.1",
        "azure/mgmt/keyvault/v2023_02_01",
        MANAGEMENT,
        {
            "vaults": ["create_or_update", "update", "get", "delete", "list_by_subscription", "get_deleted"],
            "secrets": ["create_or_update", "update", "get"],
        },
    ),
    "msi": (
        "azure-mgmt-msi==7.0.0",
        "azure/mgmt/msi/v2023_01_31",
        MANAGEMENT,
        {"user_assigned_identities": ["create_or_update", "update", "get", "delete"]},
    ),
    "resources": (
        "azure-mgmt-resource==23.2.0",
        "azure/mgmt/resource/resources/v2022_09_01",
        MANAGEMENT,
        {"": ["resource_groups_create_or_update", "resource_groups_update", "resource_groups_get", "resource_groups_delete"]},
    ),
    "storage": (
        "azure-mgmt-storage==21.2.1",
        "azure/mgmt/storage/v2022_09_01",
        MANAGEMENT,
        {
            "storage_accounts": ["create", "update", "get_properties", "delete", "list"],
            "blob_services": ["set_service_properties", "get_service_properties"],
            "blob_containers": ["create", "update", "get", "delete"],
            "management_policies": ["create_or_update", "get", "delete"],
        },
    ),
    "subscriptions": (
        "azure-mgmt-resource==23.2.0",
        "azure/mgmt/resource/subscriptions/v2022_12_01",
        MANAGEMENT,
        {"": ["subscriptions_list"]},
    ),
    "vault": (
        "azure-keyvault-secrets==4.9.0",
        "azure/keyvault/secrets/_generated",
        "{vault}.vault.azure.net",
        {"": ["key_vault_delete_secret", "key_vault_get_deleted_secret", "key_vault_recover_deleted_secret"]},
    ),
}

PLAIN = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "object": {"type": "any"},
    "iso-8601": {"type": "string", "format": "date-time"},
    "rfc-1123": {"type": "string"},
    "date": {"type": "string"},
    "duration": {"type": "string"},
    "unix-time": {"type": "integer"},
}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


class Package:
    """The syntax of a package's files."""

    def __init__(self, requirement):
        self.requirement = requirement
        with tempfile.TemporaryDirectory() as directory:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, requirement]
            subprocess.run(pip, check=True)
            [path] = pathlib.Path(directory).glob("*.whl")
            self.archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))

    def tree(self, *paths):
        for path in paths:
            if path in self.archive.namelist():
                return ast.parse(self.archive.read(path))
        raise SystemExit(f"{self.requirement} has none of {paths}")


def calls_of(tree, name):
    """The functions that make a call: under their own name, or with what they do before a wait."""
    names = {name, f"begin_{name}", f"_{name}_initial"}
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in names]


def constant(node):
    return node.value if isinstance(node, ast.Constant) else None


def serialized(node):
    """A parameter: `_SERIALIZER.url("account_name", account_name, "str", max_length=24)`."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_SERIALIZER.")):
        return None
    words = {word.arg: constant(word.value) for word in node.keywords}
    out = {}
    for ours, theirs in [("pattern", "pattern"), ("minLength", "min_length"), ("maxLength", "max_length")]:
        if words.get(theirs) is not None:
            out[ours] = words[theirs]
    # Whole ids stand in some places.
    if words.get("skip_quote") and not words.get("pattern") and constant(node.args[0]) == "scope":
        out["whole"] = True
    return out


def method(tree, name):
    [build] = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == f"build_{name}_request"]
    out = {"httpMethod": None, "path": None, "parameters": {}}
    version = None
    for node in ast.walk(build):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "kwargs.pop" and constant(node.args[0]) == "template_url":
            out["path"] = constant(node.args[1])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_params.pop" and constant(node.args[0]) == "api-version":
            version = constant(node.args[1])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "HttpRequest":
            [out["httpMethod"]] = [constant(word.value) for word in node.keywords if word.arg == "method"]
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if (found := serialized(value)) is not None:
                    out["parameters"][constant(key)] = {"location": "path", **found}
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "_url" and constant(getattr(node, "value", None)):
            out["path"] = constant(node.value)
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) in ("_params", "_headers"):
            where = {"_params": "query", "_headers": "header"}[ast.unparse(target.value)]
            key = constant(target.slice)
            if (found := serialized(node.value)) is not None and key not in ("Accept", "Content-Type"):
                out["parameters"][key] = {"location": where, **found}
    for parameter in out["parameters"].values():
        if parameter["location"] == "path":
            parameter["required"] = True
    if "api-version" in out["parameters"]:
        out["parameters"]["api-version"].update(required=True, enum=[version])
    out["parameters"] = dict(sorted(out["parameters"].items()))
    used = calls_of(tree, name)
    models = {found for call in used for arg in call.args.args + call.args.kwonlyargs if arg.annotation is not None
              and not ast.unparse(arg.annotation).startswith("Union[str")
              for found in re.findall(r"_models\.(\w+)", ast.unparse(arg.annotation))}
    if out["httpMethod"] in ("PUT", "PATCH", "POST") and models:
        [out["request"]] = models
    statuses = set()
    for call in used:
        for node in ast.walk(call):
            if isinstance(node, ast.Compare) and ast.unparse(node.left) == "response.status_code" and isinstance(node.ops[0], ast.NotIn):
                statuses |= set(ast.literal_eval(node.comparators[0]))
    out["answers"] = sorted(statuses)
    if any(call.name.startswith("begin_") for call in used):
        out["long"] = True
    return out, version


class Shapes:
    """The shapes of bodies: classes of two generations of clients."""

    def __init__(self, package, root):
        models = package.tree(f"{root}/models/_models_py3.py", f"{root}/models/_models.py")
        self.classes = {node.name: node for node in models.body if isinstance(node, ast.ClassDef)}
        self.enums = {}
        for path in package.archive.namelist():
            if path.startswith(f"{root}/models/_") and path.endswith("_enums.py"):
                for node in package.tree(path).body:
                    if isinstance(node, ast.ClassDef):
                        values = [constant(part.value) for part in node.body if isinstance(part, ast.Assign)]
                        self.enums[node.name] = [value for value in values if isinstance(value, str)]

    def of(self, name):
        out = {"type": "object", "properties": {}}
        self.fill(name, out)
        return out

    def fill(self, name, out):
        node = self.classes.get(name)
        if node is None:
            return
        for base in node.bases:
            self.fill(ast.unparse(base).split(".")[-1], out)
        assigned = {ast.unparse(part.targets[0]): part.value for part in node.body if isinstance(part, ast.Assign)}
        if "_attribute_map" in assigned:
            self.first_generation(node, assigned, out)
        else:
            self.second_generation(node, out)

    def first_generation(self, node, assigned, out):
        rules = ast.literal_eval(assigned["_validation"]) if "_validation" in assigned else {}
        enums = dict(re.findall(r":vartype (\w+): str or\s+~[\w.]*?(\w+)$", ast.get_docstring(node) or "", re.MULTILINE))
        for name, entry in ast.literal_eval(assigned["_attribute_map"]).items():
            shape = self.typed(entry["type"])
            if enums.get(name) in self.enums:
                shape["enum"] = self.enums[enums[name]]
            self.put(out, entry["key"], shape, rules.get(name, {}))

    def second_generation(self, node, out):
        for part in node.body:
            if not (isinstance(part, ast.AnnAssign) and isinstance(part.value, ast.Call)):
                continue
            if ast.unparse(part.value.func) != "rest_field":
                continue
            words = {word.arg: word.value for word in part.value.keywords}
            name = constant(words["name"]) if "name" in words else part.target.id
            visible = ast.literal_eval(words["visibility"]) if "visibility" in words else []
            annotation = ast.unparse(part.annotation).replace("'", "")
            rule = {"readonly": visible == ["read"], "required": not annotation.startswith("Optional[")}
            self.put(out, name, self.annotated(annotation), rule)

    def put(self, out, key, shape, rule):
        *outer, last = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", key)]
        for part in outer:
            inner = out["properties"].setdefault(part, {"type": "object", "properties": {}})
            if rule.get("required"):
                inner["required"] = True
            out = inner
        if rule.get("readonly"):
            shape["readOnly"] = True
        elif rule.get("required"):
            shape["required"] = True
        for ours, theirs in [("pattern", "pattern"), ("minLength", "min_length"), ("maxLength", "max_length"),
                             ("minimum", "minimum"), ("maximum", "maximum")]:
            if theirs in rule:
                shape[ours] = rule[theirs]
        out["properties"][last] = shape

    def typed(self, kind):
        if kind.startswith("["):
            return {"type": "array", "items": self.typed(kind[1:-1])}
        if kind.startswith("{"):
            return {"type": "object", "additionalProperties": self.typed(kind[1:-1])}
        if kind in self.classes:
            return {"$ref": kind}
        if kind in self.enums:
            return {"type": "string", "enum": self.enums[kind]}
        return dict(PLAIN[kind])

    def annotated(self, text):
        text = text.strip()
        if text.startswith("Optional["):
            return self.annotated(text[len("Optional["):-1])
        if text.startswith("Union[str, "):
            return {"type": "string", "enum": self.enums[text[len("Union[str, "):-1].strip().split(".")[-1]]}
        if match := re.fullmatch(r"(?:list|List)\[(.*)\]", text):
            return {"type": "array", "items": self.annotated(match[1])}
        if match := re.fullmatch(r"(?:dict|Dict)\[str, (.*)\]", text):
            return {"type": "object", "additionalProperties": self.annotated(match[1])}
        if text.startswith("_models."):
            return {"$ref": text.split(".")[-1]}
        return dict({"decimal.Decimal": {"type": "number"}, "datetime.datetime": PLAIN["iso-8601"], "Any": PLAIN["object"]}
                    .get(text) or PLAIN[text])


def references(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from references(part)


def document(name, package, root, host, groups):
    methods, versions = {}, set()
    for group, names in groups.items():
        if group:
            tree = package.tree(f"{root}/operations/_{group}_operations.py")
        else:
            tree = package.tree(f"{root}/operations/_operations.py", f"{root}/_operations/_operations.py")
        for each in names:
            mined, version = method(tree_of(tree, each), each)
            full = f"{group}_{each}" if group else each
            methods[camel(full)] = mined
            versions.add(version)
    [version] = versions
    shapes = Shapes(package, root)
    wanted, schemas = [m["request"] for m in methods.values() if "request" in m], {}
    while wanted:
        each = wanted.pop()
        if each not in schemas:
            schemas[each] = shapes.of(each)
            wanted.extend(references(schemas[each]))
    return {
        "name": name,
        "package": package.requirement.replace("==", " "),
        "version": version,
        "host": host,
        "methods": dict(sorted(methods.items())),
        "schemas": dict(sorted(schemas.items())),
    }


def tree_of(tree, name):
    """A file that holds several groups: only what makes the calls of one of them, under its short name."""
    groups = [n for n in tree.body if isinstance(n, ast.ClassDef)]
    for group in groups:
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", group.name.removesuffix("Operations")).lower() + "_"
        short = name.removeprefix(prefix)
        if short != name and any(isinstance(n, ast.FunctionDef) and n.name in (short, f"begin_{short}") for n in group.body):
            for function in group.body:
                if isinstance(function, ast.FunctionDef):
                    function.name = re.sub(rf"^(begin_|_)?{short}(_initial)?$", rf"\1{name}\2", function.name)
            build = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == f"build_{name}_request"]
            return ast.Module(body=[*build, group], type_ignores=[])
    return tree


def main():
    packages = {}
    for name, (requirement, root, host, groups) in USED.items():
        if requirement not in packages:
            packages[requirement] = Package(requirement)
        package = packages[requirement]
        path = OUT / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document(name, package, root, host, groups), indent=1) + "\n")
        print(path.name, path.stat().st_size)


main()
