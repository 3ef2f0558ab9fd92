// The form: each list offers what exists given the choices before it.

const CHOICES = [
  ['destination_iso3', 'country'], ['indicator', 'indicator'], ['origin_iso3', 'origin'],
  ['frequency', 'frequency'], ['route', 'route'], ['place', 'place'],
  ['population_group', 'group'], ['source', 'source'],
];
const FREQUENCY_WORDS = { M: 'Months', Q: 'Quarters', A: 'Years' };

function byId(id) {
  return document.getElementById(id);
}

function made(tag, text = '', attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text; // labels come from publishers: text, never markup
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function valueOf(number, dimension) {
  if (dimension === 'frequency') return 'MQA'.indexOf(held.series.frequency[number]);
  return held.series[dimension][number];
}

function choiceWords(dimension, value) {
  if (dimension === 'frequency') return FREQUENCY_WORDS['MQA'[value]];
  if (dimension === 'source') return `${held.sources[value].publisher}: ${held.sources[value].title}`;
  if (dimension === 'indicator') {
    const unit = held.indicators[value].unit;
    return `${held.words.indicator[value]} (${held.rules.units[unit] ?? unit})`;
  }
  return held.words[dimension][value];
}

// Series that agree with the chosen one in the first few choices.
function agreeing(count) {
  const wanted = CHOICES.slice(0, count).map(([dimension]) => [dimension, valueOf(state.number, dimension)]);
  const found = [];
  for (let number = 0; number < held.figures.length; number += 1) {
    if (wanted.every(([dimension, value]) => valueOf(number, dimension) === value)) found.push(number);
  }
  return found;
}

// The series nearest to the chosen one that has another value in one place.
function changed(place, value) {
  let found = agreeing(place).filter((number) => valueOf(number, CHOICES[place][0]) === value);
  for (const [dimension] of CHOICES.slice(place + 1)) {
    const same = found.filter((number) => valueOf(number, dimension) === valueOf(state.number, dimension));
    if (same.length) found = same;
    else {
      // wholes come first in each list of words, months before years
      const least = Math.min(...found.map((number) => valueOf(number, dimension)));
      found = found.filter((number) => valueOf(number, dimension) === least);
    }
  }
  return found[0];
}

function fillList(select, dimension, values) {
  const wanted = values.map(String);
  const present = [...select.options].map((option) => option.value);
  if (wanted.join() !== present.join()) {
    select.replaceChildren(...values.map((value) => made('option', choiceWords(dimension, value), { value })));
  }
  select.value = String(valueOf(state.number, dimension));
}

function fillChoices() {
  CHOICES.forEach(([dimension, id], place) => {
    const values = [...new Set(agreeing(place).map((number) => valueOf(number, dimension)))];
    values.sort((a, b) => a - b);
    if (dimension === 'origin_iso3') fillOrigins(values);
    else fillList(byId(id), dimension, values);
    const isFree = values.length > 1 || ['country', 'indicator', 'origin', 'frequency'].includes(id);
    byId(id).closest('.field').hidden = !isFree;
  });
  fillReleases();
  fillYears();
}

let origins = []; // that exist for the country and indicator chosen

function fillOrigins(values) {
  origins = values;
  const wanted = plain(byId('search').value);
  const fitting = foundOrigins(wanted);
  const own = valueOf(state.number, 'origin_iso3');
  // the chosen one stays in the list, so that the list always says what is shown
  const offered = fitting.includes(own) ? fitting : [own, ...fitting];
  fillList(byId('origin'), 'origin_iso3', offered);
  byId('found').textContent = foundWords(wanted, fitting, own);
  byId('search-part').hidden = values.length < 9;
  byId('origin').size = Math.min(Math.max(values.length, 2), 6);
}

function foundWords(wanted, fitting, own) {
  if (!wanted) return `${origins.length} to choose from`;
  if (!fitting.length) return `None found; ${held.words.origin_iso3[own]} stays chosen`;
  return `${fitting.length} of ${origins.length} found; Enter takes ${held.words.origin_iso3[fitting[0]]}`;
}

// Origins by name, by code, and by what publishers call them: those that are called exactly so first.
function foundOrigins(wanted) {
  if (!wanted) return origins;
  const rank = (value) => {
    const name = plain(held.words.origin_iso3[value]);
    const others = held.search[value].split('|');
    if (name === wanted || others.includes(wanted)) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.includes(wanted)) return 2;
    return wanted.length > 3 && others.some((other) => other.includes(wanted)) ? 3 : 4;
  };
  return origins.map((value) => [rank(value), value]).filter(([own]) => own < 4)
    .sort((one, other) => one[0] - other[0] || one[1] - other[1]).map(([_rank, value]) => value);
}

// Letters without accents and case, so that "cote" finds Côte d'Ivoire.
function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('\u2019', "'").trim();
}

function fillReleases() {
  const select = byId('release');
  const earlier = isComparing() ? [] : earlierOf(state.number);
  const newest = made('option', `Newest, ${dayWords(newestDay(state.number))}`, { value: '' });
  const others = earlier.map(([day]) => made('option', dayWords(day), { value: day }));
  select.replaceChildren(newest, ...others);
  select.value = state.asOf;
  select.disabled = earlier.length === 0;
  byId('release-note').textContent = isComparing()
    ? 'Of one series alone: remove the others first.' : releaseNote(state.number);
}

function fillYears() {
  byId('years').value = state.years;
}

function fillCompared() {
  const rows = state.compared.map((number) => {
    const row = made('li');
    const button = made('button', 'Remove', { type: 'button', 'aria-label': `Remove ${titleOf(number)}` });
    button.addEventListener('click', () => {
      state.compared = state.compared.filter((other) => other !== number);
      update();
      byId('keep').focus();
    });
    row.append(made('span', titleOf(number)), button);
    return row;
  });
  byId('compared').replaceChildren(...rows);
  byId('clear').hidden = rows.length === 0;
  for (const measure of Object.keys(MEASURES)) {
    const input = byId(`measure-${measure}`);
    input.disabled = !canMeasure(measure);
    input.checked = state.measure === measure;
  }
  byId('compare-note').textContent = compareNote();
}

function compareNote() {
  const left = leftOut().length;
  const said = [];
  if (!isComparing()) said.push('Add a second series to choose a scale.');
  if (left) said.push(`${left} kept series ${left > 1 ? 'have' : 'has'} another frequency and cannot be drawn beside this one.`);
  if (!isOneCount()) said.push('These lines count different things. Their levels share no scale and are never added: only their movement is drawn, as an index.');
  else if (isComparing() && !hasRates()) said.push('Rates are given of people only, not of events, cases or boats.');
  return said.join(' ');
}

