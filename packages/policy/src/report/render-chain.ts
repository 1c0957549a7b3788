import type { UsageEdge } from '@sallyport/harden'
import { markup, type Html } from './markup.ts'

/** A chain from an entry point to the file that is needed, a box for each file; the text is that of `formatChain`. */
export function renderChain(chain: readonly UsageEdge[]): Html {
  return markup`<span class="chain">needed: <code>${chain[0]?.from}</code>${chain.map(
    ({ kind, proof, to }) =>
      markup` <span>[${kind}${proof !== undefined && kind !== 'entry' && ` ${proof}`}] →</span> <code>${to}</code>`,
  )}</span>`
}
