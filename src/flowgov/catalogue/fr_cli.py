"""Ce que dit la ligne de commande, en français."""

MESSAGES = {
    "cli.pair": "{label} : {value}",
    "cli.error": "Erreur :",
    "cli.interrupted": "Interrompu ; ce qui n'était pas fini n'est pas fait.",
    "cli.unwritten": "La réponse n'a pas pu être écrite : {why}.",
    "cli.unwritten.hint": "Ce qui était demandé est peut-être fait ; regardez avec : flowgov audit log --last 1",
    "cli.bug": "Ceci est un défaut de flowgov ({name}).",
    "cli.bug.hint": "Rien n'est à moitié fait. Merci de le signaler avec les lignes ci-dessous.",
    "cli.yes": "oui",
    "cli.no": "non",
    "cli.everywhere": "partout",
    "cli.redacted": "(expurgé)",
    "cli.sure": "C'est irrévocable. Tapez « oui » pour continuer",
    "cli.sure.yes": "o oui y yes",
    "cli.role.administrator": "Administrateur",
    "cli.ask.organisation": "Nom de l'organisation",
    "cli.ask.admin": "Identifiant du premier administrateur",
    "cli.ask.name": "Nom complet du premier administrateur",
    "cli.init.done": "{organisation} est prête. Administrateur : {administrator}.",
    "cli.init.files": "Réglages : {path}. Workflows : {workflows}.",
    "cli.init.next": (
        "Ensuite :\n"
        "  flowgov people add IDENTIFIANT --name NOM --as {login}\n"
        "  flowgov role grant RÔLE IDENTIFIANT --as {login}\n"
        "  flowgov open CLÉ --workflow pme-light --title TITRE --as IDENTIFIANT"
    ),
    "cli.init.settings": (
        "# Réglages de flowgov, trouvés par toute commande lancée dans ce dossier ou en dessous.\n"
        "database = {url}  # un chemin SQLite relatif part de ce dossier\n"
        "organisation = {organisation}\n"
        'language = "{lang}"\n'
        "\n"
        "[evidence]\n"
        'store = "evidence"   # où --store garde les copies\n'
        "largest = 104857600  # octets\n"
        "\n"
        "[identity]\n"
        "# trusted : le nom donné avec --as est cru, et chaque enregistrement le dit.\n"
        "# system : chacun est son compte système, nommé sous [identity.users].\n"
        'mode = "trusted"\n'
        "\n"
        "[audit]\n"
        "# vault : le dossier de la clé de signature, hors de la base ; par défaut dans vos propres données.\n"
        "{chosen}\n"
        "# anchors : où déposer les points de contrôle : fichiers, dossiers, git:DOSSIER, tsa:URL, https://…\n"
        "anchors = []\n"
        "\n"
        "[identity.users]\n"
        '# compte = "identifiant"\n'
    ),
    "cli.db.unchanged": "Le schéma est à jour ({after}).",
    "cli.db.upgraded": "Le schéma est passé de {before} à {after}.",
    "cli.db.organisation": "Organisation :",
    "cli.db.schema": "Schéma :",
    "cli.db.projects": "Projets :",
    "cli.db.workflows": "Workflows :",
    "cli.db.database": "Base :",
    "cli.grants.head": (
        "Les droits dont flowgov a besoin sur PostgreSQL, et aucun autre. Schéma {schema}.\n"
        "À exécuter par le propriétaire des tables, ou un superutilisateur :\n"
        "  psql -v ON_ERROR_STOP=1 -f grants.sql BASE\n"
        "Peut être rejoué, et doit l'être après chaque « flowgov db upgrade ».\n"
        "Avec PostgreSQL 14 et avant, retirez aussi à tous le droit de créer des objets là où sont les tables :\n"
        "  REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"
        "Les rôles doivent exister. Qui peut créer des rôles les crée une fois, avec leurs mots de passe ou certificats :"
    ),
    "cli.grants.begin": "Tout, ou rien.",
    "cli.grants.schema": "Les rôles trouvent les tables ; leur propriétaire pourra en ajouter lors des mises à jour du schéma.",
    "cli.grants.owner": "Tables et fonctions vont à un rôle sous lequel personne ne se connecte.",
    "cli.grants.nobody": "Personne d'autre n'a de droit, et rien ne reste de ce qui avait été accordé.",
    "cli.grants.application": "L'application ajoute des enregistrements ; elle ne peut ni les changer ni les supprimer.",
    "cli.grants.auditor": "L'auditeur lit.",
    "cli.grants.check": "Aucun des deux ne peut davantage par ce qu'il est ou par un rôle dont il est membre ; sinon, tout est annulé.",
    "cli.grants.end": "Terminé.",
    "cli.grants.next": "Rien n'a été changé : ce SQL est à lire et à exécuter par le propriétaire des tables.",
    "cli.open.done": "{key} est ouvert : {state}, version {version}.",
    "cli.move.done": "{key} est maintenant : {state}, version {version}.",
    "cli.move.exception": "S'appuie sur la dérogation {name}.",
    "cli.move.told": "Attention : {what}",
    "cli.move.warning": "Attention : déroge à la règle « {rule} » ; le journal le dit.",
    "cli.next": "Ensuite :",
    "cli.why.allowed": "permis pour {person}",
    "cli.why.blocked": "bloqué pour {person}",
    "cli.why.departure": "déroge à « {rule} » par {by}",
    "cli.why.ended": "{key} est arrivé à son terme : aucune transition n'en part.",
    "cli.approve.done": "{person} a approuvé « {transition} » pour {key} en tant que « {role} ».",
    "cli.approve.withdrawn": "{person} a retiré l'approbation de « {transition} » pour {key}.",
    "cli.list.none": "Aucun projet ne correspond.",
    "cli.list.hidden": "{count} projets clos ne sont pas montrés ; voyez-les avec --all.",
    "cli.show.steps": "Étapes",
    "cli.show.owners": "Qui",
    "cli.show.next": "Ce qui peut suivre",
    "cli.show.nobody": "personne",
    "cli.show.archived": "Ses enregistrements sont partis dans une archive (enregistrement {record} de l'organisation).",
    "cli.show.complete": "Il ne manque rien.",
    "cli.show.evidence": "Pièces",
    "cli.show.approvals": "Approbations",
    "cli.show.exceptions": "Dérogations",
    "cli.show.withdrawn": "retirée",
    "cli.todo.none": "Rien n'attend.",
    "cli.todo.since": "depuis le {since}",
    "cli.deed.move": "à franchir",
    "cli.deed.approve": "à approuver",
    "cli.people.added": "{login} est connu : {name}.",
    "cli.people.ask": "La fiche d'identité de {login} sera effacée pour toujours.",
    "cli.people.erased": "La fiche d'identité de {login} est effacée ; le journal connaît {pseudonym}.",
    "cli.role.granted": "{person} tient le rôle « {role} » ({where}).",
    "cli.role.revoked": "{person} ne tient plus le rôle « {role} » ({where}).",
    "cli.role.none": "Personne ne tient un tel rôle.",
    "cli.evidence.added": "« {kind} » est versée à {key} : {label}.",
    "cli.evidence.hash": "SHA-256 {sha256}, {size} octets.",
    "cli.evidence.none": "Rien n'est encore versé à {key}.",
    "cli.exception.added": "{name} : {person} peut déroger à {rules} sur {key}.",
    "cli.exception.none": "Il n'y a pas de dérogation.",
    "cli.workflow.good": "{workflow} est en ordre (SHA-256 {sha256}).",
    "cli.workflow.registered": "{workflow} est enregistré (SHA-256 {sha256}).",
    "cli.log.none": "Aucun enregistrement ne correspond.",
    "cli.log.text.title": "titre",
    "cli.log.text.objective": "objectif",
    "cli.log.text.reason": "motif",
    "cli.log.text.comment": "commentaire",
    "cli.log.text.label": "document",
    "cli.log.text.login": "identifiant",
    "cli.log.text.name": "nom",
    "cli.log.text.email": "courriel",
    "cli.log.text.compensating": "mesure compensatoire",
    "cli.log.refused": "REFUSÉ",
    "cli.verify.progress": "Vérification",
    "cli.verify.first": "Le premier enregistrement qui ne tient pas : {finding}",
    "cli.verify.too_little": "C'est {level} ; vous demandiez au moins {asked}. Nommez ce qui répond du journal : --trust VKEY, --anchor PLACE, --witness VKEY",
    "cli.verify.level": "{level}",
    "cli.checkpoint.done": "Point de contrôle de {size} enregistrements, racine {root}.",
    "cli.checkpoint.anchored": "Ancré dans {place} : {locator}",
    "cli.prove.written": "La preuve de l'enregistrement {seq} de {key} est écrite dans {path}.",
    "cli.export.done": "Le dossier de preuves est écrit dans {path} ; il couvre {size} enregistrements.",
    "cli.export.next": "N'importe qui le vérifie avec : unzip -p {path} verify.py > verify.py && python verify.py {path} --key VKEY",
    "cli.archive.ask": "Supprimer de la base les enregistrements de tous les projets terminés au {until}, une fois dans {path} ?",
    "cli.archive.done": "Archivés dans {path} : {projects}.",
    "cli.archive.next": "Gardez le fichier aussi longtemps que ses enregistrements doivent être montrés ; vérifiez avec lui : flowgov audit verify --archive {path}",
    "cli.cosign.done": "Point de contrôle de {size} enregistrements : nouvelles cosignatures {new}.",
    "cli.key.none": "Aucune clé ne signe ce journal. Créez-en une avec : flowgov audit key new",
    "cli.key.made": "Clé de vérification du journal : {key}",
    "cli.key.vault": "La clé de signature est dans {path}",
    "cli.key.rotated": "La nouvelle clé a pris la suite, confirmée par l'ancienne : {key}",
    "cli.key.replaced": "La nouvelle clé a pris la suite : {key}",
    "cli.key.next": "Remettez la nouvelle clé de vérification à tous ceux qui gardent l'ancienne, et déposez un point de contrôle à chaque ancrage : flowgov audit anchor",
    "cli.init.no_key": 'Aucune clé de signature n\'a été créée : il faut un complément, pip install "flowgov[sign]". Ensuite : flowgov audit key new',
    "cli.init.vault": "vault = {vault}",
    "cli.init.no_vault": '# vault = "/ailleurs/coffre"',
    "cli.redact.ask": "Le texte « {field} » de {record} sera supprimé pour toujours.",
    "cli.redact.done": "Le texte « {field} » de {record} est supprimé ; le journal le dit.",
    "cli.report.progress": "Lecture du journal",
    "cli.report.written": "Rapport écrit dans {path}.",
    "cli.head.person": "Personne",
    "cli.head.project": "Projet",
    "cli.head.title": "Titre",
    "cli.head.since": "Depuis",
    "cli.head.stage": "Étape",
    "cli.head.state": "État",
    "cli.head.workflow": "Workflow",
    "cli.head.cycle": "Cycle",
    "cli.head.version": "Version",
    "cli.head.creator": "Ouvert par",
    "cli.head.personal_data": "Données personnelles",
    "cli.head.login": "Identifiant",
    "cli.head.name": "Nom",
    "cli.head.email": "Courriel",
    "cli.head.role": "Rôle",
    "cli.head.from": "Du",
    "cli.head.until": "Au",
    "cli.head.granted_by": "Accordé par",
    "cli.head.kind": "Type",
    "cli.head.document": "Document",
    "cli.head.size": "Octets",
    "cli.head.sha256": "SHA-256",
    "cli.head.exception": "Dérogation",
    "cli.head.rules": "Règles",
    "cli.head.approved_by": "Approuvée par",
    "cli.head.compensating": "Mesure compensatoire",
    "cli.head.separation": "Séparation des tâches",
    "cli.head.states": "États",
    "cli.head.transitions": "Transitions",
    "cli.head.roles": "Rôles",
    "cli.head.evidence": "Pièces",
    "cli.stage.need_expressed": "Besoin",
    "cli.stage.business_validated": "Validation",
    "cli.stage.technically_designed": "Conception",
    "cli.stage.secured": "Sécurité",
    "cli.stage.deployed": "Déploiement",
    "cli.stage.reviewed": "Revue",
    "cli.stage.none": "Hors parcours",
    "cli.separation.block": "tout écart est refusé",
    "cli.separation.exception": "un écart demande une dérogation enregistrée",
    "cli.separation.warn": "un écart est permis et montré",
    "cli.when.personal_data": "données personnelles",
    "cli.demand.fire": "par :",
    "cli.demand.approvals": "approbations :",
    "cli.demand.evidence": "pièces :",
    "cli.demand.distinct_from": "par une autre personne que :",
    "cli.demand.guards": "contrôles :",
    "cli.demand.reason": "motif exigé",
}
