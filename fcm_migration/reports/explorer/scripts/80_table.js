// The figures behind the drawing: a table on the page, and the same rows as CSV.

// Columns and rows; texts and numbers as they are, null where there is none.
function tableOf() {
  if (chart.kind === 'several') return severalTable(chart.view);
  return state.asOf ? asOfTable(chart.view) : oneTable(chart.view);
}

function remarks(view, month, flag) {
  const alerts = view.alerts.filter((alert) => alert.month === month)
    .map((alert) => `alert: ${alert.isRise ? 'rise' : 'fall'}${alert.isStrong ? ', strong' : ''}`);
  return [flag, ...alerts].filter(Boolean).join('; ');
}

function oneTable(view) {
  const bounds = ['median', 'lower_50', 'upper_50', 'lower_80', 'upper_80', 'lower_95', 'upper_95'];
  const own = new Map(view.periods.map((period) => [period.month, period]));
  const ahead = new Map(view.ahead.map((row) => [row.month, row]));
  const every = [...new Set([...own.keys(), ...ahead.keys()])].sort((a, b) => a - b);
  const { chance } = held.rules;
  const forecast = view.ahead.length ? [
    'Forecast, middle', ...['50', '80', '95'].flatMap((level) => [`${chance[level]}, from`, `${chance[level]}, to`]),
  ] : [];
  const rows = every.map((month) => {
    const period = own.get(month);
    const row = ahead.get(month);
    const flag = period ? period.flag : 'forecast';
    const isCounted = view.counted?.[2] === month && (!period || period.isPartial);
    const said = isCounted ? `counted so far${view.counted[1] ? `, to ${dayWords(view.counted[1])}` : ''}; the ${held.rules.period[view.frequency]} is not complete` : flag;
    return [
      month, period?.value ?? (isCounted ? view.counted[0] : null), remarks(view, month, said),
      ...(forecast.length ? bounds.map((name) => row?.[name] ?? null) : []),
    ];
  });
  return { columns: ['Period', 'Figure', 'Remark', ...forecast], rows, texts: [0, 2] };
}

function asOfTable(view) {
  const rows = revisions(view).map((pair) => {
    const change = pair.then !== null && pair.now !== null ? pair.now - pair.then : null;
    let remark = pair.flag;
    if (pair.isNew) remark = 'not yet in that release';
    else if (pair.isChanged) remark = 'revised since';
    return [pair.month, pair.then, pair.now, change, remark];
  });
  return { columns: ['Period', `As of ${dayWords(view.day)}`, `As of ${dayWords(newestDay(view.number))}`, 'Change', 'Remark'], rows, texts: [0, 4] };
}

function severalTable(view) {
  const every = [...new Set(view.lines.flatMap((line) => line.periods.map((each) => each.month)))].sort((a, b) => a - b);
  const isMeasured = state.measure !== 'figures';
  const unit = state.measure === 'rate' ? 'per 100,000' : 'index';
  const columns = ['Period', ...view.lines.flatMap((line) => (
    isMeasured ? [`${line.name}, ${bareUnit(line.number)}`, `${line.name}, ${unit}`] : [line.name])), 'Remark'];
  const rows = every.map((month) => {
    const found = view.lines.map((line) => line.measured.find((each) => each.month === month));
    const flags = view.lines.map((line, place) => (found[place]?.flag ? `${line.name}: ${found[place].flag}` : ''));
    const cells = found.flatMap((each) => (
      isMeasured ? [each?.value ?? null, each?.shown ?? null] : [each?.value ?? null]));
    return [month, ...cells, [...flags, insteadWords(view, month)].filter(Boolean).join('; ')];
  });
  return { columns, rows, texts: [0, columns.length - 1] };
}

// Said of a period whose rate rests on the inhabitants of an earlier year.
function insteadWords(view, month) {
  if (state.measure !== 'rate') return '';
  const years = view.lines.map((line) => inhabitantsYear(line.number, month));
  const used = [...new Set(years)].filter((year) => year !== Math.floor(month / 12));
  return used.length ? `inhabitants of ${listed(used.map(String))}` : '';
}

// Built when it is opened: hundreds of rows would slow each change of the choice.
function fillTable() {
  const table = byId('table');
  if (!byId('figures').open) {
    table.replaceChildren();
    return;
  }
  const { columns, rows, texts } = tableOf();
  const head = made('tr');
  columns.forEach((name, place) => head.append(made('th', name, { scope: 'col', class: texts.includes(place) ? '' : 'n' })));
  const body = rows.toReversed().map((row) => {
    const line = made('tr');
    row.forEach((cell, place) => {
      if (place === 0) line.append(made('th', periodWords(cell, chart.view.frequency), { scope: 'row' }));
      else if (texts.includes(place)) line.append(made('td', cell));
      else line.append(made('td', Number.isInteger(cell) || cell === null ? figure(cell) : rate(cell), { class: 'n' }));
    });
    return line;
  });
  const caption = made('caption', `${headingWords()}. ${captionWords()}`);
  const [thead, tbody] = [made('thead'), made('tbody')];
  thead.append(head);
  tbody.append(...body);
  table.replaceChildren(caption, thead, tbody);
}

function captionWords() {
  if (chart.kind === 'several') return severalSubtitle(chart.view);
  return `Unit: ${unitOf(state.number)}. Source: ${sourceWords(state.number, chart.view.day)}.${state.asOf ? '' : ` ${ages().join(' ')}`}`.trim();
}

// A text that a spreadsheet would take for a formula begins with an apostrophe, as in fcm query.
function cell(value) {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const isFormula = /^[=+\-@\t\r]/.test(value) && !/^[0-9+\-., ]*$/.test(value);
  const text = isFormula ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
