"""The rules of company information: the experience is one of the vendor's tiers."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog

TIERS = ("Basic", "Essential", "Suite", "Premium", "Custom")
"""What the Experience of a company can be; Suite is what older versions call the fuller one."""


class CompanyInformationRules(Behaviour):
    """The company about itself."""

    def complete(self, write: Write) -> None:
        """Refuse an experience that there is not."""
        if write.changed("experience") and write.row["experience"] not in TIERS:
            raise dialog(
                f"The Experience '{write.row['experience']}' does not exist. Choose one of {', '.join(TIERS)}.",
                "experience",
            )
