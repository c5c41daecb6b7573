#!/bin/sh
# Makes ./configure from a clean checkout. Says which Debian package is missing.
set -eu
cd "$(dirname "$0")"

missing=0
need() {   # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 && return
    echo "autogen.sh: $1 not found: apt-get install $2" >&2
    missing=1
}
need autoconf autoconf
need automake automake
need libtoolize libtool
need pkg-config pkg-config
[ "$missing" = 0 ] || exit 1

mkdir -p build-aux
autoreconf --install --force --warnings=all
echo "Now: mkdir build && cd build && ../configure && make"
