import type { RuntimeEvent } from '../behaviour-event.ts'

export const digest = `sha256:${'ab'.repeat(32)}`

/** Lines of a recording; what is no text becomes JSON. */
export const lines = (...all: readonly (string | object)[]): string =>
  all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')

/** All events of a reader. */
export async function read(events: AsyncIterable<RuntimeEvent>): Promise<readonly RuntimeEvent[]> {
  const all: RuntimeEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
