"""Mauvais emploi de la ligne de commande, en français."""

MESSAGES = {
    "usage.no_such_command": "Il n'y a pas de commande « {name} ».",
    "usage.no_such_option": "Il n'y a pas d'option « {name} ».",
    "usage.missing": "Il manque {name}.",
    "usage.bad_choice": "{name} est l'un de : {choices}.",
    "usage.bad_value": "La valeur de {name} n'est pas utilisable : {why}",
    "usage.bad_number": "{name} doit être un nombre entier, au moins {least}.",
    "usage.bad_option": "L'option {name} ne s'emploie pas ainsi.",
    "usage.no_command": "« {name} » demande une commande.",
    "usage.extra_words": "La ligne de commande n'est pas comprise : {why}",
    "usage.hint": "Voyez : {command}",
}
