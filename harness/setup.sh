# shellcheck shell=sh
# Sourced by the scripts beside it, which set $top (the checkout) and use `set -eu`: installs what
# is missing, builds, prepares Wine. But for packages, everything is written in build/.

# shellcheck disable=SC2154 # top is the caller's
build=$top/build
mkdir -p "$build"

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# logged NAME COMMAND...: its output is kept in build/NAME.log.
logged() {
    log=$build/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null
}

# install PACKAGE...: false, with the reason in $why, where that can't be done.
install() {
    why="missing: $* (names of Debian's packages)"
    has apt-get || return 1
    as_root=
    if [ "$(id -u)" != 0 ]; then
        why="missing; install as root: apt-get install --no-install-recommends $*"
        has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; } || return 1
        as_root=sudo
    fi
    say "installing: $*"
    why="apt-get failed, see build/apt.log"
    # shellcheck disable=SC2016
    # dpkg --configure: an installation that was interrupted blocks every later one.
    logged apt $as_root sh -c '
        export DEBIAN_FRONTEND=noninteractive
        install() { apt-get -qy -o DPkg::Lock::Timeout=120 --no-install-recommends install "$@"; }
        apt-get -q update
        install "$@" || { dpkg --configure -a && install "$@"; }' sh "$@"
}

missing_native() {
    has meson || echo meson
    has ninja || echo ninja-build
    echo '#include <stdio.h>' | ${CC:-cc} -x c -fsyntax-only - 2>/dev/null || echo gcc libc6-dev
}

missing_mingw() {
    has x86_64-w64-mingw32-gcc || echo gcc-mingw-w64-x86-64-win32
}

missing_windows() {
    missing_mingw
    find_wine >/dev/null || echo wine64
}

# The loader comes before Debian's script `wine`, which complains when there is no 32-bit Wine.
find_wine() {
    command -v /usr/lib/wine/wine64 || command -v wine64 || command -v wine
}

# setup_build NAME ARGUMENT...: build/NAME as `meson setup ARGUMENT...` makes it, up to date.
setup_build() {
    name=$1
    shift
    wanted="$top $(meson --version) ${CC-} ${CFLAGS-} ${LDFLAGS-} $*"
    # The stamp is written last: a folder without it is half made.
    if [ "$(cat "$build/$name/.setup" 2>/dev/null)" != "$wanted" ] || [ ! -e "$build/$name/build.ninja" ] ||
        ! meson configure "$build/$name" >/dev/null 2>&1; then
        say "setting up: build/$name"
        rm -rf "${build:?}/$name"
        logged "setup-$name" meson setup "$@" "$build/$name" "$top" || fail_log
        printf '%s\n' "$wanted" >"$build/$name/.setup"
    fi
    logged "compile-$name" meson compile -C "$build/$name" || fail_log
}

fail_log() {
    tail -n 40 "$log" >&2
    fail "failed: the whole output is in ${log#"$top/"}"
}

setup_native() {
    missing=$(missing_native)
    if [ -n "$missing" ]; then
        # All at once: whoever has to install by hand should not be told in two steps.
        [ "${IOMODELS_WINE-}" = no ] || [ "$(id -u)" = 0 ] || has sudo || missing="$missing $(missing_windows)"
        # shellcheck disable=SC2086
        install $missing || { [ "$why" != "${why#apt}" ] && fail_log; fail "$why"; }
    fi
    case $(meson --version) in 0.*) fail "meson $(meson --version) is too old: pip install 'meson>=1.0'" ;; esac
    setup_build native
}

# Programs that single tests need, which are skipped without.
setup_test_programs() {
    missing=$(has mpirun || echo openmpi-bin; has ip || echo iproute2; has socat || echo socat)
    # shellcheck disable=SC2086
    [ -z "$missing" ] || install $missing || say "some tests will be skipped: $why"
}

# MinGW-w64 12's headers, as Debian 13 has them, to build/mingw-headers: what compiles with the
# installed ones need not compile with these (tests/harness/test_headers.py). False, with the reason
# in $why, where they can't be had or are no newer.
setup_newer_headers() {
    installed=$(printf '#include <_mingw.h>\n__MINGW64_VERSION_MAJOR\n' |
        x86_64-w64-mingw32-gcc -E -P - | tail -n 1)
    why="MinGW-w64's installed headers are those of $installed"
    [ "$installed" -lt 12 ] || return 1
    [ ! -e "$build/mingw-headers/_mingw.h" ] || return 0
    why="MinGW-w64 12's headers can't be fetched, see build/headers.log"
    rm -rf "$build/headers"
    mkdir "$build/headers"
    # From where this system's own packages come.
    # shellcheck disable=SC2016
    from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)
    logged headers /usr/lib/apt/apt-helper download-file \
        "${from%/}/pool/main/m/mingw-w64/mingw-w64-common_12.0.0-5_all.deb" \
        "$build/headers/package.deb" \
        SHA256:97dce5d0d8aff1cade4786ad4ef5078345477a598829afcac2e7f2fbc5399990 &&
        dpkg-deb -x "$build/headers/package.deb" "$build/headers" &&
        mv "$build/headers/usr/share/mingw-w64/include" "$build/mingw-headers" || return 1
    rm -rf "$build/headers"
}

# Sets $wine to the command, or to nothing and $wine_missing to the reason.
setup_windows() {
    wine='' wine_missing=
    if [ "${IOMODELS_WINE-}" = no ]; then
        wine_missing='not wanted (IOMODELS_WINE=no)'
    elif [ "$(uname -m)" != x86_64 ]; then
        wine_missing="Wine on $(uname -m) does not run x86-64 programs"
    else
        missing=$(missing_windows)
        # shellcheck disable=SC2086
        if [ -n "$missing" ] && ! install $missing; then
            wine_missing=$why
        elif ! start_wine; then
            wine_missing='Wine does not start, see build/wine.log' wine=
        fi
    fi
    if [ -z "$wine" ]; then
        say "without Wine: $wine_missing"
        return
    fi
    printf "[binaries]\nexe_wrapper = '%s'\n" "$wine" >"$build/wine.ini"
    setup_build windows --cross-file "$top/harness/cross/windows-mingw.ini" --cross-file "$build/wine.ini"
    keep_wine || fail_log
}

start_wine() {
    wine=$(find_wine) || return 1
    wineserver=$(command -v "$(dirname "$wine")/wineserver64" || command -v wineserver) || return 1
    # The overrides: no dialogs that offer a download, no entries in the desktop's menus, and nothing
    # of Wayland, whose library complains on standard error where no desktop runs (Wine 10).
    export WINEPREFIX="$build/wine" WINEDEBUG=-all
    export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe,winewayland.drv=d'
    unset DISPLAY WAYLAND_DISPLAY WINEARCH
    # Wine refuses a prefix that is another user's.
    if [ "$(cat "$WINEPREFIX/.complete" 2>/dev/null)" != "$(id -u)" ]; then
        say 'setting up: build/wine'
        [ ! -d "$WINEPREFIX" ] || "$wineserver" -k >/dev/null 2>&1 || true
        rm -rf "$WINEPREFIX"
        mkdir "$WINEPREFIX"
        logged wine timeout --foreground 300 "$wine" wineboot -i || return 1
        id -u >"$WINEPREFIX/.complete"
    fi
    keep_wine
}

# A minute's life after its last client, else each process starts Wine's services anew. Again before
# each use, since what lies between (a build, the native tests) can take longer than that.
keep_wine() {
    "$wineserver" -p60 >/dev/null 2>&1 </dev/null || true
    logged wine timeout --foreground 300 "$wine" cmd /c exit 0
}
