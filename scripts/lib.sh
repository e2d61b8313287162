# Shared by the scripts: installs what a fresh machine lacks. Sourced, not run.

say() { printf '\n== %s\n' "$*"; }

# apt_install COMMAND-OR-FILE PACKAGE…: installs the packages if it is missing.
apt_install() {
  local probe=$1
  shift
  if command -v "$probe" >/dev/null 2>&1 || [ -e "$probe" ]; then return; fi
  say "installing $*"
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# What a release is made for.
targets="x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-pc-windows-gnu"

# can_build TARGET: installs what builds for it.
can_build() {
  case "$1" in
    aarch64-unknown-linux-gnu) apt_install aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
    x86_64-pc-windows-gnu) apt_install x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 ;;
  esac
  rustup target list --installed | grep -qx "$1" || rustup target add "$1"
}

# binary debug|release [TARGET]
binary() {
  local target=${2:-x86_64-unknown-linux-gnu}
  echo "target/$target/$1/paperline$([ "${target#*windows}" = "$target" ] || echo .exe)"
}

# tell_skipped FILE: prints the skipped tests. With PAPERLINE_NO_SKIPS=1, fails if one lacked more than a real paper.
tell_skipped() {
  [ -s "$1" ] || return 0
  say "$(grep -c '^paper: ' "$1") skipped for want of a real paper, $(grep -vc '^paper: ' "$1") as this machine can't make them"
  cat "$1"
  if [ "${PAPERLINE_NO_SKIPS:-}" = 1 ] && grep -qv '^paper: ' "$1"; then
    say "failed: a test was skipped that has to be made here"
    return 1
  fi
}
