"""An LMS to run the tool against. It imports nothing of the tool, so that it can disagree with it."""
