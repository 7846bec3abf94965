"""Every table. Importing this package imports each module in it, so that relationships and migrations see
all.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
