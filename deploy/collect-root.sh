#!/bin/sh
# Lays out the root of an image that holds the data plane and nothing else: the binary, the libraries that it loads (OpenSSL is
# loaded by name at run time, so ldd does not show it), the CA bundle, the time zones that limits may name, and the few files of /etc
# that name lookup reads.
#   collect-root.sh BINARY FOLDER
set -eu
binary=$1
root=$2

rm -rf "$root"
mkdir -p "$root/etc/ssl/certs" "$root/etc/aiedge" "$root/var/lib/aiedge" "$root/tmp"
install -m 755 "$binary" "$root/aiedge-dataplane"

copy_library() {
    # The path by which it is looked for, with the file behind its links.
    install -D -m 755 "$(readlink -f "$1")" "$root$1"
}

libraries_of() {
    ldd "$1" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
}

find_library() {
    ldconfig -p | awk -v name="$1" '$1 == name && /x86-64/ { print $NF; exit }'
}

ssl=$(find_library libssl.so.3)
crypto=$(find_library libcrypto.so.3)
if [ -z "$ssl" ] || [ -z "$crypto" ]; then
    echo "collect-root: OpenSSL 3 is lacking here (libssl.so.3, libcrypto.so.3)" >&2
    exit 1
fi

for library in $( { libraries_of "$binary"; libraries_of "$ssl"; libraries_of "$crypto"; echo "$ssl"; echo "$crypto"; } | sort -u ); do
    copy_library "$library"
done

# Areas and places only: the trees of other leap second rules (posix, right) would triple it.
if [ -d /usr/share/zoneinfo ]; then
    mkdir -p "$root/usr/share/zoneinfo"
    for zone in /usr/share/zoneinfo/[A-Z]*; do
        cp -a "$zone" "$root/usr/share/zoneinfo/"
    done
else
    echo "collect-root: no time zones here, so that limits in the image can name UTC alone (install tzdata)" >&2
fi

install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo 'aiedge:x:65532:65532:aiedge:/var/lib/aiedge:/sbin/nologin' > "$root/etc/passwd"
echo 'aiedge:x:65532:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
chmod 1777 "$root/tmp"
chmod 755 "$root/var/lib/aiedge"
