import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSbom } from './read-sbom.ts'

const data = join(import.meta.dirname, '../../../../../shared/data')
const read = (path: string) => readSbom(readFileSync(join(data, path)))
const listed = (folder: string) => (existsSync(join(data, folder)) ? readdirSync(join(data, folder)) : [])
const published = ['cyclonedx-1.6', 'cyclonedx-1.7', 'spdx-2.3', 'spdx-3.0'].flatMap((folder) =>
  listed(`slsa/sbom/${folder}`).map((file) => [folder, file] as const),
)

describe.skipIf(!existsSync(data))('readSbom on documents of others (skipped without ../shared/data)', () => {
  it.each(published.filter(([, file]) => !file.startsWith('invalid')))('reads %s/%s', (folder, file) => {
    const [format, version] = folder.split('-') as [string, string]
    const sbom = read(`slsa/sbom/${folder}/${file}`)
    expect(sbom.format).toBe(format)
    expect(sbom.version.startsWith(version)).toBe(true)
  })

  it.each(published.filter(([, file]) => file.startsWith('invalid')))('refuses %s/%s', (folder, file) => {
    expect(() => read(`slsa/sbom/${folder}/${file}`)).toThrow(
      expect.objectContaining({ code: 'SBOM_INVALID' }),
    )
  })

  it.each([
    ['sbom/trivy/centos-7-cyclonedx.json', '1.5', { id: 'centos', versionId: '7.6.1810' }, 2],
    ['sbom/trivy/centos-7-spdx.json', '2.2', { id: 'centos', versionId: '7.6.1810' }, 2],
    ['sbom/trivy/fluentd-multiple-lockfiles-cyclonedx.json', '1.5', { id: 'debian', versionId: '10.2' }, 3],
    ['reports/trivy/npm-cyclonedx.json.golden', '1.7', undefined, 12],
    ['reports/trivy/conda-spdx.json.golden', '2.3', undefined, 2],
    ['reports/trivy/julia-spdx.json.golden', '2.3', undefined, 3],
    ['reports/trivy/pom-cyclonedx.json.golden', '1.7', undefined, 2],
  ])('reads what Trivy wrote: %s', (file, version, distro, packages) => {
    const sbom = read(`scan/${file}`)
    expect(sbom).toMatchObject({ version, tools: [{ name: 'trivy' }], packages: { length: packages } })
    expect(sbom.distro).toEqual(distro)
    expect(sbom.packages.every(({ purl }) => purl !== undefined)).toBe(true)
  })

  it('keeps the dependencies and places that Trivy tells', () => {
    const { packages } = read('scan/reports/trivy/npm-cyclonedx.json.golden')
    expect(packages.flatMap(({ dependsOn }) => dependsOn)).toHaveLength(13)
    expect(read('scan/reports/trivy/conda-cyclonedx.json.golden').packages[0]?.path).toMatch(
      /^\/miniconda3\/envs/,
    )
  })

  it.each([
    ['grype/syft-spring.json', 'SBOM_UNSUPPORTED'],
    ['grype/sbom-with-intoto-string.json', 'SBOM_UNSUPPORTED'],
    ['grype-cli/empty.json', 'SBOM_INVALID'],
    ['trivy/centos-7-spdx.txt', 'SBOM_UNSUPPORTED'],
    ['trivy/centos-7-cyclonedx.intoto.jsonl', 'SBOM_UNSUPPORTED'],
  ])('refuses %s', (file, code) => {
    expect(() => read(`scan/sbom/${file}`)).toThrow(expect.objectContaining({ code }))
  })
})
