"""LTI Advantage services that any platform offers: memberships (NRPS) and scores (AGS)."""
