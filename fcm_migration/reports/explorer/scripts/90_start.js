// What happens when: a choice is made, an address is followed, the page is made narrower.

function notify(words) {
  byId('notice').textContent = words;
}

function dateWords(each) {
  const until = each.last ? ` to ${dayWords(each.last, true)}` : '';
  const kind = each.kind === 'policy' ? 'Policy' : 'Change in counting';
  const isOfSome = each.names && each.names.length < chart.view.lines.length;
  const whom = isOfSome ? ` (${listed(each.names)})` : '';
  return `${dayWords(each.day, true)}${until}. ${kind}${whom}: ${each.words}`;
}

const MOST_ALERTS = 6;

function fillNotes() {
  const isOne = chart.kind === 'one';
  byId('dates').replaceChildren(...chart.dates.map((each) => {
    const item = made('li');
    item.append(made('b', `(${each.mark}) `), dateWords(each));
    return item;
  }));
  byId('dates-note').textContent = chart.dates.length === MOST_DATES
    ? `The newest ${MOST_DATES} of these periods; there may be earlier ones.` : '';
  const alerts = isOne ? alertsWithin(chart.view).toReversed() : [];
  byId('alerts-note').textContent = alerts.length > MOST_ALERTS
    ? `The newest ${MOST_ALERTS} of ${alerts.length}: the table of the figures marks all.` : '';
  byId('alerts').replaceChildren(...alerts.slice(0, MOST_ALERTS).map((alert) => {
    const item = made('li');
    item.append(made('span', alert.isRise ? '▲ ' : '▽ ', { class: 'alert', 'aria-hidden': 'true' }), alert.words);
    return item;
  }));
  byId('alerts-part').hidden = alerts.length === 0;
  byId('dates-part').hidden = chart.dates.length === 0;
  byId('record').textContent = isOne && chart.view.ahead.length ? recordWords(state.number) : '';
  fillKey();
}

function fillFacts() {
  const among = shown();
  const facts = [];
  const add = (name, ...parts) => {
    const value = made('dd');
    value.append(...parts);
    facts.push(made('dt', name), value);
  };
  const indicators = [...new Set(among.map((number) => held.series.indicator[number]))];
  for (const place of indicators) {
    const { rule, compare } = held.indicators[place];
    add(indicators.length > 1 ? `${held.words.indicator[place]} counts` : 'What one figure counts', `${rule} ${compare}`);
  }
  for (const place of [...new Set(among.map((number) => held.series.source[number]))]) {
    const { publisher, title, url, licence } = held.sources[place];
    const name = `${publisher}: ${title}`;
    // an address from outside is a link only where it is one of the web, which Python has seen to
    add('Source', url ? made('a', name, { href: url, rel: 'noreferrer' }) : name, licence ? `. Licence: ${licence}.` : '.');
  }
  if (chart.kind === 'several' && state.measure === 'rate') {
    const { publisher, title, url, licence } = held.population_source;
    const name = `${publisher}: ${title}`;
    add('Source of the inhabitants', url ? made('a', name, { href: url, rel: 'noreferrer' }) : name, `. Licence: ${licence}. ${inhabitantsWords(chart.view)}`);
  }
  if (chart.kind === 'one') {
    add('Release shown', dayWords(chart.view.day));
    const rounding = held.series.rounding[state.number];
    if (rounding > 1) add('Rounding', `The publisher rounds to multiples of ${rounding}.`);
    for (const words of chart.view.standing) add('To know before comparing', words);
  }
  byId('facts').replaceChildren(...facts);
}

function say() {
  const words = spokenChart();
  byId('heading').textContent = headingWords();
  byId('age').replaceChildren(...ages().map((text) => made('span', `▲ ${text}`)));
  byId('drawing').setAttribute('aria-label', words);
  byId('said').textContent = words;
  document.title = `${headingWords()}: explorer`;
}

// An earlier release is of one series that it holds: else it is dropped, and that is said.
function dropRelease() {
  const day = state.asOf;
  const hasDay = earlierOf(state.number).some(([known]) => known === day);
  if (!day || (hasDay && !isComparing())) return '';
  state.asOf = '';
  const why = isComparing() ? 'A comparison is of the newest releases' : 'This series is not in it';
  return `The release of ${dayWords(day)} is no longer shown. ${why}.`;
}

async function update(words = '') {
  const dropped = dropRelease();
  settleMeasure();
  fillChoices();
  fillCompared();
  await draw();
  say();
  settleCursor();
  fillNotes();
  fillFacts();
  fillTable();
  const address = addressOf();
  if (location.hash !== address) history.replaceState(null, '', address);
  byId('link').value = location.href;
  notify([words, dropped].filter(Boolean).join(' '));
}

// The first origin found is chosen; where none is, the list says which one stays.
function takeFirst() {
  const [first] = foundOrigins(plain(byId('search').value));
  if (first === undefined) return;
  state.number = changed(CHOICES.findIndex(([dimension]) => dimension === 'origin_iso3'), first);
  update();
}

function listen() {
  CHOICES.forEach(([dimension, id], place) => {
    byId(id).addEventListener('change', (event) => {
      const frequency = held.series.frequency[state.number];
      state.number = changed(place, Number(event.target.value));
      if (id === 'country' || id === 'indicator') byId('search').value = '';
      if (held.series.frequency[state.number] !== frequency) state.years = usualYears(state.number);
      update();
    });
  });
  byId('search').addEventListener('input', () => fillOrigins(origins));
  byId('search').addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      byId('origin').focus();
    }
    if (event.key === 'Enter') takeFirst();
  });
  byId('release').addEventListener('change', (event) => { state.asOf = event.target.value; update(); });
  byId('years').addEventListener('change', (event) => { state.years = event.target.value; update(); });
  for (const measure of Object.keys(MEASURES)) {
    byId(`measure-${measure}`).addEventListener('change', () => { state.measure = measure; update(); });
  }
  byId('keep').addEventListener('click', () => {
    const why = whyNotKept(state.number);
    if (!why) state.compared.push(state.number);
    update(why || 'Kept. Choose another series: it is drawn beside this one.');
  });
  byId('clear').addEventListener('click', () => { state.compared = []; update(); byId('keep').focus(); });
  byId('countries').addEventListener('click', () => putBeside('destination_iso3'));
  byId('largest').addEventListener('click', () => putBeside('origin_iso3'));
  byId('figures').addEventListener('toggle', fillTable);
  byId('cursor').addEventListener('input', readOff);
  byId('drawing').addEventListener('pointermove', followPointer);
  byId('csv').addEventListener('click', () => save(new Blob([csvText()], { type: 'text/csv' }), fileName('csv')));
  byId('svg').addEventListener('click', () => save(new Blob([svgFile().text], { type: 'image/svg+xml' }), fileName('svg')));
  byId('png').addEventListener('click', async () => save(await pngFile(), fileName('png')));
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault(); // the address names the view and nothing else
    byId('heading').focus();
    byId('heading').scrollIntoView();
  });
  byId('copy').addEventListener('click', copyLink);
  window.addEventListener('hashchange', () => {
    if (location.hash !== addressOf()) follow();
  });
  let width = byId('drawing').clientWidth;
  new ResizeObserver(() => {
    const now = byId('drawing').clientWidth;
    if (now === width || now === 0) return;
    width = now;
    draw();
  }).observe(byId('drawing'));
}

function follow() {
  const said = takeAddress(location.hash);
  byId('search').value = '';
  return update(said.join(' '));
}

async function start() {
  take(await inflated(byId('edition-data')));
  byId('explorer').hidden = false;
  byId('waiting').hidden = true;
  listen();
  await follow();
  performance.measure('ready', { start: 0 });
  document.documentElement.dataset.ready = 'yes';
}

start().catch((error) => {
  byId('waiting').hidden = false;
  byId('waiting').textContent = `The explorer could not start: ${error.message}. A browser of 2023 or later is needed.`;
  throw error;
});
