'use strict';
const table = document.getElementById('group-table');
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const names = new Map(rows.map((row) => [row, row.cells[0].textContent.toLowerCase()]));
const search = document.getElementById('search');
const choices = ['type', 'trust', 'finding'].map((id) => document.getElementById(id));
const shown = document.getElementById('shown');
const printed = document.getElementById('printed');

// Groups shown at once: a browser lays out hundreds at once, not thousands.
const PAGE = 200;
const earlier = document.getElementById('earlier');
const later = document.getElementById('later');
let order = rows;
let from = 0;
let page = rows.filter((row) => !row.hidden);

function section(row) {
  return document.getElementById(row.cells[0].firstElementChild.hash.slice(1));
}

// What is inside a group beyond the first page is a text until the group is shown.
function fill(group) {
  const text = group.querySelector(':scope > noscript');
  if (text === null) return;
  const parsed = document.createElement('template');
  parsed.innerHTML = text.textContent;
  text.replaceWith(parsed.content);
  group.querySelectorAll('.plot').forEach(arm);
}

function place(row, hidden) {
  const group = section(row);
  row.hidden = hidden;
  group.hidden = hidden;
  if (!hidden) fill(group);
}

function show() {
  const wanted = search.value.trim().toLowerCase();
  const fits = order.filter((row) =>
    names.get(row).includes(wanted) &&
    choices.every((one) => one.value === '' || row.dataset[one.id].split(' ').includes(one.value)));
  if (from >= fits.length) from = 0;
  for (const row of page) place(row, true);
  page = fits.slice(from, from + PAGE);
  for (const row of page) place(row, false);
  body.append(...page);
  const few = fits.length <= PAGE ? '' : ': ' + (from + 1) + ' to ' + (from + page.length) + ' shown';
  shown.textContent = fits.length + ' of ' + rows.length + (rows.length === 1 ? ' group' : ' groups') + few;
  // Paper has no search box that says why groups are missing.
  const asked = [search].concat(choices).filter((one) => one.value.trim() !== '').map((one) => '“' + one.value.trim() + '”');
  printed.textContent = page.length === rows.length ? '' : 'On paper: ' + page.length + ' of ' + rows.length + ' groups' +
    (asked.length === 0 ? '' : ', of those that fit ' + asked.join(' and ')) + few + '. All are in report.json.';
  earlier.hidden = later.hidden = fits.length <= PAGE;
  earlier.disabled = from === 0;
  later.disabled = from + PAGE >= fits.length;
}

function first() {
  from = 0;
  show();
}

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

function sort(heading, column) {
  const down = heading.getAttribute('aria-sort') === 'ascending';
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const keyed = rows.map((row) => [value(row, column), row]);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
  order = keyed.map(([, row]) => row);
  first();
}

Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = heading.textContent;
  button.addEventListener('click', () => sort(heading, column));
  heading.replaceChildren(button);
});
search.addEventListener('input', first);
for (const choice of choices) choice.addEventListener('change', first);
earlier.addEventListener('click', () => { from = Math.max(0, from - PAGE); show(); });
later.addEventListener('click', () => { from += PAGE; show(); });
document.querySelector('.tools').hidden = false;
show();

function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.hidden = false;
    fill(target);
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener('hashchange', reveal);
reveal();

// Charts: the pointer and the arrow keys read them out, event by event.
function linesOf(plot) {
  return Array.from(plot.querySelectorAll('g.line'), (line) => ({
    name: line.dataset.name,
    whole: line.dataset.whole !== undefined,
    top: Number(line.dataset.top),
    events: line.dataset.events.split(';').slice(0, -1).map((event) => {
      const [at, x, y, record, words] = event.split('|');
      return { at: Number(at), x: Number(x), y: Number(y), record, words };
    }),
  })).filter((line) => line.events.length > 0);
}

function nearest(events, at) {
  let best = 0;
  events.forEach((event, nth) => { if (Math.abs(event.at - at) < Math.abs(events[best].at - at)) best = nth; });
  return best;
}

function when(x) {
  return new Date(x).toISOString().replace('T', ' ').replace(/\.\d+Z/, 'Z');
}

function arm(plot) {
  const readout = plot.nextElementSibling;
  const [line, dot] = plot.querySelectorAll('.cursor');
  let lines = null;
  let row = 0;
  let event = 0;

  const read = () => {
    if (lines === null) {
      lines = linesOf(plot);
      // The group as a whole lies above the first line.
      row = Math.max(lines.findIndex((one) => !one.whole), 0);
    }
    return lines.length > 0;
  };
  const tell = () => {
    const of = lines[row];
    const one = of.events[event];
    line.setAttribute('x1', one.at + '%');
    line.setAttribute('x2', one.at + '%');
    dot.setAttribute('cx', one.at + '%');
    dot.setAttribute('cy', of.top + one.y);
    plot.classList.add('read');
    const time = plot.dataset.clock === undefined ? '' : when(one.x) + ', ';
    readout.hidden = false;
    readout.textContent = of.name + ': ' + one.words + ', ' + time + 'record ' + one.record +
      ' (' + (event + 1) + ' of ' + of.events.length + ')';
  };
  plot.addEventListener('pointermove', (move) => {
    if (!read()) return;
    const box = plot.firstElementChild.getBoundingClientRect();
    const y = move.clientY - box.top;
    row = lines.reduce((best, one, nth) => (one.top - 22 <= y ? nth : best), 0);
    event = nearest(lines[row].events, (move.clientX - box.left) / box.width * 100);
    tell();
  });
  plot.addEventListener('focus', () => { if (!plot.classList.contains('read') && read()) tell(); });
  plot.addEventListener('keydown', (press) => {
    if (press.altKey || press.ctrlKey || press.metaKey || !read()) return;
    const last = lines[row].events.length - 1;
    const at = lines[row].events[event].at;
    const down = Math.min(row + 1, lines.length - 1);
    const up = Math.max(row - 1, 0);
    switch (press.key) {
      case 'ArrowLeft': event = Math.max(event - 1, 0); break;
      case 'ArrowRight': event = Math.min(event + 1, last); break;
      case 'Home': event = 0; break;
      case 'End': event = last; break;
      case 'ArrowDown': row = down; event = nearest(lines[row].events, at); break;
      case 'ArrowUp': row = up; event = nearest(lines[row].events, at); break;
      default: return;
    }
    press.preventDefault();
    tell();
  });
}
document.querySelectorAll('.plot').forEach(arm);
for (const hint of document.querySelectorAll('.hint')) hint.hidden = false;

let opened = [];
addEventListener('beforeprint', () => {
  opened = Array.from(document.querySelectorAll('details:not([open], [hidden])'));
  for (const one of opened) one.open = true;
});
addEventListener('afterprint', () => {
  for (const one of opened) one.open = false;
});
