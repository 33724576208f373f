"""Assets that nearly every company depends on: what to begin with. Their names are in the catalogue of assets."""

from __future__ import annotations

from flowgov.dossier.assets import AssetDescription
from flowgov.i18n import DEFAULT, Language, text


def suggested(owner: str, lang: Language = DEFAULT) -> tuple[AssetDescription, ...]:
    """The data of customers and the payment system, in the words of *lang*.

    Args:
        owner: login of who answers for them until another is named.
    """
    customers = AssetDescription(
        name=text("asset.starter.customer_data", lang),
        type="primary",
        classification="confidential",
        criticality=4,
        personal_data=True,
        owner=owner,
        rto=24,
        rpo=4,
    )
    payment = AssetDescription(
        name=text("asset.starter.payment_system", lang),
        type="support",
        classification="confidential",
        criticality=4,
        personal_data=True,
        owner=owner,
        rto=4,
        rpo=1,
    )
    return customers, payment
