import { describe, expect, it } from 'vitest'
import { aContext, facts } from '../rules/rule-context.fixture.ts'
import { configKind } from './config.ts'
import { judge } from './judge-requirement.fixture.ts'
import { labelsKind } from './labels.ts'
import { platformsKind } from './platforms.ts'

const configured = (changes: Partial<NonNullable<typeof facts.configuration>>) =>
  aContext({ configuration: { ...facts.configuration!, ...changes } })
const filed = (changes: Partial<NonNullable<typeof facts.files>>) =>
  aContext({ files: { ...facts.files!, ...changes } })

describe('configKind', () => {
  it.each([
    [undefined, 'broken', 'broken'],
    ['', 'broken', 'broken'],
    ['root', 'broken', 'broken'],
    ['root:root', 'broken', 'broken'],
    [' root', 'broken', 'broken'],
    ['0', 'broken', 'broken'],
    ['0:0', 'broken', 'broken'],
    ['0:1000', 'broken', 'broken'],
    ['000', 'broken', 'broken'],
    ['+0', 'broken', 'broken'],
    ['-0', 'broken', 'broken'],
    ['-1', 'broken', 'broken'],
    ['4294967296', 'broken', 'broken'],
    [':1000', 'broken', 'broken'],
    ['1000', 'holds', 'holds'],
    ['1000:0', 'holds', 'holds'],
    ['app', 'holds', 'broken'],
    ['app:app', 'holds', 'broken'],
    ['1000x', 'holds', 'broken'],
  ])('user %j: non-root %s, numeric-non-root %s', (user, nonRoot, numeric) => {
    expect(judge(configKind, { user: 'non-root' }, configured({ user }))).toMatchObject({ outcome: nonRoot })
    expect(judge(configKind, { user: 'numeric-non-root' }, configured({ user }))).toMatchObject({
      outcome: numeric,
    })
  })

  it.each([
    ['app', 0, 'broken'],
    ['app', 1000, 'holds'],
    ['root', 1000, 'broken'],
  ])('user %j, to which the image gives uid %d: non-root %s', (user, uid, outcome) => {
    expect(judge(configKind, { user: 'non-root' }, configured({ user, uid }))).toMatchObject({ outcome })
  })

  it.each([
    ['ports that may be', { exposedPorts: { allow: ['8080/tcp'] } }, configured({}), undefined],
    ['another port', { exposedPorts: { allow: [] } }, configured({}), 'exposes 8080/tcp'],
    [
      'a port of another protocol',
      { exposedPorts: { allow: ['8080/udp'] } },
      configured({}),
      'exposes 8080/tcp',
    ],
    ['volumes', { volumes: 'none' }, configured({ volumes: ['/data'] }), 'volume /data'],
    ['no volumes', { volumes: 'none' }, configured({}), undefined],
    [
      'a variable',
      { environment: { forbid: ['*SECRET*'] } },
      configured({ environment: ['my_secret_1'] }),
      'environment my_secret_1',
    ],
    ['other variables', { environment: { forbid: ['*SECRET*'] } }, configured({}), undefined],
    ['a health check', { healthCheck: 'required' }, configured({}), undefined],
    ['no health check', { healthCheck: 'required' }, configured({ healthCheck: false }), 'no health check'],
    [
      'setuid',
      { setuid: { allow: ['/usr/bin/sudo'] } },
      filed({ setuid: ['/usr/bin/sudo', '/tmp/su'] }),
      'setuid /tmp/su',
    ],
    [
      'setuid that may be',
      { setuid: { allow: ['/usr/bin/*'] } },
      filed({ setuid: ['/usr/bin/sudo'] }),
      undefined,
    ],
    [
      'capabilities',
      { capabilities: { allow: ['/usr/bin/ping'] } },
      filed({ capabilities: { '/usr/bin/ping': ['cap_net_raw'], '/tmp/x': ['cap_net_raw'] } }),
      'capabilities of /tmp/x',
    ],
    [
      'capabilities that may be',
      { capabilities: { allow: ['/usr/bin/*'] }, setuid: { allow: [] } },
      filed({ capabilities: { '/usr/bin/ping': ['cap_net_raw'] } }),
      undefined,
    ],
    ['a shell', { shell: 'forbid' }, filed({ shells: ['/bin/sh'] }), 'shell /bin/sh'],
    ['no shell', { shell: 'forbid' }, filed({}), undefined],
    [
      'writable by all',
      { worldWritable: { allow: [] } },
      filed({ worldWritable: ['/etc/x'] }),
      'writable by everybody: /etc/x',
    ],
  ] as const)('%s', (_, rule, context, offender) => {
    expect(judge(configKind, rule, context)).toMatchObject(
      offender === undefined ? { outcome: 'holds' } : { outcome: 'broken', offenders: [offender] },
    )
  })

  it.each([
    [{ user: 'non-root' }, { configuration: undefined }],
    [{ environment: { forbid: ['X'] } }, { configuration: undefined }],
    [{ shell: 'forbid' }, { files: undefined }],
    [{ setuid: { allow: ['*'] } }, { files: undefined }],
    [{ capabilities: { allow: ['*'] } }, { files: undefined }],
    [{ setuid: { allow: ['*'] } }, { files: { setuid: [], shells: [], worldWritable: [] } as never }],
    [{ user: 'non-root', shell: 'forbid' }, { files: undefined }],
  ])('pitfall 4: %j is an error when nobody looked', (rule, changes) => {
    expect(judge(configKind, rule, aContext(changes))).toMatchObject({ outcome: 'error' })
    expect(judge(configKind, rule, aContext())).toMatchObject({ outcome: 'holds' })
  })

  it('asks only for what it needs', () => {
    expect(judge(configKind, { shell: 'forbid' }, aContext({ configuration: undefined }))).toMatchObject({
      outcome: 'holds',
    })
  })

  it.each([{}, { user: 'root' }, { shell: 'allow' }, { setuid: [] }, { environment: { forbid: [] } }])(
    'refuses %j',
    (form) => {
      expect(configKind.schema.safeParse(form).success).toBe(false)
    },
  )
})

describe('labelsKind', () => {
  const key = 'owner'
  const labelled = (value: string | undefined) =>
    configured({ labels: value === undefined ? {} : { [key]: value } })

  it.each([
    ['present', { key }, 'team', 'holds'],
    ['missing', { key }, undefined, 'broken'],
    ['empty', { key }, ' ', 'broken'],
    ['by glob', { key, value: 'team-*' }, 'team-a', 'holds'],
    ['by another glob', { key, value: 'team-*' }, 'a-team-b', 'broken'],
    ['by pattern', { key, pattern: '[a-z]+' }, 'team', 'holds'],
    ['by pattern, the whole value', { key, pattern: '[a-z]+' }, 'team 1', 'broken'],
    ['by pattern, on one line', { key, pattern: '[a-z]+' }, 'team\nroot', 'broken'],
    ['by pattern and glob', { key, value: 't*', pattern: '.*m' }, 'tea', 'broken'],
    ['too long', { key }, 'a'.repeat(70_000), 'broken'],
    ['by a pattern made to backtrack', { key, pattern: '(a+)+' }, `${'a'.repeat(60_000)}!`, 'broken'],
    ['of a name that all objects have', { key: 'constructor' }, 'team', 'broken'],
  ])('%s', (_, label, value, outcome) => {
    expect(judge(labelsKind, { required: [label] }, labelled(value))).toMatchObject({ outcome })
  })

  it('pitfall 4: is an error when nobody looked', () => {
    expect(judge(labelsKind, { required: [{ key }] }, aContext({ configuration: undefined }))).toMatchObject({
      outcome: 'error',
    })
  })

  it.each(['(', '(a)\\1', '(?=a)', '[z-a]'])('refuses the pattern %s', (pattern) => {
    expect(labelsKind.schema.safeParse({ required: [{ key, pattern }] }).success).toBe(false)
  })
})

describe('platformsKind', () => {
  const both = ['linux/amd64', 'linux/arm64']

  it.each([
    ['required and judged', { required: both }, both, both, 'holds'],
    ['pitfall 10: required and not judged', { required: both }, both, ['linux/amd64'], 'broken'],
    ['required and not there', { required: both }, ['linux/amd64'], ['linux/amd64'], 'broken'],
    ['pitfall 10: in the source and not judged', { source: 'all' }, both, ['linux/amd64'], 'broken'],
    ['all of the source', { source: 'all' }, both, both, 'holds'],
    ['not allowed', { allow: ['linux/amd64'] }, both, both, 'broken'],
    ['allowed', { allow: both }, ['linux/amd64'], ['linux/amd64'], 'holds'],
    ['the variant that it has anyway', { required: ['linux/arm64'] }, [], ['linux/arm64/v8'], 'holds'],
    ['another variant', { required: ['linux/arm/v7'] }, [], ['linux/arm/v6'], 'broken'],
    ['none', { source: 'all' }, [], [], 'error'],
  ] as const)('%s', (_, rule, present, judged, outcome) => {
    expect(judge(platformsKind, rule, aContext({ platforms: { present, judged } }))).toMatchObject({
      outcome,
    })
  })

  it('pitfall 4: is an error when nobody looked', () => {
    expect(judge(platformsKind, { source: 'all' }, aContext({ platforms: undefined }))).toMatchObject({
      outcome: 'error',
    })
  })
})
