import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Inventory } from '@sallyport/inventory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of.ts'
import { mavenArchives } from './maven-archives.ts'
import { runTool } from './run-tool.ts'

/** Makes a fat jar with its archives stored, the same behind a script, and a war with its archives packed. */
const makeApplications = `
import os, sys, zipfile
folder = sys.argv[1]
def add(archive, names, where):
    for name in names: archive.write(os.path.join(folder, name), where + name)
with zipfile.ZipFile(os.path.join(folder, 'demo-0.0.1.jar'), 'w', zipfile.ZIP_STORED) as archive:
    archive.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\\r\\nMain-Class: org.springframework.boot.loader.JarLauncher\\r\\n\\r\\n')
    archive.writestr('META-INF/maven/com.example/demo/pom.properties', 'groupId=com.example\\nartifactId=demo\\nversion=0.0.1\\n')
    add(archive, ['log4j-core-2.14.1.jar', 'spring-core-5.3.20.jar', 'h2-1.4.200.jar'], 'BOOT-INF/lib/')
with open(os.path.join(folder, 'run.jar'), 'wb') as out:
    out.write(b'#!/bin/sh\\nexec java -jar "$0"\\n' + open(os.path.join(folder, 'demo-0.0.1.jar'), 'rb').read())
with zipfile.ZipFile(os.path.join(folder, 'site-1.2.war'), 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\\r\\n\\r\\n')
    archive.writestr('META-INF/maven/com.example/site/pom.properties', 'groupId=com.example\\nartifactId=site\\nversion=1.2\\n')
    add(archive, ['snakeyaml-1.26.jar', 'demo-0.0.1.jar'], 'WEB-INF/lib/')
`

/** Where Syft guesses by the manifest: a group id that Maven Central has otherwise, and a starter for the application. */
const wrongInSyft = new Set([
  'pkg:maven/org.objectweb.asm/asm@7.1',
  'pkg:maven/org.springframework.boot.loader.JarLauncher/run',
])

let directory: string
let archives: Awaited<ReturnType<typeof mavenArchives>>
let inventory: Inventory
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-java-'))
  const folder = join(directory, 'app')
  await mkdir(folder)
  archives = await mavenArchives()
  for (const { name, bytes } of archives) await writeFile(join(folder, name), bytes)
  await runTool('python3', ['-c', makeApplications, folder])
  const files: Record<string, Uint8Array> = {}
  for (const name of [...archives.map((one) => one.name), 'demo-0.0.1.jar', 'run.jar', 'site-1.2.war']) {
    files[name] = await readFile(join(folder, name))
  }
  inventory = await inventoryOf(files)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** File and purl of each package. */
const ours = () =>
  new Set(inventory.packages.map(({ evidence, purl }) => `${evidence.path.slice('/app/'.length)} ${purl}`))

describe('archives of Maven Central', () => {
  it('calls each as Maven does, with its checksum, and has no gap', () => {
    expect(inventory.gaps).toEqual([])
    for (const { name, purl, sha1 } of archives) {
      const own = inventory.packages.find(
        (one) => one.evidence.path === `/app/${name}` && one.files.length > 0,
      )
      expect(own?.purl).toBe(purl)
      expect(own?.checksums?.[0]).toEqual({ algorithm: 'sha1', value: sha1 })
    }
  })

  it('finds what Syft finds', async () => {
    const { artifacts } = JSON.parse(
      await runTool('syft', ['-q', '-o', 'json', `dir:${join(directory, 'app')}`]),
    ) as {
      readonly artifacts: readonly {
        readonly purl: string
        readonly locations: readonly { readonly path: string }[]
      }[]
    }
    expect(artifacts.length).toBeGreaterThan(30)
    const missing = artifacts
      .filter(({ purl }) => !wrongInSyft.has(purl))
      .map(({ purl, locations }) => `${locations[0]!.path.slice(1)} ${purl}`)
      .filter((one) => !ours().has(one))
    expect(missing).toEqual([])
  })

  it('finds what Trivy finds without its list of checksums', async () => {
    const cache = join(directory, 'trivy')
    await writeEmptyJavaDatabase(cache)
    const report = JSON.parse(
      await runTool('trivy', [
        'rootfs',
        '-q',
        '--offline-scan',
        '--skip-db-update',
        '--skip-java-db-update',
        '--format=cyclonedx',
        `--cache-dir=${cache}`,
        join(directory, 'app'),
      ]),
    ) as {
      readonly components: readonly {
        readonly purl?: string
        readonly properties: readonly { readonly name: string; readonly value: string }[]
      }[]
    }
    const found = report.components.flatMap(({ purl, properties }) => {
      const path = properties.find(({ name }) => name === 'aquasecurity:trivy:FilePath')?.value
      return purl === undefined || path === undefined ? [] : [`${path.split('/', 1)[0]} ${purl}`]
    })
    expect(found.length).toBeGreaterThan(20)
    expect(found.filter((one) => !ours().has(one))).toEqual([])
  })
})

/** Trivy reads no Java archive without a database; one without entries is enough for what archives tell themselves. */
async function writeEmptyJavaDatabase(cache: string): Promise<void> {
  const folder = join(cache, 'java-db')
  await mkdir(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'trivy-java.db'))
  database.exec('CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)')
  database.exec(
    'CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT, license TEXT)',
  )
  database.close()
  const times = { UpdatedAt: '2026-01-01T00:00:00Z', DownloadedAt: '2026-01-01T00:00:00Z' }
  await writeFile(
    join(folder, 'metadata.json'),
    JSON.stringify({ Version: 1, NextUpdate: '2099-01-01T00:00:00Z', ...times }),
  )
}
