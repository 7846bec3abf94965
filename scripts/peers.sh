#!/usr/bin/env bash
# An environment for each LTI platform that the tool is tested against: .venv-peers/<name>, from the hashed pins in
# tests/peers/<name>/requirements.txt. Quick when nothing has changed. `make test` runs it; only tests/peers needs it.
set -u
cd "$(dirname "$0")/.."

python=.venv/bin/python
failed=0
for pins in tests/peers/*/requirements.txt; do
  name=$(basename "$(dirname "$pins")")
  folder=.venv-peers/$name
  wanted=$({ cat "$pins"; "$python" -c 'import sys; print(sys.version)'; } | cksum)
  [ "$(cat "$folder/.ready" 2>/dev/null)" = "$wanted" ] && continue
  echo "peers: making $folder (once; up to a minute)"
  rm -rf "$folder" && mkdir -p .venv-peers
  if ! { "$python" -m venv "$folder" \
    && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pins"; } \
    >".venv-peers/$name.log" 2>&1; then
    echo "peers: $folder could not be made, so its tests will be skipped: $(grep -v '^WARNING' ".venv-peers/$name.log" | tail -1) (all of it in .venv-peers/$name.log)" >&2
    rm -rf "$folder"
    failed=1
    continue
  fi
  echo "$wanted" >"$folder/.ready"
done
# Without a network the other tests still run; on CI nothing may be skipped.
[ "${CI:-}" = true ] && exit "$failed"
exit 0
