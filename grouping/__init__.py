"""Pure teaching logic: evidence in; states, groups and playlists out. See README.md."""
