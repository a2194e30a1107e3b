# Sourced by build-image.sh, with $container, $top, $out and b() at hand: starts the image's program in its own root and calls it
# once over TLS; the provider behind it speaks TLS too, under a root that only `caFile` names.
smoke=$out/smoke
rm -rf "$smoke"
mkdir -p "$smoke"
port=${AIEDGE_SMOKE_PORT:-18443}
admin=$((port + 1))
provider=$((port + 2))
key=sk-image-smoke

certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout "$smoke/$1.key" -out "$smoke/$1.pem" 2>/dev/null
}
certificate gateway
certificate provider
chmod 644 "$smoke"/*

cat > "$smoke/aiedge.yaml" <<YAML
providers:
  sample:
    dialect: openai
    baseUrl: "https://localhost:$provider/v1"
    key: "\${file:/etc/aiedge/provider-key}"
    tls: { caFile: /etc/aiedge/provider.pem }
models:
  "fake-*": { targets: [ { provider: sample } ] }
keys:
  - { name: smoke, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)" }
server:
  listen: "127.0.0.1:$port"
  admin: "127.0.0.1:$admin"
  drainDelay: 0s
  tls: { certificate: /etc/aiedge/gateway.pem, key: /etc/aiedge/gateway.key }
YAML
printf sk-provider-smoke > "$smoke/provider-key"
chmod 644 "$smoke/provider-key"

dotnet build "$top/perf/FakeUpstream" -c Release -v q --nologo
dotnet "$top/perf/FakeUpstream/bin/Release/net10.0/AiEdge.FakeUpstream.dll" --port "$provider" \
    --cert "$smoke/provider.pem" --cert-key "$smoke/provider.key" --require-key sk-provider-smoke >"$smoke/provider.log" 2>&1 &
provider_pid=$!

# A group of its own, so that all of the run can be ended by it.
setsid buildah --storage-driver vfs --root "$out/storage" --runroot "$out/run" run --isolation chroot \
    --volume "$smoke:/etc/aiedge:ro" "$container" -- /aiedge-dataplane --config /etc/aiedge/aiedge.yaml >"$smoke/plane.log" 2>&1 &
plane_pid=$!
finish() {
    kill -s TERM -- "-$plane_pid" 2>/dev/null || true
    kill "$provider_pid" 2>/dev/null || true
    wait "$plane_pid" 2>/dev/null || true
    b rm "$container" >/dev/null 2>&1 || true
}
trap finish EXIT

tries=0
until b run --isolation chroot "$container" -- /aiedge-dataplane health --admin "http://127.0.0.1:$admin" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ] || ! kill -0 "$plane_pid" 2>/dev/null; then
        echo "build-image: the image did not become ready:" >&2
        cat "$smoke/plane.log" >&2
        exit 1
    fi
    sleep 0.25
done

curl -sS --fail-with-body --max-time 20 --cacert "$smoke/gateway.pem" "https://localhost:$port/v1/chat/completions" \
    -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -d '{"model":"fake-n5","stream":true,"messages":[{"role":"user","content":"hello"}]}' >"$smoke/answer" || {
    cat "$smoke/answer" "$smoke/plane.log" >&2
    exit 1
}
if ! grep -q '^data: \[DONE\]' "$smoke/answer"; then
    echo "build-image: the answer is not a whole stream:" >&2
    cat "$smoke/answer" >&2
    exit 1
fi
echo "image smoke: one streamed call over TLS on both sides: whole"
