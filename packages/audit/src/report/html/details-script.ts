/** Shows all of one record in a dialog. What it holds is read only then, with the other records of its block. */
export const detailsScript = `
const dialog = one('dialog')
const blocks = all('[data-audit=details]')
let position = 0

function detailsOf(index) {
  const { texts, records } = read(blocks[Math.floor(index / meta.blockSize)])
  const text = (place) => texts[place]
  return records[index % meta.blockSize].map(([title, columns, rows]) => [text(title), columns.map(text), rows.map((cells) => cells.map(text))])
}

function pairsElement(pairs) {
  return make('dl', { class: 'pairs' }, ...pairs.flatMap(([name, value = '']) => [make('dt', {}, name), make('dd', {}, value)]))
}

function cellElement(column, text) {
  return make('td', { role: 'cell', 'data-label': column, class: text.length < 16 ? 'short' : '' }, text)
}

function tableElement(title, columns, rows) {
  const head = make('tr', { role: 'row' }, ...columns.map((column) => make('th', { role: 'columnheader', scope: 'col' }, column)))
  const body = rows.map((cells) => make('tr', { role: 'row' }, ...columns.map((column, place) =>
    cellElement(column, cells[place] ?? ''))))
  return make('table', { role: 'table', 'aria-label': title }, make('thead', { role: 'rowgroup' }, head), make('tbody', { role: 'rowgroup' }, ...body))
}

function problemElement([name, message = '', code = '']) {
  const known = meta.classes.find((each) => each.name === name)
  if (known === undefined) return make('p', {}, name)
  const card = make('div', { class: 'card' }, make('p', {}, make('span', { class: 'class ' + known.style }, name), ' ' + message))
  if (code !== '') card.lastChild.append(' ', make('code', {}, code))
  card.append(make('p', { class: 'remedy' }, make('strong', {}, 'What to do: '), known.action + ' ', make('a', { href: known.href, rel: 'noreferrer' }, 'More about ' + name)))
  return card
}

function sectionElements([title, columns, rows]) {
  const content = title === 'Problems' ? rows.map(problemElement) : [columns.length === 0 ? pairsElement(rows) : tableElement(title, columns, rows)]
  return [make('h3', {}, title), ...content]
}

function fill() {
  const index = shown[position]
  const row = rows[index]
  const title = one('#record-title')
  title.textContent = row[NAME]
  const place = make('p', { class: 'quiet', role: 'status' }, 'Record ' + (position + 1) + ' of ' + shown.length + ', ', fields.class(row))
  one('#record-body').replaceChildren(place, ...detailsOf(index).flatMap(sectionElements))
  one('[data-step="-1"]').setAttribute('aria-disabled', String(position === 0))
  one('[data-step="1"]').setAttribute('aria-disabled', String(position === shown.length - 1))
  dialog.scrollTop = 0
}

function openRecord(at) {
  position = at
  fill()
  dialog.showModal()
  one('#record-title').focus()
}

function startDetails() {
  for (const button of all('[data-step]')) button.addEventListener('click', () => {
    const next = position + Number(button.dataset.step)
    if (next < 0 || next >= shown.length) return
    position = next
    fill()
  })
  one('[data-close]').addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
}
`
