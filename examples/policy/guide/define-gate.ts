import { definePolicy, type Policy, type RuleDocument } from '@sallyport/policy'

const frozenFor = (team: string): RuleDocument => ({
  config: { user: 'non-root', when: `image.repository.startsWith("prod.example/${team}/")` },
})

/** The same as a YAML document, for teams whose rules follow from something else. */
export function defineGate(team: string): Policy {
  return definePolicy(
    {
      version: 1,
      tiers: {
        prod: {
          thresholds: [{ name: 'no critical', severity: 'critical', max: 0 }],
          requirements: frozenFor(team),
        },
      },
    },
    { source: `the gate of ${team}` },
  )
}
