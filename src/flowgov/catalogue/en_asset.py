"""Every sentence about assets, in English."""

MESSAGES = {
    "error.not_found.asset": "There is no asset '{name}'.",
    "error.not_found.asset.hint": "See all assets with: flowgov asset list",
}
