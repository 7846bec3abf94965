"""How a plan is made, one file for each kind of thing. Pure."""
