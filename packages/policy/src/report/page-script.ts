/** Script of all pages; its hash stands in their content security policy, so nothing may be put into it. */
export const pageScript = `
'use strict'
for (const section of document.querySelectorAll('[data-filtered]')) {
  const rows = [...section.querySelectorAll('tbody tr')].map((row) => ({ row, text: row.textContent.toLowerCase() }))
  const status = section.querySelector('[role=status]')
  const filters = [...section.querySelectorAll('.filters input, .filters select')]
  section.querySelector('.filters').hidden = false
  const apply = () => {
    let shown = 0
    for (const { row, text } of rows) {
      const fits = filters.every((filter) => filter.value === '' || (filter.dataset.filter === 'text'
        ? filter.value.toLowerCase().split(/\\s+/).every((word) => text.includes(word))
        : row.dataset[filter.dataset.filter] === filter.value))
      row.hidden = !fits
      if (fits) shown++
    }
    status.textContent = shown + ' of ' + rows.length + ' shown'
  }
  let timer
  for (const filter of filters) filter.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, 80) })
  apply()
}
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const headers = [...table.tHead.rows[0].cells]
  headers.forEach((header, column) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = header.textContent
    header.replaceChildren(button)
    button.addEventListener('click', () => {
      const ascending = header.getAttribute('aria-sort') !== 'ascending'
      for (const other of headers) other.removeAttribute('aria-sort')
      header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending')
      const body = table.tBodies[0]
      const keyed = [...body.rows].map((row) => ({ row, key: row.cells[column].dataset.order ?? row.cells[column].textContent }))
      const order = new Intl.Collator('en', { numeric: true })
      keyed.sort((one, other) => (ascending ? 1 : -1) * order.compare(one.key, other.key))
      const sorted = document.createDocumentFragment()
      for (const { row } of keyed) sorted.append(row)
      body.append(sorted)
    })
  })
}
addEventListener('beforeprint', () => { for (const part of document.querySelectorAll('details')) part.open = true })
`
