// Scales and places of labels: the browser's part of the charts' grammar.

const DAY = 86400000;
const LINE = 14;

function axisValues(most, about = 5, isCount = true) {
  if (isCount && most <= 1) return [0, 1];
  const high = most > 0 ? most : 1;
  const power = 10 ** Math.floor(Math.log10(high / about));
  const size = held.rules.steps.find((each) => each * power * about >= high * (1 - 1e-9));
  let step = size * power;
  if (isCount) step = Math.max(1, step >= 10 || Number.isInteger(step) ? step : Math.ceil(step));
  const count = Math.ceil(high / step - 1e-9);
  return Array.from({ length: count + 1 }, (_none, place) => Number((step * place).toPrecision(12)));
}

// An axis ends near the top of the 80 % range: the widest bound may flatten all that was counted.
function axisEnd(figures, bounds80 = [], bounds95 = [], isCount = true) {
  const { steepest, room } = held.rules;
  const highest = Math.max(0, ...figures);
  const needed = Math.max(highest, ...bounds80.map((bound) => Math.min(bound, steepest * highest)));
  const end = axisValues(needed, 5, isCount).at(-1);
  const widest = Math.max(0, ...bounds95);
  return end < widest && widest <= room * end ? axisValues(widest, 5, isCount).at(-1) : end;
}

function startOf(month) {
  return Date.UTC(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
}

function dayStart(day) {
  return Date.parse(`${day}T00:00:00Z`);
}

function half(frequency) {
  return (DAY * STEP[frequency] * held.rules.days_of_month) / 2;
}

function middle(month, frequency) {
  return startOf(month) + half(frequency);
}

// The drawing area: pixels, and what its edges stand for.
class Area {
  constructor(width, height, first, last, top) {
    Object.assign(this, { width, height, first, last, top });
  }

  x(moment) { return ((moment - this.first) / (this.last - this.first)) * this.width; }

  y(value) { return (1 - value / this.top) * this.height; }

  moment(x) { return this.first + (x / this.width) * (this.last - this.first); }

  value(y) { return this.top * (1 - y / this.height); }
}

const pen = document.createElement('canvas').getContext('2d');

function widthOf(text, isBold = false, size = held.rules.size) {
  pen.font = `${isBold ? 'bold ' : ''}${size}px "Liberation Sans", Arial, Helvetica, sans-serif`;
  return pen.measureText(text).width;
}

function wrapped(text, width, isBold = false, size = held.rules.size) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (lines.at(-1) && widthOf(longer, isBold, size) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

// Positions as near to the wanted ones as may be, at least gap apart.
function spread(wanted, gap, low, high) {
  const order = wanted.map((_y, place) => place).sort((a, b) => wanted[a] - wanted[b]);
  const at = order.map((place) => Math.max(wanted[place], low));
  for (let place = 1; place < at.length; place += 1) at[place] = Math.max(at[place], at[place - 1] + gap);
  let ceiling = high;
  for (let place = at.length - 1; place >= 0; place -= 1) {
    at[place] = Math.min(at[place], ceiling);
    ceiling = at[place] - gap;
  }
  if (at.length && at[0] < low) at.forEach((_y, place) => { at[place] = low + gap * place; });
  const found = [];
  order.forEach((place, rank) => { found[place] = at[rank]; });
  return found;
}

// What stands below the time axis: years, or months where there are few; as many as have room.
function spans(area) {
  const start = new Date(area.first);
  const end = new Date(area.last);
  const found = [];
  if ((end - start) / DAY >= 400) {
    const room = Math.max(1, Math.floor(area.width / 34));
    const [from, to] = [start.getUTCFullYear(), end.getUTCFullYear()];
    const every = [1, 2, 5, 10, 20, 25, 50, 100, 1000].find(
      (size) => Math.floor(to / size) - Math.floor((from - 1) / size) <= room,
    );
    for (let year = from; year <= to; year += 1) {
      if (year % every === 0) found.push([Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1), String(year)]);
    }
    return found;
  }
  const from = start.getUTCFullYear() * 12 + start.getUTCMonth();
  const to = end.getUTCFullYear() * 12 + end.getUTCMonth();
  const every = Math.max(1, Math.ceil(((to - from + 1) * 60) / area.width));
  for (let month = from; month <= to; month += every) {
    found.push([startOf(month), startOf(month + 1), periodWords(month, 'M', true)]);
  }
  return found;
}

function timeAxis(area, frequency) {
  const shown = spans(area);
  const edges = frequency === 'A'
    ? shown.map(([start, end]) => (start + end) / 2)
    : [...new Set(shown.flatMap(([start, end]) => [start, end]))];
  const ticks = edges
    .filter((edge) => edge >= area.first && edge <= area.last)
    .map((x) => ({ x, y: 0, y2: area.value(area.height + 5) }));
  const y = area.value(area.height + 14);
  const times = [];
  for (const [start, end, text] of shown) {
    const [from, to] = [Math.max(start, area.first), Math.min(end, area.last)];
    const centre = (start + end) / 2;
    if (area.x(to) - area.x(from) > 26 || (area.first < centre && centre < area.last)) {
      times.push({ x: (from + to) / 2, y, text });
    }
  }
  return { ticks, times };
}

function valueAxis(area, isCount, write) {
  const values = axisValues(area.top, 5, isCount).filter((value) => value <= area.top * 1.001);
  return {
    grid: values.filter(Boolean).map((y) => ({ x: area.first, x2: area.last, y })),
    base: [{ x: area.first, x2: area.last, y: 0 }],
    values: values.map((y) => ({ x: area.moment(-8), y, text: write(y) })),
  };
}

function valueRoom(top, isCount, write) {
  return Math.max(...axisValues(top, 5, isCount).map((value) => widthOf(write(value)))) + 8;
}

// Left edges and lanes of labels above the area, none on another.
function stacked(labels, low, high) {
  const taken = [];
  return labels.map((label) => {
    const width = Math.max(...label.lines.map((line) => widthOf(line, label.isBold)));
    const wanted = label.isLeft && label.x - 5 - width >= low ? label.x - 5 - width : label.x + 4;
    const left = Math.max(low, Math.min(wanted, high - width));
    let lane = 0;
    const collides = () => taken.some(([row, start, end]) => (
      row >= lane && row < lane + label.lines.length && left < end && start < left + width));
    while (collides()) lane += 1;
    label.lines.forEach((_line, place) => taken.push([lane + place, left - 6, left + width + 6]));
    return { ...label, left, lane };
  });
}
