import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { contentOf } from '../files/content.fixture.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import { archiveExaminer } from './examine-archive.ts'
import { pomOf, zipOf } from './zip.fixture.ts'

const read = async (files: Files) => {
  const { packages, gaps } = await createInventory(imageOf(files))
  return { purls: packages.map(({ purl }) => purl), packages, gaps }
}
const manifest = (...lines: string[]) => ({
  'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${lines.join('\r\n')}\r\n\r\n`,
})
const log4j = zipOf({ ...pomOf('org.apache.logging.log4j', 'log4j-core', '2.14.1'), 'a/A.class': 'x' })
const log4jPurl = 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1'
const site = pomOf('com.example', 'site', '1.2')

describe('javaReader', () => {
  it('names an archive by its pom.properties, with its checksums', async () => {
    const { packages, gaps } = await read({ '/app/log4j-core-2.14.1.jar': log4j })
    expect(gaps).toEqual([])
    expect(packages).toHaveLength(1)
    expect(packages[0]).toMatchObject({
      type: 'maven',
      name: 'org.apache.logging.log4j:log4j-core',
      version: '2.14.1',
      purl: log4jPurl,
      files: ['/app/log4j-core-2.14.1.jar'],
      evidence: { method: 'java-pom-properties', path: '/app/log4j-core-2.14.1.jar' },
      checksums: ['sha1', 'sha256'].map((algorithm) => ({
        algorithm,
        value: createHash(algorithm).update(log4j).digest('hex'),
      })),
    })
  })

  it.each<[string, Buffer]>([
    ['packed', zipOf({ ...site, 'WEB-INF/lib/log4j-core-2.14.1.jar': log4j })],
    ['stored', zipOf({ ...site, 'BOOT-INF/lib/log4j-core-2.14.1.jar': log4j }, { stored: true })],
    [
      'in another',
      zipOf({ ...site, 'inner.war': zipOf({ 'WEB-INF/lib/renamed.jar': log4j }, { stored: true }) }),
    ],
    [
      'behind a script',
      Buffer.concat([Buffer.from('#!/bin/sh\n'), zipOf({ ...site, 'lib/log4j-core-2.14.1.jar': log4j })]),
    ],
  ])('finds an archive in an archive: %s', async (_title, bytes) => {
    const { purls, packages, gaps } = await read({ '/app/site-1.2.war': bytes })
    expect(gaps).toEqual([])
    expect(purls).toEqual(['pkg:maven/com.example/site@1.2', log4jPurl])
    expect(packages[1]!.files).toEqual([])
    expect(packages[1]!.checksums![0]!.value).toBe(createHash('sha1').update(log4j).digest('hex'))
  })

  it('tells what was shaded into an archive from the archive itself', async () => {
    const jar = zipOf({
      ...pomOf('org.yaml', 'snakeyaml', '1.30'),
      ...pomOf('io.prometheus.jmx', 'agent', '0.17.0'),
    })
    const { packages } = await read({ '/opt/agent-0.17.0.jar': jar })
    expect(packages.map(({ purl, files, checksums }) => [purl, files.length, checksums?.length])).toEqual([
      ['pkg:maven/io.prometheus.jmx/agent@0.17.0', 1, 2],
      ['pkg:maven/org.yaml/snakeyaml@1.30', 0, undefined],
    ])
  })

  it.each<[string, Files, string]>([
    ['no zip file', { '/app/a-1.jar': 'PK' }, 'a broken zip file'],
    ['a cut one', { '/app/a-1.jar': log4j.subarray(0, 200) }, 'a broken zip file'],
    ['an encrypted entry', { '/app/site-1.2.war': zipOf({ 'b.jar': log4j }, { flags: 1 }) }, 'encrypted'],
    ['a size that lies', { '/app/site-1.2.war': zipOf({ 'b.jar': log4j }, { lie: 5 }) }, 'a broken zip file'],
    [
      'a stored size that lies',
      { '/app/site-1.2.war': zipOf({ 'b.jar': log4j }, { lie: 5, stored: true }) },
      '',
    ],
    [
      'a bomb',
      { '/app/site-1.2.war': zipOf({ 'b.jar': Buffer.alloc(2 * 1024 * 1024) }) },
      'packed more than',
    ],
    [
      'a manifest without end',
      { '/app/site-1.2.war': zipOf({ 'META-INF/MANIFEST.MF': 'A: b\n'.repeat(400_000) }) },
      'more than 1048576 bytes',
    ],
    ['an archive 100 deep', { '/app/site-1.2.war': nestedArchives(100) }, 'more than 12 deep'],
    [
      'an archive without a version',
      { '/app/a.jar': zipOf({ 'A.class': 'x' }) },
      'nothing tells its version',
    ],
    ['a group id that nothing tells', { '/app/a-1.jar': zipOf({ 'A.class': 'x' }) }, 'guessed'],
  ])('reports %s, and reads the rest', async (_title, files, message) => {
    const { purls, gaps } = await read({ ...files, '/lib/log4j-core-2.14.1.jar': log4j })
    expect(gaps.map(({ code, path }) => [code, path])).toEqual([['UNREADABLE', Object.keys(files)[0]]])
    expect(gaps[0]!.message).toContain(message)
    expect(purls).toContain(log4jPurl)
  })

  it('reads an archive ten deep, and tells nothing of one without code', async () => {
    const { purls, gaps } = await read({
      '/a.jar': nestedArchives(10),
      '/icons.jar': zipOf({ 'a.png': 'x' }),
      '/empty.jar': '',
    })
    expect(gaps).toEqual([])
    expect(purls).toEqual([log4jPurl])
  })

  it('reads the first manifest of two, and every pom.properties', async () => {
    const jar = zipOf([
      ...Object.entries(manifest('Implementation-Version: 1.0')),
      ...Object.entries(manifest('Implementation-Version: 2.0')),
      ...Object.entries(pomOf('a.b', 'c', '1')),
      ...Object.entries(pomOf('a.b', 'd', '1')),
      ['META-INF/maven/x/y/pom.properties', 'version=${project.version}\n'],
    ])
    expect((await read({ '/app.jar': jar })).purls).toEqual([
      'pkg:maven/a.b/c@1',
      'pkg:maven/a.b/d@1',
      'pkg:maven/app/app@1.0',
    ])
  })

  it('ends with a result or a SyntaxError whatever byte of an archive is changed', async () => {
    const archive = zipOf({ ...site, ...manifest('Implementation-Version: 1'), 'lib/a.jar': log4j })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 5,
        }),
        async (changes) => {
          const bytes = Buffer.from(archive)
          for (const [at, value] of changes) bytes[at] = value
          const error: unknown = await archiveExaminer.examine(contentOf(bytes), {}).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(error === undefined || error instanceof SyntaxError).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('rejects with the reason of the caller, and with faults that are none of the archive', async () => {
    const reason = new Error('stop')
    await expect(
      archiveExaminer.examine(contentOf(log4j), { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    const fault = new Error('disk')
    const broken = { size: log4j.length, read: async () => Promise.reject(fault) }
    await expect(archiveExaminer.examine(broken, {})).rejects.toBe(fault)
  })

  it('judges archives of a Java runtime with it', async () => {
    const files = {
      '/opt/java/release': 'JAVA_VERSION="25.0.3"\n',
      '/opt/java/bin/java': 'x',
      '/opt/java/lib/jrt-fs.jar': zipOf({ ...manifest('Implementation-Version: 25.0.3'), 'A.class': 'x' }),
    }
    const { purls, gaps } = await read(files)
    expect(gaps).toEqual([])
    expect(purls).toEqual(['pkg:generic/oracle/openjdk@25.0.3', 'pkg:maven/jrt-fs/jrt-fs@25.0.3'])
  })

  it.each([
    [
      'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="21.0.4+7-LTS"\nJAVA_VERSION="21.0.4"\nSOURCE_REPO="https://github.com/adoptium/jdk21u.git"\n',
      'pkg:generic/oracle/openjdk@21.0.4+7-LTS?repository_url=https%3A%2F%2Fgithub.com%2Fadoptium%2Fjdk21u.git',
      'cpe:2.3:a:oracle:openjdk:21.0.4:*:*:*:*:*:*:*',
    ],
    [
      'JAVA_VERSION="1.8.0_302"\nFULL_VERSION="1.8.0_302-b08"\nSEMANTIC_VERSION="8.0.302+8"\n',
      'pkg:generic/oracle/openjdk@1.8.0_302-b08',
      'cpe:2.3:a:oracle:openjdk:1.8.0:update302:*:*:*:*:*:*',
    ],
    [
      'IMPLEMENTOR="Azul Systems, Inc."\nJAVA_VERSION="17.0.8"\n',
      'pkg:generic/azul/zulu@17.0.8',
      'cpe:2.3:a:azul:zulu:17.0.8:*:*:*:*:*:*:*',
    ],
    [
      'IMPLEMENTOR="Oracle Corporation"\nJAVA_VERSION="22.0.2"\n',
      'pkg:generic/oracle/jre@22.0.2',
      'cpe:2.3:a:oracle:jre:22.0.2:*:*:*:*:*:*:*',
    ],
  ])('finds a Java runtime by its release file: %j', async (text, purl, cpe) => {
    const { packages } = await read({ '/opt/java/release': text, '/etc/release': 'NAME=other\n' })
    expect(packages.map((one) => [one.purl, one.cpes])).toEqual([[purl, [cpe]]])
  })
})

function nestedArchives(depth: number): Buffer {
  let bytes = log4j
  for (let index = 1; index < depth; index++) bytes = zipOf({ 'nested.jar': bytes })
  return bytes
}
