"""Ce qu'un dossier de preuves dit de lui-même, en français."""

MESSAGES = {
    "bundle.readme": """\
DOSSIER DE PREUVES

Ce fichier contient des enregistrements du journal d'audit {log}, jusqu'à son point de contrôle de {size} enregistrements.
Il a été établi le {made} par flowgov.
Chacun peut le vérifier, sans flowgov et sans la base de données dont il provient.

Comment le vérifier

    python verify.py FICHIER --key CLÉ

FICHIER est le dossier de preuves tel que vous l'avez reçu ; il n'est pas nécessaire de le décompresser.
verify.py s'y trouve ; extrayez-le, et lisez-le avant de le lancer : il est fait pour être lu.
Un faux dossier peut apporter un faux verify.py : prenez le programme en un lieu sûr, ou dans un dossier antérieur.
CLÉ est la clé du journal. Obtenez-la d'une personne de confiance, non de ce dossier : sans elle, il ne répond que de lui-même.
Avec --witness CLÉ, vous nommez les témoins auxquels vous vous fiez.

Il faut Python 3.9 ou plus récent et, pour les signatures, le module Python cryptography ou la commande openssl.
La réponse est 0 si tout est intègre, 1 si quelque chose ne l'est pas, 2 si la vérification n'a pas pu se faire.

Ce qu'il contient

    records.jsonl        les enregistrements, un par ligne, exactement tels qu'ils ont été hachés
    texts.jsonl          noms, titres et motifs conservés à côté des enregistrements, pour autant qu'ils sont communiqués
    checkpoint           la dernière déclaration signée du nombre d'enregistrements du journal et de leur contenu
    checkpoints/         toutes les déclarations précédentes
    proofs.jsonl         que chaque enregistrement est dans le journal, si celui-ci n'est pas là en entier
    consistency.jsonl    que chaque point de contrôle prolonge le précédent, de même
    workflows/           les règles en vigueur, par leur empreinte
    evidence/            les documents, par leur empreinte, s'ils ont été demandés
    anchors/             copies d'horodatages et de points de contrôle conservés ailleurs
    manifest.json        la taille et l'empreinte de chaque fichier

Les personnes sont des identifiants aléatoires, à moins que leurs noms n'aient été demandés ; un texte absent a été effacé, ou n'est pas communiqué ici.
La vérification ne montre pas que les règles ont été suivies, ni que ce qui a été enregistré était vrai.""",
}
