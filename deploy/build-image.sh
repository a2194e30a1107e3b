#!/bin/sh
# Builds artifacts/image/aiedge-dataplane.tar.gz (for `docker load` or `podman load`) FROM scratch with buildah, looks at its size,
# starts it once and calls it once over TLS, with a provider over TLS behind it.
#   build-image.sh [--no-smoke]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
out=$top/artifacts/image
binary=$top/artifacts/native/aiedge-dataplane
tag=aiedge-dataplane:latest
bytes_max=$((25 * 1024 * 1024))

command -v buildah >/dev/null || {
    echo "build-image: buildah is not installed (apt-get install buildah)" >&2
    exit 2
}
[ -x "$binary" ] || "$top/build.sh" aot

rm -rf "$out"
mkdir -p "$out"
b() {
    buildah --storage-driver vfs --root "$out/storage" --runroot "$out/run" "$@"
}

"$here/collect-root.sh" "$binary" "$out/tree"
container=$(b from scratch)
trap 'b rm "$container" >/dev/null 2>&1 || true' EXIT
b copy -q "$container" "$out/tree" / >/dev/null
b copy -q --chown 65532:65532 "$container" "$out/tree/var/lib/aiedge" /var/lib/aiedge >/dev/null
b config --user 65532:65532 --workingdir /var/lib/aiedge --port 8080 \
    --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --env DOTNET_EnableDiagnostics=0 \
    --entrypoint '["/aiedge-dataplane"]' --cmd '--config /etc/aiedge/aiedge.yaml' \
    --healthcheck 'CMD /aiedge-dataplane health' --healthcheck-interval 10s --healthcheck-timeout 3s \
    "$container" 2>/dev/null
b commit -q --format docker "$container" "$tag" >/dev/null
rm -f "$out/aiedge-dataplane.tar" "$out/aiedge-dataplane.tar.gz"
b push -q "$tag" "docker-archive:$out/aiedge-dataplane.tar:$tag"
gzip -9 "$out/aiedge-dataplane.tar"

bytes=$(stat -c %s "$out/aiedge-dataplane.tar.gz")
echo "artifacts/image/aiedge-dataplane.tar.gz: $bytes bytes"
if [ "$bytes" -gt "$bytes_max" ]; then
    echo "build-image: more than $bytes_max bytes" >&2
    exit 1
fi
[ "${1:-}" = --no-smoke ] && exit 0
. "$here/smoke-image.sh"
