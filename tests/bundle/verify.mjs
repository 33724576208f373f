// A second verifier of evidence bundles, written from docs/bundle-format.md and from nothing else.
// It says {"exit", "level", "codes", "checked"}; what it says in sentences does not matter, what it finds does.
//
//     node verify.mjs BUNDLE [--key VKEY ...] [--witness VKEY ...]
//     node verify.mjs --many     (arguments as lists in JSON, one a line, from the standard input; a verdict a line)

import { createHash, createHmac, createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { crc32, inflateRawSync } from "node:zlib";

const MOST_UNPACKED = 2 ** 30, MOST_RATIO = 200, LONGEST_LINE = 2 ** 20, LARGEST_MANIFEST = 2 ** 26;
const STAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/;
const NAMES = [
  /^(README\.txt|verify\.py|checkpoint)$/, /^checkpoints\/[0-9]{12}\.note$/, /^(records|texts|proofs|consistency)\.jsonl$/,
  /^workflows\/[0-9a-f]{64}\.json$/, /^evidence\/[0-9a-f]{64}$/, /^anchors\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/,
];
const ALWAYS = ["README.txt", "verify.py", "checkpoint", "records.jsonl", "texts.jsonl"];
const PROOFS = ["proofs.jsonl", "consistency.jsonl"];
const NOT_VERIFIED = new Set(["SIGNATURES_UNCHECKED", "BUNDLE_UNREADABLE"]);

class Unreadable extends Error {}

let codes, checked;
const find = (code) => void codes.push(code);
const must = (holds, what) => { if (!holds) throw new Unreadable(what); };

// --- bytes, JSON, hashes ---

const sha256 = (...parts) => { const hash = createHash("sha256"); parts.forEach((part) => hash.update(part)); return hash.digest(); };
const leafHash = (body) => sha256(Buffer.from([0]), body);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function base64(text, length) {
  must(typeof text === "string", "base64 is text");
  const data = Buffer.from(text, "base64");
  must(data.toString("base64") === text && (length === undefined || data.length === length), `not base64: ${text}`);
  return data;
}

const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function written(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") { must(Number.isSafeInteger(value), "a number that is no integer"); return String(value); }
  if (typeof value === "string") { must(value.isWellFormed(), "a lone surrogate"); return JSON.stringify(value); }
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  return `{${Object.keys(value).sort(byCodePoint).map((key) => `${written(key)}:${written(value[key])}`).join(",")}}`;
}

function parsed(bytes) {
  const value = JSON.parse(decoder.decode(bytes));
  must(Buffer.from(written(value)).equals(bytes), "not canonical");
  return value;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function shaped(bytes, shape) {
  const value = parsed(bytes);
  must(isObject(value), "no object");
  must(Object.keys(value).sort().join() === Object.keys(shape).sort().join(), "other keys");
  for (const [key, kind] of Object.entries(shape)) must(kindOf(value[key]) === kind, `${key} is no ${kind}`);
  return value;
}

const kindOf = (value) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

// --- the ZIP (the central directory only; no ZIP64, which small bundles do not need) ---

function unzipped(path) {
  const raw = readFileSync(path);
  let end = raw.length - 22;
  while (end >= 0 && !(raw.readUInt32LE(end) === 0x06054b50 && end + 22 + raw.readUInt16LE(end + 20) === raw.length)) end -= 1;
  must(end >= 0, "no ZIP");
  const count = raw.readUInt16LE(end + 10), entries = [];
  const directory = raw.readUInt32LE(end + 16), length = raw.readUInt32LE(end + 12);
  must(directory + length === end, "the directory is not where it should be");
  let at = directory;
  for (let number = 0; number < count; number += 1) {
    must(raw.readUInt32LE(at) === 0x02014b50, "no entry");
    const sizes = [28, 30, 32].map((offset) => raw.readUInt16LE(at + offset));
    const name = raw.subarray(at + 46, at + 46 + sizes[0]);
    entries.push({
      name: name.toString("latin1"), flags: raw.readUInt16LE(at + 8), method: raw.readUInt16LE(at + 10), crc: raw.readUInt32LE(at + 16),
      packed: raw.readUInt32LE(at + 20), size: raw.readUInt32LE(at + 24), offset: raw.readUInt32LE(at + 42),
    });
    at += 46 + sizes[0] + sizes[1] + sizes[2];
  }
  must(at === end, "the directory has another length");
  must(entries.reduce((sum, entry) => sum + entry.size, 0) <= Math.max(MOST_UNPACKED, MOST_RATIO * raw.length), "a bomb");
  must(entries.every((entry) => !(entry.flags & 1) && (entry.method === 0 || entry.method === 8)), "encrypted or packed otherwise");
  return { raw, entries };
}

function content(raw, entry) {
  const { offset } = entry;
  must(raw.readUInt32LE(offset) === 0x04034b50, "no file where the directory says");
  const start = offset + 30 + raw.readUInt16LE(offset + 26) + raw.readUInt16LE(offset + 28);
  must(raw.subarray(offset + 30, offset + 30 + raw.readUInt16LE(offset + 26)).toString("latin1") === entry.name, "two names");
  const packed = raw.subarray(start, start + entry.packed);
  const data = entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: entry.size + 1 });
  must(data.length === entry.size && crc32(data) === entry.crc, `${entry.name} is damaged`);
  return data;
}

class Files {
  constructor(path) {
    const { raw, entries } = unzipped(path);
    must(new Set(entries.map((entry) => entry.name)).size === entries.length, "a name twice");
    this.raw = raw;
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
  }
  has(name) { return this.entries.has(name); }
  names() { return [...this.entries.keys()].sort(); }
  read(name) { must(this.has(name), `${name} is missing`); return content(this.raw, this.entries.get(name)); }
  lines(name) {
    const data = this.read(name), lines = [];
    for (let start = 0; start < data.length; ) {
      const stop = data.indexOf(0x0a, start);
      must(stop >= 0 && stop - start < LONGEST_LINE, "a line without an end, or too long");
      lines.push(data.subarray(start, stop));
      start = stop + 1;
    }
    return lines;
  }
}

// --- keys and notes ---

function key(text, kind) {
  const [name, id, ...rest] = text.split("+");
  const material = base64(rest.join("+"), 33);
  const computed = sha256(name, "\n", material).subarray(0, 4);
  must(computed.toString("hex") === id && material[0] === kind, "not such a key");
  return { text, name, id: computed, public: material.subarray(1) };
}

function ed25519(publicKey, message, signature) {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);
  return verifySignature(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
}

function note(data, origin, fileSize) {
  const found = /^([^\n]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:— [^ +\n]+ [A-Za-z0-9+/=]+\n){1,100})$/u.exec(decoder.decode(data));
  if (!found || found[1] !== origin || found[2].padStart(12, "0") !== fileSize) return null;
  const signatures = found[4].split("\n").slice(0, -1).map((line) => line.split(" ")).map(([, name, blob]) => ({ name, blob: base64(blob) }));
  const text = Buffer.from(`${found[1]}\n${found[2]}\n${found[3]}\n`);
  return { size: Number(found[2]), root: base64(found[3], 32), text, signatures };
}

function signatures(of, signer, witness) {
  const mine = of.signatures.filter(({ name, blob }) => name === signer.name && blob.subarray(0, 4).equals(signer.id)).map(({ blob }) => blob.subarray(4));
  for (const blob of mine) {
    const time = witness && blob.length >= 8 ? blob.readBigUInt64BE() : 0n;
    const message = witness ? Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), of.text]) : of.text;
    const signature = witness ? blob.subarray(8) : blob;
    if (signature.length !== 64 || !ed25519(signer.public, message, signature)) find("CHECKPOINT_INVALID");
  }
  return mine.length > 0;
}

// --- the questions, in order ---

function manifestOf(files) {
  must((files.entries.get("manifest.json")?.size ?? 0) <= LARGEST_MANIFEST, "too large");
  const manifest = shaped(files.read("manifest.json"), {
    v: "string", log: "string", scope: "string", size: "number", made: "string", flowgov: "string", files: "object",
  });
  must(manifest.v === "flowgov.bundle/1" && ["log", "project", "archive"].includes(manifest.scope), "unknown version or scope");
  return manifest;
}

function checkFiles(files, manifest) {
  const digests = new Map();
  const required = manifest.scope === "log" ? ALWAYS : [...ALWAYS, ...PROOFS];
  const all = new Set([...required, ...Object.keys(manifest.files), ...files.names()]);
  all.delete("manifest.json");
  for (const name of all) {
    const known = NAMES.some((pattern) => pattern.test(name)) && (manifest.scope !== "log" || !PROOFS.includes(name));
    if (!known || !files.has(name)) { find("MANIFEST_MISMATCH"); continue; }
    const data = files.read(name), digest = sha256(data).toString("hex");
    digests.set(name, digest);
    const said = Object.hasOwn(manifest.files, name) ? manifest.files[name] : null;
    if (written(said) !== written({ sha256: digest, size: data.length })) find("MANIFEST_MISMATCH");
  }
  return digests;
}

function checkCheckpoints(files, manifest) {
  const notes = [];
  for (const name of files.names().filter((one) => one.startsWith("checkpoints/"))) {
    const found = note(files.read(name), manifest.log, name.slice("checkpoints/".length, -".note".length));
    if (found) notes.push(found); else find("CHECKPOINT_INVALID");
  }
  notes.sort((a, b) => a.size - b.size);
  const newest = notes.at(-1);
  const copy = newest && files.read(`checkpoints/${String(newest.size).padStart(12, "0")}.note`);
  if (!newest || newest.size !== manifest.size || !copy.equals(files.read("checkpoint"))) {
    find("CHECKPOINT_INVALID");
    throw new Unreadable("no newest checkpoint");
  }
  return notes;
}

function walk(index, last, start, path) {
  let [old, now] = [start, start];
  for (const text of path) {
    const hash = base64(text, 32);
    if (last === 0) return null;
    if (index % 2 === 1 || index === last) {
      [old, now] = [nodeHash(hash, old), nodeHash(hash, now)];
      while (index !== 0 && index % 2 === 0) [index, last] = [index / 2, Math.floor(last / 2)];
    } else now = nodeHash(now, hash);
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 ? [old, now] : null;
}

function consistent(old, now, proof) {
  if (proof.old !== old.size || proof.new !== now.size) return false;
  let [index, last] = [old.size - 1, now.size - 1];
  while (index % 2 === 1) [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  const path = index === 0 ? [old.root.toString("base64"), ...proof.path] : proof.path;
  if (!path.length) return false;
  const roots = walk(index, last, base64(path[0], 32), path.slice(1));
  return roots !== null && roots[0].equals(old.root) && roots[1].equals(now.root);
}

function rootOf(leaves) {
  if (leaves.length === 1) return leaves[0];
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

function checkTree(files, manifest, notes) {
  const bodies = files.lines("records.jsonl"), leaves = bodies.map(leafHash), newest = notes.at(-1);
  if (manifest.scope === "log") {
    for (const one of notes) if (one.size <= leaves.length && !rootOf(leaves.slice(0, one.size)).equals(one.root)) find("ROOT_MISMATCH");
    if (leaves.length !== newest.size) find("RECORDS_MISCOUNTED");
    return bodies.map((body, index) => ({ body, leaf: leaves[index], index }));
  }
  const proofs = files.lines("proofs.jsonl"), entries = [];
  let former = -1;
  bodies.forEach((body, number) => {
    const proof = shaped(proofs[number] ?? Buffer.alloc(0), { idx: "number", path: "array" });
    const roots = walk(proof.idx, newest.size - 1, leaves[number], proof.path);
    const inOrder = former < proof.idx && proof.idx < newest.size;
    if (!inOrder || roots === null || !roots[1].equals(newest.root)) find("RECORD_MODIFIED");
    entries.push({ body, leaf: leaves[number], index: proof.idx });
    former = proof.idx;
  });
  if (proofs.length > bodies.length) find("RECORDS_MISCOUNTED");
  return entries;
}

function checkConsistency(files, manifest, notes) {
  if (manifest.scope === "log") return;
  const steps = files.lines("consistency.jsonl");
  notes.slice(1).forEach((now, number) => {
    const proof = shaped(steps[number] ?? Buffer.alloc(0), { old: "number", new: "number", path: "array" });
    if (!consistent(notes[number], now, proof)) find("FORKED");
  });
  if (steps.length > notes.length - 1) find("FORKED");
}

function recordOf(body, origin) {
  checked.records += 1;
  let record;
  try { record = parsed(body); } catch { return null; }
  const strings = ["v", "log", "stream", "prev", "ts", "event", "actor"];
  const whole = isObject(record) && strings.every((name) => typeof record[name] === "string") && typeof record.seq === "number";
  return whole && record.v === "flowgov.audit/1" && record.log === origin && STAMP.test(record.ts) ? record : null;
}

function checkChains(entries, manifest) {
  const chains = new Map(), known = [];
  for (const entry of entries) {
    const record = recordOf(entry.body, manifest.log);
    if (record === null) { find("RECORD_MALFORMED"); continue; }
    must(isObject(record.c ?? {}), "texts are bound in an object");
    const last = chains.get(record.stream) ?? { seq: 0, hash: "", ts: "" };
    if (record.seq !== last.seq + 1 || record.prev !== last.hash) find("CHAIN_BROKEN");
    if (Buffer.compare(Buffer.from(record.ts), Buffer.from(last.ts)) < 0) find("TIME_BACKWARDS");
    chains.set(record.stream, { seq: record.seq, hash: entry.leaf.toString("hex"), ts: record.ts });
    known.push({ ...entry, record });
  }
  const streams = [...chains.keys()], org = chains.has("org"), project = streams.some((one) => one.startsWith("prj"));
  if ((manifest.scope !== "archive" && !org) || (manifest.scope !== "log" && !project)) find("PROJECT_MISSING");
  return known;
}

function lineage(known, manifest, notes, trusted) {
  const reigns = [], also = [];
  for (const { record, index } of known) {
    if (record.stream !== "org" || !["key.registered", "key.rotated", "key.replaced"].includes(record.event)) continue;
    const before = reigns.at(-1), next = key(record.event === "key.registered" ? record.key : record.new, 1);
    if ((record.old ?? null) !== (before?.key.text ?? null) || next.name !== manifest.log) find("KEY_UNAUTHORISED");
    if (record.event === "key.rotated" && before) {
      also.push({ size: notes.find((one) => one.size > index)?.size, key: before.key });
      if (trusted.has(record.old)) trusted.add(next.text);
    }
    if (record.event === "key.replaced") must(typeof record.size === "number", "no size");
    reigns.push({ after: record.event === "key.replaced" ? Math.min(index, record.size) : index, key: next });
  }
  return { reigns, also };
}

function checkKeys(known, manifest, notes, pins) {
  const trusted = new Set(pins.map((pin) => pin.text));
  const { reigns, also } = lineage(known, manifest, notes, trusted);
  const inForce = (size) => reigns.filter((one) => one.after < size).at(-1)?.key;
  for (const one of notes) {
    if (!reigns.length) {
      if (!pins.length) find("SIGNATURES_UNCHECKED");
      else if (!pins.filter((pin) => signatures(one, pin, false)).length) find("KEY_UNAUTHORISED");
      continue;
    }
    const due = [inForce(one.size), ...also.filter(({ size }) => size === one.size).map((old) => old.key)].filter(Boolean);
    if (!due.length) find("KEY_UNAUTHORISED");
    for (const signer of due) if (!signatures(one, signer, false)) find("KEY_UNAUTHORISED");
  }
  if (reigns.length && pins.length) {
    for (const pin of pins) if (!reigns.some((one) => one.key.text === pin.text)) find("KEY_UNAUTHORISED");
    if (!trusted.has(inForce(notes.at(-1).size)?.text)) find("KEY_UNAUTHORISED");
  }
}

function checkWitnesses(notes, witnesses) {
  for (const witness of witnesses) {
    if (!notes.filter((one) => signatures(one, witness, true)).length) find("WITNESS_MISSING");
  }
}

function erasures(known) {
  const texts = new Set(), people = new Set();
  for (const { record } of known.filter((one) => one.record.stream === "org")) {
    if (record.event === "text.redacted") texts.add(`${record.target.hash} ${record.field}`);
    if (record.event === "person.erased") people.add(record.person);
  }
  return ({ record, leaf }, field) => {
    const person = field === "os_user" ? record.actor : ["login", "name", "email"].includes(field) ? record.person : undefined;
    return texts.has(`${leaf.toString("hex")} ${field}`) || people.has(person);
  };
}

function checkTexts(files, known) {
  const erased = erasures(known);
  const texts = files.lines("texts.jsonl").map((line) =>
    shaped(line, { stream: "string", seq: "number", field: "string", salt: "string", value: "string" }));
  let next = 0;
  for (const entry of known) {
    const { record } = entry;
    for (const field of Object.keys(record.c ?? {}).sort(byCodePoint)) {
      const text = texts[next];
      if (text && text.stream === record.stream && text.seq === record.seq && text.field === field) {
        const mac = createHmac("sha256", base64(text.salt, 32)).update(`flowgov.commit/1\0${field}\0`).update(text.value).digest("base64");
        if (mac !== record.c[field]) find("COMMITMENT_MISMATCH");
        checked.disclosed += 1;
        next += 1;
      } else checked[erased(entry, field) ? "redacted" : "withheld"] += 1;
    }
  }
  if (next < texts.length) find("DISCLOSURE_ORPHAN");
}

function checkAttached(digests, known) {
  const definitions = new Set(known.map(({ record }) => record.wf?.sha256));
  const evidence = new Set(known.map(({ record }) => record.sha256));
  for (const [name, digest] of digests) {
    const [folder, file] = name.split("/"), recorded = { workflows: definitions, evidence }[folder];
    if (recorded && !(digest === file.slice(0, 64) && recorded.has(digest))) find("FILE_UNRECORDED");
  }
}

function run(path, keys, witnessKeys) {
  const pins = keys.map((text) => key(text, 1)), witnesses = witnessKeys.map((text) => key(text, 4));
  const files = new Files(path);
  const manifest = manifestOf(files);
  const digests = checkFiles(files, manifest);
  const notes = checkCheckpoints(files, manifest);
  const known = checkChains(checkTree(files, manifest, notes), manifest);
  checkTexts(files, known);
  checkAttached(digests, known);
  checkConsistency(files, manifest, notes);
  checkKeys(known, manifest, notes, pins);
  checkWitnesses(notes, witnesses);
  return witnesses.length ? 4 : pins.length ? 2 : 1;
}

function verdict([path, ...options]) {
  const named = (option) => options.filter((_, at) => options[at - 1] === option);
  let level = 0;
  codes = [];
  checked = { records: 0, disclosed: 0, redacted: 0, withheld: 0 };
  try { level = run(path, named("--key"), named("--witness")); } catch (error) { find("BUNDLE_UNREADABLE"); checked.why = String(error); }
  const exit = codes.some((code) => !NOT_VERIFIED.has(code)) ? 1 : codes.length ? 2 : 0;
  return { exit, level: `L${codes.length ? 0 : level}`, codes: [...new Set(codes)].sort(), checked };
}

if (process.argv[2] === "--many") {
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(verdict(JSON.parse(line))));
} else {
  const said = verdict(process.argv.slice(2));
  console.log(JSON.stringify(said));
  process.exitCode = said.exit;
}
