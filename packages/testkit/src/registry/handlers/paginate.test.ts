import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { faithfulRegistry } from '../quirks/registry-quirks.ts'
import { paginate } from './paginate.ts'
import type { HandlerInput } from './registry-context.ts'

/** A request of which only what paging looks at is there. */
const inputOf = (url: URL) =>
  ({
    request: { path: url.pathname, query: url.searchParams },
    context: { quirks: faithfulRegistry, origin: 'http://registry' },
  }) as unknown as HandlerInput

it('pages by Link together are the whole list, in its order, whatever the page size', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9._-]{1,6}$/), { maxLength: 20 })
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), (all, n, maximum) => {
      const collected: string[] = []
      let next: string | undefined = `/v2/a/tags/list?n=${n}`
      while (next !== undefined) {
        const input = inputOf(new URL(next, 'http://registry'))
        const page = paginate(input, all, { maximum, oversized: 'clamped', linkDropsPrefix: false })
        expect(page.names.length).toBeLessThanOrEqual(Math.min(n, maximum))
        collected.push(...page.names)
        next = /^<(.+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1]
      }
      expect(collected).toEqual(all)
    }),
  )
})
