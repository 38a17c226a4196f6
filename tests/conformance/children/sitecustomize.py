"""What Python imports as it starts, here in the programs that a suite starts by itself: Cleat stands in there, too."""

import os

import cleat

cleat.install_as(os.environ["CLEAT_CONFORMANCE_PEER"])
