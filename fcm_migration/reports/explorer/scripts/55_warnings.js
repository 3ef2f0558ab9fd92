// What must be known before a figure is passed on: its age, forecasts that are over, a weak record.

const WEAK = { share: 0.65, least: 10 }; // meant for 8 in 10; fewer past figures say little

function newestOf(number) {
  return periodsOf(number).filter((period) => period.value !== null && !period.isPartial).at(-1);
}

// Whole months from the end of a period to the end of the edition's day.
function monthsSince(month, frequency) {
  const day = new Date(dayStart(held.edition.day) + DAY);
  return day.getUTCFullYear() * 12 + day.getUTCMonth() - (month + STEP[frequency]);
}

function ageWords(number) {
  const { overdue } = sourceOf(number);
  const newest = newestOf(number);
  if (!overdue || !newest) return '';
  const months = monthsSince(newest.month, held.series.frequency[number]);
  if (months < 1) return '';
  const hasPartial = periodsOf(number).some((period) => period.isPartial && period.month > newest.month);
  return `The newest ${hasPartial ? 'complete ' : ''}figure is ${months} month${months > 1 ? 's' : ''} old; ${overdue}.`;
}

// Ages of all that is drawn, each sentence once, with the lines it is true of where that is not all.
function ages() {
  if (chart.kind === 'one') return state.asOf ? [] : [ageWords(state.number)].filter(Boolean);
  const found = new Map();
  for (const { number, name } of chart.view.lines) {
    const words = ageWords(number);
    if (words) found.set(words, [...(found.get(words) ?? []), name]);
  }
  return [...found].map(([words, names]) => (
    names.length === chart.view.lines.length ? words.replace('The newest', 'Of each line, the newest')
      : `${names.join('; ')}: ${lowered(words)}`
  ));
}

function isOver(month, frequency) {
  return monthsSince(month, frequency) >= 0;
}

function isForecastOver(view) {
  return view.ahead.length > 0 && view.ahead.every((row) => isOver(row.month, view.frequency));
}

function overWords(view) {
  if (!isForecastOver(view)) return '';
  const end = periodWords(view.ahead.at(-1).month, view.frequency).replace(DASH, ' to ');
  return `No forecast of the time to come: the forecast ends in ${end}, which is over.`;
}

// Where clearly fewer past figures were held than the range is meant for.
function weakWords(number) {
  const weak = (held.ahead[number]?.record ?? [])
    .filter(([_ahead, many, inside]) => many >= WEAK.least && inside / many < WEAK.share)
    .sort((a, b) => a[2] / a[1] - b[2] / b[1]);
  if (!weak.length) return '';
  const [[ahead, many, inside]] = weak;
  const period = held.rules.period[held.series.frequency[number]];
  const when = `${ahead} ${period}${ahead > 1 ? 's' : ''}`;
  return `${when} ahead, the range meant for 8 in 10 held ${inside} of ${many} past figures: do not rely on it.`;
}

function warnings(view) {
  return chart.kind === 'one' && view.ahead.length ? [overWords(view), weakWords(view.number)].filter(Boolean) : [];
}

// Years of the drawing whose rates rest on the inhabitants of an earlier year.
function inhabitantsWords(view) {
  const among = view.lines.map((line) => held.population[codeOf(line.number, 'destination_iso3')]);
  const day = among.map((each) => each.as_of).sort().at(-1);
  const stand = new Map();
  for (const { number, measured: own } of view.lines) {
    for (const each of own.filter((one) => one.shown !== null)) {
      const [year, used] = [Math.floor(each.month / 12), inhabitantsYear(number, each.month)];
      if (used !== year) stand.set(used, (stand.get(used) ?? new Set()).add(year));
    }
  }
  const said = [...stand].map(([used, years]) => `those of ${used} are used for ${listed([...years].sort().map(String))}`);
  return `${[`Inhabitants: World Bank, as of ${dayWords(day)}`, ...said].join('; ')}.`;
}
