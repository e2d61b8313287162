# What the scripts share: installing what a fresh machine lacks. Sourced, not run.

say() { printf '\n== %s\n' "$*"; }

# apt_install COMMAND-OR-FILE PACKAGE…: installs the packages where the command or file is missing.
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

binary() { echo "target/x86_64-unknown-linux-gnu/$1/paperline"; }
