// What a comparison is of: what all lines share goes into its title, what they differ in names them.

function differing(among) {
  return DIMENSIONS.filter((name) => new Set(among.map((other) => held.series[name][other])).size > 1);
}

// What the lines differ in, so that a label is no longer than it must be.
function lineName(number, among) {
  const name = dimensionWords(number, differing(among));
  const isAlone = among.filter((other) => dimensionWords(other, differing(among)) === name).length === 1;
  const source = `${sourceOf(number).publisher}: ${sourceOf(number).title}`;
  if (isAlone) return name;
  return name ? `${name}, ${source}` : source; // the same count by two publishers
}

function dimensionWords(number, names) {
  if (names.length === 1) return wordsOf(number, names[0]);
  const said = names
    .filter((name) => !isWhole(codeOf(number, name)))
    .filter((name) => name !== 'route' || codeOf(number, name) !== indicatorOf(number).route)
    .map((name) => (name === 'origin_iso3' ? `from ${wordsOf(number, name)}` : wordsOf(number, name)));
  return said.join(', ') || (names.length ? wordsOf(number, names.at(-1)) : '');
}

// What all lines share, as the beginning of a title.
function sharedWords(among) {
  const [first] = among;
  const apart = differing(among);
  const isShared = (name) => !apart.includes(name) && !isWhole(codeOf(first, name));
  const said = [apart.includes('indicator') ? 'Movement of different counts' : wordsOf(first, 'indicator')];
  if (!apart.includes('destination_iso3')) said.push(wordsOf(first, 'destination_iso3'));
  if (isShared('origin_iso3')) {
    const isOfPeople = among.every((number) => indicatorOf(number).unit === 'persons');
    said.push(`${isOfPeople ? 'people ' : ''}from ${wordsOf(first, 'origin_iso3')}`);
  }
  for (const name of ['route', 'place', 'population_group'].filter(isShared)) {
    const isImplied = name === 'route' && among.every((number) => indicatorOf(number).route === codeOf(first, name));
    if (!isImplied) said.push(detailWords(first, name));
  }
  return said.join(', ');
}

function comparedWords(lines) {
  const among = lines.map((line) => line.number);
  const apart = differing(among);
  const isOfOrigins = apart.join() === 'origin_iso3' && among.every((number) => !isWhole(codeOf(number, apart[0])));
  const names = lines.map(({ number, name }, place) => {
    const isCommon = apart.length === 1 && (isWhole(codeOf(number, apart[0])) || apart[0] === 'population_group'
      || (apart[0] === 'route' && !held.rules.proper.includes(codeOf(number, 'route'))));
    return place && isCommon ? lowered(name) : name;
  });
  const all = names.some((name) => name.includes(',')) ? names.join('; ') : listed(names);
  return `${sharedWords(among)}: ${isOfOrigins ? 'from ' : ''}${all}`;
}

function headingWords() {
  return chart.kind === 'one' ? titleOf(state.number) : comparedWords(chart.view.lines);
}

// The unit of the lines as they are drawn, within a sentence.
function measureWords(view) {
  const [{ number }] = view.lines;
  if (state.measure === 'index') {
    return view.base === null ? 'index, without a period that all lines have a figure of'
      : `index (${periodWords(view.base, view.frequency)} = 100)`;
  }
  if (state.measure === 'figures') return unitOf(number);
  const isYearly = view.frequency === 'A' && indicatorOf(number).kind !== 'stock';
  return `${isYearly ? bareUnit(number) : unitOf(number)} for every 100,000 inhabitants`;
}
