'use strict';
const table = document.getElementById('group-table');
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const names = new Map(rows.map((row) => [row, row.cells[0].textContent.toLowerCase()]));
const search = document.getElementById('search');
const choices = ['type', 'trust', 'finding'].map((id) => document.getElementById(id));
const shown = document.getElementById('shown');

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

function place(row, hidden) {
  row.hidden = hidden;
  section(row).hidden = hidden;
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
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener('hashchange', reveal);
reveal();

let opened = [];
addEventListener('beforeprint', () => {
  opened = Array.from(document.querySelectorAll('details:not([open], [hidden])'));
  for (const one of opened) one.open = true;
});
addEventListener('afterprint', () => {
  for (const one of opened) one.open = false;
});
