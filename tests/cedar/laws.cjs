'use strict';
// Random laws and messages, and each law once as Comity's text and once as Cedar's.

// A generator of numbers that a seed repeats (mulberry32).
function dice(seed) {
  let state = seed >>> 0;
  const roll = (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  const pick = (list) => list[roll(list.length)];
  const some = (list, most) => [...new Set(Array.from({length: 1 + roll(most)}, () => pick(list)))];
  return {roll, pick, some};
}

const LEVELS = ['stated', 'generalise', 'clear'];
const TAGS = {metadata: 'MET', demographic: 'DEM', identity: 'ID', contact: 'CON', allegation: 'CRM',
  victimisation: 'VIC', financial: 'FIN', communications: 'COM'};
const NAMES = ['authority.name', 'proceeding.subject', 'items.measure', 'items.details.iban',
  'person.name.family', 'person.dob', 'person.citizenship', 'person.sex'];
const STATES = ['XA', 'XB', 'XC', 'XD'];

// An attribute that a message always has: its words in Comity, its expression in Cedar, its codes.
const ATTRIBUTES = [
  {comity: 'person.cat', cedar: 'resource.person.cat', codes: ['VICTIM', 'WITNESS', 'SUSPECT', 'ACCUSED', 'FAMILY']},
  {comity: 'person.citizenship', cedar: 'resource.person.citizenship', codes: STATES, set: true},
  {comity: 'person.sex', cedar: 'resource.person.sex', codes: ['1', '2']},
  {comity: 'message.urgency', cedar: 'context.urgency', codes: ['ROUTINE', 'URGENT', 'EMERGENCY']},
  {comity: 'message.instrument', cedar: 'context.instrument', codes: ['UNTOC18', 'EIO', 'COE1959']},
  {comity: 'sender.role', cedar: 'principal.role', codes: ['CA', 'JUD']},
  {comity: 'recipient.state', cedar: 'context.recipient.state', codes: STATES},
  {comity: 'purpose', cedar: 'context.purpose', codes: ['EVIDENCE', 'INVESTIGATION', 'PROSECUTION']},
];
const CITIZENSHIP = ATTRIBUTES[1], RECIPIENT = ATTRIBUTES[6];

const either = (list) => list.length === 1 ? list[0] : `(${list.join(' || ')})`;
const personal = (attribute) => attribute.comity.startsWith('person.');
// A test of a person is false for fields of the case, negated or not.
const guarded = (attribute, test) => personal(attribute) ? `(resource has person && ${test})` : test;

function atom(d) {
  if (d.roll(6) === 0) {
    const not = d.roll(3) === 0;
    const test = `${CITIZENSHIP.cedar}.contains(${RECIPIENT.cedar})`;
    return {comity: `person.citizenship is ${not ? 'not ' : ''}same as recipient.state`,
      cedar: guarded(CITIZENSHIP, not ? `!${test}` : test)};
  }
  const attribute = d.pick(ATTRIBUTES), codes = d.some(attribute.codes, 3), not = d.roll(4) === 0;
  const list = codes.length === 1 ? codes[0] : `one of (${codes.join(', ')})`;
  const test = either(codes.map((code) => attribute.set
    ? `${attribute.cedar}.contains("${code}")` : `${attribute.cedar} == "${code}"`));
  return {comity: `${attribute.comity} is ${not ? 'not ' : ''}${list}`,
    cedar: guarded(attribute, not ? `!(${test})` : test)};
}

function condition(d, depth) {
  if (depth === 0 || d.roll(3) === 0)
    return atom(d);
  if (d.roll(5) === 0) {
    const inner = condition(d, depth - 1);
    return {comity: `not (${inner.comity})`, cedar: `!(${inner.cedar})`};
  }
  const a = condition(d, depth - 1), b = condition(d, depth - 1), and = d.roll(2) === 0;
  return {comity: `(${a.comity} ${and ? 'and' : 'or'} ${b.comity})`,
    cedar: `(${a.cedar} ${and ? '&&' : '||'} ${b.cedar})`};
}

function fields(d) {
  if (d.roll(8) === 0)
    return {comity: '*', cedar: 'true'};
  const tags = d.some(Object.keys(TAGS), 3), names = d.roll(3) === 0 ? d.some(NAMES, 2) : [];
  return {
    comity: [...tags.map((tag) => `tag.${tag}`), ...names].join(', '),
    cedar: either([...tags.map((tag) => `resource.category == "${TAGS[tag]}"`),
      ...names.map((name) => `resource.name == "${name.replace(/^person\./, 'persons.')}"`)]),
  };
}

function parties(d, word) {
  const attribute = word === 'from' ? 'principal' : 'context.recipient';
  switch (d.roll(5)) {
  case 0: {
    const state = d.pick(STATES);
    return {comity: `${word} ${state}.*`, cedar: `${attribute}.state == "${state}"`};
  }
  case 1: {
    const role = d.pick(['CA', 'JUD']);
    return {comity: `${word} *.${role}`, cedar: `${attribute}.role == "${role}"`};
  }
  default:
    return {comity: '', cedar: 'true'};
  }
}

const above = (level) => LEVELS.slice(LEVELS.indexOf(level) + 1);
const upto = (level) => LEVELS.slice(0, LEVELS.indexOf(level) + 1);
const actions = (levels) => levels.map((level) => `Action::"${level}"`).join(', ');

// A permit allows the levels up to its own; a limit forbids those above its own.
function rule(d, number) {
  const kind = d.pick(['permit', 'permit', 'permit', 'limit', 'forbid']);
  const covered = fields(d), from = parties(d, 'from'), to = parties(d, 'to');
  const when = d.roll(4) > 0 ? condition(d, 2) : null, unless = d.roll(4) === 0 ? condition(d, 1) : null;
  const level = d.pick(kind === 'limit' ? ['stated', 'generalise'] : LEVELS), stated = d.roll(2) === 0;
  const levels = kind === 'permit' ? upto(level) : kind === 'limit' ? above(level)
    : stated ? above('stated') : LEVELS;
  const comity = [`${kind} "rule ${number}"`, from.comity, to.comity, `fields ${covered.comity}`,
    when && `when ${when.comity}`, unless && `unless ${unless.comity}`,
    kind === 'permit' ? `release ${level}` : kind === 'limit' ? `release at most ${level}`
      : stated && 'notice stated', 'basis "b"'];
  const body = [covered.cedar, from.cedar, to.cedar, when && when.cedar, unless && `!(${unless.cedar})`];
  return {
    comity: comity.filter(Boolean).join('\n  '),
    cedar: `${kind === 'permit' ? 'permit' : 'forbid'}(principal, action in [${actions(levels)}], resource)`
      + ` when { ${body.filter(Boolean).join(' && ')} };`,
  };
}

function law(d) {
  const rules = Array.from({length: 2 + d.roll(14)}, (_, i) => rule(d, i));
  return {comity: rules.map((r) => r.comity).join('\n'), cedar: rules.map((r) => r.cedar).join('\n')};
}

function person(d, sid) {
  return {sid, cat: d.pick(ATTRIBUTES[0].codes), name: {family: `Family${sid}`, given: `Given${sid}`},
    sex: 1 + d.roll(2), dob: `19${50 + d.roll(50)}-0${1 + d.roll(9)}-1${d.roll(10)}`,
    citizenship: d.some(STATES, 3), contact: {phones: [`+99955010${1000 + d.roll(9000)}`]}};
}

// The case's own document with other people and other codes; each attribute is there.
function message(d, base) {
  const document = structuredClone(base);
  const people = document.persons.map((p) => p.sid);
  document.persons = people.map((sid) => person(d, sid));
  document.instrument = d.pick(ATTRIBUTES[4].codes);
  document.legal_basis = [document.instrument];
  document.purpose = d.pick(ATTRIBUTES[7].codes);
  document.urgency = {...document.urgency, level: d.pick(ATTRIBUTES[3].codes)};
  return {from: d.pick(['XA-CA-01', 'XA-JUD-01']), to: 'XC-CA-01', document};
}

module.exports = {dice, rule, law, message, LEVELS};
