import { markup, type Html, type HtmlPart } from './markup.ts'

/** One cell; `order` sorts it where its text does not. */
export interface TableCell {
  /** What stands in the cell. */
  readonly content: HtmlPart
  /** What it is sorted by. Default: its text. */
  readonly order?: string | number | undefined
}

/** A table that turns into cards on a narrow screen. */
export interface Table {
  /** What the table shows. */
  readonly caption: string
  /** Names of the columns. */
  readonly columns: readonly string[]
  /** The rows, each with a cell for each column. */
  readonly rows: readonly {
    readonly cells: readonly (TableCell | string | number)[]
    /** Values that filters compare, by their names. */
    readonly values?: Readonly<Record<string, string>> | undefined
  }[]
  /** Adds a filter by text and one for each of these values, and lets headers sort. */
  readonly filters?: readonly { readonly value: string; readonly label: string }[] | undefined
}

/** Roles are written out because a table that is laid out as blocks loses them. Nothing for no rows. */
export function renderTable({ caption, columns, rows, filters }: Table): Html {
  if (rows.length === 0) return markup`<p class="quiet">None.</p>`
  const table = markup`<table role="table" ${filters && markup` data-sortable`}>
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => markup`<th role="columnheader" scope="col">${column}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        ({ cells, values = {} }) =>
          markup`<tr
            role="row"
            ${Object.entries(values).map(([name, value]) => markup` data-${name}="${value}"`)}
          >
            ${cells.map((cell, index) => renderCell(cell, columns[index]!))}
          </tr> `,
      )}
    </tbody>
  </table>`
  if (!filters) return table
  return markup`<div data-filtered>
    <div class="filters" role="search" aria-label="Filter: ${caption}" hidden>
      <label>Text <input type="search" data-filter="text" autocomplete="off" /></label>
      ${filters.map(({ value, label }) => {
        const choices = [...new Set(rows.map(({ values }) => values?.[value] ?? ''))].filter(
          (choice) => choice !== '',
        )
        return markup`<label
          >${label}
          <select data-filter="${value}">
            <option value="">all</option>
            ${choices.map((choice) => markup`<option value="${choice}">${choice}</option>`)}
          </select></label
        > `
      })}
      <p class="quiet" role="status"></p>
    </div>
    ${table}
  </div>`
}

/** Longest text that breaks between words only: a column is always as wide as it. */
const maxShort = 14

function renderCell(cell: TableCell | string | number, label: string): Html {
  const { content, order } = typeof cell === 'object' ? cell : { content: cell, order: undefined }
  const isShort = typeof content === 'number' || (typeof content === 'string' && content.length <= maxShort)
  return markup`<td role="cell" ${isShort && markup`class="short"`} data-label="${label}" ${order !== undefined && markup` data-order="${order}"`}>
    ${content}
  </td>`
}
