"""What the platform does about every write besides storing it, in this order."""

from collections.abc import Sequence

from crosstie_sandbox.dataverse.webhooks.registration import Registration
from crosstie_sandbox.dataverse.writing import Extension

BEHAVIOUR: Sequence[Extension] = (Registration(),)
