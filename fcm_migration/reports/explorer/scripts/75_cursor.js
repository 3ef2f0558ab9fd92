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
  const last = firstRead();
  slider.value = String(months.indexOf(last));
  const said = readWords(last);
  byId('read').textContent = said;
  slider.setAttribute('aria-valuetext', said);
}

// The newest complete period; of several lines the newest that all of them share.
function firstRead() {
  if (chart.kind === 'one') {
    const { known } = chart.view;
    return (known.findLast((each) => !each.isPartial) ?? known.at(-1)).month;
  }
  const own = chart.view.lines.map((line) => line.measured.filter((each) => each.shown !== null).map((each) => each.month));
  const shared = own[0].filter((month) => own.every((each) => each.includes(month)));
  return shared.at(-1) ?? Math.max(...own.flat(), months[0]);
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
  if (chart.kind === 'several') {
    const said = view.lines.map((line) => readLine(line, month)).join('; ');
    const instead = insteadWords(view, month);
    return `${when}, ${measureWords(view)}${instead ? ` (${instead})` : ''}: ${said}. ${sharedWords(view.lines.map((line) => line.number))}.`;
  }
  if (state.asOf) {
    const pair = revisions(view).find((each) => each.month === month);
    const unit = bareUnit(view.number);
    const said = (value) => (value === null ? 'no figure' : `${figure(value)} ${unit}`);
    return `${when}: ${said(pair.then)} in the release of ${dayWords(view.day)}, ${said(pair.now)} in the newest.`;
  }
  const period = view.periods.find((each) => each.month === month);
  const row = view.ahead.find((each) => each.month === month);
  const said = [];
  const counted = countedWords(view, month, period);
  if (counted) said.push(counted);
  else if (period?.value != null) said.push(`${figure(period.value)} ${unitOf(view.number)}${period.flag ? ` (${period.flag})` : ''}`);
  else if (period) said.push(period.flag);
  if (row) said.push(`forecast ${near(row.median)} ${unitOf(view.number)}, 8 in 10 between ${near(row.lower_80)} and ${near(row.upper_80)}`);
  return `${when}: ${said.join('; ')}.`;
}

// A period that is not complete, with the day it is counted to where that is known.
function countedWords(view, month, period) {
  const isCounted = view.counted?.[2] === month && (!period || period.isPartial || period.value === null);
  if (!isCounted && !period?.isPartial) return '';
  const value = period?.value ?? view.counted[0];
  const unit = bareUnit(view.number);
  const name = held.rules.period[view.frequency];
  if (isCounted && value === view.counted[0]) {
    const until = view.counted[1] ? `to ${dayWords(view.counted[1])}` : 'so far';
    return `${figure(value)} ${unit} counted ${until}; the ${name} is not complete`;
  }
  return `${figure(value)} ${unit}; the ${name} is incomplete or provisional`;
}

function readLine(line, month) {
  const each = line.measured.find((one) => one.month === month);
  if (!each) return `${line.name} no figure`;
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
