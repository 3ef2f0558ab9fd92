// Files to keep: CSV, and the drawing as SVG and PNG with the colours that are on the screen.

function fileName(ending) {
  const isOne = chart.kind === 'one';
  const words = isOne ? `${keyOf(state.number)} ${chart.view.day}` : headingWords();
  const name = words.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 180);
  return `${isOne ? name : `${name}-${state.measure}`}.${ending}`;
}

function save(blob, name) {
  const link = made('a', '', { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Outside the page its variables mean nothing: each colour is written as it was computed.
function withColours(original) {
  const copy = original.cloneNode(true);
  const [from, to] = [original, copy].map((root) => [root, ...root.querySelectorAll('*')]);
  from.forEach((element, place) => {
    const style = getComputedStyle(element);
    for (const name of ['fill', 'stroke']) {
      if (element.getAttribute(name)?.includes('var(')) to[place].setAttribute(name, style[name]);
    }
    const own = to[place].getAttribute('style');
    if (own?.includes('var(')) {
      for (const name of ['fill', 'stroke', 'background-color']) {
        if (to[place].style.getPropertyValue(name).includes('var(')) {
          to[place].style.setProperty(name, style.getPropertyValue(name));
        }
      }
    }
  });
  return copy;
}

function svgText(lines, attributes) {
  return lines.map((text, place) => {
    const line = document.createElementNS(SVG, 'text');
    for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
    line.setAttribute('y', String(Number(attributes.y) + place * Number(attributes.step)));
    line.removeAttribute('step');
    line.textContent = text;
    return line;
  });
}

// The drawing alone, with its title above and what its numbers mean below.
function svgFile() {
  const drawing = byId(`drawing-${chart.kind}`).querySelector('svg');
  const width = chart.area.width + chart.padding.left + chart.padding.right;
  const height = chart.area.height + chart.padding.top + chart.padding.bottom;
  const root = getComputedStyle(document.documentElement);
  const paint = (role) => root.getPropertyValue(`--chart-${role}`).trim();
  const font = { 'font-family': '"Liberation Sans", Arial, Helvetica, sans-serif', x: '12' };
  const wide = width + 24;
  const title = wrapped(headingWords(), width, true, 15);
  const aged = ages().flatMap((text) => wrapped(`▲ ${text}`, width, true, 12));
  const notes = noteLines().flatMap((text) => wrapped(text, width));
  const small = { ...font, 'font-size': '11.5', fill: paint('muted') };
  const below = 14 + 19 * title.length;
  const above = below + 16 * aged.length;
  const key = keyRows(above + height + 16, 12, width, small);
  const foot = above + height + 14 + key.height;
  const whole = document.createElementNS(SVG, 'svg');
  const total = foot + 16 * notes.length + 10;
  for (const [name, value] of Object.entries({ xmlns: SVG, width: wide, height: total, viewBox: `0 0 ${wide} ${total}`, role: 'img' })) {
    whole.setAttribute(name, value);
  }
  const label = document.createElementNS(SVG, 'title');
  label.textContent = spokenChart();
  const ground = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ width: '100%', height: '100%', fill: paint('ground') })) ground.setAttribute(name, value);
  const inner = withColours(drawing);
  for (const [name, value] of Object.entries({ x: 12, y: above, width, height })) inner.setAttribute(name, value);
  whole.append(
    label, ground,
    ...svgText(title, { ...font, y: '24', step: '19', 'font-size': '15', 'font-weight': 'bold', fill: paint('ink') }), inner,
    ...svgText(aged, { ...font, y: String(below + 8), step: '16', 'font-size': '12', 'font-weight': 'bold', fill: paint('alert') }),
    ...key.found, ...svgText(notes, { ...small, y: String(foot), step: '16' }),
  );
  return { text: new XMLSerializer().serializeToString(whole), width: wide, height: total };
}

// What a drawing says below itself: dates, what to be wary of, and who made what.
function noteLines() {
  const dates = chart.dates.map((each) => `(${each.mark}) ${dateWords(each)}`);
  return [...dates, ...warnings(chart.view), madeWords()];
}

function madeWords() {
  const { view } = chart;
  const among = chart.kind === 'one' ? [[view.number, view.day]] : view.lines.map(({ number }) => [number, newestDay(number)]);
  const sources = [...new Set(among.map(([number, day]) => sourceWords(number, day)))];
  const computed = chart.kind === 'several' || state.asOf ? 'Drawn by fcm-migration; the drawing is not official.'
    : 'Forecast and alerts computed by fcm-migration, not official.';
  return `${computed} Source${sources.length > 1 ? 's' : ''} of the figures: ${listed(sources)}. Edition ${held.edition.id} of ${dayWords(held.edition.day)}.`;
}

async function pngFile() {
  const { text, width, height } = svgFile();
  const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image(width, height);
    image.src = address;
    await image.decode();
    const canvas = made('canvas', '', { width: Math.round(2 * width), height: Math.round(2 * height) });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function copyLink() {
  const field = byId('link');
  let isCopied = false;
  try {
    await navigator.clipboard.writeText(field.value);
    isCopied = true;
  } catch {
    field.select(); // where the browser allows no copying, the person copies
  }
  notify(isCopied ? 'The link to this view is copied.' : 'The link is selected: copy it with Ctrl+C.');
}
