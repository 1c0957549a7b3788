import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { type Inventory } from '@sallyport/inventory'
import { readSbom } from '@sallyport/inventory/sbom'
import { requireArchive } from '@sallyport/test-tools'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of-layout.ts'
import { type SbomFormat, sbomFormatNames, sbomFormats } from './sbom-formats.ts'

/** Gives what is wrong with a document by the published schema, or `null`. */
type Validate = (text: string) => Promise<unknown>

async function spdxValidator(file: string, Draft: typeof Ajv2019 | typeof Ajv2020): Promise<Validate> {
  const schema = await readFile(join(requireArchive('spdx-schemas'), 'resources', file), 'utf8')
  const ajv = new Draft({ strict: false })
  addFormats.default(ajv)
  const validate: ValidateFunction = ajv.compile(JSON.parse(schema) as object)
  return async (text) => (validate(JSON.parse(text)) ? null : validate.errors)
}

function cycloneDxValidator(version: Spec.Version): Validate {
  const validator = new Validation.JsonStrictValidator(version)
  return (text) => validator.validate(text)
}

let validators: Record<SbomFormat, Validate>
beforeAll(async () => {
  validators = {
    'CycloneDX 1.6': cycloneDxValidator(Spec.Version.v1dot6),
    'CycloneDX 1.7': cycloneDxValidator(Spec.Version.v1dot7),
    'SPDX 2.3': await spdxValidator('spdx-schema-v2.3.json', Ajv2019),
    'SPDX 3.0': await spdxValidator('spdx-schema-v3.0.1.json', Ajv2020),
  }
})

describe.each(['web', 'python', 'node', 'static', 'multi'] as const)('the SBOM of the image %s', (image) => {
  let inventory: Inventory
  beforeAll(async () => {
    inventory = (await inventoryOf(image)).inventory
    expect(inventory.packages.length).toBeGreaterThan(0)
  })

  it.each(sbomFormatNames)('is valid %s, the same each time, and read again', async (format) => {
    const text = sbomFormats[format](inventory)
    expect(await validators[format](text)).toBeNull()
    expect(sbomFormats[format](structuredClone(inventory))).toBe(text)
    const sbom = readSbom(Buffer.from(text))
    expect(sbom.warnings).toEqual([])
    expect(sbom.packages.map(({ purl }) => purl).sort()).toEqual(
      inventory.packages.map(({ purl }) => purl).sort(),
    )
  })
})

describe('the validators', () => {
  it.each([
    ['CycloneDX 1.6', '"container"', '"vessel"'],
    ['CycloneDX 1.7', '"container"', '"vessel"'],
    ['SPDX 2.3', '"CONTAINER"', '"VESSEL"'],
    ['SPDX 3.0', '"container"', '"vessel"'],
  ] as const)('refuse %s with an unknown word', async (format, word, other) => {
    const { inventory } = await inventoryOf('static')
    const text = sbomFormats[format](inventory)
    expect(text).toContain(word)
    expect(await validators[format](text.replace(word, other))).not.toBeNull()
  })
})
