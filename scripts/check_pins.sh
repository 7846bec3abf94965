#!/usr/bin/env bash
# The pinned lists must not carry the address of anybody's package registry: they install from wherever pip and npm are set up.
set -u
cd "$(dirname "$0")/.."
if grep -snE '://|--find-links|--index-url|--trusted-host' requirements/*.txt tests/peers/*/requirements.txt | grep -v 'pip-compile'; then
  echo "the pinned lists name a registry: run 'make pins'" >&2
  exit 1
fi
if grep -n '://' package-lock.json; then
  echo "package-lock.json names an address: npm must run with the repository's .npmrc" >&2
  exit 1
fi
