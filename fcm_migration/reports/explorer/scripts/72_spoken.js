// The drawing in words: for screen readers, for the live region, and for those who read it out.

function spokenChart() {
  return chart.kind === 'one' ? spokenOne(chart.view) : spokenSeveral(chart.view);
}

function spokenOne(view) {
  const { number, frequency } = view;
  const complete = view.known.filter((period) => !period.isPartial);
  const last = (complete.length ? complete : view.known).at(-1);
  const first = view.known[0];
  const before = view.periods.find((period) => period.month === last.month - 12)?.value;
  const change = before ? `, ${changeWords(before, last.value)}` : '';
  const against = change.endsWith('times') ? ' the year before' : ' on the year before';
  const said = [
    `${titleOf(number)}, ${unitOf(number)}, ${periodWords(first.month, frequency)} to `
    + `${periodWords(last.month, frequency)}: ${figure(last.value)} in ${periodWords(last.month, frequency)}`
    + `${change}${change && against}.`,
  ];
  if (view.ahead.length) {
    const row = view.ahead.at(-1);
    const over = overWords(view);
    if (over) said.push(over);
    const when = periodWords(row.month, frequency);
    said.push(`${over ? `For ${when} it had` : `Forecast for ${when}:`} ${near(row.median)} ${unitOf(number)} in the middle, `
      + `with 8 chances in 10 between ${near(row.lower_80)} and ${near(row.upper_80)}.`);
    if (weakWords(number)) said.push(weakWords(number));
  } else said.push(state.asOf ? 'Forecast and alerts are of the newest release only.' : 'No forecast of it is shown.');
  const alerts = alertsWithin(view);
  if (alerts.length) {
    const newest = alerts.at(-1);
    said.push(`${alerts.length} alert${alerts.length > 1 ? 's' : ''} opened, the newest a ${newest.isRise ? 'rise' : 'fall'} `
      + `in ${periodWords(newest.month, frequency)}.`);
  }
  if (state.asOf) said.push(revisionWords(view));
  said.push(`Source: ${sourceWords(number, view.day)}.`);
  return [...said, ...ages()].join(' ');
}

// How the newest release differs from the one that is shown.
function revisionWords(view) {
  const pairs = revisions(view);
  const newest = dayWords(newestDay(view.number));
  const both = pairs.filter((pair) => pair.then !== null && pair.now !== null);
  const other = pairs.filter((pair) => pair.isChanged);
  const added = pairs.filter((pair) => pair.isNew).length;
  const more = added ? ` It adds ${added} period${added > 1 ? 's' : ''}.` : '';
  if (!other.length) return `The release of ${newest} changed none of these ${both.length} figures.${more}`;
  const largest = other.reduce((a, b) => (Math.abs((b.now ?? 0) - (b.then ?? 0)) > Math.abs((a.now ?? 0) - (a.then ?? 0)) ? b : a));
  return `The release of ${newest} has ${other.length} of these figures otherwise, most of all `
    + `${periodWords(largest.month, view.frequency)}: ${figure(largest.then)} then, ${figure(largest.now)} now.${more}`;
}

// A period as the release shown and the newest one have it.
function revisions(view) {
  const now = new Map(view.later.map((period) => [period.month, period]));
  const then = new Map(view.periods.map((period) => [period.month, period]));
  const last = view.periods.at(-1).month;
  return [...new Set([...then.keys(), ...now.keys()])].sort((a, b) => a - b).map((month) => {
    const [was, is] = [then.get(month), now.get(month)];
    const isNew = month > last;
    return {
      month, then: was?.value ?? null, now: is?.value ?? null, isNew, flag: was?.flag || is?.flag || '',
      isChanged: !isNew && (was?.value ?? null) !== (is?.value ?? null),
    };
  });
}

function spokenSeveral(view) {
  const said = view.lines.map((line) => {
    const last = line.measured.filter((each) => each.shown !== null).at(-1);
    if (!last) return `${line.name}: no figure on this scale.`;
    return `${line.name}: ${write(last.shown)} in ${periodWords(last.month, view.frequency)}.`;
  });
  return [headingWords(), `${view.lines.length} lines, ${measureWords(view)}`, said.join(' ')].join('. ')
    + ` ${[severalNotes(view), ...ages()].join(' ')}`;
}
