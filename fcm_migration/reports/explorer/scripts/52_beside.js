// Series to be drawn beside the chosen one: of other countries, or of the largest origins.

// The newest complete periods of the chosen series that make a year; of a stock the newest alone.
function rankedMonths() {
  const step = STEP[held.series.frequency[state.number]];
  const newest = newestOf(state.number)?.month ?? held.series.first[state.number];
  const count = indicatorOf(state.number).kind === 'stock' ? 1 : 12 / step;
  return Array.from({ length: count }, (_none, place) => newest - step * (count - 1 - place));
}

function rankedWords() {
  const frequency = held.series.frequency[state.number];
  const among = rankedMonths();
  const last = periodWords(among.at(-1), frequency);
  return among.length === 1 ? last : `${periodWords(among[0], frequency)} to ${last}, taken together`;
}

// Series that differ from the chosen one in one dimension alone, the largest of these periods first.
function besides(dimension) {
  const others = CHOICES.map(([name]) => name).filter((name) => name !== dimension && name !== 'source');
  const found = new Map(); // one source a value, the chosen one's own before others
  for (let number = 0; number < held.figures.length; number += 1) {
    const value = valueOf(number, dimension);
    if (value === valueOf(state.number, dimension)) continue;
    if (!others.every((name) => valueOf(number, name) === valueOf(state.number, name))) continue;
    const isOwn = valueOf(number, 'source') === valueOf(state.number, 'source');
    if (!found.has(value) || isOwn) found.set(value, number);
  }
  const among = rankedMonths();
  const size = (number) => periodsOf(number).filter((period) => among.includes(period.month) && !period.isPartial)
    .reduce((sum, period) => sum + (period.value ?? 0), 0);
  return [...found.values()]
    .filter((number) => !held.unnamed.includes(codeOf(number, dimension)))
    .map((number) => [size(number), number])
    .sort((a, b) => b[0] - a[0])
    .map(([_size, number]) => number)
    .slice(0, held.rules.lines - 1);
}

const FREQUENCY_NAMES = { M: 'months', Q: 'quarters', A: 'years' };

// Why there is nothing to draw beside the chosen series, and what there is instead.
function noCountryWords() {
  const isLike = (number) => ['indicator', 'origin_iso3', 'route', 'place', 'population_group']
    .every((name) => held.series[name][number] === held.series[name][state.number]);
  const found = new Map();
  for (let number = 0; number < held.figures.length; number += 1) {
    const isOther = held.series.destination_iso3[number] !== held.series.destination_iso3[state.number];
    if (isOther && isLike(number)) {
      const frequency = held.series.frequency[number];
      found.set(frequency, (found.get(frequency) ?? new Set()).add(wordsOf(number, 'destination_iso3')));
    }
  }
  const none = `No other country has this series by ${FREQUENCY_NAMES[held.series.frequency[state.number]]}.`;
  const nearby = [...found].map(([frequency, names]) => `by ${FREQUENCY_NAMES[frequency]}: ${listed([...names])}`);
  if (nearby.length) return `${none} The same is counted ${nearby.join('; ')}. Choose those periods first.`;
  const elsewhere = new Set();
  held.series.indicator.forEach((own, number) => {
    const isOther = held.series.destination_iso3[number] !== held.series.destination_iso3[state.number];
    if (own === held.series.indicator[state.number] && isOther) {
      elsewhere.add(`${wordsOf(number, 'destination_iso3')} by ${FREQUENCY_NAMES[held.series.frequency[number]]}`);
    }
  });
  return elsewhere.size ? `${none} The same is counted of other origins, places or groups: ${listed([...elsewhere])}.`
    : `No other country counts this: ${lowered(wordsOf(state.number, 'indicator'))}.`;
}

function putBeside(dimension) {
  state.compared = besides(dimension);
  if (!state.compared.length) {
    update(dimension === 'origin_iso3' ? 'There are no other origins of this series.' : noCountryWords());
  } else if (dimension === 'origin_iso3') {
    update(`The largest other origins by the figures of ${rankedWords()}. Groups without a name, such as other and unknown, are left out.`);
  } else update();
}
