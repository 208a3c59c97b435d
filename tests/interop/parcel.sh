#!/usr/bin/env bash
# Checks what `cargo xtask demo --out OUT` left, by programs that are not ours.
#
#   tests/interop/parcel.sh OUT
#
# Each check has its negative control: the same program must refuse the same thing with a byte
# changed. Prints every check and at last `N passed, N failed`; ends with 1 if anything failed.
# Wants what `cargo xtask setup` installs. The checks by the official schemas (UTPOST_CONFORMANCE,
# else ../shared/spec/conformance) are left out without them, with a notice; with CI set that is a
# failure. EU DSS runs where java, javac and mvn are and its libraries can be fetched.
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
exec "$python" "$here/parcel.py" "$1" "${UTPOST_CONFORMANCE:-$root/../shared/spec/conformance}"
