/**
 * Reads the rows, filters, sorts and shows them page by page. Only the rows of one page are elements, so the page stays
 * quick however many records it holds, and a reader of the screen meets a plain table.
 */
export const recordsScript = `
const read = (element) => JSON.parse(element.textContent)
const all = (selector, root = document) => [...root.querySelectorAll(selector)]
const one = (selector, root = document) => root.querySelector(selector)
const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name)
  for (const [property, value] of Object.entries(properties)) element.setAttribute(property, value)
  element.append(...children)
  return element
}
const meta = read(one('[data-audit=meta]'))
const rows = all('[data-audit=rows]').flatMap(read)
const [CLASS, REPOSITORY, NAME, TAGS, DIGEST, ROLE, KIND, RUNNING, PUSHED, PROBLEM, PLACES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const className = (row) => (row[CLASS] < 0 ? 'not judged' : meta.classes[row[CLASS]].name)
const isFlagged = (row) => row[CLASS] >= 0 && className(row) !== 'compliant'
const texts = rows.map((row) => [row[REPOSITORY], row[NAME], ...row[TAGS], row[DIGEST], className(row), row[KIND], row[PROBLEM], row[PLACES]].join(' ').toLowerCase())

const table = one('table.records')
const status = one('#records-status')
const filters = all('[data-filter-by]')
const pager = one('.pages')
const collator = new Intl.Collator('en', { numeric: true })
const ranks = (values) => {
  const order = new Map([...new Set(values)].sort(collator.compare).map((value, index) => [value, index]))
  return values.map((value) => order.get(value))
}
const unjudged = meta.classes.length
const sortKeys = {
  class: () => rows.map((row) => (row[CLASS] < 0 ? unjudged : row[CLASS])),
  image: () => ranks(rows.map((row) => row[NAME])),
  tags: () => rows.map((row) => row[TAGS].length),
  kind: () => ranks(rows.map((row) => row[KIND])),
  runs: () => rows.map((row) => row[RUNNING]),
  pushed: () => rows.map((row) => Date.parse(row[PUSHED]) || 0),
  problem: () => ranks(rows.map((row) => row[PROBLEM])),
}
// Flagged and running first, then by class; within, as the audit has them.
const urgency = rows.map((row) => (isFlagged(row) ? 0 : 1000) + (isFlagged(row) && row[RUNNING] > 0 ? 0 : 100) + (row[CLASS] < 0 ? unjudged : row[CLASS]))
let order = rows.map((_, index) => index).sort((a, b) => urgency[a] - urgency[b])
let shown = order
let page = 0

const fits = {
  text: (value) => {
    const words = value.toLowerCase().split(/\\s+/).filter((word) => word !== '')
    return (index) => words.every((word) => texts[index].includes(word))
  },
  repository: (value) => {
    const part = value.trim().toLowerCase()
    return (index) => rows[index][REPOSITORY].toLowerCase().includes(part)
  },
  class: (value) => (value === 'flagged' ? (index) => isFlagged(rows[index]) : (index) => className(rows[index]) === value),
  role: (value) => (index) => rows[index][ROLE] === value,
  running: (value) => (index) => (rows[index][RUNNING] < 0 ? 'unknown' : rows[index][RUNNING] > 0 ? 'yes' : 'no') === value,
}
const perPage = () => Number(one('#per-page').value)
const lastPage = () => Math.max(0, Math.ceil(shown.length / perPage()) - 1)

function apply() {
  const tests = filters.filter((filter) => filter.value !== '').map((filter) => fits[filter.dataset.filterBy](filter.value))
  shown = tests.length === 0 ? order : order.filter((index) => tests.every((test) => test(index)))
  page = 0
  show()
}

const fields = {
  class: (row) => make('span', { class: 'class ' + (row[CLASS] < 0 ? '' : meta.classes[row[CLASS]].style) }, className(row)),
  tags: (row) => row[TAGS].slice(0, 4).join(', ') + (row[TAGS].length > 4 ? ' and ' + (row[TAGS].length - 4) + ' more' : ''),
  kind: (row) => row[KIND],
  runs: (row) => (row[RUNNING] < 0 ? 'not told' : String(row[RUNNING])),
  pushed: (row) => row[PUSHED].slice(0, 10),
  problem: (row) => row[PROBLEM],
}

function rowElement(index, position) {
  const row = rows[index]
  const cells = meta.columns.map(({ key, title }) => {
    const cell = make('td', { role: 'cell', 'data-label': title })
    if (key === 'image') {
      const open = make('button', { type: 'button', class: 'open', 'aria-haspopup': 'dialog' }, row[NAME])
      open.addEventListener('click', () => openRecord(position))
      cell.append(open)
    } else cell.append(fields[key](row))
    return cell
  })
  return make('tr', { role: 'row' }, ...cells)
}

function show(from = page * perPage(), number = perPage()) {
  const part = shown.slice(from, from + number)
  table.tBodies[0].replaceChildren(...part.map((index, offset) => rowElement(index, from + offset)))
  status.textContent = shown.length + ' of ' + rows.length + ' records' + (part.length === shown.length ? '' : ', ' + (from + 1) + ' to ' + (from + part.length) + ' on this page')
  one('#page-number').textContent = 'Page ' + (page + 1) + ' of ' + (lastPage() + 1)
  for (const button of all('[data-go]', pager)) {
    button.setAttribute('aria-disabled', String(button.dataset.go === 'first' || button.dataset.go === 'previous' ? page === 0 : page === lastPage()))
  }
}

const targets = { first: () => 0, previous: () => Math.max(0, page - 1), next: () => Math.min(lastPage(), page + 1), last: lastPage }

function sortBy(header) {
  const ascending = header.getAttribute('aria-sort') !== 'ascending'
  for (const other of all('th', table)) other.removeAttribute('aria-sort')
  header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending')
  const keys = sortKeys[header.dataset.key]()
  const sign = ascending ? 1 : -1
  order = rows.map((_, index) => index).sort((a, b) => sign * (keys[a] - keys[b]) || urgency[a] - urgency[b] || a - b)
  apply()
}

function start() {
  let timer
  for (const filter of filters) filter.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, 80) })
  one('#per-page').addEventListener('input', () => { page = 0; show() })
  for (const button of all('[data-go]', pager)) button.addEventListener('click', () => { page = targets[button.dataset.go](); show() })
  for (const header of all('th', table)) {
    header.replaceChildren(make('button', { type: 'button' }, header.textContent))
    header.firstChild.addEventListener('click', () => sortBy(header))
  }
  for (const tile of all('[data-show]')) {
    tile.disabled = false
    tile.addEventListener('click', () => {
      for (const filter of filters) filter.value = filter.dataset.filterBy === 'class' ? tile.dataset.show : ''
      apply()
      one('#records').scrollIntoView()
      one('[data-filter-by=class]').focus({ preventScroll: true })
    })
  }
  // Paper has no pages to turn: it gets all rows up to a number that a printer survives, and says how many.
  addEventListener('beforeprint', () => show(0, 1000))
  addEventListener('afterprint', () => show())
  startDetails()
  one('#records-loading').hidden = true
  one('#records-view').hidden = false
  apply()
}
`
