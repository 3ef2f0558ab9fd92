// The rows of the table as CSV: each line says by itself what it holds.

function csvText() {
  const { columns, rows } = tableOf();
  const { frequency } = chart.view;
  const isOne = chart.kind === 'one';
  const people = state.measure === 'rate' && !isOne ? inhabitantsColumns(chart.view) : [];
  const about = [...aboutColumns()];
  const named = isOne ? columns : columns.map((name, place) => csvColumn(name, place, columns.length));
  const head = ['period_start', ...named, ...people.map(([name]) => name), ...about.map(([name]) => name)];
  const lines = rows.map(([month, ...others]) => {
    const start = `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`;
    return [
      start, periodWords(month, frequency), ...others.map(rounded),
      ...people.map(([_name, of]) => of(month)), ...about.map(([_name, value]) => value),
    ];
  });
  return `\ufeff${[head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

// Rates and indices come to two places; figures are whole.
function rounded(value) {
  return typeof value === 'number' ? Math.round(100 * value) / 100 : value;
}

// A column of a comparison names its whole series: it may be read without the others.
function csvColumn(name, place, count) {
  if (place === 0 || place === count - 1) return name;
  return `${name}: ${sharedWords(chart.view.lines.map((line) => line.number))}`;
}

// Of each destination: its inhabitants, and the year they are of.
function inhabitantsColumns(view) {
  const found = new Map(view.lines.map(({ number }) => [codeOf(number, 'destination_iso3'), number]));
  const whom = (number) => (found.size > 1 ? `, ${wordsOf(number, 'destination_iso3')}` : '');
  const source = held.population_source;
  const days = [...found.keys()].map((code) => held.population[code].as_of);
  return [
    ...[...found.values()].flatMap((number) => [
      [`inhabitants${whom(number)}`, (month) => inhabitants(number, month)],
      [`inhabitants_year${whom(number)}`, (month) => inhabitantsYear(number, month)],
    ]),
    ['inhabitants_source', () => `${source.publisher}: ${source.title}`],
    ['inhabitants_as_of', () => [...new Set(days)].join(' | ')],
  ];
}

function aboutColumns() {
  const isOne = chart.kind === 'one';
  const among = isOne ? [state.number] : chart.view.lines.map((line) => line.number);
  const each = (of) => [...new Set(among.map(of))].join(' | ');
  const days = state.asOf
    ? [['as_of_date_shown', chart.view.day], ['as_of_date_newest', newestDay(state.number)]]
    : [['as_of_date', each(newestDay)]];
  return [
    ['series_id', among.map(keyOf).join(' | ')], ['unit', unitColumn(each(unitOf))],
    ['source', each((number) => sourceOf(number).publisher)], ...days, ['edition', held.edition.id],
  ];
}

function unitColumn(units) {
  if (chart.kind === 'one' || state.measure === 'figures') return units;
  const measured = state.measure === 'rate' ? 'per 100,000' : 'index';
  return `${units}; columns "${measured}": ${measureWords(chart.view)}`;
}
