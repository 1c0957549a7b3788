import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { definePolicy } from './parse-policy.ts'

/** Fields of a child that may not be what they are without a reason. */
function refused(parent: object, child: object): readonly string[] {
  const document = { version: 1, tiers: { parent, child: { extends: 'parent', ...child } } }
  try {
    definePolicy(document as never, { source: 'gate.yaml' })
    return []
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return error.issues.map(({ path, message }) => {
      expect(message).toMatch(/looser than/)
      return path.replace('tiers.child.', '')
    })
  }
}

const critical = { name: 'critical', severity: 'critical', max: 0 }
const unknown = { name: 'u', severity: 'unknown', max: 0 }
const more = { thresholds: [{ name: 'more', severity: 'unknown', max: 100 }] }
const manifest = 'application/vnd.oci.image.manifest.v1+json'

describe('a child is looser without a reason where', () => {
  it.each<[string, object, object, readonly string[]]>([
    [
      'the word image is matched by a glob that no image matches',
      { thresholds: [critical] },
      { thresholds: [{ name: 'critical', appliesTo: ['im*'] }] },
      ['thresholds[0].appliesTo'],
    ],
    [
      'a threshold for the unknown was off',
      { thresholds: [critical, { ...unknown, mode: 'off' }] },
      more,
      ['thresholds[0].severity'],
    ],
    [
      'a threshold for the unknown was asked now and then',
      { thresholds: [critical, { ...unknown, when: 'has(image.user)' }] },
      more,
      ['thresholds[0].severity'],
    ],
    [
      'a threshold for the unknown was about other artifacts',
      { thresholds: [critical, { ...unknown, appliesTo: ['application/vnd.cncf.*'] }] },
      more,
      ['thresholds[0].severity'],
    ],
    [
      'a threshold that was off takes the unknown from the limit that nobody wrote',
      { thresholds: [critical, { ...unknown, max: 100, mode: 'off' }] },
      { thresholds: [{ name: 'u', mode: 'warn' }] },
      ['thresholds[0]'],
    ],
    [
      'a builder gets the level that the map of the gate grants',
      {
        requirements: {
          provenance: { presence: 'required', minLevel: 2, builders: [{ id: 'b', level: 1 }] },
        },
      },
      { requirements: { provenance: { builders: [{ id: 'b' }] } } },
      ['requirements.provenance.builders[0].level'],
    ],
    [
      'the lower of two versions of a scanner is asked for',
      { requirements: { scanners: { required: [{ name: 's' }, { name: 's', minVersion: '2' }] } } },
      { requirements: { scanners: { required: [{ name: 's' }] } } },
      ['requirements.scanners.required[0].minVersion'],
    ],
  ])('%s', (_, parent, child, fields) => {
    expect(refused(parent, child)).toEqual(fields)
  })

  it.each<[string, object, object]>([
    [
      'each type of images is named',
      { thresholds: [critical] },
      { thresholds: [{ name: 'critical', appliesTo: ['application/*'] }] },
    ],
    [
      'the word image stands for a type of images',
      { thresholds: [{ ...critical, appliesTo: [manifest] }] },
      { thresholds: [{ name: 'critical', appliesTo: ['image'] }] },
    ],
    ['the unknown is limited already', { thresholds: [critical, unknown] }, more],
  ])('but not where %s', (_, parent, child) => {
    expect(refused(parent, child)).toEqual([])
  })
})
