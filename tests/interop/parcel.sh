#!/usr/bin/env bash
# Checks what `cargo xtask demo --out OUT` left, by programs that are not ours.
#
#   tests/interop/parcel.sh OUT
#
# Each check has its negative control: the same program must refuse the same thing with a byte
# changed. Prints every check and at last `N passed, N failed`; ends with 1 if anything failed.
# Wants what `cargo xtask setup` installs, and the official schemas in UTPOST_CONFORMANCE, else in
# ../shared/spec/conformance. EU DSS runs where java and mvn are.
set -euo pipefail

if [ $# -ne 1 ] || [ "$1" = "--help" ] || [ "$1" = "-h" ]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
    [ $# -eq 1 ] && exit 0 || exit 2
fi

here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$(dirname "$here")")"
python="${CARGO_TARGET_DIR:-$root/target}/interop-venv/bin/python"
if [ ! -x "$python" ]; then
    echo "The Python packages are missing: cargo xtask setup" >&2
    exit 1
fi
conformance="${UTPOST_CONFORMANCE:-$root/../shared/spec/conformance}"
if [ ! -d "$conformance" ]; then
    echo "The official schemas are missing: $conformance" >&2
    exit 1
fi
exec "$python" "$here/parcel.py" "$1" "$conformance"
