import { parsePlatform } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import { joinDeployments } from './join-deployments.ts'
import { digest, record, toList } from './record.fixture.ts'
import type { ReportedImage } from './reported-image.ts'

/** An index of two platforms, at tag 1, and a second copy of it in another repository. */
const [amd64, arm64] = [digest('amd64'), digest('arm64')]
const index = record({ digest: digest('index'), role: 'index', tags: ['1'], children: [amd64, arm64] })
const platform = (name: 'amd64' | 'arm64', fields: Partial<AuditRecord> = {}) =>
  record({
    digest: digest(name),
    role: 'platform',
    parents: [index.digest],
    config: digest(`config of ${name}`),
    platform: parsePlatform(`linux/${name}`),
    ...fields,
  })
const other = { repository: 'stage/web' }
const records = [
  platform('amd64'),
  // In the order of digests, an index may come before its platforms or after them.
  index,
  platform('arm64'),
  record({ digest: digest('plain'), tags: ['2'], config: digest('config of plain') }),
  record({ digest: digest('signature'), role: 'evidence', class: undefined, parents: [index.digest] }),
  { ...index, ...other, tags: [] },
  platform('amd64', other),
  platform('arm64', other),
]

const names = new Map(
  records.map((each) => [each, `${each.repository.split('/')[0]} ${nameOf(each)}`] as const),
)
function nameOf(each: AuditRecord): string {
  return ['index', 'amd64', 'arm64', 'plain', 'signature'].find((name) => digest(name) === each.digest)!
}

async function join(...reports: Partial<ReportedImage>[]) {
  const joined = await joinDeployments(
    () => records,
    reports.map((report) => ({ workload: 'Pod p', ...report })),
  )
  const found = await toList(joined.records())
  return {
    unmatched: joined.unmatched.length,
    where: Object.fromEntries(
      found.flatMap(({ deployments }, at) =>
        deployments!.length > 0
          ? [[names.get(records[at]!), deployments!.map(({ matchedBy }) => matchedBy).join()]]
          : [],
      ),
    ),
    found,
  }
}

const home = 'prod.example/shop/web'

describe('joinDeployments', () => {
  it.each<[string, Partial<ReportedImage>, Record<string, string>]>([
    [
      'the index: it, and each of its platforms, of which any may run',
      { pulledFrom: home, digest: index.digest },
      { 'shop index': 'index', 'shop amd64': 'index', 'shop arm64': 'index' },
    ],
    [
      'the index on a node of a platform',
      { pulledFrom: home, digest: index.digest, platform: 'linux/arm64' },
      { 'shop index': 'index', 'shop arm64': 'index' },
    ],
    [
      'the manifest of a platform: it, and its index',
      { pulledFrom: home, digest: amd64 },
      { 'shop index': 'manifest', 'shop amd64': 'manifest' },
    ],
    [
      'the manifest of a platform on a node that is said to run another: it runs all the same',
      { pulledFrom: home, digest: amd64, platform: 'linux/arm64' },
      { 'shop index': 'manifest', 'shop amd64': 'manifest' },
    ],
    [
      'a configuration: who has it, and its index, in every repository',
      { digest: digest('config of arm64') },
      { 'shop index': 'config', 'shop arm64': 'config', 'stage index': 'config', 'stage arm64': 'config' },
    ],
    [
      'a configuration beside a reference: in that repository alone',
      { reference: 'prod.example/stage/web:9', digest: digest('config of amd64') },
      { 'stage index': 'config', 'stage amd64': 'config' },
    ],
    [
      'a digest pulled from a mirror: every repository that has it',
      { pulledFrom: 'mirror.example/web', digest: amd64 },
      {
        'shop index': 'manifest',
        'shop amd64': 'manifest',
        'stage index': 'manifest',
        'stage amd64': 'manifest',
      },
    ],
    ['a reference by digest', { reference: `${home}:1@${digest('plain')}` }, { 'shop plain': 'manifest' }],
    [
      'a reference by digest, and the manifest that runs of it',
      { reference: `${home}@${index.digest}`, digest: amd64 },
      { 'shop index': 'index', 'shop amd64': 'manifest', 'shop arm64': 'index' },
    ],
    ['a digest as the name', { reference: digest('plain') }, { 'shop plain': 'manifest' }],
    [
      'a tag: the weakest',
      { reference: `${home}:1` },
      { 'shop index': 'tag', 'shop amd64': 'tag', 'shop arm64': 'tag' },
    ],
    ['a tag of a mirror: nothing', { reference: 'mirror.example/shop/web:1' }, {}],
    ['a tag that is not there: nothing', { reference: `${home}:7` }, {}],
    [
      'another digest, although the tag is there: nothing',
      { reference: `${home}:1`, digest: digest('older') },
      {},
    ],
    ['what can not be read: nothing', { reference: 'NOT a reference' }, {}],
  ])('matches %s', async (_title, report, where) => {
    const joined = await join(report)
    expect(joined.where).toEqual(where)
    expect(joined.unmatched).toBe(Object.keys(where).length === 0 ? 1 : 0)
  })

  it('says where it runs, and which other name it was reported under', async () => {
    const report = { cluster: 'east', namespace: 'shop', workload: 'Deployment web', container: 'web' }
    const { found } = await join({ ...report, pulledFrom: 'mirror.example/x', digest: digest('plain') })
    expect(found[3]!.deployments).toEqual([
      { ...report, matchedBy: 'manifest', reportedAs: 'mirror.example/x' },
    ])
    expect(found[4]!.deployments).toEqual([])
  })

  it('finds by its tag what the registry would not say the digest of', async () => {
    const unread = (tag: string) => ({ ...record({ role: 'unread', tags: [tag] }), digest: undefined })
    const read = () => [unread('7'), unread('8')]
    const joined = await joinDeployments(read, [{ workload: 'Pod p', reference: `${home}:8` }])
    const found = await toList(joined.records())
    expect(found.map(({ deployments }) => deployments!.map(({ matchedBy }) => matchedBy))).toEqual([
      [],
      ['tag'],
    ])
  })

  it('says that what runs is not matched where it is no image by the audit', async () => {
    expect((await join({ pulledFrom: home, digest: digest('signature') })).unmatched).toBe(1)
  })

  it('names a workload once, however it was found', async () => {
    const { found } = await join(
      { pulledFrom: home, digest: index.digest },
      { pulledFrom: home, digest: amd64 },
    )
    expect(found[0]!.deployments).toHaveLength(1)
  })

  it('refuses an empty list, which would say that nothing runs', async () => {
    await expect(joinDeployments(() => records, [])).rejects.toMatchObject({ code: 'DEPLOYMENTS_INVALID' })
  })

  it('reads records one by one, and stops when asked', async () => {
    const controller = new AbortController()
    let given = 0
    const many = function* () {
      for (;;) {
        if (++given === 1000) controller.abort(new Error('enough'))
        yield record({ digest: digest(String(given)) })
      }
    }
    const joining = joinDeployments(many, [{ workload: 'w', digest: amd64 }], { signal: controller.signal })
    await expect(joining).rejects.toThrow('enough')
    expect(given).toBe(1000)
  })
})
