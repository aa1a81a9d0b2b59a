'use strict';
// Cedar as an oracle: random laws decided by Comity and by Cedar agree on the level of every field,
// wherever no attribute is missing (there Cedar passes over a forbidding rule, Comity applies it).
// oracle.cjs DECIDE CASE MODULES SEED LAWS MESSAGES

const {spawnSync} = require('node:child_process');
const {readFileSync} = require('node:fs');
const path = require('node:path');
const {dice, law, message, LEVELS} = require('./laws.cjs');

const [decide, base, modules, seed, laws, messages] = process.argv.slice(2);
const cedar = require(path.join(modules, '@cedar-policy/cedar-wasm/nodejs'));
const document = JSON.parse(readFileSync(base, 'utf8'));
// What stands or falls together with other fields has a level of its own making.
const APART = new Set(['facts', 'facts_subjects', 'facts_cats']);

const party = (id) => ({state: id.split('-')[0], role: id.split('-')[1]});

function entitiesOf(question, fields) {
  const people = new Map(question.document.persons.map((p) => [p.sid, p]));
  const entities = new Map(fields.map(({label, name, category, sid}) => {
    const p = people.get(sid), attrs = {name, category};
    if (p !== undefined)
      attrs.person = {cat: p.cat, citizenship: p.citizenship, sex: String(p.sex)};
    return [label, {uid: {type: 'Field', id: label}, attrs, parents: []}];
  }));
  const sender = {uid: {type: 'Party', id: question.from}, attrs: party(question.from), parents: []};
  return (label) => [sender, entities.get(label)];
}

function allows(question, entities, label, level) {
  const d = question.document;
  const answer = cedar.statefulIsAuthorized({
    principal: {type: 'Party', id: question.from}, action: {type: 'Action', id: level},
    resource: {type: 'Field', id: label}, entities, preparsedPolicySetId: 'law',
    context: {urgency: d.urgency.level, instrument: d.instrument, purpose: d.purpose,
      recipient: party(question.to)},
  });
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
    throw new Error(JSON.stringify(answer));
  return answer.response.decision === 'allow';
}

// The highest level that Cedar allows; forbid wins there as here.
function cedarLevel(question, entities, label) {
  return [...LEVELS].reverse().find((level) => allows(question, entities, label, level)) ?? 'silent';
}

const covers = (path, other) => other === path || other.startsWith(`${path}/`);

// A marker that something is withheld stands only where nothing of its group is delivered.
function isTold(decision, field) {
  return !decision.fields.some((other) => other.group === field.group && other.released)
    && !decision.derived.some((made) => covers(field.group, made) || covers(made, field.group));
}

function compare(text, question, decision) {
  const entities = entitiesOf(question, decision.fields);
  const fields = decision.fields.filter((field) => !APART.has(field.name));
  for (const field of fields) {
    const level = cedarLevel(question, entities(field.label), field.label);
    const expected = level === 'stated' && !isTold(decision, field) ? 'silent' : level;
    if (expected !== field.level) {
      console.log(`seed ${seed}: ${field.label} is ${field.level} in Comity and ${level} in Cedar\n`
        + `${text.comity}\n\n${text.cedar}\n\n${JSON.stringify(question.document.persons)}\n`
        + `${question.from} to ${question.to}`);
      process.exit(1);
    }
  }
  return fields.length;
}

function main() {
  const d = dice(Number(seed)), seen = new Map([...LEVELS, 'silent'].map((level) => [level, 0]));
  const cases = Array.from({length: Number(laws)}, () => {
    const text = law(d);
    return {text, questions: Array.from({length: Number(messages)}, () => message(d, document))};
  });
  const input = cases.map((c) => JSON.stringify({rules: c.text.comity, messages: c.questions})).join('\n');
  const run = spawnSync(decide, {input: `${input}\n`, encoding: 'utf8', maxBuffer: 1 << 30});
  if (run.status !== 0)
    throw new Error(`seed ${seed}: ${run.stderr}`);
  const decided = run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  let compared = 0;
  cases.forEach((c, i) => {
    const parsed = cedar.preparsePolicySet('law', {staticPolicies: c.text.cedar});
    if (parsed.type !== 'success')
      throw new Error(`${JSON.stringify(parsed)}\n${c.text.cedar}`);
    c.questions.forEach((question, q) => {
      compared += compare(c.text, question, decided[i][q]);
      decided[i][q].fields.forEach(({level}) => seen.set(level, seen.get(level) + 1));
    });
  });
  if ([...seen.values()].includes(0))
    throw new Error(`seed ${seed}: some level was never reached: ${JSON.stringify([...seen])}`);
  console.log(`seed ${seed}: ${cases.length} laws, ${compared} fields as Cedar ${cedar.getCedarVersion()} has them,`
    + ` ${[...seen].map(([level, n]) => `${n} ${level}`).join(', ')}`);
}

main();
