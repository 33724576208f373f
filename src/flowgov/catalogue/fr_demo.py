"""La démonstration, en français."""

MESSAGES = {
    "demo.begin": "{organisation} : {people} personnes, six projets, une année ; chaque pas passe par le vrai moteur.",
    "demo.replaying": "L'année se rejoue",
    "demo.settings": '# Écrit par flowgov demo.\ndatabase = "sqlite:///{database}"\norganisation = "Maison Tallec SAS"\n\n[identity]\nmode = "trusted"\n\n[audit]\nvault = "{vault}"  # en vrai : pas à côté de la base\nanchors = ["{anchors}/"]  # en vrai : hors de portée de son administrateur\n',
    "demo.board": "Où en sont les projets, et que signalent leurs rôles, leur rythme et leurs risques ?",
    "demo.todo": "Qu'est-ce qui attend qui ?",
    "demo.refusal": "Pourquoi le projet de paiement ne peut-il pas être homologué ?",
    "demo.matrix": "Quels risques porte le projet de paiement ?",
    "demo.assets": "De quoi l'entreprise dépend-elle, et sa restauration a-t-elle été testée ?",
    "demo.due": "Qu'est-ce qui échoit dans les 30 jours, ou est en retard ?",
    "demo.agenda": "Que doit regarder sa prochaine réunion ?",
    "demo.key": "Qui signe le journal ?",
    "demo.checkpoint": "Le signer tel qu'il est, et déposer le point de contrôle ailleurs.",
    "demo.export": "Le projet de paiement, pour quelqu'un qui n'a ni flowgov ni la base.",
    "demo.verify": "Le journal d'audit tient-il ?",
    "demo.report.en": "L'année pour un auditeur, en anglais.",
    "demo.report.fr": "L'année pour un auditeur, en français.",
    "demo.altered": "Un octet de l'enregistrement {record} est maintenant changé dans une copie de la base, {file}, comme son propriétaire le pourrait.",
    "demo.verify_altered": "La copie altérée tient-elle ?",
    "demo.reports": "Les rapports d'audit :",
    "demo.end": "Continuez d'ici : cd {folder} && flowgov list",
}
