import { definePolicy, type Policy } from '@sallyport/policy'

/** The same as a document, for rules that follow from something else. */
export function defineGate(team: string): Policy {
  return definePolicy(
    {
      version: 1,
      tiers: {
        prod: {
          thresholds: [{ name: 'no critical', severity: 'critical', max: 0 }],
          requirements: {
            config: { user: 'non-root', when: `image.repository.startsWith("prod.example/${team}/")` },
          },
        },
      },
    },
    { source: `the gate of ${team}` },
  )
}
