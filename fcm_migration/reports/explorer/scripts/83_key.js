// The key: marks as the chart draws them, of what is drawn and of nothing else.

const SVG = 'http://www.w3.org/2000/svg';
const KEY = [
  ['history', 'figures', ['path', { d: 'M0 6H22', stroke: 'line', 'stroke-width': 2 }]],
  ['hollow', 'incomplete or provisional', ['circle', { cx: 11, cy: 6, r: 3.6, fill: 'ground', stroke: 'line', 'stroke-width': 1.6 }]],
  ['later', 'newest release', ['path', { d: 'M0 6H22', stroke: 'muted', 'stroke-width': 1.4, 'stroke-dasharray': '3 3' }]],
  ['median', 'forecast, middle', ['path', { d: 'M0 6H22', stroke: 'ink', 'stroke-width': 1.8, 'stroke-dasharray': '4 3' }]],
  ['band_50', 'forecast, 1 in 2', ['rect', { width: 22, height: 12, fill: 'band-50' }]],
  ['band_80', '8 in 10', ['rect', { width: 22, height: 12, fill: 'band-80' }], ['path', { d: 'M0 .4H22M0 11.6H22', stroke: 'line', 'stroke-width': 0.8 }]],
  ['band_95', '19 in 20', ['rect', { width: 22, height: 12, fill: 'band-95' }]],
  ['rises', 'alert: rise begins', ['path', { d: 'M11 1.5L16 10.5H6Z', fill: 'alert' }]],
  ['falls', 'alert: fall begins', ['path', { d: 'M11 10.5L16 1.5H6Z', fill: 'ground', stroke: 'alert', 'stroke-width': 1.4 }]],
  ['policies', 'policy, numbered below', ['path', { d: 'M11 0V12', stroke: 'ink', 'stroke-width': 1.2, 'stroke-dasharray': '1 3' }]],
  ['breaks', 'change in counting, numbered below', ['path', { d: 'M11 0V12', stroke: 'muted', 'stroke-width': 1.2, 'stroke-dasharray': '5 3' }]],
  ['spans', 'change in counting over some time, numbered below', ['rect', { y: 4, width: 22, height: 4, fill: 'strip' }]],
  ['shade', 'months over, figures not in this edition', ['rect', { width: 22, height: 12, fill: 'shade' }]],
];

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  if (tag === 'path' && !attributes.fill) element.setAttribute('fill', 'none');
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, name === 'fill' || name === 'stroke' ? `var(--chart-${value})` : String(value));
  }
  return element;
}

function swatch(shapes) {
  const drawing = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ width: 22, height: 12, 'aria-hidden': 'true', class: 'k' })) {
    drawing.setAttribute(name, String(value));
  }
  drawing.append(...shapes.map(([tag, attributes]) => shape(tag, attributes)));
  return drawing;
}

function keyShown() {
  return KEY.filter(([name]) => (chart.rows[name] ?? []).length > 0);
}

function fillKey() {
  byId('key').replaceChildren(...keyShown().map(([_name, words, ...shapes]) => {
    const item = made('li');
    item.append(swatch(shapes), words);
    return item;
  }));
  byId('key').hidden = byId('key').childElementCount === 0;
}

// The key in a drawing that is passed on: its rows from a height on, and the height they take.
function keyRows(top, left, width, attributes) {
  let [x, y] = [left, top];
  const found = [];
  for (const item of byId('key').children) {
    const words = item.textContent;
    const wide = 28 + widthOf(words, false, 11.5);
    if (x > left && x + wide > left + width) [x, y] = [left, y + 18];
    const mark = withColours(item.querySelector('svg'));
    for (const [name, value] of Object.entries({ x, y: y - 10 })) mark.setAttribute(name, String(value));
    found.push(mark, ...svgText([words], { ...attributes, x: String(x + 28), y: String(y), step: '0' }));
    x += wide + 18;
  }
  return { found, height: found.length ? y - top + 20 : 0 };
}
