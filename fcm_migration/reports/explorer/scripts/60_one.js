// Rows of the chart of one series: figures, forecast, dates and labels.

function windowOf(periods, number) {
  if (state.years === 'all') return periods;
  const count = (Number(state.years) * 12) / STEP[held.series.frequency[number]];
  return periods.slice(-count);
}

// What is drawn of the chosen series, before any pixel.
function oneView(number) {
  const all = periodsOf(number, state.asOf);
  const periods = trimmed(windowOf(all, number));
  const known = periods.filter((period) => period.value !== null);
  // what later releases changed of it is seen against the newest figures
  const first = periods[0].month;
  const later = state.asOf ? periodsOf(number).filter((period) => period.month >= first && !period.isPartial) : [];
  const ahead = state.asOf ? [] : aheadOf(number);
  return {
    number, periods, known, later, ahead,
    frequency: held.series.frequency[number],
    day: state.asOf || newestDay(number),
    counted: state.asOf ? undefined : held.ahead[number]?.counted,
    alerts: state.asOf ? [] : alertsOf(number),
    ...datesOf(number),
  };
}

// Periods from the first one with a figure on.
function trimmed(periods) {
  const first = periods.findIndex((period) => period.value !== null);
  return periods.slice(Math.max(first, 0));
}

function oneTop(view) {
  const figures = [...view.known, ...view.later].map((period) => held.rules.headroom * (period.value ?? 0));
  const medians = view.ahead.map((row) => row.median);
  return axisEnd(
    [...figures, ...medians],
    view.ahead.map((row) => row.upper_80),
    view.ahead.map((row) => row.upper_95),
  );
}

function oneSpan(view) {
  const months = [...view.periods, ...view.later, ...view.ahead].map((each) => each.month);
  const side = half(view.frequency);
  const last = middle(Math.max(...months), view.frequency) + side;
  const today = dayStart(held.edition.day);
  const isAged = view.ahead.length && today > last;
  return [middle(Math.min(...months), view.frequency) - side, isAged ? today : last];
}

function points(periods, frequency) {
  return periods.map((period) => ({ x: middle(period.month, frequency), y: period.value }));
}

// A figure between two gaps has no line and is a dot.
function lonely(rows) {
  return rows.filter((row, place) => row.y !== null
    && (rows[place - 1]?.y ?? null) === null && (rows[place + 1]?.y ?? null) === null);
}

function historyRows(view) {
  const rows = points(view.periods, view.frequency);
  const hollow = rows.filter((row, place) => view.periods[place].isPartial && row.y !== null);
  if (view.counted && view.ahead.length) {
    const [, , month] = view.counted;
    if (!view.known.some((period) => period.month === month)) {
      hollow.push({ x: middle(month, view.frequency), y: view.counted[0] });
    }
  }
  const complete = rows.map((row, place) => (view.periods[place].isPartial ? { ...row, y: null } : row));
  const last = complete.filter((row) => row.y !== null).slice(-1);
  return {
    history: complete,
    link: hollow.length ? rows : [],
    solid: [...new Set([...lonely(complete), ...last])],
    hollow,
    later: points(view.later, view.frequency),
  };
}

function fanRows(view, area) {
  const found = {};
  const start = view.known.filter((period) => !period.isPartial).at(-1);
  if (!view.ahead.length || !start) return found;
  const from = { x: middle(start.month, view.frequency), y: start.value };
  const rows = view.ahead.map((row) => ({ ...row, x: middle(row.month, view.frequency) }));
  const capped = (value) => Math.min(value, area.top);
  for (const level of held.rules.levels) {
    const band = rows.map((row) => (
      { x: row.x, y: capped(row[`upper_${level}`]), y2: capped(row[`lower_${level}`]) }
    ));
    found[`band_${level}`] = [{ ...from, y2: from.y }, ...band];
  }
  for (const side of ['lower', 'upper']) {
    found[`edge_${side}`] = [from, ...rows.map((row) => ({ x: row.x, y: capped(row[`${side}_80`]) }))];
  }
  found.median = [from, ...rows.map((row) => ({ x: row.x, y: capped(row.median) }))];
  const over = rows.filter((row) => row.upper_95 > area.top).map((row) => area.x(row.x));
  if (over.length) {
    let [low, high] = [Math.min(...over), Math.max(...over)];
    if (high - low <= 12) [low, high] = [low - 6, low + 6];
    const teeth = Math.floor((high - low) / 3) + 1;
    found.cut = Array.from({ length: teeth }, (_none, tooth) => (
      { x: area.moment(low + 3 * tooth), y: area.value(-1 - 4 * (tooth % 2)) }
    ));
  }
  return found;
}

// Which bounds run on beyond the axis, and how far: said, because they are not drawn.
function cutWords(view, top) {
  const said = [];
  for (const level of held.rules.levels.slice(0, 2)) {
    const widest = view.ahead.reduce((a, b) => (b[`upper_${level}`] > (a?.[`upper_${level}`] ?? 0) ? b : a), null);
    if (widest && widest[`upper_${level}`] > top) {
      const when = periodWords(widest.month, view.frequency, true);
      said.push(`${held.rules.chance[level]} runs on to ${near(widest[`upper_${level}`])} in ${when}`);
    }
  }
  return said.join('; ');
}

// Months that are over and whose figures are not in the edition are shaded.
function staleRows(view, area) {
  const [from, to] = [dayStart(view.day), Math.min(dayStart(held.edition.day), area.last)];
  if (state.asOf || (to - from) / DAY < 45) return {};
  return {
    shade: [{ x: Math.max(from, area.first), x2: to, y: 0, y2: area.top }],
    today: [{ x: to, y: 0, y2: area.top }],
  };
}

const MOST_DATES = 9; // more would hide the figures

// Dates within the drawing, the newest, numbered as in the list below it.
function datesWithin(view, { first, last }) {
  const within = view.dated.filter((each) => dayStart(each.last ?? each.day) >= first && dayStart(each.day) <= last);
  return within.slice(-MOST_DATES).map((each, place) => ({ ...each, mark: String(place + 1) }));
}

function alertsWithin(view) {
  const values = new Map(view.known.map((period) => [period.month, period.value]));
  return view.alerts.filter((alert) => alert.words && values.has(alert.month))
    .map((alert) => ({ ...alert, value: values.get(alert.month) }));
}

function alertRows(view, area) {
  const found = { rises: [], falls: [], alert_words: [] };
  const shownAlerts = alertsWithin(view);
  shownAlerts.forEach((alert, place) => {
    const x = middle(alert.month, view.frequency);
    const y = area.y(alert.value);
    found[alert.isRise ? 'rises' : 'falls'].push({ x, y: area.value(y - 9) });
    if (place >= shownAlerts.length - (area.width < 400 ? 1 : 2)) {
      const text = `${alert.isRise ? 'rise' : 'fall'}, ${periodWords(alert.month, view.frequency, true)}`;
      const reach = widthOf(text) / 2;
      const centre = Math.min(Math.max(area.x(x), reach), area.width - reach);
      found.alert_words.push({ x: area.moment(centre), y: area.value(y - 22), text });
    }
  });
  return found;
}
