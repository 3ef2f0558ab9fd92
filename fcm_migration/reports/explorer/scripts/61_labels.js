// Labels of the chart of one series, and its parts put together.

function endLabels(view, isSmall) {
  const { ahead, frequency } = view;
  const newest = view.later.findLast((period) => period.value !== null);
  if (newest) {
    const when = periodWords(newest.month, frequency, true);
    return [{ value: newest.value, month: newest.month, lines: [figure(newest.value), when, 'newest release'], isBold: false }];
  }
  if (!ahead.length) {
    const last = view.known.at(-1);
    return [{ value: last.value, lines: [figure(last.value), periodWords(last.month, frequency, true)], isBold: true }];
  }
  const row = ahead.at(-1);
  const range = (level) => `${figure(row[`lower_${level}`])} to ${figure(row[`upper_${level}`])}`;
  return [
    { value: row.upper_95, lines: [`${held.rules.chance[95]}:`, range(95)], isBold: false },
    { value: row.upper_80, lines: [`${held.rules.chance[80]}:`, range(80)], isBold: true },
    {
      value: row.median,
      lines: [`Middle: ${figure(row.median)}`, `in ${periodWords(row.month, frequency, isSmall || frequency === 'Q')}`],
      isBold: false,
    },
  ];
}

function endRows(view, area, isSmall) {
  const labels = endLabels(view, isSmall);
  const last = labels[0].month ?? (view.ahead.at(-1) ?? view.known.at(-1)).month;
  const edge = middle(last, view.frequency);
  const wanted = labels.map((label) => area.y(Math.min(label.value, area.top)));
  const placed = spread(wanted, 2 * LINE + 3, 13, area.height - 8);
  const found = { ends: [], ends_bold: [] };
  labels.forEach((label, place) => {
    found[`leader_${place + 1}`] = [
      { x: edge, y: area.value(wanted[place]) },
      { x: area.moment(area.width + 9), y: area.value(placed[place]) },
    ];
    found[label.isBold ? 'ends_bold' : 'ends'].push(
      { x: area.moment(area.width + 12), y: area.value(placed[place] - 6), text: label.lines },
    );
  });
  return found;
}

function peakRows(view, area) {
  const top = view.known.reduce((a, b) => (b.value > a.value ? b : a));
  const text = `${periodWords(top.month, view.frequency, true)}: ${figure(top.value)}`;
  const reach = widthOf(text) / 2;
  const isAlerted = alertsWithin(view).some((alert) => alert.month === top.month);
  const edge = view.ahead.length || state.asOf ? Math.min(area.x(dayStart(view.day)), area.width) : area.width;
  const x = Math.max(Math.min(area.x(middle(top.month, view.frequency)), edge - 4 - reach), reach);
  return { peak: isAlerted ? [] : [{ x: area.moment(x), y: area.value(area.y(top.value) - 10), text }] };
}

function numberLabels(dates, area) {
  return dates.map((each) => ({ x: Math.max(0, area.x(dayStart(each.day))), lines: [`(${each.mark})`], each }));
}

// Labels at dates: the day of the release, and numbers of policies and breaks.
function dateLabels(view, area, isSmall) {
  const release = dayStart(view.day);
  const isWithin = release >= area.first && release <= area.last;
  const numbered = numberLabels(datesWithin(view, area), area);
  const said = { x: area.x(release), lines: ['Figures as of', dayWords(view.day, isSmall)], isBold: true, isLeft: true, isRelease: true };
  const { today } = staleRows(view, area);
  const edition = (today ?? []).map((rule) => (
    { x: area.x(rule.x), lines: [`Edition, ${dayWords(held.edition.day, true)}`], isToday: true }
  ));
  return [...numbered, ...edition, ...(isWithin ? [said] : [])];
}

function dateRows(placed, area) {
  const found = { as_of: [], edition: [], policies: [], breaks: [], spans: [], above: [], above_right: [] };
  for (const label of placed) {
    const foot = 12 + 13.5 * label.lane;
    label.lines.forEach((text, place) => {
      const y = area.value(-foot - 13.5 * (label.lines.length - 1 - place));
      const width = widthOf(text, label.isBold);
      if (label.isRelease) found.above_right.push({ x: area.moment(label.left + Math.max(...label.lines.map((line) => widthOf(line, true)))), y, text });
      else found.above.push({ x: area.moment(label.left + width / 2), y, text });
    });
    const rule = { x: area.moment(label.x), y: 0, y2: area.value(-foot - 6) };
    if (label.isRelease) found.as_of.push(rule);
    else if (label.isToday) found.edition.push({ ...rule, y: area.top });
    else if (label.each.last) {
      const ends = [Math.max(dayStart(label.each.day), area.first), Math.min(dayStart(label.each.last), area.last)];
      found.spans.push({ x: ends[0], x2: ends[1], y: area.value(2), y2: area.value(6) });
    } else found[label.each.kind === 'policy' ? 'policies' : 'breaks'].push(rule);
  }
  return found;
}

function sourceWords(number, day) {
  return `${sourceOf(number).publisher}, figures as of ${dayWords(day)}`;
}

function subtitleOf(view, top) {
  const unit = unitOf(view.number);
  const said = [`${unit.charAt(0).toUpperCase()}${unit.slice(1)}. Source: ${sourceWords(view.number, view.day)}.`];
  if (view.ahead.length) {
    const known = view.known.filter((period) => !period.isPartial).at(-1);
    said.push(`Forecast from figures to ${periodWords(known.month, view.frequency)}.`);
  }
  if (state.asOf) said.push(`Dashed: the release of ${dayWords(newestDay(view.number))}. Incomplete periods of the earlier one are left out. Forecast and alerts are of the newest release only.`);
  const cut = cutWords(view, top);
  if (cut) said.push(`Cut at the top: ${cut}.`);
  return said.join(' ');
}

// Everything the chart of one series is drawn from, for a width in pixels.
function oneChart(number, width) {
  const view = oneView(number);
  const isSmall = width < 500;
  const top = oneTop(view);
  const [first, last] = oneSpan(view);
  const texts = endLabels(view, isSmall).flatMap((label) => label.lines.map((line) => widthOf(line, label.isBold)));
  const left = valueRoom(top, true, figure) + 4;
  const right = Math.max(...texts) + 22;
  const area = new Area(width - left - right, isSmall ? 210 : 300, first, last, top);
  const placed = stacked(dateLabels(view, area, isSmall), -left, area.width + right);
  const lanes = Math.max(0, ...placed.map((label) => label.lane + label.lines.length));
  const lines = wrapped(subtitleOf(view, top), width - 8, false, 12);
  const above = 14 + 13.5 * lanes;
  const subtitle = lines.map((text, place) => (
    { x: area.moment(-left), y: area.value(-above - 16 * (lines.length - 1 - place) - 4), text }
  ));
  const rows = {
    ...staleRows(view, area), ...valueAxis(area, true, figure), ...timeAxis(area, view.frequency),
    ...fanRows(view, area), ...historyRows(view), ...alertRows(view, area),
    ...dateRows(placed, area), ...endRows(view, area, isSmall), ...peakRows(view, area), subtitle,
  };
  const padding = { left, right, top: above + 16 * lines.length + 2, bottom: 26 };
  return { kind: 'one', view, area, rows, padding, dates: datesWithin(view, area) };
}
