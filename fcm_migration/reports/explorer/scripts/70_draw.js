// Vega draws: its interpreter of expressions needs no eval, which the page's policy forbids.

const drawn = {}; // Vega's views by kind of chart, each made when it is first needed
let chart = null; // what is drawn now
let isHeld = Promise.resolve(); // drawings wait for one another

async function viewOf(kind) {
  if (!drawn[kind]) {
    const { view } = await vegaRuntime.embed(byId(`drawing-${kind}`), CHARTS[kind], {
      mode: 'vega', ast: true, actions: false, defaultStyle: false, hover: false, tooltip: false, renderer: 'svg',
    });
    const names = CHARTS[kind].data.filter((each) => !each.source).map((each) => each.name);
    drawn[kind] = { view, names };
  }
  return drawn[kind];
}

async function fill(made) {
  const { view, names } = await viewOf(made.kind);
  const { area, padding, rows } = made;
  view.padding(padding).width(area.width).height(area.height);
  view.signal('first', area.first).signal('last', area.last).signal('top', area.top);
  for (const name of names) view.data(name, rows[name] ?? []);
  await view.runAsync();
}

function draw() {
  isHeld = isHeld.then(async () => {
    performance.mark('draw-begins');
    const width = Math.max(300, Math.floor(byId('drawing').clientWidth));
    chart = isComparing() ? severalChart(shown(), width) : oneChart(state.number, width);
    for (const kind of Object.keys(CHARTS)) byId(`drawing-${kind}`).hidden = kind !== chart.kind;
    await fill(chart);
    performance.measure('draw', 'draw-begins');
  });
  return isHeld;
}

// Rows of single layers alone, as the cursor moves.
function redraw(rows) {
  isHeld = isHeld.then(async () => {
    const { view } = await viewOf(chart.kind);
    for (const [name, own] of Object.entries(rows)) view.data(name, own);
    await view.runAsync();
  });
  return isHeld;
}
