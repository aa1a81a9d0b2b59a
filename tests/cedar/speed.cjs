'use strict';
// Comity and Cedar decide the same messages by the same law, and must agree on each level. Prints what
// each of them took for the levels of a message, as one JSON object: {"ours": what bench_policy says,
// "cedar": {"levels_ns", "levels_p99_ns"}}.
// speed.cjs BENCH_POLICY POLICIES MODULES RULES ROUNDS CEDAR_ROUNDS

const {spawnSync} = require('node:child_process');
const path = require('node:path');
const {dice, rule} = require('./laws.cjs');

const [bench, policies, modules, rules, rounds, cedarRounds] = process.argv.slice(2);
const cedar = require(path.join(modules, '@cedar-policy/cedar-wasm/nodejs'));
// Of a law whose levels are mixed, of a few rules as of hundreds.
const SEED = 55;
// What the claims of the bench's messages say.
const FROM = {type: 'Party', id: 'XA-CA-01'};
const CONTEXT = {urgency: 'URGENT', instrument: 'UNTOC18', purpose: 'EVIDENCE',
  recipient: {state: 'XC', role: 'CA'}};
// Rules that transform nothing, so that a field has one of these levels, and that ask for nothing
// that the messages do not say, where Cedar would pass over the rule.
const LEVELS = ['clear', 'stated'];
const LEFT_OUT = /generalise|person\.sex/;
// So many rules may restrict; by more of them nothing would ever be released.
const RESTRICTIONS = 6;

function drawn(d, number) {
  for (;;) {
    const made = rule(d, number);
    if (!LEFT_OUT.test(made.comity) && (number < RESTRICTIONS || made.comity.startsWith('permit')))
      return made;
  }
}

function ours(text) {
  const run = spawnSync(bench, [policies, rules, rounds, 'given'],
    {input: `${text}\n`, encoding: 'utf8', maxBuffer: 1 << 30});
  if (run.status !== 0)
    throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

const said = (fields, person, name) => fields.find((f) => f.person === person && f.name === name).texts;

// Everything that a call needs, made beforehand.
function callsOf(fields) {
  const sender = {uid: FROM, attrs: {state: 'XA', role: 'CA'}, parents: []};
  return fields.map(({label, name, category, person, level}) => {
    const attrs = {name, category}, resource = {type: 'Field', id: label};
    if (person !== null)
      attrs.person = {cat: said(fields, person, 'persons.cat')[0],
        citizenship: said(fields, person, 'persons.citizenship')};
    const entities = [sender, {uid: resource, attrs, parents: []}];
    return {label, level, calls: LEVELS.map((asked) => ({principal: FROM, resource, entities,
      action: {type: 'Action', id: asked}, context: CONTEXT, preparsedPolicySetId: 'law'}))};
  });
}

function allows(call) {
  const answer = cedar.statefulIsAuthorized(call);
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
    throw new Error(JSON.stringify(answer));
  return answer.response.decision === 'allow';
}

// The highest level that Cedar allows: one call for each level down to it.
const levels = (message) => message.map(({calls}) => LEVELS[calls.findIndex(allows)] ?? 'silent');

// A law that gives every field the same level would compare nothing.
function needEach(messages) {
  const seen = new Set(messages.flat().map((field) => field.level));
  if (![...LEVELS, 'silent'].every((level) => seen.has(level)))
    throw new Error(`this law only gives ${[...seen].join(', ')}`);
}

function compare(message, found) {
  message.forEach(({label, level}, i) => {
    if (found[i] !== level)
      throw new Error(`${label} is ${level} in Comity and ${found[i]} in Cedar`);
  });
}

function timed(messages) {
  return Array.from({length: Number(cedarRounds)}, (_, i) => {
    const message = messages[i % messages.length], begin = process.hrtime.bigint();
    const found = levels(message), took = Number(process.hrtime.bigint() - begin);
    compare(message, found);
    return took;
  }).sort((a, b) => a - b);
}

function main() {
  const d = dice(SEED), law = Array.from({length: Number(rules)}, (_, i) => drawn(d, i));
  const {messages, ...found} = ours(law.map((r) => r.comity).join('\n'));
  needEach(messages);
  const parsed = cedar.preparsePolicySet('law', {staticPolicies: law.map((r) => r.cedar).join('\n')});
  if (parsed.type !== 'success')
    throw new Error(JSON.stringify(parsed));
  const made = messages.map(callsOf);
  levels(made[0]); // the first one would pay for the engine's start
  const took = timed(made);
  console.log(JSON.stringify({ours: found, cedar: {levels_ns: took[Math.floor(took.length / 2)],
    levels_p99_ns: took[Math.floor(took.length * 99 / 100)]}}));
}

main();
