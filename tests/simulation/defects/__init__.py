"""Defects that the simulation must catch. A simulation that has never failed proves nothing."""

from tests.simulation.defects.deciding import DECIDING
from tests.simulation.defects.detecting import DETECTING
from tests.simulation.defects.planting import Defect
from tests.simulation.defects.recovering import RECOVERING
from tests.simulation.defects.remembering import REMEMBERING
from tests.simulation.defects.sending import SENDING

_ALL: tuple[Defect, ...] = (*DETECTING, *DECIDING, *SENDING, *REMEMBERING, *RECOVERING)
DEFECTS = tuple(one for one in _ALL if not one.is_rare)
RARE = tuple(one for one in _ALL if one.is_rare)
"""They need thousands of histories, each its own; `make simulate PLANTED=--rare` looks how many."""
