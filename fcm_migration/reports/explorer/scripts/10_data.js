// The edition, as Python packed it: texts once, figures in columns, series by number.

async function inflated(element) {
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text());
}

const DIMENSIONS = [
  'indicator', 'destination_iso3', 'origin_iso3', 'route', 'place', 'population_group',
];
const STEP = { M: 1, Q: 3, A: 12 };
let held; // set once, before anything is drawn
let numbers; // of series, by key

function take(content) {
  held = content;
  numbers = new Map();
  held.figures.forEach((_figures, number) => numbers.set(keyOf(number), number));
}

function codeOf(number, dimension) {
  return held.codes[dimension][held.series[dimension][number]];
}

function wordsOf(number, dimension) {
  return held.words[dimension][held.series[dimension][number]];
}

function keyOf(number) {
  const own = DIMENSIONS.map((dimension) => codeOf(number, dimension));
  return [sourceOf(number).id, ...own, held.series.frequency[number]].join('/');
}

function sourceOf(number) {
  return held.sources[held.series.source[number]];
}

function indicatorOf(number) {
  return held.indicators[held.series.indicator[number]];
}

function newestDay(number) {
  return held.days[held.series.as_of[number]];
}

// Earlier releases that hold this series, the newest first: [day, what it said].
function earlierOf(number) {
  const own = held.releases[held.series.source[number]];
  if (!own || !own.said) return [];
  return own.days
    .map((day, place) => [day, own.said[place][number]])
    .filter(([_day, said]) => said);
}

// What has to be said of the releases that are not offered; empty where all are.
function releaseNote(number) {
  const own = held.releases[held.series.source[number]];
  if (!own) return 'This page holds no earlier release of this source.';
  if (own.lacks) return `Earlier releases exist, but this page does not hold them: ${own.lacks}.`;
  if (!earlierOf(number).length) return 'No earlier release in this page holds this series.';
  return own.older ? `${own.older} older release${own.older > 1 ? 's are' : ' is'} not in this page.` : '';
}

// What stood published: one entry a period, with a figure or the reason why there is none.
// day is that of an earlier release, or empty for the newest.
function periodsOf(number, day = '') {
  const step = STEP[held.series.frequency[number]];
  const newest = held.figures[number];
  const first = held.series.first[number];
  if (!day) return withPartial(number, newest.map((code, place) => entry(first + step * place, code)));
  const said = earlierOf(number).find(([known]) => known === day)[1];
  const [start, count, pairs] = said;
  const shift = (start - first) / step;
  const codes = Array.from({ length: count }, (_none, place) => newest[place + shift] ?? null);
  for (let place = 0; place < pairs.length; place += 2) codes[pairs[place]] = pairs[place + 1];
  return codes.map((code, place) => entry(start + step * place, code));
}

function entry(month, code) {
  const rules = held.rules;
  if (code === null) return { month, value: null, flag: 'not reported' };
  if (code === rules.suppressed) return { month, value: null, flag: 'withheld by the publisher' };
  if (code === rules.held) return { month, value: null, flag: 'held back: a label is not reviewed' };
  if (code === rules.implied) return { month, value: 0, flag: 'not printed, which means zero' };
  return { month, value: code, flag: '' };
}

// Incomplete periods stand in no series: they are drawn hollow and never compared.
function withPartial(number, periods) {
  const step = STEP[held.series.frequency[number]];
  const found = new Map(periods.map((period) => [period.month, period]));
  for (const [month, value] of held.partial[number] ?? []) {
    if (found.get(month)?.value == null) {
      found.set(month, { month, value, flag: 'incomplete or provisional', isPartial: true });
    }
  }
  const months = [...found.keys()].sort((a, b) => a - b);
  const whole = [];
  for (let month = months[0]; month <= months.at(-1); month += step) {
    whole.push(found.get(month) ?? entry(month, null));
  }
  return whole;
}

// The forecast, a period an entry; none where it is not shown.
function aheadOf(number) {
  const names = ['month', 'median', 'lower_50', 'upper_50', 'lower_80', 'upper_80', 'lower_95', 'upper_95'];
  const rows = held.ahead[number]?.rows ?? [];
  return rows.map((row) => Object.fromEntries(names.map((name, place) => [name, row[place]])));
}

function alertsOf(number) {
  return (held.alerts[number] ?? []).map(([month, isRise, isStrong, words]) => (
    { month, isRise: Boolean(isRise), isStrong: Boolean(isStrong), words }
  ));
}

// Policies and breaks of a series with a day, oldest first, and rules that hold throughout.
function datesOf(number) {
  const policies = (held.touched[number] ?? []).map((place) => (
    { kind: 'policy', ...held.policies[place], last: null }
  ));
  const breaks = (held.broken[number] ?? []).map((place) => held.breaks[place]);
  const dated = breaks
    .filter((each) => each.first && held.rules.changes.includes(each.kind))
    .map((each) => ({ kind: 'break', day: each.first, last: each.last, words: each.words }));
  const all = [...policies, ...dated].sort((a, b) => (a.day < b.day ? -1 : 1));
  const standing = breaks
    .filter((each) => !each.first && held.rules.changes.includes(each.kind))
    .map((each) => each.words);
  return { dated: all, standing: [...new Set(standing)] };
}
