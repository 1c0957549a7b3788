import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nameArchive, parseArchiveName } from './name-archive.ts'
import { parseManifest } from './parse-manifest.ts'
import type { MavenCoordinates } from './parse-pom-properties.ts'

const manifests = new URL('../../../../../shared/data/scan/pkgdb/claircore/jar-manifest/', import.meta.url)

const pom = (groupId: string, artifactId: string, version: string): MavenCoordinates => ({
  groupId,
  artifactId,
  version,
})
const name = (
  file: string,
  poms: readonly MavenCoordinates[],
  lines: readonly string[] = [],
  folders: readonly (readonly [string, string])[] = [],
) => {
  const { own, shaded } = nameArchive(file, {
    poms,
    manifest: parseManifest(`Manifest-Version: 1.0\n${lines.join('\n')}\n`),
    pomFolders: folders.map(([groupId, artifactId]) => ({ groupId, artifactId })),
  })
  return {
    own: own && `${own.groupId}:${own.artifactId}:${own.version}${own.groupIsGuess ? '?' : ''}`,
    shaded: shaded.length,
  }
}

describe('parseArchiveName', () => {
  it.each([
    ['spring-core-5.3.20', 'spring-core', '5.3.20'],
    ['guava-31.1-jre', 'guava', '31.1-jre'],
    ['jackson-module-scala_2.13-2.15.0', 'jackson-module-scala_2.13', '2.15.0'],
    ['bcprov-jdk15on-1.70', 'bcprov-jdk15on', '1.70'],
    ['org.eclipse.osgi_3.7.1', 'org.eclipse.osgi', '3.7.1'],
    ['api-all-2.0.0-sources', 'api-all', '2.0.0'],
    ['ironman-r4-2009', 'ironman', 'r4-2009'],
    ['app', 'app', undefined],
    ['my-http2-server', 'my-http2-server', undefined],
  ])('splits %s', (base, artifactId, version) => {
    expect(parseArchiveName(base)).toEqual(version === undefined ? { artifactId } : { artifactId, version })
  })
})

describe('nameArchive', () => {
  const log4j = pom('org.apache.logging.log4j', 'log4j-core', '2.14.1')
  const api = pom('org.apache.logging.log4j', 'log4j-1.2-api', '2.14.1')
  it.each<[string, readonly MavenCoordinates[], readonly string[], string | undefined, number]>([
    ['log4j-core-2.14.1.jar', [log4j], [], 'org.apache.logging.log4j:log4j-core:2.14.1', 0],
    ['log4j-1.2-api-2.14.1.jar', [api], [], 'org.apache.logging.log4j:log4j-1.2-api:2.14.1', 0],
    ['log4j-core.jar', [log4j, api], [], 'org.apache.logging.log4j:log4j-core:2.14.1', 1],
    ['renamed.jar', [log4j], [], 'org.apache.logging.log4j:log4j-core:2.14.1', 0],
    ['renamed-2.14.1.jar', [log4j], [], 'org.apache.logging.log4j:log4j-core:2.14.1', 0],
    ['log4j-core-2.14.1-linux-x86_64.jar', [log4j], [], 'org.apache.logging.log4j:log4j-core:2.14.1', 0],
    ['log4j-core-2.14.1-redhat-1.jar', [pom('a', 'log4j-core', '2.14.0')], [], 'a:log4j-core:2.14.0', 0],
    ['agent-1.0.jar', [log4j], [], 'agent:agent:1.0?', 1],
    ['app.jar', [log4j, api], [], undefined, 2],
    ['app.jar', [], ['Implementation-Version: 0.0.1'], 'app:app:0.0.1?', 0],
    ['app.jar', [], ['Implementation-Version: ${version}'], undefined, 0],
    [
      'gradle.hpi',
      [],
      ['Group-Id: org.jenkins-ci.plugins', 'Plugin-Version: 2.11'],
      'org.jenkins-ci.plugins:gradle:2.11',
      0,
    ],
    [
      'spring-core-5.3.20.jar',
      [],
      ['Automatic-Module-Name: spring.core'],
      'org.springframework:spring-core:5.3.20',
      0,
    ],
    ['commons-cli-1.1.jar', [], ['Implementation-Vendor-Id: org.apache'], 'commons-cli:commons-cli:1.1', 0],
    ['a-b-1.jar', [], ['Bundle-SymbolicName: com.example.a-b;singleton:=true'], 'com.example:a-b:1?', 0],
    ['ab-1.jar', [], ['Implementation-Vendor-Id: com.example'], 'com.example:ab:1?', 0],
    ['ab-1.jar', [], ['Implementation-Vendor-Id: Example Inc.'], 'ab:ab:1?', 0],
  ])('%s with %j and %j is %s', (file, poms, lines, own, shaded) => {
    expect(name(file, poms, lines)).toEqual({ own, shaded })
  })

  it('takes the group id from the folder of a pom.xml', () => {
    expect(
      name('jackson-core-2.15.2.jar', [], [], [['com.fasterxml.jackson.core', 'jackson-core']]).own,
    ).toBe('com.fasterxml.jackson.core:jackson-core:2.15.2')
  })

  it('calls an archive that is named by group and artifact as its pom.xml does', () => {
    const folder = ['com.fasterxml.jackson.core', 'jackson-core'] as const
    expect(name('com.fasterxml.jackson.core.jackson-core-2.15.2.jar', [], [], [folder]).own).toBe(
      'com.fasterxml.jackson.core:jackson-core:2.15.2',
    )
  })

  it.each([
    ['commons-lang3-3.12.0.jar', 'org.apache.commons:commons-lang3:3.12.0'],
    ['logback-classic-1.2.3.jar', 'ch.qos.logback:logback-classic:1.2.3'],
    ['jcl-over-slf4j-1.7.25.jar', 'org.slf4j:jcl-over-slf4j:1.7.25'],
    ['snakeyaml-1.26.jar', 'org.yaml:snakeyaml:1.26'],
    ['jna-5.6.0.jar', 'net.java.dev.jna:jna:5.6.0'],
  ])('knows the group id of %s', (file, own) => {
    expect(name(file, []).own).toBe(own)
  })

  it.skipIf(!existsSync(manifests)).each(list())('reads the real manifest of %s', (file) => {
    const text = readFileSync(new URL(file, manifests), 'utf8')
    const manifest = parseManifest(text)
    // The answers are the same manifests with their lines put in order.
    expect(parseManifest(readFileSync(new URL(`${file}.want`, manifests), 'utf8'))).toEqual(manifest)
    const { version } = parseArchiveName(file.replace(/\.jar$/, ''))
    const { own } = nameArchive(file, { manifest, poms: [], pomFolders: [] })
    if (version === undefined) return
    expect(own).toMatchObject({ artifactId: file.slice(0, file.indexOf(version) - 1), version })
    const told = manifest['Implementation-Version']
    if (told !== undefined && /^\d[\w.-]*$/.test(told))
      expect(version.startsWith(told) || told.startsWith(version)).toBe(true)
  })
})

function list(): string[] {
  return existsSync(manifests)
    ? readdirSync(manifests).filter(
        (file) => file.endsWith('.jar') && existsSync(join(manifests.pathname, `${file}.want`)),
      )
    : ['the shared data, which is not here']
}

describe('parseManifest', () => {
  it.each([
    [
      'folded lines',
      'Bundle-SymbolicName: com.exam\n ple.app\nA: b\n',
      { 'Bundle-SymbolicName': 'com.example.app' },
    ],
    [
      'the main section alone',
      'Manifest-Version: 1.0\nShort-Name: a\n\nName: b\nGroup-Id: c\n',
      { 'Short-Name': 'a' },
    ],
    ['blank lines before it', '\r\n\r\nShort-Name: a\r\n', { 'Short-Name': 'a' }],
    ['names in any case', 'implementation-version: 1\n', { 'Implementation-Version': '1' }],
    ['the first of two', 'Short-Name: a\nShort-Name: b\n c\n', { 'Short-Name': 'a' }],
    ['nothing without a colon', 'Short-Name\n__proto__: x\n', {}],
    ['an empty value as none', 'Short-Name: \n', {}],
  ])('reads %s', (_title, text, expected) => {
    expect(parseManifest(text)).toEqual(expected)
  })
})
