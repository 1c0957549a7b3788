import { count } from '../explain/outline-decision.ts'

/** Collects Markdown up to a size, and counts what does not fit. */
export interface MarkdownBudget {
  /** Adds a block; what does not fit is counted as one `what`. */
  add(block: string, what?: string): void
  /** Adds a folded list; as many items as fit are written, the others counted. Nothing for no items. */
  list(summary: string, what: string, items: readonly string[], lead?: string): void
  /** What was collected, and a last line that says how much was left out. */
  finish(): string
}

/** Room for the line that says what was left out. */
const reserve = 600

/** Opens a budget of `maxBytes` bytes of UTF-8. */
export function createMarkdownBudget(maxBytes: number): MarkdownBudget {
  const blocks: string[] = []
  const leftOut = new Map<string, number>()
  let left = maxBytes - reserve
  const omit = (what: string, number: number) => {
    if (number > 0) leftOut.set(what, (leftOut.get(what) ?? 0) + number)
  }
  const push = (block: string, bytes: number) => {
    blocks.push(block)
    left -= bytes + 2
  }

  return {
    add(block, what = 'part') {
      const bytes = Buffer.byteLength(block)
      if (bytes + 2 <= left) push(block, bytes)
      else omit(what, 1)
    },
    list(summary, what, items, lead) {
      if (items.length === 0) return
      const open = `<details><summary>${summary}</summary>\n\n${lead === undefined ? '' : `${lead}\n\n`}`
      const close = '\n\n</details>'
      let bytes = Buffer.byteLength(open) + close.length + 2
      let fitting = 0
      for (const item of items) {
        const size = Buffer.byteLength(item) + 1
        if (bytes + size > left) break
        bytes += size
        fitting++
      }
      omit(what, items.length - fitting)
      if (fitting > 0) push(`${open}${items.slice(0, fitting).join('\n')}${close}`, bytes)
    },
    finish() {
      if (leftOut.size > 0) {
        const parts = [...leftOut].map(([what, number]) => count(number, what))
        blocks.push(`_Left out for size: ${parts.join(', ')}. The JSON and HTML forms have all._`)
      }
      return `${blocks.join('\n\n')}\n`
    },
  }
}
