#!/usr/bin/env bash
# The live profile against a server that stands in for Azure and refuses what the documents do not allow, and blobs against
# Microsoft's own emulator of storage; then a genomics centre on two clouds with the real runner.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=target/azurite
if [[ ! -d $tools/node_modules/azurite ]]; then
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-audit --no-fund --silent azurite@3.35.0
fi

run=$(mktemp -d)
pid=
end() {
    if [[ -n $pid ]]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    rm -rf "$run"
}
trap end EXIT

# A certificate that nobody else has; who calls is told of it as of those of the system.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -addext basicConstraints=critical,CA:FALSE -keyout "$run/key.pem" -out "$run/cert.pem" 2>/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# Tokens are taken over TLS only.
node "$tools/node_modules/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 --blobPort "$port" --silent \
    --location "$run/blobs" --skipApiVersionCheck --disableTelemetry \
    --oauth basic --cert "$run/cert.pem" --key "$run/key.pem" >"$run/azurite.log" 2>&1 &
pid=$!
# The account's own key, which everybody knows, makes the container: the resource manager would.
python3 - "$port" "$run/cert.pem" <<'PYTHON'
import base64, email.utils, hashlib, hmac, ssl, sys, time, urllib.error, urllib.request

port, certificate = sys.argv[1:]
account = "devstoreaccount1"
key = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
context = ssl.create_default_context(cafile=certificate)
for attempt in range(100):
    date = email.utils.formatdate(usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:2023-11-03\n"
    signed = f"PUT{chr(10) * 12}{headers}/{account}/{account}/main\nrestype:container"
    signature = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(
        f"https://127.0.0.1:{port}/{account}/main?restype=container",
        method="PUT",
        headers={"x-ms-date": date, "x-ms-version": "2023-11-03", "Authorization": f"SharedKey {account}:{signature}"},
    )
    try:
        urllib.request.urlopen(request, context=context)
        break
    except urllib.error.HTTPError as error:
        sys.exit(f"the container was not made: {error.read().decode()}")
    except OSError:
        time.sleep(0.2)
else:
    sys.exit("Azurite does not answer")
PYTHON
export AZURITE=https://127.0.0.1:$port
export SSL_CERT_FILE=$run/cert.pem

source ci/live
cargo clippy "${selection[@]}" --all-targets -- -D warnings
cargo test "${selection[@]}" --lib --test azure
