"""What the platform does about every write besides storing it, in this order."""

from collections.abc import Sequence

from crosstie_sandbox.dataverse.rules.files import Files
from crosstie_sandbox.dataverse.rules.locks import Locks
from crosstie_sandbox.dataverse.rules.products import Products
from crosstie_sandbox.dataverse.rules.sales import SalesDocuments
from crosstie_sandbox.dataverse.solutions.removing import Uninstalling
from crosstie_sandbox.dataverse.webhooks.registration import Registration
from crosstie_sandbox.dataverse.writing import Extension

UNLOCKED: Sequence[Extension] = (Registration(), Uninstalling(), Products(), SalesDocuments(), Files())
"""For actions, which lead to states that an update does not, and touch documents that are done with."""
BEHAVIOUR: Sequence[Extension] = (Locks(), *UNLOCKED)
