"""Runs the sandbox and the tool side by side and acts as people would, for demo, cycle and tests.

It speaks to the tool over HTTP and through its `regroup` command only; nothing of the tool is imported.
"""
