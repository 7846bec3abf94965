"""One file for each step of a cycle, in the data's order.

pull (and keep), analyse, group, playlist, write_back, passback.
"""
