#!/usr/bin/env bash
# session.sh HOME COMMAND…
# Runs a command in a desktop session of its own: a display in memory, a D-Bus session, an unlocked
# key store, a window manager, and HOME as home folder. All of it ends with the command. What the
# session's own programs say lies in HOME/session.log.
set -euo pipefail
if [ "$1" != --inside ]; then
    home=$(mkdir -p "$1" && cd "$1" && pwd)
    shift
    mkdir -p -m 700 "$home/run"
    # Nothing moves by itself, so that a click meets what it aims at.
    mkdir -p "$home/.config/gtk-3.0"
    printf '[Settings]\ngtk-enable-animations=0\n' >"$home/.config/gtk-3.0/settings.ini"
    unset WAYLAND_DISPLAY "${!XDG_@}"
    export HOME=$home XDG_RUNTIME_DIR=$home/run GTK_USE_PORTAL=0 LANG=C.UTF-8
    # A display in memory has no graphics card, and WebKit's imitation of one can fall over.
    export WEBKIT_SKIA_ENABLE_CPU_RENDERING=1
    rm -f "$home/begun"
    status=0
    xvfb-run -a -s '-screen 0 2200x1400x24 -nolisten tcp' \
        dbus-run-session -- "$0" --inside "$@" 3>&1 4>&2 >"$home/session.log" 2>&1 || status=$?
    [ -e "$home/begun" ] || cat "$home/session.log" >&2
    exit "$status"
fi
shift
printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 3>&- 4>&-
openbox --sm-disable 3>&- 4>&- &
manager=$!
touch "$HOME/begun"
status=0
"$@" >&3 2>&4 3>&- 4>&- || status=$?
kill "$manager" 2>/dev/null || true
exit "$status"
