"""Every sentence about assets, in French."""

MESSAGES = {
    "error.not_found.asset": "Il n'y a pas d'actif « {name} ».",
    "error.not_found.asset.hint": "Voir tous les actifs : flowgov asset list",
}
