"""Kills a real runner between calls of AWS and their answers: `kill.py RUNNER WORKSPACE PORT [--step N]`.

A proxy stands between the runner and moto. In each run it lets N calls that write pass; the next one kills the runner,
in turn before the call reaches moto and after moto has done it, before its answer. Then the next run takes up. With
`--step 1` every call of the network is such a boundary. In the end one more `up` has nothing to do, and boto3 finds
every object once.
"""

import http.client
import http.server
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import urllib.parse

runner, workspace, port = sys.argv[1:4]
step = int(sys.argv[sys.argv.index("--step") + 1]) if "--step" in sys.argv else 29
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import network  # noqa: E402

READS = ("Describe", "List", "GetCallerIdentity")


class Killer:
    """Counts the calls that write, and kills at one."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None
        self.left = None
        self.before = True
        self.writes = 0

    def arm(self, process, left, before):
        with self.lock:
            self.process, self.left, self.before = process, left, before

    def passes(self, action, before):
        """Whether a call goes on; called before it reaches moto, and after."""
        with self.lock:
            if action.startswith(READS) or self.process is None:
                return True
            if before:
                self.writes += 1
                if self.left is not None:
                    self.left -= 1
            if self.left is None or self.left > 0 or before != self.before:
                return True
            self.left = None
            os.kill(self.process.pid, signal.SIGKILL)
            self.process = None
            return False


killer = Killer()


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        [action] = urllib.parse.parse_qs(body.decode()).get("Action", ["?"])
        if not killer.passes(action, before=True):
            self.close_connection = True
            return
        moto = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        moto.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
        answer = moto.getresponse()
        text = answer.read()
        moto.close()
        if not killer.passes(action, before=False):
            self.close_connection = True
            return
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", "text/xml"))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


def interrupted(command, state):
    """Runs a command again and again, each run killed at a call, until one ends by itself; how often it was killed."""
    kills = 0
    dice = random.Random(1)
    while True:
        process = subprocess.Popen(
            [runner, "-C", workspace, command, network.STACK, "--yes", "--allow", "blast-radius", "--profile", "live", "--state", state],
            env={**network.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.server_port}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        left = step if step == 1 else dice.randint(1, 2 * step - 1)
        killer.arm(process, left, before=kills % 2 == 0)
        said, _ = process.communicate(timeout=900)
        killer.arm(None, None, True)
        if process.returncode == 0:
            print(f"  {command}: killed {kills} times, then done")
            return kills
        if process.returncode != -signal.SIGKILL:
            raise AssertionError(f"after {kills} kills it ended with {process.returncode}:\n{said[-5000:]}")
        assert "nobody" not in said, f"it would have asked:\n{said[-3000:]}"
        kills += 1


def up():
    assert interrupted("up", f"{network.scratch}/state") > 3, "too few kills to tell anything"
    network.compare()


def destroy():
    assert interrupted("destroy", f"{network.scratch}/state") > 3, "too few kills to tell anything"
    network.same("destroy", "counts", network.World().counts(), network.EMPTY)


proxy = Server(("127.0.0.1", 0), Proxy)
threading.Thread(target=proxy.serve_forever, daemon=True).start()
network.check("an_up_that_is_killed_at_calls_converges_without_duplicates", up)
network.check("a_second_up_has_nothing_to_do", network.nothing_to_do)
network.check("a_destroy_that_is_killed_at_calls_leaves_nothing", destroy)
network.finish()
