"""The demonstration, in English."""

MESSAGES = {
    "demo.begin": "{organisation}: {people} people, six projects, one year; every step goes through the real engine.",
    "demo.replaying": "Replaying the year",
    "demo.settings": '# Written by flowgov demo.\ndatabase = "sqlite:///{database}"\norganisation = "Maison Tallec SAS"\n\n[identity]\nmode = "trusted"\n\n[audit]\nvault = "{vault}"  # in earnest: not beside the database\nanchors = ["{anchors}/"]  # in earnest: where its administrator cannot reach\n',
    "demo.board": "Where do the projects stand, and what do their roles, rhythm and risks signal?",
    "demo.todo": "What waits for whom?",
    "demo.refusal": "Why may the payment project not be authorised?",
    "demo.matrix": "Which risks does the payment project carry?",
    "demo.assets": "What does the company depend on, and was restoring it ever tested?",
    "demo.due": "What is due in the next 30 days, or late?",
    "demo.agenda": "What does its next meeting have to look at?",
    "demo.key": "Who signs the log?",
    "demo.checkpoint": "Sign it as it stands, and put the checkpoint elsewhere.",
    "demo.export": "The payment project, for somebody who has neither flowgov nor the database.",
    "demo.verify": "Does the audit log hold?",
    "demo.report.en": "The year for an auditor, in English.",
    "demo.report.fr": "The year for an auditor, in French.",
    "demo.altered": "Now one byte of record {record} is changed in a copy of the database, {file}, as its owner could.",
    "demo.verify_altered": "Does the altered copy hold?",
    "demo.reports": "The audit reports:",
    "demo.end": "Go on from here: cd {folder} && flowgov list",
}
