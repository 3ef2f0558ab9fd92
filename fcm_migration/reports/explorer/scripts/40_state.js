// What is shown, and the address that names it. An address from outside is only ever looked up.

const MEASURES = { figures: 'Figures', rate: 'Per 100,000 inhabitants', index: 'Index' };
const YEARS = ['5', '10', '20', 'all'];
const state = { number: 0, asOf: '', compared: [], measure: 'figures', years: '10' };

// The series that are drawn: the chosen one, and those kept beside it.
function shown() {
  const frequency = held.series.frequency[state.number];
  const kept = state.compared.filter((number) => held.series.frequency[number] === frequency);
  return [state.number, ...kept.filter((number) => number !== state.number)];
}

function isComparing() {
  return shown().length > 1;
}

function addressOf() {
  const parts = new URLSearchParams();
  parts.set('s', keyOf(state.number));
  if (state.asOf) parts.set('asof', state.asOf);
  for (const number of state.compared) parts.append('with', keyOf(number));
  if (state.measure !== 'figures') parts.set('as', state.measure);
  parts.set('years', state.years);
  return `#${parts}`;
}

// Take what an address asks for; return what of it this page does not hold, in sentences.
function takeAddress(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const said = [];
  state.number = numbers.get(parts.get('s')) ?? held.start;
  if (parts.has('s') && !numbers.has(parts.get('s'))) {
    said.push(`The link names a series that is not in this edition. Shown instead: ${titleOf(state.number)}.`);
  }
  state.compared = [];
  for (const key of parts.getAll('with')) {
    const other = numbers.get(key);
    if (other === undefined) said.push('The link names a series beside it that is not in this edition: it is left out.');
    else if (whyNotKept(other) === '') state.compared.push(other);
  }
  const day = parts.get('asof') ?? '';
  const hasDay = earlierOf(state.number).some(([release]) => release === day);
  if (day && !hasDay) said.push(`The release that the link names is not in this page. Shown instead: that of ${dayWords(newestDay(state.number))}.`);
  state.asOf = hasDay ? day : ''; // update drops it from a comparison, and says so
  state.years = YEARS.includes(parts.get('years')) ? parts.get('years') : usualYears(state.number);
  const measure = parts.get('as');
  state.measure = Object.hasOwn(MEASURES, measure ?? '') ? measure : 'figures';
  if (!canMeasure(state.measure) && state.measure !== 'figures') said.push(`The link asks for a scale that cannot be drawn: ${whyNoScale()}`);
  settleMeasure();
  return [...new Set(said)];
}

function usualYears(number) {
  if (held.series.frequency[number] === 'A') return 'all';
  return window.innerWidth < 500 ? '5' : '10';
}

// Why a series cannot be kept beside the chosen one; empty where it can.
function whyNotKept(number) {
  if (state.compared.includes(number)) return 'This series is kept already.';
  if (state.compared.length >= held.rules.lines - 1) {
    return `At most ${held.rules.lines} lines can be told apart. Remove one first.`;
  }
  return '';
}

// Kept series that cannot be drawn beside the chosen one.
function leftOut() {
  return state.compared.filter((number) => !shown().includes(number));
}

// Whether the lines count the same: else only their movement can be compared, as an index.
function isOneCount() {
  const [first, ...others] = shown();
  return others.every((number) => held.series.indicator[number] === held.series.indicator[first]);
}

function hasRates() {
  return shown().every((number) => held.rules.rated.includes(indicatorOf(number).unit)
    && held.population[codeOf(number, 'destination_iso3')]);
}

// One series alone has no scale but its figures.
function canMeasure(measure) {
  if (!isComparing()) return measure === 'figures';
  if (measure === 'index') return true;
  if (!isOneCount()) return false;
  return measure === 'figures' || hasRates();
}

function whyNoScale() {
  if (!isComparing()) return 'add a second series to choose a scale.';
  return isOneCount() ? 'rates are given of people only.' : 'the lines count different things, so they are drawn as an index.';
}

function settleMeasure() {
  if (!canMeasure(state.measure)) state.measure = isOneCount() ? 'figures' : 'index';
}
