// Reading off single figures: a slider for the keyboard, the pointer over the drawing for a mouse.

let months = []; // that can be read off

function cursorMonths() {
  const found = chart.kind === 'one'
    ? [...chart.view.periods, ...chart.view.later, ...chart.view.ahead]
    : chart.view.lines.flatMap((line) => line.periods);
  return [...new Set(found.map((each) => each.month))].sort((a, b) => a - b);
}

function settleCursor() {
  months = cursorMonths();
  const slider = byId('cursor');
  slider.max = String(months.length - 1);
  const known = chart.kind === 'one' ? chart.view.known : chart.view.lines.flatMap((line) => line.periods.filter((each) => each.value !== null));
  const last = Math.max(...known.map((each) => each.month));
  slider.value = String(months.indexOf(last));
  const said = readWords(last);
  byId('read').textContent = said;
  slider.setAttribute('aria-valuetext', said);
}

function readOff() {
  const month = months[Number(byId('cursor').value)];
  const said = readWords(month);
  byId('read').textContent = said;
  byId('cursor').setAttribute('aria-valuetext', said);
  const x = middle(month, chart.view.frequency);
  const cursor = [{ x, y: 0, y2: chart.area.top }];
  const at = readPoints(month).map((y) => ({ x, y: Math.min(y, chart.area.top) }));
  redraw({ cursor, points_read: at });
}

function readPoints(month) {
  if (chart.kind === 'several') {
    return chart.view.lines.flatMap((line) => line.measured.filter((each) => each.month === month && each.shown !== null).map((each) => each.shown));
  }
  const own = [...chart.view.periods, ...chart.view.later].filter((each) => each.month === month && each.value !== null);
  const ahead = chart.view.ahead.filter((each) => each.month === month);
  return own.length ? own.map((each) => each.value) : ahead.map((each) => each.median);
}

function readWords(month) {
  const { view } = chart;
  const when = periodWords(month, view.frequency);
  if (chart.kind === 'several') return `${when}: ${view.lines.map((line) => readLine(line, month)).join('; ')}.`;
  if (state.asOf) {
    const pair = revisions(view).find((each) => each.month === month);
    return `${when}: ${figure(pair.then)} in the release of ${dayWords(view.day)}, ${figure(pair.now)} in the newest.`;
  }
  const period = view.periods.find((each) => each.month === month);
  const row = view.ahead.find((each) => each.month === month);
  const said = [];
  if (period?.value != null) said.push(`${figure(period.value)} ${unitOf(view.number)}${period.flag ? ` (${period.flag})` : ''}`);
  else if (period) said.push(period.flag);
  if (row) said.push(`forecast ${figure(row.median)}, 8 in 10 between ${figure(row.lower_80)} and ${figure(row.upper_80)}`);
  return `${when}: ${said.join('; ')}.`;
}

function readLine(line, month) {
  const each = line.measured.find((one) => one.month === month);
  if (!each) return `${line.name} nothing in this period`;
  if (each.shown === null) return `${line.name} ${each.flag || 'no figure on this scale'}`;
  return `${line.name} ${write(each.shown)}`;
}

function followPointer(event) {
  const box = byId(`drawing-${chart.kind}`).querySelector('svg').getBoundingClientRect();
  const drawnWidth = chart.area.width + chart.padding.left + chart.padding.right;
  const x = ((event.clientX - box.left) * drawnWidth) / box.width - chart.padding.left;
  if (x < 0 || x > chart.area.width) return;
  const moment = chart.area.moment(x);
  const distance = (month) => Math.abs(middle(month, chart.view.frequency) - moment);
  const nearest = months.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const place = String(months.indexOf(nearest));
  if (place !== byId('cursor').value) {
    byId('cursor').value = place;
    readOff();
  }
}
