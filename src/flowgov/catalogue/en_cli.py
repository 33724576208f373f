"""What the command line says, in English."""

MESSAGES = {
    "cli.pair": "{label}: {value}",
    "cli.error": "Error:",
    "cli.interrupted": "Interrupted; what was not finished was not done.",
    "cli.unwritten": "The answer could not be written: {why}.",
    "cli.unwritten.hint": "What was asked may be done all the same; look with: flowgov audit log --last 1",
    "cli.bug": "This is a bug in flowgov ({name}).",
    "cli.bug.hint": "Nothing was half done. Please report it with the lines below.",
    "cli.yes": "yes",
    "cli.no": "no",
    "cli.everywhere": "everywhere",
    "cli.redacted": "(redacted)",
    "cli.sure": "This cannot be undone. Type 'yes' to go on",
    "cli.sure.yes": "y yes",
    "cli.role.administrator": "Administrator",
    "cli.ask.organisation": "Name of the organisation",
    "cli.ask.admin": "Login of the first administrator",
    "cli.ask.name": "Full name of the first administrator",
    "cli.init.done": "{organisation} is ready. Administrator: {administrator}.",
    "cli.init.files": "Settings: {path}. Workflows: {workflows}.",
    "cli.init.next": (
        "Next:\n"
        "  flowgov people add LOGIN --name NAME --as {login}\n"
        "  flowgov role grant ROLE LOGIN --as {login}\n"
        "  flowgov open KEY --workflow pme-light --title TITLE --as LOGIN"
    ),
    "cli.init.settings": (
        "# flowgov's settings, found by every command run in this folder or below it.\n"
        "database = {url}  # a relative SQLite path starts from this folder\n"
        "organisation = {organisation}\n"
        'language = "{lang}"\n'
        "\n"
        "[evidence]\n"
        'store = "evidence"   # where --store keeps copies\n'
        "largest = 104857600  # bytes\n"
        "\n"
        "[identity]\n"
        "# trusted: the name given with --as is believed, and every record says so.\n"
        "# system: people are their operating-system users, named under [identity.users].\n"
        'mode = "trusted"\n'
        "\n"
        "[audit]\n"
        "# vault: the folder of the signing key, outside the database; by default in your own data.\n"
        "{chosen}\n"
        "# anchors: where signed checkpoints go: files, folders, git:FOLDER, tsa:URL, https://…\n"
        "anchors = []\n"
        "\n"
        "[identity.users]\n"
        '# unixlogin = "login"\n'
    ),
    "cli.db.unchanged": "The schema is up to date ({after}).",
    "cli.db.upgraded": "The schema went from {before} to {after}.",
    "cli.db.organisation": "Organisation:",
    "cli.db.schema": "Schema:",
    "cli.db.projects": "Projects:",
    "cli.db.workflows": "Workflows:",
    "cli.db.database": "Database:",
    "cli.grants.head": (
        "The rights that flowgov needs on PostgreSQL, and no others. Schema {schema}.\n"
        "To be run by the owner of the tables, or a superuser:\n"
        "  psql -v ON_ERROR_STOP=1 -f grants.sql DATABASE\n"
        "It can be run again, and must be after every 'flowgov db upgrade'.\n"
        "On PostgreSQL 14 and older, also take from everybody the right to create objects where the tables are:\n"
        "  REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"
        "The roles must be there. Whoever may create roles makes them once, with passwords or certificates of theirs:"
    ),
    "cli.grants.begin": "All of it, or nothing.",
    "cli.grants.schema": "The roles find the tables; their owner can add others when the schema is upgraded.",
    "cli.grants.owner": "Tables and functions go to a role that nobody logs in as.",
    "cli.grants.nobody": "Nobody else may do anything, and nothing is left of what was granted before.",
    "cli.grants.application": "The application adds records; it cannot change or delete them.",
    "cli.grants.auditor": "The auditor reads.",
    "cli.grants.check": "Neither may do more than that by what it is, or by a role it belongs to; else all of it is undone.",
    "cli.grants.end": "Done.",
    "cli.grants.next": "Nothing was changed: this is SQL for the owner of the tables to read and run.",
    "cli.open.done": "{key} is open: {state}, version {version}.",
    "cli.move.done": "{key} is now: {state}, version {version}.",
    "cli.move.exception": "Relied on the exception {name}.",
    "cli.move.told": "Warning: {what}",
    "cli.move.warning": "Warning: departs from the rule '{rule}'; the log says so.",
    "cli.next": "Next:",
    "cli.why.allowed": "allowed for {person}",
    "cli.why.blocked": "blocked for {person}",
    "cli.why.departure": "departs from '{rule}' by {by}",
    "cli.why.ended": "{key} has come to its end: no transition starts here.",
    "cli.approve.done": "{person} approved '{transition}' for {key} as '{role}'.",
    "cli.approve.withdrawn": "{person} took back the approval of '{transition}' for {key}.",
    "cli.list.none": "No project fits.",
    "cli.list.hidden": "{count} closed projects are not shown; see them with --all.",
    "cli.show.steps": "Steps",
    "cli.show.owners": "Who",
    "cli.show.next": "What can happen next",
    "cli.show.nobody": "nobody",
    "cli.show.archived": "Its records were moved to an archive (organisation's record {record}).",
    "cli.show.complete": "Nothing is missing.",
    "cli.show.evidence": "Evidence",
    "cli.show.approvals": "Approvals",
    "cli.show.exceptions": "Exceptions",
    "cli.show.withdrawn": "withdrawn",
    "cli.todo.none": "Nothing waits.",
    "cli.todo.since": "since {since}",
    "cli.deed.move": "to move",
    "cli.deed.approve": "to approve",
    "cli.people.added": "{login} is known: {name}.",
    "cli.people.ask": "The identity card of {login} will be erased for ever.",
    "cli.people.erased": "The identity card of {login} is erased; the log knows {pseudonym}.",
    "cli.role.granted": "{person} holds '{role}' ({where}).",
    "cli.role.revoked": "{person} no longer holds '{role}' ({where}).",
    "cli.role.none": "Nobody holds such a role.",
    "cli.evidence.added": "'{kind}' is now on {key}: {label}.",
    "cli.evidence.hash": "SHA-256 {sha256}, {size} bytes.",
    "cli.evidence.none": "Nothing lies on {key} yet.",
    "cli.exception.added": "{name}: {person} may depart from {rules} on {key}.",
    "cli.exception.none": "There is no exception.",
    "cli.workflow.good": "{workflow} is in order (SHA-256 {sha256}).",
    "cli.workflow.registered": "{workflow} is registered (SHA-256 {sha256}).",
    "cli.log.none": "No record fits.",
    "cli.log.text.title": "title",
    "cli.log.text.objective": "objective",
    "cli.log.text.reason": "reason",
    "cli.log.text.comment": "comment",
    "cli.log.text.label": "document",
    "cli.log.text.login": "login",
    "cli.log.text.name": "name",
    "cli.log.text.email": "e-mail",
    "cli.log.text.compensating": "compensating control",
    "cli.log.refused": "REFUSED",
    "cli.verify.progress": "Verifying",
    "cli.verify.first": "The first record that breaks: {finding}",
    "cli.verify.too_little": "This is {level}; you asked for {asked} at least. Name what vouches for the log: --trust VKEY, --anchor PLACE, --witness VKEY",
    "cli.verify.level": "{level}",
    "cli.checkpoint.done": "Checkpoint of {size} records, root {root}.",
    "cli.checkpoint.anchored": "Anchored in {place}: {locator}",
    "cli.prove.written": "The proof of record {seq} of {key} is written to {path}.",
    "cli.export.done": "The bundle is written to {path}; it covers {size} records.",
    "cli.export.next": "Anybody checks it with: unzip -p {path} verify.py > verify.py && python verify.py {path} --key VKEY",
    "cli.archive.ask": "Delete the records of every project that ended by {until} from the database, once they are in {path}?",
    "cli.archive.done": "Archived in {path}: {projects}.",
    "cli.archive.next": "Keep the file as long as its records must be shown; verify with it: flowgov audit verify --archive {path}",
    "cli.cosign.done": "Checkpoint of {size} records: new cosignatures {new}.",
    "cli.key.none": "No key signs this log. Make one with: flowgov audit key new",
    "cli.key.made": "Verifier key of the log: {key}",
    "cli.key.vault": "The signing key is in {path}",
    "cli.key.rotated": "The new key has taken over, confirmed by the old one: {key}",
    "cli.key.replaced": "The new key has taken over: {key}",
    "cli.key.next": "Give the new verifier key to everybody who keeps the old one, and take a checkpoint to every anchor: flowgov audit anchor",
    "cli.init.no_key": 'No signing key was made: that needs an extra, pip install "flowgov[sign]". Then: flowgov audit key new',
    "cli.init.vault": "vault = {vault}",
    "cli.init.no_vault": '# vault = "/elsewhere/vault"',
    "cli.redact.ask": "The text '{field}' of {record} will be removed for ever.",
    "cli.redact.done": "The text '{field}' of {record} is gone; the log says so.",
    "cli.report.progress": "Reading the log",
    "cli.report.written": "Report written to {path}.",
    "cli.head.person": "Person",
    "cli.head.project": "Project",
    "cli.head.title": "Title",
    "cli.head.since": "Since",
    "cli.head.stage": "Stage",
    "cli.head.state": "State",
    "cli.head.workflow": "Workflow",
    "cli.head.cycle": "Cycle",
    "cli.head.version": "Version",
    "cli.head.creator": "Opened by",
    "cli.head.personal_data": "Personal data",
    "cli.head.login": "Login",
    "cli.head.name": "Name",
    "cli.head.email": "E-mail",
    "cli.head.role": "Role",
    "cli.head.from": "From",
    "cli.head.until": "Until",
    "cli.head.granted_by": "Granted by",
    "cli.head.kind": "Kind",
    "cli.head.document": "Document",
    "cli.head.size": "Bytes",
    "cli.head.sha256": "SHA-256",
    "cli.head.exception": "Exception",
    "cli.head.rules": "Rules",
    "cli.head.approved_by": "Approved by",
    "cli.head.compensating": "Compensating control",
    "cli.head.separation": "Separation of duties",
    "cli.head.states": "States",
    "cli.head.transitions": "Transitions",
    "cli.head.roles": "Roles",
    "cli.head.evidence": "Evidence",
    "cli.stage.need_expressed": "Need",
    "cli.stage.business_validated": "Validation",
    "cli.stage.technically_designed": "Design",
    "cli.stage.secured": "Security",
    "cli.stage.deployed": "Deployment",
    "cli.stage.reviewed": "Review",
    "cli.stage.none": "Off the path",
    "cli.separation.block": "a departure is refused",
    "cli.separation.exception": "a departure takes a recorded exception",
    "cli.separation.warn": "a departure is allowed and shown",
    "cli.when.personal_data": "personal data",
    "cli.demand.fire": "by:",
    "cli.demand.approvals": "approvals:",
    "cli.demand.evidence": "evidence:",
    "cli.demand.distinct_from": "by somebody else than:",
    "cli.demand.guards": "guards:",
    "cli.demand.reason": "reason required",
}
