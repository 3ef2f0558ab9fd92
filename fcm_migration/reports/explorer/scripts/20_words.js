// Figures, periods and names in words, as the charts of the briefs write them.

const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
  'October', 'November', 'December',
];
const MINUS = '\u2212';
const DASH = '\u2013';
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const digits = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });

function figure(value) {
  if (value === null) return DASH;
  return Math.abs(value) < 10 && !Number.isInteger(value) ? tenths.format(value) : whole.format(value);
}

// A bound of a forecast in a sentence: the table and the CSV have it exactly.
function near(value) {
  return figure(Math.abs(value) < 1000 ? value : Number(value.toPrecision(3)));
}

function rate(value) {
  if (value === null) return DASH;
  return Math.abs(value) >= 100 ? whole.format(value) : digits.format(value);
}

function monthName(month, isShort) {
  const name = MONTHS[((month % 12) + 12) % 12];
  return isShort ? name.slice(0, 3) : name;
}

function periodWords(month, frequency, isShort = false) {
  const year = Math.floor(month / 12);
  if (frequency === 'A' && month % 12 === 0) return String(year);
  if (frequency === 'A') {
    return `${monthName(month, isShort)} ${year}${DASH}${monthName(month + 11, isShort)} ${year + 1}`;
  }
  if (frequency === 'Q') {
    const end = month + 2;
    return `${monthName(month, isShort)}${DASH}${monthName(end, isShort)} ${Math.floor(end / 12)}`;
  }
  return `${monthName(month, isShort)} ${year}`;
}

function dayWords(day, isShort = false) {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${monthName(month - 1, isShort)} ${year}`;
}

function listed(words) {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function lowered(words) {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function isWhole(code) {
  return code === 'total' || code === 'all';
}

// Route, place and group of a series, without those that its indicator implies.
function detailsOf(number) {
  const implied = indicatorOf(number).route;
  return ['route', 'place', 'population_group']
    .filter((name) => !isWhole(codeOf(number, name)))
    .filter((name) => name !== 'route' || codeOf(number, name) !== implied)
    .map((name) => detailWords(number, name));
}

function detailWords(number, name) {
  const isProper = name === 'place' || (name === 'route' && held.rules.proper.includes(codeOf(number, name)));
  return isProper ? wordsOf(number, name) : lowered(wordsOf(number, name));
}

function titleOf(number) {
  const origin = isWhole(codeOf(number, 'origin_iso3')) ? [] : [`from ${wordsOf(number, 'origin_iso3')}`];
  return [
    wordsOf(number, 'indicator'), wordsOf(number, 'destination_iso3'), ...origin, ...detailsOf(number),
  ].join(', ');
}

function bareUnit(number) {
  const unit = indicatorOf(number).unit;
  return held.rules.units[unit] ?? unit;
}

function perPeriod(number) {
  const period = held.rules.period[held.series.frequency[number]];
  return indicatorOf(number).kind === 'stock' ? `at the end of the ${period}` : `a ${period}`;
}

function unitOf(number) {
  return `${bareUnit(number)} ${perPeriod(number)}`;
}

function changeWords(from, to) {
  if (!from) return '';
  const percent = 100 * (to / from - 1);
  if (percent >= 200) return `${tenths.format(to / from)} times`;
  return `${Math.round(percent) < 0 ? MINUS : '+'}${whole.format(Math.abs(percent))}%`;
}

// How good such forecasts were, near and furthest ahead, beside what they are meant to be.
function recordWords(number) {
  const period = held.rules.period[held.series.frequency[number]];
  const said = (held.ahead[number]?.record ?? []).map(([ahead, many, inside, score]) => {
    const when = `${ahead} ${period}${ahead > 1 ? 's' : ''} ahead`;
    const percent = score === null ? null : Math.round(100 * Math.abs(1 - score));
    let against = 'its error cannot be compared with that of repeating the last figure';
    if (percent === 0) against = 'errors as large as from repeating the last figure';
    else if (percent !== null) {
      against = `errors ${percent}% ${score < 1 ? 'smaller' : 'larger'} than from repeating the last figure`;
    }
    return `${when}, the 8 in 10 range held ${inside} of ${many} past figure${many > 1 ? 's' : ''}; ${against}.`;
  });
  if (said.length) return `Record of such forecasts: ${said.join(' ')}`;
  return 'No such forecast could be scored yet.';
}
