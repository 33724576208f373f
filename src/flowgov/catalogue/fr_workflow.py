"""Français : les erreurs des définitions de workflow."""

MESSAGES = {
    "workflow.line": "{source}:{line}:{column}: {message} ; {hint}",
    "workflow.did_you_mean": "vouliez-vous dire {suggestions} ?",
    # le fichier
    "workflow.no_such_file": "ce fichier n'existe pas",
    "workflow.no_such_file.hint": "vérifiez le nom et le dossier",
    "workflow.not_a_file": "ceci n'est pas un fichier ordinaire",
    "workflow.not_a_file.hint": "indiquez un fichier YAML, et non un dossier, un périphérique ou un tube",
    "workflow.unreadable_file": "le fichier ne peut pas être lu ({detail})",
    "workflow.unreadable_file.hint": "vérifiez les droits d'accès",
    "workflow.too_large": "le fichier dépasse {limit} Kio",
    "workflow.too_large.hint": "une définition tient en quelques kilo-octets ; vérifiez que c'est le bon "
    "fichier",
    "workflow.not_utf8": "l'octet {byte} n'est pas du texte UTF-8",
    "workflow.not_utf8.hint": "enregistrez le fichier en UTF-8",
    "workflow.unreadable_character": "le caractère {character} est interdit en YAML",
    "workflow.unreadable_character.hint": "supprimez-le ; il vient peut-être d'un copier-coller",
    "workflow.empty_file": "le fichier ne définit rien",
    "workflow.empty_file.hint": "partez d'une définition livrée : 'flowgov workflow show standard'",
    # YAML
    "workflow.not_yaml": "ce n'est pas du YAML valide ({detail})",
    "workflow.not_yaml.hint": "vérifiez l'indentation, les deux-points, les guillemets et les crochets de "
    "cette ligne et de la précédente",
    "workflow.too_deep": "les valeurs sont imbriquées sur plus de {limit} niveaux",
    "workflow.too_deep.hint": "une définition en demande cinq ; supprimez des crochets ou de l'indentation",
    "workflow.directive": "les directives YAML (%YAML, %TAG) sont interdites",
    "workflow.directive.hint": "supprimez la directive ; une définition est toujours en YAML 1.2",
    "workflow.several_documents": "un deuxième document commence ici",
    "workflow.several_documents.hint": "gardez une seule définition par fichier",
    "workflow.anchor": "l'ancre '&{name}' est interdite",
    "workflow.anchor.hint": "supprimez-la et écrivez la valeur partout où elle sert",
    "workflow.alias": "l'alias '*{name}' est interdit",
    "workflow.alias.hint": "écrivez la valeur elle-même",
    "workflow.tag": "l'étiquette YAML '{name}' est interdite",
    "workflow.tag.hint": "supprimez-la ; mettez la valeur entre guillemets si c'est du texte",
    "workflow.key_not_text": "la clé '{key}' n'est pas du texte",
    "workflow.key_not_text.hint": "utilisez un mot simple comme clé",
    "workflow.duplicate_key": "la clé '{name}' est écrite deux fois ; d'abord ligne {line}, colonne {column}",
    "workflow.duplicate_key.hint": "gardez l'une des deux",
    "workflow.duplicate_role": "le rôle '{name}' est déclaré deux fois ; d'abord ligne {line}, colonne "
    "{column}",
    "workflow.duplicate_role.hint": "renommez ou supprimez l'un des deux",
    "workflow.duplicate_evidence": "le type de pièce '{name}' est déclaré deux fois ; d'abord ligne {line}, "
    "colonne {column}",
    "workflow.duplicate_evidence.hint": "renommez ou supprimez l'un des deux",
    "workflow.duplicate_state": "l'état '{name}' est déclaré deux fois ; d'abord ligne {line}, colonne "
    "{column}",
    "workflow.duplicate_state.hint": "renommez ou supprimez l'un des deux",
    "workflow.duplicate_transition": "la transition '{name}' est déclarée deux fois ; d'abord ligne {line}, "
    "colonne {column}",
    "workflow.duplicate_transition.hint": "renommez ou supprimez l'une des deux",
    # forme
    "workflow.unknown_key": "la clé '{key}' est inconnue ici",
    "workflow.unknown_key.hint": "supprimez-la ; 'flowgov workflow schema' donne la liste des clés",
    "workflow.missing_key": "la clé '{key}' manque ici",
    "workflow.missing_key.hint": "ajoutez-la ; 'flowgov workflow schema' dit ce qu'elle contient",
    "workflow.missing_label": "le libellé '{key}' de '{where}' manque ou est vide",
    "workflow.missing_label.hint": "donnez un libellé dans les deux langues, en et fr",
    "workflow.label_too_long": "le libellé '{key}' de '{where}' dépasse {limit} caractères",
    "workflow.label_too_long.hint": "raccourcissez-le",
    "workflow.label_character": "le libellé '{key}' de '{where}' contient le caractère {character}, "
    "invisible ou qui change l'affichage du texte",
    "workflow.label_character.hint": "supprimez ce caractère",
    "workflow.not_text": "'{key}' doit être du texte, et non '{value}'",
    "workflow.not_text.hint": "mettez la valeur entre guillemets",
    "workflow.not_a_list": "'{key}' doit être une liste",
    "workflow.not_a_list.hint": "mettez la valeur entre crochets, comme [un, deux]",
    "workflow.not_a_mapping": "'{key}' doit être un groupe de clés et de valeurs",
    "workflow.not_a_mapping.hint": "écrivez des lignes 'clé: valeur' en dessous, ou {{clé: valeur}}",
    "workflow.not_a_number": "'{key}' doit être un nombre entier, et non '{value}'",
    "workflow.not_a_number.hint": "écrivez seulement des chiffres, sans guillemets",
    "workflow.not_true_or_false": "'{key}' doit valoir true ou false, et non '{value}'",
    "workflow.not_true_or_false.hint": "écrivez true ou false, sans guillemets",
    "workflow.number_out_of_range": "'{key}' doit être compris entre 1 et {limit}",
    "workflow.number_out_of_range.hint": "choisissez un nombre de personnes dans cet intervalle",
    "workflow.wrong_value": "'{key}' ne peut pas valoir '{value}'",
    "workflow.wrong_value.hint": "choisissez parmi : {choices}",
    "workflow.empty_list": "'{key}' est vide",
    "workflow.empty_list.hint": "ajoutez au moins un élément",
    "workflow.too_many_entries": "'{key}' compte plus de {limit} éléments",
    "workflow.too_many_entries.hint": "partagez la définition, ou supprimez ce qui est inutile",
    "workflow.bad_id": "'{value}' ne peut pas être un identifiant",
    "workflow.bad_id.hint": "utilisez des minuscules sans accent, des chiffres et des tirets bas, en "
    "commençant par une lettre, {limit} caractères au plus",
    "workflow.bad_workflow_id": "'{value}' ne peut pas être l'identifiant d'un workflow",
    "workflow.bad_workflow_id.hint": "utilisez des minuscules sans accent, des chiffres et des traits "
    "d'union, en commençant par une lettre, {limit} caractères au plus",
    "workflow.bad_version": "'{value}' n'est pas une version",
    "workflow.bad_version.hint": "écrivez trois nombres, comme 1.0.0",
    "workflow.too_many_mistakes": "il reste {more} autres erreurs",
    "workflow.too_many_mistakes.hint": "corrigez celles qui précèdent, puis vérifiez à nouveau",
    # sens
    "workflow.undefined_state": "la transition '{transition}' mentionne l'état '{name}', qui n'est pas "
    "déclaré",
    "workflow.undefined_state.hint": "déclarez-le sous states",
    "workflow.undefined_role": "la transition '{transition}' mentionne le rôle '{name}', qui n'est pas "
    "déclaré",
    "workflow.undefined_role.hint": "déclarez-le sous roles",
    "workflow.undefined_evidence": "la transition '{transition}' demande la pièce '{name}', "
    "qui n'est pas déclarée",
    "workflow.undefined_evidence.hint": "déclarez-la sous evidence",
    "workflow.undefined_transition": "la transition '{transition}' est séparée de '{name}', "
    "qui n'est pas une transition",
    "workflow.undefined_transition.hint": "nommez une transition de ce fichier, ou $creator",
    "workflow.undefined_guard": "la transition '{transition}' nomme le contrôle '{name}', "
    "qui n'est pas enregistré",
    "workflow.undefined_guard.hint": "nommez un contrôle fourni, ou enregistrez le vôtre à l'ouverture du "
    "moteur",
    "workflow.repeated_item": "la transition '{transition}' cite deux fois '{name}' dans '{key}'",
    "workflow.repeated_item.hint": "gardez l'un des deux",
    "workflow.no_role": "personne ne peut faire '{where}' : aucun rôle dans 'fire'",
    "workflow.no_role.hint": "ajoutez 'fire' avec au moins un rôle",
    "workflow.reserved_role": "le rôle '{name}' appartient à l'organisation",
    "workflow.reserved_role.hint": "choisissez un autre nom ; un administrateur n'a aucun passe-droit à un "
    "jalon",
    "workflow.reader_acts": "la transition '{transition}' compte sur le rôle '{name}', qui ne fait que lire",
    "workflow.reader_acts.hint": "choisissez un autre rôle, ou retirez 'acts: false' de celui-ci",
    "workflow.own_gate": "la transition '{transition}' se nomme elle-même dans 'distinct_from'",
    "workflow.own_gate.hint": "nommez les transitions antérieures dont l'auteur doit être quelqu'un d'autre",
    "workflow.break_glass_reason": "la transition '{transition}' permet un bris de glace sans motif",
    "workflow.break_glass_reason.hint": "ajoutez 'reason: required'",
    "workflow.suspends_nowhere": "la transition '{transition}' suspend, mais '{name}' n'est pas un état "
    "suspendu",
    "workflow.suspends_nowhere.hint": "menez à un état qui porte 'kind: suspended'",
    "workflow.resumes_nothing": "la transition '{transition}' reprend, mais '{name}' n'est pas un état "
    "suspendu",
    "workflow.resumes_nothing.hint": "partez d'un état qui porte 'kind: suspended'",
    "workflow.reopens_nothing": "la transition '{transition}' rouvre, mais '{name}' n'est pas un état final",
    "workflow.reopens_nothing.hint": "partez d'un état final, ou choisissez une autre sorte, comme rework",
    "workflow.previous_without_suspension": "la transition '{transition}' revient à $previous depuis "
    "'{name}', qui n'est pas un état suspendu",
    "workflow.previous_without_suspension.hint": "nommez l'état d'arrivée, ou faites de '{name}' un état "
    "suspendu",
    "workflow.suspended_twice": "la transition '{transition}' mène de l'état suspendu '{name}' "
    "à un état suspendu",
    "workflow.suspended_twice.hint": "reprenez d'abord : un seul état précédent est retenu",
    "workflow.no_initial_state": "aucun état n'est initial",
    "workflow.no_initial_state.hint": "donnez 'kind: initial' à l'état où commencent les projets",
    "workflow.several_initial_states": "l'état '{name}' est initial, et '{first}' aussi",
    "workflow.several_initial_states.hint": "gardez 'kind: initial' sur un seul état",
    "workflow.unused_evidence": "aucune transition ne demande la pièce '{name}'",
    "workflow.unused_evidence.hint": "demandez-la quelque part, ou supprimez-la",
    "workflow.unreachable_state": "l'état '{name}' ne peut pas être atteint depuis l'état initial",
    "workflow.unreachable_state.hint": "ajoutez une transition qui y mène, ou supprimez-le",
    "workflow.dead_end_state": "l'état '{name}' ne peut pas être quitté et n'est pas final",
    "workflow.dead_end_state.hint": "ajoutez une transition qui en part, ou donnez-lui 'kind: final'",
}
