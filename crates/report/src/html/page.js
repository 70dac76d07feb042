'use strict';
const table = document.getElementById('group-table');
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const names = rows.map((row) => row.textContent.toLowerCase());
const search = document.getElementById('search');
const type = document.getElementById('type');
const shown = document.getElementById('shown');

function filter() {
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  rows.forEach((row, i) => {
    row.hidden = !(names[i].includes(wanted) && (type.value === '' || row.dataset.type === type.value));
    if (!row.hidden) count += 1;
  });
  shown.textContent = count + ' of ' + rows.length + ' groups';
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
  body.append(...keyed.map(([, row]) => row));
}

Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = heading.textContent;
  button.addEventListener('click', () => sort(heading, column));
  heading.replaceChildren(button);
});
search.addEventListener('input', filter);
type.addEventListener('change', filter);
document.querySelector('.tools').hidden = false;
filter();

function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener('hashchange', reveal);
reveal();
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
