// Files to keep: CSV, and the drawing as SVG and PNG with the colours that are on the screen.

const SVG = 'http://www.w3.org/2000/svg';

function fileName(ending) {
  const words = chart.kind === 'several' ? `${headingWords()} ${state.measure}` : `${keyOf(state.number)} ${chart.view.day}`;
  return `${words.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 120)}.${ending}`;
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
  const notes = noteLines().flatMap((text) => wrapped(text, width));
  const above = 14 + 19 * title.length;
  const whole = document.createElementNS(SVG, 'svg');
  const total = above + height + 16 * notes.length + 14;
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
    ...svgText(notes, { ...font, y: String(above + height + 12), step: '16', 'font-size': '11.5', fill: paint('muted') }),
  );
  return { text: new XMLSerializer().serializeToString(whole), width: wide, height: total };
}

function noteLines() {
  const dates = chart.dates.map((each) => `(${each.mark}) ${dateWords(each)}`);
  return [...dates, `fcm-migration, edition ${held.edition.id} of ${dayWords(held.edition.day)}.`];
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
