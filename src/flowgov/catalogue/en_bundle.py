"""What an evidence bundle says of itself, in English."""

MESSAGES = {
    "bundle.readme": """\
EVIDENCE BUNDLE

This file holds records of the audit log {log}, up to its checkpoint of {size} records.
It was made at {made} by flowgov.
It can be checked by anybody, without flowgov and without the database it comes from.

How to check it

    python verify.py FILE --key VKEY

FILE is the bundle as you received it; it need not be unpacked.
verify.py is in it; unpack it, and read it before you run it: it is made to be read.
A forged bundle can bring a forged verify.py along: take the program from a place you trust, or from an earlier bundle.
VKEY is the log's key. Have it from somebody you trust, not from this bundle: without it, the bundle only vouches for itself.
With --witness VKEY you name witnesses whose word you take.

Python 3.9 or later is needed and, for the signatures, the Python package cryptography or the command openssl.
The answer is 0 if everything holds, 1 if something does not, 2 if it could not be verified.

What is in it

    records.jsonl        the records, one a line, exactly as they were hashed
    texts.jsonl          names, titles and reasons kept beside the records, as far as they are disclosed
    checkpoint           the newest signed statement of how many records the log has and what they are
    checkpoints/         every one before it
    proofs.jsonl         that each record is in the log, where the bundle does not hold the whole log
    consistency.jsonl    that each checkpoint continues the one before it, likewise
    workflows/           the rules that were in force, by their hash
    evidence/            documents, by their hash, if they were asked for
    anchors/             copies of time stamps and of checkpoints kept elsewhere
    manifest.json        the size and hash of every file

People are random ids unless their names were asked for; a text that is not here was redacted, or is withheld from this bundle.
The check does not show that the rules were kept, nor that what was recorded was true.""",
}
