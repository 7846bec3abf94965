#!/usr/bin/env bash
# Prints the Python to use, or names in one line what is missing and how to get it.
set -u

missing() {
  echo "Regroup needs $1. Debian/Ubuntu: sudo apt-get install $2   macOS: brew install $3" >&2
  exit 1
}

python_to_use() {
  local name
  for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

command -v git >/dev/null || missing "git" "git" "git"
command -v make >/dev/null || missing "make" "make" "make"
python=$(python_to_use) || missing "Python 3.11 or newer" "python3 python3-venv" "python@3.12"
"$python" -c 'import venv, ensurepip' 2>/dev/null || missing "Python's venv module" "python3-venv" "python@3.12"
command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] \
  || missing "Node 20 or newer" "nodejs npm" "node"
command -v npm >/dev/null || missing "npm" "npm" "node"
echo "$python"
