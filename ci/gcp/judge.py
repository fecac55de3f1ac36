"""Two judges of the same requests: `judge.py FAKE_GCP REQUESTS`.

Every form of request that the tests of the provider have sent is judged by Prism (from npm), which knows Google's whole
documents through `openapi.py`, and by our own server, which knows those that `trim.py` has cut down. So is each of them
made wrong on purpose in many ways. Where they differ the run fails, unless a reviewed reason stands below.
"""

import collections
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

PRISM = "@stoplight/prism-cli@5.14.2"
HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parents[1] / "target/gcp"
METHODS = WORK / "openapi.json"

# Where the judges differ, by what was done to a request, with its method before it if it is of one method only; and why
# that is as it should be.
REVIEWED = {
    "a parameter that is not known": "Prism looks at the parameters that it knows only",
    "cloudresourcemanager.operations.get: another method": "a name may hold any number of slashes there, which OpenAPI cannot say",
}


def form(value):
    """What is left of a value when only its make counts: letters, digits, and what stands between them."""
    if isinstance(value, dict):
        return {form(key) if "." in key or "/" in key else key: form(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(form(item), sort_keys=True) for item in value})
    if isinstance(value, str) and not re.fullmatch(r"[A-Z][A-Z0-9_]*", value):
        return re.sub(r"[0-9]+", "0", re.sub(r"[a-zA-Z]+", "a", value))
    return value


def forms(path):
    """One request of each form that was sent."""
    found = {}
    for line in pathlib.Path(path).read_text().splitlines():
        request = json.loads(line)
        target, _, query = request["target"].partition("?")
        pairs = [(name, form(value)) for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True)]
        body = form(json.loads(request["body"])) if request["body"] else None
        # Of a path the fixed words count, which the documents know, and the make of the names between them.
        key = json.dumps([request["verb"], target.split("/")[1], fixed(target), sorted(pairs), body], sort_keys=True)
        found.setdefault(key, request)
    return list(found.values())


def fixed(target):
    """A path without its names: every other word is one."""
    parts = enumerate(target.split("/"))
    return [part if number % 2 and re.fullmatch(r"[a-zA-Z]+|v[0-9]", part) else form(part) for number, part in parts]


def changed(request, path, value):
    """The request with something else at a place of its body; `...` takes it away."""
    body = json.loads(request["body"])
    at = body
    for step in path[:-1]:
        at = at[step]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return {**request, "body": json.dumps(body)}


def places(value, path=()):
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    if isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


OTHER = {str: {"x": []}, bool: "perhaps", int: ["x"], float: ["x"], list: "x", dict: [1], type(None): []}
WORDS = {
    (True, True): "both refuse",
    (True, False): "only ours refuses",
    (False, True): "only Prism refuses",
    (False, False): "both allow",
}


def wrong(request):
    """A request made wrong on purpose in many ways: what was done, whether it must be refused, and the request."""
    target = request["target"]
    more = "&" if "?" in target else "?"
    yield "another version", True, {**request, "target": re.sub(r"/v[0-9]+/", "/v99/", target, count=1)}
    yield "another method", True, {**request, "target": target.partition("?")[0] + "/surely/not/known"}
    yield "a parameter that is not known", True, {**request, "target": f"{target}{more}groundplan=1"}
    if not request["body"]:
        yield "a body where none belongs", True, {**request, "body": '{"groundplan": 1}'}
        return
    yield "no body", True, {**request, "body": ""}
    body = json.loads(request["body"])
    yield "a field that is not known", True, changed(request, ["groundplanUnknown"], 1)
    for path, value in list(places(body))[1:]:
        yield "another type", False, changed(request, path, OTHER[type(value)])
        if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]+", value):
            yield "another word", False, changed(request, path, value + "_GROUNDPLAN")
        if isinstance(value, dict):
            yield "a field that is not known, further down", False, changed(request, [*path, "groundplanUnknown"], [[]])
        if isinstance(path[-1], str):
            yield "a field that is missing", False, changed(request, path, ...)
    for name in ["selfLink", "createTime", "updateTime", "uniqueId", "state", "etag", "kind", "metageneration"]:
        if name not in body:
            yield "a field that the vendor says", False, changed(request, [name], "x")


def ours(fake, requests):
    """What our own server says: the method, and what it does not allow."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([fake, "judge"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Prism:
    """Prism on a free port of this machine."""

    def __enter__(self):
        program = WORK / "prism/node_modules/@stoplight/prism-cli/dist/index.js"
        if not program.exists():
            install = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(WORK / "prism"), PRISM]
            subprocess.run(install, check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["node", str(program), "mock", "--host", "127.0.0.1", "--port", str(self.port), str(METHODS)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit("Prism does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def says(self, request):
        """What Prism does not allow; empty = it is allowed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"content-type": "application/json"} if request["body"] else {}
        connection.request(request["verb"], request["target"], request["body"] or None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status == 200:
            return []
        said = json.loads(text)
        details = [f"{'.'.join(map(str, one.get('location', [])))}: {one['message']}" for one in said.get("validation", [])]
        return details or [f"{answer.status} {said.get('title')}"]

    def judge(self, requests):
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.says, requests))


def short(request):
    return f"{request['verb']} {request['target']} {request['body'][:300]}"


def main(fake, log):
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(HERE / "openapi.py"), str(METHODS)], check=True)
    sent = forms(log)
    failures, used = [], set()
    with Prism() as prism:
        said = ours(fake, sent)
        of_method = {}
        for request, own, other in zip(sent, said, prism.judge(sent)):
            if own["violations"] or other:
                failures.append(f"{own['method']}: {short(request)}\n  ours: {own['violations']}\n  Prism: {other}")
            # The longest body has the most that can be made wrong.
            known = of_method.get(own["method"])
            if known is None or len(known["body"]) < len(request["body"]):
                of_method[own["method"]] = request
        cases = [(method, *case) for method, request in sorted(of_method.items()) for case in wrong(request)]
        requests = [request for *_, request in cases]
        counts = collections.Counter()
        for (method, done, must, request), own, other in zip(cases, ours(fake, requests), prism.judge(requests)):
            both = bool(own["violations"]), bool(other)
            counts[done, both] += 1
            if all(both) or not (must or any(both)):
                continue
            reason = next((row for row in [f"{method}: {done}", done] if row in REVIEWED), None)
            if reason and any(both):
                used.add(reason)
                continue
            failures.append(f"{method}, {done}: {short(request)}\n  ours: {own['violations']}\n  Prism: {other}")
    for (done, both), count in sorted(counts.items()):
        print(f"{count:6} {done}: {WORDS[both]}")
    failures += [f"the reviewed reason for `{row}` is no longer needed" for row in REVIEWED if row not in used]
    print(f"{len(sent)} forms of requests of {len(of_method)} methods, {len(cases)} wrong ones; {len(failures)} differences")
    if failures:
        raise SystemExit("\n".join(failures))


main(*sys.argv[1:])
