#!/bin/sh
# Installs the Debian programs that some tests use, where we are root and apt is there. Tests whose program is missing
# are skipped, and pytest names them at the end.
set -eu

missing=""
command -v xmlsec1 >/dev/null 2>&1 || missing="$missing xmlsec1"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v softhsm2-util >/dev/null 2>&1 || missing="$missing softhsm2"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Tests that need$missing will be skipped; to run them: apt-get install$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes --no-install-recommends $missing >/dev/null
