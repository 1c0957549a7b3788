import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
import { toCycloneDx } from './to-cyclonedx.ts'

const options = {
  name: 'prod.example/app',
  timestamp: new Date('2026-11-25T12:00:00Z'),
  tool: { name: 'sallyport', version: '1' },
}

describe('toCycloneDx', () => {
  it('writes CycloneDX 1.6 that names image, packages and where they were found, the same bytes each time', async () => {
    const image = imageOf({
      '/app/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT OR Apache-2.0"}',
      '/other/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
    })
    const inventory = await createInventory(image)
    const text = toCycloneDx(inventory, options)
    expect(toCycloneDx(inventory, options)).toBe(text)
    const bom = JSON.parse(text) as Record<string, unknown>
    expect(bom).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: expect.stringMatching(
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      metadata: {
        timestamp: '2026-11-25T12:00:00.000Z',
        component: { type: 'container', name: 'prod.example/app', hashes: [{ alg: 'SHA-256' }] },
      },
    })
    const components = bom.components as { purl: string; 'bom-ref': string; licenses?: unknown }[]
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/a@1.0.0'])
    expect(new Set(components.map((component) => component['bom-ref'])).size).toBe(2)
    expect(components[0]!.licenses).toEqual([{ expression: 'MIT OR Apache-2.0' }])
  })
})
