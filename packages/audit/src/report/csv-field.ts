import { visibleText } from '@sallyport/policy/report'

/**
 * Where a spreadsheet may start a formula: at the start of a cell, and after what some of them read as the end of one.
 */
const formulaStart = /(^|[;,"'])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/**
 * Text as it may stand in a cell: a `'` goes before whatever could be a formula, and characters that are not seen are
 * written as escapes, so a line is always one record.
 */
export function neutralCell(text: string): string {
  return visibleText(text, { maxLength: 4000 }).replace(formulaStart, "$1'")
}

/** Fields as a line of RFC 4180, each quoted, because commas are not the only separators that programs take. */
export function csvLine(fields: readonly string[]): string {
  return `${fields.map((field) => `"${neutralCell(field).replaceAll('"', '""')}"`).join(',')}\r\n`
}
