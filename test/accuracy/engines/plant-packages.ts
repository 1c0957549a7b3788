import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateSync } from 'node:zlib'
import type { FileDescription } from '@sallyport/testkit'
import { writeZip } from '../databases/write-zip.ts'
import type { PlantedPackages } from './language-packages.ts'

type Files = Readonly<Record<string, FileDescription>>
const execute = promisify(execFile)

/** Every name with every version. */
function each(packages: PlantedPackages): readonly (readonly [name: string, version: string])[] {
  return Object.entries(packages).flatMap(([name, versions]) =>
    versions.map((version) => [name, version] as const),
  )
}

/** Folders of `node_modules`, one a version. */
export function plantNpm(packages: PlantedPackages): Files {
  const files: Record<string, FileDescription> = {}
  for (const [name, versions] of Object.entries(packages)) {
    for (const [index, version] of versions.entries()) {
      const path = `app${index}/node_modules/${name}/package.json`
      files[path] = JSON.stringify({ name, version, license: 'MIT' })
    }
  }
  return withFolders(files)
}

/** Folders of `dist-info`. */
export function plantPypi(packages: PlantedPackages): Files {
  const files: Record<string, FileDescription> = {}
  for (const [name, versions] of Object.entries(packages)) {
    for (const [index, version] of versions.entries()) {
      const path = `opt/venv${index}/lib/python3.11/site-packages/${name}-${version}.dist-info`
      files[`${path}/METADATA`] = `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`
      files[`${path}/RECORD`] = ''
    }
  }
  return withFolders(files)
}

/** Specifications as `gem install` writes them. */
export function plantGems(packages: PlantedPackages): Files {
  return withFolders(
    Object.fromEntries(
      each(packages).map(([name, version]) => [
        `usr/local/bundle/specifications/${name}-${version}.gemspec`,
        [
          '# -*- encoding: utf-8 -*-',
          `# stub: ${name} ${version} ruby lib`,
          '',
          'Gem::Specification.new do |s|',
          `  s.name = "${name}".freeze`,
          `  s.version = "${version}"`,
          '',
          '  s.licenses = ["MIT".freeze]',
          'end',
          '',
        ].join('\n'),
      ]),
    ),
  )
}

/** The list that `composer install` leaves, one a version. */
export function plantComposer(packages: PlantedPackages): Files {
  const lists: Record<string, FileDescription> = {}
  const most = Math.max(...Object.values(packages).map((versions) => versions.length))
  for (let index = 0; index < most; index++) {
    const own = each(packages).filter(([name, version]) => packages[name]?.indexOf(version) === index)
    lists[`srv/www${index}/vendor/composer/installed.json`] = JSON.stringify({
      packages: own.map(([name, version]) => ({
        name,
        version,
        version_normalized: `${version.replace(/^v/, '')}.0`,
        type: 'library',
      })),
      dev: false,
    })
  }
  return withFolders(lists)
}

/** Archives with the properties that Maven writes into them. */
export async function plantMaven(packages: PlantedPackages, directory: string): Promise<Files> {
  const files: Record<string, FileDescription> = {}
  await mkdir(directory, { recursive: true })
  for (const [name, version] of each(packages)) {
    const [group = '', artifact = ''] = name.split(':')
    const path = join(directory, `${artifact}-${version}.jar`)
    const entry = `META-INF/maven/${group}/${artifact}/pom.properties`
    await writeZip(
      path,
      new Map([
        [
          'META-INF/MANIFEST.MF',
          Buffer.from(
            `Manifest-Version: 1.0\r\nImplementation-Title: ${artifact}\r\nImplementation-Version: ${version}\r\n\r\n`,
          ),
        ],
        [entry, Buffer.from(`version=${version}\ngroupId=${group}\nartifactId=${artifact}\n`)],
      ]),
    )
    files[`opt/app/lib/${artifact}-${version}.jar`] = await readFile(path)
  }
  return withFolders(files)
}

/** A program that Go links with modules of these names and versions, out of a module proxy made of empty ones. */
export async function buildGoProgram(packages: PlantedPackages, directory: string): Promise<string> {
  const proxy = join(directory, 'proxy')
  for (const [name, version] of each(packages)) {
    const folder = join(proxy, name, '@v')
    await mkdir(folder, { recursive: true })
    const root = `${name}@${version}/`
    const code = Buffer.from('package module\n\nfunc Text() string { return "text" }\n')
    const mod = `module ${name}\n`
    const files = new Map<string, Uint8Array>([[`${root}module.go`, code]])
    // a version that is "incompatible" is one of a module without this file
    if (!version.endsWith('+incompatible')) files.set(`${root}go.mod`, Buffer.from(mod))
    await writeFile(join(folder, `${version}.mod`), mod)
    await writeFile(join(folder, `${version}.info`), JSON.stringify({ Version: version }))
    await writeZip(join(folder, `${version}.zip`), files)
  }
  const names = each(packages)
  const source = join(directory, 'source')
  await mkdir(source, { recursive: true })
  await writeFile(
    join(source, 'go.mod'),
    `module example.org/app\n\ngo 1.21\n\nrequire (\n${names.map(([name, version]) => `\t${name} ${version}\n`).join('')})\n`,
  )
  await writeFile(
    join(source, 'main.go'),
    [
      'package main\n\nimport (\n',
      ...names.map(([name], index) => `\tm${index} "${name}"\n`),
      `)\n\nfunc main() { println(${names.map((_, index) => `m${index}.Text()`).join(', ')}) }\n`,
    ].join(''),
  )
  const output = join(directory, 'program')
  await execute('go', ['build', '-mod=mod', '-trimpath', '-o', output, '.'], {
    cwd: source,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      GOPATH: join(directory, 'go'),
      GOCACHE: goCache(),
      GOPROXY: `file://${proxy}`,
      GONOSUMDB: '*',
      GOFLAGS: '-modcacherw -buildvcs=false',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    },
  })
  return output
}

/** The build cache of this user: without it the whole standard library is compiled again. */
function goCache(): string {
  return process.env['GOCACHE'] ?? join(process.env['HOME'] ?? '/tmp', '.cache/go-build')
}

/** Notes crates in a program as `cargo auditable` does. */
export async function auditProgram(
  packages: PlantedPackages,
  program: string,
  directory: string,
): Promise<string> {
  const audit = join(directory, 'audit')
  const crates = each(packages).map(([name, version]) => ({ name, version, source: 'crates.io' }))
  const root = { name: 'app', version: '0.1.0', source: 'local', root: true }
  await writeFile(audit, deflateSync(JSON.stringify({ packages: [...crates, root] })))
  const output = join(directory, 'audited')
  await execute('objcopy', ['--add-section', `.dep-v0=${audit}`, program, output])
  return output
}

/** Adds the folders that files lie in. */
export function withFolders(files: Files): Files {
  const folders = new Set<string>()
  for (const path of Object.keys(files)) {
    const parts = path.split('/')
    for (let count = 1; count < parts.length; count++) folders.add(parts.slice(0, count).join('/'))
  }
  return {
    ...Object.fromEntries([...folders].sort().map((path) => [path, { directory: true as const }])),
    ...files,
  }
}
