// Rows of the chart of several series: figures, rates, or an index of their movement.

// The newest year counted stands for those after it, as in the view newest_figures.
function inhabitantsYear(number, month) {
  const { years } = held.population[codeOf(number, 'destination_iso3')];
  return Math.min(Math.floor(month / 12), Math.max(...Object.keys(years).map(Number)));
}

function inhabitants(number, month) {
  return held.population[codeOf(number, 'destination_iso3')].years[inhabitantsYear(number, month)] ?? null;
}

// The first period of which every line has a figure above zero: there the index is 100.
function commonPeriod(lines) {
  const [first, ...others] = lines;
  const fitting = (line, month) => line.periods.some((each) => each.month === month && each.value > 0 && !each.isPartial);
  return first.periods.find((each) => each.value > 0 && !each.isPartial
    && others.every((line) => fitting(line, each.month)))?.month ?? null;
}

function severalView(numbersShown) {
  const lines = numbersShown.map((number) => (
    { number, name: lineName(number, numbersShown), periods: windowOf(periodsOf(number), number) }
  ));
  const first = Math.min(...lines.flatMap((line) => trimmed(line.periods).slice(0, 1).map((each) => each.month)));
  for (const line of lines) line.periods = line.periods.filter((each) => each.month >= first);
  const base = state.measure === 'index' ? commonPeriod(lines) : null;
  for (const line of lines) {
    const ground = line.periods.find((each) => each.month === base)?.value;
    line.measured = line.periods.map((each) => ({ ...each, shown: measured(line.number, each, ground) }));
  }
  return { lines, base, dated: severalDates(lines), frequency: held.series.frequency[numbersShown[0]] };
}

// Policies and breaks of all lines, each once, with the lines it concerns where that is not all.
function severalDates(lines) {
  const found = new Map();
  for (const line of lines) {
    for (const each of datesOf(line.number).dated) {
      const key = `${each.day} ${each.words}`;
      if (!found.has(key)) found.set(key, { ...each, names: [] });
      found.get(key).names.push(line.name);
    }
  }
  return [...found.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function measured(number, period, ground) {
  if (period.value === null || period.isPartial) return null;
  if (state.measure === 'figures') return period.value;
  if (state.measure === 'index') return ground ? (100 * period.value) / ground : null;
  const people = inhabitants(number, period.month);
  return people ? (100000 * period.value) / people : null;
}

function severalSubtitle(view) {
  return `${sharedWords(view.lines.map((line) => line.number))}: ${measureWords(view)}. ${severalNotes(view)}`;
}

// Where the lines are from, and what must be known of their scale.
function severalNotes(view) {
  const among = view.lines.map((line) => line.number);
  const sources = [...new Set(among.map((number) => sourceWords(number, newestDay(number))))];
  const said = [`Source${sources.length > 1 ? 's' : ''}: ${listed(sources)}.`];
  if (!isOneCount()) {
    const counts = among.map((number) => `${wordsOf(number, 'indicator')} (${bareUnit(number)})`);
    said.push(`The lines count different things: ${listed([...new Set(counts)])}.`);
  }
  if (state.measure === 'rate') said.push(inhabitantsWords(view));
  said.push('Incomplete periods and forecasts are left out.');
  return said.join(' ');
}

function write(value) {
  return state.measure === 'rate' ? rate(value) : figure(value);
}

function lineLabels(view, width) {
  const most = width < 500 ? 84 : 150;
  return view.lines.map((line, place) => {
    const last = line.measured.filter((each) => each.shown !== null).at(-1);
    if (!last) return null;
    const own = wrapped(`${line.name}: ${write(last.shown)}`, most, true);
    return { place: place + 1, value: last.shown, month: last.month, lines: own };
  }).filter(Boolean);
}

// Labels are of one to three lines: they are set apart by the tallest.
function labelRows(view, labels, area) {
  const found = {};
  const tall = Math.max(1, ...labels.map((label) => label.lines.length));
  const wanted = labels.map((label) => area.y(Math.min(label.value, area.top)));
  const placed = spread(wanted, 13 * tall + 3, 8, area.height - 6);
  labels.forEach((label, rank) => {
    const start = middle(label.month, view.frequency);
    found[`leader_${label.place}`] = [
      { x: start, y: label.value }, { x: area.moment(area.width + 9), y: area.value(placed[rank]) },
    ];
    const up = (13 * (label.lines.length - 1)) / 2;
    found[`label_${label.place}`] = [
      { x: area.moment(area.width + 12), y: area.value(placed[rank] - up), text: label.lines },
    ];
  });
  return found;
}

function severalChart(numbersShown, width) {
  const view = severalView(numbersShown);
  const values = view.lines.flatMap((line) => line.measured.map((each) => each.shown ?? 0));
  const isCount = state.measure === 'figures';
  const top = axisEnd(values.map((value) => held.rules.headroom * value), [], [], isCount);
  const months = view.lines.flatMap((line) => line.periods.map((each) => each.month));
  const side = half(view.frequency);
  const labels = lineLabels(view, width);
  const left = valueRoom(top, isCount, write) + 4;
  const right = Math.max(0, ...labels.flatMap((label) => label.lines.map((line) => widthOf(line, true)))) + 20;
  const area = new Area(
    width - left - right, width < 500 ? 220 : 320,
    middle(Math.min(...months), view.frequency) - side,
    middle(Math.max(...months), view.frequency) + side, top,
  );
  const lines = wrapped(severalSubtitle(view), width - 8, false, 12);
  const dates = datesWithin(view, area);
  const placed = stacked(numberLabels(dates, area), -left, area.width + right);
  const above = 14 + 13.5 * Math.max(0, ...placed.map((label) => label.lane + 1));
  const rows = {
    ...dateRows(placed, area),
    ...valueAxis(area, isCount, write), ...timeAxis(area, view.frequency), ...labelRows(view, labels, area),
    subtitle: lines.map((text, place) => (
      { x: area.moment(-left), y: area.value(-above - 4 - 16 * (lines.length - 1 - place)), text }
    )),
  };
  view.lines.forEach((line, place) => {
    const own = line.measured.map((each) => ({ x: middle(each.month, view.frequency), y: each.shown }));
    rows[`line_${place + 1}`] = own;
    const every = Math.ceil(own.length / 12); // markers tell lines apart; a crowd of them hides them
    rows[`marks_${place + 1}`] = own.filter((row, rank) => row.y !== null
      && (lonely(own).includes(row) || rank % every === Math.floor(every / 2)));
  });
  return { kind: 'several', view, area, rows, padding: { left, right, top: above + 16 * lines.length + 2, bottom: 26 }, dates };
}
